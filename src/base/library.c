/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>

static bool find_all(void *handle, void *pointers, const struct library_function *functions,
		     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *address = dlsym(handle, functions[i].name);

		if (!address)
			return false;
		memcpy((char *)pointers + functions[i].offset, &address, sizeof(address));
	}
	return true;
}

bool library_load(bool *loaded, const char *soname, void *pointers,
		  const struct library_function *functions, size_t count)
{
	void *handle;

	if (*loaded)
		return true;
	handle = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);
	*loaded = handle && find_all(handle, pointers, functions, count);
	if (!*loaded)
		errno = ELIBACC;
	return *loaded;
}
