/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be done. Each step that is planned changes something: so whether anything is to be
 * done at all is whether there are steps.
 */
#include "change/access.h"

#include <errno.h>

#include "base/path.h"
#include "change/access_internal.h"
#include "host/mode.h"
#include "host/reach.h"
#include "host/vfio_driver.h"

/* --- steps -------------------------------------------------------------------------------- */

static int add(const struct scheme *scheme, enum step_kind kind, const char *path,
	       const char *value)
{
	enum step_phase phase = kind == STEP_RULE && !scheme->back ? PHASE_PREPARE : PHASE_SETTLE;

	return value ? plan_add(scheme->plan, (struct step){.kind = kind,
							    .dev = scheme->dev,
							    .path = path,
							    .value = value,
							    .phase = phase,
							    .back = scheme->back})
		     : -ENOMEM;
}

static int plan_rule(const struct scheme *scheme)
{
	struct arena *arena = scheme->plan->arena;
	const char *path = access_rule_path(arena, scheme->dev);
	const char *wanted = access_rule_text(arena, scheme->dev, scheme->access);
	scoped_free char *found = NULL;

	if (!path || !wanted)
		return -ENOMEM;
	if (path_read_all(&found, 65536, "%s", path) == 0 && streq(found, wanted))
		return 0;
	return add(scheme, STEP_RULE, path, arena_strdup(arena, access_text(scheme->access).text));
}

/* The node is NULL when it has no name yet. */
static int plan_own(const struct scheme *scheme, const char *node)
{
	struct claim claim = claim_own(node ? node : "");
	const struct access *access = scheme->access;
	struct stat st;

	if (node && claim_value(scheme->doc, &claim) && path_stat(&st, "%s", node) == 0 &&
	    st.st_uid == access->uid && st.st_gid == access->gid &&
	    (st.st_mode & 07777) == access->mode)
		return 0;
	return add(scheme, STEP_OWN, node,
		   arena_strdup(scheme->plan->arena, access_text(access).text));
}

/*
 * Who may open the node without our doing needs no entry; who may because of another device's
 * grant needs to be counted.
 */
static int plan_entry(const struct scheme *scheme, const char *node, const char *who,
		      const struct account *account)
{
	struct arena *arena = scheme->plan->arena;
	struct claim claim = claim_acl(node, who), owned = claim_own(node);
	struct permission permission;
	bool ours = claim_value(scheme->doc, &claim) || claim_value(scheme->doc, &owned);

	permission_check(&permission, arena, account, node);
	if (permission.may == ANSWER_YES &&
	    (ours || !(claim_of_others(scheme->dev, &claim, NULL, 0) ||
		       claim_of_others(scheme->dev, &owned, NULL, 0))))
		return 0;
	return add(scheme, STEP_ACL, node, arena_printf(arena, "%s:rw", who));
}

static bool group_may(const struct access *access)
{
	return access->gid && (access->mode & 0060) == 0060;
}

static const char *user_entry(struct arena *arena, uid_t uid)
{
	return arena_printf(arena, "user:%u", uid);
}

static const char *group_entry(struct arena *arena, gid_t gid)
{
	return arena_printf(arena, "group:%u", gid);
}

static int plan_shared(const struct scheme *scheme, const char *node)
{
	struct arena *arena = scheme->plan->arena;
	const struct access *access = scheme->access;
	/* Anybody who is in that group and in no other. */
	const struct account member = {
		.uid = NO_USER, .gid = access->gid, .groups = &access->gid, .n_groups = 1};
	struct account account;
	const char *user = user_entry(arena, access->uid), *group = group_entry(arena, access->gid);
	int r;

	if (!user || !group || account_of(&account, arena, access->uid, NULL) < 0)
		return -ENOMEM;
	r = plan_entry(scheme, node, user, &account);
	if (r == 0 && group_may(access))
		r = plan_entry(scheme, node, group, &member);
	return r;
}

