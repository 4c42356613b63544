/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/address.h"

#include <errno.h>
#include <stdio.h>

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Takes hexadecimal digits up to the separator; moves *text behind it. No strtoul(): sorting a
 * machine's addresses comes here thousands of times. */
static bool take_number(const char **text, char separator, size_t max_digits, uint32_t max,
			uint32_t *ret)
{
	uint32_t value = 0;
	size_t n = 0;

	for (int digit; n <= max_digits && (digit = digit_value((*text)[n])) >= 0; n++)
		value = value << 4 | (uint32_t)digit;
	if (n == 0 || n > max_digits || (*text)[n] != separator)
		return false;
	*text += n + (separator != '\0');
	*ret = value;
	return value <= max;
}

int pci_address_parse(struct pci_address *ret, const char *text)
{
	const char *colon = strchr(text, ':');
	uint32_t domain = 0, bus, device, function;

	if (colon && strchr(colon + 1, ':') && !take_number(&text, ':', 8, UINT32_MAX, &domain))
		return -EINVAL;
	if (!take_number(&text, ':', 2, 0xff, &bus) || !take_number(&text, '.', 2, 0x1f, &device) ||
	    !take_number(&text, '\0', 1, 7, &function))
		return -EINVAL;
	*ret = (struct pci_address){
		.domain = domain,
		.bus = (uint8_t)bus,
		.device = (uint8_t)device,
		.function = (uint8_t)function,
	};
	return 0;
}

void pci_address_format(char buf[static PCI_ADDRESS_SIZE], const struct pci_address *address)
{
	snprintf(buf, PCI_ADDRESS_SIZE, "%04x:%02x:%02x.%x", address->domain, address->bus,
		 address->device, address->function);
}

static uint64_t sort_key(const struct pci_address *a)
{
	return (uint64_t)a->domain << 16 | (uint64_t)a->bus << 8 | (uint64_t)a->device << 3 |
	       a->function;
}

int device_name_compare(const char *a, const char *b)
{
	struct pci_address left, right;
	bool left_pci = pci_address_parse(&left, a) == 0;
	bool right_pci = pci_address_parse(&right, b) == 0;

	if (left_pci != right_pci)
		return left_pci ? -1 : 1;
	if (!left_pci)
		return strcmp(a, b);
	if (sort_key(&left) == sort_key(&right))
		return 0;
	return sort_key(&left) < sort_key(&right) ? -1 : 1;
}
