/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/vfio_info.h"

#include <errno.h>

#include "kernel/abi.h"
#include "kernel/ioctl.h"
#include "kernel/vfio.h"

/* --- names ------------------------------------------------------------------------------ */

const char *vfio_name_of(const struct vfio_name *table, uint64_t number)
{
	for (; table->name; table++)
		if (table->number == number)
			return table->name;
	return NULL;
}

/* That there are capabilities is seen from these: K_DEVICE_FLAG_CAPS and K_REGION_CAPS go. */
const struct vfio_name vfio_device_flags[] = {
	{1 << 0, "reset"},  {1 << 1, "pci"}, {1 << 2, "platform"},
	{1 << 3, "amba"},   {1 << 4, "ccw"}, {1 << 5, "ap"},
	{1 << 6, "fsl-mc"}, {1 << 8, "cdx"}, {0}};

const struct vfio_name vfio_atomic_widths[] = {
	{1 << 0, "32"}, {1 << 1, "64"}, {1 << 2, "128"}, {0}};

const struct vfio_name vfio_region_flags[] = {
	{K_REGION_READ, "read"}, {K_REGION_WRITE, "write"}, {K_REGION_MMAP, "mmap"}, {0}};

const struct vfio_name vfio_irq_flags[] = {{1 << 0, "eventfd"},
					   {1 << 1, "maskable"},
					   {1 << 2, "automasked"},
					   {1 << 3, "noresize"},
					   {0}};

const struct vfio_name vfio_migration_names[] = {{VFIO_MIGRATES_STOP_COPY, "stop-copy"},
						 {VFIO_MIGRATES_P2P, "p2p"},
						 {VFIO_MIGRATES_PRE_COPY, "pre-copy"},
						 {0}};

static const struct vfio_name device_capabilities[] = {
	{1, "zpci-base"},
	{2, "zpci-group"},
	{3, "zpci-utility"},
	{4, "zpci-path"},
	{K_DEVICE_CAP_ATOMIC, "pci-atomic-completion"},
	{0}};

static const struct vfio_name region_capabilities[] = {
	{K_REGION_CAP_SPARSE, "sparse-mmap"},
	{K_REGION_CAP_TYPE, "type"},
	{K_REGION_CAP_MSIX_MAPPABLE, "msix-mappable"},
	{4, "nvlink2-address"},
	{5, "nvlink2-speed"},
	{0}};

static const struct vfio_name features[] = {{VFIO_FEATURE_VF_TOKEN, "pci-vf-token"},
					    {VFIO_FEATURE_MIGRATION, "migration"},
					    {VFIO_FEATURE_MIG_STATE, "migration-state"},
					    {3, "low-power-entry"},
					    {4, "low-power-entry-with-wakeup"},
					    {5, "low-power-exit"},
					    {6, "dma-logging-start"},
					    {7, "dma-logging-stop"},
					    {8, "dma-logging-report"},
					    {9, "migration-data-size"},
					    {10, "bus-master"},
					    {VFIO_FEATURE_DMA_BUF, "dma-buf"},
					    {12, "migration-precopy-info-v2"},
					    {13, "zpci-error"},
					    {0}};
static_assert(ARRAY_SIZE(features) == VFIO_FEATURES_KNOWN + 1, "features[]");

static const struct vfio_name pci_regions[] = {{0, "bar0"},
					       {1, "bar1"},
					       {2, "bar2"},
					       {3, "bar3"},
					       {4, "bar4"},
					       {5, "bar5"},
					       {VFIO_REGION_ROM, "rom"},
					       {VFIO_REGION_CONFIG, "config"},
					       {VFIO_REGION_VGA, "vga"},
					       {0}};

static const struct vfio_name pci_irqs[] = {{VFIO_IRQ_INTX, "intx"}, {VFIO_IRQ_MSI, "msi"},
					    {VFIO_IRQ_MSIX, "msix"}, {VFIO_IRQ_ERR, "err"},
					    {VFIO_IRQ_REQ, "req"},   {0}};

static const struct vfio_name ccw_irqs[] = {{0, "io"}, {1, "crw"}, {2, "req"}, {0}};

