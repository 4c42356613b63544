/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of verbs, and what help makes of it.
 */
#pragma once

#include <stdio.h>

#include "cli/command.h"

extern const struct command cmd_list, cmd_show, cmd_mode, cmd_bind, cmd_restore, cmd_test, cmd_help;
extern const struct command cmd_reset, cmd_sriov, cmd_run, cmd_recover, cmd_snapshot, cmd_doctor;
extern const struct command cmd_topology;

/* All of them, in the order of help; NULL-ended. */
extern const struct command *const commands[];

/* The verb of that name, or NULL. */
const struct command *command_find(const char *name);

/* Says that there is no such verb, and what was meant, also in the words of other tools. -1. */
int command_unknown(const char *word, struct error *err);

void help_print_overview(FILE *out);
void help_print_command(const struct command *command);
void help_print_version(void);
