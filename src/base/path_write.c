/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that changes a file. Only the live machine is ever changed, never a captured tree.
 */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/path_internal.h"

int path_write(const char *value, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	scoped_fd int fd = -1;
	size_t size = strlen(value);
	ssize_t n;

	if (!path_is_live())
		return -EXDEV;
	fd = path_open_at_root(path, O_WRONLY, 0);
	if (fd < 0)
		return fd;
	/* No retry on EINTR: an attribute that was interrupted may have had its effect already. */
	n = write(fd, value, size);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

int path_write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_synced(int fd, const char *data, size_t size)
{
	int r = path_write_all(fd, data, size);

	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

/* Splits off the directory of a path and opens it; one that is a link itself is refused. */
static int open_parent(const char *path, const char **ret_name)
{
	char dir[PATH_MAX];
	const char *name = base_name(path);
	size_t n = (size_t)(name - path);

	*ret_name = name;
	if (n == 0 || *name == '\0' || n >= sizeof(dir))
		return -EINVAL;
	memcpy(dir, path, n);
	/* With a slash at its end a link would be followed. */
	dir[n > 1 ? n - 1 : n] = '\0';
	return path_open_at_root(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
}

/* The file of that name in dir, as a whole or not at all; exactly: whatever the umask is. */
static int replace_in(int dir, const char *name, const char *data, size_t size, mode_t mode,
		      bool exactly)
{
	scoped_fd int fd = -1;
	char temporary[NAME_MAX + 1];
	int r = snprintf(temporary, sizeof(temporary), ".%s.%d", name, (int)getpid());

	if (r < 0 || (size_t)r >= sizeof(temporary))
		return -ENAMETOOLONG;
	unlinkat(dir, temporary, 0); /* left over from a run with the same pid that was killed */
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = exactly && fchmod(fd, mode) < 0 ? -errno : write_synced(fd, data, size);
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = -errno;
	if (r == 0)
		return fsync(dir) < 0 ? -errno : 0;
	unlinkat(dir, temporary, 0);
	return r;
}

int path_replace(const char *data, size_t size, mode_t mode, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	const char *name;
	scoped_fd int dir = open_parent(path, &name);

	if (!path_is_live())
		return -EXDEV;
	return dir < 0 ? dir : replace_in(dir, name, data, size, mode, false);
}

int path_export(const char *data, size_t size, const char *file)
{
	char path[PATH_MAX];
	const char *name;
	scoped_fd int dir = -1;
	struct stat st;
	bool is_there;

	/* A link is written through, as the shell's ">" does. */
	is_there = realpath(file, path) && stat(path, &st) == 0;
	if (is_there && !S_ISREG(st.st_mode))
		return -EEXIST;
	if (!is_there && (size_t)snprintf(path, sizeof(path), "%s", file) >= sizeof(path))
		return -ENAMETOOLONG;
	name = base_name(path);
	if (*name == '\0')
		return -EISDIR;
	if (name > path)
		path[name - path - 1] = '\0';
	dir = open(name == path       ? "."
		   : name == path + 1 ? "/"
				      : path,
		   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	return replace_in(dir, name, data, size, is_there ? st.st_mode & 07777 : 0666, is_there);
}

/* ".NAME.PID", with a name that has no dot in front. */
static bool is_temporary(const char *name)
{
	const char *end = strrchr(name, '.');
	uint64_t pid;

	return *name == '.' && end > name + 1 && parse_number(end + 1, 10, INT_MAX, &pid) == 0;
}

int path_tidy(const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	scoped_dir DIR *dir = path_opendir("%s", path);
	const struct dirent *entry;

	if (!path_is_live())
		return -EXDEV;
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (is_temporary(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
	return 0;
}

int path_create(mode_t mode, const char *fmt, ...)
{
	FORMAT_PATH(fmt);

	if (!path_is_live())
		return -EXDEV;
	return path_open_at_root(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode);
}

int path_mkdir(mode_t mode, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	struct stat st;

	if (!path_is_live())
		return -EXDEV;
	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (lstat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int path_unlink(const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	const char *name;
	scoped_fd int dir = open_parent(path, &name);

	if (!path_is_live())
		return -EXDEV;
	if (dir < 0)
		return dir;
	return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

int path_cover(const char *dir)
{
	if (!path_is_live())
		return -EXDEV;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("vfioctl", dir, "tmpfs", MS_NOEXEC | MS_NOSUID, "mode=0755") < 0)
		return -errno;
	return 0;
}

int path_own(uid_t owner, gid_t group, mode_t mode, const char *fmt, ...)
{
	FORMAT_PATH(fmt);

	if (!path_is_live())
		return -EXDEV;
	if (lchown(path, owner, group) < 0 ||
	    fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

int path_make_node(dev_t number, uid_t owner, const char *fmt, ...)
{
	FORMAT_PATH(fmt);

	if (!path_is_live())
		return -EXDEV;
	if (mknod(path, S_IFCHR | S_IRUSR | S_IWUSR, number) < 0)
		return -errno;
	return lchown(path, owner, (gid_t)-1) < 0 ? -errno : 0;
}
