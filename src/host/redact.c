/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/redact.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum { OCTETS = 6, MAX_VALUE = 256 };

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

/* Behind these words stands a value that no other machine has. */
static const char *const words[] = {
	"serial", "serial_number", "serial_short", "board_serial", "product_serial",
	"uniq",   "machine_id",    "machine-id",   "product_uuid", "wwid",
	"wwn",    "nguid",         "eui",          "hostname",
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

/* "enx0011223344ff", the name that udev gives an interface by its address. */
static const char *take_name(struct redactor *redactor, FILE *out, const char *text,
			     const char *end)
{
	char digits[2 * OCTETS + 1];

	if (end - text < 3 + 2 * OCTETS || strncmp(text, "enx", 3) != 0)
		return NULL;
	snprintf(digits, sizeof(digits), "%.*s", 2 * OCTETS, text + 3);
	if (strspn(digits, "0123456789abcdef") != 2 * OCTETS)
		return NULL;
	text += 3 + 2 * OCTETS;
	if (text < end && is_word(*text))
		return NULL;
	fputs("enx", out);
	put_mac(redactor, out, digits, '\0');
	return text;
}

/* --- values behind words ------------------------------------------------------------------ */

/* The end of the word at text that is in the table, or NULL. */
static const char *end_of_word(const char *text, const char *end)
{
	const char *longest = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);
		const char *behind = text + n;

		if ((size_t)(end - text) <= n || strncasecmp(text, words[i], n) != 0 ||
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

static void put_serial(struct redactor *redactor, FILE *out, const char *text, size_t size)
{
	char value[MAX_VALUE];

	snprintf(value, sizeof(value), "%.*s", (int)size, text);
	fprintf(out, "redacted-%u", number_of(redactor, value, false));
}

/* KEY=VALUE, KEY: VALUE, KEY{..}=="VALUE", "KEY": "VALUE". */
static const char *take_value(struct redactor *redactor, FILE *out, const char *text,
			      const char *end)
{
	const char *behind = end_of_word(text, end), *operator, * value, *stop;

	if (!behind)
		return NULL;
	operator= skip(behind, end, "}\"' \t");
	value = skip(operator, end, "=:");
	if (value == operator)
		return NULL;
	value = skip(value, end, "\"' \t");
	for (stop = value; stop < end && !strchr("\"' \t\n,}&<>", *stop); stop++)
		;
	if (stop == value || *value == '\0')
		return NULL;
	fwrite(text, 1, (size_t)(value - text), out);
	put_serial(redactor, out, value, (size_t)(stop - value));
	return stop;
}

/* --- all ---------------------------------------------------------------------------------- */

static void redact_to(struct redactor *redactor, FILE *out, const char *text, size_t size)
{
	static const char *(*const takers[])(struct redactor *, FILE *, const char *,
					     const char *) = {take_octets, take_name, take_value};
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

char *redact_file(struct redactor *redactor, const char *name, const char *text, size_t size,
		  size_t *ret_size)
{
	char *copy = NULL;
	FILE *out;
	size_t length = size;
	bool whole = false;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		whole |= strcasecmp(name, words[i]) == 0;
	if (!whole)
		return redact(redactor, text, size, ret_size);
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	out = open_memstream(&copy, ret_size);
	if (!out)
		return NULL;
	if (length)
		put_serial(redactor, out, text, length);
	fwrite(text + length, 1, size - length, out);
	return finish(out, &copy);
}
