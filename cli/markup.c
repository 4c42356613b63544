/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/markup.h"

#include "cli/render.h"

enum { MAX_TEXT = 4096 };

static void put_escaped(FILE *out, const char *text, size_t size)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"},
	};

	for (size_t i = 0, k; i < size; i++) {
		for (k = 0; k < ARRAY_SIZE(entities) && entities[k].c != text[i]; k++)
			;
		if (k < ARRAY_SIZE(entities))
			fputs(entities[k].entity, out);
		else
			fputc(text[i], out);
	}
}

void markup_xml(FILE *out, const char *text)
{
	scoped_free char *clean = scrub(text, MAX_TEXT);

	if (clean)
		put_escaped(out, clean, strlen(clean));
}

/* Where the character behind the one at i begins. */
static size_t next_character(const char *text, size_t i)
{
	do
		i++;
	while ((text[i] & 0xc0) == 0x80);
	return i;
}

void markup_xml_cut(FILE *out, const char *text, size_t max)
{
	scoped_free char *clean = scrub(text, MAX_TEXT);
	size_t n = 0, size = 0, keep = 0;

	if (!clean)
		return;
	for (; clean[size]; size = next_character(clean, size), n++)
		if (n + 1 == max)
			keep = size;
	if (n <= max) {
		put_escaped(out, clean, size);
		return;
	}
	put_escaped(out, clean, keep);
	fputs("\xe2\x80\xa6", out);
}

void markup_dot(FILE *out, const char *text)
{
	scoped_free char *clean = scrub(text, MAX_TEXT);

	for (const char *c = clean; c && *c; c++) {
		if (*c == '"' || *c == '\\')
			fputc('\\', out);
		fputc(*c, out);
	}
}
