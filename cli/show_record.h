/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One device with everything around it, as `vfioctl show` prints it.
 */
#pragma once

#include "change/binding.h"
#include "change/driver.h"
#include "check/probe.h"
#include "cli/field.h"
#include "host/holder.h"
#include "host/inventory.h"
#include "host/manager.h"
#include "host/reach.h"
#include "host/usage.h"

/* A device node: where it should be, and what is there. */
struct node_record {
	const char *path;
	bool exists;
	const char *owner, *group; /* names, or numbers without a name */
	char mode[8];              /* "0600" */
};

struct show_record {
	struct device device; /* first, so that the fields of a device apply */
	struct arena *arena;  /* owns what follows */
	const struct inventory *all;
	const char *const *native_modules; /* NULL-ended */
	const char *const *vfio_modules;
	struct driver_choice choice; /* what bind would take */
	bool has_choice;
	struct binding recorded; /* what restore would bring back */
	bool has_record;
	struct node_record nodes[3];
	size_t n_nodes;
	struct holders holders;
	struct usages usages;
	bool usage_known;
	struct manager *managers;
	size_t n_managers;
	const struct probe *probe; /* NULL: it was not opened */
	const struct reach *reach; /* NULL: nobody was asked about */
};

extern const struct record_type show_record_type;

/* Gathers what is around dev; all is the inventory of the machine. Free with show_record_free(). */
void show_record_fill(struct show_record *ret, const struct device *dev,
		      const struct inventory *all);

/* Adds what the user of that name or number lacks. 0, or -1: STATUS_USAGE without such a user. */
int show_record_reach(struct show_record *record, const char *user, struct error *err);

void show_record_free(struct show_record *record);
