/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of drivers that are to let go of a device while somebody has it open, and of how such a
 * user is found: by what his descriptor tells.
 *
 * The unbind takes the device's node and its driver's link away at once, and then waits until the
 * last file of the device is closed and the last mapping of it gone. Meanwhile it asks the user, if
 * he gave an eventfd for that. Whatever becomes of a case here, its files close when it ends, and
 * the unbind is free to go on.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "base/path.h"
#include "cases/writer.h"
#include "check/case.h"
#include "check/case_binding.h"

/* How long an unbind must not have ended to count as waiting. */
#define WAITS_MS 1000

/* How long anything may take that is to happen at once. */
#define SOON_MS 20000

/* The kernel asks the user at once, and then this often; a busy machine is less exact. */
#define REQUEST_MS       10000
#define REQUEST_SLACK    7000
#define FIRST_REQUEST_MS 7000

/* --- an unbind that waits --------------------------------------------------------------- */

static bool loses_driver(const struct device *dev)
{
	int64_t until = now_ms() + SOON_MS;
	char driver[64];

	while (case_driver_of(driver, sizeof(driver), dev->syspath)) {
		if (now_ms() > until)
			return false;
		poll(NULL, 0, 10);
	}
	return true;
}

static bool still_waits(struct case_run *run, struct case_writer *unbind)
{
	return case_check(run, "look whether the unbind waits",
			  case_write_end(unbind, WAITS_MS) == -ETIMEDOUT,
			  "the unbind did not wait for the one who has the device");
}

static bool starts_to_wait(struct case_run *run, struct case_writer *unbind)
{
	return case_expect(run, "start to unbind", 0, case_unbind_start(unbind, run->device)) &&
	       case_check(run, "look for the link to the driver", loses_driver(run->device),
			  "the link to the driver stays") &&
	       still_waits(run, unbind);
}

static bool comes_to_end(struct case_run *run, struct case_writer *unbind)
{
	return case_expect(run, "end of the unbind", 0, case_write_end(unbind, SOON_MS));
}

/* --- files ------------------------------------------------------------------------------ */

static void open_file_blocks(struct case_run *run)
{
	scoped_writer struct case_writer unbind = CASE_WRITER_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_open(run, &dev) || !starts_to_wait(run, &unbind))
		return;
	vfio_close(&dev);
	comes_to_end(run, &unbind);
}

static void open_group_does_not(struct case_run *run)
{
	scoped_writer struct case_writer unbind = CASE_WRITER_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_open(run, &dev) &&
	    case_expect(run, "start to unbind", 0, case_unbind_start(&unbind, run->device)))
		comes_to_end(run, &unbind);
}

/* --- requests --------------------------------------------------------------------------- */

/* Waits for a request; how long it took, or -1. */
static int64_t await_request(int event, int64_t timeout_ms)
{
	struct pollfd pfd = {.fd = event, .events = POLLIN};
	int64_t start = now_ms();
	eventfd_t count;

	if (poll(&pfd, 1, (int)timeout_ms) != 1 || eventfd_read(event, &count) < 0)
		return -1;
	return now_ms() - start;
}

static bool requests_come(struct case_run *run, int event)
{
	int64_t pause;

	if (!case_check(run, "wait for a request", await_request(event, FIRST_REQUEST_MS) >= 0,
			"nobody asked for the device within %d s", FIRST_REQUEST_MS / 1000))
		return false;
	pause = await_request(event, REQUEST_MS + REQUEST_SLACK);
	return case_check(run, "wait for the next one", pause >= REQUEST_MS - REQUEST_SLACK,
			  pause < 0 ? "nobody asked again"
				    : "it came sooner than after ten seconds");
}

static void user_is_asked(struct case_run *run)
{
	scoped_writer struct case_writer unbind = CASE_WRITER_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (!case_expect(run, "make an eventfd", 0, event < 0 ? -errno : 0) ||
	    !case_bind(run, &dev) ||
	    !case_expect(run, "ask for requests", 0,
			 vfio_device_irq_event(dev.fd, VFIO_IRQ_REQ, event)) ||
	    !case_expect(run, "start to unbind", 0, case_unbind_start(&unbind, run->device)) ||
	    !requests_come(run, event))
		return;
	vfio_close(&dev);
	comes_to_end(run, &unbind);
}

