/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "cli/probe_record.h"

struct value value_bit(const struct vfio_name *names, uint64_t set, size_t i)
{
	static char text[16]; /* one at a time: renderers take them in turn */

	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = vfio_name_of(names, 1ULL << bit);

		if (!(set >> bit & 1) || i-- > 0)
			continue;
		snprintf(text, sizeof(text), "bit-%u", bit);
		return value_string(name ? name : text);
	}
	return VALUE_UNKNOWN;
}

/* Addresses and offsets of 64 bits: none of them means that it is not known. */
static struct value value_word(uint64_t number)
{
	return (struct value){.known = true, .number = (int64_t)number};
}

/* --- the IOMMU and addresses ------------------------------------------------------------ */

GETTER(register_name, struct hardware_register, it, value_string(it->name))
GETTER(register_value, struct hardware_register, it, value_word(it->value))

static const struct field probe_register_fields[] = {
	ROW(STRING, "name", "NAME", register_name, "name of the register"),
	ROW(ADDRESS, "value", "VALUE", register_value, "its value", .flags = FIELD_RIGHT),
	{0},
};

const struct record_type probe_register_record = {
	.name = "iommu_register",
	.fields = probe_register_fields,
};

GETTER(trait_name, struct probe_trait, it, value_string(it->name))
GETTER(trait_supported, struct probe_trait, it, value_answer(it->supported))
GETTER(trait_value, struct probe_trait, it, value_number(it->value))

static const struct field probe_trait_fields[] = {
	ROW(STRING, "name", "NAME", trait_name, "what it is"),
	ROW(BOOL, "supported", "SUPPORTED", trait_supported,
	    "the IOMMU can do it; null for a number"),
	ROW(NUMBER, "value", "VALUE", trait_value, "the number; null for what is supported or not",
	    .flags = FIELD_RIGHT),
	{0},
};

const struct record_type probe_trait_record = {
	.name = "iommu_capability",
	.fields = probe_trait_fields,
};

GETTER(range_first, struct iova_range, it, value_word(it->first))
GETTER(range_last, struct iova_range, it, value_word(it->last))

static const struct field probe_range_fields[] = {
	ROW(ADDRESS, "first", "FIRST", range_first, "first address", .flags = FIELD_RIGHT),
	ROW(ADDRESS, "last", "LAST", range_last, "last address", .flags = FIELD_RIGHT),
	{0},
};

const struct record_type probe_range_record = {
	.name = "iova_range",
	.fields = probe_range_fields,
};

GETTER(reserved_first, struct iommu_reserved, it, value_word(it->first))
GETTER(reserved_last, struct iommu_reserved, it, value_word(it->last))
GETTER(reserved_type, struct iommu_reserved, it, value_string(it->type))

static const struct field probe_reserved_fields[] = {
	ROW(ADDRESS, "first", "FIRST", reserved_first, "first address", .flags = FIELD_RIGHT),
	ROW(ADDRESS, "last", "LAST", reserved_last, "last address", .flags = FIELD_RIGHT),
	ROW(STRING, "type", "TYPE", reserved_type, "direct, direct-relaxable, reserved or msi"),
	{0},
};

const struct record_type probe_reserved_record = {
	.name = "reserved_region",
	.fields = probe_reserved_fields,
};

/* --- the device ------------------------------------------------------------------------- */

GETTER(capability_id, struct vfio_capability, it, value_number(it->id))
GETTER(capability_name, struct vfio_capability, it, value_string(it->name))
GETTER(capability_version, struct vfio_capability, it, value_number(it->version))

static const struct field probe_capability_fields[] = {
	ROW(NUMBER, "id", "ID", capability_id, "number of the capability", .flags = FIELD_RIGHT),
	ROW(STRING, "name", "NAME", capability_name, "its name"),
	ROW(NUMBER, "version", "VERSION", capability_version, "its version", .flags = FIELD_RIGHT),
	{0},
};

const struct record_type probe_capability_record = {
	.name = "device_capability",
	.fields = probe_capability_fields,
};

GETTER(region_index, struct probe_region, it, value_number(it->region->index))
GETTER(region_name, struct probe_region, it, value_string(vfio_region_name(it->device, it->region)))
GETTER(region_size, struct probe_region, it, value_word(it->region->size))
GETTER(region_offset, struct probe_region, it, value_word(it->region->offset))
GETTER(region_type, struct probe_region, it,
       it->region->has_type ? value_number(it->region->type) : VALUE_UNKNOWN)
GETTER(region_subtype, struct probe_region, it,
       it->region->has_type ? value_number(it->region->subtype) : VALUE_UNKNOWN)

static struct value region_flag(const void *record, size_t i)
{
	const struct probe_region *it = record;

	return value_bit(vfio_region_flags, it->region->flags, i);
}

static struct value region_capability(const void *record, size_t i)
{
	static char text[16]; /* one at a time: renderers take them in turn */
	const struct vfio_capabilities *all =
		&((const struct probe_region *)record)->region->capabilities;

	if (i >= all->count)
		return VALUE_UNKNOWN;
	snprintf(text, sizeof(text), "id-%u", all->list[i].id);
	return value_string(all->list[i].name ? all->list[i].name : text);
}

