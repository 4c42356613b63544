/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <strings.h>

#include "host/denial.h"
#include "host/redact_internal.h"

enum { OCTETS = 6, MAX_VALUE = 1024 };

struct value {
	const struct value *next;
	const char *text; /* MAC addresses: 12 small digits */
	bool is_mac;
	unsigned int number;
};

struct redactor {
	struct arena *arena;
	const struct value *values;
	unsigned int n_macs, n_serials;
};

/* Behind these words stands a value that no other machine has, or that nobody is to know. */
static const char *const words[] = {
	"serial",   "serial_number", "serial_short", "board_serial", "product_serial",
	"uniq",     "machine_id",    "machine-id",   "product_uuid", "wwid",
	"wwn",      "nguid",         "eui",          "hostname",     "sn",
	"uuid",     "partuuid",      "guid",         "node_guid",    "sys_image_guid",
	"password", "passwd",        "passphrase",   "secret",       "wwn_with_extension",
	NULL,
};

/* Behind these stands a MAC address, in whatever form. */
static const char *const mac_words[] = {
	"mac", "macaddr", "mac_addr", "mac_address", "hwaddr", "hwaddress", "ethaddr", NULL,
};

struct redactor *redactor_new(struct arena *arena)
{
	struct redactor *redactor = arena_alloc(arena, sizeof(*redactor));

	if (redactor)
		redactor->arena = arena;
	return redactor;
}

size_t redactor_count(const struct redactor *redactor)
{
	return (size_t)redactor->n_macs + redactor->n_serials;
}

/* The number of a value, a new one when it was not seen before; 0 when there is no room. */
static unsigned int number_of(struct redactor *redactor, const char *text, bool is_mac)
{
	struct value *new;

	for (const struct value *value = redactor->values; value; value = value->next)
		if (value->is_mac == is_mac && streq(value->text, text))
			return value->number;
	new = arena_alloc(redactor->arena, sizeof(*new));
	if (!new)
		return 0;
	*new = (struct value){
		.next = redactor->values,
		.text = arena_strdup(redactor->arena, text),
		.is_mac = is_mac,
		.number = is_mac ? ++redactor->n_macs : ++redactor->n_serials,
	};
	if (!new->text)
		return 0;
	redactor->values = new;
	return new->number;
}

/* --- MAC addresses ------------------------------------------------------------------------ */

static bool is_word(char c)
{
	return isalnum((unsigned char)c);
}

static bool is_octet(const char *text, const char *end)
{
	return end - text >= 2 && isxdigit((unsigned char)text[0]) &&
	       isxdigit((unsigned char)text[1]);
}

/* Nobody's addresses: zeros, and the one for all. */
static bool is_nobodys(const char *digits)
{
	return strspn(digits, "0") == 2 * OCTETS || strspn(digits, "f") == 2 * OCTETS;
}

/* Writes an address in place of the 12 digits, locally administered, with separator or without. */
static void put_mac(struct redactor *redactor, FILE *out, const char *digits, char separator)
{
	unsigned int n = number_of(redactor, digits, true);
	const unsigned int octets[OCTETS] = {2, 0, n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255};

	for (size_t i = 0; i < OCTETS; i++) {
		if (i && separator)
			fputc(separator, out);
		fprintf(out, "%02x", octets[i]);
	}
}

/* Octets with a separator between them, at least six: the last six are the address. Returns what
 * follows them, or NULL when there are none. */
static const char *take_octets(struct redactor *redactor, FILE *out, const char *text,
			       const char *end)
{
	char separator = end - text > 2 ? text[2] : '\0', digits[2 * OCTETS + 1] = "";
	const char *at = text;
	size_t count = 0;

	if (separator != ':' && separator != '-')
		return NULL;
	while (is_octet(at, end)) {
		count++;
		at += 2;
		if (at == end || *at != separator || !is_octet(at + 1, end))
			break;
		at++;
	}
	if (count < OCTETS || (at < end && (is_word(*at) || *at == separator)))
		return NULL;
	text = at - (3 * OCTETS - 1);
	for (size_t i = 0; i < OCTETS; i++)
		snprintf(digits + 2 * i, 3, "%c%c", tolower((unsigned char)text[3 * i]),
			 tolower((unsigned char)text[3 * i + 1]));
	if (is_nobodys(digits))
		return NULL;
	fwrite(at - (3 * count - 1), 1, 3 * (count - OCTETS), out);
	put_mac(redactor, out, digits, separator);
	return at;
}

