/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot has what each rule looks at: of every scene it says what the machine says.
 */
#include "host/snapshot.h"
#include "tests/unit/rule_scene.h"

#include "tests/unit/rule_scenes_device.h"
#include "tests/unit/rule_scenes_host.h"

static const struct scene *const tables[] = {host_scenes, device_scenes};

struct asking {
	const struct scene *scene;
	bool leftover;
};

static void look(void *arg, size_t i)
{
	const struct asking *asking = arg;
	scoped_doctor_report struct doctor_report report;

	(void)i;
	scene_ask(&report, asking->scene, asking->leftover);
}

/* What is said, a line for each; the caller frees it. */
static char *said(const struct doctor_report *report)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (size_t i = 0; i < report->n_findings; i++)
		fprintf(out, "%s: %s: %s\n", report->findings[i]->file, report->findings[i]->value,
			report->findings[i]->remedy);
	for (size_t i = 0; i < report->n_unknown; i++)
		fprintf(out, "unknown: %s\n", report->unknown[i]->file);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void take(const struct asking *asking, const char *directory)
{
	static volatile sig_atomic_t stop;
	scoped_snapshot struct snapshot *snapshot = NULL;
	const struct snapshot_request request = {.directory = directory,
						 .look = look,
						 .arg = (void *)(uintptr_t)asking,
						 .n_looks = 1};
	struct error err = {0};

	if (snapshot_take(&snapshot, &request, &stop, &err) < 0 ||
	    snapshot_finish(snapshot, "{}\n", &err) < 0)
		fail_msg("%s: %s", asking->scene->id, err.message);
}

/* Of what does not answer nothing can be copied. */
static bool answers(const char *machine)
{
	return *machine != '!' && !strstr(machine, ";!");
}

/* True when it is. */
static bool same_of_snapshot(const struct scene *scene, const char *machine, bool leftover)
{
	const struct asking asking = {scene, leftover};
	scoped_doctor_report struct doctor_report copied = {0};
	struct doctor_report report;
	scoped_free char *before = NULL, *after = NULL;
	char directory[sizeof(tree_root) + 16];

	scene_make(scene, machine);
	snprintf(directory, sizeof(directory), "%s.snapshot", tree_root);
	/* First: what this process has read of the modules nobody would read again. */
	take(&asking, directory);
	scene_ask(&report, scene, leftover);
	before = said(&report);
	assert_int_equal(path_set_root(directory), 0);
	scene_ask(&copied, scene, leftover);
	after = said(&copied);
	if (!streq(before, after))
		print_error("%s, line %d: its snapshot says\n%sinstead of\n%s", scene->id,
			    scene->line, after, before);
	scene_end(&report);
	assert_int_equal(nftw(directory, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	return streq(before, after);
}

/* Where it is silent there may be nothing to copy. */
static bool is_the_same(const struct scene *scene)
{
	bool same =
		!answers(scene->fires) || same_of_snapshot(scene, scene->fires, scene->leftover);

	if (scene->unknown && answers(scene->unknown))
		same &= same_of_snapshot(scene, scene->unknown, false);
	return same;
}

static void every_scene_is_the_same(void **state)
{
	bool same = true;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(tables); k++)
		for (const struct scene *scene = tables[k]; scene->id; scene++)
			same &= is_the_same(scene);
	assert_true(same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_scene_is_the_same)};

	return cmocka_run_group_tests(tests, NULL, scene_modules_remove);
}
