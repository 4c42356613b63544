/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mistyped address is first written as it should be, whatever its separators and leading zeros:
 * "03.00.0" is "0000:03:00.0"; "03:00" lacks its function and is "0000:03:00.". All devices are
 * compared with that by one rule after the other, from near to far: the first one that a device
 * meets decides. So are, with a word that is no address, the names of all that is below devices.
 */
#include "host/suggest.h"

#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/address.h"
#include "host/logical_name.h"
#include "host/place.h"

/* --- writing it as it should be ------------------------------------------------------------- */

/* Takes hexadecimal digits, and the letters that look like one; moves *text behind them. */
static bool take_number(const char **text, uint32_t max, uint32_t *ret, size_t *ret_digits)
{
	static const char taken[] = "0123456789abcdefABCDEFoOlI";
	char digits[9] = "";
	size_t n = strspn(*text, taken);
	uint64_t number;

	if (n == 0 || n >= sizeof(digits))
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = (*text)[i];

		digits[i] = strchr("oO", c) ? '0' : strchr("lI", c) ? '1' : c;
	}
	if (parse_number(digits, 16, max, &number) < 0)
		return false;
	*text += n;
	*ret = (uint32_t)number;
	*ret_digits = n;
	return true;
}

enum { PARTS = 4, WANTED_SIZE = 24 };

/* The parts of domain:bus:device.function, of which the first and the last may be missing. */
static void write_address(char ret[static WANTED_SIZE], const uint32_t *parts, bool has_domain,
			  bool has_function)
{
	uint32_t domain = has_domain ? *parts++ : 0;

	snprintf(ret, WANTED_SIZE, "%04x:%02x:%02x.", domain, parts[0], parts[1]);
	if (has_function)
		append(ret, WANTED_SIZE, "%x", parts[2]);
}

/* Two to four numbers; of three the first is a domain when it is written like one. */
static bool read_address(char ret[static WANTED_SIZE], const char *text)
{
	uint32_t parts[PARTS];
	size_t n = 0, digits, first = 0;
	bool has_domain;

	do {
		uint32_t max = n == 0 ? UINT32_MAX : 0xff;

		if (n == PARTS || !take_number(&text, max, &parts[n], &digits))
			return false;
		first = n++ == 0 ? digits : first;
	} while (*text && strchr(".:,;_-", *text++));
	if (*text || n < 2)
		return false;
	has_domain = n == PARTS || (n == 3 && first >= 4);
	if (!has_domain && parts[0] > 0xff)
		return false;
	write_address(ret, parts, has_domain, n - has_domain == 3);
	return true;
}

/* --- comparing ------------------------------------------------------------------------------ */

static bool is_it(const char *name, const char *wanted)
{
	return streq(name, wanted);
}

static bool begins_alike(const char *name, const char *wanted, char last)
{
	const char *end = strrchr(wanted, last);

	return end && strncmp(name, wanted, (size_t)(end - wanted) + 1) == 0;
}

/* Another function of the same device. */
static bool shares_slot(const char *name, const char *wanted)
{
	return begins_alike(name, wanted, '.');
}

static bool shares_bus(const char *name, const char *wanted)
{
	return begins_alike(name, wanted, ':');
}

/* In another domain. */
static bool is_elsewhere(const char *name, const char *wanted)
{
	const char *bus = strchr(name, ':');

	return bus && startswith(bus, strchr(wanted, ':'));
}

/* How many characters differ in words of one length, two that are swapped being one slip. */
static size_t count_slips(const char *name, const char *wanted)
{
	size_t n = 0, length = strlen(wanted);

	if (strlen(name) != length)
		return SIZE_MAX;
	for (size_t i = 0; i < length; i++) {
		if (name[i] == wanted[i])
			continue;
		n++;
		i += name[i] == wanted[i + 1] && name[i + 1] == wanted[i];
	}
	return n;
}

static bool is_one_slip(const char *name, const char *wanted)
{
	return count_slips(name, wanted) == 1;
}

/* In a short word they would make another one of it: "sda" of "vdb". */
static bool is_two_slips(const char *name, const char *wanted)
{
	return strlen(wanted) >= 6 && count_slips(name, wanted) == 2;
}

/* The beginning of it, or both ends with a mark between, as a narrow table prints it. */
static bool is_short_for(const char *name, const char *wanted)
{
	const char *mark = strstr(wanted, "…"), *dots = strstr(wanted, "...");
	const char *tail = mark ? mark + strlen("…") : dots ? dots + strlen("...") : "";
	size_t head = mark   ? (size_t)(mark - wanted)
		      : dots ? (size_t)(dots - wanted)
			     : strlen(wanted);

	return head >= 4 && strlen(name) > head + strlen(tail) &&
	       strncasecmp(name, wanted, head) == 0 &&
	       strcasecmp(name + strlen(name) - strlen(tail), tail) == 0;
}

/* --- looking -------------------------------------------------------------------------------- */

