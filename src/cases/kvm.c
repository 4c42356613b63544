/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of KVM and the files of devices.
 *
 * A virtual machine is told which devices it uses by their open files: that of the cdev, or that of
 * the group. It has no processor here, and needs none for that. What it was told of stays open
 * until it is taken back or the machine ends, whoever closes the descriptor.
 */
#include <errno.h>

#include "base/path.h"
#include "cases/writer.h"
#include "check/case.h"
#include "check/case_binding.h"
#include "kernel/kvm.h"

/* How long an unbind must have been kept waiting to count as blocked, and may take once free. */
#define BLOCKED_MS 1500
#define FREED_MS   20000

/* No descriptor has this number. */
#define NOT_OPEN INT_MAX

/* A virtual machine and its VFIO device. */
struct machine {
	int kvm, machine, vfio;
};

#define MACHINE_NONE ((struct machine){.kvm = -1, .machine = -1, .vfio = -1})

static void end_machine(struct machine *machine)
{
	close_fd(&machine->vfio);
	close_fd(&machine->machine);
	close_fd(&machine->kvm);
}
#define scoped_machine __attribute__((cleanup(end_machine)))

/* Steps. */
static bool make_machine(struct case_run *run, struct machine *ret)
{
	ret->kvm = kvm_open();
	if (!case_expect(run, "open /dev/kvm", 0, ret->kvm))
		return false;
	ret->machine = kvm_create_machine(ret->kvm);
	if (!case_expect(run, "make a virtual machine", 0, ret->machine))
		return false;
	ret->vfio = kvm_create_vfio(ret->machine);
	return case_expect(run, "make its VFIO device", 0, ret->vfio);
}

/* The file that stands for the device on this way: its own, or its group's. */
static int file_of(const struct case_run *run, const struct vfio_device *dev)
{
	return run->path == CASE_CDEV ? dev->fd : dev->group;
}

static void file_is_added_once(struct case_run *run)
{
	scoped_machine struct machine machine = MACHINE_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int again = -1;

	if (!make_machine(run, &machine) || !case_open(run, &dev) ||
	    !case_expect(run, "FILE_ADD", 0, kvm_vfio_add(machine.vfio, file_of(run, &dev))))
		return;
	if (!case_expect(run, "FILE_ADD again", -EEXIST,
			 kvm_vfio_add(machine.vfio, file_of(run, &dev))))
		return;
	again = dup(file_of(run, &dev));
	if (case_expect(run, "duplicate the descriptor", 0, again < 0 ? -errno : again))
		case_expect(run, "FILE_ADD of the duplicate", -EEXIST,
			    kvm_vfio_add(machine.vfio, again));
}

static void other_files_are_refused(struct case_run *run)
{
	scoped_machine struct machine machine = MACHINE_NONE;
	scoped_fd int null = path_open(O_RDWR, "/dev/null");

	if (!case_expect(run, "open /dev/null", 0, null) || !make_machine(run, &machine))
		return;
	if (case_expect(run, "FILE_ADD of what is not open", -EBADF,
			kvm_vfio_add(machine.vfio, NOT_OPEN)) &&
	    case_expect(run, "FILE_DEL of what is not open", -EBADF,
			kvm_vfio_remove(machine.vfio, NOT_OPEN)) &&
	    case_expect(run, "FILE_DEL of a file that it was not told of", -ENOENT,
			kvm_vfio_remove(machine.vfio, null)))
		case_expect(run, "FILE_ADD of /dev/null", -EINVAL,
			    kvm_vfio_add(machine.vfio, null));
}

static void iommufd_is_refused(struct case_run *run)
{
	scoped_machine struct machine machine = MACHINE_NONE;
	scoped_fd int iommufd = iommufd_open();

	if (case_expect(run, "open /dev/iommu", 0, iommufd) && make_machine(run, &machine))
		case_expect(run, "FILE_ADD of /dev/iommu", -EINVAL,
			    kvm_vfio_add(machine.vfio, iommufd));
}

/* Starts the unbind and sees that it does not get through. */
static bool unbind_blocks(struct case_run *run, struct case_writer *writer)
{
	char driver[64];

	return case_expect(run, "start to unbind the driver", 0,
			   case_unbind_start(writer, run->device)) &&
	       case_expect(run, "unbind while the machine has the file", -ETIMEDOUT,
			   case_write_end(writer, BLOCKED_MS)) &&
	       case_check(run, "look for the driver",
			  !case_driver_of(driver, sizeof(driver), run->device->syspath),
			  "the unbind has not begun: %s still has the device", driver);
}