static bool is_mac(const char *text, const char *end)
{
	for (size_t i = 0; i < 2 * OCTETS; i++)
		if (text + i >= end || !isxdigit((unsigned char)text[i]))
			return false;
	return text + 2 * OCTETS == end || !is_word(text[2 * OCTETS]);
}

/* An address of twelve digits; returns what follows it, or NULL when it is none. */
static const char *take_digits(struct redactor *redactor, FILE *out, const char *head,
			       const char *text, const char *end)
{
	char digits[2 * OCTETS + 1] = "";

	if (!is_mac(text, end))
		return NULL;
	for (size_t i = 0; i < 2 * OCTETS; i++)
		digits[i] = (char)tolower((unsigned char)text[i]);
	if (is_nobodys(digits))
		return NULL;
	fwrite(head, 1, (size_t)(text - head), out);
	put_mac(redactor, out, digits, '\0');
	return text + 2 * OCTETS;
}

/* "enx0011223344ff", the name that udev gives an interface by its address. */
static const char *take_name(struct redactor *redactor, FILE *out, const char *text,
			     const char *end)
{
	static const char *const kinds[] = {"enx", "ibx", "slx", "wlx", "wwx"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (end - text > 3 && strncmp(text, kinds[i], 3) == 0)
			return take_digits(redactor, out, text, text + 3, end);
	return NULL;
}

/* --- names that say what they are --------------------------------------------------------- */

/* Of SCSI and NVMe: "iqn.2003-01.org.example:disk" with a year, "eui.0025385b71b0a1c2". */
static const char *take_qualified(struct redactor *redactor, FILE *out, const char *text,
				  const char *end)
{
	static const char *const dated[] = {"iqn.2", "iqn.1", "nqn.2"}, *const hex[] = {"eui.",
											"naa."};
	const char *behind = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(dated); i++)
		if (end - text > 5 && strncasecmp(text, dated[i], 5) == 0)
			behind = text + 5;
	for (size_t i = 0; i < ARRAY_SIZE(hex); i++)
		if (end - text > 4 && strncasecmp(text, hex[i], 4) == 0 &&
		    isxdigit((unsigned char)text[4]))
			behind = text + 5;
	if (!behind)
		return NULL;
	while (behind < end && (is_word(*behind) || (*behind && strchr(".:-_", *behind))))
		behind++;
	while (!is_word(behind[-1]))
		behind--;
	if (behind - text < 12)
		return NULL;
	redact_value(redactor, out, text, (size_t)(behind - text));
	return behind;
}

/* --- values behind words ------------------------------------------------------------------ */

/* The end of the word at text that is in the table, or NULL. */
static const char *end_of_word(const char *text, const char *end, const char *const *table)
{
	const char *longest = NULL;

	for (size_t i = 0; table[i]; i++) {
		size_t n = strlen(table[i]);
		const char *behind = text + n;

		if ((size_t)(end - text) <= n || strncasecmp(text, table[i], n) != 0 ||
		    is_word(*behind) || *behind == '_' || *behind == '-')
			continue;
		if (!longest || behind > longest)
			longest = behind;
	}
	return longest;
}

static const char *skip(const char *text, const char *end, const char *characters)
{
	while (text < end && *text && strchr(characters, *text))
		text++;
	return text;
}

void redact_value(struct redactor *redactor, FILE *out, const char *text, size_t size)
{
	char value[MAX_VALUE];

	snprintf(value, sizeof(value), "%.*s", (int)size, text);
	fprintf(out, "redacted-%u", number_of(redactor, value, false));
}

