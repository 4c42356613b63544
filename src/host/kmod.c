/* SPDX-License-Identifier: GPL-2.0-or-later */
#define KMOD_PLAIN_NAMES
#include "host/kmod.h"

#include "base/library.h"

struct kmod_library kmod_library;

bool kmod_library_load(void)
{
	static const struct library_function functions[] = {
#define ENTRY(function) {#function, offsetof(struct kmod_library, function)},
		KMOD_FUNCTIONS(ENTRY)
#undef ENTRY
	};
	static bool loaded;

	return library_load(&loaded, "libkmod.so.2", &kmod_library, functions,
			    ARRAY_SIZE(functions));
}
