/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/probe_record.h"

/* Defines a getter: an expression over `probe`. */
#define PROBE(name, expression)                                                                    \
	static struct value probe_##name(const void *record)                                       \
	{                                                                                          \
		const struct probe *probe = record;                                                \
                                                                                                   \
		return (expression);                                                               \
	}

static bool is_known(const struct probe_iommu *iommu)
{
	return iommu->from_kernel || iommu->from_sysfs;
}

static const char *iommu_type(const struct probe_iommu *iommu)
{
	const char *name = hardware_kind_name(iommu->hardware.type);

	if (!is_known(iommu))
		return NULL;
	return name ? name : "unknown";
}

static const char *iommu_source(const struct probe_iommu *iommu)
{
	if (!is_known(iommu))
		return NULL;
	return iommu->from_sysfs ? "sysfs" : "iommufd";
}

static const char *memory_counted(const struct probe_memory *memory)
{
	static const char *const words[] = {[PROBE_COUNTED_NOT] = NULL,
					    [PROBE_COUNTED_USER] = "user",
					    [PROBE_COUNTED_PROCESS] = "process"};

	return words[memory->counted];
}

/* What a limit must be good for, in words: how much of it is taken already cannot be found out. */
static const char *memory_need(const struct probe_memory *memory)
{
	static const char *const words[] = {
		[PROBE_COUNTED_NOT] = "nothing: no memory is mapped for this device",
		[PROBE_COUNTED_USER] =
			"all that is mapped, in whole pages, and all else that the processes of "
			"this user have pinned, which the kernel does not tell",
		[PROBE_COUNTED_PROCESS] =
			"all that is mapped, in whole pages, once for each container, and all else "
			"that the process has locked"};

	return words[memory->counted];
}

PROBE(path, value_string(case_path_name(probe->path)))
PROBE(iommu_instance, value_string(probe->iommu.instance))
PROBE(iommu_type, value_string(iommu_type(&probe->iommu)))
PROBE(iommu_type_number,
      is_known(&probe->iommu) ? value_number(probe->iommu.hardware.type) : VALUE_UNKNOWN)
PROBE(iommu_source, value_string(iommu_source(&probe->iommu)))
PROBE(nesting, value_answer(probe->iommu.nesting))
PROBE(dirty_tracking, value_answer(probe->iommu.dirty_tracking))
PROBE(pasid_tables, value_answer(probe->iommu.pasid_tables))
PROBE(pasid_bits,
      probe->iommu.from_kernel ? value_number(probe->iommu.hardware.max_pasid_log2) : VALUE_UNKNOWN)
PROBE(iova_alignment, value_number(probe->space.alignment))
PROBE(mappings_left, value_number(probe->space.mappings_left))
PROBE(memlock_limited, value_bool(probe->memory.soft >= 0))
PROBE(memlock_soft, value_number(probe->memory.soft))
PROBE(memlock_hard, value_number(probe->memory.hard))
PROBE(memlock_exempt, value_bool(probe->memory.exempt))
PROBE(memlock_counted, value_string(memory_counted(&probe->memory)))
PROBE(memlock_need, value_string(memory_need(&probe->memory)))
PROBE(memlock_unit, value_number(probe->memory.page_size))
PROBE(migrates, value_answer(probe->migrates))
PROBE(hot_reset, value_answer(probe->reset.possible))
PROBE(hot_reset_owned, value_answer(probe->reset.owned))

/* Defines a getter of the i-th item of a list: an expression over `probe` and `i`. */
#define ITEM(name, expression)                                                                     \
	static struct value probe_##name(const void *record, size_t i)                             \
	{                                                                                          \
		const struct probe *probe = record;                                                \
                                                                                                   \
		return (expression);                                                               \
	}

/* The i-th of count records. */
#define ITEM_OF(list, count) value_record(i < (count) ? &(list)[i] : NULL)

