/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner of the doctor, with rules made for it: which are asked, in which order what they find
 * stands, and what answers are made of it.
 */
#include <signal.h>

#include "tests/unit/rule_scene.h"

#define FIRST  "0000:05:00.0"
#define SECOND "0000:06:00.0"
#define THIRD  "0000:07:00.0"

static void note(struct rule_run *run)
{
	rule_fires(run, "this", "/file", "%s", "value");
}

static void note_second(struct rule_run *run)
{
	if (streq(run->device->address, SECOND))
		rule_fires(run, NULL, "/file", "second");
}

static void cannot_look(struct rule_run *run)
{
	rule_unknown(run, "/file", "hidden");
}

static void hangs(struct rule_run *run)
{
	note(run);
	for (;;)
		pause();
}

static void crashes(struct rule_run *run)
{
	(void)run;
	raise(SIGKILL);
}

#define ROW(name, how_bad, where, what_to_do, does)                                                \
	.id = name, .severity = how_bad, .scope = where, .title = "title " name,                   \
	.consequence = "It is so.", .remedy = what_to_do, .reference = "x(8)", .check = does

static const struct rule rules[] = {
	{ROW("host-info", RULE_INFO, RULE_HOST, "a {what} {file} {user} {else}", note)},
	{ROW("device-info", RULE_INFO, RULE_DEVICE, "mend {device}", note)},
	{ROW("group-warning", RULE_WARNING, RULE_GROUP, "group {group}", note)},
	{ROW("device-warning", RULE_WARNING, RULE_DEVICE, "mend {device}", note),
	 .blocks = PURPOSE_QEMU, .stage = STAGE_NODE},
	{ROW("second-error", RULE_ERROR, RULE_DEVICE, "bind {device}", note_second),
	 .blocks = PURPOSE_ANY, .stage = STAGE_BIND},
	{ROW("second-again", RULE_ERROR, RULE_DEVICE, "bind {device}", note_second),
	 .blocks = PURPOSE_ANY, .stage = STAGE_NODE},
	{ROW("unseen", RULE_ERROR, RULE_HOST, "look", cannot_look),
	 .blocks = PURPOSE_DPDK | PURPOSE_SPDK},
	{ROW("unseen-fine", RULE_ERROR, RULE_HOST, "look", cannot_look), .blocks = PURPOSE_SPDK,
	 .may_be_unseen = true},
	{0},
};

static const struct rule bad_rules[] = {
	{ROW("hangs", RULE_ERROR, RULE_HOST, "wait", hangs)},
	{ROW("crashes", RULE_ERROR, RULE_HOST, "wait", crashes)},
	{ROW("sound", RULE_ERROR, RULE_HOST, "wait", note)},
	{0},
};

static const struct rule *const tables[] = {rules, NULL};
static const struct rule *const bad_tables[] = {bad_rules, NULL};
static struct doctor_report report;

static void run(struct doctor_request request)
{
	struct error err = {0};

	if (!request.tables)
		request.tables = tables;
	if (doctor_run(&report, &request, &err) < 0)
		fail_msg("%s", err.message);
}

/* Two devices that VFIO has, in one group, one that it has not. */
static void make_machine(void)
{
	scene_build("/sys/bus/pci/devices/;+" FIRST " vfio-pci 7 020000 8086:10D3;+" SECOND
		    " e1000e 7 020000 8086:10D3;/sys/devices/pci0000:00/" SECOND
		    "/driver_override=vfio-pci;+" THIRD " e1000e 9 020000 8086:10D3");
}

/* Whether a shell may be given what the remedy becomes. */
static bool is_command(const char *remedy, const char *address, const char *what)
{
	static const struct rule_facts facts;
	scoped_arena struct arena *arena = arena_new(1 << 16);
	const struct rule rule = {.scope = RULE_DEVICE, .remedy = remedy, .is_command = true};
	const struct device device = {.address = address};
	struct rule_run run = {.rule = &rule, .facts = &facts, .arena = arena, .device = &device};

	run.end = &run.first;
	rule_fires(&run, what, "/file", "value");
	assert_non_null(run.first);
	return run.first->is_command;
}

