/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/probe_record.h"

/* Defines a getter: an expression over `probe`. */
#define PROBE(name, expression) GETTER(probe_##name, struct probe, probe, expression)

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

static const struct field probe_record_type_fields[] = {
	ROW(STRING, "path", "PATH", probe_path, "how it was opened: cdev or group"),
	ROW_STRINGS("device_flags", "DEVICE-FLAGS", probe_device_flag,
		    "reset (there is a function reset), pci, platform, ..."),
	ROW_STRINGS("atomic_widths", "ATOMIC-WIDTHS", probe_atomic_width,
		    "bits of the PCI atomic operations that reach memory"),
	ROW(STRING, "iommu_instance", "IOMMU-INSTANCE", probe_iommu_instance,
	    "the IOMMU before it"),
	ROW(STRING, "iommu_type", "IOMMU-TYPE", probe_iommu_type,
	    "intel-vtd, arm-smmuv3, amd, ...; none: a kind that tells "
	    "nothing"),
	ROW(NUMBER, "iommu_type_number", "IOMMU-TYPE-NUMBER", probe_iommu_type_number,
	    "the same as the kernel's number"),
	ROW(STRING, "iommu_source", "IOMMU-SOURCE", probe_iommu_source,
	    "iommufd, or sysfs where that does not tell"),
	ROW(BOOL, "nesting", "NESTING", probe_nesting, "the kernel makes page tables for nesting"),
	ROW(BOOL, "dirty_tracking", "DIRTY-TRACKING", probe_dirty_tracking,
	    "the kernel makes page tables with dirty tracking"),
	ROW(BOOL, "pasid_tables", "PASID-TABLES", probe_pasid_tables,
	    "the kernel makes page tables that PASIDs can use"),
	ROW(NUMBER, "pasid_bits", "PASID-BITS", probe_pasid_bits,
	    "width of the PASIDs of device and IOMMU; 0: none"),
	ROW(SIZE, "iova_alignment", "IOVA-ALIGNMENT", probe_iova_alignment,
	    "what mappings must be aligned to"),
	ROW(NUMBER, "mappings_left", "MAPPINGS-LEFT", probe_mappings_left,
	    "mappings that a container takes; null: no limit is told"),
	ROW(BOOL, "memlock_limited", "MEMLOCK-LIMITED", probe_memlock_limited,
	    "there is a soft limit of locked memory in this session"),
	ROW(SIZE, "memlock_soft", "MEMLOCK-SOFT", probe_memlock_soft, "the soft limit; null: none"),
	ROW(SIZE, "memlock_hard", "MEMLOCK-HARD", probe_memlock_hard, "the hard limit; null: none"),
	ROW(BOOL, "memlock_exempt", "MEMLOCK-EXEMPT", probe_memlock_exempt,
	    "this user has CAP_IPC_LOCK: the limit does not count"),
	ROW(STRING, "memlock_counted", "MEMLOCK-COUNTED", probe_memlock_counted,
	    "whose locked memory mappings count against: user or process"),
	ROW(STRING, "memlock_need", "MEMLOCK-NEED", probe_memlock_need,
	    "what the limit must be good for"),
	ROW(SIZE, "memlock_unit", "MEMLOCK-UNIT", probe_memlock_unit,
	    "the page, in which memory is counted"),
	ROW(BOOL, "migrates", "MIGRATES", probe_migrates,
	    "its state can be moved to another machine"),
	ROW_STRINGS("migration_flags", "MIGRATION-FLAGS", probe_migration_flag,
		    "how: stop-copy, p2p, pre-copy"),
	ROW(BOOL, "hot_reset", "HOT-RESET", probe_hot_reset, "its bus or slot can be reset"),
	ROW(BOOL, "hot_reset_owned", "HOT-RESET-OWNED", probe_hot_reset_owned,
	    "who has this device alone may do it; told on the cdev way"),
	ROW_RECORDS("iova_ranges", "IOVA-RANGES", probe_range, &probe_range_record,
		    "addresses that memory can be mapped at"),
	ROW_RECORDS("reserved_regions", "RESERVED-REGIONS", probe_reserved, &probe_reserved_record,
		    "addresses that its IOMMU group may not use so"),
	ROW_RECORDS("iommu_registers", "IOMMU-REGISTERS", probe_register, &probe_register_record,
		    "capability registers of the IOMMU"),
	ROW_RECORDS("iommu_capabilities", "IOMMU-CAPABILITIES", probe_trait, &probe_trait_record,
		    "what the hardware can do, decoded from them"),
	ROW_RECORDS("device_capabilities", "DEVICE-CAPABILITIES", probe_capability,
		    &probe_capability_record,
		    "capabilities in the kernel's description of the device"),
	ROW_RECORDS("regions", "REGIONS", probe_region, &probe_region_record,
		    "regions of the device's file"),
	ROW_RECORDS("region_areas", "REGION-AREAS", probe_area, &probe_area_record,
		    "the only parts that can be mapped of regions with sparse-mmap"),
	ROW_RECORDS("irqs", "IRQS", probe_irq, &probe_irq_record, "interrupts"),
	ROW_RECORDS("features", "FEATURES", probe_feature, &probe_feature_record,
		    "features of VFIO devices"),
	ROW_RECORDS("hot_reset_set", "HOT-RESET-SET", probe_member, &probe_member_record,
		    "functions that a hot reset takes along"),
	ROW_RECORDS("unanswered", "UNANSWERED", probe_failure, &probe_failure_record,
		    "questions that the kernel did not answer"),
	{0},
};

const struct record_type probe_record_type = {
	.name = "probe",
	.fields = probe_record_type_fields,
};
