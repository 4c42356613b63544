/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/path.h"
#include "change/identity.h"
#include "change/lock.h"

#define JOURNALS STATE_DIRECTORY "/journal"

/* The strings of an entry, and under which key each is kept. */
static const struct {
	const char *key;
	size_t offset;
} strings[] = {
	{"address", offsetof(struct journal_entry, address)},
	{"bus", offsetof(struct journal_entry, bus)},
	{"identity", offsetof(struct journal_entry, identity)},
	{"syspath", offsetof(struct journal_entry, syspath)},
	{"driver", offsetof(struct journal_entry, from.driver)},
	{"driver_override", offsetof(struct journal_entry, from.override)},
	{"target", offsetof(struct journal_entry, to.driver)},
	{"target_override", offsetof(struct journal_entry, to.override)},
};

static const struct {
	const char *key;
	size_t offset;
} flags[] = {
	{"from_any", offsetof(struct journal_entry, from.any_driver)},
	{"target_any", offsetof(struct journal_entry, to.any_driver)},
	{"recorded", offsetof(struct journal_entry, recorded)},
	{"forward", offsetof(struct journal_entry, forward)},
	{"autoprobe_off", offsetof(struct journal_entry, from.autoprobe_off)},
	{"target_absent", offsetof(struct journal_entry, to.absent)},
};

static const struct {
	const char *key;
	size_t offset;
} numbers[] = {
	{"vfs", offsetof(struct journal_entry, from.vfs)},
	{"target_vfs", offsetof(struct journal_entry, to.vfs)},
};

static const char **string_of(const struct journal_entry *entry, size_t i)
{
	return (const char **)((uintptr_t)entry + strings[i].offset);
}

static bool *flag_of(const struct journal_entry *entry, size_t i)
{
	return (bool *)((uintptr_t)entry + flags[i].offset);
}

static int64_t *number_of(const struct journal_entry *entry, size_t i)
{
	return (int64_t *)((uintptr_t)entry + numbers[i].offset);
}

/* --- reading ------------------------------------------------------------------------------ */

static bool read_entry(struct journal_entry *ret, struct arena *arena, const struct document *item)
{
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		*string_of(ret, i) = arena_strdup(arena, document_string(item, strings[i].key));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		*flag_of(ret, i) = document_number(item, flags[i].key, 0);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		*number_of(ret, i) = document_number(item, numbers[i].key, 0);
	return ret->address && ret->bus && ret->identity;
}

/* This process is in nobody's way. */
static bool is_attended(const struct document *doc)
{
	return document_number(doc, "pid", -1) != getpid() && identity_process_lives(doc);
}

static bool any_worker_lives(const struct document *doc)
{
	const struct document *process;

	for (size_t i = 0; (process = document_item(doc, "workers", i)); i++)
		if (identity_process_lives(process))
			return true;
	return false;
}

static int read_run(struct journal_run *ret, struct arena *arena, const struct document *doc)
{
	const struct document *item;
	size_t count = 0;

	while (document_item(doc, "devices", count))
		count++;
	ret->verb = arena_strdup(arena, document_string(doc, "verb"));
	ret->pid = (pid_t)document_number(doc, "pid", -1);
	ret->attended = is_attended(doc);
	ret->lives = ret->attended || any_worker_lives(doc);
	ret->entries = arena_alloc(arena, (count + 1) * sizeof(*ret->entries));
	if (!ret->entries || !ret->verb)
		return -EBADMSG;
	for (size_t i = 0; (item = document_item(doc, "devices", i)); i++)
		if (!read_entry(&ret->entries[ret->count++], arena, item))
			return -EBADMSG;
	return 0;
}

/* 1 with a run in ret, 0 when the file is of no concern, -1. */
static int load(struct journal_run *ret, struct arena *arena, const char *path, struct error *err)
{
	scoped_document struct document *doc = NULL;
	int r = document_load(&doc, path);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && !identity_is_this_boot(doc)) {
		document_remove(path);
		return 0;
	}
	*ret = (struct journal_run){.path = path};
	if (r == 0)
		r = read_run(ret, arena, doc);
	if (r == 0 && ret->count == 0 && !ret->lives)
		document_remove(path);
	if (r == 0)
		return ret->count > 0;
	error_errno(err, r, "journal", NULL, "cannot read %s, which tells of an unfinished run",
		    path);
	return r == -EBADMSG ? error_remedy(err, "Remove that file if it is damaged.") : -1;
}

/* A planted link leads to what is not ours; whoever changes devices is told of it by lock.c. */
static DIR *open_directory(void)
{
	struct stat st;

	return path_lstat(&st, JOURNALS) == 0 && S_ISDIR(st.st_mode) ? path_opendir(JOURNALS)
								     : NULL;
}

/* The next journal; what is only half written has another name (path_replace()). */
static const char *next_file(DIR *dir)
{
	const char *name, *end;

	while ((name = path_next(dir))) {
		end = strrchr(name, '.');
		if (end && streq(end, ".json"))
			return name;
	}
	return NULL;
}

static size_t count_files(void)
{
	scoped_dir DIR *dir = open_directory();
	size_t count = 0;

	while (dir && next_file(dir))
		count++;
	return count;
}

bool journals_exist(void)
{
	return count_files() > 0;
}

