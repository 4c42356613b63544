/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: each declared once, with its type and help, and stored by the table into one struct.
 */
#pragma once

#include "base/error.h"

enum option_type {
	OPTION_FLAG,   /* bool */
	OPTION_COUNT,  /* int, grows with each use */
	OPTION_STRING, /* const char * */
	OPTION_NUMBER, /* int64_t, not negative */
};

/* What a verb is, as far as the common options depend on it (cli/command.h). */
enum {
	VERB_PRINTS = 1 << 0,  /* records, as a document or as tables */
	VERB_COLUMNS = 1 << 1, /* tables with columns to choose from */
	VERB_LOOKS = 1 << 2,   /* no more: a captured tree will do */
	VERB_TELLS = 1 << 3,   /* what it does and what to do next, on standard error */
	VERB_ANY = VERB_PRINTS | VERB_COLUMNS | VERB_LOOKS | VERB_TELLS,
};

struct option_spec {
	const char *name; /* long name; NULL ends a table */
	char letter;      /* short name, or 0 */
	enum option_type type;
	const char *argument; /* name of the argument in --help; NULL for flags */
	const char *help;     /* one line, no full stop */
	size_t offset;        /* of the member of struct options */
	unsigned int verbs;   /* VERB_*: all that a verb must be to take it; 0: every verb does */
	const char *refusal;  /* why another verb does not: "it prints no JSON" */
	/*
	 * The i-th word that it takes, or NULL behind the last, for completion. An option without
	 * takes what argument says: "LIST" and "COLUMN" columns, "DIR", "FILE" and "USER" those,
	 * and any other what nobody can guess. "[,...]" in it: several between commas.
	 */
	const char *(*word)(size_t i);
	const char *live; /* the column of list that has what it takes, too, on this machine */
};

/* Where the values land. A verb reads the ones that its table, or the common one, declares. */
struct options {
	/* Common to all verbs. */
	bool help, version, json, noheadings, raw, quiet;
	int verbose;
	const char *output, *color, *sysroot;
	/* Choice of devices. */
	bool vfio_only, tree;
	const char *sort;
	const char *with_driver, *with_class, *with_id, *with_group;
	/* Changing verbs. */
	bool dry_run, detailed_exitcode, take_group, keep_going;
	const char *driver, *force, *owner, *node_mode;
	int64_t timeout_s, jobs;
	int64_t vfs; /* sriov: its operand COUNT */
	/* run */
	bool pass_fd;
	char **program; /* NULL-ended; NULL: no "--" on the command line */
	/* reset */
	const char *scope, *method;
	/* show */
	bool probe;
	const char *user;
	/* test */
	bool conformance, list_cases, tap, destructive, lab, contradict;
	const char *case_glob;
	/* topology; its --output is a file */
	const char *format, *file;
	/* doctor; user, too */
	const char *purpose, *fail_on, *rule_glob, *ignore;
	bool list_rules;
	/* snapshot */
	bool keep_identifiers;
	/* help */
	const char *schema;
	bool words;
	/* Operands. */
	char **args;
	int n_args;
};

/* The versions of clang-format differ on a macro that is a list in braces. */
/* clang-format off */
/*
 * Row for an option stored in member m of struct options; taken by verbs that are all of which.
 * Behind it, by name, what only some have: .word, .live.
 */
#define OPTION_OF(which, why_not, long_name, short_letter, kind, arg, text, m, ...)                \
	{                                                                                          \
		.name = (long_name), .letter = (short_letter), .type = (kind), .argument = (arg),  \
		.help = (text), .offset = offsetof(struct options, m), .verbs = (which),           \
		.refusal = (why_not), __VA_ARGS__                                                  \
	}
/* clang-format on */

/* A row of a verb's own table. */
#define OPTION(long_name, short_letter, kind, arg, text, m, ...)                                   \
	OPTION_OF(0, NULL, long_name, short_letter, kind, arg, text, m, __VA_ARGS__)

/* The options that verbs have in common, each as far as it makes sense for the verb. */
extern const struct option_spec common_options[];

/* True when a verb that is verb (a set of VERB_*) takes the option. */
static inline bool option_is_taken(const struct option_spec *spec, unsigned int verb)
{
	return (spec->verbs & ~verb) == 0;
}

/* True when a verb has a row of that name in its own table, which stands for the common one. */
bool option_is_replaced(const struct option_spec *common, const struct option_spec *own);

/*
 * Parses argv[1..] by own (may be NULL) and the common options, of which verb takes those that
 * option_is_taken() says; argv[0] is its name. Options may stand between operands; "--" ends them.
 * 0, or -1 with a STATUS_USAGE error that says why the verb refuses an option, or suggests the
 * nearest one that it takes. The operands in ret point into argv.
 */
int options_parse(struct options *ret, int argc, char **argv, const struct option_spec *own,
		  unsigned int verb, struct error *err);

/*
 * For a verb behind whose "--" stands a program to run: sets ret->program, and returns how many
 * words of argv are before it, for options_parse().
 */
int options_split(struct options *ret, int argc, char **argv);

/*
 * nearest.c: the word of a NULL-ended list that is nearest to a mistyped one, or NULL when none is
 * near.
 */
const char *nearest_word(const char *word, const char *const *words);
