/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modprobe.d and the kernel's command line.
 */
#include <stdio.h>

#include "base/path.h"
#include "host/manager_internal.h"
#include "host/modprobe.h"
#include "host/module.h"

/* The drivers that take every device of the ids that their module is loaded with. */
static const struct {
	const char *module, *driver;
} takers[] = {
	{"vfio_pci", "vfio-pci"},
	{"pci_stub", "pci-stub"},
};

static const char *taker_of(const char *module)
{
	for (size_t i = 0; i < ARRAY_SIZE(takers); i++)
		if (streq(takers[i].module, module))
			return takers[i].driver;
	return NULL;
}

/* --- reading ------------------------------------------------------------------------------ */

struct reading {
	struct managers *managers;
	const struct manager_source *source;
};

static void add_ids(const struct reading *reading, struct manager_statement statement,
		    const char *ids)
{
	struct arena *arena = reading->managers->arena;

	statement.command = "ids";
	statement.driver = taker_of(statement.subject);
	statement.text = arena_strdup(arena, ids);
	statement.subject = arena_strdup(arena, statement.subject);
	if (statement.driver)
		managers_add(reading->managers, reading->source, statement);
}

static void add_options(const struct reading *reading, struct manager_statement statement,
			const char *options)
{
	scoped_free char *text = strdup(options);
	char *rest = text;
	const char *word, *ids;

	while (rest && (word = modprobe_word(&rest))) {
		ids = startswith(word, "ids=");
		if (ids)
			add_ids(reading, statement, ids);
	}
}

static const char *const commands[] = {"blacklist", "install", "softdep"};

static void add_command(const struct reading *reading, struct manager_statement statement,
			const char *command, const char *rest)
{
	struct arena *arena = reading->managers->arena;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!streq(command, commands[i]))
			continue;
		statement.command = commands[i];
		statement.subject = arena_strdup(arena, statement.subject);
		statement.text = arena_strdup(arena, rest);
		managers_add(reading->managers, reading->source, statement);
	}
}

static void add_line(void *arg, const struct modprobe_line *line)
{
	const struct reading *reading = arg;
	struct manager_statement statement = {
		.file = arena_strdup(reading->managers->arena, line->file),
		.line = line->number,
		.subject = line->module,
	};

	if (streq(line->command, "options"))
		add_options(reading, statement, line->rest);
	else
		add_command(reading, statement, line->command, line->rest);
}

static void read_files(struct managers *managers, const struct manager_source *source)
{
	struct reading reading = {.managers = managers, .source = source};

	modprobe_read_files(add_line, &reading);
}

static void read_command_line(struct managers *managers, const struct manager_source *source)
{
	struct reading reading = {.managers = managers, .source = source};

	modprobe_read_command_line(add_line, &reading);
}

/* --- whom it concerns --------------------------------------------------------------------- */

static bool fits(unsigned int wanted, int64_t id)
{
	return wanted == ~0U || (int64_t)wanted == id;
}

/* One "vendor:device[:subvendor[:subdevice[:class[:mask]]]]", in hex, as the modules read it. */
static bool id_matches(const char *id, const struct device *dev)
{
	unsigned int vendor, device, subvendor = ~0U, subdevice = ~0U, class = 0, mask = 0;

	if (sscanf(id, "%x:%x:%x:%x:%x:%x", &vendor, &device, &subvendor, &subdevice, &class,
		   &mask) < 2)
		return false;
	return fits(vendor, dev->vendor_id) && fits(device, dev->device_id) &&
	       fits(subvendor, dev->subvendor_id) && fits(subdevice, dev->subdevice_id) &&
	       ((class ^ (unsigned int)dev->class_id) & mask) == 0;
}

bool manager_ids_match(const char *ids, const struct device *dev)
{
	while (ids && *ids) {
		if (id_matches(ids, dev))
			return true;
		ids = strchr(ids, ',');
		if (ids)
			ids++;
	}
	return false;
}

void manager_module_of(char *buf, size_t size, const char *bus, const char *driver)
{
	if (path_link_name(buf, size, "/sys/bus/%s/drivers/%s/module", bus, driver) < 0)
		module_normalise(buf, size, driver);
}

static bool wants(const struct device *dev, const char *module)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	const char *const *names = NULL;
	int n = arena && dev->modalias ? modules_for_alias(&names, arena, dev->modalias) : 0;

	for (int i = 0; i < n; i++)
		if (streq(names[i], module))
			return true;
	return false;
}

static bool has_word(const char *text, const char *module)
{
	char word[128], name[128];

	for (size_t n; *(text += strspn(text, " \t")); text += n) {
		n = strcspn(text, " \t");
		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		module_normalise(name, sizeof(name), word);
		if (streq(name, module))
			return true;
	}
	return false;
}

/* About the driver's module, or a softdep that loads it before or after a module of the device. */
static bool line_concerns(const struct manager_statement *statement,
			  const struct manager_question *question)
{
	return streq(statement->subject, question->module) ||
	       (streq(statement->command, "softdep") &&
		has_word(statement->text, question->module) &&
		wants(question->dev, statement->subject));
}

static bool ids_concern(struct manager *ret, struct arena *arena,
			const struct manager_statement *statement, const struct device *dev)
{
	if (!streq(dev->bus, "pci") || !manager_ids_match(statement->text, dev))
		return false;
	ret->driver = statement->driver;
	ret->captures = true;
	ret->detail = arena_printf(
		arena, "the option ids= of module %s gives it to %s whenever it has no driver",
		statement->subject, statement->driver);
	return true;
}

static bool module_concerns(struct manager *ret, struct arena *arena,
			    const struct manager_statement *statement,
			    const struct manager_question *question)
{
	if (streq(statement->command, "ids"))
		return ids_concern(ret, arena, statement, question->dev);
	if (!question->driver || !line_concerns(statement, question))
		return false;
	ret->driver = arena_strdup(arena, question->driver);
	ret->detail = arena_printf(arena, "a line about the driver %s: %s %s%s%s", question->driver,
				   statement->command, statement->subject,
				   *statement->text ? " " : "", statement->text);
	return true;
}

const struct manager_source manager_module_sources[] = {
	{"modprobe.d", MANAGER_MODULES, read_files, module_concerns},
	{"kernel", MANAGER_MODULES, read_command_line, module_concerns},
	{0},
};
