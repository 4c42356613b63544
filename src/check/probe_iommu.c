/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about what stands between the device and memory.
 */
#include <errno.h>
#include <sys/resource.h>

#include "base/path.h"
#include "check/probe.h"
#include "kernel/vfio_backend.h"

static bool is_cdev(const struct probe_run *run)
{
	return run->probe->path == CASE_CDEV;
}

/* Memory is mapped for it, which a group without an IOMMU does not do. */
static bool has_space(const struct probe_run *run)
{
	return is_cdev(run) ? run->open->pt_id != 0 : !run->open->target.noiommu;
}

/* --- the address space ------------------------------------------------------------------ */

/* At most size ranges; returns how many there are, or -errno. */
static int read_ranges(struct probe_run *run, struct iova_range *ranges, size_t size)
{
	uint64_t alignment;
	int n;

	if (!is_cdev(run))
		return vfio_container_iova_ranges(run->open->context, ranges, size);
	n = iommufd_iova_ranges(run->open->context, run->open->ioas, ranges, size, &alignment);
	if (n >= 0)
		run->probe->space.alignment = (int64_t)alignment;
	return n;
}

static int list_ranges(struct probe_run *run)
{
	struct probe_space *space = &run->probe->space;
	struct iova_range one, *list;
	int count = read_ranges(run, &one, 0), n;

	if (count < 0)
		return count;
	list = arena_alloc(run->arena, (size_t)count * sizeof(*list));
	if (!list)
		return -ENOMEM;
	n = read_ranges(run, list, (size_t)count);
	if (n < 0)
		return n;
	space->ranges = list;
	space->n_ranges = (size_t)(n < count ? n : count);
	return 0;
}

static void ask_container(struct probe_run *run)
{
	struct probe_space *space = &run->probe->space;
	struct vfio_limits limits;
	int r = vfio_container_limits(run->open->context, &limits);

	if (r < 0) {
		probe_fail(run, "limits of the container", r);
		return;
	}
	if (limits.page_sizes)
		space->alignment = (int64_t)(limits.page_sizes & -limits.page_sizes);
	/* iommufd, emulating a container, has no limit and says this. */
	if (limits.mappings_left != UINT32_MAX)
		space->mappings_left = limits.mappings_left;
}

static void list_reserved(struct probe_run *run)
{
	struct probe_space *space = &run->probe->space;
	int n = iommu_reserved_read(&space->reserved, run->arena, run->device->syspath);

	if (n >= 0)
		space->n_reserved = (size_t)n;
	else if (n != -ENOENT)
		probe_fail(run, "reserved regions", n);
}

void probe_ask_space(struct probe_run *run)
{
	int r;

	run->probe->space = (struct probe_space){.alignment = -1, .mappings_left = -1};
	list_reserved(run);
	if (!has_space(run))
		return;
	r = list_ranges(run);
	/* Emulated devices alone leave all addresses to user space, and a container says nothing.
	 */
	if (r < 0 && r != -EOPNOTSUPP)
		probe_fail(run, "IOVA ranges", r);
	if (!is_cdev(run))
		ask_container(run);
}

/* --- the IOMMU -------------------------------------------------------------------------- */

/* Makes a page table of that kind for the device, and takes it away at once. */
static enum answer can_make(struct probe_run *run, uint32_t kind, const char *question)
{
	const struct vfio_device *dev = run->open;
	uint32_t id;
	int r = iommufd_hwpt_alloc(dev->context, dev->devid, dev->ioas, kind, &id);

	if (r >= 0) {
		iommufd_destroy(dev->context, id);
		return ANSWER_YES;
	}
	if (r == -EOPNOTSUPP)
		return ANSWER_NO;
	probe_fail(run, question, r);
	return ANSWER_UNKNOWN;
}

