/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only door to /sys, /proc, /dev, /run, /etc and /boot.
 *
 * All paths are absolute and are looked up inside one root, "/" or the tree named by --sysroot,
 * with openat2(2) and RESOLVE_IN_ROOT: a link in a captured tree cannot lead out of it. The root
 * belongs to the process, as with chroot(2), because one run looks at exactly one machine.
 *
 * Every function takes the path as a printf format. Failures are -errno. Nothing here has a
 * deadline: an attribute of a device that is stuck in unbind can block for ever, so callers that
 * must not hang work in a child (base/worker.h).
 *
 * In a captured tree a FIFO stands for a file that does not answer, and blocks where somebody
 * watches: in a worker. Elsewhere it is a file that cannot be read (-ENXIO), as nodes and sockets
 * are everywhere. On the live machine files are opened as they are.
 */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include "base/util.h"

/* Sysfs never hands out more than a page per attribute. */
#define PATH_ATTR_MAX 4096

/* Makes dir the root of all further look-ups. 0, or -errno and the old root stays. */
int path_set_root(const char *dir);

/*
 * For a process that closes what it inherited (base/worker.c): moves the descriptor behind the root
 * to fd. Returns fd, or fd - 1 when the root is "/", which needs none.
 */
int path_move_root(int fd);

/* True while the root is "/": only then may anything be written, opened as a device or loaded. */
bool path_is_live(void);

/*
 * From now on this process, and those forked from it, may wait for such a FIFO: each worker says so
 * (base/worker.h), for it has a deadline that another process keeps.
 */
void path_may_wait(void);

/*
 * For one that has a deadline of its own, which is not to be spent on FIFOs (host/snapshot.c):
 * neither it nor those forked from it, workers included, wait any more.
 */
void path_never_wait(void);

/*
 * The name that a program outside of this one would use for a path inside the root ("/sys/x", or
 * "DIR/sys/x" with --sysroot): for libraries that open files themselves. 0 or -ENAMETOOLONG.
 */
