/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a survey knows: devices, what hangs below them by number, and what was noted.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/usage_internal.h"
#include "host/vfio_driver.h"

enum { MAX_USAGES = 256, MAX_OF_A_KIND = 16 };

/* --- notes -------------------------------------------------------------------------------- */

bool usage_is_noted(const struct look *look, enum usage_reason reason, const char *evidence)
{
	for (const struct noted *n = look->first; n; n = n->next)
		if (n->usage.reason == reason && startswith(n->usage.evidence, evidence))
			return true;
	return false;
}

static void note(struct look *look, const struct usage *usage)
{
	struct noted *noted = arena_alloc(look->survey->arena, sizeof(*noted));

	if (!noted)
		return; /* thousands are noted by then: enough for any refusal */
	noted->usage = *usage;
	if (look->last)
		look->last->next = noted;
	else
		look->first = noted;
	look->last = noted;
	look->count++;
}

/* True when there is room for another one of that kind; the last one says that there are more. */
static bool have_room(struct look *look, enum usage_reason reason)
{
	static const char more[] = "... and more of the same";
	size_t same = 0;

	if (look->count >= MAX_USAGES)
		return false;
	for (const struct noted *n = look->first; n; n = n->next)
		same += n->usage.reason == reason;
	if (same == MAX_OF_A_KIND && !usage_is_noted(look, reason, more)) {
		struct usage usage = {.reason = reason};

		memcpy(usage.evidence, more, sizeof(more));
		append(usage.remedy, sizeof(usage.remedy), "%s", usage_reasons[reason].remedy);
		note(look, &usage);
	}
	return same < MAX_OF_A_KIND;
}

void usage_add(struct look *look, enum usage_reason reason, const char *remedy, const char *fmt,
	       ...)
{
	struct usage usage = {.reason = reason};
	char text[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	append(usage.evidence, sizeof(usage.evidence), "%s", text);
	append(usage.remedy, sizeof(usage.remedy), "%s",
	       remedy ? remedy : usage_reasons[reason].remedy);
	for (const struct noted *n = look->first; n; n = n->next)
		if (n->usage.reason == reason && streq(n->usage.evidence, usage.evidence))
			return;
	if (have_room(look, reason))
		note(look, &usage);
}

void usage_unseen(struct look *look, int errnum, const char *what)
{
	errnum = errnum < 0 ? -errnum : errnum;
	if (errnum == ENOENT || errnum == ENOTDIR || errnum == ENODEV || errnum == ESRCH)
		return;
	usage_add(look, USAGE_UNSEEN, NULL, "%s cannot be looked at: %s (%s)", what,
		  strerror(errnum), errno_name(errnum));
}

void survey_unseen(struct survey *survey, bool (*concerns)(const struct look *look), int errnum,
		   const char *what)
{
	for_each_look(look, survey) if (concerns(look)) usage_unseen(look, errnum, what);
}

int usage_hand_over(struct usages *ret, const struct look *look, struct error *err)
{
	ret->list = calloc(look->count + 1, sizeof(*ret->list));
	if (!ret->list)
		return error_errno(err, ENOMEM, "out-of-memory", look->dev->address, "looking");
	for (const struct noted *n = look->first; n && ret->count < look->count; n = n->next)
		ret->list[ret->count++] = n->usage;
	return 0;
}

/* --- nodes and interfaces ----------------------------------------------------------------- */

bool look_has(const struct look *look, enum node_kind kind)
{
	for (const struct node *node = look->nodes; node; node = node->next)
		if (node->kind == kind)
			return true;
	return false;
}

bool look_has_disk(const struct look *look)
{
	return look_has(look, NODE_BLOCK);
}

bool look_has_interface(const struct look *look)
{
	return look->interfaces != NULL;
}

static size_t bucket_of(uint64_t number)
{
	return (number ^ number >> 10) % SURVEY_BUCKETS;
}

struct node *look_add_node(struct look *look, enum node_kind kind, dev_t number, const char *path)
{
	struct survey *survey = look->survey;
	struct node *node = arena_alloc(survey->arena, sizeof(*node));
	const char *copy = node ? arena_strdup(survey->arena, path) : NULL;
	struct node **bucket = &survey->nodes[bucket_of(number)];

	if (!copy)
		return NULL;
	*node = (struct node){
		.next = look->nodes,
		.same_hash = *bucket,
		.look = look,
		.kind = kind,
		.number = number,
		.path = copy,
		.name = base_name(copy),
	};
	look->nodes = node;
	*bucket = node;
	return node;
}

struct node *survey_node(const struct survey *survey, enum node_kind kind, dev_t number,
			 const struct node *after)
{
	struct node *node = after ? after->same_hash : survey->nodes[bucket_of(number)];

	while (node && (node->kind != kind || node->number != number))
		node = node->same_hash;
	return node;
}

static bool is_called(const struct node *node, const char *name)
{
	const char *rest = startswith(name, node->name);

	return rest && (!*rest || streq(rest, " (deleted)"));
}

void survey_nodes_by_path(const struct survey *survey, enum node_kind kind, const char *path,
			  void (*found)(struct node *node, void *arg), void *arg)
{
	const char *name = startswith(path, "/dev/");
	struct stat st;

	if (*path != '/')
		return;
	if (path_stat(&st, "%s", path) == 0 &&
	    (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode) || path_is_live())) {
		if (kind == NODE_BLOCK ? !S_ISBLK(st.st_mode) : !S_ISCHR(st.st_mode))
			return;
		for (struct node *node = survey_node(survey, kind, st.st_rdev, NULL); node;
		     node = survey_node(survey, kind, st.st_rdev, node))
			found(node, arg);
		return;
	}
	for_each_look(
		look,
		survey) for (struct node *node = look->nodes; node;
			     node = node->next) if (node->kind == kind &&
						    is_called(node, name ? name : base_name(path)))
		found(node, arg);
}

