/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev rules that write driver_override, or an id into a driver. A rule is one line of tokens
 * KEY{attribute}OPERATOR"value"; those that compare are looked at as far as the device tells
 * without udev, and the rest (TAG, TEST, GOTO ...) is taken as fulfilled: better one rule too many.
 */
#include <fnmatch.h>
#include <stdio.h>

#include "host/config_file.h"
#include "host/manager_internal.h"
#include "host/manager_udev.h"

static const char override_word[] = "driver_override", id_word[] = "new_id";

/* In the text of a file or in a line of it. */
static bool is_about_drivers(const char *text)
{
	return strstr(text, override_word) || strstr(text, id_word);
}

bool manager_udev_uses(const char *line)
{
	line += strspn(line, " \t");
	return *line != '#' && is_about_drivers(line);
}

/* --- reading ------------------------------------------------------------------------------ */

struct reading {
	struct managers *managers;
	const struct manager_source *source;
};

static void on_line(void *arg, const char *file, int64_t number, char *line)
{
	const struct reading *reading = arg;
	struct arena *arena = reading->managers->arena;

	if (is_about_drivers(line))
		managers_add(reading->managers, reading->source,
			     (struct manager_statement){.file = arena_strdup(arena, file),
							.line = number,
							.text = arena_strdup(arena, line)});
}

static void read_rules(struct managers *managers, const struct manager_source *source)
{
	static const char *const directories[] = {
		"/etc/udev/rules.d",     "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
		"/usr/lib/udev/rules.d", "/lib/udev/rules.d", NULL};
	static const char *const words[] = {override_word, id_word, NULL};
	static const struct config_source config = {
		.directories = directories, .suffix = ".rules", .words = words, .on_line = on_line};
	struct reading reading = {.managers = managers, .source = source};

	config_read(&config, &reading);
}

/* --- tokens ------------------------------------------------------------------------------- */

struct token {
	char key[32], attribute[128], value[1024];
	bool compares, negated;
};

/* What stands between the quotes that begin at s; returns what follows them, or NULL. */
static const char *read_quoted(char *buf, size_t size, const char *s)
{
	size_t n = 0;

	for (s++; *s && *s != '"'; s++) {
		if (*s == '\\' && s[1] == '"')
			s++;
		if (n + 1 < size)
			buf[n++] = *s;
	}
	buf[n] = '\0';
	return *s ? s + 1 : NULL;
}

/* Reads one token; returns what follows it, or NULL at the end or where it is no rule. */
static const char *read_token(struct token *token, const char *s)
{
	size_t n;

	*token = (struct token){.key = ""};
	s += strspn(s, " \t,");
	n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	if (n == 0)
		return NULL;
	snprintf(token->key, sizeof(token->key), "%.*s", (int)n, s);
	s += n;
	if (*s == '{') {
		n = strcspn(s, "}");
		snprintf(token->attribute, sizeof(token->attribute), "%.*s", (int)n - 1, s + 1);
		s += n + (s[n] == '}');
	}
	s += strspn(s, " \t");
	n = strspn(s, "=!+-:");
	token->compares = n == 2 && s[1] == '=' && (*s == '=' || *s == '!');
	token->negated = *s == '!';
	s += n;
	s += strcspn(s, "\"");
	return *s ? read_quoted(token->value, sizeof(token->value), s) : NULL;
}

/* --- what the device has ------------------------------------------------------------------ */

static void put_address(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "%s", dev->address);
}

static void put_bus(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "%s", dev->bus);
}

static void put_vendor(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "0x%04llx", (long long)dev->vendor_id);
}

static void put_device(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "0x%04llx", (long long)dev->device_id);
}

static void put_subvendor(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "0x%04llx", (long long)dev->subvendor_id);
}

static void put_subdevice(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "0x%04llx", (long long)dev->subdevice_id);
}

static void put_class(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "0x%06llx", (long long)dev->class_id);
}

static void put_uevent_ids(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "%04llX:%04llX", (long long)dev->vendor_id, (long long)dev->device_id);
}

static void put_uevent_subsystem(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "%04llX:%04llX", (long long)dev->subvendor_id,
		 (long long)dev->subdevice_id);
}

static void put_uevent_class(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "%04llX", (long long)dev->class_id);
}

static void put_modalias(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "%s", dev->modalias ? dev->modalias : "");
}