static const char *group_node(struct arena *arena, const struct device *dev)
{
	if (dev->group_node)
		return dev->group_node;
	return dev->iommu_group < 0 ? NULL : arena_printf(arena, "/dev/vfio/%d", dev->iommu_group);
}

static unsigned int ways_of(const struct device *dev)
{
	struct host_ways ways;

	if (device_is_vfio(dev))
		return dev->modes;
	host_ways_read(&ways);
	return host_ways_offer(&ways, dev);
}

/* --- taking back -------------------------------------------------------------------------- */

int access_scheme_drop(const struct scheme *scheme, const struct access *had,
		       const struct access *keep)
{
	const char *const nodes[] = {IOMMU_NODE, "/dev/vfio/vfio"};
	struct arena *arena = scheme->plan->arena;
	const char *user = user_entry(arena, had->uid), *group = group_entry(arena, had->gid);
	bool keep_user = keep && keep->uid == had->uid;
	bool keep_group = keep && group_may(keep) && keep->gid == had->gid;
	int r = user && group ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(nodes); i++) {
		struct claim of_user = claim_acl(nodes[i], user);
		struct claim of_group = claim_acl(nodes[i], group);

		if (claim_value(scheme->doc, &of_user) && !keep_user)
			r = add(scheme, STEP_ACL, nodes[i], user);
		if (r == 0 && claim_value(scheme->doc, &of_group) && !keep_group)
			r = add(scheme, STEP_ACL, nodes[i], group);
	}
	return r;
}

/* Another member that VFIO has keeps the group's node. */
static bool node_stays(const struct device *dev)
{
	scoped_dir DIR *dir = path_opendir("/sys/kernel/iommu_groups/%d/devices", dev->iommu_group);
	const char *name;

	while (dir && (name = path_next(dir)))
		if (!streq(name, dev->address) &&
		    vfio_holds("/sys/kernel/iommu_groups/%d/devices/%s", dev->iommu_group, name))
			return true;
	return false;
}

static int plan_disown(const struct scheme *scheme, const char *node)
{
	struct claim claim = claim_own(node);
	const char *before = claim_value(scheme->doc, &claim);

	return before ? add(scheme, STEP_OWN, node, arena_strdup(scheme->plan->arena, before)) : 0;
}

/*
 * Of a device that is gone it is not known which group's node was its own: it is one that the
 * record claims, and that still belongs to whom the device was given.
 */
static int plan_disown_groups(const struct scheme *scheme, const struct access *had)
{
	scoped_dir DIR *dir = path_opendir("/dev/vfio");
	const char *name;
	struct stat st;
	int r = 0;

	while (r == 0 && dir && (name = path_next(dir))) {
		const char *node = arena_printf(scheme->plan->arena, "/dev/vfio/%s", name);

		if (!node)
			return -ENOMEM;
		if (path_stat(&st, "%s", node) == 0 && S_ISCHR(st.st_mode) && st.st_uid == had->uid)
			r = plan_disown(scheme, node);
	}
	return r;
}

int access_scheme_back(const struct scheme *scheme, const struct access *had, bool all)
{
	struct arena *arena = scheme->plan->arena;
	const struct device *dev = scheme->dev;
	const char *node = group_node(arena, dev), *rule = access_rule_path(arena, dev);
	int r = rule ? 0 : -ENOMEM;

	if (r == 0 && path_exists("%s", rule))
		r = add(scheme, STEP_RULE, rule, "");
	if (r == 0 && dev->state == DEVICE_GONE)
		r = plan_disown_groups(scheme, had);
	else if (r == 0 && node && (all || node_stays(dev)))
		r = plan_disown(scheme, node);
	if (r == 0 && dev->cdev && all)
		r = plan_disown(scheme, dev->cdev);
	if (r == 0)
		r = plan_disown(scheme, IOMMU_NODE);
	return r == 0 ? access_scheme_drop(scheme, had, NULL) : r;
}

