/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_output.h"

#include <errno.h>

#include "cli/records.h"

/* --- fields ------------------------------------------------------------------------------- */

#define RESULT(name, expression)                                                                   \
	static struct value result_##name(const void *record)                                      \
	{                                                                                          \
		const struct change_result *result = record;                                       \
                                                                                                   \
		return (expression);                                                               \
	}

/* The device as it is at the end; after a refusal or in a dry run that is as it was. */
static const struct device *latest(const struct change_result *result)
{
	return result->after ? result->after : result->before;
}

RESULT(address, value_string(result->before->address))
RESULT(changed, value_bool(result->changed))
RESULT(driver_before, value_string(result->before->driver))
RESULT(driver, value_string(latest(result)->driver))
RESULT(driver_override, value_string(latest(result)->driver_override))
RESULT(target, value_string(result->to.any_driver ? "any" : result->to.driver))
RESULT(why, value_string(result->choice.why))
RESULT(group, value_number(latest(result)->iommu_group))
RESULT(cdev, value_string(latest(result)->cdev))
RESULT(group_node, value_string(latest(result)->group_node))
RESULT(error, value_record(result->error.code ? &result->error : NULL))

static struct value result_mode(const void *record, size_t i)
{
	return mode_word(latest(record)->modes, i);
}

static struct value result_overridden(const void *record, size_t i)
{
	return reason_word(((const struct change_result *)record)->overridden, i);
}

static struct value result_warning(const void *record, size_t i)
{
	const char *const *warnings = ((const struct change_result *)record)->warnings;

	for (size_t k = 0; warnings && warnings[k]; k++)
		if (k == i)
			return value_string(warnings[k]);
	return VALUE_UNKNOWN;
}

const struct record_type change_result_record = {
	.name = "change_result",
	.fields =
		(const struct field[]){
			{.key = "address",
			 .title = "ADDRESS",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_address,
			 .help = "the device"},
			{.key = "changed",
			 .title = "CHANGED",
			 .type = FIELD_BOOL,
			 .flags = FIELD_DEFAULT,
			 .get = result_changed,
			 .help = "its driver, override or owner is another than before"},
			{.key = "driver_before",
			 .title = "BEFORE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_driver_before,
			 .help = "driver it had before"},
			{.key = "driver",
			 .title = "DRIVER",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_driver,
			 .help = "driver it has now"},
			{.key = "driver_override",
			 .title = "OVERRIDE",
			 .type = FIELD_STRING,
			 .get = result_driver_override,
			 .help = "driver_override now"},
			{.key = "target",
			 .title = "TARGET",
			 .type = FIELD_STRING,
			 .get = result_target,
			 .help = "driver it was meant to get; any: the kernel's own choice"},
			{.key = "why",
			 .title = "WHY",
			 .type = FIELD_STRING,
			 .get = result_why,
			 .help = "why this driver was chosen"},
			{.key = "iommu_group",
			 .title = "GROUP",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = result_group,
			 .help = "number of the IOMMU group"},
			{.key = "modes",
			 .title = "MODES",
			 .type = FIELD_STRINGS,
			 .item = result_mode,
			 .help = "ways offered to user space now: cdev, group"},
			{.key = "cdev",
			 .title = "CDEV",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_cdev,
			 .help = "node of the device cdev"},
			{.key = "group_node",
			 .title = "GROUP-NODE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_group_node,
			 .help = "node of the VFIO group"},
			{.key = "overridden",
			 .title = "OVERRIDDEN",
			 .type = FIELD_STRINGS,
			 .item = result_overridden,
			 .help = "refusals that --force overrode"},
			{.key = "warnings",
			 .title = "WARNINGS",
			 .type = FIELD_STRINGS,
			 .item = result_warning,
			 .help = "others that give it to drivers, and where that is written"},
			{.key = "error",
			 .title = "ERROR",
			 .type = FIELD_RECORD,
			 .get = result_error,
			 .child = &error_record,
			 .help = "what went wrong with this device"},
			{0}},
};

#define STEP(name, expression)                                                                     \
	static struct value step_##name(const void *record)                                        \
	{                                                                                          \
		const struct step *step = record;                                                  \
                                                                                                   \
		return (expression);                                                               \
	}

/* A lone newline, which clears an override, is shown as the empty string that it means. */
static const char *visible(const char *value)
{
	return value && streq(value, "\n") ? "" : value;
}

STEP(kind, value_string(step_kind_name(step->kind)))
STEP(device, value_string(step->dev->address))
STEP(path, value_string(step->path))
STEP(value, value_string(visible(step->value)))

const struct record_type step_record = {
	.name = "step",
	.fields =
		(const struct field[]){
			{.key = "step",
			 .title = "STEP",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = step_kind,
			 .help = "override, unbind, bind, probe, verify, wait, own, acl or rule"},
			{.key = "device",
			 .title = "DEVICE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = step_device,
			 .help = "the device that it is about"},
			{.key = "value",
			 .title = "VALUE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = step_value,
			 .help = "what is written, the driver expected, or whose it becomes"},
			{.key = "path",
			 .title = "FILE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = step_path,
			 .help = "file that is written, or read back"},
			{0}},
};

struct value change_is_changed(const void *change)
{
	return value_bool(((const struct change *)change)->changed);
}

struct value change_result_item(const void *record, size_t i)
{
	const struct change *change = record;

	return value_record(i < change->count ? &change->results[i] : NULL);
}

struct value change_step_item(const void *record, size_t i)
{
	const struct change *change = record;

	return value_record(i < change->plan.count ? &change->plan.steps[i] : NULL);
}

/* --- printing ----------------------------------------------------------------------------- */

static const void *result_row(const void *records, size_t i)
{
	return change_result_item(records, i).record;
}

