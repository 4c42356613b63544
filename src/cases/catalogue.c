/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue: what the kernel promises, and the tables of the cases that put it to the proof.
 *
 * CL are the promises of the series that added the device cdev, PR those of the series before it,
 * FU what came after; the others are older than all of these.
 */
#include "check/case.h"

const struct case_statement case_statements[] = {
	{"CL1", "Each device has a file of its own"},
	{"CL2", "KVM is told of devices by their files"},
	{"CL3", "There is no access before BIND"},
	{"CL4", "Group and cdev exclude each other"},
	{"CL5", "A device is bound once"},
	{"CL6", "Binding and attaching are two steps"},
	{"CL7", "BIND gives the device to an iommufd"},
	{"CL8", "ATTACH puts the device into an address space, and moves it to another"},
	{"CL9", "DETACH takes the device out of its address space"},
	{"CL10", "Groups are optional"},
	{"CL11", "Devices without an IOMMU are kept apart"},
	{"CL12", "A device whose DMA may not be coherent is refused by its driver"},
	{"PR1", "Emulated devices go the same ways"},
	{"PR2", "A hot reset is for who owns all that it resets"},
	{"FU1", "Page tables of the hardware: their kinds, nesting, dirty tracking"},
	{"FU2", "Address spaces for single processes (PASID)"},
	{"FU3", "VFs are for who knows their PF's token"},
	{"FU4", "Device memory is shared as dma-buf"},
	{"FU5", "The cdev of a device without an IOMMU"},
	{"FU6", "Open files tell which device they are"},
	{"GRP", "The group gives its devices through a container"},
	{"IOM", "iommufd and the device answer as they are documented to"},
	{"DRV", "Drivers come and go, and wait for the last user"},
	{NULL, NULL},
};

const struct test_case *const case_tables[] = {
	cases_host,
	cases_cdev,
	cases_group,
	cases_device,
	cases_bind,
	cases_exclusive,
	cases_attach,
	cases_iommufd,
	cases_witness,
	cases_reset,
	cases_token,
	cases_kvm,
	cases_mdev,
	cases_noiommu,
	cases_driver,
	cases_migration,
	cases_attach_reserved,
	cases_attach_pasid,
	cases_iommufd_memory,
	cases_hot_reset,
	cases_bind_pair,
	cases_unbind,
	cases_noiommu_space,
	NULL,
};

const char *case_class_name(enum case_class class)
{
	static const char *const names[] = {
		[CASE_SELF] = "self", [CASE_NEIGHBOURS] = "neighbours", [CASE_LAB] = "lab"};

	return names[class];
}