static void ask_iommufd(struct probe_run *run)
{
	struct probe_iommu *iommu = &run->probe->iommu;
	int r = iommufd_hardware(run->open->context, run->open->devid, &iommu->hardware);

	if (r < 0)
		probe_fail(run, "kind of IOMMU", r);
	iommu->from_kernel = r >= 0;
	if (!has_space(run))
		return;
	iommu->nesting = can_make(run, IOMMUFD_HWPT_NEST_PARENT, "page tables for nesting");
	iommu->dirty_tracking =
		can_make(run, IOMMUFD_HWPT_DIRTY, "page tables with dirty tracking");
	iommu->pasid_tables = can_make(run, IOMMUFD_HWPT_PASID, "page tables for PASIDs");
}

/* Sysfs has registers that the kernel did not tell otherwise. */
static void read_sysfs(struct probe_run *run)
{
	static const uint32_t types[] = {
		[IOMMU_INTEL] = IOMMUFD_INTEL_VTD, [IOMMU_AMD] = IOMMUFD_AMD};
	struct probe_iommu *iommu = &run->probe->iommu;
	struct iommufd_hardware told = iommu->hardware;
	struct iommu_registers registers;

	if ((iommu->from_kernel && told.type != IOMMUFD_NO_HW) ||
	    iommu_registers_read(&registers, run->device->syspath) < 0)
		return;
	hardware_from_registers(&iommu->hardware, types[registers.make], registers.first,
				registers.second);
	iommu->hardware.capabilities = told.capabilities;
	iommu->hardware.max_pasid_log2 = told.max_pasid_log2;
	iommu->from_sysfs = true;
}

void probe_ask_iommu(struct probe_run *run)
{
	struct probe_iommu *iommu = &run->probe->iommu;
	char instance[64];

	*iommu = (struct probe_iommu){.nesting = ANSWER_UNKNOWN,
				      .dirty_tracking = ANSWER_UNKNOWN,
				      .pasid_tables = ANSWER_UNKNOWN};
	if (run->device->iommu != IOMMU_PHYSICAL)
		return;
	if (path_link_name(instance, sizeof(instance), "%s/iommu", run->device->syspath) >= 0)
		iommu->instance = arena_strdup(run->arena, instance);
	if (is_cdev(run))
		ask_iommufd(run);
	read_sysfs(run);
	iommu->n_registers = hardware_registers(&iommu->hardware, iommu->registers);
	iommu->n_traits = hardware_traits(&iommu->hardware, iommu->traits);
}

/* --- locked memory ---------------------------------------------------------------------- */

/* The number that <linux/capability.h> gives to CAP_IPC_LOCK. */
#define IPC_LOCK 14

static bool may_lock_all(void)
{
	char text[PATH_ATTR_MAX];
	const char *line;
	uint64_t set;

	if (path_read(text, sizeof(text), "/proc/self/status") < 0)
		return false;
	line = strstr(text, "\nCapEff:\t");
	if (!line)
		return false;
	set = strtoull(line + strlen("\nCapEff:\t"), NULL, 16);
	return set >> IPC_LOCK & 1;
}

static int64_t limit_of(rlim_t limit)
{
	return limit == RLIM_INFINITY || limit > INT64_MAX ? -1 : (int64_t)limit;
}

/* The container of vfio counts against the process, an iommufd as it is set. */
static enum probe_counted find_counted(const struct probe_run *run)
{
	uint64_t mode;

	if (!has_space(run))
		return PROBE_COUNTED_NOT;
	return iommufd_rlimit_mode(run->open->context, &mode) >= 0 && mode == 0
		       ? PROBE_COUNTED_USER
		       : PROBE_COUNTED_PROCESS;
}

void probe_ask_memory(struct probe_run *run)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		probe_fail(run, "limit of locked memory", -errno);
	run->probe->memory = (struct probe_memory){
		.soft = limit_of(limit.rlim_cur),
		.hard = limit_of(limit.rlim_max),
		.exempt = may_lock_all(),
		.counted = find_counted(run),
		.page_size = sysconf(_SC_PAGESIZE),
	};
}