/* Regions that a driver adds: what they are is told by type and subtype. */
#define TYPE(type, subtype) ((uint64_t)(type) << 32 | (subtype))
#define VENDOR(id, subtype) TYPE(1U << 31 | (id), subtype)

static const struct vfio_name typed_regions[] = {{TYPE(1, 1), "gfx-edid"},
						 {TYPE(2, 1), "ccw-async-command"},
						 {TYPE(2, 2), "ccw-schib"},
						 {TYPE(2, 3), "ccw-crw"},
						 {TYPE(3, 1), "migration-v1"},
						 {VENDOR(0x8086, 1), "igd-opregion"},
						 {VENDOR(0x8086, 2), "igd-host-config"},
						 {VENDOR(0x8086, 3), "igd-lpc-config"},
						 {VENDOR(0x10de, 1), "nvlink2-ram"},
						 {VENDOR(0x1014, 1), "nvlink2-atsd"},
						 {0}};

const char *vfio_region_name(const struct vfio_description *device,
			     const struct vfio_region_description *region)
{
	if (region->has_type)
		return vfio_name_of(typed_regions, TYPE(region->type, region->subtype));
	return device->flags & K_DEVICE_FLAG_PCI ? vfio_name_of(pci_regions, region->index) : NULL;
}

const char *vfio_irq_name(const struct vfio_description *device, unsigned int index)
{
	if (device->flags & K_DEVICE_FLAG_PCI)
		return vfio_name_of(pci_irqs, index);
	return device->flags & K_DEVICE_FLAG_CCW ? vfio_name_of(ccw_irqs, index) : NULL;
}

/* --- capabilities ----------------------------------------------------------------------- */

static size_t count_links(const struct vfio_answer *answer, size_t first)
{
	struct chain chain = chain_start(answer, first);
	struct capability cap;
	size_t n = 0;

	while (chain_next(&chain, &cap))
		n++;
	return n;
}

static int list_capabilities(struct vfio_capabilities *ret, const struct vfio_answer *answer,
			     size_t first, const struct vfio_name *names, struct arena *arena)
{
	size_t count = count_links(answer, first), n = 0;
	struct chain chain = chain_start(answer, first);
	struct vfio_capability *list = arena_alloc(arena, count * sizeof(*list));
	struct capability cap;

	if (!list)
		return -ENOMEM;
	while (chain_next(&chain, &cap))
		list[n++] = (struct vfio_capability){
			.id = cap.id, .version = cap.version, .name = vfio_name_of(names, cap.id)};
	*ret = (struct vfio_capabilities){.list = list, .count = n};
	return 0;
}

/* --- the device ------------------------------------------------------------------------- */

int vfio_parse_device(const struct vfio_answer *answer, struct arena *arena,
		      struct vfio_description *ret)
{
	struct vfio_description device;
	struct k_device_atomic atomic;
	struct k_device_info info;
	struct capability cap;
	int r;

	if (vfio_answer_read(answer, 0, &info, sizeof(info)) < 0)
		return -EPROTO;
	if (!(info.flags & K_DEVICE_FLAG_CAPS))
		info.cap_offset = 0;
	device = (struct vfio_description){
		.flags = info.flags & ~(uint32_t)K_DEVICE_FLAG_CAPS,
		.n_regions = info.regions,
		.n_irqs = info.irqs,
	};
	r = list_capabilities(&device.capabilities, answer, info.cap_offset, device_capabilities,
			      arena);
	if (r < 0)
		return r;
	if (chain_find(answer, info.cap_offset, K_DEVICE_CAP_ATOMIC, &cap)) {
		if (vfio_answer_read(answer, cap.offset, &atomic, sizeof(atomic)) < 0)
			return -EPROTO;
		device.atomic_widths = atomic.widths;
	}
	*ret = device;
	return 0;
}

int vfio_describe(int device, struct arena *arena, struct vfio_description *ret)
{
	const struct k_device_info head = {.argsz = sizeof(head)};
	scoped_vfio_answer struct vfio_answer answer = {.data = NULL};
	int r = vfio_answer_ask(&answer, device, K_DEVICE_GET_INFO, &head, sizeof(head));

	return r < 0 ? r : vfio_parse_device(&answer, arena, ret);
}

/* --- regions ---------------------------------------------------------------------------- */

