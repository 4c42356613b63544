/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/names.h"

#include <errno.h>
#include <libudev.h>
#include <locale.h>
#include <stdio.h>

#include "base/path.h"
#include "host/steps.h"

enum { MAX_TEXT = 8 << 20 };

/* In memory shared with the process that reads. */
struct names_reading {
	struct arena *arena;
	const char *text;
};

struct names {
	const char *vendor, *device, *base_class, *subclass;
};

/* Where names come from: the hwdb of the machine, or what a captured tree has of it. */
struct source {
	struct udev_hwdb *hwdb;
	char *text; /* of NAMES_FILE */
};

/* The properties that are wanted, and the member that each fills, the last one first. */
static const struct {
	const char *key;
	size_t member;
} properties[] = {
	{"ID_VENDOR_FROM_DATABASE", offsetof(struct names, vendor)},
	{"ID_MODEL_FROM_DATABASE", offsetof(struct names, device)},
	{"ID_PCI_CLASS_FROM_DATABASE", offsetof(struct names, base_class)},
	{"ID_PCI_SUBCLASS_FROM_DATABASE", offsetof(struct names, subclass)},
};

static void keep(struct names *names, struct arena *arena, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (streq(key, properties[i].key))
			*(const char **)(void *)((char *)names + properties[i].member) =
				arena_strdup(arena, value);
}

static void ask_hwdb(struct names *names, struct udev_hwdb *hwdb, struct arena *arena,
		     const char *modalias)
{
	struct udev_list_entry *list = udev_hwdb_get_properties_list_entry(hwdb, modalias, 0);
	struct udev_list_entry *entry;

	udev_list_entry_foreach (entry, list) {
		keep(names, arena, udev_list_entry_get_name(entry),
		     udev_list_entry_get_value(entry));
	}
}

/* What follows the line that is the modalias, or NULL. */
static const char *find_paragraph(const char *text, const char *modalias)
{
	size_t n = strlen(modalias);

	for (const char *at = text; (at = strstr(at, modalias)); at += n)
		if ((at == text || at[-1] == '\n') && at[n] == '\n')
			return at + n + 1;
	return NULL;
}

static void ask_text(struct names *names, const char *text, struct arena *arena,
		     const char *modalias)
{
	const char *line = *modalias ? find_paragraph(text, modalias) : NULL;

	while (line && *line == ' ') {
		char copy[512], *value;

		snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line + 1, "\n"), line + 1);
		value = strchr(copy, '=');
		if (value) {
			*value = '\0';
			keep(names, arena, copy, value + 1);
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
}

static struct names look_up(const struct source *source, struct arena *arena, const char *modalias)
{
	struct names names = {0};

	if (source->hwdb)
		ask_hwdb(&names, source->hwdb, arena, modalias);
	else
		ask_text(&names, source->text, arena, modalias);
	return names;
}

/* In a worker: the file of a captured tree may be a FIFO. */
static void read_in_worker(void *arg, size_t i)
{
	struct names_reading *reading = arg;
	scoped_free char *text = NULL;

	(void)i;
	if (path_read_all(&text, MAX_TEXT, NAMES_FILE) == 0)
		reading->text = arena_strdup(reading->arena, text);
}

static void give_up(void *arg, size_t i)
{
	(void)arg;
	(void)i;
}

static int names_read(char **ret)
{
	scoped_arena struct arena *arena = arena_new(2 * MAX_TEXT);
	struct names_reading *reading = arena ? arena_alloc(arena, sizeof(*reading)) : NULL;

	if (!reading || !path_exists(NAMES_FILE))
		return -ENOENT;
	reading->arena = arena;
	steps_run(&(struct steps){.count = 1,
				  .deadline_ms = DEVICE_DEADLINE_MS,
				  .arg = reading,
				  .run = read_in_worker,
				  .given_up = give_up},
		  NULL);
	*ret = reading->text ? strdup(reading->text) : NULL;
	return *ret ? 0 : -ENOENT;
}

static int compare_modalias(const void *a, const void *b)
{
	struct device *const *left = a, *const *right = b;

	return strcmp((*left)->modalias, (*right)->modalias);
}

/* Pointers to the devices with a modalias, equal ones side by side. The caller frees it. */
static struct device **by_modalias(struct inventory *inventory, size_t *ret_count)
{
	struct device **list = calloc(inventory->count + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; list && i < inventory->count; i++)
		if (inventory->devices[i].modalias)
			list[n++] = &inventory->devices[i];
	if (n)
		qsort(list, n, sizeof(*list), compare_modalias);
	*ret_count = n;
	return list;
}

/* Calls found for each modalias once, with the names and the devices that have it. */
static void each_modalias(struct inventory *inventory, const struct source *source,
			  void (*found)(void *arg, const struct names *names,
					struct device *const *devices, size_t count),
			  void *arg)
{
	size_t count = 0;
	scoped_free struct device **list = by_modalias(inventory, &count);

	for (size_t i = 0, n; i < count; i += n) {
		struct names names = look_up(source, inventory->arena, list[i]->modalias);

		for (n = 1; i + n < count && streq(list[i]->modalias, list[i + n]->modalias); n++)
			;
		found(arg, &names, list + i, n);
	}
}

static void fill_devices(void *arg, const struct names *names, struct device *const *devices,
			 size_t count)
{
	(void)arg;
	for (size_t i = 0; i < count; i++) {
		devices[i]->vendor_name = names->vendor;
		devices[i]->class_name = names->subclass ? names->subclass : names->base_class;
		if (!devices[i]->device_name)
			devices[i]->device_name = names->device;
	}
}

static void put_paragraph(void *arg, const struct names *names, struct device *const *devices,
			  size_t count)
{
	FILE *out = arg;

	(void)count;
	if (strchr(devices[0]->modalias, '\n'))
		return;
	fprintf(out, "%s\n", devices[0]->modalias);
	for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
		const char *value = *(const char *const *)(const void *)((const char *)names +
									 properties[i].member);

		if (value)
			fprintf(out, " %s=%s\n", properties[i].key, value);
	}
	fputc('\n', out);
}

/* Runs each_modalias() over the names there are here. */
static void with_source(struct inventory *inventory,
			void (*found)(void *arg, const struct names *names,
				      struct device *const *devices, size_t count),
			void *arg)
{
	struct udev *udev = path_is_live() ? udev_new() : NULL;
	struct source source = {.hwdb = udev ? udev_hwdb_new(udev) : NULL};
	/* The hwdb matches with fnmatch(), which in a UTF-8 locale turns every pattern and name
	 * into wide characters first: most of the work, for what is all ASCII. */
	locale_t ascii = newlocale(LC_ALL_MASK, "C", (locale_t)0), saved = uselocale(ascii);

	if (!path_is_live() && names_read(&source.text) < 0)
		source.text = NULL;
	if (source.hwdb || source.text)
		each_modalias(inventory, &source, found, arg);
	uselocale(saved);
	if (ascii)
		freelocale(ascii);
	udev_hwdb_unref(source.hwdb);
	udev_unref(udev);
	free(source.text);
}

void names_fill(struct inventory *inventory)
{
	with_source(inventory, fill_devices, NULL);
}

char *names_text(struct inventory *inventory)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	with_source(inventory, put_paragraph, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
