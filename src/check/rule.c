/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/rule.h"

#include <errno.h>
#include <stdio.h>

const char *rule_severity_name(enum rule_severity severity)
{
	static const char *const names[] = {
		[RULE_INFO] = "info", [RULE_WARNING] = "warning", [RULE_ERROR] = "error"};

	return names[severity];
}

const char *rule_scope_name(enum rule_scope scope)
{
	static const char *const names[] = {
		[RULE_HOST] = "host", [RULE_GROUP] = "group", [RULE_DEVICE] = "device"};

	return names[scope];
}

const struct rule_purpose rule_purposes[] = {
	{PURPOSE_QEMU, "qemu", "start a VM in QEMU with"},
	{PURPOSE_LIBVIRT, "libvirt", "start a VM through libvirt with"},
	{PURPOSE_DPDK, "dpdk", "run DPDK on"},
	{PURPOSE_SPDK, "spdk", "run SPDK on"},
	{PURPOSE_CONTAINER, "container", "start a container with"},
	{0, NULL, NULL},
};

const struct rule_purpose *rule_purpose_find(const char *name)
{
	for (const struct rule_purpose *purpose = rule_purposes; purpose->name; purpose++)
		if (streq(purpose->name, name))
			return purpose;
	return NULL;
}

const struct rule *rule_at(const struct rule *const *tables, size_t i)
{
	for (; *tables; tables++)
		for (const struct rule *rule = *tables; rule->id; rule++)
			if (i-- == 0)
				return rule;
	return NULL;
}

/* --- what functions of rules say ---------------------------------------------------------- */

struct word {
	const char *name, *value;
};

/* Puts the values in the place of the {names}. */
static const char *make_out(struct arena *arena, const char *text, const struct word *words)
{
	char buf[1024] = "";

	while (*text) {
		size_t n = strcspn(text, "{");
		const struct word *word = words;

		append(buf, sizeof(buf), "%.*s", (int)n, text);
		text += n;
		while (word->name && !startswith(text, word->name))
			word++;
		if (word->name)
			append(buf, sizeof(buf), "%s", word->value ? word->value : "");
		text += word->name ? strlen(word->name) : *text != '\0';
	}
	return arena_strdup(arena, buf);
}

/* True when a shell takes all of it as it stands. Only {what} may be several words. */
static bool is_plain(const struct word *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:@+,=-";

	for (const char *c = word->value; *c; c++)
		if (!strchr(plain, *c) && !(*c == ' ' && streq(word->name, "{what}")))
			return false;
	return true;
}

/*
 * Names come from files, and whoever wrote those may have written a command into them. A rule that
 * has nothing of its own but {what} has written the command itself, about {device}.
 */
static bool is_safe_command(const struct rule *rule, const struct word *words)
{
	bool is_own = streq(rule->remedy, "{what}");

	for (; rule->is_command && words->name; words++) {
		bool is_used = strstr(rule->remedy, words->name);

		if (is_own && streq(words->name, "{what}"))
			continue;
		if ((is_used && !words->value) || ((is_used || streq(words->name, "{device}")) &&
						   words->value && !is_plain(words)))
			return false;
	}
	return rule->is_command;
}

static const char *group_word(const struct rule_run *run)
{
	return arena_printf(run->arena, "%lld", (long long)run->group);
}

static const char *user_word(const struct rule_run *run)
{
	const struct account *user = run->facts->user;

	return user ? account_word(run->arena, user) : "USER";
}

static const char *object_of(const struct rule_run *run)
{
	switch (run->rule->scope) {
	case RULE_GROUP:
		return arena_printf(run->arena, "group %lld", (long long)run->group);
	case RULE_DEVICE:
		return run->device->address;
	case RULE_HOST:
		break;
	}
	return "host";
}

/* Without memory the finding is left out: so is all else then. */
static struct finding *add(struct rule_run *run, const char *file, const char *value)
{
	struct finding *finding = arena_alloc(run->arena, sizeof(*finding));

	if (!finding)
		return NULL;
	*finding = (struct finding){
		.rule = run->rule,
		.object = object_of(run),
		.device = run->rule->scope == RULE_DEVICE ? run->device : NULL,
		.group = run->rule->scope == RULE_GROUP ? run->group : -1,
		.file = arena_strdup(run->arena, file),
		.value = value,
	};
	*run->end = finding;
	run->end = &finding->next;
	return finding;
}

static const char *format(struct arena *arena, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	return arena_strdup(arena, text);
}

void rule_fires(struct rule_run *run, const char *what, const char *file, const char *fmt, ...)
{
	const struct word words[] = {
		{"{device}", run->device ? run->device->address : NULL},
		{"{group}", group_word(run)},
		{"{user}", user_word(run)},
		{"{what}", what},
		{"{file}", file},
		{NULL, NULL},
	};
	struct finding *finding;
	va_list ap;

	va_start(ap, fmt);
	finding = add(run, file, format(run->arena, fmt, ap));
	va_end(ap);
	if (!finding)
		return;
	finding->remedy = make_out(run->arena, run->rule->remedy, words);
	finding->is_command = is_safe_command(run->rule, words);
}

void rule_unknown(struct rule_run *run, const char *file, const char *fmt, ...)
{
	struct finding *finding;
	va_list ap;

	va_start(ap, fmt);
	finding = add(run, file, format(run->arena, fmt, ap));
	va_end(ap);
	if (finding)
		finding->unknown = true;
}

const char *rule_errno_text(int errnum)
{
	switch (errnum < 0 ? -errnum : errnum) {
	case ENOENT:
		return "it is not there";
	case ENXIO:
		return "it is no regular file";
	case EACCES:
	case EPERM:
		return "this user may not read it: run as root";
	default:
		return errno_name(errnum);
	}
}

/* --- what they ask ------------------------------------------------------------------------ */

bool rule_is_asked(const struct rule_facts *facts, const char *address)
{
	for (size_t i = 0; i < facts->n_devices; i++)
		if (streq(facts->devices[i].address, address))
			return true;
	return false;
}

/* What stands behind "--" is for init. */
bool rule_kernel_next(const struct rule_run *run, const char **at, struct kernel_option *ret)
{
	const char *text, *equals, *word;
	size_t n;

	if (!*at)
		return false;
	text = *at + strspn(*at, " \n");
	n = strcspn(text, " \n");
	word = arena_printf(run->arena, "%.*s", (int)n, text);
	if (n == 0 || !word || streq(word, "--"))
		return false;
	equals = strchr(word, '=');
	*ret = (struct kernel_option){
		.name = equals ? arena_printf(run->arena, "%.*s", (int)(equals - word), word)
			       : word,
		.value = equals ? equals + 1 : "",
	};
	*at = text + n;
	return ret->name != NULL;
}

const char *rule_kernel_option(const struct rule_run *run, const char *name)
{
	const char *at = run->facts->command_line, *found = NULL;
	struct kernel_option option;

	while (rule_kernel_next(run, &at, &option))
		if (streq(option.name, name))
			found = option.value;
	return found;
}

const char *modprobe_line_ids(const struct modprobe_line *line)
{
	const char *ids;

	if (!streq(line->command, "options") || !streq(line->module, "vfio_pci"))
		return NULL;
	ids = strstr(line->rest, "ids=");
	return ids ? ids + strlen("ids=") : NULL;
}
