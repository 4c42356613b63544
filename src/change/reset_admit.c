/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is reset along with a device, and whether all of that may be reset.
 *
 * The kernel resets a function alone, or all that hangs below the bridge above it. A PF's virtual
 * functions go with it either way. VFIO resets a bus only for who owns all of it, so a function
 * with another driver, or with none, is in the way; a function alone can be reset without a driver,
 * too, but not under one of the host's that has set it up.
 */
#include <errno.h>

#include "base/path.h"
#include "change/reset_internal.h"
#include "host/group.h"
#include "host/reset_set.h"

/* --- what is reset along ------------------------------------------------------------------ */

static bool goes_along(const struct reset_result *result, const struct device *other)
{
	return result->scope == RESET_HOT ? reset_set_has(result->dev, other)
					  : reset_takes_along(result->dev, other);
}

static bool is_owned(const struct reset_result *result, const struct device *dev)
{
	if (device_is_vfio(dev))
		return true;
	return result->scope == RESET_FUNCTION &&
	       (!dev->driver || (group_allows_driver(dev->driver) && !device_is_bridge(dev)));
}

int reset_find_members(struct reset_result *result, const struct inventory *inventory)
{
	struct reset_member *members = calloc(inventory->count + 1, sizeof(*members));
	size_t count = 0;

	if (!members)
		return -ENOMEM;
	members[count++].dev = result->dev;
	for (size_t i = 0; i < inventory->count; i++)
		if (goes_along(result, &inventory->devices[i]))
			members[count++].dev = &inventory->devices[i];
	for (size_t i = 0; i < count; i++)
		members[i].owned = is_owned(result, members[i].dev);
	result->members = members;
	result->n_members = count;
	return 0;
}

/* --- is there such a reset ---------------------------------------------------------------- */

static bool has_method(const char *methods, const char *method)
{
	size_t n = strlen(method);

	for (const char *word = methods; *word;) {
		size_t size = strcspn(word, " ");

		if (size == n && strncmp(word, method, n) == 0)
			return true;
		word += size + strspn(word + size, " ");
	}
	return false;
}

static int no_function_reset(const struct reset_result *result, struct error *err)
{
	const struct device *dev = result->dev;

	error_set(err, STATUS_UNSUPPORTED, 0, "no-reset", dev->address,
		  "the kernel has no way to reset it alone");
	if (!streq(dev->bus, "pci"))
		return error_remedy(err, "Its driver resets what it can each time it is opened.");
	if (device_is_on_root_bus(dev) || dev->physfn)
		return error_remedy(err, "Its bus cannot be reset either: only a restart of the "
					 "machine resets it.");
	return error_remedy(err, "--scope hot resets its bus, with all that is on it.");
}

int reset_no_method(const struct reset_result *result, const char *method, struct error *err)
{
	error_set(err, STATUS_UNSUPPORTED, 0, "no-such-method", result->dev->address,
		  "it cannot be reset by '%s'", method);
	if (*result->methods)
		return error_remedy(err, "It can by: %s.", result->methods);
	return error_remedy(err, "This kernel does not let choose: leave --method out.");
}

static int switched_off(const struct device *dev, struct error *err)
{
	error_set(err, STATUS_UNSUPPORTED, 0, "no-reset", dev->address,
		  "all its reset methods are switched off");
	return error_remedy(err, "To have them back: echo default > %s/reset_method", dev->syspath);
}

/* Before Linux 5.15 there is only the file that starts a reset, and no method can be chosen. */
static int check_function(struct reset_result *result, const char *method, struct error *err)
{
	const struct device *dev = result->dev;
	ssize_t n = path_read(result->methods, sizeof(result->methods), "%s/reset_method",
			      dev->syspath);

	if (n < 0)
		*result->methods = '\0';
	if (!path_exists("%s/reset", dev->syspath))
		return no_function_reset(result, err);
	if (n == 0)
		return switched_off(dev, err);
	if (method && !has_method(result->methods, method))
		return reset_no_method(result, method, err);
	if (method)
		append(result->method, sizeof(result->method), "%s", method);
	else
		append(result->method, sizeof(result->method), "%.*s",
		       (int)strcspn(result->methods, " "), result->methods);
	return 0;
}

static const char *why_not_hot(const struct device *dev)
{
	if (!streq(dev->bus, "pci"))
		return "it is not a PCI function";
	if (dev->physfn)
		return "it is a virtual function, which is reset with its PF's bus";
	if (device_is_on_root_bus(dev))
		return "no bridge leads to it, and a root bus cannot be reset";
	return NULL;
}