ITEM(device_flag, value_bit(vfio_device_flags, probe->device.flags, i))
ITEM(atomic_width, value_bit(vfio_atomic_widths, probe->device.atomic_widths, i))
ITEM(migration_flag, value_bit(vfio_migration_names, probe->migration, i))
ITEM(register, ITEM_OF(probe->iommu.registers, probe->iommu.n_registers))
ITEM(range, ITEM_OF(probe->space.ranges, probe->space.n_ranges))
ITEM(reserved, ITEM_OF(probe->space.reserved, probe->space.n_reserved))
ITEM(capability, ITEM_OF(probe->device.capabilities.list, probe->device.capabilities.count))
ITEM(feature, ITEM_OF(probe->features, probe->n_features))
ITEM(member, ITEM_OF(probe->reset.members, probe->reset.count))
ITEM(failure, ITEM_OF(probe->failures, probe->n_failures))

/* The following make their item when it is asked for, one at a time: renderers take them in turn.
 */

static struct value probe_region(const void *record, size_t i)
{
	static struct probe_region item;
	const struct probe *probe = record;

	if (i >= probe->n_regions)
		return VALUE_UNKNOWN;
	item = (struct probe_region){.device = &probe->device, .region = &probe->regions[i]};
	return value_record(&item);
}

static struct value probe_irq(const void *record, size_t i)
{
	static struct probe_irq item;
	const struct probe *probe = record;

	if (i >= probe->n_irqs)
		return VALUE_UNKNOWN;
	item = (struct probe_irq){.device = &probe->device, .irq = &probe->irqs[i]};
	return value_record(&item);
}

static struct value probe_area(const void *record, size_t i)
{
	static struct probe_area item;
	const struct probe *probe = record;

	for (size_t k = 0; k < probe->n_regions; i -= probe->regions[k++].n_areas) {
		const struct vfio_region_description *region = &probe->regions[k];

		if (i >= region->n_areas)
			continue;
		item = (struct probe_area){.region = region->index, .area = region->areas[i]};
		return value_record(&item);
	}
	return VALUE_UNKNOWN;
}

/* What iommufd says of every kind of IOMMU, before what is read from the registers of one. */
static size_t general_traits(const struct probe *probe, struct probe_trait traits[4])
{
	uint64_t can = probe->iommu.hardware.capabilities;
	size_t n = 0;

	if (!probe->iommu.from_kernel)
		return 0;
	traits[n++] = (struct probe_trait){"dirty-tracking", !!(can & IOMMUFD_CAN_TRACK_DIRTY), -1};
	if (probe->iommu.hardware.max_pasid_log2) {
		traits[n++] =
			(struct probe_trait){"pasid-execute", !!(can & IOMMUFD_CAN_PASID_EXEC), -1};
		traits[n++] = (struct probe_trait){"pasid-privileged",
						   !!(can & IOMMUFD_CAN_PASID_PRIV), -1};
	}
	/* Kernels that do not say so may have it or not. */
	if (can & IOMMUFD_CANNOT_ATS)
		traits[n++] = (struct probe_trait){"ats", ANSWER_NO, -1};
	return n;
}

static struct value probe_trait(const void *record, size_t i)
{
	static struct probe_trait item;
	const struct probe *probe = record;
	struct probe_trait general[4];
	size_t n = general_traits(probe, general);
	const struct hardware_trait *trait;

	if (i < n) {
		item = general[i];
		return value_record(&item);
	}
	if (i - n >= probe->iommu.n_traits)
		return VALUE_UNKNOWN;
	trait = &probe->iommu.traits[i - n];
	item = trait->is_number
		       ? (struct probe_trait){trait->name, ANSWER_UNKNOWN, (int64_t)trait->value}
		       : (struct probe_trait){trait->name, trait->value ? ANSWER_YES : ANSWER_NO,
					      -1};
	return value_record(&item);
}

