/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a redactor share. */
#pragma once

#include <stdio.h>

#include "host/redact.h"

/* Writes text[size] with what identifies the machine replaced. */
void redact_to(struct redactor *redactor, FILE *out, const char *text, size_t size);

/* Writes a word in place of the value. */
void redact_value(struct redactor *redactor, FILE *out, const char *value, size_t size);

/* redact_text.c: the kernel's command line, and lines of a log. */
void redact_command_line(struct redactor *redactor, FILE *out, const char *text, size_t size);
void redact_log(struct redactor *redactor, FILE *out, const char *text, size_t size);
