/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else gives devices to drivers: driverctl, options in modprobe.d and on the kernel's command
 * line, udev rules, libvirt. They act when a device appears, a module is loaded or a domain starts,
 * so each is told with the place where it is written.
 */
#pragma once

#include "host/device.h"

struct manager {
	const char *manager; /* "driverctl", "modprobe.d", "kernel", "udev", "libvirt" */
	const char *file;    /* "/etc/modprobe.d/vfio.conf" */
	int64_t line;        /* from 1; -1: the whole file */
	const char *detail;  /* what it does, as a sentence about "it", the device */
	const char *place;   /* libvirt: "the domain web", "the network pool"; NULL of others */
	const char *driver;  /* the driver that it is about; NULL: it does not say */
	bool captures;       /* it may bind a device that is asked for by nobody */
};

/* All that was found on the machine, whichever devices it is about; lives in the arena. */
struct managers {
	struct arena *arena;
	struct manager_statement *first, **end;
};

enum {
	MANAGER_MODULES = 1 << 0, /* modprobe.d and the kernel's command line */
	MANAGER_OTHERS = 1 << 1,  /* the rest */
	MANAGER_ALL = MANAGER_MODULES | MANAGER_OTHERS,
};

/* Reads these of the machine's configuration. What this user may not read is not in it. */
void managers_read(struct managers *ret, struct arena *arena, unsigned int which);

/*
 * What concerns dev when it goes to driver (NULL: no driver is known). *ret is a list of *count
 * that lies in the arena. 0 or -ENOMEM.
 */
int managers_of_device(struct manager **ret, size_t *count, const struct managers *managers,
		       const struct device *dev, const char *driver);

/* True, with *ret filled, when an ids= option makes driver take dev as soon as its module loads. */
bool managers_capture_by_ids(struct manager *ret, const struct managers *managers,
			     const struct device *dev, const char *driver);

/* True when dev is one of the ids that an option ids= lists: "8086:10d3,10de:1eb8". */
bool manager_ids_match(const char *ids, const struct device *dev);

/* "the option ids= of ... gives it to vfio-pci (/etc/modprobe.d/vfio.conf:3)" */
const char *manager_sentence(struct arena *arena, const struct manager *manager);

/*
 * For a device that ended with a driver that was not asked for: who may have given it to that
 * driver, as manager_sentence() says it. False when nobody is found; buf is untouched then.
 */
bool manager_explain(const struct device *dev, const char *driver, char *buf, size_t size);
