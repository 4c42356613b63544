/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/config_file.h"

#include <stdio.h>

#include "base/path.h"

enum { MAX_FILE = 1 << 20 };

struct name {
	const char *directory;
	char *name;
};

struct names {
	struct name *list;
	size_t count;
};

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && streq(s + n - m, suffix);
}

static bool has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (streq(names->list[i].name, name))
			return true;
	return false;
}

static void add(struct names *names, const char *directory, const char *name)
{
	struct name *list = reallocarray(names->list, names->count + 1, sizeof(*names->list));

	if (!list)
		return;
	names->list = list;
	list[names->count] = (struct name){.directory = directory, .name = strdup(name)};
	names->count += list[names->count].name != NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->name, ((const struct name *)b)->name);
}

static void find_files(struct names *names, const struct config_source *source)
{
	for (size_t i = 0; source->directories[i]; i++) {
		scoped_dir DIR *dir = path_opendir("%s", source->directories[i]);
		const char *name;

		while (dir && (name = path_next(dir)))
			if (ends_with(name, source->suffix) && !has(names, name))
				add(names, source->directories[i], name);
	}
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), compare);
}

static bool is_interesting(const char *text, const char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		if (strstr(text, words[i]))
			return true;
	return !words;
}

size_t config_line_size(const char *text)
{
	size_t n = 0;

	for (;;) {
		n += strcspn(text + n, "\n");
		if (!text[n])
			return n;
		n++;
		if (n < 2 || text[n - 2] != '\\' || !text[n])
			return n;
	}
}

/* Takes one line off *text, the lines that it goes on in included. */
static char *take_line(char **text, int64_t *number)
{
	char *line = *text, *out = line, *end = line + config_line_size(line);

	if (line == end)
		return NULL;
	*text = end;
	for (char *at = line; at < end; at++) {
		if (*at != '\n') {
			*out++ = *at;
			continue;
		}
		(*number)++;
		if (at + 1 < end)
			out--;
	}
	*number += end[-1] != '\n';
	*out = '\0';
	return line;
}

struct reading {
	const struct config_source *source;
	void *arg;
};

static void read_file(void *arg, const char *directory, const char *name)
{
	const struct reading *reading = arg;
	const struct config_source *source = reading->source;
	scoped_free char *text = NULL, *file = NULL;
	int64_t number = 0, first = 1;
	char *rest, *line;

	if (path_read_all(&text, MAX_FILE, "%s/%s", directory, name) < 0 ||
	    !is_interesting(text, source->words) || asprintf(&file, "%s/%s", directory, name) < 0)
		return;
	for (rest = text; (line = take_line(&rest, &number)); first = number + 1) {
		line += strspn(line, " \t");
		if (*line && *line != '#')
			source->on_line(reading->arg, file, first, line);
	}
}

void config_files(const struct config_source *source, config_file_fn *fn, void *arg)
{
	struct names names = {0};

	find_files(&names, source);
	for (size_t i = 0; i < names.count; i++) {
		fn(arg, names.list[i].directory, names.list[i].name);
		free(names.list[i].name);
	}
	free(names.list);
}

void config_read(const struct config_source *source, void *arg)
{
	struct reading reading = {.source = source, .arg = arg};

	config_files(source, read_file, &reading);
}
