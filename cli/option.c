/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/option.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "cli/render.h"

const struct option_spec common_options[] = {
	OPTION_OF(VERB_PRINTS, "it prints no JSON", "json", 'J', OPTION_FLAG, NULL,
		  "print one JSON document", json),
	OPTION_OF(VERB_COLUMNS, "it has no columns to choose from", "output", 'o', OPTION_STRING,
		  "LIST", "columns to print; +LIST adds to the default", output),
	OPTION_OF(VERB_PRINTS, "it prints no table", "noheadings", 'n', OPTION_FLAG, NULL,
		  "print no headings", noheadings),
	OPTION_OF(VERB_PRINTS, "it prints no table", "raw", 'r', OPTION_FLAG, NULL,
		  "print columns separated by one blank", raw),
	OPTION_OF(VERB_PRINTS, "it prints no table", "color", 0, OPTION_STRING, "WHEN",
		  "use colour: auto, always or never", color, .word = color_word),
	OPTION_OF(VERB_TELLS, "it prints what was asked for and no more", "quiet", 'q', OPTION_FLAG,
		  NULL, "print errors only", quiet),
	OPTION_OF(VERB_TELLS, "it has no more to tell", "verbose", 'v', OPTION_COUNT, NULL,
		  "name each file that is written", verbose),
	OPTION_OF(VERB_LOOKS, "a captured tree can only be looked at", "sysroot", 0, OPTION_STRING,
		  "DIR", "look at a captured tree instead of this machine", sysroot),
	OPTION("help", 'h', OPTION_FLAG, NULL, "print this help", help),
	OPTION("version", 'V', OPTION_FLAG, NULL, "print the version", version),
	{0},
};

enum { MAX_OPTIONS = 64, LONG_BASE = 256 };

/* Both tables as one array of pointers, and as getopt_long(3) wants them. */
struct parser {
	unsigned int verb; /* VERB_* */
	const struct option_spec *specs[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 1];
	char shorts[2 * MAX_OPTIONS + 2];
	const char *words[MAX_OPTIONS + 1]; /* those that the verb takes */
	int count, n_words;
};

bool option_is_replaced(const struct option_spec *common, const struct option_spec *own)
{
	for (; own && own->name; own++)
		if (own != common && streq(own->name, common->name))
			return true;
	return false;
}

static bool has_spec(const struct parser *parser, const char *name)
{
	for (int i = 0; i < parser->count; i++)
		if (streq(parser->specs[i]->name, name))
			return true;
	return false;
}

/* A verb's own row stands for the common one of that name. */
static void add_specs(struct parser *parser, const struct option_spec *specs)
{
	size_t used = strlen(parser->shorts);

	for (; specs && specs->name && parser->count < MAX_OPTIONS; specs++) {
		bool argument = specs->type == OPTION_STRING || specs->type == OPTION_NUMBER;
		int n = parser->count;

		if (has_spec(parser, specs->name))
			continue;
		parser->count++;
		parser->specs[n] = specs;
		if (option_is_taken(specs, parser->verb))
			parser->words[parser->n_words++] = specs->name;
		parser->longs[n] = (struct option){
			.name = specs->name,
			.has_arg = argument ? required_argument : no_argument,
			.val = LONG_BASE + n,
		};
		if (specs->letter)
			parser->shorts[used++] = specs->letter;
		if (specs->letter && argument)
			parser->shorts[used++] = ':';
	}
}

static const struct option_spec *find_spec(const struct parser *parser, int c)
{
	if (c >= LONG_BASE)
		return parser->specs[c - LONG_BASE];
	for (int i = 0; i < parser->count; i++)
		if (parser->specs[i]->letter == c)
			return parser->specs[i];
	return NULL;
}

static int store_number(int64_t *member, const struct option_spec *spec, const char *text,
			struct error *err)
{
	uint64_t number;

