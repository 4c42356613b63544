/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfioctl doctor: choose devices and rules, put the rules to the machine, print what they found.
 */
#include <stdio.h>

#include "change/journal.h"
#include "cli/command.h"
#include "cli/doctor_record.h"
#include "cli/select.h"

/* --- what is asked ------------------------------------------------------------------------ */

static int unknown_rule(const struct doctor_request *request, const char *glob, struct error *err)
{
	const char *ids[256] = {NULL}, *near;
	const struct rule *rule;

	for (size_t i = 0; i + 1 < ARRAY_SIZE(ids) && (rule = rule_at(request->tables, i)); i++)
		ids[i] = rule->id;
	error_set(err, STATUS_USAGE, 0, "unknown-rule", NULL, "there is no rule '%s'", glob);
	near = nearest_word(glob, ids);
	if (near)
		return error_remedy(err, "Did you mean %s?", near);
	return error_remedy(err, "`vfioctl doctor --list-rules` lists them.");
}

static int check_purpose(struct doctor_request *request, const char *name, struct error *err)
{
	char names[128] = "";

	if (!name)
		return 0;
	request->purpose = rule_purpose_find(name);
	if (request->purpose)
		return 0;
	for (const struct rule_purpose *purpose = rule_purposes; purpose->name; purpose++)
		append(names, sizeof(names), "%s%s", *names ? ", " : "", purpose->name);
	error_set(err, STATUS_USAGE, 0, "bad-option", NULL, "--for does not know '%s'", name);
	return error_remedy(err, "It knows: %s.", names);
}

static int check_fail_on(const char *word, struct error *err)
{
	if (!word || streq(word, "error") || streq(word, "warning"))
		return 0;
	return error_set(err, STATUS_USAGE, 0, "bad-option", NULL,
			 "--fail-on is error or warning, not '%s'", word);
}

static int request_of(struct doctor_request *ret, const struct options *opts, struct error *err)
{
	struct doctor_request request = {
		.tables = rule_tables,
		.only = opts->rule_glob,
		.ignore = opts->ignore,
		.user = opts->user,
	};
	char glob[128];

	if (check_purpose(&request, opts->purpose, err) < 0 ||
	    check_fail_on(opts->fail_on, err) < 0)
		return -1;
	if (doctor_unknown_glob(&request, glob, sizeof(glob)))
		return unknown_rule(&request, glob, err);
	*ret = request;
	return 0;
}

static int read_devices(struct doctor_request *request, struct selection *selection,
			const struct options *opts, struct error *err)
{
	if (opts->n_args == 0)
		return 0;
	if (selection_read(selection, opts, RESOLVE_TO_READ, err) < 0)
		return -1;
	request->addresses = (const char *const *)selection->addresses;
	request->n_addresses = selection->count;
	return 0;
}

/* --- what earlier runs have left ---------------------------------------------------------- */

/* Saved state is read by src/change, which rules do not know. */
static int read_leftovers(struct doctor_request *request, struct arena *arena, struct error *err)
{
	struct journals journals;
	struct leftover *list;
	bool readable;

	if (!journals_exist())
		return 0;
	readable = journals_load(&journals, arena, NULL) == 0;
	list = arena_alloc(arena, (readable ? journals.count + 1 : 1) * sizeof(*list));
	if (!list)
		return error_out_of_memory(err);
	request->leftovers = list;
	if (!readable)
		list[request->n_leftovers++].path = "/run/vfioctl/journal";
	for (size_t i = 0; readable && i < journals.count; i++)
		if (!journals.runs[i].lives)
			list[request->n_leftovers++] = (struct leftover){
				.path = journals.runs[i].path,
				.verb = journals.runs[i].verb,
				.pid = journals.runs[i].pid,
			};
	return 0;
}

/* --- what comes of it --------------------------------------------------------------------- */

static enum status verdict(const struct doctor_report *report, const struct options *opts)
{
	bool warnings = streq_null(opts->fail_on, "warning");

	if (report->n_gone)
		return STATUS_NO_DEVICE;
	if (report->counts[RULE_ERROR] || (warnings && report->counts[RULE_WARNING]))
		return STATUS_FAILED;
	for (size_t i = 0; i < report->n_answers; i++)
		if (report->answers[i].ready == ANSWER_NO)
			return STATUS_FAILED;
	return STATUS_OK;
}