static void only_plain_words_go_to_a_shell(void **state)
{
	static const char *const hostile[] = {"a;b", "$(b)", "a&b", "a\nb", "'", "a>b", "`b`", "*"};

	(void)state;
	assert_true(is_command("modprobe {what}", FIRST, "e1000e"));
	assert_true(is_command("vfioctl bind {what}", FIRST, "--group " SECOND));
	assert_true(is_command("{what}", FIRST, "echo > /sys/x"));
	assert_false(is_command("modprobe {what}", FIRST, NULL));
	assert_false(is_command("vfioctl bind {device}", "a b", NULL));
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		assert_false(is_command("modprobe {what}", FIRST, hostile[i]));
		assert_false(is_command("vfioctl bind {device}", hostile[i], NULL));
		assert_false(is_command("{what}", hostile[i], "echo > /sys/x"));
	}
}

static const char *told(const struct finding *const *list, size_t count)
{
	static char text[1024];

	*text = '\0';
	for (size_t i = 0; i < count; i++)
		append(text, sizeof(text), "%s%s: %s", i ? ", " : "", list[i]->object,
		       list[i]->rule->id);
	return text;
}

static void the_worst_comes_first_by_object(void **state)
{
	(void)state;
	make_machine();
	run((struct doctor_request){0});
	assert_string_equal(told(report.findings, report.n_findings),
			    SECOND ": second-error, " SECOND ": second-again, " SECOND
				   ": device-warning, " SECOND ": device-info, "
				   "group 7: group-warning, " FIRST ": device-warning, " FIRST
				   ": device-info, host: host-info");
	assert_string_equal(told(report.unknown, report.n_unknown),
			    "host: unseen, host: unseen-fine");
	assert_int_equal(report.counts[RULE_ERROR], 2);
	assert_int_equal(report.counts[RULE_WARNING], 3);
	assert_int_equal(report.counts[RULE_INFO], 3);
	assert_string_equal(report.findings[7]->remedy, "a this /file USER else}");
	assert_string_equal(report.findings[4]->remedy, "group 7");
	assert_int_equal(report.findings[4]->group, 7);
	assert_null(report.findings[4]->device);
	assert_int_equal(report.n_answers, 0);
	doctor_report_free(&report);
}

static void globs_choose(void **state)
{
	struct doctor_request request = {.tables = tables, .only = "*-info"};
	char glob[32];

	(void)state;
	make_machine();
	run(request);
	assert_string_equal(told(report.findings, report.n_findings),
			    "host: host-info, " FIRST ": device-info, " SECOND ": device-info");
	doctor_report_free(&report);
	request.ignore = "second-*,host-*";
	run(request);
	assert_string_equal(told(report.findings, report.n_findings),
			    FIRST ": device-info, " SECOND ": device-info");
	doctor_report_free(&report);
	assert_false(doctor_unknown_glob(&request, glob, sizeof(glob)));
	request.ignore = "second-*,nothing,host-*";
	assert_true(doctor_unknown_glob(&request, glob, sizeof(glob)));
	assert_string_equal(glob, "nothing");
	request.only = "no?";
	assert_true(doctor_unknown_glob(&request, glob, sizeof(glob)));
	assert_string_equal(glob, "no?");
}

static void named_devices_alone(void **state)
{
	static const char *const names[] = {THIRD, NULL};

	(void)state;
	make_machine();
	run((struct doctor_request){.addresses = names, .n_addresses = 1, .only = "*-warning"});
	assert_string_equal(told(report.findings, report.n_findings),
			    "group 9: group-warning, " THIRD ": device-warning");
	doctor_report_free(&report);
}

