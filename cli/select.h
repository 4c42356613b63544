/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that a command line means: operands, "-" for standard input, and filters.
 */
#pragma once

#include "cli/option.h"
#include "host/inventory.h"
#include "host/resolve.h"

struct selection {
	char **addresses; /* sysfs names, each once, in the order given; NULL-ended */
	/*
	 * With --keep-going and to restore, for each address: why there is no such device; code
	 * NULL: there is.
	 */
	struct error *errors;
	size_t count;
};

/*
 * Resolves all operands. 0, or -1 with the first error; with --keep-going a device that does not
 * exist is none. The caller frees it.
 */
int selection_read(struct selection *ret, const struct options *opts, enum resolve_for purpose,
		   struct error *err);

/*
 * The same for who gives back: something may be noted of a device that does not exist, and none at
 * all, from standard input, is no mistake: there may be nothing to give back.
 */
int selection_read_to_restore(struct selection *ret, const struct options *opts, struct error *err);

void selection_free(struct selection *selection);
#define scoped_selection __attribute__((cleanup(selection_free)))

/*
 * Drops the devices that --vfio, --driver, --class, --id and --group exclude, and notes it when
 * none is left. 0, or -1 with STATUS_USAGE for a malformed filter.
 */
int filter_apply(struct inventory *inventory, const struct options *opts, struct error *err);

/* A note about the devices that do not answer, if any: what is printed of them is next to nothing.
 */
void selection_tell_of_locked(const struct inventory *found);
