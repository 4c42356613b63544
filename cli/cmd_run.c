/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bind, run a program (cli/program.h), give back. What the devices go back to is in the journal of
 * the session (change/session.h); here is what becomes of the program's exit status.
 */
#include <stdio.h>
#include <sys/wait.h>

#include "base/child.h"
#include "change/session.h"
#include "cli/change_output.h"
#include "cli/commands.h"
#include "cli/program.h"

/*
 * Whoever interrupted the bind does not want the program any more: that is as if the program had
 * been ended by the signal.
 */
static int interrupted(const struct program *program, int signal, int *ret_status)
{
	message_note("interrupted before %s was started", program->name);
	*ret_status = W_EXITCODE(0, signal);
	return 0;
}

static int use_devices(struct program *program, const struct change *session, int *ret_status,
		       struct error *err)
{
	char end[64];
	int interrupt = interrupts_take();

	if (interrupt)
		return interrupted(program, interrupt, ret_status);
	if (program_give(program, session, err) < 0 ||
	    (program->opts->pass_fd && program_open(program, err) < 0))
		return -1;
	program_tell(program);
	interrupt = interrupts_take();
	if (interrupt)
		return interrupted(program, interrupt, ret_status);
	if (program_run(program, session, ret_status, err) < 0)
		return -1;
	program_describe_end(end, sizeof(end), *ret_status);
	message_verbose("%s %s", program->name, end);
	return 0;
}

/* --- and back ----------------------------------------------------------------------------- */

static void tell_failure(const struct error *err)
{
	struct error whole = *err;

	append(whole.remedy, sizeof(whole.remedy),
	       "%sThen `vfioctl recover` gives back what is left.", *whole.remedy ? " " : "");
	message_error(&whole);
}

/* 0, or -1 when a device is not back; all is told. */
static int give_back(const struct change *session, const struct change_request *request)
{
	const struct recover_request back = {
		.forced = request->forced,
		.timeout_ms = request->timeout_ms,
		.jobs = request->jobs,
		.on_step = request->on_step,
		.on_wait = request->on_wait,
	};
	scoped_recovery struct recovery recovery = {0};
	struct error err = {.code = NULL};
	int r = session_end(&recovery, session, &back, &err);
	bool told = false;

	for (size_t i = 0; i < recovery.count; i++) {
		const struct recovery_item *item = &recovery.items[i];

		change_tell_overridden(item->entry.address, item->overridden);
		if (item->error.code)
			tell_failure(&item->error);
		else if (item->state == RECOVERY_GONE || item->state == RECOVERY_REPLACED)
			message_warning("%s: the device was removed meanwhile",
					item->entry.address);
		told |= item->error.code != NULL;
	}
	if (r < 0 && !told && streq(err.code, "journal-gone"))
		message_error(&err);
	else if (r < 0 && !told)
		tell_failure(&err);
	return r;
}

/* --- all ---------------------------------------------------------------------------------- */

/* A request to end is one to this process, too; other signals are the program's own misfortune. */
static bool ends_both(int number)
{
	return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

static enum status status_of(int status)
{
	if (!WIFSIGNALED(status))
		return (enum status)WEXITSTATUS(status);
	if (ends_both(WTERMSIG(status)))
		child_die_too(WTERMSIG(status));
	return (enum status)(128 + WTERMSIG(status));
}

static void tell_end(const struct program *program, int status)
{
	char end[64];

	program_describe_end(end, sizeof(end), status);
	message_note("%s %s", program->name, end);
}

static enum status run_session(struct program *program, const struct change_request *request,
			       struct error *err)
{
	scoped_change struct change session = {0};
	struct columns steps;
	int r, status = 0;

	if (session_begin(&session, request, err) < 0) {
		change_print_failure(&session, program->opts, err);
		err->code = NULL; /* told */
		return STATUS_WRAPPER;
	}
	if (request->dry_run && columns_parse(&steps, &step_record, NULL, err) == 0) {
		change_print_success(&session, program->opts, CHANGE_BIND, NULL, &steps);
		return fflush(stdout) == 0 ? STATUS_OK : STATUS_WRAPPER; /* main() tells */
	}
	change_tell_warnings(&session);
	r = use_devices(program, &session, &status, err);
	program_close(program);
	/* What came too late for the program shall not hurry the way back. */
	while (interrupts_take())
		;
	if (give_back(&session, request) < 0) {
		if (r == 0)
			tell_end(program, status);
		return STATUS_WRAPPER;
	}
	return r < 0 ? command_failure(&cmd_run, err) : status_of(status);
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_program struct program program = {.opts = opts};
	struct change_request request;
	struct access access;

	if (program_find(&program, err) < 0 || program_check_ways(opts, err) < 0 ||
	    selection_read(&program.selection, opts, RESOLVE_TO_CHANGE, err) < 0 ||
	    change_read_request(&request, &access, opts, CHANGE_BIND, &program.selection, err) < 0)
		return command_failure(&cmd_run, err);
	return run_session(&program, &request, err);
}

static const struct option_spec options[] = {
	OPTION("pass-fd", 0, OPTION_FLAG, NULL,
	       "let COMMAND inherit the cdevs and an iommufd, opened", pass_fd),
	OPTION("driver", 0, OPTION_STRING, "NAME",
	       "VFIO driver to bind; auto: the most specific one there is", driver,
	       .word = driver_word),
	ACCESS_OPTIONS,
	OPTION("dry-run", 0, OPTION_FLAG, NULL, "print the steps of the bind and run nothing",
	       dry_run),
	OPTION("group", 0, OPTION_FLAG, NULL, "take the other members of the IOMMU group along",
	       take_group),
	OPTION("force", 0, OPTION_STRING, "REASON[,...]",
	       "override exactly these refusals, on both ways", force, .word = force_word),
	CHANGE_WAIT_OPTIONS,
	{0},
};

const struct command cmd_run = {
	.name = "run",
	.synopsis = "DEVICE... -- COMMAND [ARG...]",
	.summary = "bind devices, run a command with them, and give them back",
	.details =
		"All devices are bound, or none, as by bind. When COMMAND has ended, however that "
		"was, each goes back to what it had before; one that VFIO had already stays there. "
		"COMMAND has the terminal, the streams and the rights of vfioctl, also with "
		"--owner, which is about the nodes; signals are passed on to it. Variables tell it "
		"where the devices are.\n"
		"\n"
		"The exit status is that of COMMAND, 128+N when signal N ended it; 125 when "
		"vfioctl "
		"failed, 126 when COMMAND cannot be executed, 127 when there is none.",
	.options = options,
	.variables = variables,
	.wraps = true,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