typedef bool near_rule(const char *name, const char *wanted);

static near_rule *const address_rules[] = {is_it,       shares_slot, is_elsewhere,
					   is_one_slip, shares_bus,  is_two_slips};
static near_rule *const name_rules[] = {is_short_for, is_one_slip, is_two_slips};

enum { AT_MOST = 8, NAME_SIZE = 40 };

struct found {
	char names[AT_MOST][NAME_SIZE]; /* the first ones, in order */
	size_t count;                   /* of all */
};

static void add_name(struct found *found, const char *name)
{
	size_t i = found->count < AT_MOST ? found->count : AT_MOST - 1, length = strlen(name);

	if (length >= NAME_SIZE)
		return;
	if (found->count++ >= AT_MOST && device_name_compare(name, found->names[i]) > 0)
		return;
	for (; i > 0 && device_name_compare(name, found->names[i - 1]) < 0; i--)
		memcpy(found->names[i], found->names[i - 1], NAME_SIZE);
	memcpy(found->names[i], name, length + 1);
}

/* Where there are names, and what is written in front of them. */
struct name_source {
	const char *directory, *prefix;
};

static const struct name_source address_sources[] = {{"/sys/bus/pci/devices", ""}};
static const struct name_source name_sources[] = {
	{"/sys/bus/mdev/devices", ""},
	{"/sys/class/net", ""},
	{"/sys/class/block", ""},
	{"/sys/class/nvme", ""},
	{"/sys/class/drm", ""},
	{"/sys/class/infiniband", ""},
	{"/sys/class/vfio-dev", "/dev/vfio/devices/"},
};

/* True for what a device could be named by, as no loop device can; nor does a hidden disk. */
static bool is_name(const char *directory, const char *name)
{
	char path[PATH_MAX];

	return !nvme_disk_of(path, sizeof(path), name) &&
	       path_resolve(path, sizeof(path), "%s/%s", directory, name) > 0 &&
	       place_is_owned(path);
}

static void look_for(struct found *found, const struct name_source *source, near_rule *is_near,
		     const char *wanted)
{
	scoped_dir DIR *dir = path_opendir("%s", source->directory);
	char text[NAME_MAX + NAME_SIZE];
	const char *name;

	while (dir && (name = path_next(dir))) {
		if (!is_near(name, wanted) || !is_name(source->directory, name))
			continue;
		snprintf(text, sizeof(text), "%s%s", source->prefix, name);
		add_name(found, text);
	}
}

static void tell(struct error *err, const struct found *found)
{
	char names[512] = "";

	if (found->count == 1) {
		error_remedy(err, "Did you mean %s?", found->names[0]);
		return;
	}
	for (size_t i = 0; i < found->count && i < AT_MOST; i++)
		append(names, sizeof(names), "%s%s", i ? ", " : "", found->names[i]);
	if (found->count > AT_MOST)
		append(names, sizeof(names), " and %zu more", found->count - AT_MOST);
	error_remedy(err, "Near it there are: %s.", names);
}

static bool suggest_from(struct error *err, const struct name_source *sources, size_t n_sources,
			 near_rule *const *rules, size_t n_rules, const char *wanted)
{
	for (size_t i = 0; i < n_rules; i++) {
		struct found found = {.count = 0};

		for (size_t j = 0; j < n_sources; j++)
			look_for(&found, &sources[j], rules[i], wanted);
		if (found.count == 0)
			continue;
		tell(err, &found);
		return true;
	}
	return false;
}

/* Other tools have the driver's name in front of the device. */
static bool is_driver(const char *text)
{
	return !strchr(text, '/') && *text && *text != '.' &&
	       (strstr(text, "vfio-pci") || strstr(text, "vfio_pci") ||
		path_exists("/sys/bus/pci/drivers/%s", text));
}

/* The number of a group, whose devices have names. */
static bool suggest_member(struct error *err, const char *text)
{
	scoped_dir DIR *dir = NULL;
	const char *name;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	dir = path_opendir("/sys/kernel/iommu_groups/%s/devices", text);
	name = dir ? path_next(dir) : NULL;
	if (!name)
		return false;
	error_remedy(err,
		     "It is the number of an IOMMU group: name one of its devices, such as %s, and "
		     "--group takes the others along.",
		     name);
	return true;
}

bool suggest_device(struct error *err, const char *text)
{
	char address[WANTED_SIZE];

	if (suggest_member(err, text))
		return true;
	if (is_driver(text)) {
		error_remedy(err,
			     "That is a driver, which goes behind --driver: `vfioctl bind DEVICE "
			     "--driver %s`.",
			     text);
		return true;
	}
	if (read_address(address, text))
		return suggest_from(err, address_sources, ARRAY_SIZE(address_sources),
				    address_rules, ARRAY_SIZE(address_rules), address);
	return suggest_from(err, name_sources, ARRAY_SIZE(name_sources), name_rules,
			    ARRAY_SIZE(name_rules), *text == '/' ? base_name(text) : text);
}
