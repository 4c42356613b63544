/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DMA witness: that a mapping lets a device's data through, and that nothing comes through when
 * it is gone, is seen in memory and not in the answers of the kernel alone.
 *
 * The device is an NVMe controller, because it can be asked for 4 KiB with one command that reads
 * nothing of the storage and changes nothing (cases/nvme.h). The page for its answer is filled with
 * poison before every question. What was blocked was answered just before, through the same
 * mappings: silence is not the controller's.
 *
 * A controller whose DMA fails may call that fatal and stop, so it must be nobody else's way to the
 * storage. While VFIO has it, sysfs does not tell to which subsystem it belongs; it says so itself,
 * with the first answer. When that leaves open that there are more controllers, its subsystem's
 * name (NQN) must be none of those that the host's own controllers have, else the case is skipped.
 * Controllers in the hands of other users of VFIO cannot be seen so; each of these is reset by its
 * own users only, and does not depend on this one.
 */
#include <errno.h>
#include <poll.h>
#include <sys/mman.h>

#include "base/path.h"
#include "cases/nvme.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

/* Each piece of memory is mapped by itself. A multiple of any page that a machine may have. */
#define PIECE 65536U

/* How long an answer may take, and how long one that must not come is waited for. */
#define ANSWER_MS  10000
#define SILENCE_MS 1500
/* An answer without its data: how long the data may be behind. */
#define LATE_MS 100

#define POISON 0xa5

struct witness {
	struct vfio_device dev;
	struct nvme nvme;
	struct nvme_memory queues, data; /* mapped pieces of memory, used from their start on */
};
#define WITNESS_NONE ((struct witness){.dev = VFIO_DEVICE_NONE})

static void witness_close(struct witness *w)
{
	/* The device first: it must not write into memory that was given back. */
	vfio_close(&w->dev);
	if (w->queues.address)
		munmap(w->queues.address, PIECE);
	if (w->data.address)
		munmap(w->data.address, PIECE);
}
#define scoped_witness __attribute__((cleanup(witness_close)))