static const void *step_row(const void *records, size_t i)
{
	return change_step_item(records, i).record;
}

void change_tell_warnings(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct change_result *result = &change->results[i];

		for (size_t k = 0; result->warnings && result->warnings[k]; k++)
			message_warning("%s: %s", result->before->address, result->warnings[k]);
	}
}

/* What a person would do next. */
static void suggest(const struct change *change, enum change_kind kind)
{
	const char *address = change->results[0].before->address;

	if (!change->changed)
		message_note("nothing to do");
	else if (kind == CHANGE_BIND)
		message_note("next: `vfioctl test %s` tries it, `vfioctl restore %s` gives it back",
			     address, address);
}

void change_print_success(const struct change *change, const struct options *opts,
			  enum change_kind kind, const struct record_type *document,
			  const struct columns *columns)
{
	struct columns steps;

	if (!opts->json)
		change_tell_warnings(change);
	if (opts->json) {
		json_print_document(document, change);
	} else if (!opts->dry_run) {
		if (!opts->quiet)
			table_print(columns, opts, result_row, change);
		suggest(change, kind);
	} else if (change->plan.count == 0) {
		message_note("nothing to do");
	} else if (columns_parse(&steps, &step_record, NULL, NULL) == 0) {
		table_print(&steps, opts, step_row, change);
	}
}

/*
 * Each device's own error; the command's error stands for them if there is none. When devices could
 * not be put back, first why it failed, then how to mend each.
 */
void change_print_failure(const struct change *change, const struct options *opts,
			  const struct error *err)
{
	bool told = err->status == STATUS_BROKEN;

	if (opts->json) {
		struct error_report report = {.err = err, .change = change};

		json_print_document(&error_document, &report);
		return;
	}
	change_tell_warnings(change);
	if (told)
		message_error(err);
	for (size_t i = 0; i < change->count; i++) {
		const struct error *own = &change->results[i].error;

		if (!own->code || (own->status != STATUS_BROKEN && err->status == STATUS_BROKEN))
			continue;
		message_error(own);
		told = true;
	}
	if (!told)
		message_error(err);
}

static const char *step_verb(const struct step *step)
{
	static const char *const given[] = {
		[STEP_OVERRIDE] = "wrote", [STEP_UNBIND] = "wrote", [STEP_BIND] = "wrote",
		[STEP_PROBE] = "wrote",    [STEP_OWN] = "gave to",  [STEP_ACL] = "listed",
		[STEP_RULE] = "rule for",
	};
	static const char *const taken[] = {
		[STEP_OWN] = "gave back to",
		[STEP_ACL] = "no longer listed",
		[STEP_RULE] = "removed",
	};

	if (step->back)
		return step->kind < ARRAY_SIZE(taken) ? taken[step->kind] : NULL;
	return step->kind < ARRAY_SIZE(given) ? given[step->kind] : NULL;
}

void change_tell_step(const struct step *step)
{
	const char *verb = step_verb(step);

	if (!step->path || !verb)
		return;
	if (step->kind == STEP_RULE && step->back)
		message_verbose("%s: %s", step->path, verb);
	else
		message_verbose("%s: %s \"%s\"", step->path, verb, visible(step->value));
}

int change_read_limits(const struct options *opts, int64_t *ret_timeout_ms, size_t *ret_jobs,
		       struct error *err)
{
	enum { DEFAULT_JOBS = 8 };

	*ret_timeout_ms = opts->timeout_s * 1000;
	*ret_jobs = opts->jobs > 0 ? (size_t)opts->jobs : DEFAULT_JOBS;
	if (opts->timeout_s > 0)
		return 0;
	return error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
			 "--timeout 0 leaves no time for anything");
}

static int parse_access(struct change_request *request, struct access *access,
			const struct options *opts, struct error *err)
{
	if (!opts->owner && !opts->node_mode)
		return 0;
	if (!opts->owner) {
		error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
			  "--node-mode needs --owner: whose shall the nodes be?");
		return -1;
	}
	request->access = access;
	return access_parse(access, opts->owner, opts->node_mode, err);
}

int change_read_request(struct change_request *request, struct access *access,
			const struct options *opts, enum change_kind kind,
			const struct selection *selection, struct error *err)
{
	*request = (struct change_request){
		.kind = kind,
		.addresses = (const char *const *)selection->addresses,
		.count = selection->count,
		.driver = opts->driver,
		.take_group = opts->take_group,
		.dry_run = opts->dry_run,
		.keep_going = opts->keep_going,
		.on_step = change_tell_step,
	};
	if (change_read_limits(opts, &request->timeout_ms, &request->jobs, err) < 0 ||
	    parse_access(request, access, opts, err) < 0)
		return -1;
	return gate_parse_force(&request->forced, opts->force, err);
}

enum status change_command(const struct options *opts, enum change_kind kind,
			   const struct record_type *document, struct error *err)
{
	scoped_selection struct selection selection = {0};
	scoped_change struct change change = {0};
	struct change_request request;
	struct access access;
	struct columns columns;

	if (columns_parse(&columns, &change_result_record, opts->output, err) < 0 ||
	    selection_read(&selection, opts, RESOLVE_TO_CHANGE, err) < 0 ||
	    change_read_request(&request, &access, opts, kind, &selection, err) < 0)
		return err->status;
	if (change_run(&change, &request, err) < 0) {
		change_print_failure(&change, opts, err);
		if (opts->keep_going && !opts->json && !opts->quiet && !opts->dry_run)
			table_print(&columns, opts, result_row, &change);
		err->code = NULL; /* told */
		return err->status;
	}
	change_print_success(&change, opts, kind, document, &columns);
	if (opts->dry_run && opts->detailed_exitcode && change.changed)
		return STATUS_WOULD_CHANGE;
	return STATUS_OK;
}
