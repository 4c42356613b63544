/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/refusal.h"

#include <errno.h>

void refusal_add(struct refusal *refusal, enum usage_reason reason, const char *evidence,
		 const char *remedy)
{
	if (refusal->forced & REASON_BIT(reason)) {
		refusal->overridden |= REASON_BIT(reason);
		return;
	}
	if (refusal->count++ == 0)
		refusal->first = reason;
	append(refusal->text, sizeof(refusal->text), "%s%s", refusal->count > 1 ? "; " : "",
	       evidence);
	if (!strstr(refusal->remedy, remedy))
		append(refusal->remedy, sizeof(refusal->remedy), "%s%s",
		       *refusal->remedy ? " " : "", remedy);
}

void refusal_add_all(struct refusal *refusal, const struct usages *usages)
{
	for (size_t i = 0; i < usages->count; i++)
		refusal_add(refusal, usages->list[i].reason, usages->list[i].evidence,
			    usages->list[i].remedy);
}

int refusal_error(const struct refusal *refusal, const struct device *dev, struct error *err)
{
	if (refusal->count == 0)
		return 0;
	error_set(err, STATUS_REFUSED, 0, usage_reasons[refusal->first].name, dev->address, "%s",
		  refusal->text);
	return error_remedy(err, "%s", refusal->remedy);
}

int device_must_answer(const struct device *dev, struct error *err)
{
	switch (dev->state) {
	case DEVICE_OK:
		return 0;
	case DEVICE_GONE:
		return error_set(err, STATUS_NO_DEVICE, ENODEV, "no-such-device", dev->address,
				 "the device is gone");
	case DEVICE_LOCKED:
		break;
	}
	error_set(err, STATUS_TIMEOUT, ETIMEDOUT, "locked", dev->address,
		  "the device does not answer: somebody holds its lock, as an unbind does that "
		  "waits for a user");
	return error_remedy(err,
			    "Stop whoever has it open; `vfioctl show %s` names who can be seen.",
			    dev->address);
}
