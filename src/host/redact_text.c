/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts of which more is known than that they are text.
 *
 * Whatever the kernel does not know on its command line goes on to programs: addresses, names,
 * what opens the disks. Of words that nobody here looks at a value stays when it tells nothing of
 * the machine's owner.
 */
#include <ctype.h>

#include "host/redact_internal.h"

/* --- the command line --------------------------------------------------------------------- */

/* Parts of the names that vfioctl looks for, and of what is near to them. */
static const char *const wanted[] = {"iommu", "vfio",      "pci",      "kvm",     "apic",
				     "irq",   "blacklist", "intremap", "lockdown"};

/* Names whose values are about the machine's build, or a plain MAC address. */
static const char *const harmless[] = {
	"BOOT_IMAGE", "BOOTIF",   "console",  "crashkernel", "earlycon", "hugepagesz",
	"ifname",     "isolcpus", "loglevel", "mitigations", "video",    "default_hugepagesz"};

/* Parts of the names of what may be a number and is a secret. */
static const char *const secret[] = {"pass", "secret", "key", "pin", "cred", "token", "auth"};

static const char *const plain[] = {"on", "off", "yes", "no", "y", "n", "auto", "none", "force"};

static bool has_part(const char *name, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(name, parts[i]))
			return true;
	return false;
}

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(word, words[i]))
			return true;
	return false;
}

/* "1024", "2M", "0-3,8": no longer than what counts something. */
static bool is_number(const char *value)
{
	size_t n = 1;

	for (; isdigit((unsigned char)*value); value += n + (value[n] == ',' || value[n] == '-')) {
		n = strspn(value, "0123456789");
		if (n > 5)
			return false;
	}
	return *value == '\0' || (strchr("kKmMgG", *value) && value[1] == '\0');
}

static bool may_stay(const char *name, const char *value)
{
	if (has_part(name, wanted, ARRAY_SIZE(wanted)) ||
	    is_one_of(name, harmless, ARRAY_SIZE(harmless)))
		return true;
	return !has_part(name, secret, ARRAY_SIZE(secret)) &&
	       (is_one_of(value, plain, ARRAY_SIZE(plain)) || is_number(value));
}

/* NAME=VALUE. Behind "--" stand words for the first program, which may be anything. */
static void put_word(struct redactor *redactor, FILE *out, const char *word, size_t size,
		     bool is_program)
{
	scoped_free char *name = strndup(word + (*word == '"'), size - (*word == '"'));
	char *equals = name ? strchr(name, '=') : NULL;
	size_t head = equals ? (size_t)(equals + 1 - name) + (*word == '"') : 0;

	if (!name)
		return;
	if (equals)
		*equals = '\0';
	if (equals ? head < size && !may_stay(name, equals + 1)
		   : is_program && *name != '-' && !has_part(name, wanted, ARRAY_SIZE(wanted))) {
		fwrite(word, 1, head, out);
		redact_value(redactor, out, word + head, size - head);
	} else {
		redact_to(redactor, out, word, size);
	}
}

void redact_command_line(struct redactor *redactor, FILE *out, const char *text, size_t size)
{
	const char *end = text + size;
	bool is_program = false;

	while (text < end) {
		bool quoted = false;
		size_t n = 0;

		for (; text + n < end && (quoted || !isspace((unsigned char)text[n])); n++)
			quoted ^= text[n] == '"';
		if (n == 0) {
			fputc(*text++, out);
			continue;
		}
		put_word(redactor, out, text, n, is_program);
		is_program |= n == 2 && strncmp(text, "--", 2) == 0;
		text += n;
	}
}

/* --- logs --------------------------------------------------------------------------------- */

/* What a time in a log consists of: "Nov 30 03:05:00", "2026-11-30T03:05:00.123456+01:00". */
static const char *skip_time(const char *line)
{
	const char *end = line;
	unsigned int day, hour, minute, second;
	int length = 0;

	if (sscanf(line, "%*3[A-Z,a-z] %2u %2u:%2u:%2u%n", &day, &hour, &minute, &second,
		   &length) == 4 &&
	    length > 0)
		return line + length;
	if (sscanf(line, "%*4u-%*2u-%*2uT%2u:%2u:%2u%n", &hour, &minute, &second, &length) == 3)
		end += (size_t)length + strspn(line + length, "0123456789.,:+-Z");
	return end;
}

static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; form[i]; i++)
		if (form[i] == '-' ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* A profile of AppArmor is named by the UUID of the virtual machine that it is of. */
static void put_text(struct redactor *redactor, FILE *out, const char *text)
{
	enum { UUID = 36 };
	const char *head = text;

	for (; *text; text++) {
		if (!is_uuid(text))
			continue;
		redact_to(redactor, out, head, (size_t)(text - head));
		redact_value(redactor, out, text, UUID);
		head = text + UUID;
		text = head - 1;
	}
	redact_to(redactor, out, head, (size_t)(text - head));
}

/* The host's name stands behind the time. */
static void put_line(struct redactor *redactor, FILE *out, const char *line)
{
	const char *host = skip_time(line), *rest;

	if (host > line && *host == ' ' && host[1] != ' ') {
		host++;
		rest = host + strcspn(host, " ");
		fwrite(line, 1, (size_t)(host - line), out);
		if (rest > host)
			redact_value(redactor, out, host, (size_t)(rest - host));
		line = rest;
	}
	put_text(redactor, out, line);
}

void redact_log(struct redactor *redactor, FILE *out, const char *text, size_t size)
{
	scoped_free char *copy = strndup(text, size);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		put_line(redactor, out, line);
		if (rest)
			fputc('\n', out);
	}
}
