/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which configuration libkmod is given.
 *
 * It opens files by their names outside of the root, follows links there, and waits for a FIFO. So
 * of a captured tree it is given the files one by one, each by the name of what the tree means, and
 * nothing that is no file. Of the live machine it is given the directories. Files it takes in the
 * order of their names, whichever way it was given them; a link here counts by its target's name.
 */
#include <errno.h>
#include <limits.h>

#include "base/path.h"
#include "host/config_file.h"
#include "host/modprobe.h"
#include "host/module_internal.h"

/* Without a list at all libkmod would take what this machine has: there is one from the start. */
static int begin(struct module_config *config)
{
	config->paths = calloc(1, sizeof(*config->paths));
	return config->paths ? 0 : -ENOMEM;
}

static int add(struct module_config *config, const char *path)
{
	char **paths = reallocarray(config->paths, config->count + 2, sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	config->paths = paths;
	paths[config->count + 1] = NULL;
	paths[config->count] = strdup(path);
	return paths[config->count] ? (config->count++, 0) : -ENOMEM;
}

struct search {
	struct module_config *config;
	int r;
};

static void add_file(void *arg, const char *directory, const char *name)
{
	struct search *search = arg;
	char file[PATH_MAX];

	if (search->r < 0 || *name == '.' || !path_is_file("%s/%s", directory, name))
		return;
	if (path_lend(file, sizeof(file), "%s/%s", directory, name) == 0 && path_may_lend(file))
		search->r = add(search->config, file);
}

static int find_files(struct module_config *ret)
{
	static const struct config_source source = {.directories = modprobe_directories,
						    .suffix = ".conf"};
	struct search search = {.config = ret};

	config_files(&source, add_file, &search);
	return search.r;
}

static int find_directories(struct module_config *ret)
{
	int r = 0;

	for (size_t i = 0; i < MODPROBE_DIRECTORIES && r == 0; i++)
		r = add(ret, modprobe_directories[i]);
	return r;
}

int module_config_find(struct module_config *ret)
{
	int r = begin(ret);

	if (r < 0)
		return r;
	return path_is_live() ? find_directories(ret) : find_files(ret);
}

void module_config_free(struct module_config *config)
{
	for (size_t i = 0; i < config->count; i++)
		free(config->paths[i]);
	free(config->paths);
	*config = (struct module_config){0};
}

uint64_t module_config_stamp(void)
{
	uint64_t stamp = 0;
	struct stat st;

	for (size_t i = 0; i < MODPROBE_DIRECTORIES && !path_is_live(); i++)
		if (path_stat(&st, "%s", modprobe_directories[i]) == 0)
			stamp = stamp * 1000003 + (uint64_t)st.st_mtim.tv_sec * 1000000007 +
				(uint64_t)st.st_mtim.tv_nsec + i + 1;
	return stamp;
}
