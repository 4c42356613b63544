/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about the device itself.
 */
#include <errno.h>

#include "base/path.h"
#include "check/probe.h"

/* No device has more regions or interrupts than this. */
#define INDEX_MAX 1024U

static unsigned int bounded(unsigned int count)
{
	return count < INDEX_MAX ? count : INDEX_MAX;
}

static void list_regions(struct probe_run *run)
{
	struct probe *probe = run->probe;
	unsigned int count = bounded(probe->device.n_regions);
	struct vfio_region_description *list = arena_alloc(run->arena, count * sizeof(*list));

	if (!list) {
		probe_fail(run, "regions", -ENOMEM);
		return;
	}
	probe->regions = list;
	for (unsigned int i = 0; i < count; i++) {
		int r = vfio_describe_region(run->open->fd, i, run->arena, &list[probe->n_regions]);

		/* EINVAL: there is no such region, as that of VGA. */
		if (r >= 0)
			probe->n_regions++;
		else if (r != -EINVAL)
			probe_fail(run, "a region", r);
	}
}

static void list_irqs(struct probe_run *run)
{
	struct probe *probe = run->probe;
	unsigned int count = bounded(probe->device.n_irqs);
	struct vfio_irq_description *list = arena_alloc(run->arena, count * sizeof(*list));

	if (!list) {
		probe_fail(run, "interrupts", -ENOMEM);
		return;
	}
	probe->irqs = list;
	for (unsigned int i = 0; i < count; i++) {
		int r = vfio_describe_irq(run->open->fd, i, &list[probe->n_irqs]);

		if (r >= 0)
			probe->n_irqs++;
		else if (r != -EINVAL)
			probe_fail(run, "an interrupt", r);
	}
}

void probe_ask_device(struct probe_run *run)
{
	int r = vfio_describe(run->open->fd, run->arena, &run->probe->device);

	if (r < 0) {
		probe_fail(run, "the device's description", r);
		return;
	}
	list_regions(run);
	list_irqs(run);
}

static void ask_migration(struct probe_run *run)
{
	struct probe *probe = run->probe;
	int r = vfio_migration_flags(run->open->fd, &probe->migration);

	probe->migrates = r >= 0 ? ANSWER_YES : ANSWER_NO;
	if (r >= 0 || r == -ENOTTY || r == -EINVAL)
		return;
	probe->migrates = ANSWER_UNKNOWN;
	probe_fail(run, "migration", r);
}

void probe_ask_features(struct probe_run *run)
{
	struct probe *probe = run->probe;

	for (unsigned int id = 0; id < VFIO_FEATURES_LIMIT; id++) {
		struct vfio_feature *feature = &probe->features[probe->n_features];
		int r = vfio_feature_probe(run->open->fd, id, feature);

		if (r < 0)
			probe_fail(run, "a feature", r);
		else if (id < VFIO_FEATURES_KNOWN || feature->can_get || feature->can_set)
			probe->n_features++;
	}
	ask_migration(run);
}

/* --- hot reset -------------------------------------------------------------------------- */

/* It is in the domain of the device, of which the kernel tells only the lower bits. */
static const char *member_address(struct arena *arena, const struct device *dev,
				  const struct vfio_reset_member *member)
{
	char name[VFIO_MEMBER_NAME_SIZE];

	vfio_reset_member_name(name, member);
	return arena_printf(arena, "%.*s%s", (int)strcspn(dev->address, ":"), dev->address,
			    name + strcspn(name, ":"));
}

static void describe_member(struct probe_member *ret, const struct probe_run *run,
			    const struct vfio_hot_reset *reset,
			    const struct vfio_reset_member *member)
{
	const char *address = member_address(run->arena, run->device, member);
	char driver[64], group[32];
	uint64_t number;

	*ret = (struct probe_member){
		.address = address, .iommu_group = -1, .owned = ANSWER_UNKNOWN};
	if (reset->by_devid)
		ret->owned = member->id == VFIO_DEVID_NOT_OWNED ? ANSWER_NO : ANSWER_YES;
	if (path_link_name(group, sizeof(group), "/sys/bus/pci/devices/%s/iommu_group", address) >=
		    0 &&
	    parse_number(group, 10, INT32_MAX, &number) == 0)
		ret->iommu_group = (int)number;
	if (path_link_name(driver, sizeof(driver), "/sys/bus/pci/devices/%s/driver", address) >= 0)
		ret->driver = arena_strdup(run->arena, driver);
}

static void list_members(struct probe_run *run, const struct vfio_hot_reset *reset)
{
	struct probe_reset *ret = &run->probe->reset;
	struct probe_member *list = arena_alloc(run->arena, reset->count * sizeof(*list));

	if (!list) {
		probe_fail(run, "members of the hot reset", -ENOMEM);
		return;
	}
	for (size_t i = 0; i < reset->count; i++)
		describe_member(&list[i], run, reset, &reset->members[i]);
	ret->members = list;
	ret->count = reset->count;
}

void probe_ask_reset(struct probe_run *run)
{
	struct probe_reset *ret = &run->probe->reset;
	struct vfio_hot_reset reset = {.count = 0};
	int r;

	*ret = (struct probe_reset){.possible = ANSWER_UNKNOWN, .owned = ANSWER_UNKNOWN};
	if (!streq(run->device->bus, "pci"))
		return;
	r = vfio_hot_reset_info(run->open->fd, &reset);
	if (r >= 0) {
		ret->possible = ANSWER_YES;
		if (reset.by_devid)
			ret->owned = reset.owned ? ANSWER_YES : ANSWER_NO;
		list_members(run, &reset);
	} else if (r == -ENODEV) {
		ret->possible = ANSWER_NO;
	} else {
		probe_fail(run, "hot reset", r);
	}
	free(reset.members);
}
