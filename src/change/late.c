/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/late.h"

#include "base/util.h"
#include "host/holder.h"

enum { NAMED = 3 };

/* ": pid 295 (sleep) has /dev/vfio/devices/vfio0 open (fd 0)", behind what is said already. */
static void name_those(struct error *err, const struct device *dev, size_t *named)
{
	scoped_holders struct holders holders = {0};
	char text[256];

	if (!device_is_vfio(dev) || holders_of_device(&holders, dev, NULL) < 0)
		return;
	for (size_t i = 0; i < holders.count; i++) {
		if (i > 0 && holders.list[i].pid == holders.list[i - 1].pid)
			continue;
		if (++*named <= NAMED)
			append(err->message, sizeof(err->message), "%s%s",
			       *named == 1 ? ", and the kernel goes on waiting: " : ", ",
			       holder_text(text, sizeof(text), &holders.list[i]));
	}
}

static void name_holders(const struct change *change, struct change_result *result)
{
	struct error *err = &result->error;
	size_t named = 0;

	name_those(err, result->before, &named);
	for (size_t i = 0; i < change->before.count; i++) {
		const struct device *dev = &change->before.devices[i];

		if (dev->physfn && streq(dev->physfn, result->before->address))
			name_those(err, dev, &named);
	}
	if (named > NAMED)
		append(err->message, sizeof(err->message), " and %zu more", named - NAMED);
	else if (named == 0 && device_is_vfio(result->before))
		append(err->message, sizeof(err->message),
		       ", and the kernel goes on waiting: nobody who can be seen has it open");
}

void late_name_holders(struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (result->outcome == CHANGE_STUCK && result->error.code &&
		    result->error.status == STATUS_TIMEOUT)
			name_holders(change, result);
	}
}
