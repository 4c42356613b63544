/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_output.h"

static const struct record_type bind_document = {
	.name = "bind",
	.fields = (const struct field[]){CHANGE_DOCUMENT_FIELDS, {0}},
};

static enum status run(const struct options *opts, struct error *err)
{
	return change_command(opts, CHANGE_BIND, &bind_document, err);
}

static const struct option_spec options[] = {
	OPTION("driver", 0, OPTION_STRING, "NAME",
	       "VFIO driver to bind; auto: the most specific one there is", driver,
	       .word = driver_word),
	ACCESS_OPTIONS,
	CHANGE_OPTIONS,
	{0},
};

const struct command cmd_bind = {
	.name = "bind",
	.synopsis = "DEVICE...",
	.summary = "hand devices to VFIO: bind them to vfio-pci or the variant made for them",
	.details =
		"All devices or none: when one cannot be bound, every other is put back. A device "
		"that is in use is refused, with who uses it; --force overrides exactly the "
		"reasons "
		"that it names. A device that a VFIO driver has already is left alone, but for its "
		"--owner.",
	.options = options,
	.columns = &change_result_record,
	.document = &bind_document,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
