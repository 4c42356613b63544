/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/modprobe.h"

#include <stdio.h>

#include "base/path.h"
#include "host/config_file.h"
#include "host/module.h"

const char *const modprobe_directories[] = {"/etc/modprobe.d",           "/run/modprobe.d",
					    "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
					    "/lib/modprobe.d",           NULL};

struct reading {
	modprobe_fn *fn;
	void *arg;
};

static void tell(const struct reading *reading, struct modprobe_line line)
{
	char module[128];

	module_normalise(module, sizeof(module), line.module);
	line.module = module;
	reading->fn(reading->arg, &line);
}

char *modprobe_word(char **rest)
{
	char *start = *rest + strspn(*rest, " \t\n"), *out = start, *c;
	bool quoted = false;

	for (c = start; *c && (quoted || !strchr(" \t\n", *c)); c++) {
		if (*c == '"')
			quoted = !quoted;
		else
			*out++ = *c;
	}
	*rest = *c ? c + 1 : c;
	*out = '\0';
	return *start || c > start ? start : NULL;
}

/* --- the files ---------------------------------------------------------------------------- */

static void on_line(void *arg, const char *file, int64_t number, char *text)
{
	const char *command = modprobe_word(&text), *module = modprobe_word(&text);

	if (command && module)
		tell(arg, (struct modprobe_line){.file = file,
						 .number = number,
						 .command = command,
						 .module = module,
						 .rest = text + strspn(text, " \t")});
}

void modprobe_read_files(modprobe_fn *fn, void *arg)
{
	static const struct config_source config = {
		.directories = modprobe_directories, .suffix = ".conf", .on_line = on_line};
	struct reading reading = {.fn = fn, .arg = arg};

	config_read(&config, &reading);
}

/* --- the command line --------------------------------------------------------------------- */

static void tell_blacklist(const struct reading *reading, struct modprobe_line line, char *list)
{
	line.command = "blacklist";
	while ((line.module = strsep(&list, ",")))
		tell(reading, line);
}

static void on_word(const struct reading *reading, char *word)
{
	struct modprobe_line line = {.file = "/proc/cmdline", .number = -1, .rest = ""};
	char *end = word + strcspn(word, ".=");

	if (startswith(word, "modprobe.blacklist=") || startswith(word, "module_blacklist=")) {
		tell_blacklist(reading, line, strchr(word, '=') + 1);
	} else if (*end == '.' && strchr(end, '=')) {
		*end = '\0';
		line.command = "options";
		line.module = word;
		line.rest = end + 1;
		tell(reading, line);
	}
}

int modprobe_read_command_line(modprobe_fn *fn, void *arg)
{
	const struct reading reading = {.fn = fn, .arg = arg};
	scoped_free char *text = NULL;
	char *rest, *word;
	int r = path_read_all(&text, 1 << 16, "/proc/cmdline");

	if (r < 0)
		return r;
	for (rest = text; (word = modprobe_word(&rest));)
		on_word(&reading, word);
	return 0;
}

/* --- what they say ------------------------------------------------------------------------ */

struct question {
	const char *module;
	bool yes;
};

static void look_for_blacklist(void *arg, const struct modprobe_line *line)
{
	struct question *question = arg;

	question->yes |= streq(line->command, "blacklist") && streq(line->module, question->module);
}

bool modprobe_blacklists(const char *module)
{
	struct question question = {.module = module};

	modprobe_read_files(look_for_blacklist, &question);
	modprobe_read_command_line(look_for_blacklist, &question);
	return question.yes;
}
