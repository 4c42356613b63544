/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every rule fires where it should, and is silent where it should.
 */
#include "tests/unit/rule_scene.h"

#include "tests/unit/rule_scenes_device.h"
#include "tests/unit/rule_scenes_host.h"

static const struct scene *const tables[] = {host_scenes, device_scenes};

static const struct scene *scene_at(size_t i)
{
	for (size_t k = 0; k < ARRAY_SIZE(tables); k++)
		for (const struct scene *scene = tables[k]; scene->id; scene++)
			if (i-- == 0)
				return scene;
	return NULL;
}

static bool has_scene(const char *id)
{
	const struct scene *scene;

	for (size_t i = 0; (scene = scene_at(i)); i++)
		if (streq(scene->id, id))
			return true;
	return false;
}

static void every_rule_has_scenes(void **state)
{
	const struct rule *rule;

	(void)state;
	for (size_t i = 0; (rule = rule_at(rule_tables, i)); i++)
		if (!has_scene(rule->id))
			fail_msg("%s has no scene: tests/unit/rule_scenes_*.h", rule->id);
}

/* Nothing but a command: it begins with one, and goes on without a word to people. */
static bool is_nothing_but_a_command(const char *remedy)
{
	static const char *const commands[] = {"vfioctl ", "echo ",    "modprobe ", "systemctl ",
					       "chmod ",   "udevadm ", "driverctl "};
	static const char *const prose[] = {"`", ", ", " while ", " with "};

	for (size_t i = 0; i < ARRAY_SIZE(prose); i++)
		if (strstr(remedy, prose[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (startswith(remedy, commands[i]))
			return true;
	return false;
}

static void rows_are_complete(void **state)
{
	const struct rule *rule, *other;

	(void)state;
	for (size_t i = 0; (rule = rule_at(rule_tables, i)); i++) {
		for (size_t k = 0; k < i && (other = rule_at(rule_tables, k)); k++)
			assert_string_not_equal(rule->id, other->id);
		assert_in_range(strlen(rule->id), 5, 31); /* what nearest_word() compares */
		assert_int_equal(
			rule->id[strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789-")], '\0');
		assert_non_null(rule->check);
		assert_in_range(strlen(rule->title), 10, 70);
		assert_int_not_equal(rule->title[strlen(rule->title) - 1], '.');
		assert_int_equal(rule->consequence[strlen(rule->consequence) - 1], '.');
		assert_true(*rule->remedy != '\0');
		assert_int_not_equal(rule->remedy[strlen(rule->remedy) - 1], '.');
		assert_true(*rule->reference != '\0');
		if (!streq(rule->remedy, "{what}"))
			assert_int_equal(rule->is_command, is_nothing_but_a_command(rule->remedy));
	}
}

static const struct rule *rule_of(const char *id)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rule_at(rule_tables, i)); i++)
		if (streq(rule->id, id))
			return rule;
	fail_msg("there is no rule %s", id);
	return NULL;
}

static int failures;

/* All that is wrong is told, not only the first of it. */
#define complain(scene, ...)                                                                       \
	do {                                                                                       \
		print_error("%s, line %d: ", (scene)->id, (scene)->line);                          \
		print_error(__VA_ARGS__);                                                          \
		print_error("\n");                                                                 \
		failures++;                                                                        \
	} while (0)

static void check_finding(const struct scene *scene, const struct finding *finding)
{
	if (!finding->file || !*finding->file || !finding->value || !*finding->value)
		complain(scene, "no evidence");
	if (!finding->remedy || strpbrk(finding->remedy, "{}"))
		complain(scene, "what is that: %s", finding->remedy);
	if ((scene->remedy && !strstr(finding->remedy, scene->remedy)) ||
	    (scene->whole && !streq(finding->remedy, scene->whole)))
		complain(scene, "remedy is: %s", finding->remedy);
	if (finding->is_command != (finding->rule->is_command && !scene->is_prose))
		complain(scene, "can a shell run it? %s", finding->remedy);
	if (!finding->object || (finding->rule->scope == RULE_DEVICE) != (finding->device != NULL))
		complain(scene, "whose is it?");
}

static void check_unknown(const struct scene *scene, const struct doctor_report *report)
{
	if (report->n_unknown)
		complain(scene, "is not sure: %s: %s", report->unknown[0]->file,
			 report->unknown[0]->value);
}

static void fires(const struct scene *scene)
{
	struct doctor_report report;

	scene_run(&report, scene, scene->fires, scene->leftover);
	if (report.n_findings)
		check_finding(scene, report.findings[0]);
	else
		complain(scene, "does not fire");
	assert_int_equal(report.counts[rule_of(scene->id)->severity], report.n_findings);
	check_unknown(scene, &report);
	scene_end(&report);
}

static void is_silent(const struct scene *scene)
{
	struct doctor_report report;

	scene_run(&report, scene, scene->silent, false);
	if (report.n_findings)
		complain(scene, "fires: %s: %s", report.findings[0]->file,
			 report.findings[0]->value);
	check_unknown(scene, &report);
	scene_end(&report);
}

static void is_unsure(const struct scene *scene)
{
	struct doctor_report report;

	if (!scene->unknown)
		return;
	scene_run(&report, scene, scene->unknown, false);
	if (report.n_findings || !report.n_unknown)
		complain(scene, "claims to know: %zu findings", report.n_findings);
	else if (report.unknown[0]->remedy || !*report.unknown[0]->value)
		complain(scene, "no reason");
	scene_end(&report);
}

static void in_each_scene(void (*check)(const struct scene *scene))
{
	const struct scene *scene;

	failures = 0;
	for (size_t i = 0; (scene = scene_at(i)); i++)
		check(scene);
	assert_int_equal(failures, 0);
}

static void each_fires(void **state)
{
	(void)state;
	in_each_scene(fires);
}

static void each_is_silent(void **state)
{
	(void)state;
	in_each_scene(is_silent);
}

static void what_cannot_be_seen_is_said(void **state)
{
	(void)state;
	in_each_scene(is_unsure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_has_scenes),
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(each_fires),
		cmocka_unit_test(each_is_silent),
		cmocka_unit_test(what_cannot_be_seen_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, scene_modules_remove);
}