static const struct field probe_region_fields[] = {
	ROW(NUMBER, "index", "INDEX", region_index, "number of the region", .flags = FIELD_RIGHT),
	ROW(STRING, "name", "NAME", region_name,
	    "bar0 to bar5, rom, config, vga, or what its type means"),
	ROW(SIZE, "size", "SIZE", region_size, "size in bytes; 0: the device does not have it",
	    .flags = FIELD_RIGHT),
	ROW(ADDRESS, "offset", "OFFSET", region_offset, "where it stands in the device's file",
	    .flags = FIELD_RIGHT),
	ROW_STRINGS("flags", "FLAGS", region_flag, "read, write, mmap"),
	ROW_STRINGS("capabilities", "CAPABILITIES", region_capability,
		    "sparse-mmap, type, msix-mappable, ..."),
	ROW(ADDRESS, "type", "TYPE", region_type, "type of a region of the driver's own",
	    .flags = FIELD_RIGHT),
	ROW(NUMBER, "subtype", "SUBTYPE", region_subtype, "its subtype", .flags = FIELD_RIGHT),
	{0},
};

const struct record_type probe_region_record = {
	.name = "region",
	.fields = probe_region_fields,
};

GETTER(area_region, struct probe_area, it, value_number(it->region))
GETTER(area_offset, struct probe_area, it, value_word(it->area.offset))
GETTER(area_size, struct probe_area, it, value_word(it->area.size))

static const struct field probe_area_fields[] = {
	ROW(NUMBER, "region", "REGION", area_region, "number of the region", .flags = FIELD_RIGHT),
	ROW(ADDRESS, "offset", "OFFSET", area_offset, "where the part begins in the region",
	    .flags = FIELD_RIGHT),
	ROW(SIZE, "size", "SIZE", area_size, "its size in bytes", .flags = FIELD_RIGHT),
	{0},
};

const struct record_type probe_area_record = {
	.name = "region_area",
	.fields = probe_area_fields,
};

GETTER(irq_index, struct probe_irq, it, value_number(it->irq->index))
GETTER(irq_name, struct probe_irq, it, value_string(vfio_irq_name(it->device, it->irq->index)))
GETTER(irq_count, struct probe_irq, it, value_number(it->irq->count))

static struct value irq_flag(const void *record, size_t i)
{
	const struct probe_irq *it = record;

	return value_bit(vfio_irq_flags, it->irq->flags, i);
}

static const struct field probe_irq_fields[] = {
	ROW(NUMBER, "index", "INDEX", irq_index, "number of the kind of interrupt",
	    .flags = FIELD_RIGHT),
	ROW(STRING, "name", "NAME", irq_name, "intx, msi, msix, err, req"),
	ROW(NUMBER, "count", "COUNT", irq_count, "vectors; 0: the device does not have it",
	    .flags = FIELD_RIGHT),
	ROW_STRINGS("flags", "FLAGS", irq_flag,
		    "eventfd, maskable, automasked, noresize (not while "
		    "it is in use)"),
	{0},
};

const struct record_type probe_irq_record = {
	.name = "irq",
	.fields = probe_irq_fields,
};

GETTER(feature_id, struct vfio_feature, it, value_number(it->id))
GETTER(feature_name, struct vfio_feature, it, value_string(it->name))
GETTER(feature_get, struct vfio_feature, it, value_bool(it->can_get))
GETTER(feature_set, struct vfio_feature, it, value_bool(it->can_set))

static const struct field probe_feature_fields[] = {
	ROW(NUMBER, "id", "ID", feature_id, "number of the feature", .flags = FIELD_RIGHT),
	ROW(STRING, "name", "NAME", feature_name, "its name"),
	ROW(BOOL, "get", "GET", feature_get, "it can be asked for"),
	ROW(BOOL, "set", "SET", feature_set, "it can be set"),
	{0},
};

const struct record_type probe_feature_record = {
	.name = "feature",
	.fields = probe_feature_fields,
};

/* --- hot reset, and what was not learnt ------------------------------------------------- */

GETTER(member_address, struct probe_member, it, value_string(it->address))
GETTER(member_group, struct probe_member, it, value_number(it->iommu_group))
GETTER(member_driver, struct probe_member, it, value_string(it->driver))
GETTER(member_owned, struct probe_member, it, value_answer(it->owned))

static const struct field probe_member_fields[] = {
	ROW(STRING, "address", "ADDRESS", member_address, "function that is reset"),
	ROW(NUMBER, "iommu_group", "IOMMU-GROUP", member_group, "its IOMMU group",
	    .flags = FIELD_RIGHT),
	ROW(STRING, "driver", "DRIVER", member_driver, "driver bound to it"),
	ROW(BOOL, "owned", "OWNED", member_owned, "by who has this device; told on the cdev way"),
	{0},
};

const struct record_type probe_member_record = {
	.name = "hot_reset_member",
	.fields = probe_member_fields,
};

GETTER(failure_question, struct probe_failure, it, value_string(it->question))
GETTER(failure_errno, struct probe_failure, it, value_string(errno_name(it->errnum)))

static const struct field probe_failure_fields[] = {
	ROW(STRING, "question", "QUESTION", failure_question, "what was asked for"),
	ROW(STRING, "errno", "ERRNO", failure_errno, "what the kernel said instead"),
	{0},
};

const struct record_type probe_failure_record = {
	.name = "unanswered",
	.fields = probe_failure_fields,
};
