# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine as the text that tests/data/expand reads: what vfioctl looks at, in the form that the kernel gives it."""
import os.path
from collections import namedtuple

# What a function is: PCI_CLASS, PCI_ID and PCI_SUBSYS_ID of its uevent, and the host's driver for it.
Kind = namedtuple("Kind", "cls ids sub driver")

VIRTUAL = "/sys/devices/virtual"
VFIO_GROUP, VFIO_DEVICE = 511, 510  # the majors in /proc/devices


class Machine:
    """A host with VFIO, groups and cdevs. regions: reserved_regions of all groups that have an IOMMU."""

    def __init__(self, cmdline, group_type, *regions, vfio_sleeps=True):
        self.lines, self.here, self.groups, self.vfio, self.iommus = [], "", 0, 0, {}
        self.group_type, self.regions, self.vfio_sleeps = group_type, regions, vfio_sleeps
        self.at("/proc").text("sys/kernel/osrelease", "6.18.0").text("cmdline", cmdline)
        self.many("devices", "Character devices:", " 10 misc", f"{VFIO_DEVICE} vfio-dev", f"{VFIO_GROUP} vfio")
        self.at("/dev").put("n iommu 660", "n vfio/vfio 666")
        self.at("/sys/class/misc").link("iommu", f"{VIRTUAL}/misc/iommu").link("vfio", f"{VIRTUAL}/misc/vfio")
        self.at(VIRTUAL).put("d misc/iommu", "d misc/vfio")
        self.at("/sys").put("d class/vfio", "d class/vfio-dev", "d bus/pci/drivers/vfio-pci")
        self.module("vfio", "vfio_pci", "vfio_pci_core", "vfio_iommu_type1")
        self.module("vfio_iommu_type1").text("parameters/allow_unsafe_interrupts", "N")
        self.module("iommufd", "vfio").text("parameters/allow_unsafe_interrupts", "N")
        self.module("vfio_pci").text("parameters/disable_idle_d3", "N" if vfio_sleeps else "Y")
        self.module("vfio_pci_core", "vfio_pci")

    def put(self, *lines):
        self.lines += lines
        return self

    def at(self, directory):
        """What follows is in that directory."""
        self.here = directory
        return self.put(f"@ {directory}")

    def text(self, name, value):
        return self.put(f"f {name} {value}")

    def many(self, name, *lines):
        return self.put(f"F {name}", *("\t" + line for line in lines))

    def link(self, name, target):
        return self.put(f"l {name} {os.path.relpath(target, os.path.dirname(f'{self.here}/{name}'))}")

    def module(self, name, *holders):
        """A module that is loaded."""
        self.at(f"/sys/module/{name}").text("initstate", "live")
        for holder in holders:
            self.link(f"holders/{holder}", f"/sys/module/{holder}")
        return self

    def iommu(self, name, parent=None):
        """An IOMMU; parent is the device that it is, where the kernel knows one."""
        self.iommus[name] = f"{parent}/iommu/{name}" if parent else f"{VIRTUAL}/iommu/{name}"
        self.at("/sys/class/iommu").link(name, self.iommus[name])
        self.at(self.iommus[name]).put("d devices")
        return name

    def remapping(self):
        """A PC's chip for interrupts, behind the IOMMU."""
        self.at("/sys/kernel/irq/9").text("chip_name", "IR-IO-APIC")
        return self

    def join(self, path, bus, driver, iommu, group=None):
        """Gives the device at path its bus, driver and IOMMU, and makes it a member of a group, a new one unless it is
        told. Without an IOMMU the group is VFIO's own, for a mediated device. Returns the group."""
        if group is None:
            group, self.groups = self.groups, self.groups + 1
            self.at(f"/sys/kernel/iommu_groups/{group}").text("type", self.group_type if iommu else "unknown")
            self.many("reserved_regions", *(self.regions if iommu else ()))
        name, members = os.path.basename(path), f"/sys/kernel/iommu_groups/{group}"
        self.at(path).link("subsystem", f"/sys/bus/{bus}").link("iommu_group", members)
        self.at(f"/sys/bus/{bus}/devices").link(name, path)
        self.at(f"{members}/devices").link(name, path)
        if driver:
            self.at(path).link("driver", f"/sys/bus/{bus}/drivers/{driver}")
            self.at(f"/sys/bus/{bus}/drivers/{driver}").link(name, path)
        if iommu:
            self.at(path).link("iommu", self.iommus[iommu])
            self.at(f"{self.iommus[iommu]}/devices").link(name, path)
        return group

    def function(self, path, kind, iommu, group=None, numa=-1, driver="own", resets="by place", physfn=None):
        """A PCI function; driver "vfio-pci" gives it a VFIO device. Returns its group."""
        driver = kind.driver if driver == "own" else driver
        is_vfio, address = driver == "vfio-pci", os.path.basename(path)
        ids, sub, cls = kind.ids.split(":"), kind.sub.split(":"), f"{kind.cls:0>6}"
        self.at(path).many(
            "uevent", *([f"DRIVER={driver}"] if driver else []), f"PCI_CLASS={kind.cls}", f"PCI_ID={kind.ids}",
            f"PCI_SUBSYS_ID={kind.sub}", f"PCI_SLOT_NAME={address}",
            f"MODALIAS=pci:v{ids[0]:0>8}d{ids[1]:0>8}sv{sub[0]:0>8}sd{sub[1]:0>8}bc{cls[:2]}sc{cls[2:4]}i{cls[4:]}")
        self.text("driver_override", "vfio-pci" if is_vfio else "(null)").text("numa_node", numa)
        self.text("enable", 1 if driver and not is_vfio else 0)
        self.text("power/runtime_status", "suspended" if is_vfio and self.vfio_sleeps else "active")
        resets = self.resets_of(path, cls, physfn) if resets == "by place" else resets
        if resets:
            self.text("reset_method", resets)
        if physfn:
            self.link("physfn", physfn)
        group = self.join(path, "pci", driver, iommu, group)
        if is_vfio:
            self.vfio_device(path, group)
        return group

    @staticmethod
    def resets_of(path, cls, physfn):
        """The kernel looks for methods when it finds a function: the first one on a bus below a bridge can be reset
        with the bus, for it is alone yet. Bridges and what is part of the chipset mostly have none."""
        above = os.path.basename(os.path.dirname(path))
        if cls.startswith(("06", "0c")):
            return None
        return "flr bus" if path.endswith(":00.0") and not above.startswith("pci") and not physfn else "flr"

    def virtual(self, pf, vfs, kind, iommu, drivers, **more):
        """Makes VFs of the function at pf: their addresses, and for each its driver."""
        self.at(pf).text("sriov_totalvfs", len(vfs)).text("sriov_numvfs", len(vfs))
        self.text("sriov_drivers_autoprobe", 1 if kind.driver in drivers else 0)
        paths = [f"{os.path.dirname(pf)}/{address}" for address in vfs]
        for i, path in enumerate(paths):
            self.link(f"virtfn{i}", path)
        for path, driver in zip(paths, drivers):
            self.function(path, kind, iommu, driver=driver, physfn=pf, **more)

    def vfio_device(self, path, group):
        name, self.vfio = f"vfio{self.vfio}", self.vfio + 1
        self.at(f"{path}/vfio-dev/{name}").text("dev", f"{VFIO_DEVICE}:{name[4:]}").link("device", path)
        self.at("/sys/class").link(f"vfio-dev/{name}", f"{path}/vfio-dev/{name}")
        self.link(f"vfio/{group}", f"{VIRTUAL}/vfio/{group}")
        self.at(f"{VIRTUAL}/vfio/{group}").text("dev", f"{VFIO_GROUP}:{group}")
        self.at("/dev").put(f"n vfio/devices/{name} 600", f"n vfio/{group} 600")

    def mediated(self, parent, uuid, driver, kind, name):
        """A mediated device, of the kind that its parent has."""
        kinds = f"{parent}/mdev_supported_types"
        self.at(f"{kinds}/{kind}").text("name", name)
        self.at(f"{parent}/{uuid}").many("uevent", f"DRIVER={driver}").link("mdev_type", f"{kinds}/{kind}")
        self.vfio_device(f"{parent}/{uuid}", self.join(f"{parent}/{uuid}", "mdev", driver, None))
