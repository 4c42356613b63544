/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/recover.h"

#include "cli/change_output.h"

#define GETTER(name, expression)                                                                   \
	static struct value item_##name(const void *record)                                        \
	{                                                                                          \
		const struct recovery_item *item = record;                                         \
                                                                                                   \
		return (expression);                                                               \
	}

GETTER(address, value_string(item->entry.address))
GETTER(verb, value_string(item->run->verb))
GETTER(pid, value_number(item->run->pid))
GETTER(direction, value_string(item->entry.forward ? "forward" : "back"))
GETTER(state, value_string(recovery_state_name(item->state)))
GETTER(driver_before, value_string(item->driver_before))
GETTER(driver, value_string(item->driver))
GETTER(error, value_record(item->error.code ? &item->error : NULL))

static const struct record_type item_record = {
	.name = "recovery_item",
	.fields =
		(const struct field[]){
			{.key = "address",
			 .title = "ADDRESS",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = item_address,
			 .help = "the device"},
			{.key = "verb",
			 .title = "RUN",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = item_verb,
			 .help = "command of the unfinished run"},
			{.key = "pid",
			 .title = "PID",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = item_pid,
			 .help = "process that was the run"},
			{.key = "direction",
			 .title = "GOES",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = item_direction,
			 .help = "back: as it was before that run; forward: as that run "
				 "wanted it"},
			{.key = "state",
			 .title = "STATE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = item_state,
			 .help = "done, planned, waits, gone, replaced or failed"},
			{.key = "driver_before",
			 .title = "BEFORE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = item_driver_before,
			 .help = "driver it had when this began"},
			{.key = "driver",
			 .title = "DRIVER",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = item_driver,
			 .help = "driver it has now"},
			{.key = "error",
			 .title = "ERROR",
			 .type = FIELD_RECORD,
			 .get = item_error,
			 .child = &error_record,
			 .help = "what went wrong with this device"},
			{0}},
};

static struct value document_item_at(const void *record, size_t i)
{
	const struct recovery *recovery = record;

	return value_record(i < recovery->count ? &recovery->items[i] : NULL);
}

static const struct record_type recover_document = {
	.name = "recover",
	.fields =
		(const struct field[]){{.key = "results",
					.title = "RESULTS",
					.type = FIELD_RECORDS,
					.item = document_item_at,
					.child = &item_record,
					.help = "what became of each device of an unfinished run"},
				       {0}},
};

static const void *row(const void *records, size_t i)
{
	return document_item_at(records, i).record;
}

/*
 * The document tells of each device whether or not all is well; the exit status, of the first that
 * is not.
 */
static void print(const struct recovery *recovery, const struct options *opts,
		  const struct columns *columns)
{
	if (opts->json) {
		json_print_document(&recover_document, recovery);
		return;
	}
	if (recovery->count == 0)
		message_note("nothing to recover");
	else if (!opts->quiet)
		table_print(columns, opts, row, recovery);
	for (size_t i = 0; i < recovery->count; i++)
		if (recovery->items[i].error.code)
			message_error(&recovery->items[i].error);
}

static enum status run(const struct options *opts, struct error *err)
{
	struct recover_request request = {
		.dry_run = opts->dry_run, .on_step = change_tell_step, .on_wait = change_tell_wait};
	scoped_recovery struct recovery recovery = {0};
	struct columns columns;
	int r;

	if (columns_parse(&columns, &item_record, opts->output, err) < 0 ||
	    change_read_limits(opts, &request.timeout_ms, &request.jobs, err) < 0 ||
	    gate_parse_force(&request.forced, opts->force, err) < 0)
		return err->status;
	r = recover_run(&recovery, &request, err);
	if (r < 0 && recovery.count == 0)
		return err->status;
	print(&recovery, opts, &columns);
	err->code = NULL; /* told */
	return r < 0 ? err->status : STATUS_OK;
}

static const struct option_spec options[] = {
	OPTION("dry-run", 0, OPTION_FLAG, NULL, "tell what would be done, and do nothing", dry_run),
	OPTION("force", 0, OPTION_STRING, "REASON[,...]", "override exactly these refusals", force),
	CHANGE_WAIT_OPTIONS,
	{0},
};

const struct command cmd_recover = {
	.name = "recover",
	.synopsis = "",
	.summary = "make whole what a run that was killed has left half-way",
	.details =
		"Every command that changes devices notes beforehand what they had. When it was "
		"killed, each of its devices goes back there; a device whose unbind could not be "
		"waited for goes on to where the command wanted it. Devices of commands that still "
		"run are left alone, and so are those that are in use by now.",
	.options = options,
	.columns = &item_record,
	.document = &recover_document,
	.max_args = 0,
	.run = run,
};