static int read_areas(struct vfio_region_description *region, const struct vfio_answer *answer,
		      size_t offset, struct arena *arena)
{
	struct k_region_sparse sparse;
	struct vfio_area *areas;
	size_t size;

	if (vfio_answer_read(answer, offset, &sparse, sizeof(sparse)) < 0)
		return -EPROTO;
	offset += sizeof(sparse);
	if (sparse.count > (answer->size - offset) / sizeof(*areas))
		return -EPROTO;
	size = sparse.count * sizeof(*areas);
	areas = arena_alloc(arena, size);
	if (!areas)
		return -ENOMEM;
	region->areas = areas;
	region->n_areas = sparse.count;
	return vfio_answer_read(answer, offset, areas, size);
}
static_assert(sizeof(struct vfio_area) == sizeof(struct k_region_area), "the kernel fills it");

static int read_type(struct vfio_region_description *region, const struct vfio_answer *answer,
		     size_t offset)
{
	struct k_region_type type;

	if (vfio_answer_read(answer, offset, &type, sizeof(type)) < 0)
		return -EPROTO;
	region->has_type = true;
	region->type = type.type;
	region->subtype = type.subtype;
	return 0;
}

int vfio_parse_region(const struct vfio_answer *answer, struct arena *arena,
		      struct vfio_region_description *ret)
{
	struct vfio_region_description region;
	struct k_region_info info;
	struct capability cap;
	int r;

	if (vfio_answer_read(answer, 0, &info, sizeof(info)) < 0)
		return -EPROTO;
	if (!(info.flags & K_REGION_CAPS))
		info.cap_offset = 0;
	region = (struct vfio_region_description){
		.index = info.index,
		.flags = info.flags & ~(uint32_t)K_REGION_CAPS,
		.size = info.size,
		.offset = info.offset,
	};
	r = list_capabilities(&region.capabilities, answer, info.cap_offset, region_capabilities,
			      arena);
	if (r >= 0 && chain_find(answer, info.cap_offset, K_REGION_CAP_SPARSE, &cap))
		r = read_areas(&region, answer, cap.offset, arena);
	if (r >= 0 && chain_find(answer, info.cap_offset, K_REGION_CAP_TYPE, &cap))
		r = read_type(&region, answer, cap.offset);
	if (r >= 0)
		*ret = region;
	return r;
}

int vfio_describe_region(int device, unsigned int index, struct arena *arena,
			 struct vfio_region_description *ret)
{
	const struct k_region_info head = {.argsz = sizeof(head), .index = index};
	scoped_vfio_answer struct vfio_answer answer = {.data = NULL};
	int r = vfio_answer_ask(&answer, device, K_DEVICE_GET_REGION_INFO, &head, sizeof(head));

	return r < 0 ? r : vfio_parse_region(&answer, arena, ret);
}

/* --- interrupts and features ------------------------------------------------------------ */

int vfio_describe_irq(int device, unsigned int index, struct vfio_irq_description *ret)
{
	struct k_irq_info arg = {.argsz = sizeof(arg), .index = index};
	int r = kernel_ioctl(device, K_DEVICE_GET_IRQ_INFO, &arg);

	if (r >= 0)
		*ret = (struct vfio_irq_description){
			.index = index, .flags = arg.flags, .count = arg.count};
	return r;
}

/*
 * 1, 0, or -errno. EINVAL: the feature cannot be used this way, or, before Linux 6.18, the driver
 * has no features. EOPNOTSUPP: this driver has nothing behind it.
 */
static int offers(int device, unsigned int id, unsigned int way)
{
	int r = vfio_device_feature(device, id, VFIO_FEATURE_PROBE | way, NULL, 0);

	if (r == -ENOTTY || r == -EINVAL || r == -EOPNOTSUPP)
		return 0;
	return r < 0 ? r : 1;
}

int vfio_feature_probe(int device, unsigned int id, struct vfio_feature *ret)
{
	int get = offers(device, id, VFIO_FEATURE_GET);
	int set = get < 0 ? get : offers(device, id, VFIO_FEATURE_SET);

	if (set < 0)
		return set;
	*ret = (struct vfio_feature){
		.id = id, .name = vfio_name_of(features, id), .can_get = get, .can_set = set};
	return 0;
}