/* KEY=VALUE, KEY: VALUE, KEY{..}=="VALUE", "KEY": "VALUE". The value, or NULL. */
static const char *find_value(const char *text, const char *end, const char *const *table)
{
	const char *behind = end_of_word(text, end, table), *sign, *value;

	if (!behind)
		return NULL;
	sign = skip(behind, end, "}\"' \t");
	value = skip(sign, end, "=:");
	return value == sign ? NULL : skip(value, end, "\"' \t");
}

static const char *take_value(struct redactor *redactor, FILE *out, const char *text,
			      const char *end)
{
	const char *value = find_value(text, end, words), *stop;

	if (!value)
		return NULL;
	for (stop = value; stop < end && !strchr("\"' \t\n,}&<>", *stop); stop++)
		;
	if (stop == value || *value == '\0')
		return NULL;
	fwrite(text, 1, (size_t)(value - text), out);
	redact_value(redactor, out, value, (size_t)(stop - value));
	return stop;
}

static const char *take_mac_value(struct redactor *redactor, FILE *out, const char *text,
				  const char *end)
{
	const char *value = find_value(text, end, mac_words);

	if (!value)
		return NULL;
	if (end - value > 2 && strncasecmp(value, "0x", 2) == 0)
		value += 2;
	return take_digits(redactor, out, text, value, end);
}

/* --- all ---------------------------------------------------------------------------------- */

void redact_to(struct redactor *redactor, FILE *out, const char *text, size_t size)
{
	static const char *(*const takers[])(struct redactor *, FILE *, const char *,
					     const char *) = {take_octets, take_name, take_value,
							      take_mac_value, take_qualified};
	const char *at = text, *end = text + size, *behind;

	while (at < end) {
		behind = NULL;
		if (at == text || !is_word(at[-1]))
			for (size_t i = 0; i < ARRAY_SIZE(takers) && !behind; i++)
				behind = takers[i](redactor, out, at, end);
		if (behind)
			at = behind;
		else
			fputc(*at++, out);
	}
}

static char *finish(FILE *out, char **text)
{
	if (fclose(out) == 0)
		return *text;
	free(*text);
	return NULL;
}

char *redact(struct redactor *redactor, const char *text, size_t size, size_t *ret_size)
{
	char *copy = NULL;
	FILE *out = open_memstream(&copy, ret_size);

	if (!out)
		return NULL;
	redact_to(redactor, out, text, size);
	return finish(out, &copy);
}

/* A file that is nothing but a value, and the newline at its end. */
static void redact_whole(struct redactor *redactor, FILE *out, const char *text, size_t size)
{
	size_t length = size;

	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	if (length)
		redact_value(redactor, out, text, length);
	fwrite(text + length, 1, size - length, out);
}

/* Names and numbers of accounts: a user may be called as words are behind which a value stands. */
static void leave(struct redactor *redactor, FILE *out, const char *text, size_t size)
{
	(void)redactor;
	fwrite(text, 1, size, out);
}

static bool is_in(const char *text, const char *const *table, bool by_case)
{
	for (; *table; table++)
		if (by_case ? streq(text, *table) : strcasecmp(text, *table) == 0)
			return true;
	return false;
}

char *redact_file(struct redactor *redactor, const char *path, const char *text, size_t size,
		  size_t *ret_size)
{
	static const char *const accounts[] = {"/etc/passwd", "/etc/group", NULL};
	void (*put)(struct redactor *, FILE *, const char *, size_t) = redact_to;
	char *copy = NULL;
	FILE *out = open_memstream(&copy, ret_size);

	if (!out)
		return NULL;
	if (is_in(path, accounts, true))
		put = leave;
	else if (is_in(base_name(path), words, false))
		put = redact_whole;
	else if (is_in(path, denial_logs, true))
		put = redact_log;
	else if (streq(path, "/proc/cmdline"))
		put = redact_command_line;
	put(redactor, out, text, size);
	return finish(out, &copy);
}
