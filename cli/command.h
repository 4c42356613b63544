/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A verb of the program. Each cmd_<verb>.c ends with one const struct command; main.c lists them.
 * Help, the manual check and the completion come from these tables.
 */
#pragma once

#include "base/error.h"
#include "cli/environment.h"
#include "cli/field.h"
#include "cli/option.h"
#include "cli/render.h"

struct command {
	const char *name;
	const char *synopsis;                /* what follows the name: "[DEVICE...]" */
	const char *summary;                 /* one line, no full stop */
	const char *details;                 /* further paragraphs for --help; may be NULL */
	const struct option_spec *options;   /* own ones; may be NULL */
	const struct record_type *columns;   /* whose fields -o chooses from; NULL: no -o */
	const struct record_type *document;  /* what --json prints; named like the verb */
	const struct record_type *catalogue; /* what --list prints as JSON; may be NULL */
	const struct variable *variables;    /* what a program that it runs is told; may be NULL */
	bool read_only;                      /* only looks: takes --sysroot */
	bool wraps;                          /* runs the program behind "--" in its own place */
	int min_args, max_args;              /* operands; max -1: any number */
	/*
	 * Runs the verb and prints its document or table on stdout. Returns the exit status; when
	 * it fills err (err->code set) main() prints that, as a message or as the JSON document:
	 * then the verb has printed nothing on stdout.
	 */
	enum status (*run)(const struct options *opts, struct error *err);
};

/* What the verb is for the common options: a set of VERB_* (cli/option.h). */
static inline unsigned int command_traits(const struct command *command)
{
	return (command->document ? (unsigned int)VERB_PRINTS : 0) |
	       (command->document || command->wraps ? (unsigned int)VERB_TELLS : 0) |
	       (command->columns ? (unsigned int)VERB_COLUMNS : 0) |
	       (command->read_only ? (unsigned int)VERB_LOOKS : 0);
}

/* Its exit status for an error: a wrapper's own must not look like those of its program. */
static inline enum status command_failure(const struct command *command, const struct error *err)
{
	return command->wraps && err->status < STATUS_WRAPPER ? STATUS_WRAPPER : err->status;
}

/* Messages for people, on stderr (message.c); silent with --json where a document says the same. */
void message_setup(const struct options *opts);
void message_error(const struct error *err);
void message_warning(const char *fmt, ...) PRINTF(1, 2);
/* What happened or what to do next: not with --quiet. */
void message_note(const char *fmt, ...) PRINTF(1, 2);
/*
 * A line on a terminal that tells how far it is, written over the one before; NULL takes it away.
 * Nothing where there is no terminal, nor with --quiet.
 */
void message_progress(const char *fmt, ...) PRINTF(1, 2);
/* Only with -v. */
void message_verbose(const char *fmt, ...) PRINTF(1, 2);