/* --- signals ---------------------------------------------------------------------------- */

/* How many of the kernel's messages that were not read yet say that the device is waited for. */
static int count_warnings(int log, const struct device *dev)
{
	char record[8192];
	int count = 0;

	for (;;) {
		ssize_t n = read(log, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE)
			continue; /* some were lost; the next are there */
		if (n <= 0)
			return count;
		record[n] = '\0';
		count += strstr(record, dev->address) &&
			 strstr(record, "blocked until device is released");
	}
}

static int interrupt(const struct case_writer *writer)
{
	return kill(writer->worker.pid, SIGINT) < 0 ? -errno : 0;
}

static bool warns_once(struct case_run *run, int log)
{
	int count = count_warnings(log, run->device);

	return case_check(run, "look into the kernel's log", count == 1,
			  "the kernel warned %d times of the device that is waited for", count);
}

static void signal_does_not_end_it(struct case_run *run)
{
	scoped_fd int log = path_open(O_RDONLY | O_NONBLOCK, "/dev/kmsg");
	scoped_writer struct case_writer unbind = CASE_WRITER_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (log < 0 || lseek(log, 0, SEEK_END) < 0) {
		case_skip(run, "the kernel's log cannot be read");
		return;
	}
	if (!case_open(run, &dev) || !starts_to_wait(run, &unbind) ||
	    !case_expect(run, "interrupt the writer", 0, interrupt(&unbind)) ||
	    !still_waits(run, &unbind) ||
	    !case_expect(run, "interrupt it again", 0, interrupt(&unbind)) ||
	    !still_waits(run, &unbind) || !warns_once(run, log))
		return;
	vfio_close(&dev);
	comes_to_end(run, &unbind);
}

/* --- what is to be seen meanwhile ------------------------------------------------------- */

static bool is_deleted(int fd)
{
	char path[256];
	ssize_t n = path_readlink(path, sizeof(path), "/proc/self/fd/%d", fd);

	return n > 0 && strstr(path, " (deleted)");
}

static bool looks_stuck(struct case_run *run, const struct vfio_device *dev)
{
	const char *cdev = run->target.cdev, *group = run->target.group;

	return case_check(run, "look for the device's entry",
			  !path_exists("%s/vfio-dev", run->device->syspath),
			  "the device is still offered") &&
	       case_check(run, "look for its node", !path_exists("%s", cdev), "%s is still there",
			  cdev) &&
	       case_check(run, "look at the open file", is_deleted(dev->fd),
			  "the open file is not marked as deleted") &&
	       case_check(run, "look for the group",
			  path_exists("/sys/class/vfio/%s", base_name(group)) &&
				  path_exists("%s", group),
			  "%s is gone", group);
}

static void stuck_is_seen(struct case_run *run)
{
	scoped_writer struct case_writer unbind = CASE_WRITER_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	int r;

	if (!case_open(run, &dev) || !starts_to_wait(run, &unbind) || !looks_stuck(run, &dev))
		return;
	vfio_close(&dev);
	r = case_write_end(&unbind, SOON_MS);
	if (r < 0)
		case_expect(run, "end of the unbind", 0, r);
}

/* --- which device a descriptor is ------------------------------------------------------- */

/* The value of the line of that key; false when there is none. */
static bool find_line(char *text, const char *key, const char **ret)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")))
		if ((*ret = startswith(line, key)))
			return true;
	return false;
}

static void file_tells_device(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	const char *known = run->device->syspath, *told;
	char text[PATH_ATTR_MAX];
	ssize_t n;

	if (run->path == CASE_CDEV ? !case_open(run, &dev) : !case_bind(run, &dev))
		return;
	n = path_read(text, sizeof(text), "/proc/self/fdinfo/%d", dev.fd);
	if (!case_expect(run, "read what is told of the file", 0, (int)n))
		return;
	if (!find_line(text, "vfio-device-syspath: ", &told))
		case_skip(run, "this kernel does not tell of which device a file is");
	else
		case_check(run, "compare the devices", streq(told, known),
			   "the file is said to be of %s instead of %s", told, known);
}

