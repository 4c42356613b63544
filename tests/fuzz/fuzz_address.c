/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, words for devices, and ids. */
#include "base/error.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct device dev = {.vendor_id = 0x8086, .device_id = 0x10d3, .class_id = 0x20000};
	char *text = fuzz_string(data, size);

	fuzz_tree();
	fuzz_text("/sys/bus/pci/devices/0000:01:00.0/uevent", "PCI_CLASS=20000\n");
	read_address(text);
	resolve(text);
	manager_ids_match(text, &dev);
	free(text);
	return 0;
}
