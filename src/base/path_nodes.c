/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path_nodes.h"

#include "base/path_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>

struct node {
	const char *path; /* into the text */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t number;
};

enum { MAX_TEXT = 8 << 20 };

static struct {
	char *text;
	struct node *list;
	size_t count;
} nodes;

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

/* The file's text, which the caller frees; NULL when there is none. */
static char *read_text(int root)
{
	const struct open_how how = {.flags = O_RDONLY | O_NONBLOCK,
				     .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	scoped_fd int fd = path_open_within(root, PATH_NODES, how);
	scoped_free char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_TEXT)
		return NULL;
	text = calloc(1, (size_t)st.st_size + 1);
	n = text ? read(fd, text, (size_t)st.st_size) : -1;
	return n < 0 ? NULL : take_ptr(text);
}

static bool parse(struct node *ret, char *line)
{
	unsigned int mode, uid, gid, major_number, minor_number;
	int end = 0;

	if (sscanf(line, "%o %u %u %u:%u %n", &mode, &uid, &gid, &major_number, &minor_number,
		   &end) != 5 ||
	    line[end] != '/')
		return false;
	*ret = (struct node){.path = line + end,
			     .mode = mode,
			     .uid = uid,
			     .gid = gid,
			     .number = makedev(major_number, minor_number)};
	return true;
}

void path_nodes_load(int root)
{
	size_t room = 1;
	char *rest, *line;

	free(nodes.text);
	free(nodes.list);
	memset(&nodes, 0, sizeof(nodes));
	nodes.text = root < 0 ? NULL : read_text(root);
	if (!nodes.text)
		return;
	for (const char *c = nodes.text; *c; c++)
		room += *c == '\n';
	nodes.list = calloc(room, sizeof(*nodes.list));
	for (rest = nodes.text; nodes.list && (line = strsep(&rest, "\n"));)
		nodes.count += nodes.count < room && parse(&nodes.list[nodes.count], line);
	if (nodes.count)
		qsort(nodes.list, nodes.count, sizeof(*nodes.list), compare);
}

bool path_nodes_any(void)
{
	return nodes.count > 0;
}

void path_nodes_correct(struct stat *st, const char *path)
{
	struct node key = {.path = path};
	const struct node *found =
		nodes.count ? bsearch(&key, nodes.list, nodes.count, sizeof(key), compare) : NULL;

	if (!found)
		return;
	st->st_mode = found->mode;
	st->st_uid = found->uid;
	st->st_gid = found->gid;
	st->st_rdev = found->number;
}

bool path_nodes_line(char *buf, size_t size, const struct stat *st, const char *path)
{
	int n = snprintf(buf, size, "%o %u %u %u:%u %s\n", st->st_mode, st->st_uid, st->st_gid,
			 major(st->st_rdev), minor(st->st_rdev), path);

	return n > 0 && (size_t)n < size && !strchr(path, '\n');
}
