/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of an NVMe controller as it takes to let it move data: one pair of admin queues, and the
 * one command that asks the controller who it is. The command reads nothing of the storage and
 * changes nothing.
 *
 * All addresses are those that the device uses; the caller has mapped the memory behind them. The
 * controller is one that this process has opened through VFIO, and that was reset by this: it must
 * not be in use. Failures are -errno.
 */
#pragma once

#include "base/util.h"

/* Memory of the host: where this process sees it, and where the controller does. */
struct nvme_memory {
	void *address;
	uint64_t iova;
};

/* What each queue takes, and the answer to a question. */
#define NVME_PAGE 4096U

struct nvme {
	int device;      /* the VFIO device; the caller's */
	off_t registers; /* where they begin in it */
	uint64_t capabilities;
	struct nvme_memory commands, answers; /* the queues */
	unsigned int tail, head;              /* the next free command, the next answer */
	unsigned int phase;                   /* of the answers of this round through their queue */
};

/*
 * Looks at the controller and touches nothing. -ENXIO when it is not online (a virtual function
 * whose physical one gave it nothing), -EOPNOTSUPP when it cannot work with pages of 4 KiB.
 */
int nvme_open(struct nvme *ret, int device);

/*
 * Lets the function master the bus and starts the controller with empty queues, a page each; one
 * that runs is stopped before. -ETIMEDOUT when it does not become ready in the time that it says it
 * may take, -EIO when it says that it failed.
 */
int nvme_start(struct nvme *nvme, const struct nvme_memory *commands,
	       const struct nvme_memory *answers);

/* Asks the controller who it is; the answer is to go to iova. 0 as soon as that is sent. */
int nvme_send_identify(struct nvme *nvme, uint64_t iova);

/*
 * Waits for the end of the command. 0, -EIO when the controller says that it failed, -ETIMEDOUT
 * when it said nothing.
 */
int nvme_wait(struct nvme *nvme, int64_t timeout_ms);

/* What the controller said of itself. */
struct nvme_identity {
	unsigned int vendor_id;
	bool shared;         /* its subsystem may have more controllers or ports */
	char subsystem[257]; /* the subsystem's NQN; "" when it does not tell */
};
void nvme_parse_identity(struct nvme_identity *ret, const void *answer);
