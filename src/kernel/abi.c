/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing runs here: at compile time our declarations are compared with the kernel headers that are
 * installed, as far as those go. `tests/lab/lab abi` compares them with the newest, which must have
 * all of it (ABI_NEWEST).
 */
#include "kernel/abi.h"
#include "kernel/abi_iommufd.h"
#include "kernel/abi_kvm.h"
#include "kernel/vfio.h"

#define SAME(ours, theirs)      static_assert((unsigned long)(ours) == (unsigned long)(theirs), #theirs)
#define SAME_SIZE(ours, theirs) static_assert(sizeof(struct ours) == sizeof(struct theirs), #theirs)
#define SAME_OFFSET(ours, member, theirs, their_member)                                            \
	static_assert(offsetof(struct ours, member) == offsetof(struct theirs, their_member),      \
		      #theirs "." #their_member)

#if __has_include(<linux/vfio.h>)
#include <linux/vfio.h>

SAME(K_GET_API_VERSION, VFIO_GET_API_VERSION);
SAME(K_CHECK_EXTENSION, VFIO_CHECK_EXTENSION);
SAME(K_SET_IOMMU, VFIO_SET_IOMMU);
SAME(K_GROUP_GET_STATUS, VFIO_GROUP_GET_STATUS);
SAME(K_GROUP_SET_CONTAINER, VFIO_GROUP_SET_CONTAINER);
SAME(K_GROUP_UNSET_CONTAINER, VFIO_GROUP_UNSET_CONTAINER);
SAME(K_GROUP_GET_DEVICE_FD, VFIO_GROUP_GET_DEVICE_FD);
SAME(K_TYPE1_GET_INFO, VFIO_IOMMU_GET_INFO);
SAME(K_TYPE1_MAP_DMA, VFIO_IOMMU_MAP_DMA);
SAME(K_TYPE1_UNMAP_DMA, VFIO_IOMMU_UNMAP_DMA);
SAME(K_TYPE1_INFO_CAPS, VFIO_IOMMU_INFO_CAPS);
SAME(K_TYPE1_CAP_IOVA_RANGE, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
#ifdef VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL
SAME(K_TYPE1_CAP_AVAILABLE, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);
SAME_OFFSET(k_type1_available, count, vfio_iommu_type1_info_dma_avail, avail);
#endif
SAME(K_TYPE1_INFO_PAGE_SIZES, VFIO_IOMMU_INFO_PGSIZES);
SAME(K_TYPE1_MAP_READ, VFIO_DMA_MAP_FLAG_READ);
SAME(K_TYPE1_MAP_WRITE, VFIO_DMA_MAP_FLAG_WRITE);
SAME(K_DEVICE_GET_INFO, VFIO_DEVICE_GET_INFO);
SAME(K_DEVICE_GET_REGION_INFO, VFIO_DEVICE_GET_REGION_INFO);
SAME(K_DEVICE_GET_IRQ_INFO, VFIO_DEVICE_GET_IRQ_INFO);
SAME(K_DEVICE_SET_IRQS, VFIO_DEVICE_SET_IRQS);
SAME(K_DEVICE_RESET, VFIO_DEVICE_RESET);
SAME(K_PCI_HOT_RESET, VFIO_DEVICE_PCI_HOT_RESET);
SAME(K_QUERY_GFX_PLANE, VFIO_DEVICE_QUERY_GFX_PLANE);
SAME(K_REGION_MMAP, VFIO_REGION_INFO_FLAG_MMAP);
SAME(K_REGION_CAPS, VFIO_REGION_INFO_FLAG_CAPS);
SAME(K_IRQ_DATA_EVENTFD, VFIO_IRQ_SET_DATA_EVENTFD);
SAME(K_IRQ_ACTION_TRIGGER, VFIO_IRQ_SET_ACTION_TRIGGER);
SAME(K_GFX_PROBE, VFIO_GFX_PLANE_TYPE_PROBE);
SAME(K_GFX_DMABUF, VFIO_GFX_PLANE_TYPE_DMABUF);
SAME(K_GFX_REGION, VFIO_GFX_PLANE_TYPE_REGION);
SAME(K_PCI_HOT_RESET_INFO, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO);
SAME(K_DEVICE_FEATURE, VFIO_DEVICE_FEATURE);
SAME(K_DEVICE_FLAG_RESET, VFIO_DEVICE_FLAGS_RESET);
SAME(K_DEVICE_FLAG_PCI, VFIO_DEVICE_FLAGS_PCI);
SAME(K_DEVICE_FLAG_CAPS, VFIO_DEVICE_FLAGS_CAPS);
SAME(K_REGION_CAP_SPARSE, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
SAME(K_REGION_CAP_TYPE, VFIO_REGION_INFO_CAP_TYPE);
SAME(K_REGION_CAP_MSIX_MAPPABLE, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE);

SAME_SIZE(k_group_status, vfio_group_status);
SAME_OFFSET(k_type1_info, page_sizes, vfio_iommu_type1_info, iova_pgsizes);
SAME_OFFSET(k_type1_info, cap_offset, vfio_iommu_type1_info, cap_offset);
SAME_SIZE(k_cap, vfio_info_cap_header);
SAME_OFFSET(k_type1_iova_ranges, ranges, vfio_iommu_type1_info_cap_iova_range, iova_ranges);
SAME_SIZE(k_type1_map, vfio_iommu_type1_dma_map);
SAME_OFFSET(k_type1_map, iova, vfio_iommu_type1_dma_map, iova);
SAME_SIZE(k_type1_unmap, vfio_iommu_type1_dma_unmap);
SAME_OFFSET(k_device_info, irqs, vfio_device_info, num_irqs);
SAME_SIZE(k_region_info, vfio_region_info);
SAME_OFFSET(k_region_info, offset, vfio_region_info, offset);
SAME_OFFSET(k_region_sparse, areas, vfio_region_info_cap_sparse_mmap, areas);
SAME_SIZE(k_region_area, vfio_region_sparse_mmap_area);
SAME_OFFSET(k_region_type, subtype, vfio_region_info_cap_type, subtype);
#ifdef VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP
SAME(K_DEVICE_CAP_ATOMIC, VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP);
SAME_OFFSET(k_device_atomic, widths, vfio_device_info_cap_pci_atomic_comp, flags);
#endif
SAME_SIZE(k_hot_reset_entry, vfio_pci_dependent_device);
SAME_SIZE(k_irq_info, vfio_irq_info);
SAME_OFFSET(k_irq_set, eventfd, vfio_irq_set, data);
SAME_SIZE(k_gfx_plane, vfio_device_gfx_plane_info);
SAME_OFFSET(k_gfx_plane, size, vfio_device_gfx_plane_info, size);
SAME_OFFSET(k_gfx_plane, id, vfio_device_gfx_plane_info, region_index);
#ifdef VFIO_MIG_GET_PRECOPY_INFO
SAME(K_MIG_PRECOPY_INFO, VFIO_MIG_GET_PRECOPY_INFO);
SAME_SIZE(k_precopy_info, vfio_precopy_info);
#endif
#ifdef VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE
SAME_SIZE(k_migration, vfio_device_feature_migration);
SAME_SIZE(k_mig_state, vfio_device_feature_mig_state);
SAME(VFIO_MIGRATES_STOP_COPY, VFIO_MIGRATION_STOP_COPY);
SAME(VFIO_MIGRATES_P2P, VFIO_MIGRATION_P2P);
SAME(VFIO_STATE_RESUMING, VFIO_DEVICE_STATE_RESUMING);
#endif
#ifdef VFIO_MIGRATION_PRE_COPY
SAME(VFIO_MIGRATES_PRE_COPY, VFIO_MIGRATION_PRE_COPY);
SAME(VFIO_STATE_PRE_COPY, VFIO_DEVICE_STATE_PRE_COPY);
#endif
SAME_OFFSET(k_hot_reset, groups, vfio_pci_hot_reset, group_fds);
SAME_OFFSET(k_hot_reset_info, entries, vfio_pci_hot_reset_info, devices);

#ifdef VFIO_DEVICE_FEATURE_DMA_BUF
SAME_OFFSET(k_dma_buf, count, vfio_device_feature_dma_buf, nr_ranges);
SAME_OFFSET(k_dma_buf, range, vfio_device_feature_dma_buf, dma_ranges);
#endif
#ifdef VFIO_DEVICE_BIND_IOMMUFD
SAME(K_DEVICE_BIND, VFIO_DEVICE_BIND_IOMMUFD);
SAME(K_DEVICE_ATTACH, VFIO_DEVICE_ATTACH_IOMMUFD_PT);
SAME(K_DEVICE_DETACH, VFIO_DEVICE_DETACH_IOMMUFD_PT);
#ifdef VFIO_DEVICE_BIND_FLAG_TOKEN
SAME(K_BIND_TOKEN, VFIO_DEVICE_BIND_FLAG_TOKEN);
SAME_OFFSET(k_bind, token, vfio_device_bind_iommufd, token_uuid_ptr);
#endif
#ifdef VFIO_DEVICE_ATTACH_PASID
SAME(K_ATTACH_PASID, VFIO_DEVICE_ATTACH_PASID);
SAME_OFFSET(k_attach, pasid, vfio_device_attach_iommufd_pt, pasid);
#endif
SAME_OFFSET(k_bind, iommufd, vfio_device_bind_iommufd, iommufd);
SAME_OFFSET(k_bind, devid, vfio_device_bind_iommufd, out_devid);
SAME_OFFSET(k_attach, pt_id, vfio_device_attach_iommufd_pt, pt_id);
SAME(K_HOT_RESET_DEV_ID, VFIO_PCI_HOT_RESET_FLAG_DEV_ID);
SAME(K_HOT_RESET_OWNED, VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED);
#endif
#endif

#if __has_include(<linux/iommufd.h>)
#include <linux/iommufd.h>

SAME(K_IOMMU_DESTROY, IOMMU_DESTROY);
SAME(K_IOAS_ALLOC, IOMMU_IOAS_ALLOC);
SAME(K_IOAS_IOVA_RANGES, IOMMU_IOAS_IOVA_RANGES);
SAME(K_IOAS_MAP, IOMMU_IOAS_MAP);
SAME(K_IOAS_UNMAP, IOMMU_IOAS_UNMAP);
SAME(K_IOMMU_OPTION, IOMMU_OPTION);
SAME(K_IOMMU_VFIO_IOAS, IOMMU_VFIO_IOAS);
SAME(K_IOAS_MAP_FIXED, IOMMU_IOAS_MAP_FIXED_IOVA);
SAME(K_IOAS_MAP_WRITE, IOMMU_IOAS_MAP_WRITEABLE);
SAME(K_IOAS_MAP_READ, IOMMU_IOAS_MAP_READABLE);
SAME(K_OPTION_RLIMIT_MODE, IOMMU_OPTION_RLIMIT_MODE);
SAME(K_OPTION_GET, IOMMU_OPTION_OP_GET);
SAME(K_VFIO_IOAS_GET, IOMMU_VFIO_IOAS_GET);

SAME_SIZE(k_destroy, iommu_destroy);
SAME_SIZE(k_ioas_alloc, iommu_ioas_alloc);
SAME_OFFSET(k_ioas_alloc, id, iommu_ioas_alloc, out_ioas_id);
SAME_SIZE(k_ioas_ranges, iommu_ioas_iova_ranges);
SAME_OFFSET(k_ioas_ranges, alignment, iommu_ioas_iova_ranges, out_iova_alignment);
SAME_SIZE(k_ioas_map, iommu_ioas_map);
SAME_OFFSET(k_ioas_map, address, iommu_ioas_map, user_va);
SAME_OFFSET(k_ioas_map, iova, iommu_ioas_map, iova);
SAME_SIZE(k_ioas_unmap, iommu_ioas_unmap);
SAME_SIZE(k_option, iommu_option);
SAME_OFFSET(k_option, object, iommu_option, object_id);
SAME_OFFSET(k_option, value, iommu_option, val64);
SAME_SIZE(k_vfio_ioas, iommu_vfio_ioas);
#ifdef IOMMU_GET_HW_INFO
SAME(K_GET_HW_INFO, IOMMU_GET_HW_INFO);
SAME_OFFSET(k_hw_info, data, iommu_hw_info, data_uptr);
SAME_OFFSET(k_hw_info, type, iommu_hw_info, out_data_type);
#endif
SAME(K_OPTION_SET, IOMMU_OPTION_OP_SET);
SAME(K_IOAS_ALLOW_IOVAS, IOMMU_IOAS_ALLOW_IOVAS);
SAME_OFFSET(k_allow_iovas, ranges, iommu_ioas_allow_iovas, allowed_iovas);
#ifdef IOMMU_HWPT_ALLOC
SAME(K_HWPT_ALLOC, IOMMU_HWPT_ALLOC);
SAME_OFFSET(k_hwpt_alloc, id, iommu_hwpt_alloc, out_hwpt_id);
#endif
#ifdef IOMMU_HWPT_SET_DIRTY_TRACKING
SAME(K_SET_DIRTY, IOMMU_HWPT_SET_DIRTY_TRACKING);
SAME_SIZE(k_set_dirty, iommu_hwpt_set_dirty_tracking);
SAME_OFFSET(k_hwpt_alloc, data, iommu_hwpt_alloc, data_uptr);
#endif
#ifdef IOMMU_IOAS_MAP_FILE
SAME(K_IOAS_MAP_FILE, IOMMU_IOAS_MAP_FILE);
SAME_SIZE(k_ioas_map_file, iommu_ioas_map_file);
SAME_OFFSET(k_ioas_map_file, iova, iommu_ioas_map_file, iova);
#endif
#ifdef IOMMU_VIOMMU_ALLOC
SAME(K_VIOMMU_ALLOC, IOMMU_VIOMMU_ALLOC);
SAME_OFFSET(k_viommu_alloc, id, iommu_viommu_alloc, out_viommu_id);
#endif
#ifdef IOMMU_IOAS_NOIOMMU_GET_PA
SAME(K_NOIOMMU_GET_PA, IOMMU_IOAS_NOIOMMU_GET_PA);
SAME_SIZE(k_noiommu_pa, iommu_ioas_noiommu_get_pa);
SAME_OFFSET(k_noiommu_pa, physical, iommu_ioas_noiommu_get_pa, out_phys);
#endif
#endif

#if __has_include(<linux/kvm.h>)
#include <linux/kvm.h>

SAME(K_KVM_API_VERSION, KVM_GET_API_VERSION);
SAME(K_KVM_CREATE_VM, KVM_CREATE_VM);
SAME(K_KVM_CREATE_DEVICE, KVM_CREATE_DEVICE);
SAME(K_KVM_SET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR);
SAME(K_KVM_HAS_DEVICE_ATTR, KVM_HAS_DEVICE_ATTR);
SAME(K_KVM_DEVICE_VFIO, KVM_DEV_TYPE_VFIO);
SAME_SIZE(k_kvm_create_device, kvm_create_device);
SAME_OFFSET(k_kvm_device_attr, address, kvm_device_attr, addr);
SAME(K_KVM_VFIO_FILE, KVM_DEV_VFIO_GROUP);
SAME(K_KVM_VFIO_FILE_ADD, KVM_DEV_VFIO_GROUP_ADD);
SAME(K_KVM_VFIO_FILE_DEL, KVM_DEV_VFIO_GROUP_DEL);
#endif

#if defined(ABI_NEWEST) &&                                                                         \
	!(defined(VFIO_DEVICE_FEATURE_DMA_BUF) && defined(VFIO_DEVICE_BIND_FLAG_TOKEN) &&          \
	  defined(VFIO_DEVICE_ATTACH_PASID) && defined(IOMMU_VIOMMU_ALLOC) &&                      \
	  defined(IOMMU_IOAS_MAP_FILE) && defined(IOMMU_IOAS_NOIOMMU_GET_PA))
#error "these headers lack what some of the comparisons are about"
#endif
