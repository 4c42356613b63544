/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/select.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>

#include "cli/command.h"

/* --- operands --------------------------------------------------------------------------- */

static bool contains(const struct selection *selection, const char *address)
{
	for (size_t i = 0; i < selection->count; i++)
		if (streq(selection->addresses[i], address))
			return true;
	return false;
}

/* Room for one more, and for the end. */
static int make_room(struct selection *selection, bool with_errors)
{
	char **addresses = reallocarray(selection->addresses, selection->count + 2, sizeof(char *));
	struct error *errors;

	if (!addresses)
		return -ENOMEM;
	selection->addresses = addresses;
	if (!with_errors)
		return 0;
	errors = reallocarray(selection->errors, selection->count + 1, sizeof(*errors));
	if (!errors)
		return -ENOMEM;
	selection->errors = errors;
	return 0;
}

/* How operands are taken. */
struct reading {
	const struct options *opts;
	enum resolve_for purpose;
	bool keeps_missing; /* a device that is not there has a place among the others */
	bool may_be_none;
};

static int add_address(struct selection *selection, bool with_errors, const char *address,
		       const struct error *why, struct error *err)
{
	char *copy;

	if (contains(selection, address))
		return 0;
	if (make_room(selection, with_errors) < 0 || !(copy = strdup(address)))
		return error_out_of_memory(err);
	if (with_errors)
		selection->errors[selection->count] = *why;
	selection->addresses[selection->count++] = copy;
	selection->addresses[selection->count] = NULL;
	return 0;
}

static int add_word(struct selection *selection, const struct reading *how, const char *word,
		    struct error *err)
{
	bool with_errors = how->keeps_missing;
	char address[DEVICE_NAME_SIZE];
	struct error own = {0};

	if (device_resolve(address, word, how->purpose, &own) == 0)
		return add_address(selection, with_errors, address, &own, err);
	if (with_errors && own.status == STATUS_NO_DEVICE)
		return add_address(selection, with_errors, word, &own, err);
	*err = own;
	return -1;
}

/* Words on standard input, separated by blanks or newlines; '#' starts a comment. */
static int add_stdin(struct selection *selection, const struct reading *how, struct error *err)
{
	scoped_free char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) >= 0) {
		char *word, *rest = line;

		line[strcspn(line, "#\n")] = '\0';
		while ((word = strsep(&rest, " \t\r")))
			if (*word && add_word(selection, how, word, err) < 0)
				return -1;
	}
	return 0;
}

static int read_operands(struct selection *selection, const struct reading *how, struct error *err)
{
	const struct options *opts = how->opts;

	for (int i = 0; i < opts->n_args; i++) {
		const char *word = opts->args[i];
		int r = streq(word, "-") ? add_stdin(selection, how, err)
					 : add_word(selection, how, word, err);

		if (r < 0)
			return -1;
	}
	if (opts->n_args && selection->count == 0 && !how->may_be_none)
		return error_set(err, STATUS_USAGE, 0, "no-devices", NULL,
				 "standard input names no device");
	return 0;
}

static int read_selection(struct selection *ret, const struct reading *how, struct error *err)
{
	struct selection selection = {0};

	if (read_operands(&selection, how, err) < 0) {
		selection_free(&selection);
		return -1;
	}
	*ret = selection;
	return 0;
}

int selection_read(struct selection *ret, const struct options *opts, enum resolve_for purpose,
		   struct error *err)
{
	const struct reading how = {
		.opts = opts, .purpose = purpose, .keeps_missing = opts->keep_going};

	return read_selection(ret, &how, err);
}

int selection_read_to_restore(struct selection *ret, const struct options *opts, struct error *err)
{
	const struct reading how = {.opts = opts,
				    .purpose = RESOLVE_TO_CHANGE,
				    .keeps_missing = true,
				    .may_be_none = true};

	return read_selection(ret, &how, err);
}

void selection_free(struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		free(selection->addresses[i]);
	free(selection->addresses);
	free(selection->errors);
	*selection = (struct selection){0};
}

/* --- filters ---------------------------------------------------------------------------- */

struct filter {
	bool vfio_only;
	const char *driver;      /* NULL: any */
	const char *class_word;  /* NULL: by number, or any */
	int64_t class_prefix;    /* -1: any */
	unsigned int class_bits; /* how many of the 24 bits class_prefix leaves open */
	int64_t vendor, device;  /* -1: any */
	int64_t group;           /* -1: any */
};

static int bad_filter(struct error *err, const char *option, const char *text, const char *form)
{
	error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL, "--%s: '%s' is not %s", option,
		  text, form);
	return -1;
}

