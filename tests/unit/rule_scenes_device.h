/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenes of the rules about groups and devices. */
#pragma once

#include "tests/unit/rule_scene.h"

#define DEV  "0000:05:00.0"
#define PATH "/sys/devices/pci0000:00/" DEV

#define HAS(driver)                 "+" DEV " " driver " 7 020000 8086:10D3;"
#define NIC(address, driver, group) "+" address " " driver " " group " 020000 8086:10D3;"

/* Behind the port 0000:00:02.0, alone in its group. */
#define PORT           "0000:00:02.0"
#define BELOW          "/sys/devices/pci0000:00/" PORT "/" DEV
#define PORT_OF(group) "+" PORT " pcieport " group " 060400 1B36:000C;"
#define BEHIND(driver) PORT_OF("1") "+" PORT "/" DEV " " driver " 7 020000 8086:10D3;"
#define EXPRESS(speed, width)                                                                      \
	BELOW "/current_link_speed=" speed ";" BELOW "/current_link_width=" width ";"
#define MAX(path, speed, width) path "/max_link_speed=" speed ";" path "/max_link_width=" width ";"

#define SIBLING(name)  "+" PORT "/0000:05:" name " e1000e 8 020000 8086:10D3;"
#define SIBLINGS(slot) SIBLING(slot ".0") SIBLING(slot ".1") SIBLING(slot ".2") SIBLING(slot ".3")

#define ASLEEP(path) path "/power/runtime_status=suspended;"
#define REGIONS      "/sys/kernel/iommu_groups/7/reserved_regions="
#define MSI          "0x00000000fee00000 0x00000000feefffff msi"
#define LOW          "0x0000000000000000 0x00000000ffffffff reserved|;"
#define IDS          "/etc/modprobe.d/x.conf=options vfio-pci ids=8086:10d3;"

#define POOL(managed, devices)                                                                     \
	"<network><name>pool</name><forward mode='hostdev' managed='" managed "'>" devices         \
	"</forward></network>"
#define POOLED "<address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>"

#define INTERFACE(pf, name)                                                                        \
	"/sys/devices/pci0000:00/" pf "/net/" name "/device>../../../" pf ";/sys/class/net/" name  \
	">../../devices/pci0000:00/" pf "/net/" name ";"

#define PF        "0000:02:00.0"
#define VF_OF(pf) PATH "/physfn>/sys/devices/pci0000:00/" pf ";"

