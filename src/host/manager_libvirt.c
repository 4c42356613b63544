/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains of libvirt that take devices of the host: <hostdev managed='yes'>, or <interface
 * type='hostdev' managed='yes'>, with the device's <address> in their <source>. And networks that
 * hand them out to domains: <forward mode='hostdev' managed='yes'>, with each device's <address>,
 * or with <pf dev='eth3'/>, which is all VFs of the PF that has this interface.
 *
 * libvirt writes these files itself, and one pattern is all that is wanted of them: a walk over the
 * tags does without an XML library. What it does not understand it walks over.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/path.h"
#include "host/address.h"
#include "host/manager_internal.h"
#include "host/manager_libvirt.h"

enum { MAX_FILE = 4 << 20 };

struct scan {
	struct managers *managers;
	const struct manager_source *source;
	const char *file;
	const char *name;    /* of the domain or network */
	const char *element; /* the <hostdev>, <interface> or <forward> that is open and managed */
	bool in_source;      /* where the host's devices are named; all of a <forward> is that */
};

/* The value of an attribute of a tag, which ends at end; "" without it. */
static void read_attribute(char *buf, size_t size, const char *tag, const char *end,
			   const char *name)
{
	size_t length = strlen(name);

	*buf = '\0';
	for (const char *c = tag; c < end; c++) {
		const char *value, *close;

		if (!isspace((unsigned char)*c) || strncmp(c + 1, name, length) != 0)
			continue;
		value = c + 1 + length;
		if (*value != '=' || (value[1] != '\'' && value[1] != '"'))
			continue;
		close = strchr(value + 2, value[1]);
		if (close && close < end)
			snprintf(buf, size, "%.*s", (int)(close - value - 2), value + 2);
		return;
	}
}

static unsigned long read_number(const char *tag, const char *end, const char *name)
{
	char text[32];

	read_attribute(text, sizeof(text), tag, end, name);
	return strtoul(text, NULL, 0);
}

static bool is_tag(const char *tag, const char *name)
{
	const char *rest = startswith(tag, name);

	return rest && (isspace((unsigned char)*rest) || *rest == '>' || *rest == '/');
}

/* interface: the device is the PF that has it, and its VFs are meant; NULL: it is meant itself. */
static void add(struct scan *scan, int64_t line, const char *address, const char *interface)
{
	managers_add(scan->managers, scan->source,
		     (struct manager_statement){
			     .file = scan->file,
			     .line = line,
			     .command = streq(scan->element, "/forward") ? "network" : "domain",
			     .subject = scan->name,
			     .text = interface,
			     .address = address});
}

static void add_address(struct scan *scan, const char *tag, const char *end, int64_t line)
{
	add(scan, line,
	    arena_printf(scan->managers->arena, "%04lx:%02lx:%02lx.%lx",
			 read_number(tag, end, "domain"), read_number(tag, end, "bus"),
			 read_number(tag, end, "slot"), read_number(tag, end, "function")),
	    NULL);
}

/* A network that runs lists its VFs, too: they count where no interface of that name is seen, as
 * when it is in another namespace. */
static void add_pf(struct scan *scan, const char *tag, const char *end, int64_t line)
{
	struct arena *arena = scan->managers->arena;
	char name[32], pf[PCI_ADDRESS_SIZE];
	const char *address, *interface;

	read_attribute(name, sizeof(name), tag, end, "dev");
	if (!*name || strchr(name, '/') ||
	    path_link_name(pf, sizeof(pf), "/sys/class/net/%s/device", name) < 0)
		return;
	address = arena_strdup(arena, pf);
	interface = arena_strdup(arena, name);
	if (!address || !interface)
		return;
	add(scan, line, address, interface);
	scan->in_source = false;
}

/* A managed element that takes a function of the host opens. */
static void open_element(struct scan *scan, const char *tag, const char *end)
{
	char managed[8], type[16], mode[16];

	read_attribute(managed, sizeof(managed), tag, end, "managed");
	read_attribute(type, sizeof(type), tag, end, "type");
	read_attribute(mode, sizeof(mode), tag, end, "mode");
	if (!streq(managed, "yes") || end[-1] == '/')
		return;
	if (is_tag(tag, "hostdev") && (streq(type, "pci") || !*type))
		scan->element = "/hostdev";
	else if (is_tag(tag, "interface") && streq(type, "hostdev"))
		scan->element = "/interface";
	else if (is_tag(tag, "forward") && streq(mode, "hostdev"))
		scan->element = "/forward";
	scan->in_source = scan->element && streq(scan->element, "/forward");
}

static void on_tag(struct scan *scan, const char *tag, const char *end, int64_t line)
{
	if (is_tag(tag, "name") && !scan->name)
		scan->name = arena_printf(scan->managers->arena, "%.*s",
					  (int)strcspn(end + 1, "<\n"), end + 1);
	else if (!scan->element)
		open_element(scan, tag, end);
	else if (is_tag(tag, scan->element))
		scan->element = NULL;
	else if (is_tag(tag, "source"))
		scan->in_source = end[-1] != '/';
	else if (is_tag(tag, "/source"))
		scan->in_source = false;
	else if (is_tag(tag, "address") && scan->in_source)
		add_address(scan, tag, end, line);
	else if (is_tag(tag, "pf") && scan->in_source)
		add_pf(scan, tag, end, line);
}

/* The end of a tag or comment that begins at open, or NULL. */
static const char *end_of(const char *open)
{
	const char *end;

	if (!startswith(open, "<!--"))
		return strchr(open, '>');
	end = strstr(open, "-->");
	return end ? end + 2 : NULL;
}

