/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/width.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Bytes of the first character, and how many columns it takes. A stray byte is printed as \xNN. */
static size_t character(const char *text, size_t *ret_width)
{
	mbstate_t state = {0};
	wchar_t c = 0;
	size_t n = mbrtowc(&c, text, MB_CUR_MAX, &state);
	int width = n == 0 || n > MB_CUR_MAX ? 4 : wcwidth(c);

	*ret_width = width < 0 ? 4 : (size_t)width;
	return n == 0 || n > MB_CUR_MAX ? 1 : n;
}

size_t width_bytes(const char *text, size_t columns, size_t *ret_width)
{
	size_t bytes = 0, width = 0;

	while (text[bytes]) {
		size_t w, n = character(text + bytes, &w);

		if (width + w > columns)
			break;
		width += w;
		bytes += n;
	}
	*ret_width = width;
	return bytes;
}

size_t width_of(const char *text)
{
	size_t width;

	width_bytes(text, SIZE_MAX, &width);
	return width;
}

/* Bytes of the text's first line, of so many columns; at least one character. */
static size_t line_bytes(const char *text, size_t columns)
{
	size_t width, n = width_bytes(text, columns, &width), end = n;

	if (n == 0)
		return character(text, &width);
	while (text[n] && text[n] != ' ' && end > 0 && text[end - 1] != ' ')
		end--;
	while (end > 0 && text[end - 1] == ' ')
		end--;
	return end ? end : n;
}

char *width_wrap(const char *text, size_t columns)
{
	/* At most every byte becomes a line. */
	char *lines = malloc(2 * strlen(text) + 1), *at = lines;

	while (lines && *text) {
		size_t n = line_bytes(text, columns);

		memcpy(at, text, n);
		at += n;
		text += n;
		text += strspn(text, " ");
		if (*text)
			*at++ = '\n';
	}
	if (lines)
		*at = '\0';
	return lines;
}
