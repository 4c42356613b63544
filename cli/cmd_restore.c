/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_output.h"

static const struct record_type restore_document = {
	.name = "restore",
	.fields = (const struct field[]){CHANGE_DOCUMENT_FIELDS, {0}},
};

static enum status run(const struct options *opts, struct error *err)
{
	return change_command(opts, CHANGE_RESTORE, &restore_document, err);
}

static const struct option_spec options[] = {
	CHANGE_OPTIONS,
	{0},
};

const struct command cmd_restore = {
	.name = "restore",
	.synopsis = "DEVICE...",
	.summary = "give devices back to the driver they had before bind",
	.details =
		"bind records the driver and the override that a device had. Without a record the "
		"override is cleared and the kernel chooses the driver. All devices or none; a "
		"device that is in use is refused. Of one that is gone, what was noted is dropped, "
		"and taken back from the user that it was given to.",
	.options = options,
	.columns = &change_result_record,
	.document = &restore_document,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
