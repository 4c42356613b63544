/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verbs that change devices have in common: running the change, and telling what became of
 * each device.
 */
#pragma once

#include "change/change.h"
#include "change/reset.h"
#include "cli/command.h"
#include "cli/select.h"

/* Options of the verbs that change devices. */
#define CHANGE_OPTIONS                                                                             \
	CHANGE_DRY_RUN_OPTIONS,                                                                    \
		OPTION("group", 0, OPTION_FLAG, NULL,                                              \
		       "take the other members of the IOMMU group along", take_group),             \
		CHANGE_FORCE_OPTION,                                                               \
		OPTION("keep-going", 0, OPTION_FLAG, NULL,                                         \
		       "a device that fails keeps no other from being changed", keep_going),       \
		CHANGE_WAIT_OPTIONS

#define CHANGE_DRY_RUN_OPTIONS                                                                     \
	OPTION("dry-run", 0, OPTION_FLAG, NULL, "print the steps and do nothing", dry_run),        \
		OPTION("detailed-exitcode", 0, OPTION_FLAG, NULL,                                  \
		       "with --dry-run, exit with 10 when something would change",                 \
		       detailed_exitcode)

#define CHANGE_FORCE_OPTION                                                                        \
	OPTION("force", 0, OPTION_STRING, "REASON[,...]", "override exactly these refusals",       \
	       force, .word = force_word)

/* The words of --force, and those that bind's --driver knows besides the drivers there are. */
const char *force_word(size_t i);
const char *driver_word(size_t i);

/* How long, and how many at once. */
#define CHANGE_WAIT_OPTIONS                                                                        \
	OPTION("timeout", 0, OPTION_NUMBER, "SECONDS", "give up a step that takes longer (130)",   \
	       timeout_s),                                                                         \
		OPTION("jobs", 0, OPTION_NUMBER, "N", "devices that move at once (8)", jobs)

/* Options of those that hand devices to user space. */
#define ACCESS_OPTIONS                                                                             \
	OPTION("owner", 0, OPTION_STRING, "USER[:GROUP]",                                          \
	       "give the nodes to a user, who needs no other right to open them", owner),          \
		OPTION("node-mode", 0, OPTION_STRING, "MODE",                                      \
		       "with --owner, mode of the nodes (0600; 0660 with a group)", node_mode)

/* struct change_result (change/change.h) */
extern const struct record_type change_result_record;

/* The same, as the verb sriov shows it. */
extern const struct record_type sriov_result_record;

/* struct step (change/plan.h) */
extern const struct record_type step_record;

/* What a step writes, for people. */
const char *change_visible_value(const struct step *step);

/* Fields of a document about a struct change. */
struct value change_is_changed(const void *change);
struct value change_result_item(const void *change, size_t i);
struct value change_step_item(const void *change, size_t i);

#define CHANGE_DOCUMENT_FIELDS                                                                     \
	ROW(BOOL, "changed", "CHANGED", change_is_changed,                                         \
	    "something was changed, or would be with --dry-run"),                                  \
		ROW_RECORDS("results", "RESULTS", change_result_item, &change_result_record,       \
			    "what became of each device"),                                         \
		ROW_RECORDS("steps", "STEPS", change_step_item, &step_record,                      \
			    "the steps taken, or planned with --dry-run, in order")

/* vfioctl.error/1: a struct error_report. */
struct error_report {
	const struct error *err;
	const struct change *change; /* NULL: the error is of no change */
	const struct reset *reset;   /* NULL: nor of a reset */
};
extern const struct record_type error_record, error_document;

/* Runs the request that opts describe and prints its outcome as document or text. */
enum status change_command(const struct options *opts, enum change_kind kind,
			   const struct record_type *document, struct error *err);

/*
 * The parts of it. selection and access must outlive the request. print_success() prints the steps
 * in a dry run: columns are those of step_record then.
 */
int change_read_request(struct change_request *ret, struct access *access,
			const struct options *opts, enum change_kind kind,
			const struct selection *selection, struct error *err);
void change_print_success(const struct change *change, const struct options *opts,
			  enum change_kind kind, const struct record_type *document,
			  const struct columns *columns);
/* Says what a person would do next. */
void change_suggest(const struct change *change, const struct options *opts, enum change_kind kind);
void change_print_failure(const struct change *change, const struct options *opts,
			  const struct error *err);

/* That refusals were overridden: REASON_BIT(); nothing of none. */
void change_tell_overridden(const char *address, unsigned int overridden);

/* Of what was overridden, and of others who manage the devices. */
void change_tell_warnings(const struct change *change);

/* Tells of a step done, with -v. */
void change_tell_step(const struct step *step);

/* On a terminal, what a change waits for; a callback of change_run() and recover_run(). */
void change_tell_wait(const struct step *step, int64_t waited_ms);

/* Sets timeout and jobs from the options. 0, or -1 with STATUS_USAGE. */
int change_read_limits(const struct options *opts, int64_t *ret_timeout_ms, size_t *ret_jobs,
		       struct error *err);
