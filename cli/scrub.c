/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings from devices, processes and file systems are hostile: they may carry escape sequences for
 * the terminal, marks that turn the direction of text, or bytes that are not UTF-8.
 */
#include <locale.h>
#include <stdio.h>
#include <wchar.h>

#include "cli/render.h"

static bool is_harmful(wchar_t c)
{
	static const struct {
		wchar_t first, last;
	} ranges[] = {
		{0x0000, 0x001f},   /* C0 */
		{0x007f, 0x009f},   /* DEL and C1 */
		{0x061c, 0x061c},   /* Arabic letter mark */
		{0x200b, 0x200f},   /* zero width, direction marks */
		{0x2028, 0x202e},   /* separators, embeddings and overrides */
		{0x2060, 0x206f},   /* invisible operators, isolates */
		{0xd800, 0xdfff},   /* surrogates */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xfff0, 0xffff},   /* specials */
		{0xe0000, 0xe0fff}, /* tags */
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static bool is_plain_ascii(const char *text, size_t max)
{
	size_t n = 0;

	for (; text[n]; n++)
		if (n == max || text[n] < 0x20 || text[n] == 0x7f)
			return false;
	return true;
}

static locale_t utf8_locale(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return locale;
}

/* Copies text into out, which is large enough, character by character. */
static void copy_scrubbed(char *out, const char *text, size_t size)
{
	mbstate_t state = {0};

	for (size_t i = 0; i < size;) {
		wchar_t c = 0;
		size_t n = mbrtowc(&c, text + i, size - i, &state);

		if (n == (size_t)-1 || n == (size_t)-2 || n == 0 || is_harmful(c)) {
			n = n == (size_t)-1 || n == (size_t)-2 || n == 0 ? 1 : n;
			memset(&state, 0, sizeof(state));
			*out++ = '?';
		} else {
			memcpy(out, text + i, n);
			out += n;
		}
		i += n;
	}
	*out = '\0';
}

char *scrub(const char *text, size_t max)
{
	size_t size;
	locale_t saved;
	char *out;

	if (is_plain_ascii(text, max))
		return strdup(text);
	size = strnlen(text, max);
	out = malloc(size + sizeof("..."));
	if (!out)
		return NULL;
	saved = uselocale(utf8_locale());
	copy_scrubbed(out, text, size);
	uselocale(saved);
	if (text[size] != '\0')
		strcat(out, "...");
	return out;
}
