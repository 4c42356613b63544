/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path_tree.h"

#include "base/path_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

int tree_begin(const char *dir)
{
	return mkdir(dir, 0755) < 0 ? -errno : 0;
}

static int open_below(int top, const char *path, int flags, mode_t mode)
{
	const struct open_how how = {
		.flags = (unsigned int)(flags | O_NOFOLLOW),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	path += strspn(path, "/");
	return path_open_within(top, *path ? path : ".", how);
}

static int open_top(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Opens the directory that path names, making what is missing. */
static int make_way(int top, const char *path)
{
	int at = open_below(top, path, O_PATH | O_DIRECTORY, 0);
	char name[NAME_MAX + 1];

	if (at != -ENOENT)
		return at;
	at = open_below(top, "", O_PATH | O_DIRECTORY, 0);
	while (at >= 0 && *(path += strspn(path, "/"))) {
		scoped_fd int above = at;
		size_t n = strcspn(path, "/");

		if (n >= sizeof(name))
			return -ENAMETOOLONG;
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		if (mkdirat(above, name, 0755) < 0 && errno != EEXIST)
			return -errno;
		at = open_below(above, name, O_PATH | O_DIRECTORY, 0);
		path += n;
	}
	return at;
}

/* Opens the directory that path lies in, making it where it is missing. */
static int open_parent(const char *dir, const char *path)
{
	char parent[PATH_MAX];
	const char *name = base_name(path);
	scoped_fd int top = open_top(dir);

	if (top < 0)
		return top;
	if ((size_t)(name - path) >= sizeof(parent))
		return -ENAMETOOLONG;
	snprintf(parent, sizeof(parent), "%.*s", (int)(name - path), path);
	return make_way(top, parent);
}

int tree_directory(const char *dir, const char *path)
{
	scoped_fd int top = open_top(dir);
	scoped_fd int fd = top < 0 ? top : make_way(top, path);

	return fd < 0 ? fd : 0;
}

int tree_directory_unreadable(const char *dir, const char *path)
{
	scoped_fd int parent = -1;
	int r = tree_directory(dir, path);

	if (r < 0)
		return r;
	parent = open_parent(dir, path);
	if (parent < 0)
		return parent;
	return fchmodat(parent, base_name(path), S_IWUSR | S_IXUSR, 0) < 0 ? -errno : 0;
}

/* Opens a file to write into, of these permissions whatever the umask. */
static int open_file(const char *dir, const char *path, int flags, mode_t mode)
{
	scoped_fd int parent = open_parent(dir, path);
	int fd;

	if (parent < 0)
		return parent;
	fd = open_below(parent, base_name(path), O_WRONLY | O_CREAT | flags, 0600);
	if (fd >= 0 && mode)
		fchmod(fd, mode & 07777);
	return fd;
}

int tree_file(const char *dir, const char *path, const char *data, size_t size, mode_t mode)
{
	scoped_fd int parent = open_parent(dir, path);
	scoped_fd int fd = -1;

	if (parent < 0)
		return parent;
	if (unlinkat(parent, base_name(path), 0) < 0 && errno != ENOENT)
		return -errno;
	fd = open_below(parent, base_name(path), O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return fd;
	if (fchmod(fd, mode & 07777) < 0)
		return -errno;
	return path_write_all(fd, data, size);
}

int tree_placeholder(const char *dir, const char *path, mode_t mode)
{
	scoped_fd int fd = open_file(dir, path, O_EXCL, mode);

	return fd < 0 && fd != -EEXIST ? fd : 0;
}

int tree_link(const char *dir, const char *path, const char *target)
{
	scoped_fd int parent = open_parent(dir, path);

	if (parent < 0)
		return parent;
	if (symlinkat(target, parent, base_name(path)) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

int tree_append(const char *dir, const char *path, const char *text)
{
	scoped_fd int fd = open_file(dir, path, O_APPEND, 0644);

	return fd < 0 ? fd : path_write_all(fd, text, strlen(text));
}

/* Empties a directory; links are not followed. */
static void empty(int parent, const char *name)
{
	scoped_dir DIR *dir = NULL;
	const struct dirent *entry;
	int fd;

	if (fchmodat(parent, name, 0700, 0) < 0)
		return;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		close_fd(&fd);
	while (dir && (entry = readdir(dir))) {
		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			continue;
		empty(dirfd(dir), entry->d_name);
		unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
}

void tree_remove(const char *dir)
{
	empty(AT_FDCWD, dir);
	rmdir(dir);
}

int tree_publish(const char *dir, const char *name)
{
	scoped_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) < 0)
		return -errno;
	return rename(dir, name) < 0 ? -errno : 0;
}

int tree_is_free(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	scoped_dir DIR *dir = NULL;
	const struct dirent *entry;

	if (fd < 0)
		return errno == ENOENT ? 1 : errno == ENOTDIR || errno == ELOOP ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close_fd(&fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			return 0;
	return 1;
}
