/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libkmod, loaded when it is first wanted (base/library.h): it brings libcrypto along, for the
 * signatures of modules. The functions keep their names and types.
 */
#pragma once

#include <libkmod.h>
#include <stdbool.h>

#define KMOD_FUNCTIONS(F)                                                                          \
	F(kmod_list_next)                                                                          \
	F(kmod_load_resources)                                                                     \
	F(kmod_module_dependency_symbol_get_symbol)                                                \
	F(kmod_module_dependency_symbols_free_list)                                                \
	F(kmod_module_get_dependencies)                                                            \
	F(kmod_module_get_dependency_symbols)                                                      \
	F(kmod_module_get_info)                                                                    \
	F(kmod_module_get_install_commands)                                                        \
	F(kmod_module_get_module)                                                                  \
	F(kmod_module_get_name)                                                                    \
	F(kmod_module_get_path)                                                                    \
	F(kmod_module_info_free_list)                                                              \
	F(kmod_module_info_get_key)                                                                \
	F(kmod_module_info_get_value)                                                              \
	F(kmod_module_new_from_lookup)                                                             \
	F(kmod_module_probe_insert_module)                                                         \
	F(kmod_module_unref)                                                                       \
	F(kmod_module_unref_list)                                                                  \
	F(kmod_new)                                                                                \
	F(kmod_ref)                                                                                \
	F(kmod_set_log_fn)                                                                         \
	F(kmod_unref)                                                                              \
	F(kmod_validate_resources)

struct kmod_library {
#define MEMBER(function) typeof(function) *function;
	KMOD_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct kmod_library kmod_library;

/* Before any other function is called. False, with errno set, when the library is not there. */
bool kmod_library_load(void);

#ifndef KMOD_PLAIN_NAMES
#define kmod_list_next                   (kmod_library.kmod_list_next)
#define kmod_load_resources              (kmod_library.kmod_load_resources)
#define kmod_module_get_dependencies     (kmod_library.kmod_module_get_dependencies)
#define kmod_module_get_install_commands (kmod_library.kmod_module_get_install_commands)
#define kmod_module_dependency_symbol_get_symbol                                                   \
	(kmod_library.kmod_module_dependency_symbol_get_symbol)
#define kmod_module_dependency_symbols_free_list                                                   \
	(kmod_library.kmod_module_dependency_symbols_free_list)
#define kmod_module_get_dependency_symbols (kmod_library.kmod_module_get_dependency_symbols)
#define kmod_module_get_info               (kmod_library.kmod_module_get_info)
#define kmod_module_get_module             (kmod_library.kmod_module_get_module)
#define kmod_module_get_name               (kmod_library.kmod_module_get_name)
#define kmod_module_get_path               (kmod_library.kmod_module_get_path)
#define kmod_module_info_free_list         (kmod_library.kmod_module_info_free_list)
#define kmod_module_info_get_key           (kmod_library.kmod_module_info_get_key)
#define kmod_module_info_get_value         (kmod_library.kmod_module_info_get_value)
#define kmod_module_new_from_lookup        (kmod_library.kmod_module_new_from_lookup)
#define kmod_module_probe_insert_module    (kmod_library.kmod_module_probe_insert_module)
#define kmod_module_unref                  (kmod_library.kmod_module_unref)
#define kmod_module_unref_list             (kmod_library.kmod_module_unref_list)
#define kmod_new                           (kmod_library.kmod_new)
#define kmod_ref                           (kmod_library.kmod_ref)
#define kmod_set_log_fn                    (kmod_library.kmod_set_log_fn)
#define kmod_unref                         (kmod_library.kmod_unref)
#define kmod_validate_resources            (kmod_library.kmod_validate_resources)
#endif