const struct record_type probe_record_type = {
	.name = "probe",
	.fields =
		(const struct field[]){
			{.key = "path",
			 .title = "PATH",
			 .type = FIELD_STRING,
			 .get = probe_path,
			 .help = "how it was opened: cdev or group"},
			{.key = "device_flags",
			 .title = "DEVICE-FLAGS",
			 .type = FIELD_STRINGS,
			 .item = probe_device_flag,
			 .help = "reset (there is a function reset), pci, platform, ..."},
			{.key = "atomic_widths",
			 .title = "ATOMIC-WIDTHS",
			 .type = FIELD_STRINGS,
			 .item = probe_atomic_width,
			 .help = "bits of the PCI atomic operations that reach memory"},
			{.key = "iommu_instance",
			 .title = "IOMMU-INSTANCE",
			 .type = FIELD_STRING,
			 .get = probe_iommu_instance,
			 .help = "the IOMMU before it"},
			{.key = "iommu_type",
			 .title = "IOMMU-TYPE",
			 .type = FIELD_STRING,
			 .get = probe_iommu_type,
			 .help = "intel-vtd, arm-smmuv3, amd, ...; none: a kind that tells "
				 "nothing"},
			{.key = "iommu_type_number",
			 .title = "IOMMU-TYPE-NUMBER",
			 .type = FIELD_NUMBER,
			 .get = probe_iommu_type_number,
			 .help = "the same as the kernel's number"},
			{.key = "iommu_source",
			 .title = "IOMMU-SOURCE",
			 .type = FIELD_STRING,
			 .get = probe_iommu_source,
			 .help = "iommufd, or sysfs where that does not tell"},
			{.key = "nesting",
			 .title = "NESTING",
			 .type = FIELD_BOOL,
			 .get = probe_nesting,
			 .help = "the kernel makes page tables for nesting"},
			{.key = "dirty_tracking",
			 .title = "DIRTY-TRACKING",
			 .type = FIELD_BOOL,
			 .get = probe_dirty_tracking,
			 .help = "the kernel makes page tables with dirty tracking"},
			{.key = "pasid_tables",
			 .title = "PASID-TABLES",
			 .type = FIELD_BOOL,
			 .get = probe_pasid_tables,
			 .help = "the kernel makes page tables that PASIDs can use"},
			{.key = "pasid_bits",
			 .title = "PASID-BITS",
			 .type = FIELD_NUMBER,
			 .get = probe_pasid_bits,
			 .help = "width of the PASIDs of device and IOMMU; 0: none"},
			{.key = "iova_alignment",
			 .title = "IOVA-ALIGNMENT",
			 .type = FIELD_SIZE,
			 .get = probe_iova_alignment,
			 .help = "what mappings must be aligned to"},
			{.key = "mappings_left",
			 .title = "MAPPINGS-LEFT",
			 .type = FIELD_NUMBER,
			 .get = probe_mappings_left,
			 .help = "mappings that a container takes; null: no limit is told"},
			{.key = "memlock_limited",
			 .title = "MEMLOCK-LIMITED",
			 .type = FIELD_BOOL,
			 .get = probe_memlock_limited,
			 .help = "there is a soft limit of locked memory in this session"},
			{.key = "memlock_soft",
			 .title = "MEMLOCK-SOFT",
			 .type = FIELD_SIZE,
			 .get = probe_memlock_soft,
			 .help = "the soft limit; null: none"},
			{.key = "memlock_hard",
			 .title = "MEMLOCK-HARD",
			 .type = FIELD_SIZE,
			 .get = probe_memlock_hard,
			 .help = "the hard limit; null: none"},
			{.key = "memlock_exempt",
			 .title = "MEMLOCK-EXEMPT",
			 .type = FIELD_BOOL,
			 .get = probe_memlock_exempt,
			 .help = "this user has CAP_IPC_LOCK: the limit does not count"},
			{.key = "memlock_counted",
			 .title = "MEMLOCK-COUNTED",
			 .type = FIELD_STRING,
			 .get = probe_memlock_counted,
			 .help = "whose locked memory mappings count against: user or process"},
			{.key = "memlock_need",
			 .title = "MEMLOCK-NEED",
			 .type = FIELD_STRING,
			 .get = probe_memlock_need,
			 .help = "what the limit must be good for"},
			{.key = "memlock_unit",
			 .title = "MEMLOCK-UNIT",
			 .type = FIELD_SIZE,
			 .get = probe_memlock_unit,
			 .help = "the page, in which memory is counted"},
			{.key = "migrates",
			 .title = "MIGRATES",
			 .type = FIELD_BOOL,
			 .get = probe_migrates,
			 .help = "its state can be moved to another machine"},
			{.key = "migration_flags",
			 .title = "MIGRATION-FLAGS",
			 .type = FIELD_STRINGS,
			 .item = probe_migration_flag,
			 .help = "how: stop-copy, p2p, pre-copy"},
			{.key = "hot_reset",
			 .title = "HOT-RESET",
			 .type = FIELD_BOOL,
			 .get = probe_hot_reset,
			 .help = "its bus or slot can be reset"},
			{.key = "hot_reset_owned",
			 .title = "HOT-RESET-OWNED",
			 .type = FIELD_BOOL,
			 .get = probe_hot_reset_owned,
			 .help = "who has this device alone may do it; told on the cdev way"},
			{.key = "iova_ranges",
			 .title = "IOVA-RANGES",
			 .type = FIELD_RECORDS,
			 .item = probe_range,
			 .child = &probe_range_record,
			 .help = "addresses that memory can be mapped at"},
			{.key = "reserved_regions",
			 .title = "RESERVED-REGIONS",
			 .type = FIELD_RECORDS,
			 .item = probe_reserved,
			 .child = &probe_reserved_record,
			 .help = "addresses that its IOMMU group may not use so"},
			{.key = "iommu_registers",
			 .title = "IOMMU-REGISTERS",
			 .type = FIELD_RECORDS,
			 .item = probe_register,
			 .child = &probe_register_record,
			 .help = "capability registers of the IOMMU"},
			{.key = "iommu_capabilities",
			 .title = "IOMMU-CAPABILITIES",
			 .type = FIELD_RECORDS,
			 .item = probe_trait,
			 .child = &probe_trait_record,
			 .help = "what the hardware can do, decoded from them"},
			{.key = "device_capabilities",
			 .title = "DEVICE-CAPABILITIES",
			 .type = FIELD_RECORDS,
			 .item = probe_capability,
			 .child = &probe_capability_record,
			 .help = "capabilities in the kernel's description of the device"},
			{.key = "regions",
			 .title = "REGIONS",
			 .type = FIELD_RECORDS,
			 .item = probe_region,
			 .child = &probe_region_record,
			 .help = "regions of the device's file"},
			{.key = "region_areas",
			 .title = "REGION-AREAS",
			 .type = FIELD_RECORDS,
			 .item = probe_area,
			 .child = &probe_area_record,
			 .help = "the only parts that can be mapped of regions with sparse-mmap"},
			{.key = "irqs",
			 .title = "IRQS",
			 .type = FIELD_RECORDS,
			 .item = probe_irq,
			 .child = &probe_irq_record,
			 .help = "interrupts"},
			{.key = "features",
			 .title = "FEATURES",
			 .type = FIELD_RECORDS,
			 .item = probe_feature,
			 .child = &probe_feature_record,
			 .help = "features of VFIO devices"},
			{.key = "hot_reset_set",
			 .title = "HOT-RESET-SET",
			 .type = FIELD_RECORDS,
			 .item = probe_member,
			 .child = &probe_member_record,
			 .help = "functions that a hot reset takes along"},
			{.key = "unanswered",
			 .title = "UNANSWERED",
			 .type = FIELD_RECORDS,
			 .item = probe_failure,
			 .child = &probe_failure_record,
			 .help = "questions that the kernel did not answer"},
			{0}},
};
