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
