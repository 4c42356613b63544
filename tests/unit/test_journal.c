/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/journal.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/state.h"

#define JOURNAL "/run/vfioctl/journal"

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* A run of two devices, as a bind notes it. */
static struct journal_run make_run(void)
{
	struct journal_run run = {
		.path = journal_new_path(arena),
		.verb = "bind",
		.entries = arena_alloc(arena, 2 * sizeof(*run.entries)),
		.count = 2,
	};

	for (size_t i = 0; i < 2; i++) {
		assert_true(journal_entry_init(&run.entries[i], arena, &devices[i]));
		run.entries[i].from = (struct binding){.driver = "nvme"};
		run.entries[i].to = (struct binding){.driver = "vfio-pci", .override = "vfio-pci"};
	}
	run.entries[1].from = (struct binding){
		.override = "a b", .any_driver = true, .vfs = 3, .autoprobe_off = true};
	run.entries[1].to = (struct binding){.vfs = 7, .absent = true};
	run.entries[1].recorded = run.entries[1].forward = true;
	return run;
}

/* Writes it as a process that then dies. */
static struct journal_run save_dead(const pid_t *pids, size_t count)
{
	struct journal_run run = make_run();
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(journal_save(&run, pids, count, &err) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return run;
}

static void same_binding(struct binding got, struct binding wanted)
{
	assert_true(streq_null(got.driver, wanted.driver));
	assert_true(streq_null(got.override, wanted.override));
	assert_int_equal(got.any_driver, wanted.any_driver);
	assert_int_equal(got.vfs, wanted.vfs);
	assert_int_equal(got.autoprobe_off, wanted.autoprobe_off);
	assert_int_equal(got.absent, wanted.absent);
}

static void test_round_trip(void **state)
{
	struct journal_run saved = save_dead(NULL, 0);
	struct journals journals;
	struct stat st;

	(void)state;
	assert_true(journals_exist());
	assert_int_equal(path_stat(&st, "%s", saved.path), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_int_equal(journals.count, 1);
	assert_string_equal(journals.runs[0].path, saved.path);
	assert_string_equal(journals.runs[0].verb, "bind");
	assert_false(journals.runs[0].lives);
	assert_int_equal(journals.runs[0].count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct journal_entry *got = &journals.runs[0].entries[i];

		assert_string_equal(got->address, devices[i].address);
		assert_ptr_equal(journal_find(&journals.runs[0], &devices[i]), got);
		same_binding(got->from, saved.entries[i].from);
		same_binding(got->to, saved.entries[i].to);
		assert_int_equal(got->recorded, i == 1);
		assert_int_equal(got->forward, i == 1);
	}
	journal_remove(&journals.runs[0]);
	assert_false(journals_exist());
}

static void test_no_journals(void **state)
{
	struct journals journals;

	(void)state;
	assert_false(journals_exist());
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_int_equal(journals.count, 0);
}

static void test_the_device_must_be_the_same(void **state)
{
	struct journal_run run = make_run();
	struct device other = devices[0];

	(void)state;
	assert_non_null(journal_find(&run, &other));
	other.device_id++;
	assert_null(journal_find(&run, &other));
	other = devices[0];
	other.bus = "ap";
	assert_null(journal_find(&run, &other));
	other = devices[0];
	other.syspath = "/sys/devices/pci0000:00/0000:00:02.0/0000:03:00.0";
	assert_null(journal_find(&run, &other));
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A run lives as long as it, or any of its workers, does. */
static void test_a_run_lives_with_its_workers(void **state)
{
	pid_t pids[2] = {start_child(), start_child()};
	struct journals journals;

	(void)state;
	save_dead(pids, 2);
	end_child(pids[0]);
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_true(journals.runs[0].lives);
	assert_false(journals.runs[0].attended);
	assert_null(journals_find(&journals, &devices[0]));
	assert_int_equal(journal_check_free(&journals, &devices[0], &err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "in-flight");
	assert_string_equal(err.device, devices[0].address);
	end_child(pids[1]);
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_false(journals.runs[0].lives);
	assert_ptr_equal(journals_find(&journals, &devices[0]), &journals.runs[0].entries[0]);
	assert_int_equal(journal_check_free(&journals, &devices[0], &err), 0);
}

/* This process is not in its own way. */
static void test_our_own_run(void **state)
{
	struct journal_run run = make_run();
	struct journals journals;

	(void)state;
	assert_int_equal(journal_save(&run, NULL, 0, &err), 0);
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_false(journals.runs[0].lives);
	assert_false(journals.runs[0].attended);
}

/* Of another one that lives it is told, with no process of it in the kernel. */
static void test_the_run_of_another(void **state)
{
	struct journal_run run = make_run();
	struct journals journals;
	pid_t pid;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)!write(ends[1], journal_save(&run, NULL, 0, &err) == 0 ? "y" : "n", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], (char[1]){0}, 1), 1);
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_true(journals.runs[0].lives && journals.runs[0].attended);
	assert_int_equal(journal_check_free(&journals, &devices[0], &err), -1);
	end_child(pid);
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_false(journals.runs[0].lives || journals.runs[0].attended);
	close(ends[0]);
	close(ends[1]);
}

static void test_another_boot(void **state)
{
	struct journal_run run = save_dead(NULL, 0);
	struct journals journals;

	(void)state;
	write_file(run.path, "{\"boot_id\":\"another\",\"verb\":\"bind\"}");
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_int_equal(journals.count, 0);
	assert_false(path_exists("%s", run.path));
}

static void test_damaged_ones_are_named(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "\x80"};
	struct journal_run run = save_dead(NULL, 0);
	struct journals journals;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write_file(run.path, bad[i]);
		err = (struct error){0};
		assert_int_equal(journals_load(&journals, arena, &err), -1);
		assert_non_null(strstr(err.message, run.path));
		assert_non_null(strstr(err.remedy, "Remove that file"));
		assert_true(path_exists("%s", run.path));
	}
}

