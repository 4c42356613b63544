/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Some files say much more than what vfioctl looks for in them. Of these only that is kept. What is
 * told by the number of its line stays in that line.
 */
#include <fnmatch.h>
#include <stdio.h>

#include "host/config_file.h"
#include "host/denial.h"
#include "host/group_number.h"
#include "host/manager_libvirt.h"
#include "host/manager_udev.h"
#include "host/memlock.h"
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

/* name:password:number:field of an account, without the password and what comes then. */
static void put_fields(FILE *out, const char *line, size_t size, const char *rest)
{
	const char *end = line + size, *colons[4];
	const char *at = line;
	size_t n = 0;

	while (n < ARRAY_SIZE(colons) && (at = memchr(at, ':', (size_t)(end - at))))
		colons[n++] = at++;
	if (n < 3)
		return;
	fwrite(line, 1, (size_t)(colons[0] - line), out);
	fputs(":x", out);
	fwrite(colons[1], 1, (size_t)((n > 3 ? colons[3] : end) - colons[1]), out);
	fprintf(out, "%s\n", rest);
}

/* Without who that is and where they live. */
static void put_account(FILE *out, const char *line, size_t size)
{
	put_fields(out, line, size, ":::");
}

static void put_group(FILE *out, const char *line, size_t size)
{
	put_fields(out, line, size, "");
}

/* The mappings of device nodes and of VFIO devices. A path that begins otherwise leads to what is
 * no file of the tree (host/holder_maps.c). */
