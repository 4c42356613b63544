/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "cli/change_output.h"

static const struct record_type sriov_document = {
	.name = "sriov",
	.fields = (const struct field[]){CHANGE_DOCUMENT_FIELDS, {0}},
};

static int read_count(int64_t *ret, const char *text, struct error *err)
{
	uint64_t count;

	if (parse_number(text, 10, UINT16_MAX, &count) < 0) {
		error_set(err, STATUS_USAGE, EINVAL, "bad-count", NULL,
			  "COUNT is a number of VFs, not '%s'", text);
		return error_remedy(err, "`vfioctl show` tells how many a device can have; 0 takes "
					 "them away.");
	}
	*ret = (int64_t)count;
	return 0;
}

/* The last operand is no device. */
static enum status run(const struct options *opts, struct error *err)
{
	struct options own = *opts;

	if (read_count(&own.vfs, opts->args[opts->n_args - 1], err) < 0)
		return err->status;
	own.n_args--;
	return change_command(&own, CHANGE_SRIOV, &sriov_document, err);
}

static const char *vf_driver_word(size_t i)
{
	static const char *const words[] = {"native", "none"};

	return i < ARRAY_SIZE(words) ? words[i] : driver_word(i - ARRAY_SIZE(words));
}

static const struct option_spec options[] = {
	OPTION("driver", 0, OPTION_STRING, "NAME",
	       "of the VFs: a VFIO driver, auto (the most specific one), native or none", driver,
	       .word = vf_driver_word),
	CHANGE_DRY_RUN_OPTIONS,
	CHANGE_FORCE_OPTION,
	CHANGE_WAIT_OPTIONS,
	{0},
};

const struct command cmd_sriov = {
	.name = "sriov",
	.synopsis = "DEVICE COUNT",
	.summary = "make virtual functions and hand them to VFIO, or take them away",
	.details = "The VFs go straight to VFIO: the PF's switch for probing is off while they are "
		   "made, so no driver of the host ever touches them. From one number to another "
		   "goes by none at all, so VFs that are in use keep theirs. When a step fails, "
		   "there are as many VFs as before, with the drivers that they had.",
	.options = options,
	.columns = &sriov_result_record,
	.document = &sriov_document,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