/* What is being written, or never was finished, is none. */
static void test_other_files_are_ignored(void **state)
{
	struct journals journals;

	(void)state;
	assert_int_equal(mkdir(JOURNAL, 0755), 0);
	write_file(JOURNAL "/.1-1.json.4711", "{");
	write_file(JOURNAL "/README", "{");
	assert_false(journals_exist());
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_int_equal(journals.count, 0);
}

static bool is_first(void *arg, const struct journal_entry *entry)
{
	return streq(entry->address, arg);
}

static bool is_any(void *arg, const struct journal_entry *entry)
{
	(void)arg, (void)entry;
	return true;
}

static void test_pruning(void **state)
{
	struct journal_run run = save_dead(NULL, 0);
	struct journals journals;

	(void)state;
	assert_int_equal(journal_prune(&run, is_first, (void *)(uintptr_t) "0000:ff:00.0", &err),
			 0);
	assert_int_equal(run.count, 2);
	assert_int_equal(journal_prune(&run, is_first, (void *)(uintptr_t)devices[0].address, &err),
			 0);
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_int_equal(journals.runs[0].count, 1);
	assert_string_equal(journals.runs[0].entries[0].address, devices[1].address);
	assert_int_equal(journal_prune(&run, is_any, NULL, &err), 0);
	assert_false(journals_exist());
}

static void test_an_empty_one_is_taken_away(void **state)
{
	struct journal_run run = make_run();
	struct journals journals;

	(void)state;
	run.count = 0;
	assert_int_equal(journal_save(&run, NULL, 0, &err), 0);
	assert_int_equal(journals_load(&journals, arena, &err), 0);
	assert_int_equal(journals.count, 0);
	assert_false(journals_exist());
}

/* Whoever plants a link makes us neither read, nor write, nor delete behind it. */
static void test_planted_links(void **state)
{
	static const char *const names[] = {"journal", "devices"};
	struct journal_run run = make_run();
	struct journals journals;

	(void)state;
	assert_int_equal(mkdir("/run/target", 0755), 0);
	write_file("/run/target/1-1.json", "{\"boot_id\":\"another\"}");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/run/vfioctl/%s", names[i]);
		assert_int_equal(symlink("/run/target", path), 0);
		assert_int_equal(lock_take(100, &err), -1);
		assert_int_equal(err.status, STATUS_PERMISSION);
		if (i == 0) {
			assert_false(journals_exist());
			assert_int_equal(journals_load(&journals, arena, &err), 0);
			assert_int_equal(journals.count, 0);
			assert_int_equal(journal_save(&run, NULL, 0, &err), -1);
		}
		assert_int_equal(unlink(path), 0);
	}
	assert_true(path_exists("/run/target/1-1.json"));
	assert_int_equal(unlink("/run/target/1-1.json"), 0);
	assert_int_equal(rmdir("/run/target"), 0);
}

/* A link in the place of a file is replaced. */
static void test_a_link_for_a_file(void **state)
{
	struct journal_run run = make_run();

	(void)state;
	write_file("/run/precious", "precious");
	assert_int_equal(mkdir(JOURNAL, 0755), 0);
	assert_int_equal(symlink("/run/precious", run.path), 0);
	assert_int_equal(journal_save(&run, NULL, 0, &err), 0);
	journal_remove(&run);
	assert_true(path_exists("/run/precious"));
	assert_int_equal(unlink("/run/precious"), 0);
}

static void test_no_room(void **state)
{
	struct journal_run run = make_run();

	(void)state;
	write_file(JOURNAL, "a file in the place of the directory");
	assert_int_equal(journal_save(&run, NULL, 0, &err), -1);
	assert_non_null(strstr(err.message, run.path));
	assert_int_equal(unlink(JOURNAL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		state_test(test_round_trip),
		state_test(test_no_journals),
		state_test(test_the_device_must_be_the_same),
		state_test(test_a_run_lives_with_its_workers),
		state_test(test_our_own_run),
		state_test(test_the_run_of_another),
		state_test(test_another_boot),
		state_test(test_damaged_ones_are_named),
		state_test(test_other_files_are_ignored),
		state_test(test_pruning),
		state_test(test_an_empty_one_is_taken_away),
		state_test(test_planted_links),
		state_test(test_a_link_for_a_file),
		state_test(test_no_room),
	};

	return run_state_tests(tests);
}
