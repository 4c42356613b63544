/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/group_number.h"

#include <ctype.h>
#include <stdio.h>

/* A number ends here: what follows is no pattern, nor more of a name. */
static bool is_end(char c)
{
	return !isalnum((unsigned char)c) && (c == '\0' || !strchr("*?[-_", c));
}

const char *group_number_next(const char *text, const char *prefix, char *buf, size_t size)
{
	while ((text = strstr(text, prefix))) {
		size_t n;

		text += strlen(prefix);
		n = strspn(text, "0123456789");
		if (n == 0 || n >= size || !is_end(text[n]))
			continue;
		snprintf(buf, size, "%.*s", (int)n, text);
		return text + n;
	}
	return NULL;
}
