/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clang-format off */
/*
 * Scenes for rules: a machine on which a rule fires, and one like it on which it is silent.
 *
 * A machine is text, one entry a line, in which ';' ends a line:
 *   +PATH DRIVER GROUP CLASS ID  a function below /sys/devices/pci0000:00; "-" is no driver, a group
 *                                below 0 none; vfio-pci has its VFIO device, cdev and group node, too
 *   PATH=TEXT                    a file; '|' is a newline
 *   PATH>TARGET                  a link
 *   PATH%MODE                    an empty file with that mode: a node
 *   PATH/                        a directory
 *   !PATH                        a FIFO in the place of a file
 */
/* clang-format on */
#pragma once

#include <unistd.h>

#include "check/doctor.h"
#include "tests/unit/machine.h"

/* Begins a scene of the rule with that id. */
#define RULE(name) .id = (name), .line = __LINE__

struct scene {
	const char *id;      /* of the rule */
	int line;            /* where the scene is written */
	const char *fires;   /* the machine on which it fires */
	const char *silent;  /* and the one on which it does not; nothing is unknown on either */
	const char *unknown; /* one on which it cannot look, or NULL */
	const char *remedy;  /* part of the remedy on the first */
	const char *whole;   /* or all of it */
	bool is_prose;       /* it is no command this time, though others of the rule are */
	const char *modules; /* of tests/data/modules, below all of them; NULL: none */
	const char *purpose, *user;
	const char *devices[3]; /* asked about; none: those that VFIO has */
	bool leftover;          /* a run was not finished, on the first */
};

/* One field of a line, and what follows it. */
static inline char *scene_field(char **rest)
{
	char *field = strsep(rest, " ");

	assert_non_null(field);
	return field;
}

static inline void scene_vfio(const char *path, const char *group)
{
	char name[512], target[512];

	MACHINE_PATH(name, "/sys/devices/pci0000:00/%s/vfio-dev/vfio%s/dev", path, group);
	tree_file(name, "511:0\n");
	MACHINE_PATH(name, "/sys/devices/pci0000:00/%s/vfio-dev/vfio%s/device", path, group);
	MACHINE_PATH(target, "/sys/devices/pci0000:00/%s", path);
	tree_link(name, target);
	MACHINE_PATH(name, "/sys/class/vfio-dev/vfio%s", group);
	MACHINE_PATH(target, "/sys/devices/pci0000:00/%s/vfio-dev/vfio%s", path, group);
	tree_link(name, target);
	MACHINE_PATH(name, "/sys/class/vfio/%s/dev", group);
	tree_file(name, "510:0\n");
}

static inline void scene_function(char *line)
{
	char *path = scene_field(&line), *driver = scene_field(&line), *group = scene_field(&line);
	char *class = scene_field(&line), *id = scene_field(&line);
	const char *address = base_name(path);
	char name[512], text[512];

	MACHINE_PATH(name, "/sys/devices/pci0000:00/%s/uevent", path);
	MACHINE_PATH(text,
		     "%s%s\nPCI_CLASS=%s\nPCI_ID=%s\nPCI_SUBSYS_ID=8086:A01F\nPCI_SLOT_NAME=%s\n"
		     "MODALIAS=pci:v0000%.4sd0000%.4ssv00008086sd0000A01Fbc%.2ssc%.2si%.2s\n",
		     *driver == '-' ? "X=" : "DRIVER=", driver, class, id, address, id,
		     strchr(id, ':') + 1, class, class + 2, class + 4);
	tree_file(name, text);
	MACHINE_PATH(name, "/sys/devices/pci0000:00/%s/driver_override", path);
	tree_file(name, "(null)\n");
	MACHINE_PATH(name, "/sys/devices/pci0000:00/%s/subsystem", path);
	tree_link(name, "/sys/bus/pci");
	MACHINE_PATH(name, "/sys/bus/pci/devices/%s", address);
	MACHINE_PATH(text, "/sys/devices/pci0000:00/%s", path);
	tree_link(name, text);
	if (*driver != '-') {
		MACHINE_PATH(name, "/sys/devices/pci0000:00/%s/driver", path);
		MACHINE_PATH(text, "/sys/bus/pci/drivers/%s", driver);
		tree_link(name, text);
	}
	if (*group == '-')
		return;
	MACHINE_PATH(name, "/sys/devices/pci0000:00/%s/iommu_group", path);
	MACHINE_PATH(text, "/sys/kernel/iommu_groups/%s", group);
	tree_link(name, text);
	MACHINE_PATH(name, "/sys/devices/pci0000:00/%s/iommu", path);
	tree_link(name, "/sys/devices/virtual/iommu/dmar0");
	MACHINE_PATH(name, "/sys/kernel/iommu_groups/%s/devices/%s", group, address);
	MACHINE_PATH(text, "/sys/devices/pci0000:00/%s", path);
	tree_link(name, text);
	if (streq(driver, "vfio-pci"))
		scene_vfio(path, group);
}

