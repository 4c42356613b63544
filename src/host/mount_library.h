/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmount, loaded when it is first wanted (base/library.h): it brings libblkid and libselinux
 * along. The functions keep their names and types.
 */
#pragma once

#include <libmount.h>
#include <stdbool.h>

#define MOUNT_FUNCTIONS(F)                                                                         \
	F(mnt_free_iter)                                                                           \
	F(mnt_fs_get_devno)                                                                        \
	F(mnt_fs_get_srcpath)                                                                      \
	F(mnt_fs_get_target)                                                                       \
	F(mnt_new_iter)                                                                            \
	F(mnt_new_table)                                                                           \
	F(mnt_table_next_fs)                                                                       \
	F(mnt_table_parse_stream)                                                                  \
	F(mnt_unref_table)

struct mount_library {
#define MEMBER(function) typeof(function) *function;
	MOUNT_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct mount_library mount_library;

/* Before any other function is called. False, with errno set, when the library is not there. */
bool mount_library_load(void);

#ifndef MOUNT_PLAIN_NAMES
#define mnt_free_iter          (mount_library.mnt_free_iter)
#define mnt_fs_get_devno       (mount_library.mnt_fs_get_devno)
#define mnt_fs_get_srcpath     (mount_library.mnt_fs_get_srcpath)
#define mnt_fs_get_target      (mount_library.mnt_fs_get_target)
#define mnt_new_iter           (mount_library.mnt_new_iter)
#define mnt_new_table          (mount_library.mnt_new_table)
#define mnt_table_next_fs      (mount_library.mnt_table_next_fs)
#define mnt_table_parse_stream (mount_library.mnt_table_parse_stream)
#define mnt_unref_table        (mount_library.mnt_unref_table)
#endif
