/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/module.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/module_index.h"
#include "host/module_internal.h"

static void stay_silent(void *data, int priority, const char *file, int line, const char *fn,
			const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

/* 0, or what keeps libkmod from them: -EBADMSG when one is damaged, with its name. */
static int indexes_check(char *release, size_t size, char *damaged, size_t damaged_size)
{
	ssize_t r = path_read(release, size, "/proc/sys/kernel/osrelease");

	if (r < 0)
		return (int)r;
	return module_indexes_are_whole(release, damaged, damaged_size) ? 0 : -EBADMSG;
}

bool module_index_is_damaged(char *name, size_t size)
{
	char release[256];

	return indexes_check(release, sizeof(release), name, size) == -EBADMSG;
}

/* Before it can be told to be silent, libkmod says what KMOD_LOG wants to hear, and without it what
 * is wrong with the configuration. A command of run may want the variable. */
static struct kmod_ctx *open_silently(const char *modules, const char *const *config)
{
	scoped_free char *level = NULL;
	const char *wanted = getenv("KMOD_LOG");
	struct kmod_ctx *ctx;

	if (wanted && !(level = strdup(wanted)))
		return NULL;
	setenv("KMOD_LOG", "0", true);
	ctx = kmod_new(modules, config);
	if (level)
		setenv("KMOD_LOG", level, true);
	else
		unsetenv("KMOD_LOG");
	if (ctx)
		kmod_set_log_fn(ctx, stay_silent, NULL);
	return ctx;
}

/* What this process has of the modules in one root; what it read stays until the files change. */
static struct {
	char root[PATH_MAX];
	char modules[PATH_MAX]; /* of the running kernel, as a path in the root */
	struct kmod_ctx *ctx;   /* NULL: there was nothing to read */
	uint64_t config;        /* module_config_stamp() */
} kept;

static bool is_there(const char *path)
{
	struct stat st;

	return path_stat(&st, "%s", path) == 0;
}

static bool is_kept(const char *root)
{
	if (!streq(kept.root, root))
		return false;
	if (!kept.ctx)
		return !is_there(kept.modules);
	return kmod_validate_resources(kept.ctx) == KMOD_RESOURCES_OK &&
	       kept.config == module_config_stamp();
}

static struct kmod_ctx *open_in_root(const char *directory)
{
	scoped_module_config struct module_config config = {0};
	char modules[PATH_MAX];
	struct kmod_ctx *ctx;

	if (module_config_find(&config) < 0 ||
	    path_lend(modules, sizeof(modules), "%s", directory) < 0)
		return NULL;
	ctx = open_silently(modules, (const char *const *)config.paths);
	/* Without an index or two it opens the others for each question, which is as good. */
	if (ctx)
		kmod_load_resources(ctx);
	return ctx;
}

/* Begins anew in a root. 0 or -errno. */
static int keep(const char *root)
{
	char release[256], damaged[PATH_MAX];
	int r = indexes_check(release, sizeof(release), damaged, sizeof(damaged));

	unref_kmod(&kept.ctx);
	kept.root[0] = '\0';
	if (r < 0)
		return r;
	if (!kmod_library_load())
		return -errno;
	snprintf(kept.modules, sizeof(kept.modules), "/lib/modules/%s", release);
	kept.config = module_config_stamp();
	if (is_there(kept.modules)) {
		kept.ctx = open_in_root(kept.modules);
		if (!kept.ctx)
			return -ENOMEM;
	}
	snprintf(kept.root, sizeof(kept.root), "%s", root);
	return 0;
}

struct kmod_ctx *module_indexes_open(void)
{
	char root[PATH_MAX];
	int r;

	path_outside(root, sizeof(root), "/");
	if (!is_kept(root) && (r = keep(root)) < 0) {
		errno = -r;
		return NULL;
	}
	if (!kept.ctx) {
		errno = ENOENT;
		return NULL;
	}
	return kmod_ref(kept.ctx);
}

const char *module_state_name(enum module_state state)
{
	static const char *const names[] = {
		[MODULE_ABSENT] = "absent",
		[MODULE_LOADABLE] = "loadable",
		[MODULE_LOADED] = "loaded",
		[MODULE_BUILTIN] = "built-in",
	};

	return names[state];
}

void module_normalise(char *buf, size_t size, const char *name)
{
	snprintf(buf, size, "%s", name);
	for (char *c = buf; *c; c++)
		if (*c == '-')
			*c = '_';
}

/* Looks the name up in the indexes: a file on disk, or the list of what is built in. */
static enum module_state state_on_disk(const char *name)
{
	scoped_kmod struct kmod_ctx *ctx = module_indexes_open();
	scoped_list struct kmod_list *list = NULL;
	scoped_module struct kmod_module *module = NULL;

	if (!ctx || kmod_module_new_from_lookup(ctx, name, &list) < 0 || !list)
		return MODULE_ABSENT;
	module = kmod_module_get_module(list);
	return kmod_module_get_path(module) ? MODULE_LOADABLE : MODULE_BUILTIN;
}

enum module_state module_state(const char *name)
{
	char module[NAME_MAX];

	module_normalise(module, sizeof(module), name);
	if (path_exists("/sys/module/%s/initstate", module))
		return MODULE_LOADED;
	if (path_exists("/sys/module/%s", module))
		return MODULE_BUILTIN;
	return state_on_disk(module);
}

int module_driver_name(char *ret, size_t size, const char *module, const char *bus)
{
	char name[NAME_MAX];
	const char *entry, *driver;

	module_normalise(name, sizeof(name), module);
	scoped_dir DIR *dir = path_opendir("/sys/module/%s/drivers", name);

	while (dir && (entry = path_next(dir))) {
		driver = startswith(entry, bus);
		if (!driver || *driver != ':' || strlen(driver + 1) >= size)
			continue;
		snprintf(ret, size, "%s", driver + 1);
		return 0;
	}
	return -ENOENT;
}

struct module_file {
	struct kmod_ctx *ctx;
	struct kmod_module *module;
	struct kmod_list *symbols, *info;
};

/* Finds and reads the module; the caller closes file whatever is returned. */
static bool read_module_file(struct module_file *file, const char *name)
{
	scoped_list struct kmod_list *found = NULL;

	file->ctx = module_indexes_open();
	if (!file->ctx || kmod_module_new_from_lookup(file->ctx, name, &found) < 0 || !found)
		return false;
	file->module = kmod_module_get_module(found);
	return kmod_module_get_path(file->module) &&
	       path_may_lend(kmod_module_get_path(file->module)) &&
	       kmod_module_get_dependency_symbols(file->module, &file->symbols) >= 0 &&
	       kmod_module_get_info(file->module, &file->info) >= 0;
}

struct module_file *module_file_open(const char *name)
{
	struct module_file *file = calloc(1, sizeof(*file));

	if (file && read_module_file(file, name))
		return file;
	module_file_close(file);
	return NULL;
}

void module_file_close(struct module_file *file)
{
	if (!file)
		return;
	if (file->ctx) {
		kmod_module_dependency_symbols_free_list(file->symbols);
		kmod_module_info_free_list(file->info);
		unref_module(&file->module);
		kmod_unref(file->ctx);
	}
	free(file);
}

bool module_file_uses(const struct module_file *file, const char *symbol)
{
	struct kmod_list *item;

	kmod_list_foreach (item, file->symbols)
		if (streq(kmod_module_dependency_symbol_get_symbol(item), symbol))
			return true;
	return false;
}

bool module_file_says(const struct module_file *file, const char *key, const char *prefix)
{
	struct kmod_list *item;

	kmod_list_foreach (item, file->info)
		if (streq(kmod_module_info_get_key(item), key) &&
		    startswith(kmod_module_info_get_value(item), prefix))
			return true;
	return false;
}

struct install_line {
	char command[256]; /* a copy: libkmod frees its own when the callback returns */
};

/* modprobe.d's `install` lines are shell commands; this program does not run them. */
static int refuse_install_line(struct kmod_module *module, const char *command, void *data)
{
	struct install_line *refused = data;

	(void)module;
	snprintf(refused->command, sizeof(refused->command), "%s", command);
	return -EPERM;
}

static int explain_load(const char *name, int r, const char *install_line, struct error *err)
{
	if (*install_line) {
		error_set(err, STATUS_FAILED, EPERM, "module-install-line", name,
			  "modprobe.d has an install line for this module: %s", install_line);
		return error_remedy(err, "Load it as that line says, or remove the line.");
	}
	if (r == KMOD_PROBE_APPLY_BLACKLIST) {
		error_set(err, STATUS_FAILED, EPERM, "module-blacklisted", name,
			  "modprobe.d blacklists this module");
		return error_remedy(
			err, "Remove the blacklist line, or load it by hand: modprobe %s", name);
	}
	error_errno(err, r, "module-load", name, "the module cannot be loaded");
	if (r == -EPERM || r == -EACCES)
		error_remedy(err, "Run as root.");
	return -1;
}

static int explain_no_indexes(const char *name, int number, struct error *err)
{
	char damaged[PATH_MAX];

	if (!module_index_is_damaged(damaged, sizeof(damaged)))
		return error_set(err, STATUS_FAILED, number, "no-modules", name,
				 "the module indexes of this kernel are missing (/lib/modules)");
	error_set(err, STATUS_FAILED, number, "module-index-damaged", name,
		  "the module index %s is damaged", damaged);
	return error_remedy(err, "Make it anew: depmod");
}

int module_load(const char *name, struct error *err)
{
	scoped_kmod struct kmod_ctx *ctx = module_indexes_open();
	scoped_list struct kmod_list *list = NULL;
	struct install_line refused = {.command = ""};
	struct kmod_list *item;

	if (!ctx)
		return explain_no_indexes(name, errno, err);
	if (kmod_module_new_from_lookup(ctx, name, &list) < 0 || !list) {
		error_set(err, STATUS_UNSUPPORTED, ENOENT, "module-absent", name,
			  "this kernel has no such module");
		return error_remedy(err, "`vfioctl mode` shows the modules there are.");
	}
	kmod_list_foreach (item, list) {
		scoped_module struct kmod_module *module = kmod_module_get_module(item);
		int r = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL,
							refuse_install_line, &refused, NULL);

		if (r != 0 && r != -EEXIST)
			return explain_load(name, r, refused.command, err);
	}
	return 0;
}
