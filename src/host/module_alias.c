/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which modules want a device, and whether they could be loaded.
 *
 * An alias is a row of fields, each a tag in small letters and a value in digits and capitals, or a
 * '*' where any value will do: "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*". Of two that match, the
 * one that says more fields is made for fewer devices.
 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/modprobe.h"
#include "host/module_internal.h"

/* The fields that a pattern fixes; of equals, the one that leaves less open in them comes first. */
static int specificity(const char *pattern)
{
	const char *c = strchr(pattern, ':');
	int fields = 0, letters = 0;

	while (c && *++c) {
		bool is_tag = islower((unsigned char)*c) && !islower((unsigned char)c[1]);

		fields += is_tag && c[1] && c[1] != '*';
		letters += *c != '*';
	}
	return fields * 1024 + letters;
}

/* The best match among the aliases that the module itself declares. */
static int best_specificity(struct kmod_module *module, const char *alias)
{
	struct kmod_list *info = NULL, *item;
	int best = 0;

	if (kmod_module_get_path(module) && !path_may_lend(kmod_module_get_path(module)))
		return 0;
	if (kmod_module_get_info(module, &info) < 0)
		return 0;
	kmod_list_foreach (item, info) {
		const char *pattern = kmod_module_info_get_value(item);
		int s;

		if (!streq(kmod_module_info_get_key(item), "alias") ||
		    fnmatch(pattern, alias, 0) != 0)
			continue;
		s = specificity(pattern);
		best = s > best ? s : best;
	}
	kmod_module_info_free_list(info);
	return best;
}

struct candidate {
	const char *name;
	int specificity;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->specificity != right->specificity)
		return right->specificity - left->specificity;
	return strcmp(left->name, right->name);
}

/* Fills found[] from the list, each module once. Returns how many, or -ENOMEM. */
static int collect_candidates(struct candidate *found, size_t size, struct kmod_list *list,
			      struct arena *arena, const char *alias)
{
	size_t n = 0;
	struct kmod_list *item;

	kmod_list_foreach (item, list) {
		scoped_module struct kmod_module *module = kmod_module_get_module(item);
		const char *name = kmod_module_get_name(module);
		size_t i;

		for (i = 0; i < n && !streq(found[i].name, name); i++)
			;
		if (i < n || n == size)
			continue;
		found[n].name = arena_strdup(arena, name);
		if (!found[n].name)
			return -ENOMEM;
		found[n++].specificity = best_specificity(module, alias);
	}
	return (int)n;
}

int modules_for_alias(const char *const **ret, struct arena *arena, const char *alias)
{
	scoped_kmod struct kmod_ctx *ctx = module_indexes_open();
	scoped_list struct kmod_list *list = NULL;
	struct candidate found[32];
	const char **names;
	int n;

	if (!ctx)
		return -ENOENT;
	n = kmod_module_new_from_lookup(ctx, alias, &list);
	if (n < 0)
		return n;
	n = collect_candidates(found, ARRAY_SIZE(found), list, arena, alias);
	if (n < 0)
		return n;
	qsort(found, (size_t)n, sizeof(found[0]), compare_candidates);
	names = arena_alloc(arena, ((size_t)n + 1) * sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		names[i] = found[i].name;
	*ret = names;
	return n;
}

/* --- could it be loaded ------------------------------------------------------------------- */

static bool file_is_there(const char *file)
{
	char root[PATH_MAX];
	const char *inside;

	path_outside(root, sizeof(root), "%s", "");
	inside = startswith(file, root);
	return inside && path_exists("%s", inside);
}

/* The first of the module and what it needs for which modprobe.d has an `install` line. */
static bool find_install_line(char *ret, size_t size, struct kmod_module *module)
{
	scoped_list struct kmod_list *needs = kmod_module_get_dependencies(module);
	struct kmod_list *item;

	*ret = '\0';
	if (kmod_module_get_install_commands(module))
		snprintf(ret, size, "it");
	kmod_list_foreach (item, needs) {
		scoped_module struct kmod_module *need = kmod_module_get_module(item);

		if (!*ret && kmod_module_get_install_commands(need))
			snprintf(ret, size, "%s, which it needs", kmod_module_get_name(need));
	}
	return *ret != '\0';
}

bool module_may_load(const char *name, char *why, size_t size)
{
	scoped_kmod struct kmod_ctx *ctx = NULL;
	scoped_list struct kmod_list *list = NULL;
	scoped_module struct kmod_module *module = NULL;
	char what[NAME_MAX];
	const char *file;

	module_normalise(what, sizeof(what), name);
	if (path_exists("/sys/module/%s", what))
		return true;
	ctx = module_indexes_open();
	if (!ctx || kmod_module_new_from_lookup(ctx, what, &list) < 0 || !list) {
		snprintf(why, size, "this kernel does not have it");
		return false;
	}
	module = kmod_module_get_module(list);
	file = kmod_module_get_path(module);
	if (file && !file_is_there(file))
		snprintf(why, size, "its file is missing");
	else if (modprobe_blacklists(kmod_module_get_name(module)))
		snprintf(why, size, "modprobe.d blacklists it");
	else if (find_install_line(what, sizeof(what), module))
		snprintf(why, size, "modprobe.d has an install line for %s", what);
	else
		return true;
	return false;
}
