/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of host/module.h share: libkmod's objects, released with their scope. */
#pragma once

#include "host/kmod.h"
#include "host/module.h"

/*
 * The context for the modules of the machine in the root, its modprobe.d included: the same one
 * until the files change. NULL with errno set (EBADMSG: an index is damaged). The caller releases
 * it (scoped_kmod).
 */
struct kmod_ctx *module_indexes_open(void);

/* What libkmod is given as its configuration: names outside of the root; NULL-ended. */
struct module_config {
	char **paths;
	size_t count;
};

/* 0 or -ENOMEM. The caller frees it (scoped_module_config), also after that. */
int module_config_find(struct module_config *ret);
void module_config_free(struct module_config *config);
#define scoped_module_config __attribute__((cleanup(module_config_free)))

/* Another one when files came or went of which kmod_validate_resources() does not know. */
uint64_t module_config_stamp(void);

static inline void unref_kmod(struct kmod_ctx **ctx)
{
	if (*ctx)
		kmod_unref(*ctx);
	*ctx = NULL;
}

static inline void unref_module(struct kmod_module **module)
{
	if (*module)
		kmod_module_unref(*module);
}

static inline void unref_list(struct kmod_list **list)
{
	if (*list)
		kmod_module_unref_list(*list);
}

#define scoped_kmod   __attribute__((cleanup(unref_kmod)))
#define scoped_module __attribute__((cleanup(unref_module)))
#define scoped_list   __attribute__((cleanup(unref_list)))
