/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules build on: read once, before the first of them.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "check/doctor.h"
#include "host/steps.h"
#include "host/vfio_driver.h"

/* --- in a worker --------------------------------------------------------------------------- */

/*
 * What reads files of the configuration, any of which may block its reader in a captured tree. It
 * is done in another process, so all that it leaves lies in the arena.
 */
struct part;
typedef int part_fn(struct part *part);

struct part {
	struct doctor_report *report;
	const struct doctor_request *request;
	part_fn *const *list; /* NULL-ended */
	struct error err;
	bool failed, stuck;
	const char **names; /* of the devices chosen */
	size_t n_names;
};

static void run_part(void *arg, size_t i)
{
	struct part *part = arg;

	part->failed = part->failed || part->list[i](part) < 0;
}

static void give_up_part(void *arg, size_t i)
{
	(void)i;
	((struct part *)arg)->stuck = true;
}

/* 0, or -1 with the first part's error. */
static int run_parts(struct part *part, part_fn *const *list, struct error *err)
{
	enum { DEADLINE_MS = 10000 };
	struct steps steps = {
		.deadline_ms = DEADLINE_MS, .arg = part, .run = run_part, .given_up = give_up_part};

	part->list = list;
	while (list[steps.count])
		steps.count++;
	if (steps_run(&steps, err) < 0)
		return -1;
	if (part->failed)
		*err = part->err;
	else if (part->stuck)
		error_set(err, STATUS_TIMEOUT, 0, "timeout", NULL,
			  "a file of the machine's configuration does not answer");
	return part->failed || part->stuck ? -1 : 0;
}

/* --- modprobe.d --------------------------------------------------------------------------- */

struct reading {
	struct doctor_report *report;
	struct modprobe_line *lines;
	size_t room;
};

static void add_line(void *arg, const struct modprobe_line *line)
{
	struct reading *reading = arg;
	struct rule_facts *facts = reading->report->facts;
	struct arena *arena = reading->report->arena;
	struct modprobe_line copy = {.file = arena_strdup(arena, line->file),
				     .number = line->number,
				     .command = arena_strdup(arena, line->command),
				     .module = arena_strdup(arena, line->module),
				     .rest = arena_strdup(arena, line->rest)};

	if (facts->n_modprobe < reading->room && copy.file && copy.command && copy.module &&
	    copy.rest)
		reading->lines[facts->n_modprobe++] = copy;
}

static int read_modprobe(struct doctor_report *report)
{
	enum { ROOM = 8192 };
	struct reading reading = {.report = report, .room = ROOM};

	reading.lines = arena_alloc(report->arena, ROOM * sizeof(*reading.lines));
	if (!reading.lines)
		return -ENOMEM;
	report->facts->modprobe = reading.lines;
	modprobe_read_files(add_line, &reading);
	modprobe_read_command_line(add_line, &reading);
	return 0;
}

/* --- the host ----------------------------------------------------------------------------- */

