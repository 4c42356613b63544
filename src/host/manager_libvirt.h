/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read of a domain or network of libvirt, for a copy of it that tells no more.
 */
#pragma once

#include "base/util.h"

/* A file without it is not looked at. */
#define MANAGER_LIBVIRT_WORD "managed="

/* A copy of the text with nothing but that, in the same lines. NULL when out of memory; the caller
 * frees it. */
char *manager_libvirt_reduce(const char *text, size_t *ret_size);
