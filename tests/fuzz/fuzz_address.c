/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, words for devices, and ids: those of modprobe.d, and those that `list` is asked for.
 */
#include "base/error.h"
#include "cli/select.h"
#include "host/address.h"
#include "host/manager.h"
#include "host/resolve.h"
#include "tests/fuzz/fuzz.h"

static void read_address(const char *text)
{
	struct pci_address address, again;
	char buf[PCI_ADDRESS_SIZE];

	if (pci_address_parse(&address, text) < 0)
		return;
	/* What is an address is the same address when it is written out. */
	pci_address_format(buf, &address);
	must(pci_address_parse(&again, buf) == 0);
	must(again.domain == address.domain && again.bus == address.bus &&
	     again.device == address.device && again.function == address.function);
	must(device_name_compare(buf, buf) == 0);
}

static void resolve(const char *text)
{
	char name[DEVICE_NAME_SIZE];
	struct error err = {0};

	if (device_resolve(name, text, RESOLVE_TO_READ, &err) == 0)
		must(strlen(name) < sizeof(name));
	else
		must(err.code && *err.message);
}

/* A filter that makes no sense drops nothing. */
static void filter(const struct device *dev, const struct options *opts)
{
	struct device devices[] = {*dev, *dev};
	struct inventory inventory = {.devices = devices, .count = 2};
	struct error err = {0};

	if (filter_apply(&inventory, opts, &err) < 0)
		must(err.status == STATUS_USAGE && *err.message && inventory.count == 2);
	else
		must(inventory.count == 0 || inventory.count == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct device dev = {.vendor_id = 0x8086,
				   .device_id = 0x10d3,
				   .class_id = 0x20000,
				   .class_name = "Ethernet controller",
				   .iommu_group = 7};
	char *text = fuzz_string(data, size);

	fuzz_tree();
	fuzz_text("/sys/bus/pci/devices/0000:01:00.0/uevent", "PCI_CLASS=20000\n");
	read_address(text);
	resolve(text);
	manager_ids_match(text, &dev);
	filter(&dev, &(struct options){.with_id = text});
	filter(&dev, &(struct options){.with_class = text});
	filter(&dev, &(struct options){.with_group = text});
	free(text);
	return 0;
}