/* By record, driverctl, ids= and because they do not answer; not just any device. */
static void devices_that_are_meant_for_vfio(void **state)
{
	(void)state;
	scene_build("/sys/bus/pci/devices/;+" FIRST " e1000e 7 020000 8086:10D3;"
		    "/run/vfioctl/devices/" FIRST ".json={};+" SECOND
		    " e1000e 8 020000 8086:10D3;/etc/driverctl.d/pci-" SECOND "=vfio-pci;+" THIRD
		    " nvme 9 010802 1B36:0010;/etc/modprobe.d/a.conf=options vfio-pci "
		    "ids=1b36:0010;+0000:08:00.0 nvme 9 010802 1B36:0011;"
		    "/etc/driverctl.d/pci-0000:08:00.0=nvme");
	run((struct doctor_request){.only = "device-info"});
	assert_string_equal(told(report.findings, report.n_findings),
			    FIRST ": device-info, " SECOND ": device-info, " THIRD ": device-info");
	doctor_report_free(&report);
}

static void answers_have_their_steps_in_order(void **state)
{
	struct doctor_request request = {.purpose = rule_purpose_find("qemu"), .user = "4000"};

	(void)state;
	make_machine();
	run(request);
	assert_int_equal(report.n_answers, 2);
	assert_int_equal(report.answers[0].ready, ANSWER_NO);
	assert_string_equal(told(report.answers[0].steps, report.answers[0].n_steps),
			    FIRST ": device-warning");
	/* One remedy stands once. */
	assert_string_equal(told(report.answers[1].steps, report.answers[1].n_steps),
			    SECOND ": second-error, " SECOND ": device-warning");
	assert_string_equal(report.answers[1].sentence,
			    "4000 can start a VM in QEMU with " SECOND ": no");
	doctor_report_free(&report);
	request.purpose = rule_purpose_find("libvirt");
	run(request);
	assert_int_equal(report.answers[0].ready, ANSWER_YES);
	assert_int_equal(report.answers[1].ready, ANSWER_NO);
	doctor_report_free(&report);
	request.purpose = rule_purpose_find("spdk");
	request.user = NULL;
	run(request);
	assert_int_equal(report.answers[0].ready, ANSWER_UNKNOWN);
	assert_string_equal(told(report.answers[0].unseen, report.answers[0].n_unseen),
			    "host: unseen");
	assert_string_equal(report.answers[0].sentence,
			    "root can run SPDK on " FIRST ": as far as could be seen");
	doctor_report_free(&report);
	assert_null(rule_purpose_find("vmware"));
}

static void a_rule_that_hangs_or_crashes_loses_itself_only(void **state)
{
	(void)state;
	make_machine();
	run((struct doctor_request){.tables = bad_tables});
	assert_string_equal(told(report.unknown, report.n_unknown), "host: hangs, host: crashes");
	assert_string_equal(told(report.findings, report.n_findings), "host: hangs, host: sound");
	doctor_report_free(&report);
}

static void the_last_option_of_the_kernel_counts(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);
	struct rule_facts facts = {.command_line = "a=1 quiet ab=2 a=3 "};
	struct rule_run look = {.facts = &facts, .arena = arena};

	(void)state;
	assert_string_equal(rule_kernel_option(&look, "a"), "3");
	assert_string_equal(rule_kernel_option(&look, "ab"), "2");
	assert_string_equal(rule_kernel_option(&look, "quiet"), "");
	assert_null(rule_kernel_option(&look, "b"));
	facts.command_line = NULL;
	assert_null(rule_kernel_option(&look, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(only_plain_words_go_to_a_shell),
		tree_test(the_worst_comes_first_by_object),
		tree_test(globs_choose),
		tree_test(named_devices_alone),
		tree_test(devices_that_are_meant_for_vfio),
		tree_test(answers_have_their_steps_in_order),
		tree_test(a_rule_that_hangs_or_crashes_loses_itself_only),
		tree_test(the_last_option_of_the_kernel_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
