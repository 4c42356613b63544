/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Libraries that are loaded when they are first wanted. Some bring others along, and binding those
 * takes longer than everything else that happens before main(): most runs have no use for them and
 * should not pay for it.
 */
#pragma once

#include "base/util.h"

struct library_function {
	const char *name;
	size_t offset; /* of the pointer to it, in what library_load() fills */
};

/*
 * Loads the library and fills pointers, a struct of pointers to its functions. True when that was
 * done before, too; false, with errno ELIBACC, when it is not there or lacks one of them.
 */
bool library_load(bool *loaded, const char *soname, void *pointers,
		  const struct library_function *functions, size_t count);