static int check_hot(struct reset_result *result, struct error *err)
{
	const struct device *dev = result->dev;
	const char *why = why_not_hot(dev);

	if (why) {
		error_set(err, STATUS_UNSUPPORTED, 0, "no-hot-reset", dev->address, "%s", why);
		return error_remedy(err, "--scope function resets it alone, if it can be reset.");
	}
	for (size_t i = 0; i < result->n_members; i++) {
		if (!device_is_bridge(result->members[i].dev))
			continue;
		error_set(err, STATUS_UNSUPPORTED, 0, "no-hot-reset", dev->address,
			  "its bus has the bridge %s, which no VFIO driver takes",
			  result->members[i].dev->address);
		return error_remedy(err, "--scope function resets it alone, if it can be reset.");
	}
	return 0;
}

/* --- is it in use ------------------------------------------------------------------------- */

static bool nothing_moves(const void *arg, const struct device *dev)
{
	(void)arg;
	(void)dev;
	return false;
}

static void find_holders(struct reset_member *member)
{
	for (size_t i = 0; i < member->usages.count; i++)
		if (member->usages.list[i].reason == USAGE_VFIO_OPEN) {
			holders_of_device(&member->holders, member->dev, NULL);
			return;
		}
}

/* A refusal is about the device that was named, whichever is the one in use. */
static int blame_member(const struct reset_result *result, const struct reset_member *member,
			const struct error *own, struct error *err)
{
	if (member->dev == result->dev) {
		*err = *own;
		return -1;
	}
	error_set(err, own->status, own->errnum, own->code, result->dev->address,
		  "%s is reset along with it: %s", member->dev->address, own->message);
	return error_remedy(err, "%s", own->remedy);
}

static int pass_gate(struct reset_result *result, const struct gate *gate, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < result->n_members; i++) {
		struct reset_member *member = &result->members[i];
		struct error own = {0};
		unsigned int overridden = 0;
		int passed = usage_of_device(&member->usages, member->dev, true, &own);

		if (passed == 0)
			passed = gate_check(gate, member->dev, &member->usages, &overridden, &own);
		find_holders(member);
		result->overridden |= overridden;
		if (passed < 0 && r == 0)
			r = blame_member(result, member, &own, err);
	}
	return r;
}

/* --- is it VFIO's ------------------------------------------------------------------------- */

static int not_bound(const struct device *dev, struct error *err)
{
	error_set(err, STATUS_UNSUPPORTED, 0, "not-bound", dev->address,
		  "not bound to a VFIO driver%s%s", dev->driver ? ", but to " : "",
		  dev->driver ? dev->driver : "");
	return error_remedy(err, "`vfioctl bind %s` binds it.", dev->address);
}

/* A PF's virtual functions are the gate's matter alone: they went with it whoever has them. */
static int check_owners(const struct reset_result *result, struct error *err)
{
	char others[400] = "", addresses[300] = "";
	size_t count = 0;

	if (!result->members[0].owned)
		return not_bound(result->dev, err);
	for (size_t i = 1; i < result->n_members && result->scope == RESET_HOT; i++) {
		const struct device *dev = result->members[i].dev;

		if (result->members[i].owned)
			continue;
		append(others, sizeof(others), "%s%s, which has %s%s", count++ ? "; " : "",
		       dev->address, dev->driver ? "the driver " : "no driver",
		       dev->driver ? dev->driver : "");
		append(addresses, sizeof(addresses), " %s", dev->address);
	}
	if (!count)
		return 0;
	error_set(err, STATUS_REFUSED, 0, "not-owned", result->dev->address,
		  "a reset of its bus takes along %s", others);
	return error_remedy(err, "Hand %s to VFIO too: `vfioctl bind%s`.",
			    count == 1 ? "it" : "them", addresses);
}

int reset_admit(struct reset_result *result, const struct reset_request *request,
		const struct inventory *inventory, struct error *err)
{
	const struct gate gate = {
		.inventory = inventory,
		.is_moving = nothing_moves,
		.forced = request->forced &
			  (result->scope == RESET_HOT ? ~REASON_BIT(USAGE_VFIO_OPEN) : ~0U),
		.stays = true,
	};
	int r = result->scope == RESET_HOT ? check_hot(result, err)
					   : check_function(result, request->method, err);

	if (r < 0 || pass_gate(result, &gate, err) < 0)
		return -1;
	return check_owners(result, err);
}