static inline void scene_file(const char *path, char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '|')
			*c = '\n';
	remove(tree_path(path));
	tree_file(path, text);
	if (*text) {
		FILE *f = fopen(tree_path(path), "a");

		assert_non_null(f);
		fputc('\n', f);
		assert_int_equal(fclose(f), 0);
	}
}

static inline void scene_line(char *line)
{
	size_t end = strcspn(line, "=>%");
	char kind = line[end];

	if (*line == '+') {
		scene_function(line + 1);
		return;
	}
	if (*line == '!') {
		remove(tree_path(line + 1));
		tree_fifo(line + 1);
		return;
	}
	line[end] = '\0';
	if (kind == '=') {
		scene_file(line, line + end + 1);
	} else if (kind == '>') {
		remove(tree_path(line));
		tree_link(line, line + end + 1);
	} else if (kind == '%') {
		tree_file(line, "");
		assert_int_equal(chmod(tree_path(line), (mode_t)strtoul(line + end + 1, NULL, 8)),
				 0);
	} else {
		tree_path(line); /* makes what is above the slash at its end */
	}
}

static inline void scene_build(const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;

	assert_non_null(copy);
	while ((line = strsep(&rest, ";")))
		if (*line)
			scene_line(line);
	free(copy);
}

/* The modules of each distribution are made once; scenes take copies. */
static char scene_modules_made[256];

static inline void scene_command(const char *command)
{
	if (system(command) != 0)
		fail_msg("cannot run: %s", command);
}

/* Modules whose indexes libkmod can read. */
static inline void scene_modules(const char *name)
{
	char command[1024], made[512];
	const char *dir = getenv("TMPDIR");

	if (!name)
		return;
	if (!*scene_modules_made) {
		snprintf(scene_modules_made, sizeof(scene_modules_made), "%s/vfioctl-XXXXXX",
			 dir ? dir : "/tmp");
		assert_non_null(mkdtemp(scene_modules_made));
	}
	snprintf(made, sizeof(made), "%s/%s", scene_modules_made, name);
	if (access(made, F_OK) < 0) {
		snprintf(command, sizeof(command),
			 "tests/data/expand %s tests/data/modules/%s.tree >/dev/null 2>&1", made,
			 name);
		scene_command(command);
	}
	snprintf(command, sizeof(command), "cp -a %s/. %s", made, tree_root);
	scene_command(command);
}

/* Behind the last scene: a group's teardown. */
static inline int scene_modules_remove(void **state)
{
	(void)state;
	return *scene_modules_made
		       ? nftw(scene_modules_made, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS)
		       : 0;
}

static const struct leftover scene_leftover = {
	.path = "/run/vfioctl/journal/812.json", .verb = "bind", .pid = 812};

/* What is asked about the scene's rule. */
static inline struct doctor_request scene_request(const struct scene *scene, bool leftover)
{
	struct doctor_request request = {
		.tables = rule_tables,
		.only = scene->id,
		.purpose = scene->purpose ? rule_purpose_find(scene->purpose) : NULL,
		.user = scene->user,
		.leftovers = &scene_leftover,
		.n_leftovers = leftover,
	};

	if (scene->devices[0])
		request.addresses = scene->devices;
	while (request.n_addresses < ARRAY_SIZE(scene->devices) &&
	       scene->devices[request.n_addresses])
		request.n_addresses++;
	return request;
}

/* Puts it to the machine. The caller frees the report. */
static inline void scene_ask(struct doctor_report *ret, const struct scene *scene, bool leftover)
{
	const struct doctor_request request = scene_request(scene, leftover);
	struct error err = {0};

	if (doctor_run(ret, &request, &err) < 0)
		fail_msg("%s: %s", scene->id, err.message);
}

static inline void scene_make(const struct scene *scene, const char *machine)
{
	assert_int_equal(tree_setup(NULL), 0);
	scene_build("/sys/bus/pci/devices/;/proc/sys/kernel/osrelease=7.3.4");
	scene_modules(scene->modules);
	scene_build(machine);
}

/* Both. */
static inline void scene_run(struct doctor_report *ret, const struct scene *scene,
			     const char *machine, bool leftover)
{
	scene_make(scene, machine);
	scene_ask(ret, scene, leftover);
}

static inline void scene_end(struct doctor_report *report)
{
	doctor_report_free(report);
	assert_int_equal(tree_teardown(NULL), 0);
}
