/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI addresses: domain:bus:device.function, all hexadecimal. Domains may have more than four
 * digits (VMD), as in lib/kstrtox and drivers/pci of the kernel: "%04x:%02x:%02x.%d".
 */
#pragma once

#include "base/util.h"

struct pci_address {
	uint32_t domain;
	uint8_t bus, device, function;
};

/* Room for "ffffffff:ff:1f.7" and its NUL. */
#define PCI_ADDRESS_SIZE 20

/* Parses "0000:03:00.0" or, in domain 0, "03:00.0". 0 or -EINVAL. */
int pci_address_parse(struct pci_address *ret, const char *text);

/* Writes the address as sysfs names it. */
void pci_address_format(char buf[static PCI_ADDRESS_SIZE], const struct pci_address *address);

/* Order of two sysfs names: PCI addresses by number and before all others, others as text. */
int device_name_compare(const char *a, const char *b);
