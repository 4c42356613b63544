/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SR-IOV: what a PF says of its VFs, those that exist and those that it could have. Follows
 * Documentation/ABI/testing/sysfs-bus-pci and drivers/pci/iov.c.
 */
#pragma once

#include "host/inventory.h"

struct sriov {
	int64_t total;          /* VFs that it can have at most */
	int64_t offset, stride; /* from its routing id to that of VF 0, and from VF to VF */
	int64_t vf_device;      /* device id of its VFs */
	bool autoprobe;         /* drivers may probe VFs that appear */
};

/* 0, or -ENOENT when pf is no PF. Takes no lock of the kernel. */
int sriov_read(struct sriov *ret, const struct device *pf);

/* The switch alone; true, too, for what is no PF. */
bool sriov_autoprobe(const struct device *pf);

/*
 * How many VFs pf has now: not by sriov_numvfs, for reading that waits for whoever has the device
 * lock.
 */
int sriov_count(const struct device *pf);

/* VF number index of pf in the inventory; NULL when it has no such VF. */
const struct device *sriov_vf(const struct inventory *inventory, const struct device *pf,
			      int index);

/*
 * What VF number index of pf will be, before it exists: address, ids and modalias. The device id of
 * its subsystem is not known; the modalias has that of the PF, which a VF may differ from. NULL:
 * out of memory, or the PF tells no offset before it has VFs.
 */
const struct device *sriov_predict_vf(struct arena *arena, const struct device *pf,
				      const struct sriov *sriov, int index);
