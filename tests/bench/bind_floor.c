/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind_floor DRIVER ADDRESS...: the kernel's own cost of binding: two writes for each device, by
 * the shortest way there is, and one wait for the events of udev that they cause. What is bound
 * already would cause none, and is an error.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libudev.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEADLINE_MS = 60 * 1000, BUFFER = 64 << 20 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(path);
	close(fd);
}

/* Every device that a VFIO driver takes has a cdev, and here a group of its own. */
static struct udev_monitor *listen_to_udev(void)
{
	struct udev_monitor *monitor = udev_monitor_new_from_netlink(udev_new(), "udev");

	if (!monitor ||
	    udev_monitor_filter_add_match_subsystem_devtype(monitor, "vfio-dev", NULL) < 0 ||
	    udev_monitor_filter_add_match_subsystem_devtype(monitor, "vfio", NULL) < 0)
		die("udev");
	udev_monitor_set_receive_buffer_size(monitor, BUFFER);
	if (udev_monitor_enable_receiving(monitor) < 0)
		die("udev");
	return monitor;
}

static void wait_for_nodes(struct udev_monitor *monitor, int count)
{
	struct pollfd pfd = {.fd = udev_monitor_get_fd(monitor), .events = POLLIN};
	struct udev_device *device;

	while (count > 0 && poll(&pfd, 1, DEADLINE_MS) > 0) {
		device = udev_monitor_receive_device(monitor);
		count -= device && strcmp(udev_device_get_action(device), "add") == 0;
		udev_device_unref(device);
	}
	if (count > 0) {
		fprintf(stderr, "bind_floor: %d nodes are missing\n", count);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct udev_monitor *monitor = listen_to_udev();
	char path[256], bind[256];

	if (argc < 3)
		return 2;
	snprintf(bind, sizeof(bind), "/sys/bus/pci/drivers/%s/bind", argv[1]);
	for (int i = 2; i < argc; i++) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", argv[i]);
		write_file(path, argv[1]);
		write_file(bind, argv[i]);
	}
	wait_for_nodes(monitor, 2 * (argc - 2));
	return 0;
}
