/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenes of the rules about the host. */
#pragma once

#include "tests/unit/rule_scene.h"

#define IOMMU     "/sys/class/iommu/dmar0/devices/;"
#define VIRTIO    "/sys/class/iommu/virtio0/devices/;"
#define PLAIN_IRQ "/sys/kernel/irq/9/chip_name=IO-APIC;"
#define REMAPPED  "/sys/kernel/irq/9/chip_name=IR-IO-APIC;"
#define TYPE1     "/sys/module/vfio_iommu_type1/"
#define IOMMUFD   "/sys/module/iommufd/"
#define UNSAFE    "parameters/allow_unsafe_interrupts"
#define NOIOMMU   "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode="

/* VFIO runs, with groups, cdevs, or both. */
#define RUNS       "/sys/class/vfio-dev/;"
#define DUAL       RUNS "/proc/devices=Character devices:|247 vfio-dev|248 vfio||Block devices:;"
#define CDEV_ONLY  RUNS "/proc/devices=Character devices:|247 vfio-dev||Block devices:;"
#define GROUP_ONLY RUNS "/proc/devices=Character devices:|248 vfio||Block devices:;"
#define BY_IOMMUFD "/sys/module/iommufd/initstate=live;/sys/module/iommufd/holders/vfio/;"

#define BOUND "+0000:05:00.0 vfio-pci 7 020000 8086:10D3;"
/* VFIO has it, and no IOMMU guards it. */
#define FUNCTION "/devices/pci0000:00/0000:05:00.0"
#define UNGUARDED                                                                                  \
	"+0000:05:00.0 vfio_pci - 020000 8086:10D3;"                                               \
	"/sys/class/vfio-dev/noiommu-vfio0>../.." FUNCTION "/vfio-dev/noiommu-vfio0;"              \
	"/sys" FUNCTION "/vfio-dev/noiommu-vfio0/device>../../../0000:05:00.0;"                    \
	"/sys" FUNCTION "/vfio-dev/noiommu-vfio0/dev=511:0;"

#define ONE(name)  "+0000:05:0" name " e1000e 8 020000 8086:10D3;"
#define MANY(slot) ONE(slot ".0") ONE(slot ".1") ONE(slot ".2") ONE(slot ".3")
#define NODES      "/dev/vfio/devices/vfio7%0600;/dev/vfio/7%0600;"
#define PEOPLE     "/etc/passwd=root:x:0:0::/:/bin/sh|alice:x:4000:4000::/:/bin/sh;"
#define V1         "/proc/self/cgroup=5:devices:/vm||0::/;"
#define MAJORS     "c 247:* rwm|c 248:* rwm"
#define LIST       "/sys/fs/cgroup/devices/vm/devices.list="

#define PACKAGE(name, version)                                                                     \
	"/var/lib/dpkg/status=Package: other|Status: install ok installed|Version: "               \
	"1.0||Package: " name "|Status: install ok installed|Version: " version

#define STUCK                                                                                      \
	"/proc/812/stat=812 (vfio) ctl) D 1 2 3;"                                                  \
	"/proc/812/fd/5>/sys/bus/pci/drivers/vfio-pci/unbind"

#define WAITS                                                                                      \
	"/proc/812/stat=812 (vfioctl) S 1 2 3;"                                                    \
	"/proc/812/fd/5>/sys/bus/pci/drivers/vfio-pci/unbind"