static const struct scene device_scenes[] = {
	{RULE("group-not-viable"), .fires = HAS("vfio-pci") NIC("0000:06:00.0", "e1000e", "7"),
	 .silent =
		 HAS("vfio-pci") NIC("0000:06:00.0", "-", "7") NIC("0000:06:00.1", "pci-stub", "7"),
	 .remedy = "vfioctl bind --group " DEV},
	{RULE("companion-function"), .devices = {DEV},
	 .fires = HAS("e1000e") NIC("0000:05:00.1", "e1000e", "7"),
	 .silent = HAS("e1000e") NIC("0000:05:00.1", "-", "7") NIC("0000:06:00.0", "e1000e", "7"),
	 .remedy = "vfioctl bind --group " DEV},
	{RULE("companion-function"), .devices = {DEV, "0000:05:00.2"},
	 .fires = HAS("-") NIC("0000:05:00.1", "e1000e", "7") NIC("0000:05:00.2", "e1000e", "7"),
	 .silent = HAS("-") NIC("0000:05:00.2", "e1000e", "7")},
	{RULE("group-shared-through-bridge"), .devices = {DEV},
	 .fires = PORT_OF("7") "+" PORT "/" DEV " e1000e 7 020000 8086:10D3;+" PORT
			       "/0000:05:01.0 e1000e 7 020000 8086:10D3",
	 .silent = PORT_OF("7") "+" PORT "/" DEV " e1000e 7 020000 8086:10D3;+" PORT
				"/0000:05:00.1 e1000e 7 020000 8086:10D3",
	 .remedy = "below " PORT},
	{RULE("acs-missing"), .devices = {DEV},
	 .fires = PORT_OF("7") "+" PORT "/" DEV " e1000e 7 020000 8086:10D3;" EXPRESS(
		 "8.0 GT/s", "4") NIC("0000:00:03.0", "e1000e", "7"),
	 .silent = BEHIND("e1000e") EXPRESS("8.0 GT/s", "4"), .remedy = "ACS on for " PORT},
	{RULE("group-type-identity"),
	 .fires = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type=identity",
	 .silent = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type=DMA-FQ",
	 .remedy = "/sys/kernel/iommu_groups/7/type"},
	{RULE("group-type-identity"),
	 .fires = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type=identity;/proc/cmdline=quiet",
	 .silent = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type=identity;"
				   "/proc/cmdline=iommu=pt",
	 .unknown = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type/"},
	{RULE("group-type-identity"),
	 .fires = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type=identity;"
				  "/proc/cmdline=iommu.passthrough=0",
	 .silent = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type=identity;"
				   "/proc/cmdline=iommu.passthrough=on"},
	{RULE("group-type-identity"),
	 .fires = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type=identity;"
				  "/proc/cmdline=iommu=nopt",
	 .silent = HAS("vfio-pci") "/sys/kernel/iommu_groups/7/type=identity;"
				   "/proc/cmdline=iommu=force,pt"},

	{RULE("not-answering"), .devices = {DEV}, .fires = HAS("e1000e") "!" PATH "/uevent",
	 .silent = HAS("e1000e"), .remedy = "vfioctl show " DEV},
	{RULE("in-use"), .devices = {DEV},
	 .fires = HAS("nvme") PATH
	 "/block/sda/dev=8:0;" PATH "/block/sda/subsystem>/sys/class/block;"
	 "/sys/class/block/sda>" PATH "/block/sda;"
	 "/proc/swaps=Filename Type Size Used Priority|/dev/sda partition "
	 "1 0 -2;/dev/sda%0600",
	 .silent = HAS("nvme")},
	{RULE("held-by-unknown"),
	 .fires = HAS("vfio-pci") PATH "/enable=1;/proc/1/comm=init;/proc/1/fd/",
	 .silent = HAS("vfio-pci") PATH "/enable=0;/proc/1/comm=init;/proc/1/fd/",
	 .unknown = HAS("vfio-pci") PATH "/enable=1", .remedy = DEV},
	{RULE("not-bound"), .purpose = "qemu", .devices = {DEV}, .fires = HAS("e1000e"),
	 .silent = HAS("vfio-pci"), .remedy = "vfioctl bind " DEV},
	{RULE("not-bound"), .purpose = "qemu", .user = "4000", .devices = {DEV},
	 .fires = HAS("e1000e") NIC("0000:06:00.0", "e1000e", "7"), .silent = HAS("vfio-pci"),
	 .remedy = "vfioctl bind --group --owner 4000 " DEV},
	{RULE("override-set-not-bound"), .fires = HAS("e1000e") PATH "/driver_override=vfio-pci",
	 .silent = HAS("vfio-pci") PATH "/driver_override=vfio-pci", .remedy = "vfioctl bind " DEV},
	{RULE("override-set-not-bound"), .devices = {DEV},
	 .fires = HAS("e1000e") NIC("0000:06:00.0", "e1000e", "7") PATH "/driver_override=vfio-pci",
	 .silent = HAS("vfio-pci") NIC("0000:06:00.0", "e1000e", "7") PATH
	 "/driver_override=vfio-pci",
	 .remedy = "vfioctl bind --group " DEV},
	{RULE("override-set-not-bound"), .devices = {DEV},
	 .fires = HAS("e1000e") NIC("0000:06:00.0", "vfio-pci", "7") PATH
	 "/driver_override=vfio-pci",
	 .silent = HAS("e1000e") NIC("0000:06:00.0", "vfio-pci", "7"),
	 .remedy = "vfioctl bind --group 0000:06:00.0"},
	{RULE("override-set-not-bound"), .devices = {DEV},
	 .fires = HAS("-") PATH "/driver_override=e1000e", .silent = HAS("-"),
	 .remedy = "vfioctl restore " DEV},
	{RULE("override-set-not-bound"), .devices = {DEV},
	 .fires = HAS("e1000e") PATH "/driver_override=pci-stub",
	 .silent = HAS("e1000e") PATH "/driver_override=e1000e",
	 .remedy = "echo > /sys/bus/pci/devices/" DEV "/driver_override"},
	{RULE("driverless"), .modules = "linux-7.3", .devices = {DEV},
	 .fires = "+" DEV " - 7 010802 8086:10D3", .silent = "+" DEV " - 7 0C0500 8086:10D3",
	 .remedy = "modprobe nvme && echo " DEV " > /sys/bus/pci/drivers_probe"},
	{RULE("variant-available"), .modules = "linux-7.3",
	 .fires = "+" DEV " vfio-pci 7 020000 15B3:101E",
	 .silent = "+" DEV " vfio-pci 7 020000 8086:10D3", .remedy = "--driver auto " DEV},

	{RULE("denylisted"), .devices = {DEV}, .fires = "+" DEV " c6xx 7 0B4000 8086:37C8",
	 .silent = "+" DEV " c6xx 7 0B4000 8086:37C8;"
		   "/sys/module/vfio_pci/parameters/disable_denylist=Y",
	 .remedy = "disable_denylist=1"},
	{RULE("denylisted"), .devices = {DEV}, .fires = "+" DEV " idxd 7 088000 8086:0B25",
	 .silent = "+" DEV " idxd 7 088000 10DE:0B25"},
	{RULE("not-type0-header"), .devices = {PORT}, .fires = PORT_OF("1"),
	 .silent = NIC(PORT, "e1000e", "1"), .remedy = PORT},
	{RULE("boot-display"), .devices = {DEV},
	 .fires = "+" DEV " nouveau 7 030000 10DE:1EB8;" PATH "/boot_vga=1",
	 .silent = "+" DEV " nouveau 7 030000 10DE:1EB8;" PATH "/boot_vga=0",
	 .remedy = "--force=boot-vga " DEV},
	{RULE("boot-display"), .devices = {DEV},
	 .fires = "+" DEV " nouveau 7 030200 10DE:1EB8;" PATH "/boot_display=1",
	 .silent = "+" DEV " vfio-pci 7 030200 10DE:1EB8;" PATH "/boot_display=1"},
	{RULE("rom-shadow"), .devices = {DEV},
	 .fires = HAS("e1000e") PATH "/resource=0x0 0x0 0x0|0x0 0x0 0x0|0x0 0x0 0x0|0x0 0x0 0x0|"
				     "0x0 0x0 0x0|0x0 0x0 0x0|0xc0000 0xdffff 0x212",
	 .silent = HAS("e1000e") PATH "/resource=0x0 0x0 0x0|0x0 0x0 0x0|0x0 0x0 0x0|0x0 0x0 0x0|"
				      "0x0 0x0 0x0|0x0 0x0 0x0|0xfd600000 0xfd63ffff 0x46200",
	 .remedy = "host=" DEV ",romfile="},
	{RULE("bar-unassigned"), .devices = {DEV},
	 .fires = HAS("e1000e") PATH "/resource=0xfd600000 0xfd63ffff 0x40200|"
				     "0x0 0x3ffffffff 0x20140204",
	 .silent = HAS("e1000e") PATH "/resource=0xfd600000 0xfd63ffff 0x40200|0x0 0x0 0x0|"
				      "0x0 0xff 0x40101",
	 .remedy = "pci=realloc"},
	{RULE("bar-too-small-for-resize"), .devices = {DEV},
	 .fires = HAS("nvidia") PATH "/resource=0xe0000000 0xefffffff 0x14220c;" PATH
				     "/resource0_resize=0000000000000f00",
	 .silent = HAS("nvidia") PATH "/resource=0x800000000 0xfffffffff 0x14220c;" PATH
				      "/resource0_resize=0000000000000f00",
	 .unknown = HAS("nvidia") ASLEEP(PATH) PATH "/resource=0xe0000000 0xefffffff 0x14220c;" PATH
						    "/resource0_resize=0000000000000f00",
	 .remedy = "echo 11 > /sys/bus/pci/devices/" DEV "/resource0_resize"},
	{RULE("d3cold"), .fires = HAS("vfio-pci") ASLEEP(PATH) PATH "/power_state=D3cold",
	 .silent = HAS("vfio-pci") ASLEEP(PATH) PATH "/power_state=D3hot",
	 .whole = "echo 0 > /sys/bus/pci/devices/" DEV "/d3cold_allowed"},
	{RULE("d3cold"),
	 .fires = HAS("vfio-pci") PATH "/power/runtime_status=active;" PATH "/power_state=D3cold",
	 .silent = HAS("vfio-pci") PATH "/power/runtime_status=active;" PATH "/power_state=D0",
	 .whole = "echo 1 > /sys/bus/pci/devices/" DEV "/remove; echo 1 > /sys/bus/pci/rescan"},
	{RULE("suspended-not-read"), .fires = HAS("vfio-pci") ASLEEP(PATH),
	 .silent = HAS("vfio-pci") PATH "/power/runtime_status=active",
	 .remedy = DEV "/power/control"},
	{RULE("numa-unknown"),
	 .fires = HAS("vfio-pci") PATH "/numa_node=-1;/sys/devices/system/node/node1/",
	 .silent = HAS("vfio-pci") PATH "/numa_node=1;/sys/devices/system/node/node1/"},
	{RULE("numa-unknown"),
	 .fires = HAS("vfio-pci") PATH "/numa_node=-1;/sys/devices/system/node/node1/",
	 .silent = HAS("vfio-pci") PATH "/numa_node=-1;/sys/devices/system/node/node0/"},

	{RULE("link-degraded"), .devices = {DEV},
	 .fires = BEHIND("nvme") EXPRESS("16.0 GT/s PCIe", "2") MAX(BELOW, "16.0 GT/s PCIe", "4")
		 MAX("/sys/devices/pci0000:00/" PORT, "16.0 GT/s", "4"),
	 .silent = BEHIND("nvme") EXPRESS("16.0 GT/s PCIe", "2") MAX(BELOW, "16.0 GT/s PCIe", "4")
		 MAX("/sys/devices/pci0000:00/" PORT, "32.0 GT/s", "2"),
	 .unknown = BEHIND("nvme") ASLEEP(BELOW) EXPRESS("16.0 GT/s PCIe", "2")},
	{RULE("link-degraded"), .devices = {DEV},
	 .fires = BEHIND("nvme") EXPRESS("2.5 GT/s PCIe", "4") MAX(BELOW, "16.0 GT/s PCIe", "4"),
	 .silent = PORT_OF("1") "+" PORT "/" DEV " nvidia 7 030000 10DE:1EB8;" EXPRESS(
		 "2.5 GT/s PCIe", "16") MAX(BELOW, "16.0 GT/s PCIe", "16"),
	 .unknown = BEHIND("nvme") EXPRESS("16.0 GT/s PCIe", "2")},
	{RULE("link-down"), .devices = {DEV}, .fires = BEHIND("nvme") EXPRESS("Unknown", "0"),
	 .silent = BEHIND("nvme") EXPRESS("16.0 GT/s PCIe", "4"),
	 .unknown = BEHIND("nvme") ASLEEP(BELOW) EXPRESS("16.0 GT/s PCIe", "4"),
	 .remedy = DEV "/remove"},
	{RULE("aer-errors"), .devices = {DEV},
	 .fires = HAS("nvme") PATH "/aer_dev_fatal=DLP 1|TOTAL_ERR_FATAL 1;" PATH
				   "/aer_dev_nonfatal=TOTAL_ERR_NONFATAL 0",
	 .silent = HAS("nvme") PATH "/aer_dev_fatal=DLP 0|TOTAL_ERR_FATAL 0;" PATH
				    "/aer_dev_nonfatal=TOTAL_ERR_NONFATAL 0",
	 .remedy = "journalctl -k -g " DEV},

	{RULE("coherency-missing"), .devices = {DEV},
	 .fires = HAS("nvme") PATH "/iommu>/sys/devices/virtual/iommu/smmu3.0x2b400000;"
				   "/sys/devices/pci0000:00/of_node/reg=x",
	 .silent = HAS("nvme") PATH "/iommu>/sys/devices/virtual/iommu/smmu3.0x2b400000;"
				    "/sys/devices/pci0000:00/of_node/dma-coherent=",
	 .unknown = HAS("nvme") PATH "/iommu>/sys/devices/virtual/iommu/smmu3.0x2b400000"},
	{RULE("reserved-region-conflict"),
	 .fires = HAS("vfio-pci") REGIONS "0x0000000010000000 0x000000001fffffff reserved|" MSI "|",
	 .silent = HAS("vfio-pci") REGIONS
	 "0x0000000000000000 0x0000000000000fff direct-relaxable|" MSI
	 "|0x000000fd00000000 0x000000ffffffffff reserved|",
	 .unknown = HAS("vfio-pci"), .remedy = DEV},
	{RULE("reserved-region-conflict"), .fires = HAS("vfio-pci") REGIONS LOW,
	 .silent = HAS("vfio-pci") REGIONS LOW PATH
	 "/iommu>/sys/devices/virtual/iommu/s390-iommu.00000100"},
	{RULE("rmrr-direct-region"),
	 .fires = HAS("vfio-pci") REGIONS "0x00000000bdf6f000 0x00000000bdf7efff direct|" MSI "|",
	 .silent = HAS("vfio-pci") REGIONS
	 "0x00000000bdf6f000 0x00000000bdf7efff direct-relaxable|" MSI "|",
	 .unknown = HAS("vfio-pci"), .remedy = DEV},

	{RULE("no-reset"), .devices = {DEV},
	 .fires = HAS("e1000e") NIC("0000:06:00.0", "e1000e",
				    "8") "/sys/devices/pci0000:00/0000:06:00.0/reset_method=flr",
	 .silent = HAS("e1000e") PATH "/reset_method=pm", .unknown = HAS("e1000e"), .remedy = DEV},
	{RULE("no-reset"), .devices = {DEV},
	 .fires = HAS("e1000e") NIC("0000:06:00.0", "e1000e",
				    "8") "/sys/devices/pci0000:00/0000:06:00.0/reset_method=flr",
	 .silent = HAS("e1000e") PATH "/reset=;" NIC("0000:06:00.0", "e1000e", "8")},
	{RULE("reset-only-bus"), .devices = {DEV},
	 .fires = BEHIND("e1000e") BELOW "/reset_method=bus",
	 .silent = BEHIND("e1000e") BELOW "/reset_method=flr bus",
	 .remedy = "vfioctl reset --dry-run " DEV},
	{RULE("reset-method-changed"), .devices = {DEV},
	 .fires = HAS("e1000e") PATH "/reset_method=pm flr",
	 .silent = HAS("e1000e") PATH "/reset_method=flr pm bus",
	 .remedy = "echo default > /sys/bus/pci/devices/" DEV "/reset_method"},
	{RULE("reset-method-changed"), .devices = {DEV},
	 .fires = HAS("e1000e") PATH "/reset_method=",
	 .silent = HAS("e1000e") PATH "/reset_method=device_specific bus"},
	{RULE("hot-reset-set-wider-than-group"), .devices = {DEV},
	 .fires = BEHIND("e1000e") "+" PORT "/0000:05:00.1 e1000e 8 020000 8086:10D3",
	 .silent = BEHIND("e1000e") "+" PORT "/0000:05:00.1 e1000e 7 020000 8086:10D3",
	 .remedy = "together: vfioctl bind " DEV " 0000:05:00.1"},
	{RULE("hot-reset-set-wider-than-group"), .devices = {DEV},
	 .fires = BEHIND("e1000e") SIBLINGS("01") SIBLINGS("02") SIBLINGS("03"),
	 .silent = BEHIND("e1000e") "/sys/devices/pci0000:00/" PORT "/" DEV
				    "/reset_method=flr bus;" SIBLINGS("01") SIBLINGS("02"),
	 .remedy = "together: " DEV " 0000:05:01.0 0000:05:01.1 0000:05:01.2 0000:05:01.3 "
		   "0000:05:02.0 0000:05:02.1 0000:05:02.2 and 5 more"},

	{RULE("pf-with-live-vfs"), .devices = {DEV},
	 .fires = HAS("ixgbe") PATH "/virtfn0>../0000:05:10.0",
	 .silent = HAS("ixgbe") PATH "/sriov_totalvfs=63", .remedy = "vfioctl sriov " DEV " 0"},
	{RULE("vf-token-needed"), .fires = HAS("vfio-pci") VF_OF(PF) NIC(PF, "vfio-pci", "8"),
	 .silent = HAS("vfio-pci") VF_OF(PF) NIC(PF, "ixgbe", "8"),
	 .remedy = "host=" DEV ",vf-token="},
	{RULE("vf-autoprobe-on"),
	 .fires = HAS("vfio-pci") VF_OF(PF) NIC(PF, "ixgbe", "8") "/sys/devices/pci0000:00/" PF
								  "/sriov_drivers_autoprobe=1",
	 .silent = HAS("vfio-pci") VF_OF(PF) NIC(PF, "ixgbe", "8") "/sys/devices/pci0000:00/" PF
								   "/sriov_drivers_autoprobe=0",
	 .remedy = PF "/sriov_drivers_autoprobe"},
	{RULE("vf-without-pf-driver"), .fires = HAS("vfio-pci") VF_OF(PF) NIC(PF, "-", "8"),
	 .silent = HAS("vfio-pci") VF_OF(PF) NIC(PF, "ixgbe", "8"),
	 .whole = "echo " PF " > /sys/bus/pci/drivers_probe"},
	{RULE("vf-without-pf-driver"), .modules = "linux-7.3",
	 .fires = HAS("vfio-pci") VF_OF(PF) "+" PF " - 8 010802 8086:10D3",
	 .silent = HAS("vfio-pci") VF_OF(PF) "+" PF " nvme 8 010802 8086:10D3",
	 .whole = "modprobe nvme && echo " PF " > /sys/bus/pci/drivers_probe"},
	{RULE("mdev-parent-only"), .devices = {DEV},
	 .fires = HAS("i915") PATH "/mdev_supported_types/i915-GVTg_V5_4/available_instances=1",
	 .silent = HAS("i915"), .remedy = PATH "/mdev_supported_types"},
	{RULE("libvirt-managed"), .devices = {DEV},
	 .fires = HAS("e1000e") "/etc/libvirt/qemu/vm.xml=<domain><name>vm</name><devices>"
				"<hostdev mode='subsystem' type='pci' managed='yes'><source>"
				"<address domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>"
				"</source></hostdev></devices></domain>",
	 .silent = HAS("e1000e") "/etc/libvirt/qemu/vm.xml=<domain><name>vm</name><devices>"
				 "<hostdev mode='subsystem' type='pci' managed='no'><source>"
				 "<address domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>"
				 "</source></hostdev></devices></domain>",
	 .remedy = "in the domain vm to leave " DEV},
	{RULE("libvirt-managed"), .devices = {DEV},
	 .fires = HAS("e1000e") "/etc/libvirt/qemu/networks/pool.xml=" POOL("yes", POOLED),
	 .silent = HAS("e1000e") "/etc/libvirt/qemu/networks/pool.xml=" POOL("no", POOLED),
	 .remedy = "in the network pool to leave " DEV},
	/* The VFs of the PF that has the interface, and not the PF itself. */
	{RULE("libvirt-managed"), .devices = {DEV, PF},
	 .fires = HAS("e1000e") "+" PF " ixgbe 1 020000 8086:10FB;" VF_OF(PF) INTERFACE(
		 PF, "eth3") "/run/libvirt/network/pool.xml=" POOL("yes", "<pf dev='eth3'/>"),
	 .silent = HAS("e1000e") "+" PF " ixgbe 1 020000 8086:10FB;" VF_OF("0000:02:00.1")
		 INTERFACE(PF, "eth3") "/run/libvirt/network/pool.xml=" POOL("yes",
									     "<pf dev='eth3'/>"),
	 .remedy = DEV},

	{RULE("native-grabs-at-boot"), .fires = HAS("e1000e") IDS, .silent = HAS("vfio-pci") IDS,
	 .remedy = "softdep e1000e pre: vfio-pci"},
	{RULE("native-grabs-at-boot"),
	 .fires = HAS("e1000e") "/etc/driverctl.d/pci-" DEV "=vfio-pci",
	 .silent = HAS("e1000e") "/etc/driverctl.d/pci-0000:06:00.0=vfio-pci"},
	{RULE("native-grabs-at-boot"), .devices = {DEV},
	 .fires = HAS("e1000e") NIC("0000:06:00.0", "igb", "7") IDS, .silent = HAS("-") IDS,
	 .remedy = "until the next boot, vfioctl bind --group " DEV},
	{RULE("initramfs-has-native"),
	 .fires = HAS("e1000e") IDS "/etc/initramfs-tools/modules=# these|e1000e",
	 .silent = HAS("e1000e") IDS "/etc/initramfs-tools/modules=vfio-pci|e1000e",
	 .remedy = "/etc/initramfs-tools/modules"},
	{RULE("initramfs-has-native"), .modules = "linux-7.3",
	 .fires = "+" DEV " vfio-pci 7 010802 8086:10D3;" IDS
		  "/etc/dracut.conf.d/x.conf=add_drivers+=\" nvme vfio-pci \"",
	 .silent = "+" DEV " vfio-pci 7 010802 8086:10D3;" IDS
		   "/etc/dracut.conf.d/x.conf=add_drivers+=\" vfio-pci nvme \""},
	{0},
};
