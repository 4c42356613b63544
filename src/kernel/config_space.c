/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/config_space.h"

#include <errno.h>
#include <stdio.h>

#include "base/path.h"

enum {
	HEADER_SIZE = 64,
	EXTENDED_START = 256,
	STATUS = 0x06,
	STATUS_HAS_CAPABILITIES = 1 << 4,
	CAPABILITIES = 0x34,
};

int config_space_read(struct config_space *ret, const char *syspath)
{
	scoped_fd int fd = path_open(O_RDONLY, "%s/config", syspath);
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	*ret = (struct config_space){0};
	do {
		ret->size += (size_t)n;
		n = read(fd, ret->bytes + ret->size, sizeof(ret->bytes) - ret->size);
	} while (n > 0);
	if (n < 0)
		return -errno;
	return ret->size < HEADER_SIZE ? -EIO : 0;
}

/* Little endian, as all of configuration space. */
static uint32_t value_at(const struct config_space *space, size_t offset, size_t width)
{
	uint32_t value = 0;

	for (size_t i = 0; i < width; i++)
		value |= (uint32_t)space->bytes[offset + i] << 8 * i;
	return value;
}

bool config_space_answers(const struct config_space *space, int64_t vendor_id, int64_t device_id)
{
	if (value_at(space, 0, 4) == UINT32_MAX && value_at(space, 4, 4) == UINT32_MAX)
		return false;
	return (vendor_id < 0 || value_at(space, 0, 2) == vendor_id) &&
	       (device_id < 0 || value_at(space, 2, 2) == device_id);
}

static bool is_awake(const char *status)
{
	return streq(status, "active") || streq(status, "unsupported");
}

/* Without power management there is no such file, and nothing sleeps. */
static void read_status(char *buf, size_t size, const char *syspath)
{
	if (path_read(buf, size, "%s/power/runtime_status", syspath) <= 0)
		snprintf(buf, size, "unsupported");
}

/* In D3cold, though it does not sleep: what the kernel takes for awake nothing wakes. It may have
 * gone to sleep between the looks, so that is asked once more. */
static bool is_without_power(const char *syspath)
{
	char state[32], status[32];

	if (path_read(state, sizeof(state), "%s/power_state", syspath) <= 0 ||
	    !streq(state, "D3cold"))
		return false;
	read_status(status, sizeof(status), syspath);
	return is_awake(status);
}

enum silence config_space_silence(const char *syspath)
{
	scoped_fd int fd = -1;
	uint32_t words[2] = {0};
	char status[32];

	read_status(status, sizeof(status), syspath);
	if (streq(status, "error"))
		return SILENCE_ERROR;
	if (!is_awake(status))
		return SILENCE_NONE;
	if (is_without_power(syspath))
		return SILENCE_POWER;
	fd = path_open(O_RDONLY, "%s/config", syspath);
	return fd >= 0 && read(fd, words, sizeof(words)) == sizeof(words) &&
			       words[0] == UINT32_MAX && words[1] == UINT32_MAX
		       ? SILENCE_LINK
		       : SILENCE_NONE;
}

/* --- capabilities ----------------------------------------------------------------------- */

/* Where the capability of that id begins, 0 when there is none. The lists may be circles. */
static size_t find_standard(const struct config_space *space, unsigned int id)
{
	size_t offset;

	if (space->size < EXTENDED_START || !(value_at(space, STATUS, 2) & STATUS_HAS_CAPABILITIES))
		return 0;
	offset = value_at(space, CAPABILITIES, 1) & 0xfc;
	for (int i = 0; i < EXTENDED_START / 4 && offset >= HEADER_SIZE; i++) {
		if (value_at(space, offset, 1) == id)
			return offset;
		offset = value_at(space, offset + 1, 1) & 0xfc;
	}
	return 0;
}

static size_t find_extended(const struct config_space *space, unsigned int id)
{
	size_t offset = EXTENDED_START;

	if (space->size < CONFIG_SPACE_SIZE)
		return 0;
	for (int i = 0; i < CONFIG_SPACE_SIZE / 4 && offset >= EXTENDED_START; i++) {
		uint32_t head = value_at(space, offset, 4);

		if ((head & 0xffff) == id)
			return offset;
		offset = head >> 20 & 0xffc;
	}
	return 0;
}