static void scan_text(struct scan *scan, const char *text)
{
	const char *open, *end, *counted = text;
	int64_t line = 1;

	for (open = strchr(text, '<'); open; open = strchr(end, '<')) {
		end = end_of(open);
		if (!end)
			return;
		for (; counted < open; counted++)
			line += *counted == '\n';
		if (open[1] != '!' && open[1] != '?')
			on_tag(scan, open + 1, end, line);
	}
}

/* --- what is needed of a file ------------------------------------------------------------- */

struct reduction {
	FILE *out;
	bool named, in_device;
};

/* The tag, with those of its attributes that are read. */
static void put_tag(FILE *out, const char *tag, const char *end)
{
	static const char *const device[] = {"type", "managed",  "domain", "bus",
					     "slot", "function", NULL};
	static const char *const forward[] = {"mode", "managed", NULL}, *const pf[] = {"dev", NULL};
	const char *const *names = is_tag(tag, "forward") ? forward
				   : is_tag(tag, "pf")    ? pf
							  : device;
	int length = (int)strcspn(tag + 1, " \t\r\n>/") + 1;
	char value[32];

	fprintf(out, "<%.*s", length, tag);
	for (; *names; names++) {
		read_attribute(value, sizeof(value), tag, end, *names);
		if (*value)
			fprintf(out, " %s='%.*s'", *names, (int)strcspn(value, "'"), value);
	}
	fputs(end[-1] == '/' ? "/>" : ">", out);
}

static bool is_any(const char *tag, const char *const *names)
{
	while (*names && !is_tag(tag, *names))
		names++;
	return *names;
}

static void reduce_tag(struct reduction *reduction, const char *tag, const char *end)
{
	static const char *const opening[] = {"hostdev", "interface", "forward", NULL};
	static const char *const closing[] = {"/hostdev", "/interface", "/forward", NULL};
	static const char *const naming[] = {"source", "/source", "address", "pf", NULL};
	static const char *const around[] = {"domain", "/domain", "network", "/network", NULL};
	bool opens = is_any(tag, opening);

	if (is_tag(tag, "name") && !reduction->named) {
		fprintf(reduction->out, "<name>%.*s</name>", (int)strcspn(end + 1, "<\n"), end + 1);
		reduction->named = true;
	} else if (opens || is_any(tag, closing)) {
		reduction->in_device = opens && end[-1] != '/';
		put_tag(reduction->out, tag, end);
	} else if (reduction->in_device && is_any(tag, naming)) {
		put_tag(reduction->out, tag, end);
	} else if (is_any(tag, around)) {
		fprintf(reduction->out, "<%.*s>", (int)strcspn(tag + 1, " \t\r\n>/") + 1, tag);
	}
}

char *manager_libvirt_reduce(const char *text, size_t *ret_size)
{
	char *copy = NULL;
	struct reduction reduction = {.out = open_memstream(&copy, ret_size)};
	const char *open, *end, *counted = text;

	if (!reduction.out)
		return NULL;
	for (open = strchr(text, '<'); open && (end = end_of(open)); open = strchr(end, '<')) {
		for (; counted < open; counted++)
			if (*counted == '\n')
				fputc('\n', reduction.out);
		if (open[1] != '!' && open[1] != '?')
			reduce_tag(&reduction, open + 1, end);
	}
	fputc('\n', reduction.out);
	if (fclose(reduction.out) == 0)
		return copy;
	free(copy);
	return NULL;
}

/* --- the files ---------------------------------------------------------------------------- */

static void read_file(struct managers *managers, const struct manager_source *source,
		      const char *directory, const char *name)
{
	struct scan scan = {.managers = managers, .source = source};
	scoped_free char *text = NULL;

	if (path_read_all(&text, MAX_FILE, "%s/%s", directory, name) < 0 ||
	    !strstr(text, MANAGER_LIBVIRT_WORD))
		return;
	scan.file = arena_printf(managers->arena, "%s/%s", directory, name);
	scan_text(&scan, text);
}

/* What is defined, and what runs. */
static void read_libvirt(struct managers *managers, const struct manager_source *source)
{
	static const char *const directories[] = {"/etc/libvirt/qemu", "/run/libvirt/qemu",
						  "/etc/libvirt/qemu/networks",
						  "/run/libvirt/network"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		scoped_dir DIR *dir = path_opendir("%s", directories[i]);
		const char *name, *suffix;

		while (dir && (name = path_next(dir))) {
			suffix = strrchr(name, '.');
			if (suffix && streq(suffix, ".xml"))
				read_file(managers, source, directories[i], name);
		}
	}
}

static const char *describe(struct arena *arena, const struct manager_statement *statement,
			    const char *place)
{
	if (streq(statement->command, "domain"))
		return arena_printf(arena,
				    "libvirt takes it for %s, and gives it back to the host's "
				    "driver when that ends",
				    place);
	return arena_printf(arena,
			    "libvirt hands it out%s%s from %s, and gives it back to the host's "
			    "driver when the domain that has it ends",
			    statement->text ? " as a VF of " : "",
			    statement->text ? statement->text : "", place);
}

static bool libvirt_concerns(struct manager *ret, struct arena *arena,
			     const struct manager_statement *statement,
			     const struct manager_question *question)
{
	const struct device *dev = question->dev;
	const char *address = statement->text ? dev->physfn : dev->address;

	if (!statement->address || !streq(dev->bus, "pci") ||
	    !streq_null(address, statement->address))
		return false;
	ret->place = arena_printf(arena, "the %s %s", statement->command,
				  statement->subject ? statement->subject : "(unnamed)");
	ret->detail = ret->place ? describe(arena, statement, ret->place) : NULL;
	return true;
}

const struct manager_source manager_libvirt_sources[] = {
	{"libvirt", MANAGER_OTHERS, read_libvirt, libvirt_concerns},
	{0},
};