static void put_mapping(FILE *out, const char *line, size_t size)
{
	static const char *const barren[] = {"/dev/zero", "/dev/shm/", NULL};
	const char *path = memchr(line, '/', size);
	size_t rest = path ? size - (size_t)(path - line) : 0;

	if (memmem(line, size, "[vfio-device]", strlen("[vfio-device]")) ||
	    (rest > strlen("/dev/") && startswith(path, "/dev/") && !has_any(path, rest, barren)))
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

/* What udev has found on a block device that is part of a pool of ZFS (host/usage_kernel.c). */
static void put_pool(FILE *out, const char *line, size_t size)
{
	static const char *const keys[] = {"E:ID_FS_TYPE=", "E:ID_FS_LABEL="};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (size > strlen(keys[i]) && startswith(line, keys[i]))
			put_line(out, line, size);
}

/* The control group that guards devices; the others tell what runs here. */
static void put_control_group(FILE *out, const char *line, size_t size)
{
	static const char *const wanted[] = {":devices:", NULL};

	if (has_any(line, size, wanted))
		put_line(out, line, size);
}

/* A limit, without its comment; is_one tells of those that are looked at. */
static void put_memlock(FILE *out, const char *line, size_t size, bool (*is_one)(const char *))
{
	scoped_free char *text = strndup(line, size);

	if (!text)
		return;
	text[strcspn(text, MEMLOCK_COMMENT)] = '\0';
	if (is_one(text))
		put_line(out, text, strlen(text));
}

static void put_limit(FILE *out, const char *line, size_t size)
{
	put_memlock(out, line, size, memlock_is_in_limits);
}

static void put_setting(FILE *out, const char *line, size_t size)
{
	put_memlock(out, line, size, memlock_is_in_settings);
}

static void put_denial(FILE *out, const char *line, size_t size)
{
	scoped_free char *text = strndup(line, size);

	if (text && denial_is_told(text))
		put_line(out, text, size);
}

/* The words that may be names of modules, where they are (rules/device_boot.c). */
static void put_modules(FILE *out, const char *line, size_t size)
{
	static const char separators[] = " \t\"'()=+";
	scoped_free char *text = strndup(line, size);
	size_t n;

	for (char *at = text; at && *at; at += n) {
		n = strspn(at, separators);
		fwrite(at, 1, n, out);
		at += n;
		n = strcspn(at, separators);
		if (*at == '#')
			break;
		if (strspn(at,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") >= n)
			fwrite(at, 1, n, out);
	}
	fputc('\n', out);
}

/* --- lines that go on --------------------------------------------------------------------- */

/* The numbers of groups in the text, and what makes them some. */
static void put_numbers(FILE *out, const char *text)
{
	static const char *const prefixes[] = {GROUP_NUMBER_NODE, GROUP_NUMBER_KERNEL};
	char number[16];

	if (strstr(text, GROUP_NUMBER_SUBSYSTEM))
		fputs(" " GROUP_NUMBER_SUBSYSTEM, out);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		for (const char *at = text;
		     (at = group_number_next(at, prefixes[i], number, sizeof(number)));)
			fprintf(out, " %s%s\"", prefixes[i], number);
}

/* A file for containers, of which nothing else is looked at. */
static void put_container(FILE *out, const char *line, size_t size)
{
	scoped_free char *text = strndup(line, size);

	if (!text)
		return;
	put_numbers(out, text);
	fputc('\n', out);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* What writes drivers, and the numbers of groups; other lines are empty. */
static void put_rule(FILE *out, const char *line, size_t size)
{
	scoped_free char *text = strndup(line, size);

	if (!text)
		return;
	if (manager_udev_uses(text)) {
		fwrite(text, 1, size, out);
		return;
	}
	if (text[strspn(text, " \t")] != '#')
		put_numbers(out, text);
	for (size_t n = count_lines(text); n; n--)
		fputc('\n', out);
}

/* All but comments. */
static void put_modprobe(FILE *out, const char *line, size_t size)
{
	if (line[strspn(line, " \t")] != '#')
		fwrite(line, 1, size, out);
	else
		for (size_t i = 0; i < size; i++)
			if (line[i] == '\n')
				fputc('\n', out);
}

/* --- which files -------------------------------------------------------------------------- */

typedef void put_fn(FILE *out, const char *line, size_t size);

static const struct filter {
	const char *glob;
	/* One of: for each line, for each with those that it goes on in, for the text. */
	put_fn *line, *long_line;
	char *(*whole)(const char *text, size_t *ret_size);
	const char *const *words; /* without any of them nothing is kept; NULL: does not matter */
} filters[] = {
	{.glob = "/etc/passwd", .line = put_account},
	{.glob = "/etc/group", .line = put_group},
	{.glob = "/proc/*/maps", .line = put_mapping},
	{.glob = "/proc/*/mountinfo", .line = put_mount},
	{.glob = "/proc/*/cgroup", .line = put_control_group},
	{.glob = "/var/lib/dpkg/status", .line = put_package},
	{.glob = "*/lib/apk/db/installed", .line = put_package},
	{.glob = "*/libvirt/qemu/*.xml",
	 .whole = manager_libvirt_reduce,
	 .words = (const char *const[]){MANAGER_LIBVIRT_WORD, NULL}},
	{.glob = "*/libvirt/network/*.xml",
	 .whole = manager_libvirt_reduce,
	 .words = (const char *const[]){MANAGER_LIBVIRT_WORD, NULL}},
	{.glob = "*/udev/rules.d/*",
	 .long_line = put_rule,
	 .words = (const char *const[]){"driver_override", "new_id", GROUP_NUMBER_NODE,
					GROUP_NUMBER_SUBSYSTEM, NULL}},
	{.glob = "*/udev/data/*",
	 .line = put_pool,
	 .words = (const char *const[]){"E:ID_FS_TYPE=zfs_member\n", NULL}},
	{.glob = "/etc/cdi/*", .line = put_container},
	{.glob = "/run/cdi/*", .line = put_container},
	{.glob = "*/modprobe.d/*", .long_line = put_modprobe},
	{.glob = "*/security/limits.conf", .line = put_limit},
	{.glob = "*/security/limits.d/*", .line = put_limit},
	{.glob = "*/systemd/system.conf*", .line = put_setting},
	{.glob = "/etc/initramfs-tools/modules", .line = put_modules},
	{.glob = "/etc/mkinitcpio.conf", .line = put_modules},
	{.glob = "/etc/dracut.conf*", .line = put_modules},
};

static void filter_to(FILE *out, const struct filter *filter, const char *text, size_t size)
{
	for (const char *end = text + size; text < end;) {
		size_t n = filter->line ? strcspn(text, "\n") : config_line_size(text);

		(filter->line ? filter->line : filter->long_line)(out, text, n);
		text += n + (filter->line != NULL);
	}
}

static char *filtered(const struct filter *filter, const char *text, size_t *size)
{
	char *copy = NULL;
	FILE *out;

	if (filter->words && !has_any(text, *size, filter->words))
		return NULL;
	if (filter->whole)
		return filter->whole(text, size);
	out = open_memstream(&copy, size);
	if (!out)
		return NULL;
	filter_to(out, filter, text, strlen(text));
	if (fclose(out) == 0)
		return copy;
	free(copy);
	return NULL;
}

static const struct filter *find_filter(const char *path)
{
	static const struct filter denials = {.line = put_denial};

	for (size_t i = 0; denial_logs[i]; i++)
		if (streq(path, denial_logs[i]))
			return &denials;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (fnmatch(filters[i].glob, path, 0) == 0)
			return &filters[i];
	return NULL;
}

static char *duplicate(const char *text, size_t size)
{
	char *copy = calloc(1, size + 1);

	return copy ? memcpy(copy, text, size) : NULL;
}

bool snapshot_text_is_reduced(const char *path)
{
	return find_filter(path);
}

char *snapshot_text(const char *path, const char *text, size_t *size)
{
	const struct filter *filter = find_filter(path);

	return filter ? filtered(filter, text, size) : duplicate(text, *size);
}
