/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables that more than one verb prints.
 */
#pragma once

#include "cli/field.h"
#include "host/device.h"

/* struct device (host/device.h) */
extern const struct record_type device_record;

/* struct holder (host/holder.h) */
extern const struct record_type holder_record;

/* The colour of a struct device by who drives it: what VFIO has, and whether that is guarded. */
enum tone device_tone(const void *record);

/* "ok", "locked" or "gone". */
const char *device_state_word(enum device_state state);

/* The i-th of a set of MODE_*: "cdev", then "group". */
struct value mode_word(unsigned int modes, size_t i);

/* The i-th of a set of REASON_BIT()s (host/usage.h), as --force names it. */
struct value reason_word(unsigned int reasons, size_t i);