	if (parse_number(text, 10, INT32_MAX, &number) < 0)
		return error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
				 "--%s wants a whole number, not '%s'", spec->name, text);
	*member = (int64_t)number;
	return 0;
}

static int store(struct options *opts, const struct option_spec *spec, char *argument,
		 struct error *err)
{
	char *member = (char *)opts + spec->offset;

	switch (spec->type) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_COUNT:
		++*(int *)(void *)member;
		return 0;
	case OPTION_STRING:
		*(const char **)(void *)member = argument;
		return 0;
	case OPTION_NUMBER:
		return store_number((int64_t *)(void *)member, spec, argument, err);
	}
	return 0;
}

/* What people write for an option here. */
static const struct {
	const char *word, *option;
} synonyms[] = {
	{"user", "owner"},
	{"uid", "owner"},
	{"chown", "owner"},
	{"mode", "node-mode"},
	{"chmod", "node-mode"},
	{"simulate", "dry-run"},
	{"check", "dry-run"},
	{"no-act", "dry-run"},
	{"format", "json"},
	{"colour", "color"},
	{"columns", "output"},
	{"fields", "output"},
	{"no-headings", "noheadings"},
};

/* The option that was meant by word[n], or NULL. */
static const char *meant(const struct parser *parser, const char *word, size_t n)
{
	char own[32];

	for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++)
		for (int k = 0; k < parser->n_words; k++)
			if (strlen(synonyms[i].word) == n &&
			    strncmp(synonyms[i].word, word, n) == 0 &&
			    streq(parser->words[k], synonyms[i].option))
				return synonyms[i].option;
	snprintf(own, sizeof(own), "%.*s", (int)n, word);
	return nearest_word(own, parser->words);
}

/* "--jsn" or "--jobs" without its number. */
static int complain(const struct parser *parser, char **argv, int c, struct error *err)
{
	const char *word = argv[optind - 1], *near;

	if (c == ':') {
		error_set(err, STATUS_USAGE, 0, "bad-option", NULL, "%s wants an argument", word);
		return -1;
	}
	if (!startswith(word, "--")) {
		error_set(err, STATUS_USAGE, 0, "unknown-option", NULL, "there is no option -%c",
			  optopt);
		return error_remedy(err, "--help lists the options.");
	}
	if (optopt >= LONG_BASE)
		return error_set(err, STATUS_USAGE, 0, "bad-option", NULL, "%s takes no argument",
				 word);
	error_set(err, STATUS_USAGE, 0, "unknown-option", NULL, "there is no option %.*s",
		  (int)strcspn(word, "="), word);
	near = meant(parser, word + 2, strcspn(word + 2, "="));
	if (near)
		return error_remedy(err, "Did you mean --%s?", near);
	return error_remedy(err, "--help lists the options.");
}

/* An option that other verbs have. */
static int refuse(const struct option_spec *spec, const char *verb, struct error *err)
{
	return error_set(err, STATUS_USAGE, 0, "bad-option", NULL, "--%s is not for %s: %s",
			 spec->name, verb, spec->refusal);
}

int options_parse(struct options *ret, int argc, char **argv, const struct option_spec *own,
		  unsigned int verb, struct error *err)
{
	struct parser parser = {.verb = verb, .shorts = ":"};
	struct options opts = *ret;
	int c;

	add_specs(&parser, own);
	add_specs(&parser, common_options);
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, parser.shorts, parser.longs, NULL)) != -1) {
		const struct option_spec *spec = find_spec(&parser, c);

		if (!spec)
			return complain(&parser, argv, c, err);
		if (!option_is_taken(spec, verb))
			return refuse(spec, argv[0], err);
		if (store(&opts, spec, optarg, err) < 0)
			return -1;
	}
	opts.args = argv + optind;
	opts.n_args = argc - optind;
	*ret = opts;
	return 0;
}

int options_split(struct options *ret, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!streq(argv[i], "--"))
			continue;
		ret->program = argv + i + 1;
		return i;
	}
	ret->program = NULL;
	return argc;
}
