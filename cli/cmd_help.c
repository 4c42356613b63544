/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Help is printed from the tables that the program runs on, so it cannot lie.
 */
#include "cli/change_output.h"
#include "cli/commands.h"
#include "cli/fill.h"

/* One line of a list: a word, and behind it what it means. */
static void print_item(FILE *out, const char *word, const char *help)
{
	enum { START = 2, TEXT = 26 };

	fprintf(out, "%*s%-*s", START, "", TEXT - START, word);
	if ((int)strlen(word) >= TEXT - START)
		fprintf(out, "\n%*s", TEXT, "");
	fill_print(out, help, TEXT, TEXT);
}

/* Those of the options that a verb with these traits takes; own: its own, which go first. */
static void print_options(FILE *out, const struct option_spec *specs, unsigned int verb,
			  const struct option_spec *own)
{
	for (; specs && specs->name; specs++) {
		char word[64] = "";

		if (!option_is_taken(specs, verb) || option_is_replaced(specs, own))
			continue;
		if (specs->letter)
			append(word, sizeof(word), "-%c, ", specs->letter);
		append(word, sizeof(word), "--%s", specs->name);
		if (specs->argument)
			append(word, sizeof(word), " %s", specs->argument);
		print_item(out, word, specs->help);
	}
}

static void print_columns(FILE *out, const struct record_type *type)
{
	fputs("\nColumns for --output (* shown by default):\n", out);
	for_each_field(field, type)
	{
		char word[64];

		if (field->type == FIELD_RECORD || field->type == FIELD_RECORDS)
			continue;
		snprintf(word, sizeof(word), "%s%s", field->key,
			 field->flags & FIELD_DEFAULT ? " *" : "");
		print_item(out, word, field->help);
	}
}

static void print_variables(const struct variable *variable)
{
	fputs("\nVariables of COMMAND (* also with _0, _1 ... for each device; unset where there\n"
	      "is nothing to tell):\n",
	      stdout);
	for (; variable->name; variable++) {
		char word[64];

		snprintf(word, sizeof(word), "%s%s", variable->name, variable->each ? " *" : "");
		print_item(stdout, word, variable->help);
	}
}

void help_print_command(const struct command *command)
{
	printf("Usage: vfioctl %s [OPTION...]%s%s\n\n", command->name,
	       *command->synopsis ? " " : "", command->synopsis);
	fill_print(stdout, command->summary, 0, 0);
	if (command->details) {
		fputc('\n', stdout);
		fill_print(stdout, command->details, 0, 0);
	}
	fputs("\nOptions:\n", stdout);
	print_options(stdout, command->options, command_traits(command), NULL);
	print_options(stdout, common_options, command_traits(command), command->options);
	if (command->columns)
		print_columns(stdout, command->columns);
	if (command->variables)
		print_variables(command->variables);
	printf("\nMore in vfioctl-%s(8).\n", command->name);
}

static const struct {
	enum status status;
	const char *meaning;
} status_help[] = {
	{STATUS_OK, "done, or nothing to do"},
	{STATUS_FAILED, "failed; the state before is restored"},
	{STATUS_USAGE, "wrong use or configuration"},
	{STATUS_REFUSED, "refused by a safety check"},
	{STATUS_PERMISSION, "no permission"},
	{STATUS_BROKEN, "failed and NOT restored"},
	{STATUS_TIMEOUT, "timed out"},
	{STATUS_LOCKED, "another run is changing or testing devices"},
	{STATUS_NO_DEVICE, "no such device"},
	{STATUS_UNSUPPORTED, "not supported here; every check skipped"},
	{STATUS_WOULD_CHANGE, "would change something (--detailed-exitcode)"},
	{STATUS_WRAPPER, "run: failed; else its exit status is that of its command"},
	{STATUS_NOT_EXECUTED, "run: the command cannot be executed"},
	{STATUS_NO_PROGRAM, "run: there is no such command"},
};

