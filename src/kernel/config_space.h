/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space of a PCI function as the hardware has it, read through sysfs: who looks
 * whether a reset left it as it was must not see what a VFIO driver makes of it for its user.
 */
#pragma once

#include "base/util.h"

#define CONFIG_SPACE_SIZE 4096

struct config_space {
	size_t size; /* bytes that could be read: 64 for most users, 256 or 4096 for root */
	uint8_t bytes[CONFIG_SPACE_SIZE];
};

/*
 * Reads what this user may see of the function with that directory. Reading wakes what is asleep,
 * so look at power/runtime_status before if that matters. 0 or -errno.
 */
int config_space_read(struct config_space *ret, const char *syspath);

/* Why a function does not answer. */
enum silence {
	SILENCE_NONE,  /* it does, as far as can be seen */
	SILENCE_LINK,  /* the first words of its space are all ones */
	SILENCE_POWER, /* it is in D3cold, and the kernel, which takes it for awake, wakes it not */
	SILENCE_ERROR, /* the kernel has failed to wake it, or to let it sleep, and has given up */
};

/*
 * Only whether the function with that directory answers at all. One that sleeps does, in D3cold,
 * too, as those that VFIO has do while nobody has them open: it wakes when it is used, and is not
 * woken for this. So does one of which nothing can be read.
 */
enum silence config_space_silence(const char *syspath);

/*
 * Does the function answer, and is it the one with these ids? A virtual function has no ids of its
 * own there: pass -1 for both, then anything but all ones will do.
 */
bool config_space_answers(const struct config_space *space, int64_t vendor_id, int64_t device_id);

/*
 * Compares what the kernel sets and a reset must bring back: the header but for its status bits,
 * and the control words of capabilities. Appends each difference to text, as "command was 0x0006,
 * is 0x0000", separated by semicolons. Returns how many there are.
 */
size_t config_space_compare(char *text, size_t size, const struct config_space *before,
			    const struct config_space *after);
