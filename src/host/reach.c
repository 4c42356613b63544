/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/reach.h"

#include <errno.h>

#include "host/mode.h"

#define IOMMU_NODE     "/dev/iommu"
#define CONTAINER_NODE "/dev/vfio/vfio"

const char *reach_container(void)
{
	return host_has_container() ? CONTAINER_NODE : IOMMU_NODE;
}

static void add(struct reach *reach, struct reach_need need)
{
	if (reach->n_needs < ARRAY_SIZE(reach->needs))
		reach->needs[reach->n_needs++] = need;
}

/* The node of the device, or one that is there for all of them. True when the user may open it. */
static bool add_node(struct reach *reach, struct arena *arena, const struct device *dev,
		     const char *way, const char *node)
{
	struct permission permission;
	const char *remedy = NULL;

	permission_check(&permission, arena, &reach->account, node);
	if (permission.errnum == EACCES)
		remedy = arena_printf(arena, "vfioctl bind --owner %s %s",
				      account_word(arena, &reach->account), dev->address);
	else if (permission.errnum == ENOENT)
		remedy = streq(node, IOMMU_NODE)       ? "modprobe iommufd"
			 : streq(node, CONTAINER_NODE) ? "modprobe vfio"
						       : NULL;
	add(reach, (struct reach_need){
			   .way = way,
			   .object = node,
			   .met = permission.may,
			   .cause = permission.cause,
			   .remedy = remedy,
		   });
	return permission.may == ANSWER_YES;
}

/* --- what is needed ----------------------------------------------------------------------- */

static void add_device_need(struct reach *reach, const struct device *dev, const char *cause,
			    const char *remedy)
{
	add(reach,
	    (struct reach_need){
		    .object = dev->address, .met = ANSWER_NO, .cause = cause, .remedy = remedy});
}

/* True when nothing about the device itself is in the way. */
static bool add_device(struct reach *reach, struct arena *arena, const struct device *dev)
{
	const struct account *account = &reach->account;

	if (!device_is_vfio(dev)) {
		add_device_need(reach, dev, "not bound to a VFIO driver",
				arena_printf(arena, "vfioctl bind --owner %s %s",
					     account_word(arena, account), dev->address));
		return false;
	}
	if (dev->iommu == IOMMU_NONE && account->uid != 0) {
		add_device_need(reach, dev,
				"no IOMMU guards its DMA: only CAP_SYS_RAWIO may use it", NULL);
		return false;
	}
	return true;
}

static bool add_way(struct reach *reach, struct arena *arena, const struct device *dev,
		    const char *way, const char *node, const char *shared)
{
	bool own = !node || add_node(reach, arena, dev, way, node);

	return add_node(reach, arena, dev, way, shared) && own && node;
}

static const char *limit_text(struct arena *arena, int64_t bytes)
{
	if (bytes < 0)
		return "not known";
	if (bytes == MEMLOCK_UNLIMITED)
		return "unlimited";
	return arena_printf(arena, "%lld KiB", (long long)(bytes / 1024));
}

static const char *memlock_cause(struct arena *arena, const struct memlock *memlock)
{
	if (!memlock->source)
		return "limits.conf and systemd's configuration do not name it: whatever starts "
		       "the session decides; systemd's own default is 8192 KiB";
	return arena_printf(arena, "no more can be mapped for DMA: %s, hard limit %s (%s)",
			    limit_text(arena, memlock->soft), limit_text(arena, memlock->hard),
			    memlock->source);
}

/* A limit may be enough: that depends on how much shall be mapped. None at all is not. */
static enum answer add_memlock(struct reach *reach, struct arena *arena)
{
	const struct memlock *memlock = &reach->memlock;
	struct reach_need need = {.object = "memlock", .met = ANSWER_YES};

	if (!memlock->exempt && memlock->soft != MEMLOCK_UNLIMITED) {
		need.met = memlock->soft == 0 ? ANSWER_NO : ANSWER_UNKNOWN;
		need.cause = memlock_cause(arena, memlock);
		need.remedy = arena_printf(
			arena,
			"`%s - memlock unlimited` in /etc/security/limits.d/vfio.conf, and log in "
			"again; in the unit of a service LimitMEMLOCK=infinity; in root's script "
			"`ulimit -l unlimited`",
			account_word(arena, &reach->account));
	}
	add(reach, need);
	return need.met == ANSWER_UNKNOWN && !memlock_is_low(memlock) ? ANSWER_YES : need.met;
}

void reach_of(struct reach *ret, struct arena *arena, const struct device *dev,
	      const struct account *account)
{
	struct reach reach = {.account = *account};
	unsigned int ways = device_is_vfio(dev) ? dev->modes : dev->would_offer;
	enum answer memory;
	bool free;

	memlock_of(&reach.memlock, arena, account);
	free = add_device(&reach, arena, dev);
	if (ways & MODE_CDEV && add_way(&reach, arena, dev, "cdev", dev->cdev, IOMMU_NODE))
		reach.ways |= MODE_CDEV;
	if (ways & MODE_GROUP &&
	    add_way(&reach, arena, dev, "group", dev->group_node, reach_container()))
		reach.ways |= MODE_GROUP;
	memory = add_memlock(&reach, arena);
	reach.allowed = free && reach.ways && memory != ANSWER_NO ? ANSWER_YES : ANSWER_NO;
	reach.usable = reach.allowed == ANSWER_YES ? memory : ANSWER_NO;
	*ret = reach;
}
