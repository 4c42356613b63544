/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PF goes from one number of VFs to another only by none: so with another number all VFs that
 * there were are taken away, and come back as new ones, without driver, override or owner.
 */
#include "change/sriov.h"

#include <errno.h>
#include <inttypes.h>

#include "base/path.h"
#include "change/decide.h"
#include "change/moves.h"
#include "change/warning.h"
#include "host/group.h"
#include "host/sriov.h"
#include "host/vfio_driver.h"

static bool wants(const struct change_request *request, const char *word)
{
	return request->driver && streq(request->driver, word);
}

bool sriov_keeps_access(const struct change_result *result)
{
	return !result->to.absent && vfio_is_driver_name(result->to.driver);
}

bool sriov_probes(const struct change_request *request)
{
	return request->kind == CHANGE_SRIOV && wants(request, "native");
}

/* --- the PF ------------------------------------------------------------------------------- */

static int no_sriov(const struct device *dev, struct error *err)
{
	error_set(err, STATUS_UNSUPPORTED, ENOENT, "no-sriov", dev->address,
		  dev->physfn ? "it is a VF itself, of %s" : "it has no SR-IOV", dev->physfn);
	if (dev->physfn)
		return error_remedy(err, "Name the PF: vfioctl sriov %s COUNT", dev->physfn);
	return error_remedy(err, "`vfioctl show` tells how many VFs a device can have.");
}

static int too_many(const struct device *pf, const struct sriov *sriov, int64_t wanted,
		    struct error *err)
{
	return error_set(err, STATUS_USAGE, ERANGE, "too-many-vfs", pf->address,
			 "it can have %" PRId64 " VFs, not %" PRId64, sriov->total, wanted);
}

/* What the kernel would say is ENOENT. */
static int check_maker(const struct device *pf, struct error *err)
{
	char option[8] = "Y";

	if (!pf->driver) {
		error_set(err, STATUS_UNSUPPORTED, ENOENT, "pf-without-driver", pf->address,
			  "no driver has it, and VFs are made by the driver of the PF");
		return error_remedy(err, "`vfioctl restore %s` gives it to its own driver.",
				    pf->address);
	}
	if (!streq(pf->driver, "vfio-pci"))
		return 0;
	path_read(option, sizeof(option), "/sys/module/vfio_pci/parameters/enable_sriov");
	if (*option == 'Y')
		return 0;
	error_set(err, STATUS_UNSUPPORTED, ENOENT, "enable-sriov-off", pf->address,
		  "vfio-pci has it, and makes no VFs unless its option enable_sriov is on");
	return error_remedy(err,
			    "echo Y > /sys/module/vfio_pci/parameters/enable_sriov; or give the PF "
			    "to its own driver: vfioctl restore %s",
			    pf->address);
}

int sriov_decide(struct change_result *result, struct change *change,
		 const struct change_request *request, struct error *err)
{
	const struct device *pf = result->before;
	struct sriov sriov;

	(void)change;
	if (pf->physfn || sriov_read(&sriov, pf) < 0)
		return no_sriov(pf, err);
	if (request->vfs > sriov.total)
		return too_many(pf, &sriov, request->vfs, err);
	if (request->vfs != pf->n_vfs && check_maker(pf, err) < 0)
		return -1;
	result->from.autoprobe_off = !sriov.autoprobe;
	result->to = result->from;
	result->to.vfs = request->vfs;
	return 0;
}

/* --- its VFs ------------------------------------------------------------------------------ */

static bool is_pf_of_request(const struct change_request *request,
			     const struct change_result *result)
{
	return request->kind == CHANGE_SRIOV && !result->before->physfn;
}

struct change_result *sriov_maker(const struct change *change, const struct device *vf)
{
	for (size_t i = 0; vf->physfn && i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (streq(result->before->address, vf->physfn))
			return move_changes_vfs(result->from, result->to) ? result : NULL;
	}
	return NULL;
}

