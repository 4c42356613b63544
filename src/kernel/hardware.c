/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table of registers and one of fields for each kind; the code knows none of them. The offsets
 * are those of the structures that GET_HW_INFO fills: vtd {flags, -, cap, ecap}, smmuv3 {flags, -,
 * idr[6], iidr, aidr}, tegra241 {flags, version, vcmdqs, vsids}, amd {efr, efr2}.
 */
#include "kernel/hardware.h"

/* Where a register lies in the data, in bytes. */
struct word {
	const char *name; /* NULL ends a table */
	size_t offset, size;
};

/* A bit that says whether the IOMMU can do something. */
struct flag {
	const char *name; /* NULL ends a table */
	unsigned int word, bit;
};

/* Bits that are a number. */
struct number {
	const char *name; /* NULL ends a table */
	unsigned int word, shift, width;
	unsigned int plus;  /* the register holds that much less than is meant */
	unsigned int given; /* a bit of the register without which it means nothing; 0: none */
};

enum { CAP, ECAP };

static const struct word vtd_words[] = {{"cap", 8, 8}, {"ecap", 16, 8}, {0}};
static const struct flag vtd_flags[] = {{"nesting", ECAP, 26},
					{"scalable-mode", ECAP, 43},
					{"first-stage", ECAP, 47},
					{"second-stage", ECAP, 46},
					{"second-stage-dirty", ECAP, 45},
					{"coherent-page-walk", ECAP, 48},
					{"pasid", ECAP, 40},
					{"page-request", ECAP, 29},
					{"page-request-drain", ECAP, 42},
					{"device-tlb", ECAP, 2},
					{"device-tlb-throttle", ECAP, 41},
					{"snoop-control", ECAP, 7},
					{"coherent-tables", ECAP, 0},
					{"pass-through", ECAP, 6},
					{"interrupt-remapping", ECAP, 3},
					{"x2apic", ECAP, 4},
					{"queued-invalidation", ECAP, 1},
					{"execute-requests", ECAP, 30},
					{"supervisor-requests", ECAP, 31},
					{"extended-accessed-flag", ECAP, 34},
					{"performance-monitoring", ECAP, 51},
					{"posted-interrupts", CAP, 59},
					{"caching-mode", CAP, 7},
					{"second-stage-2M-pages", CAP, 34},
					{"second-stage-1G-pages", CAP, 35},
					{"first-stage-1G-pages", CAP, 56},
					{"first-stage-5-levels", CAP, 60},
					{"zero-length-read", CAP, 22},
					{0}};
static const struct number vtd_numbers[] = {
	{"pasid-bits", ECAP, 35, 5, 1, 40}, {"address-bits", CAP, 16, 6, 1, 0}, {0}};

enum { IDR0, IDR1, IDR2, IDR3, IDR4, IDR5, SMMUV3_FLAGS = 8 };

static const struct word smmuv3_words[] = {
	{"idr0", 8, 4},  {"idr1", 12, 4}, {"idr2", 16, 4}, {"idr3", 20, 4}, {"idr4", 24, 4},
	{"idr5", 28, 4}, {"iidr", 32, 4}, {"aidr", 36, 4}, {"flags", 0, 4}, {0}};
static const struct flag smmuv3_flags[] = {{"16-bit-asid", IDR0, 12},
					   {"2-level-context-tables", IDR0, 19},
					   {"termination-model", IDR0, 26},
					   {"range-invalidation", IDR3, 10},
					   {"4K-pages", IDR5, 4},
					   {"16K-pages", IDR5, 5},
					   {"64K-pages", IDR5, 6},
					   {"52-bit-descriptors", IDR5, 7},
					   {"repeat-invalidation-erratum", SMMUV3_FLAGS, 0},
					   {0}};
static const struct number smmuv3_numbers[] = {{"table-formats", IDR0, 2, 2, 0, 0},
					       {"table-endianness", IDR0, 21, 2, 0, 0},
					       {"stall-model", IDR0, 24, 2, 0, 0},
					       {"stream-table-levels", IDR0, 27, 2, 0, 0},
					       {"stream-id-bits", IDR1, 0, 6, 0, 0},
					       {"pasid-bits", IDR1, 6, 5, 0, 0},
					       {"break-before-make-level", IDR3, 11, 2, 0, 0},
					       {"virtual-address-extension", IDR5, 10, 2, 0, 0},
					       {0}};

static const struct word tegra241_words[] = {
	{"version", 4, 1}, {"log2vcmdqs", 5, 1}, {"log2vsids", 6, 1}, {0}};
