/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modprobe.d and the kernel's command line. libkmod reads both, but does not tell where a line
 * stands, and of the command line only that of the running machine.
 */
#include <stdio.h>

#include "base/path.h"
#include "host/config_file.h"
#include "host/manager_internal.h"
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

/* Takes a word off *rest; quotes are taken away, blanks within them are not an end. */
static char *take_word(char **rest)
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
			char *rest)
{
	const char *word, *ids;

	while ((word = take_word(&rest))) {
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

static void on_line(void *arg, const char *file, int64_t number, char *line)
{
	const struct reading *reading = arg;
	const char *command = take_word(&line), *name = take_word(&line);
	char module[128];

	if (!command || !name)
		return;
	module_normalise(module, sizeof(module), name);
	struct manager_statement statement = {
		.file = arena_strdup(reading->managers->arena, file),
		.line = number,
		.subject = module,
	};
	line += strspn(line, " \t");
	if (streq(command, "options"))
		add_options(reading, statement, line);
	else
		add_command(reading, statement, command, line);
}

static void read_modprobe(struct managers *managers, const struct manager_source *source)
{
	static const char *const directories[] = {
		"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
		"/usr/lib/modprobe.d", "/lib/modprobe.d", NULL};
	static const struct config_source config = {
		.directories = directories, .suffix = ".conf", .on_line = on_line};
	struct reading reading = {.managers = managers, .source = source};

	config_read(&config, &reading);
}

/* "a,b" as `blacklist a` and `blacklist b`. */
static void add_blacklist(const struct reading *reading, char *list)
{
	char *rest = list, *name, module[128];

	while ((name = strsep(&rest, ","))) {
		module_normalise(module, sizeof(module), name);
		add_command(reading,
			    (struct manager_statement){
				    .file = "/proc/cmdline", .line = -1, .subject = module},
			    "blacklist", "");
	}
}

/* "MODULE.ids=..." */
static void add_parameter(const struct reading *reading, char *word, char *dot)
{
	char module[128];
	const char *ids = startswith(dot + 1, "ids=");

	*dot = '\0';
	module_normalise(module, sizeof(module), word);
	if (ids)
		add_ids(reading,
			(struct manager_statement){
				.file = "/proc/cmdline", .line = -1, .subject = module},
			ids);
}

static void read_command_line(struct managers *managers, const struct manager_source *source)
{
	struct reading reading = {.managers = managers, .source = source};
	scoped_free char *text = NULL;
	char *rest, *word;

	if (path_read_all(&text, 1 << 16, "/proc/cmdline") < 0)
		return;
	for (rest = text; (word = take_word(&rest));) {
		size_t n = strcspn(word, ".=");

		if (startswith(word, "modprobe.blacklist=") ||
		    startswith(word, "module_blacklist="))
			add_blacklist(&reading, strchr(word, '=') + 1);
		else if (word[n] == '.')
			add_parameter(&reading, word, word + n);
	}
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

/* The module that a driver comes from, as far as the running kernel tells; else of its name. */
static void module_of(char *buf, size_t size, const char *bus, const char *driver)
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
static bool line_concerns(const struct manager_statement *statement, const struct device *dev,
			  const char *module)
{
	return streq(statement->subject, module) ||
	       (streq(statement->command, "softdep") && has_word(statement->text, module) &&
		wants(dev, statement->subject));
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
			    const struct manager_statement *statement, const struct device *dev,
			    const char *driver)
{
	char module[128];

	if (streq(statement->command, "ids"))
		return ids_concern(ret, arena, statement, dev);
	if (!driver)
		return false;
	module_of(module, sizeof(module), dev->bus, driver);
	if (!line_concerns(statement, dev, module))
		return false;
	ret->driver = arena_strdup(arena, driver);
	ret->detail = arena_printf(arena, "a line about the driver %s: %s %s%s%s", driver,
				   statement->command, statement->subject,
				   *statement->text ? " " : "", statement->text);
	return true;
}

const struct manager_source manager_module_sources[] = {
	{"modprobe.d", MANAGER_MODULES, read_modprobe, module_concerns},
	{"kernel", MANAGER_MODULES, read_command_line, module_concerns},
	{0},
};