struct interface *look_add_interface(struct look *look, const char *path)
{
	struct interface *interface = arena_alloc(look->survey->arena, sizeof(*interface));
	const char *copy = interface ? arena_strdup(look->survey->arena, path) : NULL;

	if (!copy)
		return NULL;
	*interface = (struct interface){
		.next = look->interfaces, .look = look, .path = copy, .name = base_name(copy)};
	look->interfaces = interface;
	return interface;
}

void survey_index_interface(struct interface *interface, int index)
{
	struct interface **bucket =
		&interface->look->survey->interfaces[bucket_of((unsigned int)index)];

	interface->index = index;
	interface->same_hash = *bucket;
	*bucket = interface;
}

struct interface *survey_interface(const struct survey *survey, uint32_t index)
{
	struct interface *interface = survey->interfaces[bucket_of(index)];

	while (interface && (uint32_t)interface->index != index)
		interface = interface->same_hash;
	return interface;
}

/* --- devices ------------------------------------------------------------------------------ */

static void begin_look(struct survey *survey, const struct device *dev)
{
	struct look *look = &survey->looks[survey->n_looks++];
	char path[PATH_MAX];

	look->survey = survey;
	look->dev = dev;
	look->syspath = dev->syspath;
	if (!look->syspath &&
	    path_resolve(path, sizeof(path), "/sys/bus/%s/devices/%s", dev->bus, dev->address) > 0)
		look->syspath = arena_strdup(survey->arena, path);
}

struct survey *survey_new(struct arena *arena, const struct device *const *devices, size_t count)
{
	struct survey *survey = arena_alloc(arena, sizeof(*survey));
	size_t room = count;

	if (!survey)
		return NULL;
	for (size_t i = 0; i < count; i++)
		room += devices[i]->n_vfs > 0 ? (size_t)devices[i]->n_vfs : 0;
	survey->arena = arena;
	survey->looks = arena_alloc(arena, room * sizeof(*survey->looks));
	for (size_t i = 0; survey->looks && i < count; i++)
		begin_look(survey, devices[i]);
	survey->n_asked = count;
	return survey->looks ? survey : NULL;
}

static struct look *find_look(const struct survey *survey, const char *address)
{
	for_each_look(look, survey) if (streq(look->dev->address, address)) return look;
	return NULL;
}

/* A record of a VF with as much in it as looking wants. */
static const struct device *read_function(struct arena *arena, const char *syspath)
{
	struct device *dev = arena_alloc(arena, sizeof(*dev));
	char driver[64] = "";

	if (!dev)
		return NULL;
	*dev = (struct device){.bus = "pci", .class_id = -1, .iommu_group = -1};
	dev->syspath = arena_strdup(arena, syspath);
	if (path_link_name(driver, sizeof(driver), "%s/driver", syspath) > 0)
		dev->driver = arena_strdup(arena, driver);
	dev->is_vfio = vfio_holds("%s", syspath);
	if (!dev->syspath)
		return NULL;
	dev->address = base_name(dev->syspath);
	return dev;
}

static int add_function(struct survey *survey, struct look *physical, const char *syspath)
{
	struct look *look = find_look(survey, base_name(syspath));

	if (!look) {
		const struct device *dev = read_function(survey->arena, syspath);

		if (!dev)
			return -ENOMEM;
		look = &survey->looks[survey->n_looks];
		begin_look(survey, dev);
	}
	look->physical = physical;
	return 0;
}

int survey_add_functions(struct survey *survey)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < survey->n_asked; i++) {
		struct look *look = &survey->looks[i];

		for (int k = 0; look->syspath && k < look->dev->n_vfs; k++)
			if (path_resolve(path, sizeof(path), "%s/virtfn%d", look->syspath, k) > 0 &&
			    add_function(survey, look, path) < 0)
				return -ENOMEM;
	}
	return 0;
}
