/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_output.h"

#include <errno.h>
#include <unistd.h>

#include "change/pool.h"
#include "cli/records.h"
#include "host/usage.h"

/* --- words for completion ----------------------------------------------------------------- */

const char *force_word(size_t i)
{
	return i < USAGE_REASON_COUNT ? usage_reasons[i].name : NULL;
}

const char *driver_word(size_t i)
{
	static const char *const words[] = {"auto", "vfio-pci"};

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
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

void change_tell_overridden(const char *address, unsigned int overridden)
{
	char reasons[512];

	if (overridden)
		message_warning("%s: --force overrode: %s", address,
				usage_reason_names(reasons, sizeof(reasons), overridden));
}

void change_tell_warnings(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct change_result *result = &change->results[i];

		change_tell_overridden(result->before->address, result->overridden);
		for (size_t k = 0; result->warnings && result->warnings[k]; k++)
			message_warning("%s: %s", result->before->address, result->warnings[k]);
	}
}

void change_print_success(const struct change *change, const struct options *opts,
			  enum change_kind kind, const struct record_type *document,
			  const struct columns *columns)
{
	if (!opts->json)
		change_tell_warnings(change);
	if (opts->json) {
		json_print_document(document, change);
	} else if (!opts->dry_run) {
		if (!opts->quiet)
			table_print(columns, opts, result_row, change);
		change_suggest(change, opts, kind);
	} else if (change->plan.count == 0) {
		if (!change->changed)
			message_note("nothing to do");
	} else {
		table_print(columns, opts, step_row, change);
		if (geteuid() != 0)
			message_note("to take these steps, run it as root");
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
		[STEP_RULE] = "rule for",  [STEP_SWITCH] = "wrote", [STEP_VFS] = "wrote",
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
		message_verbose("%s: %s \"%s\"", step->path, verb, change_visible_value(step));
}

void change_tell_wait(const struct step *step, int64_t waited_ms)
{
	enum { SOON_MS = 1000 };
	static const char *const doing[] = {
		[STEP_UNBIND] = "waiting for its driver to let go",
		[STEP_BIND] = "waiting for its new driver",
		[STEP_PROBE] = "waiting for a driver",
		[STEP_WAIT] = "waiting for its nodes",
		[STEP_VFS] = "waiting for its VFs to come or go",
		[STEP_UDEV] = "waiting for udev",
	};
	const char *what = step && step->kind < ARRAY_SIZE(doing) ? doing[step->kind] : NULL;

	if (!step)
		message_progress(NULL);
	else if (waited_ms >= SOON_MS)
		message_progress("%s: %s, %d s", step->dev->address, what ? what : "changing it",
				 (int)(waited_ms / 1000));
}

int change_read_limits(const struct options *opts, int64_t *ret_timeout_ms, size_t *ret_jobs,
		       struct error *err)
{
	enum { DEFAULT_JOBS = 8 };

	*ret_timeout_ms = opts->timeout_s * 1000;
	*ret_jobs = opts->jobs > 0 ? (size_t)opts->jobs : DEFAULT_JOBS;
	if (opts->jobs > POOL_MAX_WIDTH)
		return error_set(err, STATUS_USAGE, ERANGE, "bad-option", NULL,
				 "--jobs: at most %d devices move at once", POOL_MAX_WIDTH);
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
		.errors = selection->errors,
		.count = selection->count,
		.driver = opts->driver,
		.vfs = opts->vfs,
		.take_group = opts->take_group,
		.dry_run = opts->dry_run,
		.keep_going = opts->keep_going,
		.on_step = change_tell_step,
		.on_wait = change_tell_wait,
	};
	if (change_read_limits(opts, &request->timeout_ms, &request->jobs, err) < 0 ||
	    parse_access(request, access, opts, err) < 0)
		return -1;
	return gate_parse_force(&request->forced, opts->force, err);
}

/* Results, or the steps that would lead to them. */
static const struct record_type *row_type(const struct options *opts, enum change_kind kind)
{
	if (opts->dry_run)
		return &step_record;
	return kind == CHANGE_SRIOV ? &sriov_result_record : &change_result_record;
}

static int check_options(const struct options *opts, struct error *err)
{
	if (!opts->detailed_exitcode || opts->dry_run)
		return 0;
	return error_set(err, STATUS_USAGE, 0, "bad-option", NULL,
			 "--detailed-exitcode needs --dry-run");
}

static int read_devices(struct selection *ret, const struct options *opts, enum change_kind kind,
			struct error *err)
{
	return kind == CHANGE_RESTORE ? selection_read_to_restore(ret, opts, err)
				      : selection_read(ret, opts, RESOLVE_TO_CHANGE, err);
}

enum status change_command(const struct options *opts, enum change_kind kind,
			   const struct record_type *document, struct error *err)
{
	scoped_selection struct selection selection = {0};
	scoped_change struct change change = {0};
	struct change_request request;
	struct access access;
	struct columns columns;

	if (check_options(opts, err) < 0 ||
	    columns_parse(&columns, row_type(opts, kind), opts->output, err) < 0 ||
	    read_devices(&selection, opts, kind, err) < 0 ||
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