static bool is_as_wanted(const struct change_request *request, const struct device *vf)
{
	if (wants(request, "none"))
		return !vf->driver;
	if (wants(request, "native"))
		return vf->driver && !device_is_vfio(vf);
	return device_is_vfio(vf) &&
	       (!request->driver || wants(request, "auto") || wants(request, vf->driver));
}

static int decide_for_request(struct change_result *vf, struct change *change,
			      const struct change_request *request, struct error *err)
{
	if (!vf->from.absent && !sriov_maker(change, vf->before) &&
	    is_as_wanted(request, vf->before))
		return 0;
	if (wants(request, "none")) {
		vf->to = (struct binding){.driver = NULL};
		return 0;
	}
	if (wants(request, "native")) {
		vf->to = (struct binding){.any_driver = true, .needs_one = true};
		return 0;
	}
	if (driver_choose(&vf->choice, change->arena, vf->before, request->driver, &change->memo,
			  err) < 0)
		return -1;
	vf->to = (struct binding){.driver = vf->choice.driver, .override = vf->choice.driver};
	return 0;
}

/* Back to what the run that made, or took away, the VFs found. */
static void decide_for_recovery(struct change_result *vf, const struct change_request *request)
{
	const struct journal_entry *entry =
		journal_find_address(request->unfinished, vf->before->address);

	vf->to = entry ? entry->from : (struct binding){.any_driver = true};
}

static int no_address(const struct device *pf, int index, struct error *err)
{
	error_set(err, STATUS_UNSUPPORTED, EINVAL, "vf-address", pf->address,
		  "it does not tell rightly where its VF %d will be (sriov_offset, sriov_stride)",
		  index);
	return error_remedy(err, "Make the VFs with sriov_numvfs, and bind them then.");
}

/*
 * The VF as it is or will be. One that was removed by hand is there no more, but counts among the
 * links of its PF until their number changes.
 */
static const struct device *find_vf(struct change *change, const struct device *pf,
				    const struct sriov *sriov, int index, struct error *err)
{
	const struct device *vf = index < pf->n_vfs ? sriov_vf(&change->before, pf, index) : NULL;

	if (vf)
		return vf;
	vf = sriov_predict_vf(change->arena, pf, sriov, index);
	/* Another function cannot be where it is to appear. */
	if (!vf || inventory_find(&change->before, vf->address)) {
		no_address(pf, index, err);
		return NULL;
	}
	return vf;
}

/* A result for one VF. */
static int add_vf(struct change *change, const struct change_request *request,
		  const struct binding *pf_to, const struct device *vf, int index,
		  struct error *err)
{
	bool exists = inventory_find(&change->before, vf->address) == vf;
	struct change_result *result = &change->results[change->count++];

	*result = (struct change_result){.before = vf};
	result->from = exists ? binding_of(vf) : (struct binding){.absent = true};
	result->to = result->from;
	if (index >= pf_to->vfs)
		result->to = (struct binding){.absent = true};
	else if (request->kind == CHANGE_RECOVER)
		decide_for_recovery(result, request);
	else if (decide_for_request(result, change, request, err) < 0)
		return -1;
	return 0;
}

static int make_room(struct change *change, int64_t more)
{
	size_t room = change->count + (size_t)more + 1;
	struct change_result *results = reallocarray(change->results, room, sizeof(*results));

	if (!results)
		return -ENOMEM;
	change->results = results;
	return 0;
}

static int add_vfs(struct change *change, const struct change_request *request, size_t pf_index,
		   struct error *err)
{
	const struct device *pf = change->results[pf_index].before;
	const struct binding from = change->results[pf_index].from,
			     to = change->results[pf_index].to;
	bool changes = move_changes_vfs(from, to);
	int64_t count = to.vfs > from.vfs ? to.vfs : from.vfs;
	struct sriov sriov;

