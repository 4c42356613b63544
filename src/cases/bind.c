/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of BIND: its arguments one by one, a second BIND of the same device, and how long a device
 * stays bound. A second BIND takes from a device what KVM knew of it, also when it is refused; here
 * no KVM was told anything.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/path.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

/* --- arguments -------------------------------------------------------------------------- */

/* BIND to the iommufd that belongs to the open device, asked for as request has it. */
static int bind_as(const struct vfio_device *dev, struct vfio_bind_request request)
{
	uint32_t devid;

	request.iommufd = dev->context;
	return vfio_cdev_bind_as(dev->fd, &request, &devid);
}

static void unknown_requests(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_open(run, &dev))
		return;
	if (!case_expect(run, "an unknown request before BIND", -EINVAL,
			 vfio_device_unknown(dev.fd)))
		return;
	if (case_expect(run, "bind", 0, dev.ops->bind(&dev)))
		case_expect(run, "an unknown request", -ENOTTY, vfio_device_unknown(dev.fd));
}

static void bind_to_no_file(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t devid;

	if (!case_open(run, &dev))
		return;
	if (case_expect(run, "BIND to descriptor -2", -EINVAL, vfio_cdev_bind(dev.fd, -2, &devid)))
		case_expect(run, "BIND to descriptor -1", -EINVAL,
			    vfio_cdev_bind(dev.fd, -1, &devid));
}

static void bind_to_closed_file(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t devid;
	int closed;

	if (!case_open(run, &dev))
		return;
	closed = dev.context;
	close_fd(&dev.context);
	case_expect(run, "BIND to a closed descriptor", -EBADF,
		    vfio_cdev_bind(dev.fd, closed, &devid));
}

static void bind_wants_its_size(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_open(run, &dev))
		case_expect(run, "BIND of 12 bytes", -EINVAL,
			    bind_as(&dev, (struct vfio_bind_request){.argsz = 12}));
}

static void bind_takes_first_size(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_open(run, &dev))
		case_expect(run, "BIND of 16 bytes", 0,
			    bind_as(&dev, (struct vfio_bind_request){.argsz = VFIO_BIND_MIN}));
}

/*
 * Whether this kernel has tokens in BIND (Linux 6.17): one that cannot be read is EFAULT there, and
 * before it was a flag that is unknown. Binds nothing, and looks at no iommufd.
 */
static bool knows_token(const struct vfio_device *dev)
{
	struct vfio_bind_request request = {.argsz = VFIO_BIND_TOKEN, .with_token = true};

	return bind_as(dev, request) == -EFAULT;
}

/* With the token came the rule of copy_struct_from_user(): a tail that means nothing is refused. */
static void bind_looks_at_tail(struct case_run *run)
{
	struct vfio_bind_request request = {.argsz = VFIO_BIND_TAIL, .tail = 1};
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_open(run, &dev))
		return;
	case_expect(run, "BIND with more than there is", knows_token(&dev) ? -E2BIG : 0,
		    bind_as(&dev, request));
}

static void bind_knows_its_flags(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_open(run, &dev))
		case_expect(run, "BIND with an unknown flag", -EINVAL,
			    bind_as(&dev, (struct vfio_bind_request){.unknown_flags = 1 << 1}));
}

static void plain_function_takes_no_token(struct case_run *run)
{
	static const uint8_t token[16] = {0x83, 0xb8, 0xf4, 0xf2};
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_bind_request request = {
		.argsz = VFIO_BIND_TOKEN, .with_token = true, .token = token};

	if (case_open(run, &dev))
		case_expect(run, "BIND with a token", -EINVAL, bind_as(&dev, request));
}

/* /dev/vfio/vfio is an iommufd exactly when iommufd provides it. */
static void bind_to_container(struct case_run *run)
{
	bool provided = run->host->container.provider == KERNEL_CONTAINER_IOMMUFD;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int container = vfio_container_open("/dev/vfio/vfio");

	if (case_expect(run, "open the container", 0, container) && case_open(run, &dev))
		case_expect(run, "BIND to the container", provided ? 0 : -EBADFD,
			    vfio_cdev_bind(dev.fd, container, &dev.devid));
}

/* --- bound once, and how long ----------------------------------------------------------- */

static void second_bind_same_iommufd(struct case_run *run)
{
	scoped_vfio struct vfio_device first = VFIO_DEVICE_NONE, second = VFIO_DEVICE_NONE;
	uint32_t devid;

	if (case_bind(run, &first) && case_open(run, &second))
		case_expect(run, "BIND a second open, same iommufd", -EINVAL,
			    vfio_cdev_bind(second.fd, first.context, &devid));
}

static void second_bind_other_iommufd(struct case_run *run)
{
	scoped_vfio struct vfio_device first = VFIO_DEVICE_NONE, second = VFIO_DEVICE_NONE;

	if (case_bind(run, &first) && case_open(run, &second))
		case_expect(run, "BIND a second open, other iommufd", -EINVAL,
			    second.ops->bind(&second));
}

static void bound_id_stays(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_bind(run, &dev))
		case_expect(run, "destroy the bound device", -EBUSY,
			    iommufd_destroy(dev.context, dev.devid));
}

/* KiB that are pinned for devices in the memory of this process, or -errno. */
static int64_t pinned_memory(void)
{
	scoped_free char *status = NULL;
	long long pinned = 0;
	const char *line;
	int r = path_read_all(&status, 65536, "/proc/self/status");

	if (r < 0)
		return r;
	line = strstr(status, "VmPin:");
	return line && sscanf(line, "VmPin: %lld", &pinned) == 1 ? pinned : -ENODATA;
}