static void print(const struct doctor_report *report, const struct columns *columns,
		  const struct options *opts)
{
	if (opts->json)
		json_print_document(&doctor_document, report);
	else if (opts->output || opts->raw || opts->noheadings)
		table_print(columns, opts, finding_list_item, report);
	else
		doctor_print(report, opts);
}

static int check_devices(const struct doctor_report *report, const struct doctor_request *request,
			 struct error *err)
{
	if (!request->purpose || report->named.count || report->n_gone)
		return 0;
	error_set(err, STATUS_USAGE, 0, "no-devices", NULL,
		  "--for wants devices: none is named, and VFIO has none");
	return error_remedy(err, "Name them: `vfioctl list` shows those there are.");
}

static enum status examine(struct doctor_request *request, const struct options *opts,
			   struct error *err)
{
	scoped_selection struct selection selection = {0};
	scoped_doctor_report struct doctor_report report = {0};
	scoped_arena struct arena *arena = arena_new(16 << 20);
	struct columns columns;

	if (!arena)
		error_out_of_memory(err);
	if (!arena || columns_parse(&columns, &finding_record, opts->output, err) < 0 ||
	    read_devices(request, &selection, opts, err) < 0 ||
	    read_leftovers(request, arena, err) < 0 || doctor_run(&report, request, err) < 0 ||
	    check_devices(&report, request, err) < 0)
		return err->status;
	print(&report, &columns, opts);
	return verdict(&report, opts);
}

static enum status list_rules(const struct doctor_request *request, const struct options *opts,
			      struct error *err)
{
	struct columns columns;

	if (opts->json) {
		json_print_document(&rules_document, request);
		return STATUS_OK;
	}
	if (columns_parse(&columns, &rule_record, opts->output, err) < 0)
		return err->status;
	table_print(&columns, opts, rule_list_item, request);
	return STATUS_OK;
}

static enum status run(const struct options *opts, struct error *err)
{
	struct doctor_request request;

	if (request_of(&request, opts, err) < 0)
		return err->status;
	if (opts->list_rules)
		return list_rules(&request, opts, err);
	if (request.purpose && request.only)
		message_note("--rule leaves rules out that matter for %s: whether all is well is "
			     "not told",
			     request.purpose->name);
	return examine(&request, opts, err);
}

static const char *rule_word(size_t i)
{
	const struct rule *rule = rule_at(rule_tables, i);

	return rule ? rule->id : NULL;
}

static const char *purpose_word(size_t i)
{
	const struct rule_purpose *purpose = rule_purposes;

	for (; purpose->name && i > 0; i--)
		purpose++;
	return purpose->name;
}

static const char *severity_word(size_t i)
{
	static const char *const words[] = {"error", "warning"};

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const struct option_spec options[] = {
	OPTION("for", 0, OPTION_STRING, "PURPOSE",
	       "say whether it works: qemu, libvirt, dpdk, spdk or container", purpose,
	       .word = purpose_word),
	OPTION("user", 0, OPTION_STRING, "USER", "judge access and limits for this user", user),
	OPTION("fail-on", 0, OPTION_STRING, "SEVERITY",
	       "exit with 1 on a warning or an error (error)", fail_on, .word = severity_word),
	OPTION("rule", 0, OPTION_STRING, "GLOB", "only rules of such a name", rule_glob,
	       .word = rule_word),
	OPTION("ignore", 0, OPTION_STRING, "GLOB[,...]",
	       "no rules of such a name; several between commas", ignore, .word = rule_word),
	OPTION("list-rules", 0, OPTION_FLAG, NULL, "list the rules and look at nothing",
	       list_rules),
	OPTION("verbose", 'v', OPTION_COUNT, NULL, "print notes, too, and what was not checked",
	       verbose),
	{0},
};

const struct command cmd_doctor = {
	.name = "doctor",
	.synopsis = "[DEVICE...]",
	.summary = "find what is wrong with the host or a device, and what mends it",
	.details =
		"Looks at the host, the DEVICEs and their IOMMU groups; without DEVICE, at "
		"those that VFIO has or that are meant for it. Opens and wakes nothing and works "
		"unprivileged; what could not be seen is counted. -v shows that, and notes that "
		"are good to know. The exit status is 1 when something is wrong.",
	.options = options,
	.columns = &finding_record,
	.document = &doctor_document,
	.catalogue = &rules_document,
	.read_only = true,
	.max_args = -1,
	.run = run,
};
