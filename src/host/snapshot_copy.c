/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file that was used, and the way to it: every link on it stays a link.
 */
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "base/path_nodes.h"
#include "base/path_tree.h"
#include "host/denial.h"
#include "host/snapshot_internal.h"

enum { MAX_FILE = 64 << 20, MAX_LINKS = 40, MAX_ENTRIES = 65536 };

/* --- what goes into the tree -------------------------------------------------------------- */

void snapshot_gap(struct snapshot_copy *copy, const char *path, int errnum, const char *cause)
{
	struct arena *arena = copy->to->arena;
	struct snapshot_gap *gap;

	for (gap = copy->to->gaps; gap; gap = gap->next)
		if (streq(gap->path, path))
			return;
	gap = arena_alloc(arena, sizeof(*gap));
	if (!gap)
		return;
	*gap = (struct snapshot_gap){
		.next = copy->to->gaps,
		.path = arena_strdup(arena, path),
		.cause = errnum ? errno_name(errnum) : cause,
	};
	if (!gap->path)
		return;
	copy->to->gaps = gap;
	copy->to->n_gaps++;
}

/* A name or a link's text as it is in the tree. The caller frees it. */
static char *name_in_tree(struct snapshot_copy *copy, const char *text)
{
	size_t size;

	return copy->redactor ? redact(copy->redactor, text, strlen(text), &size) : strdup(text);
}

/* Notes what did not arrive: a full disk must not look like a machine with few files. */
static void check(struct snapshot_copy *copy, const char *path, int r)
{
	if (r < 0)
		copy->to->failed = copy->to->failed ? copy->to->failed : r;
	if (r < 0)
		snapshot_gap(copy, path, r, NULL);
}

/* Notes that something is made; true when it was before. Many files lie in few directories. */
static bool is_made(struct snapshot_copy *copy, char kind, const char *path)
{
	uint64_t hash = 0xcbf29ce484222325 ^ (unsigned char)kind, *slot;

	while (*path)
		hash = (hash ^ (unsigned char)*path++) * 0x100000001b3;
	hash |= 1;
	for (size_t i = 0; i < SNAPSHOT_MADE_SLOTS / 2; i++) {
		slot = &copy->made[(hash + i) % SNAPSHOT_MADE_SLOTS];
		if (*slot == hash)
			return true;
		if (*slot == 0) {
			*slot = hash;
			return false;
		}
	}
	return false;
}

void snapshot_link(struct snapshot_copy *copy, const char *path, const char *target)
{
	if (is_made(copy, 'l', path))
		return;
	copy->to->n_links++;
	scoped_free char *name = name_in_tree(copy, path), *text = name_in_tree(copy, target);

	check(copy, path, name && text ? tree_link(copy->to->part, name, text) : -ENOMEM);
}

void snapshot_directory(struct snapshot_copy *copy, const char *path)
{
	if (is_made(copy, 'd', path))
		return;
	copy->to->n_directories++;
	scoped_free char *name = name_in_tree(copy, path);

	check(copy, path, name ? tree_directory(copy->to->part, name) : -ENOMEM);
}

static void put_placeholder(struct snapshot_copy *copy, const char *path, mode_t mode)
{
	scoped_free char *name = name_in_tree(copy, path);

	check(copy, path, name ? tree_placeholder(copy->to->part, name, mode) : -ENOMEM);
}

void snapshot_unreadable(struct snapshot_copy *copy, const char *path, int errnum)
{
	scoped_free char *name = name_in_tree(copy, path);

	snapshot_gap(copy, path, errnum, NULL);
	check(copy, path, name ? tree_file(copy->to->part, name, "", 0, 0) : -ENOMEM);
}

void snapshot_hide_descriptors(struct snapshot_copy *copy, const char *directory)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/fd", directory);
	snapshot_gap(copy, path, EACCES, NULL);
	check(copy, path, tree_directory_unreadable(copy->to->part, path));
}

static bool is_text(const char *data, size_t size)
{
	return !memchr(data, '\0', size);
}

void snapshot_write(struct snapshot_copy *copy, const char *path, const char *asked,
		    const char *text, size_t size, mode_t mode)
{
	scoped_free char *name = name_in_tree(copy, path), *kept = NULL, *clean = NULL;
	const char *data = text;

	if (is_text(text, size) || snapshot_text_is_reduced(asked)) {
		kept = snapshot_text(asked, text, &size);
		data = kept;
		if (kept && copy->redactor)
			data = clean = redact_file(copy->redactor, asked, kept, size, &size);
		if (!data)
			return;
	}
	check(copy, path,
	      name ? tree_file(copy->to->part, name, data, size, (mode & 0777) | 0600) : -ENOMEM);
	copy->to->n_files++;
	copy->to->bytes += (int64_t)size;
}

