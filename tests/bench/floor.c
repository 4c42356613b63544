/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own cost of a list: what `vfioctl list` must know of every PCI function, read in a
 * bare loop by the shortest way there is, kept nowhere and printed nowhere.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void read_attribute(int dir, const char *name)
{
	char text[4096];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text)) < 0)
		perror(name);
	close(fd);
}

static void read_function(int dir)
{
	char target[256];

	read_attribute(dir, "uevent");
	read_attribute(dir, "driver_override");
	read_attribute(dir, "numa_node");
	(void)!readlinkat(dir, "iommu_group", target, sizeof(target));
	(void)!readlinkat(dir, "physfn", target, sizeof(target));
}

int main(void)
{
	DIR *bus = opendir("/sys/bus/pci/devices");
	struct dirent *entry;

	if (!bus) {
		perror("/sys/bus/pci/devices");
		return 1;
	}
	while ((entry = readdir(bus))) {
		int dir;

		if (entry->d_name[0] == '.')
			continue;
		dir = openat(dirfd(bus), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			continue;
		read_function(dir);
		close(dir);
	}
	closedir(bus);
	return 0;
}