static void machine_keeps_device(struct case_run *run)
{
	scoped_writer struct case_writer writer = CASE_WRITER_NONE;
	scoped_machine struct machine machine = MACHINE_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!make_machine(run, &machine) || !case_open(run, &dev) ||
	    !case_expect(run, "FILE_ADD", 0, kvm_vfio_add(machine.vfio, dev.fd)))
		return;
	vfio_close(&dev);
	if (!unbind_blocks(run, &writer))
		return;
	end_machine(&machine);
	case_expect(run, "unbind after the machine ended", 0, case_write_end(&writer, FREED_MS));
}

/* Of the attributes of files, the table of sPAPR is only known where there is such an IOMMU. */
static bool attributes_are_told(struct case_run *run, int vfio)
{
#ifdef __powerpc64__
	const int spapr = 0;
#else
	const int spapr = -ENXIO;
#endif

	return case_expect(run, "ask for FILE_ADD", 0, kvm_vfio_knows(vfio, KVM_VFIO_ADD)) &&
	       case_expect(run, "ask for FILE_DEL", 0, kvm_vfio_knows(vfio, KVM_VFIO_REMOVE)) &&
	       case_expect(run, "ask for SET_SPAPR_TCE", spapr,
			   kvm_vfio_knows(vfio, KVM_VFIO_SPAPR));
}

static void one_vfio_each(struct case_run *run)
{
	scoped_machine struct machine machine = MACHINE_NONE;
	scoped_fd int second = -1;

	if (!make_machine(run, &machine) || !attributes_are_told(run, machine.vfio))
		return;
	second = kvm_create_vfio(machine.machine);
	case_expect(run, "make a second VFIO device", -EBUSY, second);
}

static void device_is_taken_back(struct case_run *run)
{
	scoped_machine struct machine machine = MACHINE_NONE;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info;

	if (!make_machine(run, &machine) || !case_open(run, &dev) ||
	    !case_expect(run, "FILE_ADD", 0, kvm_vfio_add(machine.vfio, file_of(run, &dev))) ||
	    !case_expect(run, "bind", 0, dev.ops->bind(&dev)) ||
	    !case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info)))
		return;
	if (!case_expect(run, "FILE_DEL", 0, kvm_vfio_remove(machine.vfio, file_of(run, &dev))) ||
	    !case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info)))
		return;
	case_expect(run, "FILE_DEL again", -ENOENT,
		    kvm_vfio_remove(machine.vfio, file_of(run, &dev)));
}

#define BOTH (CASE_CDEV | CASE_GROUP)

const struct test_case cases_kvm[] = {
	{.id = "K05",
	 .statement = "CL2",
	 .title = "A virtual machine has one VFIO device",
	 .promise = "KVM gives it once and tells what it can be told.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_KVM,
	 .run = one_vfio_each},
	{.id = "K02",
	 .statement = "CL2",
	 .title = "A virtual machine takes devices and groups only",
	 .promise = "Any other file is refused, and so is taking back what was not given.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_KVM,
	 .after = {"K05"},
	 .run = other_files_are_refused},
	{.id = "K03",
	 .statement = "CL2",
	 .title = "A virtual machine does not take /dev/iommu",
	 .promise = "The file of an iommufd is none of a device.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_KVM | CASE_NEEDS_IOMMUFD,
	 .after = {"K05"},
	 .run = iommufd_is_refused},
	{.id = "K01",
	 .statement = "CL2",
	 .title = "A virtual machine is told of the device, once",
	 .promise = "It takes the file of the cdev or the group before anything is bound, and sees "
		    "that a duplicate is the same file.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_KVM,
	 .after = {"C04", "G01"},
	 .run = file_is_added_once},
	{.id = "K06",
	 .statement = "CL2",
	 .title = "A virtual machine uses the device and gives it back",
	 .promise = "Who told the machine first can bind, and the device outlives the machine's "
		    "interest.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_KVM,
	 .after = {"K01"},
	 .run = device_is_taken_back},
	{.id = "K04",
	 .statement = "CL2",
	 .class = CASE_NEIGHBOURS,
	 .title = "A virtual machine keeps the device from its driver",
	 .promise = "With the descriptor closed the machine has the device still: the driver goes "
		    "when the machine does.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_KVM | CASE_NEEDS_ROOT | CASE_NEEDS_PCI | CASE_NEEDS_NO_VFS,
	 .after = {"K01"},
	 .run = machine_keeps_device},
	{.id = NULL},
};