void snapshot_node(struct snapshot_copy *copy, const char *path, const struct stat *st)
{
	scoped_free char *name = name_in_tree(copy, path);
	char line[PATH_MAX + 64];

	if (!is_made(copy, 'n', path) && name && path_nodes_line(line, sizeof(line), st, name))
		check(copy, path, tree_append(copy->to->part, PATH_NODES, line));
}

/* Whose it is matters of what somebody may want to open, and where it is not root's. */
static void note_owner(struct snapshot_copy *copy, const char *path, const struct stat *st)
{
	if (startswith(path, "/dev") || st->st_uid || st->st_gid ||
	    !(S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)))
		snapshot_node(copy, path, st);
}

/* --- the way ------------------------------------------------------------------------------ */

struct way {
	const char *asked;   /* the name that was used */
	char real[PATH_MAX]; /* as far as it goes; no link in it */
	char rest[PATH_MAX]; /* still to go */
	struct stat st;      /* of real */
	int links;
};

/* The next component of rest into name; false at its end. */
static bool next_component(char *name, size_t size, struct way *way)
{
	char *start = way->rest + strspn(way->rest, "/");
	size_t n = strcspn(start, "/");

	if (n == 0)
		return false;
	snprintf(name, size, "%.*s", (int)n, start);
	memmove(way->rest, start + n, strlen(start + n) + 1);
	return true;
}

/* The link at path is the next part of the way. */
static int follow(struct snapshot_copy *copy, struct way *way, const char *path)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = path_readlink(target, sizeof(target), "%s", path);

	if (n < 0)
		return (int)n;
	snapshot_link(copy, path, target);
	if (++way->links > MAX_LINKS)
		return -ELOOP;
	memcpy(rest, way->rest, sizeof(rest));
	if (*target == '/')
		*way->real = '\0';
	if ((size_t)snprintf(way->rest, sizeof(way->rest), "%s%s", target, rest) >=
	    sizeof(way->rest))
		return -ENAMETOOLONG;
	return 0;
}

static void go_up(struct way *way)
{
	char *slash = strrchr(way->real, '/');

	if (slash)
		*slash = '\0';
}

static int enter(struct snapshot_copy *copy, struct way *way, const char *name, bool follows)
{
	char path[PATH_MAX];
	bool last = way->rest[strspn(way->rest, "/")] == '\0';
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", way->real, name) >= sizeof(path))
		return -ENAMETOOLONG;
	r = path_lstat(&way->st, "%s", path);
	if (r < 0) {
		if (r != -ENOENT && r != -ENOTDIR)
			snapshot_unreadable(copy, path, r);
		return r;
	}
	if (S_ISLNK(way->st.st_mode) && (!last || follows))
		return follow(copy, way, path);
	memcpy(way->real, path, sizeof(path));
	if (S_ISDIR(way->st.st_mode))
		snapshot_directory(copy, path);
	else if (!last)
		return -ENOTDIR;
	if (startswith(path, "/dev"))
		note_owner(copy, path, &way->st);
	return 0;
}

/* Copies what leads to a file; way->real is then its canonical name. */
static int go(struct snapshot_copy *copy, struct way *way, const char *path, bool follows)
{
	char name[NAME_MAX + 1];
	int r = path_lstat(&way->st, "/");

	way->asked = path;
	*way->real = '\0';
	way->links = 0;
	snprintf(way->rest, sizeof(way->rest), "%s", path);
	while (r == 0 && next_component(name, sizeof(name), way)) {
		if (streq(name, ".."))
			go_up(way);
		else if (!streq(name, "."))
			r = enter(copy, way, name, follows);
	}
	return r;
}

/* --- what is there ------------------------------------------------------------------------ */

/* A log may be larger than anything that is taken, and only its end is looked at. */
static int read_content(char **ret, size_t *ret_size, const char *path, const char *asked)
{
	for (size_t i = 0; denial_logs[i]; i++)
		if (streq(asked, denial_logs[i])) {
			int r = denial_read_log(ret, path);

			*ret_size = r == 0 ? strlen(*ret) : 0;
			return r;
		}
	return path_read_whole(ret, ret_size, MAX_FILE, "%s", path);
}