int journals_load(struct journals *ret, struct arena *arena, struct error *err)
{
	scoped_dir DIR *dir = open_directory();
	/* Another run may add its file meanwhile, which is then none of ours. */
	size_t room = count_files();
	const char *name;

	*ret = (struct journals){.runs = arena_alloc(arena, (room + 1) * sizeof(*ret->runs))};
	if (!ret->runs)
		return error_out_of_memory(err);
	while (dir && ret->count < room && (name = next_file(dir))) {
		const char *path = arena_printf(arena, JOURNALS "/%s", name);
		int r = path ? load(&ret->runs[ret->count], arena, path, err)
			     : error_out_of_memory(err);

		if (r < 0)
			return -1;
		ret->count += (size_t)r;
	}
	return 0;
}

int journals_load_one(struct journals *ret, struct arena *arena, const char *path,
		      struct error *err)
{
	int r;

	*ret = (struct journals){.runs = arena_alloc(arena, sizeof(*ret->runs))};
	if (!ret->runs)
		return error_out_of_memory(err);
	r = load(&ret->runs[0], arena, path, err);
	ret->count = r > 0;
	return r < 0 ? -1 : 0;
}

const struct journal_entry *journal_find(const struct journal_run *run, const struct device *dev)
{
	for (size_t i = 0; i < run->count; i++)
		if (streq(run->entries[i].address, dev->address) &&
		    streq(run->entries[i].bus, dev->bus) &&
		    identity_matches(run->entries[i].identity, run->entries[i].syspath, dev))
			return &run->entries[i];
	return NULL;
}

const struct journal_entry *journal_find_address(const struct journal_run *run, const char *address)
{
	for (size_t i = 0; i < run->count; i++)
		if (streq(run->entries[i].address, address))
			return &run->entries[i];
	return NULL;
}

const struct journal_entry *journals_find(const struct journals *journals, const struct device *dev)
{
	const struct journal_entry *entry = NULL;

	for (size_t i = 0; !entry && i < journals->count; i++)
		if (!journals->runs[i].lives)
			entry = journal_find(&journals->runs[i], dev);
	return entry;
}

int journal_check_free(const struct journals *journals, const struct device *dev, struct error *err)
{
	for (size_t i = 0; i < journals->count; i++) {
		const struct journal_run *run = &journals->runs[i];

		if (!run->lives || !journal_find(run, dev))
			continue;
		error_set(err, STATUS_REFUSED, EBUSY, "in-flight", dev->address,
			  "vfioctl %s, pid %d, is not finished with it", run->verb, (int)run->pid);
		return error_remedy(err,
				    "Wait until it has ended, or until who has the device open "
				    "lets go of it: `vfioctl recover` tells.");
	}
	return 0;
}

/* --- writing ------------------------------------------------------------------------------ */

bool journal_entry_init(struct journal_entry *ret, struct arena *arena, const struct device *dev)
{
	*ret = (struct journal_entry){
		.address = dev->address,
		.bus = dev->bus,
		.syspath = dev->syspath,
		.identity = identity_of(arena, dev),
	};
	return ret->identity;
}

const char *journal_new_path(struct arena *arena)
{
	return arena_printf(arena, JOURNALS "/%d-%" PRId64 ".json", (int)getpid(), now_ms());
}

static int fill_entry(struct document *item, const struct journal_entry *entry)
{
	int r = item ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(strings); i++)
		r = document_set_string(item, strings[i].key, *string_of(entry, i));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(flags); i++)
		r = document_set_number(item, flags[i].key, *flag_of(entry, i));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(numbers); i++)
		r = document_set_number(item, numbers[i].key, *number_of(entry, i));
	return r;
}

static int fill(struct document *doc, const struct journal_run *run, const pid_t *pids,
		size_t count)
{
	int r = document_set_string(doc, "verb", run->verb);

	if (r == 0)
		r = identity_set_boot(doc);
	if (r == 0)
		r = identity_set_process(doc, getpid());
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct document *item = document_add_item(doc, "workers");

		r = item ? identity_set_process(item, pids[i]) : -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < run->count; i++)
		r = fill_entry(document_add_item(doc, "devices"), &run->entries[i]);
	return r;
}

int journal_save(const struct journal_run *run, const pid_t *pids, size_t count, struct error *err)
{
	scoped_document struct document *doc = document_new();
	int r = doc && run->path ? fill(doc, run, pids, count) : -ENOMEM;

	if (r == 0)
		r = path_mkdir(0755, JOURNALS);
	if (r == 0)
		r = document_save(doc, run->path);
	if (r < 0)
		return error_errno(err, r, "journal", NULL, "cannot note in %s what will be done",
				   run->path ? run->path : JOURNALS);
	return 0;
}

int journal_prune(struct journal_run *run,
		  bool (*done)(void *arg, const struct journal_entry *entry), void *arg,
		  struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->count; i++)
		if (!done(arg, &run->entries[i]))
			run->entries[kept++] = run->entries[i];
	if (kept == run->count)
		return 0;
	run->count = kept;
	if (kept > 0)
		return journal_save(run, NULL, 0, err);
	journal_remove(run);
	return 0;
}

void journal_remove(const struct journal_run *run)
{
	struct journal_run empty = *run;

	/* What was done shall not be taken back for a file that stayed. */
	if (document_remove(run->path) < 0 && path_exists("%s", run->path)) {
		empty.count = 0;
		journal_save(&empty, NULL, 0, NULL);
	}
}

void journals_tidy(void)
{
	scoped_dir DIR *dir = open_directory();

	if (dir)
		path_tidy(JOURNALS);
}