int access_plan_back(struct plan *plan, const struct device *dev, struct error *err)
{
	scoped_document struct document *doc = access_record_load(dev);
	struct scheme scheme = {.plan = plan, .dev = dev, .doc = doc, .back = true};
	struct access had;

	if (!doc || !access_record_read(&had, doc, ""))
		return 0;
	return access_scheme_back(&scheme, &had, false) < 0 ? error_out_of_memory(err) : 0;
}

/* --- giving ------------------------------------------------------------------------------- */

static int plan_nodes(const struct scheme *scheme)
{
	const struct device *dev = scheme->dev;
	unsigned int ways = ways_of(dev);
	int r = 0;

	if (ways & MODE_CDEV)
		r = plan_own(scheme, dev->cdev);
	if (r == 0 && ways & MODE_GROUP)
		r = plan_own(scheme, group_node(scheme->plan->arena, dev));
	if (r == 0 && ways & MODE_CDEV)
		r = plan_shared(scheme, IOMMU_NODE);
	if (r == 0 && ways & MODE_GROUP &&
	    !(ways & MODE_CDEV && streq(reach_container(), IOMMU_NODE)))
		r = plan_shared(scheme, reach_container());
	return r;
}

/* What is done when the nodes are there. */
static int plan_given_nodes(struct plan *plan, const struct device *dev,
			    const struct access *access)
{
	scoped_document struct document *doc = access_record_load(dev);
	struct scheme scheme = {.plan = plan, .dev = dev, .access = access, .doc = doc};
	struct access had;
	int r = plan_nodes(&scheme);

	scheme.back = true;
	if (r == 0 && doc && access_record_read(&had, doc, ""))
		r = access_scheme_drop(&scheme, &had, access);
	return r;
}

int access_scheme_giving(struct plan *plan, const struct device *dev, const struct access *access)
{
	struct scheme scheme = {.plan = plan, .dev = dev, .access = access};
	int r = plan_rule(&scheme);

	return r == 0 ? plan_given_nodes(plan, dev, access) : r;
}

static bool is_same(const struct access *a, const struct access *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode;
}

bool access_is_given(const struct device *dev, const struct access *access)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	struct access recorded;

	return arena && access_load(&recorded, dev) && is_same(&recorded, access) &&
	       !access_is_unfinished(dev) && access_scheme_giving(&plan, dev, access) == 0 &&
	       plan.count == 0;
}

static int check_group(struct arena *arena, const struct device *dev, const struct access *access,
		       struct error *err)
{
	const char *node = group_node(arena, dev);
	struct access owner;
	char address[256];

	if (!node || !claim_find_owner(dev, node, &owner, address, sizeof(address)) ||
	    is_same(&owner, access))
		return 0;
	error_set(err, STATUS_REFUSED, EBUSY, "group-owner", dev->address,
		  "%s, which is in the same IOMMU group, is given to %s already, and %s can have "
		  "one owner only",
		  address, access_text(&owner).text, node);
	return error_remedy(err, "Give it to the same, or first: vfioctl restore %s", address);
}

int access_plan_rule(struct plan *plan, const struct device *dev, const struct access *access,
		     struct error *err)
{
	struct scheme scheme = {.plan = plan, .dev = dev, .access = access};

	return plan_rule(&scheme) < 0 ? error_out_of_memory(err) : 0;
}

int access_plan_nodes(struct plan *plan, const struct device *dev, const struct access *access,
		      struct error *err)
{
	if (dev->iommu == IOMMU_NONE && access->uid != 0) {
		error_set(err, STATUS_UNSUPPORTED, 0, "no-iommu", dev->address,
			  "no IOMMU guards its DMA: the kernel lets nobody use it without "
			  "CAP_SYS_RAWIO");
		return error_remedy(err, "Bind it without --owner, and use it as root.");
	}
	if (ways_of(dev) & MODE_GROUP && check_group(plan->arena, dev, access, err) < 0)
		return -1;
	return plan_given_nodes(plan, dev, access) < 0 ? error_out_of_memory(err) : 0;
}
