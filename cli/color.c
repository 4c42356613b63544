/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to use colour: as the other list tools of util-linux do, and https://no-color.org.
 */
#include <errno.h>

#include "cli/render.h"

const char *color_word(size_t i)
{
	static const char *const words[] = {"auto", "always", "never"};

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

int color_check(const char *word, struct error *err)
{
	for (size_t i = 0; word && color_word(i); i++)
		if (streq(word, color_word(i)))
			return 0;
	if (!word)
		return 0;
	return error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
			 "--color wants auto, always or never, not '%s'", word);
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

bool color_is_wanted(const struct options *opts, FILE *out)
{
	const char *terminal = getenv("TERM");

	if (opts->color && !streq(opts->color, "auto"))
		return streq(opts->color, "always");
	return isatty(fileno(out)) && !is_set("NO_COLOR") && terminal && !streq(terminal, "dumb");
}

const char *color_of(enum tone tone)
{
	static const char *const colors[] = {
		[TONE_GOOD] = "\033[32m",
		[TONE_WARNING] = "\033[33m",
		[TONE_TROUBLE] = "\033[31m",
		[TONE_ASIDE] = "\033[2m",
	};

	return colors[tone];
}

struct paint color_paint(enum tone tone, const struct options *opts, FILE *out)
{
	if (tone == TONE_PLAIN || !color_is_wanted(opts, out))
		return (struct paint){.on = "", .off = ""};
	return (struct paint){.on = color_of(tone), .off = "\033[0m"};
}
