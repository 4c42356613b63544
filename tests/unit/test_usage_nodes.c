/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate and character devices: in captured trees, and one against the running kernel. */
#include "tests/unit/usage_live.h"

static void sees_who_has_a_character_device_open(void **state)
{
	scoped_usages struct usages usages = {0};
	int status, fd = open("/dev/full", O_RDONLY);
	pid_t pid;

	(void)state;
	assert_true(fd >= 0);
	pid = fork(); /* the child looks, so that this process is somebody else */
	if (pid == 0) {
		close(fd);
		look_at_live(&usages, "/sys/devices/virtual/mem/full", false);
		for (size_t i = 0; i < usages.count; i++) {
			char start[32];

			snprintf(start, sizeof(start), "pid %d (", getppid());
			if (usages.list[i].reason == USAGE_CHAR_OPEN &&
			    startswith(usages.list[i].evidence, start))
				_exit(0);
		}
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void open_character_devices_count(void **state)
{
	(void)state;
	make_disk();
	make_process("90", "4", "/dev/nvme0");
	assert_only(look_at(&device), USAGE_CHAR_OPEN, "pid 90 (dd) has /dev/nvme0 open (fd 4)");
}

static void consoles_count(void **state)
{
	(void)state;
	make_node(FUNCTION "/tty/ttyS4", "4:68", "../../../../../class/tty", "char",
		  "DEVNAME=ttyS4\n");
	tree_file("/proc/consoles", "tty0                 -WU (EC  p  )    4:7\n"
				    "ttyS4                -W- (E   p a)    4:68\n");
	assert_only(look_at(&device), USAGE_CHAR_OPEN, "ttyS4 is a console of the system");
}

/* A node of that class below the function; its path. */
static const char *make_class_node(const char *class, const char *name, const char *number,
				   const char *devname)
{
	static char path[256];
	char text[64], subsystem[64];

	snprintf(path, sizeof(path), FUNCTION "/%s/%s", class, name);
	snprintf(subsystem, sizeof(subsystem), "../../../../../class/%s", class);
	snprintf(text, sizeof(text), "DEVNAME=%s\n", devname);
	make_node(path, number, subsystem, "char", text);
	return path;
}

/* What is used by opening it: whatever the class, the node is below the function. */
static const struct {
	const char *class, *name, *number, *devname;
} classes[] = {
	{"drm", "renderD128", "226:128", "dri/renderD128"},
	{"drm", "card0", "226:0", "dri/card0"},
	{"infiniband_verbs", "uverbs0", "231:192", "infiniband/uverbs0"},
	{"infiniband_mad", "umad0", "231:0", "infiniband/umad0"},
	{"infiniband_mad", "issm0", "231:64", "infiniband/issm0"},
	{"accel", "accel0", "261:0", "accel/accel0"},
	{"sound", "controlC1", "116:9", "snd/controlC1"},
	{"tty", "ttyS4", "4:68", "ttyS4"},
	{"uio", "uio0", "244:0", "uio0"},
};

static void nodes_of_every_class_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		char target[64], evidence[128];

		make_class_node(classes[i].class, classes[i].name, classes[i].number,
				classes[i].devname);
		assert_none(look_at(&device));
		snprintf(target, sizeof(target), "/dev/%s", classes[i].devname);
		make_process("90", "3", target);
		snprintf(evidence, sizeof(evidence), "pid 90 (dd) has %s open (fd 3)", target);
		assert_only(look_at(&device), USAGE_CHAR_OPEN, evidence);
		unlink(tree_path("/proc/90/fd/3"));
	}
}

static void nvidia_nodes_count(void **state)
{
	(void)state;
	tree_file("/proc/driver/nvidia/gpus/0000:00:1f.0/information",
		  "Model: \t\t NVIDIA A100\nIRQ:   \t\t 12\nDevice Minor: \t 3\n");
	tree_dir(FUNCTION);
	make_process("90", "3", "/dev/nvidia2");
	assert_none(look_at(&device));
	make_process("90", "4", "/dev/nvidia3");
	assert_only(look_at(&device), USAGE_CHAR_OPEN, "pid 90 (dd) has /dev/nvidia3 open (fd 4)");
}

