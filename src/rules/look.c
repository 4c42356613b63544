/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/look.h"

#include "host/address.h"
#include "host/group.h"

const char *look_path(const struct rule_run *run, const char *attribute)
{
	const char *path =
		run->rule->scope == RULE_GROUP
			? arena_printf(run->arena, "/sys/kernel/iommu_groups/%lld/%s",
				       (long long)run->group, attribute)
			: arena_printf(run->arena, "/sys/bus/%s/devices/%s/%s", run->device->bus,
				       run->device->address, attribute);

	return path ? path : "";
}

bool look_read(struct rule_run *run, char *buf, size_t size, const char *attribute)
{
	const char *path = look_path(run, attribute);
	ssize_t n = path_read(buf, size, "%s", path);

	if (n >= 0)
		return true;
	*buf = '\0';
	if (n != -ENOENT)
		rule_unknown(run, path, "%s", rule_errno_text((int)n));
	return false;
}

bool look_number(struct rule_run *run, int64_t *ret, const char *attribute)
{
	char text[64];

	return look_read(run, text, sizeof(text), attribute) && path_number(ret, text) == 0;
}

bool look_is_function(const struct rule_run *run)
{
	return streq(run->device->bus, "pci") && !device_is_bridge(run->device);
}

bool look_is_awake(struct rule_run *run, const char *attribute)
{
	const struct device_detail *detail = run->device->detail;

	if (!detail || !detail->runtime_status || streq(detail->runtime_status, "active"))
		return true;
	rule_unknown(run, look_path(run, attribute), "it sleeps (%s), and reading would wake it",
		     detail->runtime_status);
	return false;
}

bool look_is_below(const struct device *dev, const struct device *bridge)
{
	const char *rest;

	if (!dev->syspath || !bridge->syspath)
		return false;
	rest = startswith(dev->syspath, bridge->syspath);
	return rest && *rest == '/';
}

const struct device *look_bridge_above(const struct rule_facts *facts, const struct device *dev)
{
	char name[PCI_ADDRESS_SIZE];
	const char *end, *start;

	if (!dev->syspath || device_is_on_root_bus(dev))
		return NULL;
	end = strrchr(dev->syspath, '/');
	for (start = end; start > dev->syspath && start[-1] != '/'; start--)
		;
	if ((size_t)(end - start) >= sizeof(name))
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)(end - start), start);
	return inventory_find(facts->machine, name);
}

const char *look_owner(const struct rule_run *run)
{
	const struct rule_facts *facts = run->facts;

	if (!facts->user || facts->user->uid == 0 || facts->purpose == PURPOSE_LIBVIRT)
		return "";
	return arena_printf(run->arena, "--owner %s ", account_word(run->arena, facts->user));
}

/* What of its group is more than the device itself. */
struct company {
	bool blocks;               /* a member keeps it from being used */
	const struct device *vfio; /* a member that VFIO has already */
};

static struct company find_company(const struct rule_run *run)
{
	struct company company = {.blocks = false};
	const struct device *dev;

	for (size_t i = 0;
	     (dev = iommu_group_member(run->facts->machine, run->device->iommu_group, i)); i++) {
		if (streq(dev->address, run->device->address) || device_is_bridge(dev))
			continue;
		company.blocks |= !group_member_is_free(dev);
		if (!company.vfio && device_is_vfio(dev))
			company.vfio = dev;
	}
	return company;
}

const char *look_bind(const struct rule_run *run)
{
	struct company company = find_company(run);

	return arena_printf(run->arena, "%s%s%s", company.blocks || company.vfio ? "--group " : "",
			    look_owner(run),
			    company.vfio ? company.vfio->address : run->device->address);
}

const char *look_native_module(const struct rule_run *run, const struct device *dev)
{
	const char *const *names;

	return dev->modalias && modules_for_alias(&names, run->arena, dev->modalias) > 0 ? names[0]
											 : NULL;
}

enum { FEW = 8 }; /* as many functions as a device may have */

void look_names_add(struct look_names *names, const char *address)
{
	if (names->count++ < FEW)
		append(names->text, sizeof(names->text), "%s%s", *names->text ? " " : "", address);
}

const char *look_names_text(const struct rule_run *run, const struct look_names *names)
{
	return names->count <= FEW ? arena_strdup(run->arena, names->text)
				   : arena_printf(run->arena, "%s and %zu more", names->text,
						  names->count - FEW);
}

const char *look_names_bind(const struct rule_run *run, const struct look_names *names)
{
	return names->count <= FEW ? arena_printf(run->arena, "vfioctl bind %s", names->text)
				   : look_names_text(run, names);
}

bool look_same_slot(const struct device *a, const struct device *b)
{
	struct pci_address left, right;

	return pci_address_parse(&left, a->address) == 0 &&
	       pci_address_parse(&right, b->address) == 0 && left.domain == right.domain &&
	       left.bus == right.bus && left.device == right.device;
}
