/* SPDX-License-Identifier: GPL-2.0-or-later */
#define MOUNT_PLAIN_NAMES
#include "host/mount_library.h"

#include "base/library.h"

struct mount_library mount_library;

bool mount_library_load(void)
{
	static const struct library_function functions[] = {
#define ENTRY(function) {#function, offsetof(struct mount_library, function)},
		MOUNT_FUNCTIONS(ENTRY)
#undef ENTRY
	};
	static bool loaded;

	return library_load(&loaded, "libmount.so.1", &mount_library, functions,
			    ARRAY_SIZE(functions));
}