/* Before these were accel devices their parent was nobody. */
static void habana_nodes_count(void **state)
{
	static const char path[] = "/sys/devices/virtual/habanalabs/hl0";

	(void)state;
	tree_dir(FUNCTION);
	make_node(path, "235:0", "../../../../class/habanalabs", "char", "DEVNAME=hl0\n");
	tree_file("/sys/devices/virtual/habanalabs/hl0/pci_addr", "0000:00:1f.0\n");
	tree_link("/sys/class/habanalabs/hl0", "../../devices/virtual/habanalabs/hl0");
	make_process("90", "3", "/dev/hl0");
	assert_only(look_at(&device), USAGE_CHAR_OPEN, "pid 90 (dd) has /dev/hl0 open (fd 3)");
	tree_file("/sys/devices/virtual/habanalabs/hl0/pci_addr", "0000:01:1f.0\n");
	assert_none(look_at(&device));
}

/* --- screens ------------------------------------------------------------------------------ */

static void connected_screens_count(void **state)
{
	(void)state;
	make_class_node("drm", "card0", "226:0", "dri/card0");
	tree_file(FUNCTION "/drm/card0/card0-DP-1/status", "disconnected\n");
	tree_file(FUNCTION "/drm/card0/card0-Writeback-1/status", "unknown\n");
	assert_none(look_at(&device));
	tree_file(FUNCTION "/drm/card0/card0-HDMI-A-1/status", "connected\n");
	assert_only(look_at(&device), USAGE_DISPLAY, "a screen is connected to card0-HDMI-A-1");
}

static void the_framebuffer_console_counts(void **state)
{
	(void)state;
	make_class_node("graphics", "fb0", "29:0", "fb0");
	tree_link("/sys/class/graphics/fb0", "../../devices/pci0000:00/0000:00:1f.0/graphics/fb0");
	tree_dir("/sys/class/graphics/fbcon");
	tree_file("/sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
	tree_file("/sys/class/vtconsole/vtcon0/bind", "1\n");
	tree_file("/sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	tree_file("/sys/class/vtconsole/vtcon1/bind", "0\n");
	assert_none(look_at(&device));
	tree_file("/sys/class/vtconsole/vtcon1/bind", "1\n");
	assert_only(look_at(&device), USAGE_DISPLAY, "fb0 shows the console");
}

static void a_second_framebuffer_is_free(void **state)
{
	(void)state;
	make_class_node("graphics", "fb1", "29:1", "fb1");
	tree_dir("/sys/class/graphics/fb0");
	tree_dir("/sys/class/graphics/fb1");
	tree_file("/sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	tree_file("/sys/class/vtconsole/vtcon1/bind", "1\n");
	assert_none(look_at(&device));
}

/* --- keyboards ---------------------------------------------------------------------------- */

#define KEYBOARD FUNCTION "/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input/input5"

static void keyboards_of_a_usb_controller_count(void **state)
{
	struct device dev = device;

	(void)state;
	dev.class_id = 0x0c0330;
	make_node(FUNCTION "/usb1/1-2", "189:1", "../../../../../bus/usb", "char",
		  "DEVNAME=bus/usb/001/002\n");
	assert_none(look_at(&dev));
	tree_file(KEYBOARD "/name", "Logitech USB Keyboard\n");
	make_node(KEYBOARD "/event3", "13:67", "../../../../../../../../../class/input", "char",
		  "DEVNAME=input/event3\n");
	assert_only(look_at(&dev), USAGE_INPUT,
		    "the input device Logitech USB Keyboard hangs on it (input5)");
}

static void the_plugs_of_a_sound_card_do_not(void **state)
{
	struct device dev = device;

	(void)state;
	dev.class_id = 0x040300;
	tree_file(FUNCTION "/sound/card0/input7/name", "HDA HDMI,pcm=3\n");
	assert_none(look_at(&dev));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(open_character_devices_count),
		tree_test(consoles_count),
		tree_test(nodes_of_every_class_count),
		tree_test(nvidia_nodes_count),
		tree_test(habana_nodes_count),
		tree_test(connected_screens_count),
		tree_test(the_framebuffer_console_counts),
		tree_test(a_second_framebuffer_is_free),
		tree_test(keyboards_of_a_usb_controller_count),
		tree_test(the_plugs_of_a_sound_card_do_not),
		cmocka_unit_test(sees_who_has_a_character_device_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