/* --- what is compared ------------------------------------------------------------------- */

enum { PCI_EXPRESS = 0x10 };

/* Functions inside of the root complex have no link. */
static bool has_link(uint32_t express)
{
	enum { INTEGRATED_ENDPOINT = 9, EVENT_COLLECTOR = 10 };
	uint32_t type = express >> 4 & 0xf;

	return type != INTEGRATED_ENDPOINT && type != EVENT_COLLECTOR;
}

static bool has_second_words(uint32_t express)
{
	return (express & 0xf) >= 2;
}

static const struct word {
	const char *name;
	size_t offset; /* in the header or the capability */
	size_t width;  /* bytes */
	uint32_t mask; /* bits that keep what is written to them */
	unsigned int capability;
	bool extended;
	/* For PCI Express: whether the word is there, by the capability's own register. */
	bool (*is_there)(uint32_t express);
} words[] = {
	{"command", 0x04, 2, 0xffff, .capability = 0},
	{"cache line size", 0x0c, 1, 0xff, .capability = 0},
	{"latency timer", 0x0d, 1, 0xff, .capability = 0},
	{"BAR 0", 0x10, 4, UINT32_MAX, .capability = 0},
	{"BAR 1", 0x14, 4, UINT32_MAX, .capability = 0},
	{"BAR 2", 0x18, 4, UINT32_MAX, .capability = 0},
	{"BAR 3", 0x1c, 4, UINT32_MAX, .capability = 0},
	{"BAR 4", 0x20, 4, UINT32_MAX, .capability = 0},
	{"BAR 5", 0x24, 4, UINT32_MAX, .capability = 0},
	{"expansion ROM", 0x30, 4, UINT32_MAX, .capability = 0},
	{"interrupt line", 0x3c, 1, 0xff, .capability = 0},
	{"MSI control", 0x02, 2, 0x0071, .capability = 0x05},
	{"PCI-X command", 0x02, 2, 0x007f, .capability = 0x07},
	{"MSI-X control", 0x02, 2, 0xc000, .capability = 0x11},
	/* Not its highest bit: that starts a reset. */
	{"device control", 0x08, 2, 0x7fff, .capability = PCI_EXPRESS},
	{"link control", 0x10, 2, 0x03df, .capability = PCI_EXPRESS, .is_there = has_link},
	{"device control 2", 0x28, 2, 0xffff, .capability = PCI_EXPRESS,
	 .is_there = has_second_words},
	{"access control", 0x06, 2, 0xffff, .capability = 0x0d, .extended = true},
	{"address translation", 0x06, 2, 0x801f, .capability = 0x0f, .extended = true},
};

/* The word's offset in the whole space; false when the function has no such word. */
static bool find_word(size_t *ret, const struct config_space *space, const struct word *word)
{
	size_t start = 0;

	if (word->capability) {
		start = (word->extended ? find_extended : find_standard)(space, word->capability);
		if (!start)
			return false;
	}
	if (start + word->offset + word->width > space->size)
		return false;
	*ret = start + word->offset;
	return !word->is_there || word->is_there(value_at(space, start + 2, 2));
}

size_t config_space_compare(char *text, size_t size, const struct config_space *before,
			    const struct config_space *after)
{
	size_t count = 0, offset;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *word = &words[i];
		uint32_t was, is;

		/* Capabilities do not move, and one that is gone has none of its bits. */
		if (!find_word(&offset, before, word) || offset + word->width > after->size)
			continue;
		was = value_at(before, offset, word->width) & word->mask;
		is = value_at(after, offset, word->width) & word->mask;
		if (was == is)
			continue;
		append(text, size, "%s%s was 0x%0*x, is 0x%0*x", count++ ? "; " : "", word->name,
		       (int)word->width * 2, was, (int)word->width * 2, is);
	}
	return count;
}
