/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/manager.h"

#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "host/manager_internal.h"

/* --- driverctl: a file for each device, named by bus and address, that holds a driver's name ----
 */

static void read_driverctl(struct managers *managers, const struct manager_source *source)
{
	static const char directory[] = "/etc/driverctl.d";
	scoped_dir DIR *dir = path_opendir("%s", directory);
	const char *name;
	char driver[128];

	while (dir && (name = path_next(dir))) {
		if (path_read(driver, sizeof(driver), "%s/%s", directory, name) < 0)
			continue;
		managers_add(
			managers, source,
			(struct manager_statement){
				.file = arena_printf(managers->arena, "%s/%s", directory, name),
				.line = -1,
				.address = arena_strdup(managers->arena, name),
				.driver = arena_strdup(managers->arena, driver),
			});
	}
}

static bool driverctl_concerns(struct manager *ret, struct arena *arena,
			       const struct manager_statement *statement,
			       const struct manager_question *question)
{
	const struct device *dev = question->dev;
	const char *address = startswith(statement->address, dev->bus);

	if (!address || *address != '-' || !streq(address + 1, dev->address))
		return false;
	ret->driver = statement->driver;
	ret->captures = true;
	ret->detail = *statement->driver
			      ? arena_printf(arena, "driverctl gives it to %s whenever it appears",
					     statement->driver)
			      : "driverctl leaves it without a driver whenever it appears";
	return true;
}

static const struct manager_source driverctl_sources[] = {
	{"driverctl", MANAGER_OTHERS, read_driverctl, driverctl_concerns},
	{0},
};

/* --- all of them -------------------------------------------------------------------------- */

static const struct manager_source *const all_sources[] = {
	driverctl_sources,
	manager_module_sources,
	manager_udev_sources,
	manager_libvirt_sources,
};

void managers_add(struct managers *managers, const struct manager_source *source,
		  struct manager_statement statement)
{
	struct manager_statement *copy = arena_alloc(managers->arena, sizeof(*copy));

	if (!copy || !statement.file)
		return;
	*copy = statement;
	copy->source = source;
	*managers->end = copy;
	managers->end = &copy->next;
}

void managers_read(struct managers *ret, struct arena *arena, unsigned int which)
{
	*ret = (struct managers){.arena = arena, .end = &ret->first};
	for (size_t i = 0; i < ARRAY_SIZE(all_sources); i++)
		for (const struct manager_source *source = all_sources[i]; source->name; source++)
			if (source->which & which)
				source->read(ret, source);
}

static struct manager_question ask(const struct device *dev, const char *driver)
{
	struct manager_question question = {.dev = dev, .driver = driver};

	if (driver)
		manager_module_of(question.module, sizeof(question.module), dev->bus, driver);
	return question;
}

static bool concerns(struct manager *ret, const struct managers *managers,
		     const struct manager_statement *statement,
		     const struct manager_question *question)
{
	struct manager manager = {.manager = statement->source->name,
				  .file = statement->file,
				  .line = statement->line};

	if (!statement->source->concerns(&manager, managers->arena, statement, question))
		return false;
	*ret = manager;
	return true;
}

int managers_of_device(struct manager **ret, size_t *count, const struct managers *managers,
		       const struct device *dev, const char *driver)
{
	const struct manager_question question = ask(dev, driver);
	const struct manager_statement *statement;
	struct manager *list;
	size_t n = 0;

	for (statement = managers->first; statement; statement = statement->next)
		n++;
	list = arena_alloc(managers->arena, (n + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	n = 0;
	for (statement = managers->first; statement; statement = statement->next)
		n += concerns(&list[n], managers, statement, &question);
	*ret = list;
	*count = n;
	return 0;
}

bool managers_capture_by_ids(struct manager *ret, const struct managers *managers,
			     const struct device *dev, const char *driver)
{
	const struct manager_question question = ask(dev, driver);
	const struct manager_statement *statement;
	struct manager manager;

	for (statement = managers->first; statement; statement = statement->next)
		if (statement->source->which == MANAGER_MODULES &&
		    concerns(&manager, managers, statement, &question) && manager.captures &&
		    streq_null(manager.driver, driver)) {
			*ret = manager;
			return true;
		}
	return false;
}

const char *manager_sentence(struct arena *arena, const struct manager *manager)
{
	return manager->line < 0 ? arena_printf(arena, "%s (%s)", manager->detail, manager->file)
				 : arena_printf(arena, "%s (%s:%lld)", manager->detail,
						manager->file, (long long)manager->line);
}

bool manager_explain(const struct device *dev, const char *driver, char *buf, size_t size)
{
	scoped_arena struct arena *arena = arena_new(4 << 20);
	struct managers managers;
	struct manager *list;
	size_t count;

	if (!arena)
		return false;
	managers_read(&managers, arena, MANAGER_ALL);
	if (managers_of_device(&list, &count, &managers, dev, driver) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *sentence;

		if (!list[i].captures || (list[i].driver && !streq(list[i].driver, driver)))
			continue;
		sentence = manager_sentence(arena, &list[i]);
		if (!sentence)
			return false;
		snprintf(buf, size, "%s", sentence);
		return true;
	}
	return false;
}
