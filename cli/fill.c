/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/fill.h"

#include <string.h>

enum { WIDTH = 79 };

/* What stands between backticks is to be copied: it stays in one line, if there is one. */
static size_t whole_word(const char *text, size_t most)
{
	size_t n = strcspn(text, " \n"), whole;
	const char *tick = memchr(text, '`', n), *end = tick ? strchr(tick + 1, '`') : NULL;

	if (!end || end < text + n)
		return n;
	whole = (size_t)(end - text) + strcspn(end, " \n");
	return whole <= most && strcspn(text, "\n") >= whole ? whole : n;
}

/* The length of the next word, or of as much of it as fits into a line: whole characters. */
static size_t word_length(const char *text, int indent)
{
	size_t most = (size_t)(WIDTH - indent), n = whole_word(text, most);

	if (n <= most)
		return n;
	for (n = most; n > 1 && (text[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

int fill_part(FILE *out, const char *text, int indent, int column)
{
	while (*text) {
		size_t n = word_length(text, indent);

		if (column > indent && column + (int)n + 1 > WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)n, text);
		column += (int)n;
		text += n;
		if (*text == '\n') {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		}
		text += *text == ' ' || *text == '\n';
	}
	return column;
}

void fill_print(FILE *out, const char *text, int indent, int column)
{
	fill_part(out, text, indent, column);
	fputc('\n', out);
}
