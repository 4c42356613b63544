/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/lock.h"

#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>

#include "base/path.h"

#define LOCK_FILE STATE_DIRECTORY "/lock"

/* Links in the place of directories could make us write, or delete, elsewhere. */
static int check_inside(struct error *err)
{
	static const char *const directories[] = {"devices", "journal", "access"};
	char path[64];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), STATE_DIRECTORY "/%s", directories[i]);
		if (path_lstat(&st, "%s", path) < 0 || S_ISDIR(st.st_mode))
			continue;
		error_set(err, STATUS_PERMISSION, ENOTDIR, "state-directory", path,
			  "it is no directory, as vfioctl had made it");
		return error_remedy(err, "Find out who put it there, and remove it.");
	}
	return 0;
}

/* The directory must be root's own: a planted one could make us read another's state. */
static int check_directory(struct error *err)
{
	struct stat st;
	int r = path_mkdir(0755, STATE_DIRECTORY);

	if (r == 0)
		r = path_lstat(&st, STATE_DIRECTORY);
	if (r < 0) {
		error_errno(err, r, "state-directory", STATE_DIRECTORY,
			    "cannot make the directory for saved state");
		if (r == -EACCES || r == -EPERM)
			error_remedy(err, "Changing devices needs root.");
		return -1;
	}
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, STATUS_PERMISSION, EPERM, "state-directory", STATE_DIRECTORY,
				 "others may write to it, or it belongs to another user");
	return check_inside(err);
}

static void (*tell_wait)(pid_t owner, int64_t waited_ms);

void lock_tell(void (*on_wait)(pid_t owner, int64_t waited_ms))
{
	tell_wait = on_wait;
}

/* The process that has it, as it wrote down; "" when it has not yet. */
static void read_owner(char *pid, size_t size, int fd)
{
	ssize_t n = pread(fd, pid, size - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
}

static void note_wait(int fd, int64_t waited_ms)
{
	char pid[32] = "";
	uint64_t owner = 0;

	read_owner(pid, sizeof(pid), fd);
	if (tell_wait && parse_number(pid, 10, INT32_MAX, &owner) == 0)
		tell_wait((pid_t)owner, waited_ms);
}

static int locked_by_other(int fd, struct error *err)
{
	char pid[32] = "";

	read_owner(pid, sizeof(pid), fd);
	error_set(err, STATUS_LOCKED, EWOULDBLOCK, "locked", NULL,
		  "another vfioctl is changing or testing devices%s%s", *pid ? ": pid " : "", pid);
	return error_remedy(err, "Wait for it, or give this one more --timeout.");
}

/* So that whoever waits can name who has it. */
static void write_owner(int fd)
{
	char pid[32];
	int n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, pid, (size_t)n, 0);
}

int lock_take(int64_t timeout_ms, struct error *err)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	int64_t since = now_ms(), deadline = since + timeout_ms;
	scoped_fd int fd = -1;

	if (check_directory(err) < 0)
		return -1;
	fd = path_create(0600, LOCK_FILE);
	if (fd < 0) {
		error_errno(err, fd, "lock", LOCK_FILE, "cannot open the lock");
		return err && err->status == STATUS_PERMISSION
			       ? error_remedy(err, "Changing devices needs root.")
			       : -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(err, errno, "lock", LOCK_FILE, "cannot lock");
		if (now_ms() >= deadline)
			return locked_by_other(fd, err);
		note_wait(fd, now_ms() - since);
		nanosleep(&pause, NULL);
	}
	if (tell_wait)
		tell_wait(0, 0);
	write_owner(fd);
	return take_fd(&fd);
}
