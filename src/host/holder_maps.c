/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mappings of device nodes, from /proc/PID/maps: read in pieces, because a process may have a
 * million of them. The device number in there is that of the file system, so candidates, told by
 * their path, are looked at through /proc/PID/map_files, which also leads to deleted nodes and to
 * those in other mount namespaces.
 */
#include "host/holder_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/path.h"

static void look_at_node(struct process *process, const char *line, const char *path)
{
	uint64_t start, end;
	char link[160];
	struct stat st;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
		return;
	snprintf(link, sizeof(link), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, process->pid, start,
		 end);
	holder_stat_node(&st, link, path);
	holder_match_node(process, &st, -1, path);
}

/* "7f00-7f01 rw-s 00000000 00:05 123   /dev/vfio/devices/vfio0 (deleted)" */
static void look_at_line(struct process *process, const char *line)
{
	const char *path = strchr(line, '/');

	if (strstr(line, VFIO_DEVICE))
		process->mapped_unnamed = true;
	else if (path && strstr(path, "/dev/"))
		look_at_node(process, line, path);
}

/* Takes the whole lines out of buf[used]; returns how much is left at its beginning. */
static size_t take_lines(struct process *process, char *buf, size_t used)
{
	char *line = buf, *end = buf + used, *newline;

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		*newline = '\0';
		look_at_line(process, line);
		line = newline + 1;
	}
	memmove(buf, line, (size_t)(end - line));
	return (size_t)(end - line);
}

int holder_look_at_maps(struct process *process)
{
	char buf[32768]; /* a line has at most a page of path */
	scoped_fd int fd = path_open(O_RDONLY, "%s/maps", process->directory);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	while ((n = read(fd, buf + used, sizeof(buf) - used)) > 0) {
		used = take_lines(process, buf, used + (size_t)n);
		if (used == sizeof(buf))
			used = 0; /* not a line of any kernel */
	}
	return n < 0 ? -errno : 0;
}
