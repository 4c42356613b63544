/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/sriov.h"

#include <errno.h>

#include "base/path.h"
#include "host/address.h"

#define ATTRIBUTE "/sys/bus/pci/devices/%s/%s"

static int read_attribute(int64_t *ret, const struct device *pf, const char *name)
{
	return path_read_number(ret, ATTRIBUTE, pf->address, name);
}

/* "1520", without the 0x that all other ids have. */
static int64_t read_vf_device(const struct device *pf)
{
	char text[16];
	uint64_t id;

	if (path_read(text, sizeof(text), ATTRIBUTE, pf->address, "sriov_vf_device") < 0 ||
	    parse_number(text, 16, UINT16_MAX, &id) < 0)
		return -1;
	return (int64_t)id;
}

bool sriov_autoprobe(const struct device *pf)
{
	int64_t autoprobe = 1;

	read_attribute(&autoprobe, pf, "sriov_drivers_autoprobe");
	return autoprobe != 0;
}

int sriov_read(struct sriov *ret, const struct device *pf)
{
	struct sriov sriov = {.vf_device = -1};

	if (!streq(pf->bus, "pci") || read_attribute(&sriov.total, pf, "sriov_totalvfs") < 0 ||
	    sriov.total <= 0)
		return -ENOENT;
	read_attribute(&sriov.offset, pf, "sriov_offset");
	read_attribute(&sriov.stride, pf, "sriov_stride");
	sriov.autoprobe = sriov_autoprobe(pf);
	sriov.vf_device = read_vf_device(pf);
	*ret = sriov;
	return 0;
}

int sriov_count(const struct device *pf)
{
	int n = 0;

	while (path_exists("/sys/bus/%s/devices/%s/virtfn%d", pf->bus, pf->address, n))
		n++;
	return n;
}

const struct device *sriov_vf(const struct inventory *inventory, const struct device *pf, int index)
{
	char address[PCI_ADDRESS_SIZE];

	if (path_link_name(address, sizeof(address), "/sys/bus/%s/devices/%s/virtfn%d", pf->bus,
			   pf->address, index) < 0)
		return NULL;
	return inventory_find(inventory, address);
}

/* Routing ids run on from one bus to the next (pci_iov_virtfn_bus() and _devfn()). */
static int predict_address(char ret[static PCI_ADDRESS_SIZE], const struct device *pf,
			   const struct sriov *sriov, int index)
{
	struct pci_address address;
	int64_t id;

	if (sriov->offset <= 0 || pci_address_parse(&address, pf->address) < 0)
		return -EINVAL;
	id = address.bus << 8 | address.device << 3 | address.function;
	id += sriov->offset + sriov->stride * index;
	if (id > UINT16_MAX)
		return -ERANGE;
	address.bus = (uint8_t)(id >> 8);
	address.device = (uint8_t)(id >> 3 & 0x1f);
	address.function = (uint8_t)(id & 7);
	pci_address_format(ret, &address);
	return 0;
}

static const char *predict_modalias(struct arena *arena, const struct device *vf)
{
	unsigned int class = (unsigned int)vf->class_id;

	return arena_printf(arena, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X",
			    (unsigned int)vf->vendor_id, (unsigned int)vf->device_id,
			    (unsigned int)vf->subvendor_id, (unsigned int)vf->subdevice_id,
			    class >> 16 & 0xff, class >> 8 & 0xff, class & 0xff);
}

/* A VF is shown beside its PF, below the same bridge. */
static const char *predict_syspath(struct arena *arena, const struct device *pf,
				   const char *address)
{
	const char *end = pf->syspath ? strrchr(pf->syspath, '/') : NULL;

	return arena_printf(arena, "%.*s/%s", (int)(end ? end - pf->syspath : 0),
			    end ? pf->syspath : "", address);
}

const struct device *sriov_predict_vf(struct arena *arena, const struct device *pf,
				      const struct sriov *sriov, int index)
{
	struct device *vf = arena_alloc(arena, sizeof(*vf));
	char address[PCI_ADDRESS_SIZE];

	if (!vf || predict_address(address, pf, sriov, index) < 0)
		return NULL;
	*vf = (struct device){
		.address = arena_strdup(arena, address),
		.bus = pf->bus,
		.syspath = predict_syspath(arena, pf, address),
		.physfn = pf->address,
		.class_id = pf->class_id,
		.vendor_id = pf->vendor_id,
		.device_id = sriov->vf_device,
		.subvendor_id = pf->subvendor_id,
		.subdevice_id = pf->subdevice_id,
		.iommu_group = -1,
		.numa_node = pf->numa_node,
	};
	vf->modalias = predict_modalias(arena, vf);
	vf->subdevice_id = -1;
	return vf->address && vf->syspath && vf->modalias ? vf : NULL;
}
