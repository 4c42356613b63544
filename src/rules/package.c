/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/package.h"

#include <errno.h>
#include <stdio.h>

#include "base/path.h"

/* Databases that are text: paragraphs of lines, one of which names the package. */
static const struct database {
	const char *file, *name, *version;
	const char *installed; /* a line that a package which is installed has; NULL: all are */
} databases[] = {
	{"/var/lib/dpkg/status", "Package: ", "Version: ", "\nStatus: install ok installed"},
	{"/lib/apk/db/installed", "P:", "V:", NULL},
};

/* A copy of the rest of the line of the paragraph that begins so; NULL when there is none. */
static char *line_of(const char *paragraph, const char *end, const char *key)
{
	for (const char *line = paragraph; line < end; line = strchr(line, '\n')) {
		const char *rest;

		line += *line == '\n';
		rest = startswith(line, key);
		if (rest && line < end)
			return strndup(rest, strcspn(rest, "\n"));
		if (!strchr(line, '\n'))
			break;
	}
	return NULL;
}

static bool is_installed(const struct database *database, const char *paragraph, const char *end)
{
	const char *found =
		database->installed ? strstr(paragraph, database->installed) : paragraph;

	return found && found < end;
}

/* "1:10.0.2+ds-2": behind the epoch. */
static void parse_version(struct package *package)
{
	const char *colon = strchr(package->version, ':');

	if (sscanf(colon ? colon + 1 : package->version, "%u.%u", &package->major,
		   &package->minor) < 1)
		package->major = 0;
}

static bool take(struct package *ret, struct arena *arena, const struct database *database,
		 const char *paragraph, const char *end, const char *wanted)
{
	scoped_free char *name = line_of(paragraph, end, database->name);
	scoped_free char *version = line_of(paragraph, end, database->version);

	if (!name || !version || !streq(name, wanted) || !is_installed(database, paragraph, end))
		return false;
	*ret = (struct package){
		.name = arena_strdup(arena, name),
		.version = arena_strdup(arena, version),
		.file = database->file,
	};
	if (!ret->name || !ret->version)
		return false;
	parse_version(ret);
	return true;
}

static bool find(struct package *ret, struct arena *arena, const struct database *database,
		 const char *text, const char *name)
{
	for (const char *at = text; at && *at;) {
		const char *end = strstr(at, "\n\n");

		if (take(ret, arena, database, at, end ? end : at + strlen(at), name))
			return true;
		at = end ? end + 2 : NULL;
	}
	return false;
}

int package_find(struct package *ret, struct arena *arena, const char *const *names)
{
	int result = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(databases); i++) {
		scoped_free char *text = NULL;

		if (path_read_all(&text, 64 << 20, "%s", databases[i].file) < 0)
			continue;
		result = 0;
		for (size_t k = 0; names[k]; k++)
			if (find(ret, arena, &databases[i], text, names[k]))
				return 1;
	}
	return result;
}

bool package_is_older(const struct package *package, unsigned int major, unsigned int minor)
{
	return package->major < major || (package->major == major && package->minor < minor);
}