static const struct scene host_scenes[] = {
	{RULE("iommu-off-firmware"), .fires = "/sys/firmware/acpi/tables/FACP=x",
	 .silent = IOMMU "/sys/firmware/acpi/tables/FACP=x", .remedy = "VT-d"},
	{RULE("iommu-off-firmware"), .fires = "", .silent = NOIOMMU "Y"},
	{RULE("iommu-off-firmware"),
	 .fires = "/sys/firmware/acpi/tables/FACP=x;/proc/cmdline=quiet",
	 .silent = "/proc/cmdline=amd_iommu=off"},
	{RULE("iommu-off-firmware"),
	 .fires = "/sys/firmware/acpi/tables/FACP=x;/proc/cmdline=intel_iommu=off",
	 .silent = "/sys/firmware/acpi/tables/DMAR=x;/proc/cmdline=intel_iommu=off"},
	{RULE("iommu-off-cmdline"), .fires = "/proc/cmdline=quiet intel_iommu=off",
	 .silent = IOMMU "/proc/cmdline=quiet intel_iommu=off",
	 .remedy = "without intel_iommu=off"},
	{RULE("iommu-off-cmdline"), .fires = "/sys/firmware/acpi/tables/DMAR=x;/proc/cmdline=quiet",
	 .silent = "/proc/cmdline=quiet", .unknown = "/sys/firmware/acpi/tables/DMAR=x",
	 .remedy = "Boot with intel_iommu=on"},
	{RULE("iommu-off-cmdline"),
	 .fires = "/sys/firmware/acpi/tables/FACP=x;/proc/cmdline=intel_iommu=off",
	 .silent = "/sys/firmware/acpi/tables/FACP=x;/proc/cmdline=intel_iommu=off intel_iommu=on",
	 .remedy = "without intel_iommu=off"},
	{RULE("iommu-off-cmdline"),
	 .fires = "/sys/firmware/acpi/tables/DMAR=x;/proc/cmdline=intel_iommu=on,sm_on",
	 .silent = IOMMU "/sys/firmware/acpi/tables/DMAR=x;/proc/cmdline=intel_iommu=on,sm_on",
	 .remedy = "Boot a kernel with CONFIG_INTEL_IOMMU; where it has that, `journalctl -k -g "
		   "DMAR`"},
	{RULE("iommu-off-cmdline"),
	 .fires = "/sys/firmware/acpi/tables/IVRS=x;/proc/cmdline=intel_iommu=off iommu=soft",
	 .silent = "/proc/cmdline=iommu=soft", .remedy = "Boot a kernel with CONFIG_AMD_IOMMU"},
	{RULE("iommu-off-cmdline"),
	 .fires = "/sys/firmware/acpi/tables/IVRS=x;/proc/cmdline=iommu=merge,off iommu=pt",
	 .silent = "/sys/class/iommu/ivhd0/;/sys/firmware/acpi/tables/IVRS=x;"
		   "/proc/cmdline=iommu=merge,off",
	 .unknown = "/sys/firmware/acpi/tables/IVRS=x", .remedy = "without iommu=off"},
	{RULE("iommu-off-cmdline"),
	 .fires = "/sys/firmware/acpi/tables/IORT=x;/proc/cmdline=iommu=off",
	 .silent = "/sys/class/iommu/smmu3.0x2b400000/;/sys/firmware/acpi/tables/IORT=x",
	 .remedy = "CONFIG_ARM_SMMU"},
	{RULE("iommu-passthrough"), .fires = IOMMU "/proc/cmdline=intel_iommu=on iommu=pt",
	 .silent = IOMMU "/proc/cmdline=intel_iommu=on iommu=force", .unknown = IOMMU,
	 .remedy = "without iommu=pt"},
	{RULE("iommu-passthrough"), .fires = IOMMU "/proc/cmdline=iommu.passthrough=1",
	 .silent = IOMMU "/proc/cmdline=iommu.passthrough=1 iommu.passthrough=0"},
	{RULE("iommu-passthrough"), .fires = IOMMU "/proc/cmdline=iommu=nopt,force,pt iommu=merge",
	 .silent = IOMMU "/proc/cmdline=iommu=nopt", .remedy = "without iommu=pt to"},
	{RULE("iommu-passthrough"), .fires = IOMMU "/proc/cmdline=iommu.passthrough=on",
	 .silent = IOMMU "/proc/cmdline=iommu.passthrough=1 iommu=nopt",
	 .remedy = "without iommu.passthrough=on"},
	{RULE("iommu-passthrough"), .fires = IOMMU "/proc/cmdline=iommu.passthrough=Y",
	 .silent = IOMMU "/proc/cmdline=iommu.passthrough=off iommu.passthrough=x"},
	{RULE("iommu-passthrough"), .fires = IOMMU "/proc/cmdline=iommu=nopt iommu.passthrough=yes",
	 .silent = IOMMU "/proc/cmdline=quiet -- iommu=pt"},
	{RULE("no-interrupt-remapping"), .fires = IOMMU PLAIN_IRQ TYPE1,
	 .silent = "/sys/class/iommu/iommufd_selftest_iommu.0/devices/;" PLAIN_IRQ TYPE1},
	{RULE("no-interrupt-remapping"), .fires = IOMMU PLAIN_IRQ, .silent = IOMMU REMAPPED,
	 .unknown = IOMMU, .remedy = "interrupt remapping"},
	{RULE("no-interrupt-remapping"),
	 .fires = IOMMU PLAIN_IRQ TYPE1 UNSAFE "=Y;" IOMMUFD UNSAFE "=N",
	 .silent = IOMMU PLAIN_IRQ TYPE1 UNSAFE "=Y"},
	{RULE("no-interrupt-remapping"), .fires = IOMMU PLAIN_IRQ TYPE1 UNSAFE "=N",
	 .silent = IOMMU REMAPPED TYPE1 UNSAFE "=N", .remedy = "boot without intremap=off"},
	{RULE("no-interrupt-remapping"),
	 .fires = VIRTIO PLAIN_IRQ TYPE1 UNSAFE "=N;" IOMMUFD UNSAFE "=Y",
	 .silent = VIRTIO PLAIN_IRQ TYPE1 UNSAFE "=Y;" IOMMUFD UNSAFE "=Y",
	 .remedy = "Where every guest is trusted, echo Y > /sys/module/vfio_iommu_type1/" UNSAFE},
	{RULE("no-interrupt-remapping"),
	 .fires = VIRTIO PLAIN_IRQ TYPE1 UNSAFE "=N;" IOMMUFD UNSAFE "=N",
	 .silent = VIRTIO PLAIN_IRQ IOMMUFD UNSAFE "=Y",
	 .remedy = "echo Y | tee /sys/module/vfio_iommu_type1/" UNSAFE
		   " /sys/module/iommufd/" UNSAFE},
	{RULE("no-interrupt-remapping"), .fires = VIRTIO PLAIN_IRQ, .silent = VIRTIO,
	 .remedy = "`options vfio_iommu_type1 allow_unsafe_interrupts=1`"},
	{RULE("unsafe-interrupts-allowed"), .fires = IOMMUFD UNSAFE "=Y",
	 .silent = TYPE1 UNSAFE "=N", .remedy = "echo N > /sys/module/iommufd/" UNSAFE},
	{RULE("noiommu-enabled"), .fires = NOIOMMU "Y", .silent = NOIOMMU "N"},
	{RULE("x2apic-off"),
	 .fires = IOMMU REMAPPED "/proc/cpuinfo=flags : fpu;/proc/cmdline=nox2apic",
	 .silent = IOMMU REMAPPED "/proc/cpuinfo=flags : fpu;/proc/cmdline=quiet",
	 .unknown = IOMMU REMAPPED, .remedy = "nox2apic"},
	{RULE("x2apic-off"),
	 .fires = IOMMU REMAPPED "/proc/cpuinfo=flags : x2apic;/sys/firmware/acpi/tables/DMAR="
				 "DMAR.................................\x03 and more",
	 .silent = IOMMU REMAPPED "/proc/cpuinfo=flags : x2apic;/sys/firmware/acpi/tables/DMAR="
				  "DMAR.................................\x01 and more",
	 .unknown = IOMMU REMAPPED "/proc/cpuinfo=flags : x2apic;"
				   "/sys/firmware/acpi/tables/DMAR=short",
	 .remedy = "firmware's setup"},
	{RULE("x2apic-off"), .fires = "/proc/cmdline=quiet nox2apic",
	 .silent = IOMMU REMAPPED "/proc/cpuinfo=flags : fpu x2apic;/proc/cmdline=nox2apic"},
	{RULE("secure-lockdown"),
	 .fires = "/sys/kernel/security/lockdown=none [integrity] confidentiality",
	 .silent = "/sys/kernel/security/lockdown=[none] integrity confidentiality",
	 .remedy = "Secure Boot"},
	{RULE("secure-lockdown"),
	 .fires = "/sys/kernel/security/lockdown=none [integrity] confidentiality;"
		  "/proc/cmdline=quiet lockdown=integrity",
	 .silent = "/sys/kernel/security/lockdown=[none] integrity confidentiality;"
		   "/proc/cmdline=lockdown=x",
	 .whole = "Sign modules that are not the distribution's, or boot without "
		  "lockdown=integrity"},
	{RULE("kernel-no-vfio"), .fires = "/lib/modules/7.3.4/",
	 .silent = RUNS "/lib/modules/7.3.4/", .unknown = "/lib/"},
	{RULE("kernel-no-iommufd"), .fires = DUAL, .silent = DUAL BY_IOMMUFD},
	{RULE("kernel-no-cdev"), .fires = GROUP_ONLY, .silent = DUAL},
	{RULE("kernel-no-group"), .fires = CDEV_ONLY, .silent = DUAL},

	{RULE("vfio-pci-builtin-options"),
	 .fires = "/sys/module/vfio_pci/;/etc/modprobe.d/x.conf=options vfio-pci disable_vga=1",
	 .silent = "/sys/module/vfio_pci/initstate=live;"
		   "/etc/modprobe.d/x.conf=options vfio-pci disable_vga=1",
	 .remedy = "vfio-pci.disable_vga=1"},
	{RULE("vfio-pci-builtin-options"),
	 .fires = "/sys/module/vfio_pci/;"
		  "/etc/modprobe.d/x.conf=options vfio-pci ids=8086:10d3  disable_vga=1",
	 .silent = "/sys/module/vfio_pci/;/proc/cmdline=vfio-pci.ids=8086:10d3",
	 .remedy = "Boot with vfio-pci.ids=8086:10d3 vfio-pci.disable_vga=1 on"},
	{RULE("module-missing"),
	 .fires = GROUP_ONLY "/lib/modules/7.3.4/;/sys/module/vfio_pci/initstate=live",
	 .silent = DUAL BY_IOMMUFD "/lib/modules/7.3.4/;/sys/module/vfio_pci/initstate=live",
	 .unknown = DUAL BY_IOMMUFD, .remedy = "vfio_iommu_type1"},
	{RULE("module-missing"), .fires = DUAL BY_IOMMUFD "/lib/modules/7.3.4/",
	 .silent = "/lib/modules/7.3.4/", .remedy = "module vfio_pci"},
	{RULE("module-index-damaged"), .fires = "/lib/modules/7.3.4/modules.alias.bin=cut short",
	 .silent = "/lib/modules/7.3.4/", .remedy = "depmod"},
	{RULE("module-index-damaged"), .modules = "linux-7.3",
	 .fires = "/lib/modules/7.3.4/modules.dep.bin=x",
	 .silent = "/lib/modules/7.3.4/modules.dep=x", .remedy = "depmod"},
	{RULE("module-blacklisted"), .modules = "linux-7.3",
	 .fires = "/etc/modprobe.d/x.conf=# no|blacklist vfio-pci",
	 .silent = "/etc/modprobe.d/x.conf=blacklist nouveau;/proc/cmdline=quiet",
	 .remedy = "modprobe vfio_pci"},
	{RULE("module-blacklisted"), .modules = "linux-7.3",
	 .fires = "/proc/cmdline=modprobe.blacklist=a,vfio_pci",
	 .silent = "/proc/cmdline=modprobe.blacklist=a,vfio_pci;"
		   "/sys/module/vfio_pci/initstate=live"},
	{RULE("module-blacklisted"), .modules = "linux-7.3",
	 .fires = "/proc/cmdline=module_blacklist=a,vfio,vfio_pci_core",
	 .silent =
		 "/etc/modprobe.d/x.conf=blacklist vfio|blacklist iommufd|blacklist vfio_pci_core|"
		 "blacklist vfio_iommu_type1;/proc/cmdline=modprobe.blacklist=vfio,vfio_pci_core",
	 .remedy = "Remove vfio from module_blacklist="},
	{RULE("module-blacklisted"), .modules = "linux-7.3",
	 .fires = "/proc/cmdline=quiet module_blacklist=vfio_pci_core",
	 .silent = "/proc/cmdline=module_blacklist=vfio_iommu_type1,vfio_p,fio"},
	{RULE("module-install-line"), .modules = "linux-7.3",
	 .fires = "/etc/modprobe.d/x.conf=install vfio-pci /bin/false",
	 .silent = "/etc/modprobe.d/x.conf=install nouveau /bin/false",
	 .remedy = "modprobe vfio_pci"},
	{RULE("modules-for-other-kernel"), .fires = "/lib/modules/7.3.5/modules.dep=x",
	 .silent = "/lib/modules/7.3.5/modules.dep=x;/lib/modules/7.3.4/modules.dep=x",
	 .remedy = "Reboot into 7.3.5"},

	{RULE("node-missing"), .fires = BOUND "/dev/vfio/7%0600", .silent = BOUND NODES,
	 .unknown = BOUND, .remedy = "mknod -m 600 /dev/vfio/devices/vfio7 c 511 0"},
	{RULE("node-missing"), .fires = "/sys/class/misc/iommu/dev=10:124;/dev/null%0666",
	 .silent = "/sys/class/misc/iommu/;/sys/class/misc/vfio/;/dev/iommu%0660;/dev/vfio/"
		   "vfio%0666",
	 .remedy = "mknod -m 660 /dev/iommu c 10 124, or give the container /dev/iommu"},
	{RULE("node-world-writable"), .fires = "/dev/vfio/vfio%0666;/dev/vfio/devices/vfio7%0666",
	 .silent = "/dev/vfio/vfio%0666;/dev/vfio/devices/vfio7%0660;/dev/vfio/7%0600",
	 .remedy = "chmod o= /dev/vfio/devices/vfio7"},
	{RULE("node-no-access"), .user = "4000", .fires = BOUND NODES,
	 .silent = BOUND "/dev/vfio/devices/vfio7%0666;/dev/iommu%0666;/dev/vfio/7%0600",
	 .remedy = "vfioctl bind --owner 4000 0000:05:00.0"},
	{RULE("node-no-access"), .user = "alice", .fires = PEOPLE BOUND NODES,
	 .silent = PEOPLE "+0000:05:00.0 e1000e 7 020000 8086:10D3", .remedy = "--owner alice",
	 .devices = {"0000:05:00.0"}},
	{RULE("iommu-node-no-access"), .user = "4000",
	 .fires = BOUND "/dev/vfio/devices/vfio7%0666;/dev/iommu%0660;/dev/vfio/7%0600",
	 .silent = BOUND "/dev/vfio/devices/vfio7%0666;/dev/iommu%0666;/dev/vfio/7%0600",
	 .remedy = "--owner 4000"},
	{RULE("device-unguarded"), .purpose = "qemu", .fires = UNGUARDED, .silent = BOUND,
	 .remedy = "Switch the IOMMU on"},
	{RULE("device-unguarded"), .user = "4000", .fires = UNGUARDED, .silent = BOUND},
	{RULE("device-unguarded"), .purpose = "dpdk", .user = "4000", .fires = UNGUARDED,
	 .silent = BOUND},
	{RULE("memlock-low"), .user = "4000",
	 .fires = "/etc/security/limits.conf=* - memlock 65536",
	 .silent = "/etc/security/limits.conf=* - memlock unlimited", .unknown = "/proc/",
	 .remedy = "4000 - memlock unlimited"},
	{RULE("memlock-low"), .user = "4000", .fires = "/etc/security/limits.conf=# nothing",
	 .silent = "/etc/systemd/system.conf=DefaultLimitMEMLOCK=infinity"},
	{RULE("hugepages-none"), .purpose = "dpdk",
	 .fires = BOUND "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages=0",
	 .silent = BOUND "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages=0;"
			 "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages=4",
	 .unknown = BOUND},
	{RULE("cgroup-denies-device"), .fires = DUAL V1 LIST "c 136:* rwm|c 248:* rwm",
	 .silent = DUAL V1 LIST "c 247:* rwm|c 248:* rw",
	 .unknown = DUAL V1 "/sys/fs/cgroup/devices/",
	 .remedy = "echo 'c 247:* rwm' > /sys/fs/cgroup/devices/vm/devices.allow"},
	{RULE("cgroup-denies-device"), .purpose = "container",
	 .fires = BOUND DUAL V1 "/sys/fs/cgroup/devices/devices.list=c 1:3 rwm",
	 .silent = BOUND DUAL V1 LIST "a *:* rwm",
	 .unknown = BOUND DUAL "/proc/self/cgroup=0::/user.slice"},
	{RULE("cgroup-denies-device"), .fires = DUAL V1 LIST "c *:* m|b *:* m|c 1:3 rwm|c 248:* rw",
	 .silent = DUAL V1 LIST "c *:* m|b *:* m|c 1:3 rwm|c 248:* rw|c 247:* rw",
	 .remedy = "devices.allow, or DeviceAllow=char-vfio-dev in the unit"},
	{RULE("cgroup-denies-device"), .fires = DUAL V1 LIST "c 247:* rwm|c 248:5 r|c 24:8 rw",
	 .silent = DUAL V1 LIST "b 1:1 m|c *:* rw",
	 .remedy = "devices.allow, or DeviceAllow=char-vfio in the unit"},
	{RULE("cgroup-denies-device"), .fires = BOUND DUAL V1 LIST "c 511:0 r|c 511:0 w|c 510:0 rw",
	 .silent = BOUND DUAL V1 LIST "c 511:0 rwm|c 510:0 rw", .remedy = "'c 247:* rwm'"},
	{RULE("cgroup-denies-device"), .fires = DUAL V1 "/sys/class/misc/vfio/;" LIST MAJORS,
	 .silent = DUAL V1 "/sys/class/misc/vfio/;" LIST MAJORS "|c 10:196 rwm",
	 .remedy = "echo 'c 10:196 rwm' > /sys/fs/cgroup/devices/vm/devices.allow, or "
		   "DeviceAllow=/dev/vfio/vfio"},
	{RULE("cgroup-denies-device"),
	 .fires = DUAL V1 "/sys/class/misc/iommu/dev=10:126;" LIST MAJORS,
	 .silent = DUAL V1 "/sys/class/misc/iommu/dev=10:126;" LIST MAJORS "|c 10:126 rw",
	 .remedy = "'c 10:126 rwm'"},
	{RULE("cgroup-denies-device"),
	 .fires = DUAL V1 "/sys/class/misc/iommu/;/proc/misc=  1 psaux|125 iommu;" LIST MAJORS
			  "|c 10:1 rw",
	 .silent = DUAL V1 "/sys/class/misc/iommu/;/proc/misc=  1 psaux|125 iommu;" LIST MAJORS
			   "|c 10:* rw",
	 .remedy = "DeviceAllow=/dev/iommu in the unit"},
	{RULE("udev-not-running"), .fires = "/run/lock/",
	 .silent = "/run/udev/control=", .unknown = "/proc/"},
	{RULE("selinux-or-apparmor-denies"),
	 .fires = "/sys/fs/selinux/enforce=1;/var/log/audit/audit.log=x|type=AVC avc:  denied  { "
		  "open } path=\"/dev/vfio/7\"|y",
	 .silent = "/sys/fs/selinux/enforce=1;/var/log/audit/audit.log=avc:  denied  path=\"/etc\"",
	 .unknown = "/sys/fs/selinux/enforce=1;/var/log/audit/audit.log/x=",
	 .remedy = "the policy"},
	{RULE("selinux-or-apparmor-denies"),
	 .fires = "/sys/module/apparmor/parameters/enabled=Y;/var/log/kern.log="
		  "apparmor=\"DENIED\" name=\"/dev/vfio/vfio\"",
	 .silent = "/sys/module/apparmor/parameters/enabled=N;/var/log/kern.log="
		   "apparmor=\"DENIED\" name=\"/dev/vfio/vfio\"",
	 .remedy = "AppArmor"},
	{RULE("selinux-or-apparmor-denies"), .purpose = "container",
	 .fires = BOUND "/sys/fs/selinux/enforce=1;/var/log/audit/audit.log=x;"
			"/sys/fs/selinux/booleans/container_use_devices=0 0",
	 .silent = BOUND "/sys/fs/selinux/enforce=1;/var/log/audit/audit.log=x;"
			 "/sys/fs/selinux/booleans/container_use_devices=1 1",
	 .remedy = "setsebool"},
	{RULE("selinux-or-apparmor-denies"),
	 .fires = "/sys/module/apparmor/parameters/enabled=Y;/var/log/audit/audit.log="
		  "apparmor=\"DENIED\" name=\"/dev/vfio/7\"",
	 .silent = "/sys/module/apparmor/parameters/enabled=Y;/var/log/kern.log=x",
	 .unknown = "/sys/module/apparmor/parameters/enabled=Y;/var/log/journal/"},

	{RULE("leftover-journal"), .leftover = true, .fires = "", .silent = "",
	 .remedy = "vfioctl recover"},
	{RULE("given-device-gone"), .fires = BOUND "/run/vfioctl/access/0000:02:10.0.json={}",
	 .silent = BOUND "/run/vfioctl/access/0000:05:00.0.json={}",
	 .remedy = "vfioctl restore 0000:02:10.0"},
	{RULE("stuck-unbind"), .fires = STUCK, .silent = "/proc/812/stat=812 (vfioctl) S 1 2 3"},
	{RULE("stuck-unbind"),
	 .fires = WAITS ";+0000:05:00.0 vfio-pci 7 020000 8086:10D3;"
			"!/sys/devices/pci0000:00/0000:05:00.0/uevent;"
			"/sys/class/vfio-dev/vfio7>/nowhere",
	 .silent = "/proc/812/stat=812 (jbd2) D 1 2 3;/proc/812/fd/5>/dev/sda",
	 .remedy = "vfioctl show 0000:05:00.0"},
	{RULE("driverctl-present"), .fires = "/etc/driverctl.d/pci-0000:05:00.0=vfio-pci",
	 .silent = "/etc/driverctl.d/", .whole = "driverctl unset-override 0000:05:00.0"},
	{RULE("driverctl-present"), .fires = "/etc/driverctl.d/vmbus-ab-c=uio_hv_generic",
	 .silent = "/etc/driverctl.d/README=nothing",
	 .whole = "driverctl -b vmbus unset-override ab-c"},
	{RULE("driverctl-present"), .fires = "/sys/bus/fsl-mc/;/etc/driverctl.d/fsl-mc-dprc.1=x",
	 .silent = "/sys/bus/fsl-mc/;/etc/driverctl.d/",
	 .whole = "driverctl -b fsl-mc unset-override dprc.1"},
	{RULE("driverctl-present"), .fires = "/etc/driverctl.d/pci-0000:05:00.0 --noprobe=vfio-pci",
	 .silent = "/etc/driverctl.d/", .is_prose = true,
	 .whole = "driverctl unset-override '0000:05:00.0 --noprobe'"},
	{RULE("ids-option-present"),
	 .fires = BOUND "/etc/modprobe.d/x.conf=options vfio-pci ids=8086:10d3",
	 .silent = BOUND "/etc/modprobe.d/x.conf=options vfio-pci disable_vga=1",
	 .remedy = "devices: vfioctl bind 0000:05:00.0"},
	{RULE("ids-option-present"),
	 .fires = MANY("1") MANY("2") MANY("3") "/proc/cmdline=vfio-pci.ids=8086:10d3",
	 .silent = MANY("1") MANY("2") MANY("3") "/proc/cmdline=vfio-pci.nointxmask=1",
	 .remedy = "devices: 0000:05:01.0 0000:05:01.1 0000:05:01.2 0000:05:01.3 0000:05:02.0 "
		   "0000:05:02.1 0000:05:02.2 0000:05:02.3 and 4 more"},
	{RULE("ids-option-present"), .fires = "/proc/cmdline=vfio-pci.ids=10de:1eb8",
	 .silent = "/proc/cmdline=pci-stub.ids=10de:1eb8", .remedy = "vfioctl bind DEVICE"},
	{RULE("group-number-moved"),
	 .fires = BOUND "/etc/cdi/vfio.json={\"path\": \"/dev/vfio/9\"}",
	 .silent = BOUND "/etc/cdi/vfio.json={\"path\": \"/dev/vfio/7\", \"/dev/vfio/vfio\"}",
	 .unknown = BOUND "/etc/cdi/vfio.json/x=", .remedy = "/etc/cdi/vfio.json"},
	{RULE("group-number-moved"),
	 .fires =
		 BOUND "/etc/udev/rules.d/9.rules=SUBSYSTEM==\"vfio\", KERNEL==\"12\", OWNER=\"a\"",
	 .silent = BOUND "/etc/udev/rules.d/9.rules=SUBSYSTEM==\"net\", KERNEL==\"12\""},
	{RULE("group-number-moved"),
	 .fires = BOUND "/etc/udev/rules.d/9.rules=# ours|SUBSYSTEM==\"vfio\", \\|  KERNEL==\"12\"",
	 .silent = BOUND
	 "/etc/udev/rules.d/9.rules=SUBSYSTEM==\"block\", KERNEL==\"3*\"|"
	 "SUBSYSTEM==\"vfio\", KERNEL==\"[0-9]*\"|SUBSYSTEM==\"vfio\", KERNEL==\"1*\"|"
	 "KERNEL==\"12\", SUBSYSTEM==\"net\"|SUBSYSTEM==\"vfio\", KERNEL==\"7\"",
	 .remedy = "/etc/udev/rules.d/9.rules"},
	{RULE("group-number-moved"), .fires = BOUND "/etc/cdi/vfio.yaml=- path: /dev/vfio/9 # mine",
	 .silent = BOUND "/etc/cdi/vfio.yaml=  # used to be /dev/vfio/9|"
			 "- path: /dev/vfio/7 # was /dev/vfio/8;"
			 "/etc/udev/rules.d/9.rules=# /dev/vfio/9"},

	{RULE("vmm-too-old-for-cdev"),
	 .fires = CDEV_ONLY PACKAGE("qemu-system-x86", "1:7.2+dfsg-7+deb12u5"),
	 .silent = CDEV_ONLY PACKAGE("qemu-system-x86", "1:10.0.2+ds-2"), .remedy = "QEMU 9.0"},
	{RULE("vmm-too-old-for-cdev"), .purpose = "libvirt",
	 .fires =
		 CDEV_ONLY BOUND "/lib/apk/db/installed=P:qemu-system-x86_64|V:9.1.0-r0||P:libvirt|"
				 "V:11.3.0-r1",
	 .silent = DUAL BOUND "/lib/apk/db/installed=P:qemu-system-x86_64|V:8.1.0-r0",
	 .unknown = CDEV_ONLY BOUND PACKAGE("qemu-system-x86", "1:10.0.2+ds-2"),
	 .remedy = "libvirt 12.1"},
	{RULE("vmm-needs-group"), .purpose = "dpdk",
	 .fires = CDEV_ONLY BOUND PACKAGE("dpdk", "25.11-1"),
	 .silent = CDEV_ONLY BOUND PACKAGE("dpdk", "26.11.1-1"), .unknown = CDEV_ONLY BOUND,
	 .remedy = "CONFIG_VFIO_GROUP, or a version that knows the cdev: DPDK 26.11"},
	{RULE("vmm-needs-group"), .purpose = "spdk", .fires = CDEV_ONLY BOUND, .silent = DUAL BOUND,
	 .whole = "Install a kernel with CONFIG_VFIO_GROUP"},
	{0},
};