int path_outside(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/*
 * The same for what such a library may then open: the name of what the path leads to, with no link
 * in it, which the library would follow out of a captured tree. On the live machine it is the path.
 * 0 or -errno.
 */
int path_lend(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/*
 * Says whether such a library may open a file, by its name outside of the root, and tells
 * path_record() of it. In a captured tree not when it would come to another file than the tree
 * means, or to none that can be read without waiting; yes when both find none. On the live machine
 * always.
 */
bool path_may_lend(const char *file);

/*
 * For a process that shall see what a reader of a captured tree would see, and tell which files
 * those are: from now on the root, "/" included, is looked at as a captured tree, and each use of a
 * file is added to the record (base/path_record.h), also by the processes forked from here. 0 or
 * -errno.
 */
struct path_record;
int path_record(struct path_record *into);

/* open(2) in the root, O_CLOEXEC added. Returns a descriptor that the caller closes. */
int path_open(int flags, const char *fmt, ...) PRINTF(2, 3);

/* A directory stream that the caller closes (scoped_dir); NULL with errno set. */
DIR *path_opendir(const char *fmt, ...) PRINTF(1, 2);

/* Next entry other than "." and ".."; NULL at the end. */
const char *path_next(DIR *dir);

/* The same, and its type: one of DT_*, DT_UNKNOWN where the file system does not tell. */
const char *path_next_typed(DIR *dir, unsigned char *ret_type);

/*
 * Reads at most size-1 bytes, drops one trailing newline, terminates with NUL and returns the
 * length. What does not fit is cut.
 */
ssize_t path_read(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/* Reads a whole file into fresh memory that the caller frees; at most max bytes, else -EFBIG. */
int path_read_all(char **ret, size_t max, const char *fmt, ...) PRINTF(3, 4);

/* The same, and its size: for what may have a NUL in it. */
int path_read_whole(char **ret, size_t *ret_size, size_t max, const char *fmt, ...) PRINTF(4, 5);

/* What an attribute says as a number, as the kernel prints it: decimal, negative or 0x-prefixed.
 * -EINVAL, -ERANGE. */
int path_number(int64_t *ret, const char *text);

/* Reads such a number. */
int path_read_number(int64_t *ret, const char *fmt, ...) PRINTF(2, 3);

/* The target of a symbolic link, unresolved. */
ssize_t path_readlink(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/* The last component of a symbolic link's target: how sysfs names a driver, group or bus. */
ssize_t path_link_name(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/* The canonical path inside the root, all links resolved. */
ssize_t path_resolve(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/*
 * The same for an entry of a directory that is open already (path_open() with O_PATH). Walking to a
 * device through the links of sysfs costs more than reading its attribute, so who reads many
 * attributes walks once. The name has no slash, and is not followed when it is a link.
 */
ssize_t path_read_at(char *buf, size_t size, int dir, const char *name);
int path_read_number_at(int64_t *ret, int dir, const char *name);
ssize_t path_link_name_at(char *buf, size_t size, int dir, const char *name);
bool path_exists_at(int dir, const char *name);

/* The canonical path of an open file. */
ssize_t path_of(char *buf, size_t size, int fd);

/* stat(2), following links; path_lstat() does not follow the last one. */
int path_stat(struct stat *ret, const char *fmt, ...) PRINTF(2, 3);
int path_lstat(struct stat *ret, const char *fmt, ...) PRINTF(2, 3);

/*
 * stat(2) through a magic link such as /proc/PID/fd/N, which RESOLVE_IN_ROOT does not follow:
 * type and device number (nothing else) of what another process has open. -EXDEV outside of "/".
 */
int path_stat_magic(struct stat *ret, const char *fmt, ...) PRINTF(2, 3);

/* open(2) through such a link: a namespace, /proc/PID/ns/net. -EXDEV outside of "/". */
int path_open_magic(int flags, const char *fmt, ...) PRINTF(2, 3);

bool path_exists(const char *fmt, ...) PRINTF(1, 2);

/* True for a file that has content: no FIFO, which would block a worker that reads it. */
bool path_is_file(const char *fmt, ...) PRINTF(1, 2);

/* access(2) with the effective ids. */
int path_access(int mode, const char *fmt, ...) PRINTF(2, 3);

/*
 * Writes value to an existing file in one write(2), as kernel attributes want it.
 * -EXDEV outside of "/": a captured tree is never changed.
 */
int path_write(const char *value, const char *fmt, ...) PRINTF(2, 3);

/*
 * Replaces a file as a whole: written beside it under a temporary name, synced, renamed, its
 * directory synced. A symbolic link in the last component is replaced, not followed; one in the
 * place of the directory is refused (-ENOTDIR).
 */
int path_replace(const char *data, size_t size, mode_t mode, const char *fmt, ...) PRINTF(4, 5);

/*
 * The same for a file that a user named on the command line: outside of the root, and also while
 * that is a captured tree. A new file gets the permissions that the umask leaves, an old one keeps
 * its own. -EEXIST when it is there and no regular file.
 */
int path_export(const char *data, size_t size, const char *file);

/* Deletes the temporary files of path_replace() in a directory. 0, or -errno. */
int path_tidy(const char *fmt, ...) PRINTF(1, 2);

/*
 * Opens a file for reading and writing, made empty when it is missing; a symbolic link in the last
 * component is refused (-ELOOP). The caller closes the descriptor.
 */
int path_create(mode_t mode, const char *fmt, ...) PRINTF(2, 3);

/* mkdir(2) for the last component; an existing directory (not a link to one) is success. */
int path_mkdir(mode_t mode, const char *fmt, ...) PRINTF(2, 3);

/* unlink(2); a symbolic link in the place of the directory is refused (-ENOTDIR). */
int path_unlink(const char *fmt, ...) PRINTF(1, 2);

/*
 * For a process of its own, which then sees an empty directory at dir and may fill it: nobody else
 * sees that, and it ends with the process. -EPERM without CAP_SYS_ADMIN.
 */
int path_cover(const char *dir);

/* Gives a file, which is no link, to an owner and a group, with these permission bits. */
int path_own(uid_t owner, gid_t group, mode_t mode, const char *fmt, ...) PRINTF(4, 5);

/* Makes the node of a character device, for its owner alone to read and write. */
int path_make_node(dev_t number, uid_t owner, const char *fmt, ...) PRINTF(3, 4);

/*
 * Access control lists, as acl(5) explains them. Permissions are R_OK, W_OK and X_OK together. A
 * file that has no list has the three entries that its mode stands for.
 */
enum path_acl_kind {
	PATH_ACL_OWNER,
	PATH_ACL_USER, /* id */
	PATH_ACL_OWNING_GROUP,
	PATH_ACL_GROUP, /* id */
	PATH_ACL_MASK,
	PATH_ACL_OTHERS,
};

struct path_acl_entry {
	enum path_acl_kind kind;
	id_t id; /* (id_t)-1 for the kinds that have none */
	int permissions;
};

/* Reads at most size entries: how many there are, or -EOVERFLOW when there are more. */
ssize_t path_acl_read(struct path_acl_entry *ret, size_t size, const char *fmt, ...) PRINTF(3, 4);

/*
 * Sets the entry of one user or group, other entries staying as they are; permissions 0 removes it.
 * -EOPNOTSUPP where the file system keeps no lists.
 */
int path_acl_set(enum path_acl_kind kind, id_t id, int permissions, const char *fmt, ...)
	PRINTF(4, 5);
