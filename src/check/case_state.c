/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What cases leave behind is put back here, by the runner: a case that crashed cannot do it.
 *
 * It is the drivers and overrides of the named devices, the owners of their nodes, which are made
 * anew with a driver, the parameters of modules, and mdevs that the case created. All that a case
 * has open ends with its process.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "base/worker.h"
#include "check/case.h"
#include "check/case_binding.h"
#include "check/case_mdev_own.h"

#define RESTORE_MS 30000

static const char *const parameters[] = {
	"vfio/parameters/enable_unsafe_noiommu_mode",
	"vfio_iommu_type1/parameters/allow_unsafe_interrupts",
	"iommufd/parameters/allow_unsafe_interrupts",
	"vfio_pci/parameters/enable_sriov",
};

struct kept_node {
	bool there;
	uid_t owner;
	gid_t group;
	mode_t mode; /* the permission bits */
};

struct kept_device {
	char bus[32], name[64], syspath[256];
	char driver[64];    /* "": none */
	char override[128]; /* as it reads */
	struct kept_node cdev, group;
};

struct case_state {
	char values[ARRAY_SIZE(parameters)][32]; /* "": not there */
	size_t count;
	struct kept_device devices[];
};

static void read_override(char *buf, size_t size, const char *syspath)
{
	if (path_read(buf, size, "%s/driver_override", syspath) < 0)
		*buf = 0;
}

static struct kept_node look_at_node(const char *path)
{
	struct stat st;

	if (!*path || path_lstat(&st, "%s", path) < 0)
		return (struct kept_node){.there = false};
	return (struct kept_node){true, st.st_uid, st.st_gid, st.st_mode & 07777};
}

static void keep_device(struct kept_device *ret, const struct device *dev)
{
	struct case_nodes nodes;

	append(ret->bus, sizeof(ret->bus), "%s", dev->bus);
	append(ret->name, sizeof(ret->name), "%s", dev->address);
	append(ret->syspath, sizeof(ret->syspath), "%s", dev->syspath);
	case_driver_of(ret->driver, sizeof(ret->driver), dev->syspath);
	read_override(ret->override, sizeof(ret->override), dev->syspath);
	case_find_nodes(&nodes, dev->syspath);
	ret->cdev = look_at_node(nodes.cdev);
	ret->group = look_at_node(nodes.group);
}

struct case_state *case_state_save(const struct device *devices, size_t count)
{
	struct case_state *state = calloc(1, sizeof(*state) + count * sizeof(state->devices[0]));

	if (!state)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++)
		if (path_read(state->values[i], sizeof(state->values[i]), "/sys/module/%s",
			      parameters[i]) < 0)
			*state->values[i] = 0;
	for (size_t i = 0; i < count; i++)
		keep_device(&state->devices[i], &devices[i]);
	state->count = count;
	return state;
}

/* --- putting back ----------------------------------------------------------------------- */

/* What the worker answers: 0, or -errno and for which file. */
struct put_result {
	int result;
	char path[384];
};

static int put(struct put_result *outcome, const char *value, const char *path)
{
	outcome->result = path_write(value, "%s", path);
	if (outcome->result < 0)
		snprintf(outcome->path, sizeof(outcome->path), "%s", path);
	return outcome->result;
}

static int put_parameters(struct put_result *outcome, const struct case_state *state)
{
	char path[128], now[32];

	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", parameters[i]);
		if (!*state->values[i] || path_read(now, sizeof(now), "%s", path) < 0 ||
		    streq(now, state->values[i]))
			continue;
		if (put(outcome, state->values[i], path) < 0)
			return outcome->result;
	}
	return 0;
}

/* An override names the driver while it is bound, so that no other can take the device. */
static int put_driver(struct put_result *outcome, const struct kept_device *kept)
{
	char now[64], path[384];

	case_driver_of(now, sizeof(now), kept->syspath);
	if (streq(now, kept->driver))
		return 0;
	snprintf(path, sizeof(path), "%s/driver_override", kept->syspath);
	if (*kept->driver && path_exists("%s", path) && put(outcome, kept->driver, path) < 0)
		return outcome->result;
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/unbind", kept->bus, now);
	if (*now && put(outcome, kept->name, path) < 0)
		return outcome->result;
	snprintf(path, sizeof(path), "/sys/bus/%s/drivers/%s/bind", kept->bus, kept->driver);
	return *kept->driver ? put(outcome, kept->name, path) : 0;
}

static int put_override(struct put_result *outcome, const struct kept_device *kept)
{
	char now[sizeof(kept->override)], path[384];

	read_override(now, sizeof(now), kept->syspath);
	if (streq(now, kept->override))
		return 0;
	snprintf(path, sizeof(path), "%s/driver_override", kept->syspath);
	return put(outcome, streq(kept->override, "(null)") ? "\n" : kept->override, path);
}

static int put_node(struct put_result *outcome, const struct kept_node *kept, const char *path)
{
	struct kept_node now = look_at_node(path);

	if (!kept->there || !now.there ||
	    (now.owner == kept->owner && now.group == kept->group && now.mode == kept->mode))
		return 0;
	outcome->result = path_own(kept->owner, kept->group, kept->mode, "%s", path);
	if (outcome->result < 0)
		append(outcome->path, sizeof(outcome->path), "%s", path);
	return outcome->result;
}

/* The node may have another number than before: it is the device's that counts. */
static int put_nodes(struct put_result *outcome, const struct kept_device *kept)
{
	struct case_nodes nodes;

	case_find_nodes(&nodes, kept->syspath);
	if (put_node(outcome, &kept->cdev, nodes.cdev) < 0)
		return outcome->result;
	return put_node(outcome, &kept->group, nodes.group);
}

/* The runner is the parent of this worker, as it was of the case. */
static int take_mdevs_away(struct put_result *outcome)
{
	outcome->result = case_mdev_remove_all(getppid());
	if (outcome->result < 0)
		append(outcome->path, sizeof(outcome->path), "remove of an mdev of the case's");
	return outcome->result;
}

static void restore_in_child(void *arg, int fd)
{
	const struct case_state *state = arg;
	struct put_result outcome = {0};

	if (put_parameters(&outcome, state) >= 0)
		take_mdevs_away(&outcome);
	for (size_t i = 0; i < state->count && outcome.result >= 0; i++)
		if (path_exists("%s", state->devices[i].syspath) && /* it may have been removed */
		    put_driver(&outcome, &state->devices[i]) >= 0 &&
		    put_override(&outcome, &state->devices[i]) >= 0)
			put_nodes(&outcome, &state->devices[i]);
	if (write(fd, &outcome, sizeof(outcome)) < 0)
		return; /* the parent sees that nothing came */
}

bool case_state_restore(const struct case_state *state, char *why, size_t size)
{
	struct put_result outcome = {0};
	int r = worker_run(restore_in_child, (void *)(uintptr_t)state, RESTORE_MS, &outcome,
			   sizeof(outcome));

	if (r >= 0 && outcome.result >= 0)
		return true;
	if (r >= 0)
		snprintf(why, size, "the state before cannot be put back: writing %s: %s",
			 outcome.path, errno_name(outcome.result));
	else
		snprintf(why, size, "the state before cannot be put back: %s", errno_name(r));
	return false;
}
