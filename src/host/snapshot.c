/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two rounds, each in a worker that is replaced when a file does not answer (host/steps.h): the
 * machine is looked at, and what was used is copied, a process of the machine at once. What names
 * mean is looked up here, for the machine that reads the tree may not know them.
 */
#include "host/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/path.h"
#include "base/path_tree.h"
#include "host/inventory.h"
#include "host/names.h"
#include "host/snapshot_internal.h"
#include "host/steps.h"

enum { ARENA_SIZE = 1 << 30, LOOK_DEADLINE_MS = 120000, COPY_DEADLINE_MS = 10000 };

struct unit {
	size_t first, count; /* of the uses */
	int64_t rank;
};

struct taking {
	const struct snapshot_request *request;
	const volatile sig_atomic_t *stop;
	struct path_record *record;
	struct snapshot_copy *copy;
	struct unit *units;
	size_t n_units;
	bool looked; /* all ways of looking came to their end */
};

/* --- looking ------------------------------------------------------------------------------ */

static void look(void *arg, size_t i)
{
	struct taking *taking = arg;

	path_never_wait();
	if (!*taking->stop && path_record(taking->record) == 0)
		taking->request->look(taking->request->arg, i);
}

static void give_up_look(void *arg, size_t i)
{
	struct taking *taking = arg;

	(void)i;
	taking->looked = false;
}

static void tell(const struct taking *taking, const char *what)
{
	if (taking->request->progress)
		taking->request->progress(what);
}

static int look_all(struct taking *taking, struct error *err)
{
	tell(taking, "looking at the machine");
	taking->looked = true;
	if (steps_run(&(struct steps){.count = taking->request->n_looks,
				      .deadline_ms = LOOK_DEADLINE_MS,
				      .stop = taking->stop,
				      .arg = taking,
				      .run = look,
				      .given_up = give_up_look},
		      err) < 0)
		return -1;
	if (!taking->looked)
		snapshot_gap(taking->copy, "/", 0, "looking at the machine did not end in time");
	if (path_record_lost(taking->record))
		snapshot_gap(taking->copy, "/", 0, "more files than can be noted");
	return 0;
}

/* --- copying ------------------------------------------------------------------------------ */

static void copy_unit(void *arg, size_t i)
{
	struct taking *taking = arg;
	const struct path_seen **uses = taking->copy->uses + taking->units[i].first;

	if (*taking->stop)
		return;
	if (snapshot_process_of(uses[0]->path))
		snapshot_copy_process(taking->copy, uses, taking->units[i].count);
	else
		snapshot_copy_use(taking->copy, uses[0]);
}

static void give_up_unit(void *arg, size_t i)
{
	struct taking *taking = arg;

	snapshot_gap(taking->copy, taking->copy->uses[taking->units[i].first]->path, 0,
		     "it did not answer in time");
}

/* How many uses, from the first on, are of one process; 1 when it is of none. */
static size_t length_of_unit(const struct path_seen *const *uses, size_t count)
{
	size_t n = snapshot_process_of(uses[0]->path), length = 1;

	while (n && length < count && strncmp(uses[length]->path, uses[0]->path, n) == 0 &&
	       (uses[length]->path[n] == '/' || !uses[length]->path[n]))
		length++;
	return length;
}

/* What is no process's, then the one that looks, whose namespaces count as the machine's own, then
 * the others by number: of those that see the same mounts the first is kept, as who looks does. */
static int64_t rank_of(const char *path)
{
	if (!snapshot_process_of(path))
		return -2;
	return startswith(path, "/proc/self/") ? -1 : strtol(path + strlen("/proc/"), NULL, 10);
}

static int compare_units(const void *a, const void *b)
{
	const struct unit *left = a, *right = b;

	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return left->first < right->first ? -1 : left->first > right->first;
}

static int find_units(struct taking *taking)
{
	struct snapshot_copy *copy = taking->copy;

	copy->uses = path_record_sorted(taking->record, &copy->n_uses);
	taking->units = calloc(copy->n_uses + 1, sizeof(*taking->units));
	if (!copy->uses || !taking->units)
		return -ENOMEM;
	for (size_t i = 0; i < copy->n_uses; i += taking->units[taking->n_units++].count)
		taking->units[taking->n_units] = (struct unit){
			.first = i,
			.count = length_of_unit(copy->uses + i, copy->n_uses - i),
			.rank = rank_of(copy->uses[i]->path),
		};
	qsort(taking->units, taking->n_units, sizeof(*taking->units), compare_units);
	return 0;
}

static int copy_all(struct taking *taking, struct error *err)
{
	if (find_units(taking) < 0)
		return error_out_of_memory(err);
	tell(taking, "copying what was looked at");
	return steps_run(&(struct steps){.count = taking->n_units,
					 .deadline_ms = COPY_DEADLINE_MS,
					 .arg = taking,
					 .run = copy_unit,
					 .given_up = give_up_unit},
			 err);
}

/* --- the rest ----------------------------------------------------------------------------- */

static int write_names(struct snapshot *to, struct error *err)
{
	scoped_inventory struct inventory inventory = {0};
	scoped_free char *text = NULL;
	int r;

	if (inventory_scan(&inventory, NEED_NAMES, err) < 0)
		return -1;
	to->n_devices = inventory.count;
	text = names_text(&inventory);
	if (!text)
		return error_out_of_memory(err);
	r = tree_file(to->part, NAMES_FILE, text, strlen(text), 0644);
	return r < 0 ? error_errno(err, r, "write", to->directory, "cannot write the names") : 0;
}