static int parse_class(struct filter *filter, const char *text)
{
	size_t digits = strlen(text);
	uint64_t number;

	filter->class_prefix = -1;
	if (parse_number(text, 16, 0xffffff, &number) == 0 && digits % 2 == 0 && digits <= 6) {
		filter->class_prefix = (int64_t)number;
		filter->class_bits = 24 - 4 * (unsigned int)digits;
	} else {
		filter->class_word = text;
	}
	return 0;
}

/* One half of VENDOR:DEVICE; empty is any. */
static int parse_id(const char *text, int64_t *ret)
{
	uint64_t number;

	*ret = -1;
	if (*text == '\0')
		return 0;
	if (parse_number(text, 16, 0xffff, &number) < 0)
		return -1;
	*ret = (int64_t)number;
	return 0;
}

static int parse_ids(struct filter *filter, const char *text)
{
	char vendor[8];
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);

	if (n >= sizeof(vendor))
		return -1;
	memcpy(vendor, text, n);
	vendor[n] = '\0';
	if (parse_id(vendor, &filter->vendor) < 0)
		return -1;
	return parse_id(colon ? colon + 1 : "", &filter->device);
}

static int parse_filter(struct filter *ret, const struct options *opts, struct error *err)
{
	struct filter filter = {.vfio_only = opts->vfio_only,
				.driver = opts->with_driver,
				.class_prefix = -1,
				.vendor = -1,
				.device = -1,
				.group = -1};
	uint64_t number;

	if (opts->with_class)
		parse_class(&filter, opts->with_class);
	if (opts->with_id && parse_ids(&filter, opts->with_id) < 0)
		return bad_filter(err, "id", opts->with_id, "a pair of ids such as 8086:1572");
	if (opts->with_group) {
		if (parse_number(opts->with_group, 10, INT32_MAX, &number) < 0)
			return bad_filter(err, "group", opts->with_group, "the number of a group");
		filter.group = (int64_t)number;
	}
	*ret = filter;
	return 0;
}

static bool driver_matches(const char *wanted, const char *driver)
{
	if (streq(wanted, "none"))
		return driver == NULL;
	return driver && fnmatch(wanted, driver, 0) == 0;
}

static bool class_matches(const struct filter *filter, const struct device *dev)
{
	if (filter->class_word)
		return dev->class_name && strcasestr(dev->class_name, filter->class_word);
	return filter->class_prefix < 0 ||
	       (dev->class_id >= 0 && dev->class_id >> filter->class_bits == filter->class_prefix);
}

static bool matches(const void *arg, const struct device *dev)
{
	const struct filter *filter = arg;

	return (!filter->vfio_only || device_is_vfio(dev)) &&
	       (!filter->driver || driver_matches(filter->driver, dev->driver)) &&
	       (filter->vendor < 0 || dev->vendor_id == filter->vendor) &&
	       (filter->device < 0 || dev->device_id == filter->device) &&
	       (filter->group < 0 || dev->iommu_group == filter->group) &&
	       class_matches(filter, dev);
}

static void tell_of_none(const struct options *opts)
{
	const struct {
		const char *option, *value;
	} filters[] = {
		{"--driver", opts->with_driver},
		{"--class", opts->with_class},
		{"--id", opts->with_id},
		{"--group", opts->with_group},
	};
	char text[512] = "";

	if (opts->vfio_only)
		append(text, sizeof(text), " --vfio");
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (filters[i].value)
			append(text, sizeof(text), " %s %s", filters[i].option, filters[i].value);
	if (*text)
		message_note("no device matches%s", text);
}

int filter_apply(struct inventory *inventory, const struct options *opts, struct error *err)
{
	struct filter filter;

	if (parse_filter(&filter, opts, err) < 0)
		return -1;
	inventory_keep(inventory, matches, &filter);
	if (inventory->count == 0)
		tell_of_none(opts);
	return 0;
}

void selection_tell_of_locked(const struct inventory *found)
{
	const struct device *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < found->count; i++) {
		if (found->devices[i].state != DEVICE_LOCKED)
			continue;
		first = first ? first : &found->devices[i];
		count++;
	}
	if (count == 1)
		message_note("%s does not answer, as while a driver is taken from it; `vfioctl "
			     "doctor %s` tells more",
			     first->address, first->address);
	else if (count > 1)
		message_note("%s and %zu more do not answer, as while a driver is taken from them; "
			     "`vfioctl doctor` tells more",
			     first->address, count - 1);
}
