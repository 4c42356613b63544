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

struct option_spec {
	const char *name; /* long name; NULL ends a table */
	char letter;      /* short name, or 0 */
	enum option_type type;
	const char *argument; /* name of the argument in --help; NULL for flags */
	const char *help;     /* one line, no full stop */
	size_t offset;        /* of the member of struct options */
};

/* Where the values land. A verb reads the ones that its table, or the common one, declares. */
struct options {
	/* Common to all verbs. */
	bool help, version, json, noheadings, raw, quiet;
	int verbose;
	const char *output, *sort, *sysroot, *color;
	/* Choice of devices. */
	bool vfio_only;
	const char *with_driver, *with_class, *with_id, *with_group;
	/* Changing verbs. */
	bool dry_run, detailed_exitcode, take_group;
	const char *driver, *force;
	int64_t timeout_s;
	/* test */
	bool conformance, list_cases, tap, destructive, lab, contradict;
	const char *case_glob;
	/* help */
	const char *schema;
	bool words;
	/* Operands. */
	char **args;
	int n_args;
};

/* The versions of clang-format differ on a macro that is a list in braces. */
/* clang-format off */
/* Row for an option stored in member m of struct options. */
#define OPTION(long_name, short_letter, kind, arg, text, m)                                        \
	{                                                                                          \
		.name = (long_name), .letter = (short_letter), .type = (kind), .argument = (arg),  \
		.help = (text), .offset = offsetof(struct options, m)                              \
	}
/* clang-format on */

/* The options that every verb takes. */
extern const struct option_spec common_options[];

/*
 * Parses argv[1..] by the common options and own (may be NULL). Options may stand between operands;
 * "--" ends them. 0, or -1 with a STATUS_USAGE error that suggests the nearest option.
 * The operands in ret point into argv.
 */
int options_parse(struct options *ret, int argc, char **argv, const struct option_spec *own,
		  struct error *err);

/*
 * The word of a NULL-ended list that is nearest to a mistyped one, or NULL when none is near.
 */
const char *nearest_word(const char *word, const char *const *words);