static void note_machine(struct snapshot *to)
{
	char release[256], captured[32];
	time_t now = time(NULL);
	struct tm tm;

	if (path_read(release, sizeof(release), "/proc/sys/kernel/osrelease") > 0)
		to->release = arena_strdup(to->arena, release);
	if (gmtime_r(&now, &tm) && strftime(captured, sizeof(captured), "%Y-%m-%dT%H:%M:%SZ", &tm))
		to->captured = arena_strdup(to->arena, captured);
}

static int compare_gaps(const struct snapshot_gap *a, const struct snapshot_gap *b)
{
	return strcmp(a->path, b->path);
}

static struct snapshot_gap *sorted(struct snapshot_gap *list)
{
	struct snapshot_gap *first = NULL;

	while (list) {
		struct snapshot_gap *gap = list, **at = &first;

		list = list->next;
		while (*at && compare_gaps(*at, gap) <= 0)
			at = &(*at)->next;
		gap->next = *at;
		*at = gap;
	}
	return first;
}

static int check(const struct taking *taking, const struct snapshot *to, struct error *err)
{
	if (*taking->stop)
		return error_set(err, STATUS_FAILED, EINTR, "interrupted", to->directory,
				 "interrupted; nothing is left of it");
	if (to->failed)
		return error_errno(err, to->failed, "write", to->directory,
				   "cannot write the snapshot");
	return 0;
}

static int fill(struct snapshot *to, struct taking *taking, struct error *err)
{
	if (look_all(taking, err) < 0 || copy_all(taking, err) < 0 || check(taking, to, err) < 0 ||
	    write_names(to, err) < 0)
		return -1;
	note_machine(to);
	to->gaps = sorted(to->gaps);
	to->n_identifiers = taking->copy->redactor ? redactor_count(taking->copy->redactor) : 0;
	return check(taking, to, err);
}

/* Workers are elsewhere: "/name", without slashes at its end. */
static const char *absolute(struct arena *arena, const char *name)
{
	scoped_free char *here = *name == '/' ? strdup("") : get_current_dir_name();
	size_t n = strlen(name);

	while (n > 1 && name[n - 1] == '/')
		n--;
	return here ? arena_printf(arena, "%s%s%.*s", here, *here ? "/" : "", (int)n, name) : NULL;
}

static int begin(struct snapshot *to, const struct snapshot_request *request, struct error *err)
{
	int r = tree_is_free(request->directory);

	if (r == 0)
		return error_set(err, STATUS_USAGE, EEXIST, "not-empty", request->directory,
				 "there is something of that name already");
	if (r < 0)
		return error_errno(err, r, "bad-directory", request->directory,
				   "cannot look at it");
	to->directory = absolute(to->arena, request->directory);
	to->part = to->directory
			   ? arena_printf(to->arena, "%s.part-%d", to->directory, (int)getpid())
			   : NULL;
	r = to->part && to->directory ? tree_begin(to->part) : -ENOMEM;
	if (r == 0)
		return 0;
	to->part = NULL;
	return error_errno(err, r, "bad-directory", request->directory, "cannot make it");
}

static struct snapshot_copy *new_copy(struct snapshot *to, const struct snapshot_request *request)
{
	struct snapshot_copy *copy = arena_alloc(to->arena, sizeof(*copy));

	if (!copy)
		return NULL;
	copy->to = to;
	copy->made = arena_alloc(to->arena, SNAPSHOT_MADE_SLOTS * sizeof(*copy->made));
	if (!copy->made)
		return NULL;
	if (!request->keep_identifiers)
		copy->redactor = redactor_new(to->arena);
	return copy;
}

static int take(struct snapshot *to, const struct snapshot_request *request,
		const volatile sig_atomic_t *stop, struct error *err)
{
	struct taking taking = {.request = request, .stop = stop};
	int r;

	taking.copy = new_copy(to, request);
	taking.record = path_record_new(to->arena);
	to->redacted = !request->keep_identifiers;
	if (!taking.copy || !taking.record)
		return error_out_of_memory(err);
	if (begin(to, request, err) < 0)
		return -1;
	r = fill(to, &taking, err);
	free(taking.copy->uses);
	free(taking.units);
	return r;
}

int snapshot_take(struct snapshot **ret, const struct snapshot_request *request,
		  const volatile sig_atomic_t *stop, struct error *err)
{
	struct arena *arena = arena_new(ARENA_SIZE);
	struct snapshot *snapshot = arena ? arena_alloc(arena, sizeof(*snapshot)) : NULL;

	if (!snapshot) {
		arena_free(arena);
		return error_out_of_memory(err);
	}
	snapshot->arena = arena;
	if (take(snapshot, request, stop, err) == 0) {
		*ret = snapshot;
		return 0;
	}
	snapshot_end(snapshot);
	return -1;
}

int snapshot_finish(struct snapshot *snapshot, const char *manifest, struct error *err)
{
	int r = tree_file(snapshot->part, SNAPSHOT_MANIFEST, manifest, strlen(manifest), 0644);

	if (r == 0)
		r = tree_publish(snapshot->part, snapshot->directory);
	if (r < 0)
		return error_errno(err, r, "write", snapshot->directory,
				   "cannot write the snapshot");
	snapshot->part = NULL;
	return 0;
}

void snapshot_end(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	if (snapshot->part)
		tree_remove(snapshot->part);
	arena_free(snapshot->arena);
}
