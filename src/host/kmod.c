/* SPDX-License-Identifier: GPL-2.0-or-later */
#define KMOD_PLAIN_NAMES
#include "host/kmod.h"

#include <dlfcn.h>
#include <errno.h>

#include "base/util.h"

struct kmod_library kmod_library;

static bool find_all(void *handle)
{
	static const struct {
		const char *name;
		size_t offset;
	} functions[] = {
#define ENTRY(function) {#function, offsetof(struct kmod_library, function)},
		KMOD_FUNCTIONS(ENTRY)
#undef ENTRY
	};

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *address = dlsym(handle, functions[i].name);

		if (!address)
			return false;
		memcpy((char *)&kmod_library + functions[i].offset, &address, sizeof(address));
	}
	return true;
}

bool kmod_library_load(void)
{
	static bool loaded;
	void *handle;

	if (loaded)
		return true;
	handle = dlopen("libkmod.so.2", RTLD_LAZY | RTLD_LOCAL);
	if (handle && find_all(handle)) {
		loaded = true;
	} else {
		errno = ELIBACC;
	}
	return loaded;
}