static const struct {
	const char *key, *attribute;
	void (*put)(char *buf, size_t size, const struct device *dev);
	bool identifies; /* few devices have the same */
} comparable[] = {
	{"KERNEL", "", put_address, true},
	{"SUBSYSTEM", "", put_bus, false},
	{"ATTR", "vendor", put_vendor, true},
	{"ATTR", "device", put_device, true},
	{"ATTR", "subsystem_vendor", put_subvendor, true},
	{"ATTR", "subsystem_device", put_subdevice, true},
	{"ATTR", "class", put_class, true},
	{"ATTR", "modalias", put_modalias, true},
	{"ENV", "PCI_SLOT_NAME", put_address, true},
	{"ENV", "PCI_ID", put_uevent_ids, true},
	{"ENV", "PCI_SUBSYS_ID", put_uevent_subsystem, true},
	{"ENV", "PCI_CLASS", put_uevent_class, true},
	{"ENV", "MODALIAS", put_modalias, true},
};

/* KERNELS and the like look at the parents, too; here only at the device. */
static bool is_key(const char *key, const char *wanted)
{
	const char *rest = startswith(key, wanted);

	return rest && (!*rest || streq(rest, "S"));
}

/* A pattern is several, with '|' between them. */
static bool matches(const char *pattern, const char *text)
{
	scoped_free char *copy = strdup(pattern);
	char *rest = copy, *one;

	while (rest && (one = strsep(&rest, "|")))
		if (fnmatch(one, text, 0) == 0)
			return true;
	return false;
}

/* --- one rule ----------------------------------------------------------------------------- */

struct rule {
	bool fails, identified, writes;
	char driver[128];
};

static bool acts_on_removal_only(const struct token *token)
{
	return streq(token->key, "ACTION") && !token->negated && !matches(token->value, "add") &&
	       !matches(token->value, "change") && !matches(token->value, "bind") &&
	       !matches(token->value, "unbind");
}

static void compare(struct rule *rule, const struct token *token, const struct device *dev)
{
	char text[256];

	rule->fails |= acts_on_removal_only(token);
	for (size_t i = 0; i < ARRAY_SIZE(comparable); i++) {
		if (!is_key(token->key, comparable[i].key) ||
		    !streq(token->attribute, comparable[i].attribute))
			continue;
		comparable[i].put(text, sizeof(text), dev);
		rule->fails |= matches(token->value, text) == token->negated;
		rule->identified |= comparable[i].identifies && !token->negated;
	}
}

/* Ends the driver's name at the character that cannot be in one. */
static void take_driver(struct rule *rule, const char *name)
{
	snprintf(rule->driver, sizeof(rule->driver), "%.*s", (int)strcspn(name, " \t/]>|;'\"\n"),
		 name);
}

/* ".../drivers/NAME/new_id", or udev's own form "[drivers/pci:NAME]new_id" */
static void find_driver_in_path(struct rule *rule, const char *text)
{
	const char *name = strstr(text, "drivers/");

	if (!name)
		return;
	name += strlen("drivers/");
	take_driver(rule, startswith(name, "pci:") ? name + strlen("pci:") : name);
}

static bool writes_ids_of(const char *text, const struct device *dev)
{
	char ids[32];

	snprintf(ids, sizeof(ids), "%04llx %04llx", (long long)dev->vendor_id,
		 (long long)dev->device_id);
	return strcasestr(text, ids) != NULL;
}

static void find_write(struct rule *rule, const struct token *token, const struct device *dev)
{
	const char *echo = strstr(token->value, "echo ");

	if (streq(token->key, "ATTR") && streq(token->attribute, override_word)) {
		rule->writes = true;
		take_driver(rule, token->value);
	} else if (strstr(token->attribute, id_word) || strstr(token->value, id_word)) {
		rule->writes = true;
		rule->identified |= writes_ids_of(token->value, dev);
		find_driver_in_path(rule,
				    *token->attribute == '[' ? token->attribute : token->value);
	} else if (strstr(token->value, override_word)) {
		rule->writes = true;
		if (echo)
			take_driver(rule, echo + strlen("echo "));
	}
}

static bool rule_concerns(struct manager *ret, struct arena *arena,
			  const struct manager_statement *statement,
			  const struct manager_question *question)
{
	struct rule rule = {.driver = ""};
	struct token token;
	const char *rest = statement->text;

	while ((rest = read_token(&token, rest))) {
		if (token.compares)
			compare(&rule, &token, question->dev);
		else
			find_write(&rule, &token, question->dev);
	}
	if (rule.fails || !rule.identified || !rule.writes)
		return false;
	ret->driver = *rule.driver ? arena_strdup(arena, rule.driver) : NULL;
	ret->captures = true;
	ret->detail = arena_printf(arena, "a udev rule gives it to %s whenever it appears",
				   *rule.driver ? rule.driver : "another driver");
	return true;
}

const struct manager_source manager_udev_sources[] = {
	{"udev", MANAGER_OTHERS, read_rules, rule_concerns},
	{0},
};