static const struct number tegra241_numbers[] = {{"version", 0, 0, 8, 0, 0},
						 {"command-queues-log2", 1, 0, 8, 0, 0},
						 {"stream-id-replacements-log2", 2, 0, 8, 0, 0},
						 {0}};

enum { EFR, EFR2 };

static const struct word amd_words[] = {{"efr", 0, 8}, {"efr2", 8, 8}, {0}};
static const struct flag amd_flags[] = {
	{"guest-translation", EFR, 4},      {"guest-apic", EFR, 7},
	{"guest-io-protection", EFR, 48},   {"page-request", EFR, 1},
	{"enhanced-page-request", EFR, 50}, {0}};
static const struct number amd_numbers[] = {{"guest-address-translation-size", EFR, 12, 2, 0, 0},
					    {"guest-cr3-levels", EFR, 14, 2, 0, 0},
					    {"pasid-bits", EFR, 32, 5, 1, 4},
					    {0}};

static const struct kind {
	uint32_t type;
	const char *name;
	const struct word *words;
	const struct flag *flags;
	const struct number *numbers;
} kinds[] = {
	{IOMMUFD_NO_HW, "none", NULL, NULL, NULL},
	{IOMMUFD_INTEL_VTD, "intel-vtd", vtd_words, vtd_flags, vtd_numbers},
	{IOMMUFD_ARM_SMMUV3, "arm-smmuv3", smmuv3_words, smmuv3_flags, smmuv3_numbers},
	{IOMMUFD_TEGRA241, "tegra241-cmdqv", tegra241_words, NULL, tegra241_numbers},
	{IOMMUFD_AMD, "amd", amd_words, amd_flags, amd_numbers},
};

static const struct kind *find_kind(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

const char *hardware_kind_name(uint32_t type)
{
	const struct kind *kind = find_kind(type);

	return kind ? kind->name : NULL;
}

/* False for a register that lies beyond what the kernel told, or what there was room for. */
static bool read_word(const struct iommufd_hardware *hardware, const struct word *word,
		      uint64_t *ret)
{
	size_t known = hardware->length < sizeof(hardware->data) ? hardware->length
								 : sizeof(hardware->data);
	const uint8_t *data = hardware->data + word->offset;
	uint32_t half;

	if (word->offset + word->size > known)
		return false;
	switch (word->size) {
	case sizeof(*ret):
		memcpy(ret, data, sizeof(*ret));
		break;
	case sizeof(half):
		memcpy(&half, data, sizeof(half));
		*ret = half;
		break;
	default:
		*ret = *data;
	}
	return true;
}

size_t hardware_registers(const struct iommufd_hardware *hardware,
			  struct hardware_register list[HARDWARE_REGISTERS])
{
	const struct kind *kind = find_kind(hardware->type);
	size_t n = 0;

	for (const struct word *word = kind ? kind->words : NULL;
	     word && word->name && n < HARDWARE_REGISTERS; word++)
		if (read_word(hardware, word, &list[n].value))
			list[n++].name = word->name;
	return n;
}

size_t hardware_traits(const struct iommufd_hardware *hardware,
		       struct hardware_trait list[HARDWARE_TRAITS])
{
	const struct kind *kind = find_kind(hardware->type);
	const struct flag *flag = kind ? kind->flags : NULL;
	const struct number *number = kind ? kind->numbers : NULL;
	uint64_t value;
	size_t n = 0;

	for (; flag && flag->name && n < HARDWARE_TRAITS; flag++)
		if (read_word(hardware, &kind->words[flag->word], &value))
			list[n++] = (struct hardware_trait){.name = flag->name,
							    .value = value >> flag->bit & 1};
	for (; number && number->name && n < HARDWARE_TRAITS; number++) {
		if (!read_word(hardware, &kind->words[number->word], &value) ||
		    (number->given && !(value >> number->given & 1)))
			continue;
		value = (value >> number->shift & ((1ULL << number->width) - 1)) + number->plus;
		list[n++] = (struct hardware_trait){
			.name = number->name, .is_number = true, .value = value};
	}
	return n;
}

void hardware_from_registers(struct iommufd_hardware *ret, uint32_t type, uint64_t first,
			     uint64_t second)
{
	const struct word *words = type == IOMMUFD_INTEL_VTD ? vtd_words : amd_words;

	*ret = (struct iommufd_hardware){.type = type};
	memcpy(ret->data + words[0].offset, &first, sizeof(first));
	memcpy(ret->data + words[1].offset, &second, sizeof(second));
	ret->length = (uint32_t)(words[1].offset + sizeof(second));
}