void help_print_overview(FILE *out)
{
	fputs("Usage: vfioctl COMMAND [OPTION...] [DEVICE...]\n\n"
	      "Hands devices to virtual machines and user-space drivers through VFIO.\n\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; commands[i]; i++)
		print_item(out, commands[i]->name, commands[i]->summary);
	fputs("\nA DEVICE is a PCI address (0000:03:00.0 or 03:00.0), a path below /sys, a\n"
	      "network interface, a block device, a node below /dev, an mdev's UUID, or - for\n"
	      "standard input.\n"
	      "\nOptions that commands have in common:\n",
	      out);
	print_options(out, common_options, VERB_ANY, NULL);
	fputs("\nExit status:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(status_help); i++) {
		char number[8];

		snprintf(number, sizeof(number), "%d", (int)status_help[i].status);
		print_item(out, number, status_help[i].meaning);
	}
	fputs("\n`vfioctl help COMMAND` tells more; so does vfioctl(8).\n", out);
}

void help_print_version(void)
{
	puts("vfioctl " VERSION);
}

/* A command's two documents, of which it may have none, one or both. */
static const struct record_type *document_of(const struct command *command, size_t which)
{
	return which == 0 ? command->document : command->catalogue;
}

static const struct record_type *document_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		for (size_t k = 0; k < 2; k++) {
			const struct record_type *document = document_of(commands[i], k);

			if (document && streq(document->name, name))
				return document;
		}
	return streq(name, error_document.name) ? &error_document : NULL;
}

static const char *schema_word(size_t i)
{
	for (size_t n = 0; commands[n / 2]; n++) {
		const struct record_type *document = document_of(commands[n / 2], n % 2);

		if (document && i-- == 0)
			return document->name;
	}
	return i == 0 ? error_document.name : NULL;
}

static int unknown_schema(const char *name, struct error *err)
{
	char names[256] = "";

	for (size_t i = 0; schema_word(i); i++)
		append(names, sizeof(names), "%s%s", i ? ", " : "", schema_word(i));
	error_set(err, STATUS_USAGE, 0, "unknown-schema", NULL, "there is no document '%s'", name);
	return error_remedy(err, "Documents are: %s.", names);
}

static int print_schema(const char *name, struct error *err)
{
	const struct record_type *document = document_find(name);

	if (!document)
		return unknown_schema(name, err);
	json_print_schema(document);
	return 0;
}

static void print_option_words(const struct command *command, const struct option_spec *specs)
{
	for (; specs && specs->name; specs++) {
		if (!option_is_taken(specs, command_traits(command)) ||
		    option_is_replaced(specs, command->options))
			continue;
		printf("option %s --%s %s\n", command->name, specs->name,
		       specs->argument ? specs->argument : "-");
		for (size_t i = 0; specs->word && specs->word(i); i++)
			printf("word %s --%s %s\n", command->name, specs->name, specs->word(i));
		if (specs->live)
			printf("live %s --%s %s\n", command->name, specs->name, specs->live);
	}
}

/* What its operands are, up to "--": "DEVICE" of "[DEVICE...]", "DEVICE" and "COUNT". */
static void print_operand_words(const struct command *command)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *word = command->synopsis;
	size_t n;

	while (*word && !startswith(word, "--")) {
		n = strspn(word, capitals);
		if (n)
			printf("operand %s %.*s\n", command->name, (int)n, word);
		word += n ? n : 1;
	}
}

/* Words for the completion and lint: every command, then its operands, options and their words,
 * variables and columns. */
static void print_words(void)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];
		const struct option_spec *const tables[] = {command->options, common_options};

		printf("command %s %s\n", command->name, command->summary);
		print_operand_words(command);
		for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
			print_option_words(command, tables[t]);
		for (const struct variable *variable = command->variables;
		     variable && variable->name; variable++)
			printf("variable %s %s\n", command->name, variable->name);
		if (!command->columns)
			continue;
		for_each_field(field, command->columns) if (field->type != FIELD_RECORD &&
							    field->type != FIELD_RECORDS)
			printf("column %s %s\n", command->name, field->key);
	}
}

static enum status run(const struct options *opts, struct error *err)
{
	const struct command *command;

	if (opts->schema)
		return print_schema(opts->schema, err) < 0 ? err->status : STATUS_OK;
	if (opts->words) {
		print_words();
		return STATUS_OK;
	}
	if (opts->n_args == 0) {
		help_print_overview(stdout);
		return STATUS_OK;
	}
	command = command_find(opts->args[0]);
	if (!command) {
		command_unknown(opts->args[0], err);
		return err->status;
	}
	help_print_command(command);
	return STATUS_OK;
}

static const struct option_spec options[] = {
	OPTION("schema", 0, OPTION_STRING, "NAME",
	       "print the JSON Schema of a document: a command's name, or error", schema,
	       .word = schema_word),
	OPTION("words", 0, OPTION_FLAG, NULL,
	       "print all commands, options and columns, for completion scripts", words),
	{0},
};

const struct command cmd_help = {
	.name = "help",
	.synopsis = "[COMMAND]",
	.summary = "explain a command, or list them all",
	.options = options,
	.max_args = 1,
	.run = run,
};
