/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sources of host/manager.h share. */
#pragma once

#include "host/manager.h"

struct manager_source {
	const char *name;
	unsigned int which; /* MANAGER_MODULES or MANAGER_OTHERS */
	void (*read)(struct managers *managers, const struct manager_source *source);
	/* Is the statement about dev when it goes to driver? Then fills detail, driver, captures.
	 */
	bool (*concerns)(struct manager *ret, struct arena *arena,
			 const struct manager_statement *statement, const struct device *dev,
			 const char *driver);
};

/* Something that is written somewhere; each source uses of it what it needs. */
struct manager_statement {
	struct manager_statement *next;
	const struct manager_source *source;
	const char *file;
	int64_t line;
	const char *command; /* modprobe.d: "options", "blacklist" ... */
	const char *subject; /* a module, a domain */
	const char *text;    /* the value, or the rest of the line */
	const char *address; /* of the one device that it is about */
	const char *driver;
};

/* Adds one; its strings must lie in the arena or for ever. Without memory it is left out. */
void managers_add(struct managers *managers, const struct manager_source *source,
		  struct manager_statement statement);

/* The tables of the sources, ended by a row without name. */
extern const struct manager_source manager_module_sources[], manager_udev_sources[],
	manager_libvirt_sources[];
