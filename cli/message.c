/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "cli/command.h"
#include "cli/fill.h"

enum { INDENT = 2 };
#define NAME "vfioctl:"

static struct {
	bool json, quiet;
	int verbose;
} how;

static bool progress_is_shown;

static void clear_progress(void)
{
	if (progress_is_shown)
		fputs("\r\033[K", stderr);
	progress_is_shown = false;
}

void message_setup(const struct options *opts)
{
	how.json = opts->json;
	how.quiet = opts->quiet;
	how.verbose = opts->verbose;
}

/* Prints "vfioctl: TEXT", scrubbed: much of it came from devices and processes; a terminal gets it
 * filled, everything else in one line. */
static void print(const char *text)
{
	scoped_free char *clean = scrub(text, 4096);

	fflush(stdout);
	clear_progress();
	if (isatty(STDERR_FILENO)) {
		fputs(NAME, stderr);
		fill_print(stderr, clean ? clean : "out of memory", INDENT, (int)strlen(NAME));
	} else {
		fprintf(stderr, NAME " %s\n", clean ? clean : "out of memory");
	}
}

static void vprint(const char *prefix, const char *fmt, va_list ap)
{
	scoped_free char *text = NULL, *whole = NULL;

	if (vasprintf(&text, fmt, ap) < 0 || asprintf(&whole, "%s%s", prefix, text) < 0)
		return;
	print(whole);
}

void message_error(const struct error *err)
{
	char text[2048] = "";

	if (*err->device)
		append(text, sizeof(text), "%s: ", err->device);
	append(text, sizeof(text), "%s", err->message);
	if (*err->remedy)
		append(text, sizeof(text), ". %s", err->remedy);
	print(text);
}

void message_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint("warning: ", fmt, ap);
	va_end(ap);
}

void message_note(const char *fmt, ...)
{
	va_list ap;

	if (how.quiet || how.json)
		return;
	va_start(ap, fmt);
	vprint("", fmt, ap);
	va_end(ap);
}

void message_progress(const char *fmt, ...)
{
	scoped_free char *text = NULL;
	va_list ap;
	int n;

	if (how.quiet || how.json || !isatty(STDERR_FILENO))
		return;
	clear_progress();
	if (!fmt)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	fprintf(stderr, "\r\033[Kvfioctl: %s", text);
	progress_is_shown = true;
}

void message_verbose(const char *fmt, ...)
{
	va_list ap;

	if (!how.verbose)
		return;
	va_start(ap, fmt);
	vprint("", fmt, ap);
	va_end(ap);
}
