/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/recover.h"

#include "cli/change_output.h"
#include "cli/records.h"

GETTER(item_address, struct recovery_item, item, value_string(item->entry.address))
GETTER(item_verb, struct recovery_item, item, value_string(item->run->verb))
GETTER(item_pid, struct recovery_item, item, value_number(item->run->pid))
GETTER(item_direction, struct recovery_item, item,
       value_string(item->entry.forward ? "forward" : "back"))
GETTER(item_state, struct recovery_item, item, value_string(recovery_state_name(item->state)))
GETTER(item_driver_before, struct recovery_item, item, value_string(item->driver_before))
GETTER(item_driver, struct recovery_item, item, value_string(item->driver))
GETTER(item_error, struct recovery_item, item, value_record(item->error.code ? &item->error : NULL))

static struct value item_overridden(const void *record, size_t i)
{
	return reason_word(((const struct recovery_item *)record)->overridden, i);
}

static enum tone state_tone(const void *record)
{
	static const enum tone tones[] = {
		[RECOVERY_DONE] = TONE_GOOD,        [RECOVERY_PLANNED] = TONE_PLAIN,
		[RECOVERY_WAITS] = TONE_WARNING,    [RECOVERY_GONE] = TONE_WARNING,
		[RECOVERY_REPLACED] = TONE_WARNING, [RECOVERY_FAILED] = TONE_TROUBLE,
	};

	return tones[((const struct recovery_item *)record)->state];
}

static const struct field item_fields[] = {
	ROW(STRING, "address", "ADDRESS", item_address, "the device", .flags = FIELD_DEFAULT),
	ROW(STRING, "verb", "RUN", item_verb, "command of the unfinished run",
	    .flags = FIELD_DEFAULT),
	ROW(NUMBER, "pid", "PID", item_pid, "process that was the run", .flags = FIELD_RIGHT),
	ROW(STRING, "direction", "GOES", item_direction,
	    "back: as it was before that run; forward: as that run "
	    "wanted it",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "state", "STATE", item_state, "done, planned, waits, gone, replaced or failed",
	    .flags = FIELD_DEFAULT, .tone = state_tone),
	ROW(STRING, "driver_before", "BEFORE", item_driver_before, "driver it had when this began",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "driver", "DRIVER", item_driver, "driver it has now", .flags = FIELD_DEFAULT),
	ROW_STRINGS("overridden", "OVERRIDDEN", item_overridden, "refusals that --force overrode"),
	ROW_RECORD("error", "ERROR", item_error, &error_record, "what went wrong with this device"),
	{0},
};

static const struct record_type item_record = {
	.name = "recovery_item",
	.fields = item_fields,
};

static struct value document_item_at(const void *record, size_t i)
{
	const struct recovery *recovery = record;

	return value_record(i < recovery->count ? &recovery->items[i] : NULL);
}

static const struct field recover_document_fields[] = {
	ROW_RECORDS("results", "RESULTS", document_item_at, &item_record,
		    "what became of each device of an unfinished run"),
	{0},
};

static const struct record_type recover_document = {
	.name = "recover",
	.fields = recover_document_fields,
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
		change_tell_overridden(recovery->items[i].entry.address,
				       recovery->items[i].overridden);
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
	CHANGE_FORCE_OPTION,
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
