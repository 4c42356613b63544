/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/identity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/path.h"

/* Read once: it does not change while this program runs. A captured tree may. */
static const char *boot_id(void)
{
	static char text[64];

	if ((!*text || !path_is_live()) &&
	    path_read(text, sizeof(text), "/proc/sys/kernel/random/boot_id") < 0)
		*text = '\0';
	return text;
}

int identity_set_boot(struct document *doc)
{
	return document_set_string(doc, "boot_id", boot_id());
}

bool identity_is_this_boot(const struct document *doc)
{
	return streq_null(document_string(doc, "boot_id"), boot_id());
}

/* "8086:10d3:8086:a01f" */
static void describe(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "%04x:%04x:%04x:%04x", (unsigned int)dev->vendor_id,
		 (unsigned int)dev->device_id, (unsigned int)dev->subvendor_id,
		 (unsigned int)dev->subdevice_id);
}

const char *identity_of(struct arena *arena, const struct device *dev)
{
	char text[64];

	describe(text, sizeof(text), dev);
	return arena_strdup(arena, text);
}

bool identity_matches(const char *identity, const char *syspath, const struct device *dev)
{
	char text[64];

	describe(text, sizeof(text), dev);
	/* Of a VF that does not exist yet the ids of the subsystem are not known. */
	if (dev->subvendor_id < 0 && dev->physfn && identity)
		return strncmp(identity, text, strlen("8086:10d3:")) == 0 &&
		       streq_null(syspath, dev->syspath);
	return streq_null(identity, text) && streq_null(syspath, dev->syspath);
}

int identity_refuse(const char *address, struct error *err)
{
	return error_set(err, STATUS_REFUSED, 0, "another-device", address,
			 "another device has this address now");
}

int identity_check(const struct device *dev, struct error *err)
{
	char modalias[256];

	/* What a VF that was made meanwhile would be called was a guess. */
	if (!dev->modalias || dev->subvendor_id < 0 ||
	    path_read(modalias, sizeof(modalias), "/sys/bus/%s/devices/%s/modalias", dev->bus,
		      dev->address) < 0)
		return 0;
	return streq(modalias, dev->modalias) ? 0 : identity_refuse(dev->address, err);
}

/*
 * State and time of start, in clock ticks since boot: fields 3 and 22 of /proc/PID/stat, counted
 * after the name, which may hold anything (proc(5)). -1 without such a process.
 */
static int64_t start_time(pid_t pid, char *ret_state)
{
	char text[1024];
	const char *fields;
	int64_t ticks;

	if (path_read(text, sizeof(text), "/proc/%d/stat", (int)pid) < 0)
		return -1;
	fields = strrchr(text, ')');
	if (!fields ||
	    sscanf(fields,
		   ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		   "%" SCNd64,
		   ret_state, &ticks) != 2)
		return -1;
	return ticks;
}

int identity_set_process(struct document *doc, pid_t pid)
{
	char state;

	return document_set_number(doc, "pid", pid) < 0 ||
			       document_set_number(doc, "start_time", start_time(pid, &state)) < 0
		       ? -ENOMEM
		       : 0;
}

bool identity_process_lives(const struct document *doc)
{
	int64_t pid = document_number(doc, "pid", -1);
	char state = 'Z';

	return pid > 0 &&
	       start_time((pid_t)pid, &state) == document_number(doc, "start_time", -2) &&
	       state != 'Z' && state != 'X';
}
