/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate in front of the cases. They open, bind and reset the device, which would hurt anybody
 * who uses it: even a BIND that is refused takes from the device what KVM knew of it. So the other
 * members of its group must be free, too: the group way takes them all.
 */
#include <errno.h>
#include <unistd.h>

#include "base/path.h"
#include "check/case.h"
#include "host/permission.h"
#include "host/refusal.h"

static const struct usage *find_unseen(const struct usages *usages)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->list[i].reason == USAGE_UNSEEN)
			return &usages->list[i];
	return NULL;
}

/*
 * Of a function whose users cannot all be seen it is enough that it is not enabled: its driver
 * enables it for whoever uses it. Devices that are not physical do not tell.
 */
static int check_unseen(const struct usages *own, const struct usages *others,
			const struct device *dev, struct error *err)
{
	bool tells = dev->detail && dev->detail->enable_count >= 0;
	const struct usage *unseen = find_unseen(others);

	if (!unseen && !tells)
		unseen = find_unseen(own);
	if (!unseen)
		return 0;
	error_set(err, STATUS_PERMISSION, 0, usage_reasons[USAGE_UNSEEN].name, dev->address, "%s",
		  unseen->evidence);
	return error_remedy(err, "%s", unseen->remedy);
}

static int check_in_use(const struct inventory *inventory, const struct device *dev,
			struct error *err)
{
	scoped_usages struct usages own = {0}, others = {0};
	/* What only matters to who takes the device from its driver. */
	struct refusal refusal = {.forced =
					  ~(REASON_BIT(USAGE_VFIO_OPEN) | REASON_BIT(USAGE_GROUP))};

	if (usage_of_device(&own, dev, false, err) < 0 ||
	    usage_of_group(&others, inventory, dev, err) < 0)
		return -1;
	refusal_add_all(&refusal, &own);
	refusal_add_all(&refusal, &others);
	if (refusal_error(&refusal, dev, err) < 0)
		return -1;
	return check_unseen(&own, &others, dev, err);
}

int case_way_access(const struct device *dev, enum case_path path, const char **ret_node)
{
	const char *nodes[] = {
		path == CASE_CDEV ? dev->cdev : dev->group_node,
		path == CASE_GROUP && path_exists("/sys/class/misc/vfio") ? "/dev/vfio/vfio"
									  : "/dev/iommu",
	};

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		int r = nodes[i] ? path_access(R_OK | W_OK, "%s", nodes[i]) : -ENODEV;

		*ret_node = nodes[i];
		if (r < 0)
			return r;
	}
	return 0;
}

static int refuse_node(const char *node, int r, const struct device *dev, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);
	struct account account = {0};
	struct stat st;
	char owner[160] = "";

	if (!arena || account_of(&account, arena, geteuid(), NULL) < 0)
		return error_out_of_memory(err);
	if (node && path_stat(&st, "%s", node) >= 0)
		append(owner, sizeof(owner), " (%s)", permission_text(arena, &st));
	error_errno(err, r, "no-access", dev->address, "cannot open %s%s", node ? node : "any node",
		    owner);
	return error_remedy(err,
			    "Run as root, or have root give it to this user: vfioctl bind "
			    "--owner %s %s",
			    account_word(arena, &account), dev->address);
}

/* One way that this user may go is enough: cases of the other are skipped. */
static int check_access(const struct device *dev, struct error *err)
{
	static const struct {
		unsigned int mode;
		enum case_path path;
	} ways[] = {{MODE_CDEV, CASE_CDEV}, {MODE_GROUP, CASE_GROUP}};
	const char *first = NULL;
	int result = -ENODEV;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const char *node;
		int r;

		if (!(dev->modes & ways[i].mode))
			continue;
		r = case_way_access(dev, ways[i].path, &node);
		if (r >= 0)
			return 0;
		if (!first) {
			first = node;
			result = r;
		}
	}
	return refuse_node(first, result, dev, err);
}

int case_admit(const struct inventory *inventory, const struct device *dev, struct error *err)
{
	if (device_must_answer(dev, err) < 0)
		return -1;
	if (!device_is_vfio(dev)) {
		error_set(err, STATUS_UNSUPPORTED, 0, "not-bound", dev->address,
			  "not bound to a VFIO driver");
		return error_remedy(err, "`vfioctl bind %s` binds it.", dev->address);
	}
	if (check_in_use(inventory, dev, err) < 0)
		return -1;
	return check_access(dev, err);
}
