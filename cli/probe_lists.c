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

/* Defines a getter: an expression over `it`, a record of that struct. */
#define GETTER(type, prefix, name, expression)                                                     \
	static struct value prefix##_##name(const void *record)                                    \
	{                                                                                          \
		const struct type *it = record;                                                    \
                                                                                                   \
		return (expression);                                                               \
	}

/* --- the IOMMU and addresses ------------------------------------------------------------ */

GETTER(hardware_register, register, name, value_string(it->name))
GETTER(hardware_register, register, value, value_word(it->value))

const struct record_type probe_register_record = {
	.name = "iommu_register",
	.fields = (const struct field[]){{.key = "name",
					  .title = "NAME",
					  .type = FIELD_STRING,
					  .get = register_name,
					  .help = "name of the register"},
					 {.key = "value",
					  .title = "VALUE",
					  .type = FIELD_ADDRESS,
					  .flags = FIELD_RIGHT,
					  .get = register_value,
					  .help = "its value"},
					 {0}},
};

GETTER(probe_trait, trait, name, value_string(it->name))
GETTER(probe_trait, trait, supported, value_answer(it->supported))
GETTER(probe_trait, trait, value, value_number(it->value))

const struct record_type probe_trait_record = {
	.name = "iommu_capability",
	.fields = (const struct field[]){{.key = "name",
					  .title = "NAME",
					  .type = FIELD_STRING,
					  .get = trait_name,
					  .help = "what it is"},
					 {.key = "supported",
					  .title = "SUPPORTED",
					  .type = FIELD_BOOL,
					  .get = trait_supported,
					  .help = "the IOMMU can do it; null for a number"},
					 {.key = "value",
					  .title = "VALUE",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = trait_value,
					  .help = "the number; null for what is supported or not"},
					 {0}},
};

GETTER(iova_range, range, first, value_word(it->first))
GETTER(iova_range, range, last, value_word(it->last))

const struct record_type probe_range_record = {
	.name = "iova_range",
	.fields = (const struct field[]){{.key = "first",
					  .title = "FIRST",
					  .type = FIELD_ADDRESS,
					  .flags = FIELD_RIGHT,
					  .get = range_first,
					  .help = "first address"},
					 {.key = "last",
					  .title = "LAST",
					  .type = FIELD_ADDRESS,
					  .flags = FIELD_RIGHT,
					  .get = range_last,
					  .help = "last address"},
					 {0}},
};

GETTER(iommu_reserved, reserved, first, value_word(it->first))
GETTER(iommu_reserved, reserved, last, value_word(it->last))
GETTER(iommu_reserved, reserved, type, value_string(it->type))

const struct record_type probe_reserved_record = {
	.name = "reserved_region",
	.fields = (const struct field[]){{.key = "first",
					  .title = "FIRST",
					  .type = FIELD_ADDRESS,
					  .flags = FIELD_RIGHT,
					  .get = reserved_first,
					  .help = "first address"},
					 {.key = "last",
					  .title = "LAST",
					  .type = FIELD_ADDRESS,
					  .flags = FIELD_RIGHT,
					  .get = reserved_last,
					  .help = "last address"},
					 {.key = "type",
					  .title = "TYPE",
					  .type = FIELD_STRING,
					  .get = reserved_type,
					  .help = "direct, direct-relaxable, reserved or msi"},
					 {0}},
};

/* --- the device ------------------------------------------------------------------------- */

GETTER(vfio_capability, capability, id, value_number(it->id))
GETTER(vfio_capability, capability, name, value_string(it->name))
GETTER(vfio_capability, capability, version, value_number(it->version))

const struct record_type probe_capability_record = {
	.name = "device_capability",
	.fields = (const struct field[]){{.key = "id",
					  .title = "ID",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = capability_id,
					  .help = "number of the capability"},
					 {.key = "name",
					  .title = "NAME",
					  .type = FIELD_STRING,
					  .get = capability_name,
					  .help = "its name"},
					 {.key = "version",
					  .title = "VERSION",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = capability_version,
					  .help = "its version"},
					 {0}},
};

GETTER(probe_region, region, index, value_number(it->region->index))
GETTER(probe_region, region, name, value_string(vfio_region_name(it->device, it->region)))
GETTER(probe_region, region, size, value_word(it->region->size))
GETTER(probe_region, region, offset, value_word(it->region->offset))
GETTER(probe_region, region, type,
       it->region->has_type ? value_number(it->region->type) : VALUE_UNKNOWN)
