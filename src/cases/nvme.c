/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names are those of the NVM Express Base Specification: CC and CSTS control the controller and
 * tell its state, AQA, ASQ and ACQ tell it where its admin queues are. A command is an entry of the
 * submission queue; the doorbell tells how far these go. The answer is an entry of the completion
 * queue: it is new when its phase bit is, which turns with every round through the queue.
 *
 * Registers are read and written through the descriptor: the kernel keeps these accesses in order
 * and whole, whatever the machine. All in memory is little-endian.
 */
#include "cases/nvme.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>

#include "kernel/vfio.h"

enum {
	REG_CAP = 0x00,
	REG_CC = 0x14,
	REG_CSTS = 0x1c,
	REG_AQA = 0x24,
	REG_ASQ = 0x28,
	REG_ACQ = 0x30,
	REG_DOORBELLS = 0x1000,
};

/* For the command sets that CAP.CSS tells: the value that CC.CSS must have. */
enum { CAP_CSS_IO = 1 << 6, CAP_CSS_NONE = 1 << 7 };
enum { CC_CSS_IO = 6 << 4, CC_CSS_ADMIN = 7 << 4 };

enum { CC_ENABLE = 1 << 0, CC_IOSQES = 6 << 16, CC_IOCQES = 4 << 20 };
enum { CSTS_READY = 1 << 0, CSTS_FATAL = 1 << 1 };

enum { OPCODE_IDENTIFY = 0x06, IDENTIFY_CONTROLLER = 1 };

#define ENTRIES      16U
#define MAX_START_MS 45000

struct command {
	uint32_t words[16];
};

struct completion {
	uint32_t words[4];
};

static_assert(ENTRIES * sizeof(struct command) <= NVME_PAGE, "a page for each queue");

static int read32(const struct nvme *nvme, off_t at, uint32_t *ret)
{
	uint32_t value;
	ssize_t n = pread(nvme->device, &value, sizeof(value), nvme->registers + at);

	if (n != sizeof(value))
		return n < 0 ? -errno : -EIO;
	*ret = le32toh(value);
	return 0;
}

static int write32(const struct nvme *nvme, off_t at, uint32_t value)
{
	uint32_t word = htole32(value);
	ssize_t n = pwrite(nvme->device, &word, sizeof(word), nvme->registers + at);

	if (n != sizeof(word))
		return n < 0 ? -errno : -EIO;
	return 0;
}

/* Every controller takes the halves one by one. */
static int write64(const struct nvme *nvme, off_t at, uint64_t value)
{
	int r = write32(nvme, at, (uint32_t)value);

	return r < 0 ? r : write32(nvme, at + 4, (uint32_t)(value >> 32));
}

static unsigned int bits(uint64_t value, unsigned int from, unsigned int count)
{
	return (unsigned int)(value >> from) & ((1U << count) - 1);
}

int nvme_open(struct nvme *ret, int device)
{
	struct nvme nvme = {.device = device};
	struct vfio_region region;
	uint32_t low = 0, high = 0;
	int r = vfio_device_region(device, 0, &region);

	if (r < 0)
		return r;
	if (region.size <= REG_DOORBELLS)
		return -ENXIO;
	nvme.registers = (off_t)region.offset;
	r = read32(&nvme, REG_CAP, &low);
	if (r >= 0)
		r = read32(&nvme, REG_CAP + 4, &high);
	if (r < 0)
		return r;
	nvme.capabilities = (uint64_t)high << 32 | low;
	if (nvme.capabilities == 0 || nvme.capabilities == UINT64_MAX)
		return -ENXIO;
	if (bits(nvme.capabilities, 48, 4) > 0) /* MPSMIN */
		return -EOPNOTSUPP;
	*ret = nvme;
	return 0;
}

/* --- starting --------------------------------------------------------------------------- */

/* CAP.TO, in units of half a second. */
static int64_t start_ms(const struct nvme *nvme)
{
	int64_t ms = 500LL * bits(nvme->capabilities, 24, 8) + 1000;

	return ms < MAX_START_MS ? ms : MAX_START_MS;
}

static int wait_ready(const struct nvme *nvme, bool ready)
{
	int64_t until = now_ms() + start_ms(nvme);
	uint32_t status = 0;
	int r;

	for (;;) {
		r = read32(nvme, REG_CSTS, &status);
		if (r < 0)
			return r;
		if (status == UINT32_MAX || (ready && (status & CSTS_FATAL)))
			return -EIO;
		if (!!(status & CSTS_READY) == ready)
			return 0;
		if (now_ms() >= until)
			return -ETIMEDOUT;
		poll(NULL, 0, 2);
	}
}

