/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/path.h"
#include "tests/fuzz/fuzz.h"

static char root[64];

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_tree(void)
{
	nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void fuzz_tree(void)
{
	if (*root)
		return;
	snprintf(root, sizeof(root), "%s/vfioctl-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(root) && path_set_root(root) == 0);
	atexit(remove_tree);
}

/* The path outside, with the directories above it. */
static const char *outside(const char *path)
{
	static char full[PATH_MAX];
	size_t start = strlen(root);

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *p = full + start + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	return full;
}

void fuzz_remove(const char *path)
{
	const char *full = outside(path);

	if (unlink(full) < 0 && errno == EISDIR)
		nftw(full, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void fuzz_file(const char *path, const void *data, size_t size)
{
	int fd;

	fuzz_remove(path);
	fd = open(outside(path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return;
	must(write(fd, data, size) == (ssize_t)size);
	close(fd);
}

void fuzz_text(const char *path, const char *text)
{
	fuzz_file(path, text, strlen(text));
}

void fuzz_link(const char *path, const char *target)
{
	fuzz_remove(path);
	if (*target && symlink(target, outside(path)) < 0)
		return;
}

char *fuzz_string(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}