static bool get_memory(struct case_run *run, struct nvme_memory *ret)
{
	void *memory = mmap(NULL, PIECE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return case_expect(run, "get memory", 0, -errno);
	ret->address = memory;
	return true;
}

static bool map_piece(struct case_run *run, struct witness *w, const char *what,
		      struct nvme_memory *piece)
{
	return case_expect(run, what, 0,
			   w->dev.ops->map(&w->dev, piece->address, PIECE, &piece->iova));
}

/*
 * A page of a piece as the controller has to be told of it. Without an IOMMU that is its physical
 * address.
 */
static bool locate(struct case_run *run, const struct witness *w, const struct nvme_memory *piece,
		   unsigned int page, struct nvme_memory *ret)
{
	ret->address = (char *)piece->address + page * NVME_PAGE;
	ret->iova = piece->iova + page * NVME_PAGE;
	return !run->target.noiommu ||
	       case_expect(run, "ask for a physical address", 0,
			   iommufd_noiommu_pa(w->dev.context, w->dev.ioas, ret->iova, NVME_PAGE,
					      &ret->iova));
}

static bool start_controller(struct case_run *run, struct witness *w)
{
	struct nvme_memory commands, answers;

	return locate(run, w, &w->queues, 0, &commands) &&
	       locate(run, w, &w->queues, 1, &answers) &&
	       case_expect(run, "start the controller", 0,
			   nvme_start(&w->nvme, &commands, &answers));
}

static bool open_controller(struct case_run *run, struct witness *w)
{
	int r = nvme_open(&w->nvme, w->dev.fd);

	if (r == -ENXIO)
		return case_skip(run, "the controller is not online: its physical function has "
				      "given it no resources");
	if (r == -EOPNOTSUPP)
		return case_skip(run, "the controller wants pages larger than 4 KiB");
	return case_expect(run, "look at the controller", 0, r);
}

/* --- questions and answers -------------------------------------------------------------- */

static bool is_poisoned(const struct nvme_memory *data)
{
	const uint8_t *bytes = data->address;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (size_t i = 0; i < NVME_PAGE; i++)
		if (bytes[i] != POISON)
			return false;
	return true;
}

static bool send(struct case_run *run, struct witness *w)
{
	struct nvme_memory page;

	memset(w->data.address, POISON, NVME_PAGE);
	return locate(run, w, &w->data, 0, &page) &&
	       case_expect(run, "send Identify Controller", 0,
			   nvme_send_identify(&w->nvme, page.iova));
}

/* Asks, and looks at the page for the answer: it begins with the ids that sysfs shows. */
static bool data_arrives(struct case_run *run, struct witness *w)
{
	struct nvme_identity identity;

	if (!send(run, w) ||
	    !case_expect(run, "wait for its end", 0, nvme_wait(&w->nvme, ANSWER_MS)))
		return false;
	nvme_parse_identity(&identity, w->data.address);
	return case_check(run, "look at the data", identity.vendor_id == run->device->vendor_id,
			  is_poisoned(&w->data) ? "the command ended and no data came"
						: "the data are not the controller's: vendor %04x "
						  "instead of %04x",
			  identity.vendor_id, (unsigned int)run->device->vendor_id);
}

/* Asks, gives the data time to come, and looks whether the page is as it was. */
static bool nothing_arrives(struct case_run *run, struct witness *w)
{
	if (!send(run, w))
		return false;
	if (nvme_wait(&w->nvme, SILENCE_MS) != -ETIMEDOUT)
		poll(NULL, 0, LATE_MS);
	return case_check(run, "look at the memory", is_poisoned(&w->data),
			  "the device wrote to memory that is not mapped for it any more");
}

/* The controller of the host's that has the same subsystem: "nvme1". */
static bool find_other_path(char *buf, size_t size, const char *subsystem)
{
	scoped_dir DIR *dir = path_opendir("/sys/class/nvme");
	const char *name;
	char text[260];

	while (dir && (name = path_next(dir)))
		if (path_read(text, sizeof(text), "/sys/class/nvme/%s/subsysnqn", name) > 0 &&
		    streq(text, subsystem))
			return append(buf, size, "%s", name);
	return false;
}

/* See above. After the first answer; in doubt the case is skipped. */
static bool is_alone(struct case_run *run, const struct witness *w)
{
	struct nvme_identity identity;
	char other[64] = "";

	nvme_parse_identity(&identity, w->data.address);
	if (!identity.shared)
		return true;
	if (!*identity.subsystem)
		return case_skip(run, "the controller may share its storage and does not tell "
				      "with whom");
	if (find_other_path(other, sizeof(other), identity.subsystem))
		return case_skip(run, "the host has another path to its storage: %s", other);
	return true;
}

/* A controller that answers, with its queues and the page for data mapped. */
static bool witness_open(struct case_run *run, struct witness *w)
{
	return get_memory(run, &w->queues) && get_memory(run, &w->data) &&
	       case_attach(run, &w->dev) && open_controller(run, w) &&
	       map_piece(run, w, "map the queues", &w->queues) &&
	       map_piece(run, w, "map a page for data", &w->data) && start_controller(run, w) &&
	       data_arrives(run, w);
}

static bool unmap_data(struct case_run *run, struct witness *w)
{
	return case_expect(run, "unmap the page", 0,
			   w->dev.ops->unmap(&w->dev, w->data.iova, PIECE));
}

/* --- the cases -------------------------------------------------------------------------- */

static void data_move(struct case_run *run)
{
	scoped_witness struct witness w = WITNESS_NONE;

	witness_open(run, &w);
}

static void data_move_through_iommufd(struct case_run *run)
{
	run->target.container = "/dev/iommu";
	data_move(run);
}

static void unmap_blocks(struct case_run *run)
{
	scoped_witness struct witness w = WITNESS_NONE;

	if (witness_open(run, &w) && is_alone(run, &w) && unmap_data(run, &w))
		nothing_arrives(run, &w);
}

static bool detach(struct case_run *run, struct witness *w)
{
	return case_expect(run, "DETACH", 0, w->dev.ops->detach(&w->dev));
}

/* The queues are still mapped in the address space, but it is the device's no more. */
static void detach_blocks(struct case_run *run)
{
	scoped_witness struct witness w = WITNESS_NONE;

	if (!witness_open(run, &w) || !is_alone(run, &w) || !detach(run, &w) || !send(run, &w))
		return;
	if (!case_expect(run, "wait for its end", -ETIMEDOUT, nvme_wait(&w.nvme, SILENCE_MS)))
		return;
	case_check(run, "look at the memory", is_poisoned(&w.data),
		   "the device wrote to memory that it was detached from");
}

/* A second address space with the same queues, and other memory where the page for data was. */
static bool build_second(struct case_run *run, struct witness *w, uint32_t *ret_ioas,
			 struct nvme_memory *ret_data)
{
	int fd = w->dev.context;

	if (!get_memory(run, ret_data))
		return false;
	ret_data->iova = w->data.iova;
	return case_expect(run, "make a second address space", 0,
			   iommufd_ioas_alloc(fd, ret_ioas)) &&
	       case_expect(
		       run, "map the queues there", 0,
		       iommufd_map_at(fd, *ret_ioas, w->queues.address, PIECE, w->queues.iova)) &&
	       case_expect(run, "map another page there", 0,
			   iommufd_map_at(fd, *ret_ioas, ret_data->address, PIECE, ret_data->iova));
}

/* The first page is still mapped at that address, in the address space that was left. */
static void replace_redirects(struct case_run *run)
{
	scoped_witness struct witness w = WITNESS_NONE;
	struct nvme_memory first;
	uint32_t ioas = 0;

	if (!witness_open(run, &w))
		return;
	first = w.data;
	w.data.address = NULL; /* of the second page, from here on */
	if (build_second(run, &w, &ioas, &w.data)) {
		memset(first.address, POISON, NVME_PAGE);
		if (case_expect(run, "ATTACH to the second", 0,
				vfio_cdev_attach(w.dev.fd, &ioas)) &&
		    data_arrives(run, &w))
			case_check(run, "look at the first page", is_poisoned(&first),
				   "the device still writes to the address space that it left");
	}
	vfio_close(&w.dev);
	munmap(first.address, PIECE);
}

static bool detach_and_ask(struct case_run *run, struct witness *w)
{
	return map_piece(run, w, "map it again", &w->data) && start_controller(run, w) &&
	       data_arrives(run, w) && detach(run, w) && nothing_arrives(run, w);
}

/* Closing a device of a group resets it: there is no DETACH that leaves it able to write. */
static void mapping_decides(struct case_run *run)
{
	scoped_witness struct witness w = WITNESS_NONE;

	if (!witness_open(run, &w) || !is_alone(run, &w) || !unmap_data(run, &w) ||
	    !nothing_arrives(run, &w))
		return;
	if (run->path == CASE_CDEV)
		detach_and_ask(run, &w);
}

#define BOTH  (CASE_CDEV | CASE_GROUP)
#define NEEDS (CASE_NEEDS_NVME | CASE_NEEDS_PHYSICAL)

const struct test_case cases_witness[] = {
	{.id = "W01",
	 .statement = "CL8",
	 .title = "The device's data arrive in mapped memory",
	 .promise = "What an address space maps is where the device's DMA goes.",
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"C05", "G04"},
	 .run = data_move},
	{.id = "W02",
	 .statement = "CL8",
	 .title = "After unmapping, no data of the device's arrive",
	 .promise = "The page's mapping is gone for the device when unmapping has returned.",
	 .class = CASE_NEIGHBOURS,
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"W01"},
	 .run = unmap_blocks},
	{.id = "W03",
	 .statement = "CL9",
	 .title = "After DETACH, no data of the device's arrive",
	 .promise = "A device without an address space reads and writes nothing.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = NEEDS,
	 .after = {"W01"},
	 .run = detach_blocks},
	{.id = "W04",
	 .statement = "CL8",
	 .title = "After a move, data arrive in the new memory alone",
	 .promise = "A device that is moved writes to the new address space and not to the old.",
	 .paths = CASE_CDEV,
	 .needs = NEEDS,
	 .after = {"W01"},
	 .run = replace_redirects},
	{.id = "W05",
	 .statement = "CL6",
	 .title = "Data arrive with /dev/iommu as the container, too",
	 .promise = "An iommufd maps memory for a group as a container does.",
	 .paths = CASE_GROUP,
	 .needs = NEEDS | CASE_NEEDS_IOMMUFD,
	 .after = {"W01", "X11"},
	 .run = data_move_through_iommufd},
	{.id = "W06",
	 .statement = "FU5",
	 .title = "Without an IOMMU, data arrive at the told address",
	 .promise = "The physical address behind a mapping is where its memory is.",
	 /* If it were not, this would write to memory of somebody else. */
	 .class = CASE_LAB,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_NVME | CASE_NEEDS_NOIOMMU,
	 .after = {"C05"},
	 .run = data_move},
	{.id = "A17",
	 .statement = "CL8",
	 .title = "It reaches what is mapped for it, and nothing else",
	 .promise = "Data move while memory is mapped and the device attached, and only then.",
	 .class = CASE_NEIGHBOURS,
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"W01"},
	 .run = mapping_decides},
	{.id = NULL},
};
