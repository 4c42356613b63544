/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which word was meant.
 */
#include <ctype.h>

#include "base/util.h"
#include "cli/option.h"

static bool are_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

enum { LONGEST = 31 };

/*
 * How many letters are wrong, missing, too many, or swapped with the next, in whatever case; words
 * longer than a row are far from everything.
 */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1], n = strlen(b), i;

	if (n > LONGEST)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		rows[0][j] = j;
	for (i = 1; a[i - 1]; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			row[j] = least(above[j - 1] + !are_same(a[i - 1], b[j - 1]),
				       least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && are_same(a[i - 1], b[j - 2]) &&
			    are_same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], second[j - 2] + 1);
		}
	}
	return rows[(i - 1) % 3][n];
}

/* How many slips a word of that length may have: with more a short one is near to anything. */
static size_t slips_of(const char *word)
{
	size_t n = strlen(word);

	return n < 6 ? 1 : n / 3;
}

const char *nearest_word(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t nearest = slips_of(word);

	for (; *words; words++) {
		size_t d =
			startswith(*words, word) && strlen(word) > 1 ? 0 : distance(word, *words);

		if (d <= nearest && (!best || d < nearest)) {
			best = *words;
			nearest = d;
		}
	}
	return best;
}