	if (sriov_read(&sriov, pf) < 0)
		return no_sriov(pf, err);
	if (make_room(change, count) < 0)
		return error_out_of_memory(err);
	for (int i = 0; i < count; i++) {
		const struct device *vf;

		/* That it goes is no news of one that is not there. */
		if (i >= to.vfs && !sriov_vf(&change->before, pf, i))
			continue;
		vf = find_vf(change, pf, &sriov, i, err);
		if (!vf ||
		    (!change_find(change, vf) && add_vf(change, request, &to, vf, i, err) < 0))
			return -1;
		change_find(change, vf)->renewed = changes && i < from.vfs && i < to.vfs;
	}
	return 0;
}

int sriov_add_vfs(struct change *change, const struct change_request *request, struct error *err)
{
	for (size_t i = 0, named = change->count; i < named; i++) {
		const struct change_result *result = &change->results[i];

		if (result_is_fine(result) &&
		    (is_pf_of_request(request, result) ||
		     move_changes_vfs(result->from, result->to)) &&
		    add_vfs(change, request, i, err) < 0)
			return -1;
	}
	return 0;
}

/* --- together ----------------------------------------------------------------------------- */

/* What a run that is dead left of its VFs is known to recover alone: how many there were, and more.
 */
static bool is_half_way(const struct journals *journals, const struct device *dev)
{
	for (size_t i = 0; i < journals->count; i++) {
		const struct journal_run *run = &journals->runs[i];

		if (!run->lives && streq(run->verb, change_kind_name(CHANGE_SRIOV)) &&
		    (journal_find_address(run, dev->address) ||
		     (dev->physfn && journal_find_address(run, dev->physfn))))
			return true;
	}
	return false;
}

static int refuse_half_way(const struct device *dev, struct error *err)
{
	error_set(err, STATUS_REFUSED, EBUSY, "unfinished", dev->address,
		  "a run of vfioctl sriov that was killed has left it and its VFs half-way");
	return error_remedy(err, "Run `vfioctl recover` first.");
}

int sriov_check_finished(struct change *change, const struct change_request *request,
			 struct error *err)
{
	struct journals journals;

	if (request->kind == CHANGE_RECOVER || !journals_exist())
		return 0;
	/* Who may not read them is told so by who has the lock. */
	if (journals_load(&journals, change->arena, NULL) < 0)
		return 0;
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (is_half_way(&journals, result->before))
			refuse_half_way(result->before, &result->error);
	}
	return request->keep_going ? 0 : change_first_error(change, err);
}

/* VFs come and go together: what keeps one of them from it keeps their PF, and all others. */
void sriov_spread_errors(struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct change_result *result = &change->results[i];
		struct change_result *maker = sriov_maker(change, result->before);

		if (maker && !result_is_fine(result) && result_is_fine(maker))
			maker->error = result->error;
	}
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];
		const struct change_result *maker = sriov_maker(change, result->before);

		if (maker && !result_is_fine(maker) && result_is_fine(result))
			result->error = maker->error;
	}
}

/* --- afterwards --------------------------------------------------------------------------- */

static const struct device *find_blocker(const struct change *change, const struct device *vf)
{
	const struct device *member;

	for (size_t i = 0; (member = iommu_group_member(&change->after, vf->iommu_group, i)); i++)
		if (member != vf && !group_member_is_free(member))
			return member;
	return NULL;
}

/* The group of a VF is known when it exists, and only then. */
void sriov_warn_of_groups(struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];
		const struct device *vf = result->after, *blocker;

		if (!vf || !vf->physfn || !device_is_vfio(vf) ||
		    !(blocker = find_blocker(change, vf)))
			continue;
		warning_add(change, result,
			    arena_printf(change->arena,
					 "user space cannot have it: IOMMU group %d is not viable, "
					 "for %s is bound to %s",
					 vf->iommu_group, blocker->address,
					 blocker->driver ? blocker->driver
							 : "something that does not answer"));
	}
}