static void copy_content(struct snapshot_copy *copy, const char *path, const struct way *way)
{
	scoped_free char *text = NULL;
	size_t size;
	int r = read_content(&text, &size, path, way->asked);

	if (r == 0)
		snapshot_write(copy, path, way->asked, text, size, way->st.st_mode);
	else if (r != -ENOENT && r != -ENODEV)
		snapshot_unreadable(copy, path, r);
}

/* Of what is listed the names of links and directories count; a file is there when it is used. */
static void copy_entry(struct snapshot_copy *copy, const char *directory, const char *name,
		       unsigned char type)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) >= sizeof(path))
		return;
	if (type == DT_UNKNOWN && path_lstat(&st, "%s", path) == 0)
		type = (unsigned char)IFTODT(st.st_mode);
	if (type == DT_DIR)
		snapshot_directory(copy, path);
	else if (type == DT_LNK && path_readlink(target, sizeof(target), "%s", path) > 0)
		snapshot_link(copy, path, target);
}

static void copy_list(struct snapshot_copy *copy, const char *path)
{
	scoped_dir DIR *dir = path_opendir("%s", path);
	scoped_free char *tree_name = NULL;
	unsigned char type;
	const char *name;
	size_t n = 0;

	if (!dir && (errno == EACCES || errno == EPERM)) {
		snapshot_gap(copy, path, errno, NULL);
		tree_name = name_in_tree(copy, path);
		if (tree_name)
			tree_directory_unreadable(copy->to->part, tree_name);
	}
	/* The processes are copied one by one. */
	while (dir && !streq(path, "/proc") && (name = path_next_typed(dir, &type))) {
		if (++n > MAX_ENTRIES) {
			snapshot_gap(copy, path, 0, "more entries than are taken");
			return;
		}
		copy_entry(copy, path, name, type);
	}
}

static bool is_for_libraries(const char *name)
{
	static const char *const globs[] = {"*.bin", "*.conf", "modules.builtin*",
					    "modules.softdep"};

	for (size_t i = 0; i < ARRAY_SIZE(globs); i++)
		if (fnmatch(globs[i], name, 0) == 0)
			return true;
	return false;
}

static void copy_known(struct snapshot_copy *copy, struct way *way, enum path_use use);

/* A library reads the files of a directory that it was named. */
static void copy_lent(struct snapshot_copy *copy, const char *path)
{
	scoped_dir DIR *dir = path_opendir("%s", path);
	const char *name;

	while (dir && (name = path_next(dir))) {
		struct way way;
		char file[PATH_MAX];

		if (is_for_libraries(name) &&
		    (size_t)snprintf(file, sizeof(file), "%s/%s", path, name) < sizeof(file) &&
		    go(copy, &way, file, true) == 0)
			copy_known(copy, &way, PATH_READ);
	}
}

/* Nodes, FIFOs and sockets are not opened: that they are there is all that is taken. That is a gap
 * when they were to be read, as a FIFO always is. */
static void copy_known(struct snapshot_copy *copy, struct way *way, enum path_use use)
{
	const char *path = *way->real ? way->real : "/";
	char target[PATH_MAX];

	if (S_ISLNK(way->st.st_mode)) {
		if (path_readlink(target, sizeof(target), "%s", path) > 0)
			snapshot_link(copy, path, target);
	} else if (S_ISDIR(way->st.st_mode)) {
		if (use == PATH_LISTED)
			copy_list(copy, path);
		else if (use == PATH_LENT)
			copy_lent(copy, path);
	} else if (S_ISREG(way->st.st_mode) && (use == PATH_READ || use == PATH_LENT)) {
		copy_content(copy, path, way);
	} else {
		if (S_ISFIFO(way->st.st_mode) ||
		    (!S_ISREG(way->st.st_mode) && (use == PATH_READ || use == PATH_LENT)))
			snapshot_gap(copy, path, 0, "it is no regular file");
		put_placeholder(copy, path, (way->st.st_mode & 0777) | 0400);
		if (!startswith(path, "/dev"))
			note_owner(copy, path, &way->st);
	}
}

void snapshot_copy_use(struct snapshot_copy *copy, const struct path_seen *seen)
{
	struct way way;

	if (go(copy, &way, seen->path, seen->follows) == 0)
		copy_known(copy, &way, seen->use);
}
