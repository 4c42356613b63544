/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a device is left alone, as one error. What is said of a device that is in use, or does not
 * answer, is worded here and in usage*.c, whichever verb it is that would have touched it.
 */
#pragma once

#include "base/error.h"
#include "host/usage.h"

/* What is against touching one device: gathered as text until all reasons are known. */
struct refusal {
	unsigned int forced;     /* set by the caller: reasons that do not count, REASON_BIT() */
	unsigned int overridden; /* those of them that there were */
	size_t count;            /* reasons that stand */
	enum usage_reason first;
	char text[900];
	char remedy[400];
};

void refusal_add(struct refusal *refusal, enum usage_reason reason, const char *evidence,
		 const char *remedy);

/* Adds all of usages. */
void refusal_add_all(struct refusal *refusal, const struct usages *usages);

/*
 * 0 when no reason stands, else -1 with STATUS_REFUSED, every reason in the message, and the first
 * one's name (usage_reasons) as code.
 */
int refusal_error(const struct refusal *refusal, const struct device *dev, struct error *err);

/*
 * 0 when dev was read, else -1: STATUS_NO_DEVICE for one that is gone, STATUS_TIMEOUT ("locked")
 * for one that does not answer.
 */
int device_must_answer(const struct device *dev, struct error *err);