static void read_command_line(struct doctor_report *report)
{
	scoped_free char *text = NULL;

	if (path_read_all(&text, 1 << 16, "/proc/cmdline") < 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	report->facts->command_line = arena_strdup(report->arena, text);
}

static bool names_resets(const struct inventory *machine)
{
	for (size_t i = 0; i < machine->count; i++)
		if (machine->devices[i].syspath &&
		    path_exists("%s/reset_method", machine->devices[i].syspath))
			return true;
	return false;
}

static int read_host(struct part *part)
{
	struct doctor_report *report = part->report;
	struct rule_facts *facts = report->facts;

	if (host_mode_read(&facts->mode, report->arena, &part->err) < 0)
		return -1;
	managers_read(&facts->managers, report->arena, MANAGER_ALL);
	read_command_line(report);
	facts->names_resets = names_resets(&report->machine);
	return read_modprobe(report) < 0 ? error_out_of_memory(&part->err) : 0;
}

/* --- which devices ------------------------------------------------------------------------ */

/* driverctl gives it to a VFIO driver whenever it appears. */
static bool is_kept_by_driverctl(const struct device *dev)
{
	char driver[128];

	return path_read(driver, sizeof(driver), "/etc/driverctl.d/%s-%s", dev->bus, dev->address) >
		       0 &&
	       vfio_is_driver_name(driver);
}

/* An option ids= gives it to vfio-pci whenever it has no driver. */
static bool is_listed(const struct rule_facts *facts, const struct device *dev)
{
	for (size_t i = 0; i < facts->n_modprobe; i++) {
		const char *ids = modprobe_line_ids(&facts->modprobe[i]);

		if (ids && manager_ids_match(ids, dev))
			return true;
	}
	return false;
}

static bool is_for_vfio(const struct doctor_report *report, const struct device *dev)
{
	return device_is_vfio(dev) || dev->state == DEVICE_LOCKED ||
	       vfio_is_driver_name(dev->driver_override) ||
	       path_exists("/run/vfioctl/devices/%s.json", dev->address) ||
	       is_kept_by_driverctl(dev) || is_listed(report->facts, dev);
}

/* Where nobody names any. */
static int choose_devices(struct part *part)
{
	const struct inventory *machine = &part->report->machine;

	if (part->request->addresses)
		return 0;
	part->names = arena_alloc(part->report->arena, (machine->count + 1) * sizeof(*part->names));
	if (!part->names)
		return error_out_of_memory(&part->err);
	for (size_t i = 0; i < machine->count; i++)
		if (is_for_vfio(part->report, &machine->devices[i]))
			part->names[part->n_names++] = machine->devices[i].address;
	return 0;
}

/* The devices to look at, with what is known of them alone. */
static int gather_named(struct doctor_report *report, const struct doctor_request *request,
			const struct part *part, struct error *err)
{
	const unsigned int needs = NEED_DETAIL | NEED_OFFER;

	return inventory_scan_more(&report->named, &report->machine, needs,
				   request->addresses ? request->addresses : part->names,
				   request->addresses ? request->n_addresses : part->n_names, err);
}

static bool is_there(const void *arg, const struct device *dev)
{
	(void)arg;
	return dev->state != DEVICE_GONE;
}

static void drop_gone(struct doctor_report *report)
{
	struct inventory *named = &report->named;
	size_t count = named->count;

	inventory_keep(named, is_there, NULL);
	report->n_gone = count - named->count;
}

/* --- who ---------------------------------------------------------------------------------- */

/* Who asks what the devices are good for is meant, where nobody is named; in a tree it is root. */
static int find_user(struct part *part)
{
	const struct doctor_request *request = part->request;
	struct arena *arena = part->report->arena;
	struct account *user = arena_alloc(arena, sizeof(*user));

	if (!request->user && !request->purpose)
		return 0;
	if (!user)
		return error_out_of_memory(&part->err);
	part->report->facts->user = user;
	if (request->user)
		return account_user(user, arena, request->user, &part->err);
	return account_of(user, arena, path_is_live() ? geteuid() : 0, &part->err);
}

static int look_as_user(struct part *part)
{
	struct doctor_report *report = part->report;
	struct reach *reach;

	if (!report->facts->user)
		return 0;
	reach = arena_alloc(report->arena, (report->named.count + 1) * sizeof(*reach));
	if (!reach)
		return error_out_of_memory(&part->err);
	for (size_t i = 0; i < report->named.count; i++)
		if (report->named.devices[i].state == DEVICE_OK)
			reach_of(&reach[i], report->arena, &report->named.devices[i],
				 report->facts->user);
	report->facts->reach = reach;
	return 0;
}

static bool wants_usage(const struct doctor_request *request)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rule_at(request->tables, i)); i++)
		if (rule->needs_usage && doctor_wants(request, rule))
			return true;
	return false;
}

static int look_at_usage(struct doctor_report *report, struct error *err)
{
	size_t count = report->named.count;
	const struct device **devices = arena_alloc(report->arena, (count + 1) * sizeof(*devices));
	scoped_free struct usages *usages = calloc(count + 1, sizeof(*usages));

	if (!devices || !usages)
		return error_out_of_memory(err);
	for (size_t i = 0; i < count; i++)
		devices[i] = &report->named.devices[i];
	if (usage_of_devices(usages, devices, count, false, err) < 0)
		return -1;
	report->usages = take_ptr(usages);
	report->facts->usages = report->usages;
	return 0;
}

static int prepare(struct doctor_report *report, struct error *err)
{
	if (inventory_scan(&report->machine, 0, err) < 0)
		return -1;
	report->arena = arena_new((size_t)(64 << 20) + report->machine.count * 65536);
	report->facts = report->arena ? arena_alloc(report->arena, sizeof(*report->facts)) : NULL;
	return report->facts ? 0 : error_out_of_memory(err);
}

int doctor_gather(struct doctor_report *report, const struct doctor_request *request,
		  struct error *err)
{
	static part_fn *const before[] = {read_host, find_user, choose_devices, NULL};
	static part_fn *const behind[] = {look_as_user, NULL};
	struct part *part;

	if (prepare(report, err) < 0)
		return -1;
	part = arena_alloc(report->arena, sizeof(*part));
	if (!part)
		return error_out_of_memory(err);
	*part = (struct part){.report = report, .request = request};
	if (run_parts(part, before, err) < 0 || gather_named(report, request, part, err) < 0)
		return -1;
	drop_gone(report);
	if (run_parts(part, behind, err) < 0 ||
	    (wants_usage(request) && look_at_usage(report, err) < 0))
		return -1;
	report->facts->machine = &report->machine;
	report->facts->devices = report->named.devices;
	report->facts->n_devices = report->named.count;
	report->facts->leftovers = request->leftovers;
	report->facts->n_leftovers = request->n_leftovers;
	report->facts->purpose = request->purpose ? request->purpose->bit : 0;
	return 0;
}