GETTER(probe_region, region, subtype,
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

const struct record_type probe_region_record = {
	.name = "region",
	.fields =
		(const struct field[]){
			{.key = "index",
			 .title = "INDEX",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = region_index,
			 .help = "number of the region"},
			{.key = "name",
			 .title = "NAME",
			 .type = FIELD_STRING,
			 .get = region_name,
			 .help = "bar0 to bar5, rom, config, vga, or what its type means"},
			{.key = "size",
			 .title = "SIZE",
			 .type = FIELD_SIZE,
			 .flags = FIELD_RIGHT,
			 .get = region_size,
			 .help = "size in bytes; 0: the device does not have it"},
			{.key = "offset",
			 .title = "OFFSET",
			 .type = FIELD_ADDRESS,
			 .flags = FIELD_RIGHT,
			 .get = region_offset,
			 .help = "where it stands in the device's file"},
			{.key = "flags",
			 .title = "FLAGS",
			 .type = FIELD_STRINGS,
			 .item = region_flag,
			 .help = "read, write, mmap"},
			{.key = "capabilities",
			 .title = "CAPABILITIES",
			 .type = FIELD_STRINGS,
			 .item = region_capability,
			 .help = "sparse-mmap, type, msix-mappable, ..."},
			{.key = "type",
			 .title = "TYPE",
			 .type = FIELD_ADDRESS,
			 .flags = FIELD_RIGHT,
			 .get = region_type,
			 .help = "type of a region of the driver's own"},
			{.key = "subtype",
			 .title = "SUBTYPE",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = region_subtype,
			 .help = "its subtype"},
			{0}},
};

GETTER(probe_area, area, region, value_number(it->region))
GETTER(probe_area, area, offset, value_word(it->area.offset))
GETTER(probe_area, area, size, value_word(it->area.size))

const struct record_type probe_area_record = {
	.name = "region_area",
	.fields = (const struct field[]){{.key = "region",
					  .title = "REGION",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = area_region,
					  .help = "number of the region"},
					 {.key = "offset",
					  .title = "OFFSET",
					  .type = FIELD_ADDRESS,
					  .flags = FIELD_RIGHT,
					  .get = area_offset,
					  .help = "where the part begins in the region"},
					 {.key = "size",
					  .title = "SIZE",
					  .type = FIELD_SIZE,
					  .flags = FIELD_RIGHT,
					  .get = area_size,
					  .help = "its size in bytes"},
					 {0}},
};

GETTER(probe_irq, irq, index, value_number(it->irq->index))
GETTER(probe_irq, irq, name, value_string(vfio_irq_name(it->device, it->irq->index)))
GETTER(probe_irq, irq, count, value_number(it->irq->count))

static struct value irq_flag(const void *record, size_t i)
{
	const struct probe_irq *it = record;

	return value_bit(vfio_irq_flags, it->irq->flags, i);
}

const struct record_type probe_irq_record = {
	.name = "irq",
	.fields =
		(const struct field[]){
			{.key = "index",
			 .title = "INDEX",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = irq_index,
			 .help = "number of the kind of interrupt"},
			{.key = "name",
			 .title = "NAME",
			 .type = FIELD_STRING,
			 .get = irq_name,
			 .help = "intx, msi, msix, err, req"},
			{.key = "count",
			 .title = "COUNT",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = irq_count,
			 .help = "vectors; 0: the device does not have it"},
			{.key = "flags",
			 .title = "FLAGS",
			 .type = FIELD_STRINGS,
			 .item = irq_flag,
			 .help = "eventfd, maskable, automasked, noresize (not while "
				 "it is in use)"},
			{0}},
};

GETTER(vfio_feature, feature, id, value_number(it->id))
GETTER(vfio_feature, feature, name, value_string(it->name))
GETTER(vfio_feature, feature, get, value_bool(it->can_get))
GETTER(vfio_feature, feature, set, value_bool(it->can_set))

const struct record_type probe_feature_record = {
	.name = "feature",
	.fields = (const struct field[]){{.key = "id",
					  .title = "ID",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = feature_id,
					  .help = "number of the feature"},
					 {.key = "name",
					  .title = "NAME",
					  .type = FIELD_STRING,
					  .get = feature_name,
					  .help = "its name"},
					 {.key = "get",
					  .title = "GET",
					  .type = FIELD_BOOL,
					  .get = feature_get,
					  .help = "it can be asked for"},
					 {.key = "set",
					  .title = "SET",
					  .type = FIELD_BOOL,
					  .get = feature_set,
					  .help = "it can be set"},
					 {0}},
};

/* --- hot reset, and what was not learnt ------------------------------------------------- */

GETTER(probe_member, member, address, value_string(it->address))
GETTER(probe_member, member, group, value_number(it->iommu_group))
GETTER(probe_member, member, driver, value_string(it->driver))
GETTER(probe_member, member, owned, value_answer(it->owned))

const struct record_type probe_member_record = {
	.name = "hot_reset_member",
	.fields = (const struct field[]){{.key = "address",
					  .title = "ADDRESS",
					  .type = FIELD_STRING,
					  .get = member_address,
					  .help = "function that is reset"},
					 {.key = "iommu_group",
					  .title = "IOMMU-GROUP",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = member_group,
					  .help = "its IOMMU group"},
					 {.key = "driver",
					  .title = "DRIVER",
					  .type = FIELD_STRING,
					  .get = member_driver,
					  .help = "driver bound to it"},
					 {.key = "owned",
					  .title = "OWNED",
					  .type = FIELD_BOOL,
					  .get = member_owned,
					  .help = "by who has this device; told on the cdev way"},
					 {0}},
};

GETTER(probe_failure, failure, question, value_string(it->question))
GETTER(probe_failure, failure, errno, value_string(errno_name(it->errnum)))

const struct record_type probe_failure_record = {
	.name = "unanswered",
	.fields = (const struct field[]){{.key = "question",
					  .title = "QUESTION",
					  .type = FIELD_STRING,
					  .get = failure_question,
					  .help = "what was asked for"},
					 {.key = "errno",
					  .title = "ERRNO",
					  .type = FIELD_STRING,
					  .get = failure_errno,
					  .help = "what the kernel said instead"},
					 {0}},
};
