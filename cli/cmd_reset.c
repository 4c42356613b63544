/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "cli/change_output.h"
#include "cli/reset_output.h"
#include "cli/select.h"

static int fill_request(struct reset_request *request, const struct options *opts,
			const struct selection *selection, struct error *err)
{
	*request = (struct reset_request){
		.addresses = (const char *const *)selection->addresses,
		.count = selection->count,
		.method = opts->method,
		.dry_run = opts->dry_run,
		.timeout_ms = opts->timeout_s * 1000,
		.on_wait = reset_print_progress,
	};
	if (reset_scope_parse(&request->scope, opts->scope, err) < 0 ||
	    reset_method_check(opts->method, err) < 0)
		return -1;
	if (opts->method && request->scope == RESET_HOT)
		return error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
				 "--method is for --scope function: a bus is reset in one way");
	if (opts->timeout_s == 0)
		return error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
				 "--timeout 0 leaves no time for anything");
	return gate_parse_force(&request->forced, opts->force, err);
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_selection struct selection selection = {0};
	scoped_reset struct reset reset = {0};
	struct reset_request request;
	struct columns columns;

	if (columns_parse(&columns, &reset_result_record, opts->output, err) < 0 ||
	    selection_read(&selection, opts, RESOLVE_TO_CHANGE, err) < 0 ||
	    fill_request(&request, opts, &selection, err) < 0)
		return err->status;
	if (reset_run(&reset, &request, err) < 0) {
		reset_print_failure(&reset, opts, &columns, err);
		err->code = NULL; /* told */
		return err->status;
	}
	reset_print_success(&reset, opts, &columns);
	return STATUS_OK;
}

static const struct option_spec options[] = {
	OPTION("scope", 0, OPTION_STRING, "SCOPE",
	       "function: the device alone (default); hot: its bus or slot, with all there", scope,
	       .word = reset_scope_word),
	OPTION("method", 0, OPTION_STRING, "METHOD",
	       "how to reset the function: flr, pm, bus, ... (the kernel's choice)", method,
	       .word = reset_method_word),
	OPTION("dry-run", 0, OPTION_FLAG, NULL, "show what would be reset and do nothing", dry_run),
	CHANGE_FORCE_OPTION,
	OPTION("timeout", 0, OPTION_NUMBER, "SECONDS", "give up a reset that takes longer (130)",
	       timeout_s),
	{0},
};

const struct command cmd_reset = {
	.name = "reset",
	.synopsis = "DEVICE...",
	.summary = "reset devices that VFIO holds, and see that they come back as they were",
	.details = "Nothing is reset when one of the devices, or what is reset along with it, is "
		   "in use "
		   "or not VFIO's; --dry-run shows all that is. Several devices are reset side by "
		   "side. "
		   "Afterwards each must answer, with its configuration as before.",
	.options = options,
	.columns = &reset_result_record,
	.document = &reset_document,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
