/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel modules: what is loaded, what could be, and which ones want a device.
 *
 * State is read from /sys/module through base/path; libkmod serves the module indexes, the
 * configuration in modprobe.d and loading.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

enum module_state { MODULE_ABSENT, MODULE_LOADABLE, MODULE_LOADED, MODULE_BUILTIN };

/* "absent", "loadable", "loaded", "built-in". */
const char *module_state_name(enum module_state state);

/* The state of a module, its name with '-' or '_'. */
enum module_state module_state(const char *name);

/*
 * True when an index of the running kernel's modules is damaged, with its file in name: no module
 * on disk is found then, and all others of these functions act as if there were no indexes.
 */
bool module_index_is_damaged(char *name, size_t size);

/* The kernel's spelling of a module's name, which has '_' everywhere. */
void module_normalise(char *buf, size_t size, const char *name);

/*
 * Names of the modules whose aliases match, most specific pattern first, each once; *ret is
 * NULL-ended and lies in arena. The number of names, or -errno (-ENOENT: no module indexes).
 */
int modules_for_alias(const char *const **ret, struct arena *arena, const char *alias);

/*
 * False when module_load() is bound to fail, with what stands in the way of the module in why ("it"
 * is the module): a blacklist or an `install` line in modprobe.d, or a file that is missing.
 */
bool module_may_load(const char *name, char *why, size_t size);

/*
 * The name under which the module registers drivers on a bus: "vfio-pci" for vfio_pci on "pci".
 * From /sys/module/NAME/drivers, so only while it is loaded. 0 or -ENOENT.
 */
int module_driver_name(char *ret, size_t size, const char *module, const char *bus);

/* What can be read from the file of a module that need not be loaded. */
struct module_file;

/* NULL when this kernel has no such module on disk, or it cannot be read. */
struct module_file *module_file_open(const char *name);
void module_file_close(struct module_file *file);

static inline void module_file_close_pointer(struct module_file **file)
{
	module_file_close(*file);
}
#define scoped_module_file __attribute__((cleanup(module_file_close_pointer)))

/* True when its code takes that symbol from the kernel or another module. */
bool module_file_uses(const struct module_file *file, const char *symbol);

/* True when modinfo(8) would show a line of that key whose value begins so. */
bool module_file_says(const struct module_file *file, const char *key, const char *prefix);

/*
 * Loads a module and what it depends on. modprobe.d is obeyed: a blacklisted module and one with an
 * `install` line are refused with an error that says so. Blocks as long as the module's init does.
 */
int module_load(const char *name, struct error *err);