/* --- mappings --------------------------------------------------------------------------- */

#define MAPPED_SIZE 4096

struct mapping {
	void *start; /* NULL: none */
};

static void unmap(struct mapping *mapping)
{
	if (mapping->start)
		munmap(mapping->start, MAPPED_SIZE);
	mapping->start = NULL;
}

/* Processes that are started meanwhile must not inherit the mapping: it would end with them. */
static int map_region(struct mapping *ret, int device, const struct vfio_region *region)
{
	void *start = mmap(NULL, MAPPED_SIZE, PROT_READ, MAP_SHARED, device, (off_t)region->offset);

	if (start == MAP_FAILED)
		return -errno;
	ret->start = start;
	return madvise(start, MAPPED_SIZE, MADV_DONTFORK) < 0 ? -errno : 0;
}

static bool find_mappable(int device, struct vfio_region *ret)
{
	for (unsigned int i = 0; i < VFIO_REGION_ROM; i++)
		if (vfio_device_region(device, i, ret) >= 0 && ret->mappable &&
		    ret->size >= MAPPED_SIZE)
			return true;
	return false;
}

static void mapping_blocks(struct case_run *run)
{
	scoped_writer struct case_writer unbind = CASE_WRITER_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	__attribute__((cleanup(unmap))) struct mapping mapping = {0};
	struct vfio_region region;

	if (!case_bind(run, &dev))
		return;
	if (!find_mappable(dev.fd, &region)) {
		case_skip(run, "no region of the device can be mapped");
		return;
	}
	if (!case_expect(run, "map a region", 0, map_region(&mapping, dev.fd, &region)))
		return;
	vfio_close(&dev);
	if (!starts_to_wait(run, &unbind))
		return;
	unmap(&mapping);
	comes_to_end(run, &unbind);
}

#define BOTH  (CASE_CDEV | CASE_GROUP)
#define NEEDS (CASE_NEEDS_PCI | CASE_NEEDS_ROOT | CASE_NEEDS_NO_VFS)

const struct test_case cases_unbind[] = {
	{.id = "U06",
	 .statement = "FU6",
	 .title = "An open file tells which device it is",
	 .promise = "The descriptor's fdinfo has the path of the device, on both ways.",
	 .paths = BOTH,
	 .after = {"C04", "G04"},
	 .run = file_tells_device},
	{.id = "U01",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "A driver waits for who has the device open",
	 .promise =
		 "The unbind waits even for a cdev that is not bound, and ends when it is closed.",
	 .paths = CASE_CDEV,
	 .needs = NEEDS,
	 .after = {"C04", "B01"},
	 .run = open_file_blocks},
	{.id = "U02",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "The user is asked to let go of the device",
	 .promise = "His eventfd is signalled at once, and every ten seconds again.",
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"B01", "C05", "G04"},
	 .run = user_is_asked},
	{.id = "U03",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "A signal does not end an unbind that waits",
	 .promise = "The unbind goes on waiting, and the kernel's log tells once for whom.",
	 .paths = CASE_CDEV,
	 .needs = NEEDS,
	 .after = {"U01"},
	 .run = signal_does_not_end_it},
	{.id = "U04",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "An unbind that waits is seen in sysfs",
	 .promise = "Driver, entry and node of the device are gone, while its group stays.",
	 .paths = CASE_CDEV,
	 .needs = NEEDS | CASE_NEEDS_BOTH,
	 .after = {"U01"},
	 .run = stuck_is_seen},
	{.id = "U05",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "A driver does not wait for an open group",
	 .promise = "The unbind ends while group and container are open.",
	 .paths = CASE_GROUP,
	 .needs = NEEDS,
	 .after = {"B01"},
	 .run = open_group_does_not},
	{.id = "U07",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "A mapping keeps the device open",
	 .promise =
		 "With all files closed, the unbind still waits for memory of the device that is "
		 "mapped.",
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"B01", "C05", "G04"},
	 .run = mapping_blocks},
	{.id = NULL},
};
