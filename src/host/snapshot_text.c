/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Some files say much more than what vfioctl looks for in them. Of these only that is kept. What is
 * told by the number of its line stays in that line.
 */
#include <fnmatch.h>
#include <stdio.h>

#include "host/snapshot_internal.h"

static bool has_any(const char *line, size_t size, const char *const *list)
{
	for (; *list; list++)
		if (memmem(line, size, *list, strlen(*list)))
			return true;
	return false;
}

static void put_line(FILE *out, const char *line, size_t size)
{
	fwrite(line, 1, size, out);
	fputc('\n', out);
}

/* --- one line ----------------------------------------------------------------------------- */

/* name:x:uid:gid: without who that is and where they live. */
static void put_account(FILE *out, const char *line, size_t size)
{
	const char *end = line;

	for (int colons = 0; end < line + size && colons < 4; end++)
		colons += *end == ':';
	fwrite(line, 1, (size_t)(end - line), out);
	fputs("::\n", out);
}

/* The mappings of device nodes and of VFIO devices. */
static void put_mapping(FILE *out, const char *line, size_t size)
{
	static const char *const wanted[] = {"/dev/", "[vfio-device]", NULL};
	static const char *const barren[] = {"/dev/zero", "/dev/shm/", NULL};

	if (has_any(line, size, wanted) && !has_any(line, size, barren))
		put_line(out, line, size);
}

/* Mounts of what has a device number: those of block devices, and what says one as its source. */
static void put_mount(FILE *out, const char *line, size_t size)
{
	static const char *const source[] = {" /dev/", NULL};
	unsigned int number;
	char head[64];

	snprintf(head, sizeof(head), "%.*s", (int)size, line);
	if (has_any(line, size, source) ||
	    (sscanf(head, "%*u %*u %u:%*u", &number) == 1 && number != 0))
		put_line(out, line, size);
}

static void put_package(FILE *out, const char *line, size_t size)
{
	static const char *const keys[] = {"Package: ", "Status: ", "Version: ", "P:", "V:"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (size > strlen(keys[i]) && startswith(line, keys[i]))
			put_line(out, line, size);
	if (size == 0)
		fputc('\n', out);
}

/* The name of a domain of libvirt, and what it takes of the host. */
static void put_domain(FILE *out, const char *line, size_t size)
{
	static const char *const tags[] = {
		"<domain",  "</domain>",           "<name>",           "<devices>",
		"hostdev",  "<interface",          "/interface",       "<source>",
		"</source", "<address type='pci'", "<address domain=", NULL};

	put_line(out, line, has_any(line, size, tags) ? size : 0);
}

/* --- which files -------------------------------------------------------------------------- */

static const struct {
	const char *glob;
	void (*line)(FILE *out, const char *line, size_t size);
	const char *const *words; /* without any of them nothing is kept; NULL: does not matter */
} filters[] = {
	{"/etc/passwd", put_account, NULL},
	{"/proc/*/maps", put_mapping, NULL},
	{"/proc/*/mountinfo", put_mount, NULL},
	{"/var/lib/dpkg/status", put_package, NULL},
	{"*/lib/apk/db/installed", put_package, NULL},
	{"*/libvirt/qemu/*.xml", put_domain, (const char *const[]){"managed=", NULL}},
	{"*/udev/rules.d/*", NULL, (const char *const[]){"driver_override", "new_id", NULL}},
};

static char *filtered(void (*put)(FILE *out, const char *line, size_t size), const char *text,
		      size_t *size)
{
	const char *end = text + *size;
	char *copy = NULL;
	FILE *out = open_memstream(&copy, size);

	while (out && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);

		put(out, text, n);
		text += n + 1;
	}
	if (out && fclose(out) == 0)
		return copy;
	free(copy);
	return NULL;
}

static char *duplicate(const char *text, size_t size)
{
	char *copy = calloc(1, size + 1);

	return copy ? memcpy(copy, text, size) : NULL;
}

char *snapshot_text(const char *path, const char *text, size_t *size)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		if (fnmatch(filters[i].glob, path, 0) != 0)
			continue;
		if (filters[i].words && !has_any(text, *size, filters[i].words))
			return NULL;
		if (filters[i].line)
			return filtered(filters[i].line, text, size);
	}
	return duplicate(text, *size);
}