static uint32_t control(const struct nvme *nvme)
{
	unsigned int sets = bits(nvme->capabilities, 37, 8); /* CSS */
	uint32_t css = sets & CAP_CSS_NONE ? CC_CSS_ADMIN : sets & CAP_CSS_IO ? CC_CSS_IO : 0;

	return CC_ENABLE | css | CC_IOSQES | CC_IOCQES; /* pages of 4 KiB: MPS is 0 */
}

static int stop(const struct nvme *nvme)
{
	uint32_t value = 0;
	int r = read32(nvme, REG_CC, &value);

	if (r >= 0 && (value & CC_ENABLE))
		r = write32(nvme, REG_CC, value & ~(uint32_t)CC_ENABLE);
	return r < 0 ? r : wait_ready(nvme, false);
}

static int set_queues(const struct nvme *nvme)
{
	int r = write32(nvme, REG_AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));

	if (r >= 0)
		r = write64(nvme, REG_ASQ, nvme->commands.iova);
	return r < 0 ? r : write64(nvme, REG_ACQ, nvme->answers.iova);
}

int nvme_start(struct nvme *nvme, const struct nvme_memory *commands,
	       const struct nvme_memory *answers)
{
	int r = vfio_device_command(nvme->device, 0, VFIO_COMMAND_MEMORY | VFIO_COMMAND_MASTER);

	if (r >= 0)
		r = stop(nvme);
	if (r < 0)
		return r;
	nvme->commands = *commands;
	nvme->answers = *answers;
	nvme->tail = nvme->head = 0;
	nvme->phase = 1;
	memset(commands->address, 0, NVME_PAGE);
	memset(answers->address, 0, NVME_PAGE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r = set_queues(nvme);
	if (r >= 0)
		r = write32(nvme, REG_CC, control(nvme));
	return r < 0 ? r : wait_ready(nvme, true);
}

/* --- one command ------------------------------------------------------------------------ */

/* The doorbells of a queue pair stand behind each other: submission, completion. CAP.DSTRD. */
static int ring(const struct nvme *nvme, bool completion, unsigned int value)
{
	off_t stride = 4L << bits(nvme->capabilities, 32, 4);

	return write32(nvme, REG_DOORBELLS + (completion ? stride : 0), value);
}

int nvme_send_identify(struct nvme *nvme, uint64_t iova)
{
	struct command *command = (struct command *)nvme->commands.address + nvme->tail;

	*command = (struct command){{
		[0] = htole32(OPCODE_IDENTIFY | nvme->tail << 16), /* the command's number above */
		[6] = htole32((uint32_t)iova),
		[7] = htole32((uint32_t)(iova >> 32)),
		[10] = htole32(IDENTIFY_CONTROLLER),
	}};
	nvme->tail = (nvme->tail + 1) % ENTRIES;
	/* The entry is there before the controller hears of it. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring(nvme, false, nvme->tail);
}

/* The next answer's last word, which the controller writes last. */
static uint32_t *next_answer(const struct nvme *nvme)
{
	struct completion *queue = nvme->answers.address;

	return &queue[nvme->head].words[3];
}

static int take_answer(struct nvme *nvme, uint32_t word)
{
	int r;

	nvme->head = (nvme->head + 1) % ENTRIES;
	if (nvme->head == 0)
		nvme->phase ^= 1;
	r = ring(nvme, true, nvme->head);
	if (r < 0)
		return r;
	return bits(word, 17, 15) ? -EIO : 0;
}

int nvme_wait(struct nvme *nvme, int64_t timeout_ms)
{
	int64_t until = now_ms() + timeout_ms;

	for (;;) {
		uint32_t word = le32toh(__atomic_load_n(next_answer(nvme), __ATOMIC_ACQUIRE));

		if (bits(word, 16, 1) == nvme->phase)
			return take_answer(nvme, word);
		if (now_ms() >= until)
			return -ETIMEDOUT;
		poll(NULL, 0, 1);
	}
}

/* --- the answer ------------------------------------------------------------------------- */

/* Where things are in it. */
enum { ANSWER_VID = 0, ANSWER_CMIC = 76, ANSWER_SUBNQN = 768, SUBNQN_SIZE = 256 };
/* CMIC: more ports, more controllers, a virtual function. */
enum { CMIC_SHARED = 1 << 0 | 1 << 1 | 1 << 2 };

void nvme_parse_identity(struct nvme_identity *ret, const void *answer)
{
	const uint8_t *bytes = answer;

	ret->vendor_id = bytes[ANSWER_VID] | (unsigned int)bytes[ANSWER_VID + 1] << 8;
	ret->shared = bytes[ANSWER_CMIC] & CMIC_SHARED;
	memcpy(ret->subsystem, bytes + ANSWER_SUBNQN, SUBNQN_SIZE);
	ret->subsystem[SUBNQN_SIZE] = 0;
}
