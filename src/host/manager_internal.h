/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sources of host/manager.h share. */
#pragma once

#include "host/manager.h"

/* What is asked of each statement: is it about dev, when that goes to driver? */
struct manager_question {
	const struct device *dev;
	const char *driver; /* NULL: none */
	char module[128];   /* that the driver comes from; empty without a driver */
};

struct manager_source {
	const char *name;
	unsigned int which; /* MANAGER_MODULES or MANAGER_OTHERS */
	void (*read)(struct managers *managers, const struct manager_source *source);
	/* Where the answer is yes, it fills detail, driver, captures. */
	bool (*concerns)(struct manager *ret, struct arena *arena,
			 const struct manager_statement *statement,
			 const struct manager_question *question);
};

/* Something that is written somewhere; each source uses of it what it needs. */
struct manager_statement {
	struct manager_statement *next;
	const struct manager_source *source;
	const char *file;
	int64_t line;
	const char *command; /* modprobe.d: "options", "blacklist" ...; libvirt: "domain" ... */
	const char *subject; /* a module; the name of a domain or network */
	const char *text;    /* the value, or the rest of the line; an interface */
	const char *address; /* of the one device that it is about */
	const char *driver;
};

/* The module that a driver of that bus comes from, as far as the running kernel tells; else of its
 * name. */
void manager_module_of(char *buf, size_t size, const char *bus, const char *driver);

/* Adds one; its strings must lie in the arena or for ever. Without memory it is left out. */
void managers_add(struct managers *managers, const struct manager_source *source,
		  struct manager_statement statement);

/* The tables of the sources, ended by a row without name. */
extern const struct manager_source manager_module_sources[], manager_udev_sources[],
	manager_libvirt_sources[];