/* With the device attached, what is mapped is pinned; while it is, it is mapped. */
static void outlives_iommufd(struct case_run *run, void *memory, size_t size)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	int64_t before = pinned_memory();
	struct vfio_info info;
	uint64_t iova;

	if (!case_attach(run, &dev) ||
	    !case_expect(run, "map", 0, dev.ops->map(&dev, memory, size, &iova)))
		return;
	close_fd(&dev.context);
	if (!case_expect(run, "GET_INFO after closing the iommufd", 0,
			 vfio_device_info(dev.fd, &info)) ||
	    run->device->iommu == IOMMU_EMULATED)
		return;
	case_check(run, "look whether it is still mapped",
		   pinned_memory() - before >= (int64_t)(size >> 10),
		   "closing the iommufd took away the mappings of a bound device");
}

static void iommufd_may_be_closed(struct case_run *run)
{
	const size_t size = 1 << 16;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!case_expect(run, "get memory", 0, memory == MAP_FAILED ? -errno : 0))
		return;
	outlives_iommufd(run, memory, size);
	munmap(memory, size);
}

/* A process that has all descriptors of this one, and does nothing. It ends with this one. */
static pid_t start_heir(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid < 0 ? -errno : pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	raise(SIGKILL);
	return 0;
}

static void end_heir(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool check_copies(struct case_run *run, struct vfio_device *first,
			 struct vfio_device *second)
{
	scoped_fd int copy = dup(first->fd);
	pid_t heir;
	int r;

	if (!case_expect(run, "copy the descriptor", 0, copy < 0 ? -errno : 0))
		return false;
	close_fd(&first->fd);
	if (!case_expect(run, "BIND while there is a copy", -EINVAL, second->ops->bind(second)))
		return false;
	heir = start_heir();
	if (!case_expect(run, "start a process that inherits it", 0, heir))
		return false;
	close_fd(&copy);
	r = second->ops->bind(second);
	end_heir(heir);
	return case_expect(run, "BIND while the process has one", -EINVAL, r);
}

static void bound_until_last_close(struct case_run *run)
{
	scoped_vfio struct vfio_device first = VFIO_DEVICE_NONE, second = VFIO_DEVICE_NONE;

	if (case_bind(run, &first) && case_open(run, &second) && check_copies(run, &first, &second))
		case_expect(run, "BIND after the last was closed", 0, second.ops->bind(&second));
}

const struct test_case cases_bind[] = {
	{.id = "C03",
	 .statement = "CL3",
	 .title = "Unknown requests are refused, before BIND and after",
	 .promise = "A device that is not bound says EINVAL to all, a bound one knows its own.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = unknown_requests},
	{.id = "C09",
	 .statement = "CL7",
	 .title = "BIND to no iommufd at all is refused",
	 .promise = "A number that can be no descriptor is an invalid argument.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bind_to_no_file},
	{.id = "C10",
	 .statement = "CL7",
	 .title = "BIND to a closed descriptor is refused",
	 .promise = "The number of a descriptor that is not open is answered as such.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bind_to_closed_file},
	{.id = "C12",
	 .statement = "CL7",
	 .title = "BIND refuses an argument that is too short",
	 .promise = "Without room for the device id nothing is bound.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bind_wants_its_size},
	{.id = "C13",
	 .statement = "CL7",
	 .title = "BIND takes the argument of the first kernels",
	 .promise = "Programs that know no token bind devices on every kernel.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bind_takes_first_size},
	{.id = "C14",
	 .statement = "CL7",
	 .title = "BIND refuses what it does not understand",
	 .promise = "Since there are tokens, more data than the kernel knows is refused.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C05"},
	 .run = bind_looks_at_tail},
	{.id = "C15",
	 .statement = "CL7",
	 .title = "BIND refuses flags that it does not know",
	 .promise = "An unknown flag is an invalid argument.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bind_knows_its_flags},
	{.id = "C16",
	 .statement = "FU3",
	 .title = "A function without SR-IOV takes no token",
	 .promise = "A token where none has a meaning is an invalid argument.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI | CASE_NEEDS_NO_SRIOV,
	 .after = {"C05"},
	 .run = plain_function_takes_no_token},
	{.id = "C26",
	 .statement = "CL7",
	 .title = "BIND takes a container that iommufd provides",
	 .promise = "/dev/vfio/vfio does for /dev/iommu where iommufd provides it, only there.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_CONTAINER,
	 .after = {"C05"},
	 .run = bind_to_container},
	{.id = "C07",
	 .statement = "CL5",
	 .title = "A bound device is not bound through another open",
	 .promise = "Who opens a device that is bound gets no access, with the same iommufd.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = second_bind_same_iommufd},
	{.id = "C08",
	 .statement = "CL5",
	 .title = "A bound device is not bound to another iommufd",
	 .promise = "Who opens a device that is bound gets no access, with one's own iommufd.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = second_bind_other_iommufd},
	{.id = "C20",
	 .statement = "CL7",
	 .title = "The id of a bound device cannot be destroyed",
	 .promise = "The iommufd keeps a device for as long as it is bound.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bound_id_stays},
	{.id = "C18",
	 .statement = "CL6",
	 .title = "A bound device outlives the descriptor of its iommufd",
	 .promise = "The bound device keeps the iommufd, and all that is mapped in it.",
	 .paths = CASE_CDEV,
	 .after = {"A01"},
	 .run = iommufd_may_be_closed},
	{.id = "C19",
	 .statement = "CL1",
	 .title = "The device is bound until its last copy is closed",
	 .promise = "Copies of the descriptor, also in other processes, keep the device bound.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bound_until_last_close},
	{.id = NULL},
};
