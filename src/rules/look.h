/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What functions of rules have in common: ways to look at a file or a device.
 */
#pragma once

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "check/rule.h"

/* The path of an attribute of the device, or of its group with RULE_GROUP; in run's arena. */
const char *look_path(const struct rule_run *run, const char *attribute);

/*
 * Reads an attribute of the run's device (or group). True with its text; otherwise "", and what
 * stood against it is said as rule_unknown() unless it is just not there.
 */
bool look_read(struct rule_run *run, char *buf, size_t size, const char *attribute);

/* The same for a number. */
bool look_number(struct rule_run *run, int64_t *ret, const char *attribute);

/* The run's device is a function with a type 0 header, neither a bridge nor of another bus. */
bool look_is_function(const struct rule_run *run);

/* It is awake: its configuration space may be read. Says rule_unknown() when it sleeps. */
bool look_is_awake(struct rule_run *run, const char *attribute);

/* True when the device's directory is below that of the bridge, however deep. */
bool look_is_below(const struct device *dev, const struct device *bridge);

/* The bridge right above the device, or NULL when it is on a root bus. */
const struct device *look_bridge_above(const struct rule_facts *facts, const struct device *dev);

/* "--owner USER " for a user who is to open the nodes himself, or "": for `vfioctl bind`. */
const char *look_owner(const struct rule_run *run);

/*
 * What `vfioctl bind` is to be told to give the run's device to VFIO: "--group --owner alice
 * 0000:05:00.0", with --group where another member of its group has to go along. Where a member is
 * bound already it is named, as the group's own rule does.
 */
const char *look_bind(const struct rule_run *run);

/* The first module that would take the device by its ids; NULL when none is known. */
const char *look_native_module(const struct rule_run *run, const struct device *dev);

/* A list of devices that ends behind the first few, each named as a whole. */
struct look_names {
	char text[512]; /* "0000:03:00.0 0000:03:00.1" */
	size_t count;   /* of all */
};

void look_names_add(struct look_names *names, const char *address);

/* The names, "0000:03:00.0 0000:03:00.1 and 30 more" when there are. */
const char *look_names_text(const struct rule_run *run, const struct look_names *names);

/*
 * "vfioctl bind 0000:03:00.0 0000:03:00.1" where all are named; else the text: a command that
 * leaves some out would be the wrong one.
 */
const char *look_names_bind(const struct rule_run *run, const struct look_names *names);

/* Both are functions of one device. */
bool look_same_slot(const struct device *a, const struct device *b);
