/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of `vfioctl doctor`: what may be wrong with a host, an IOMMU group or a device.
 *
 * A rule is one row of a table and one small function. The function looks at files through
 * base/path.h and at what was gathered before (struct rule_facts), and says what it found with
 * rule_fires(), once for each thing that is wrong, or that it could not look with rule_unknown();
 * saying nothing means that all is well. The ids stay the same for ever.
 *
 * Rules run in a process of their own with a deadline (host/steps.h), so a file that blocks its
 * reader costs that rule alone. They never open a device and never read what would wake one.
 */
#pragma once

#include "base/error.h"
#include "host/inventory.h"
#include "host/manager.h"
#include "host/mode.h"
#include "host/modprobe.h"
#include "host/reach.h"
#include "host/usage.h"

enum rule_severity { RULE_INFO, RULE_WARNING, RULE_ERROR };

/* "info", "warning" or "error". */
const char *rule_severity_name(enum rule_severity severity);

/* What a rule is asked about, one after another. */
enum rule_scope { RULE_HOST, RULE_GROUP, RULE_DEVICE };

/* "host", "group" or "device". */
const char *rule_scope_name(enum rule_scope scope);

/* What somebody wants a device for; a set of these. */
enum {
	PURPOSE_QEMU = 1 << 0,
	PURPOSE_LIBVIRT = 1 << 1,
	PURPOSE_DPDK = 1 << 2,
	PURPOSE_SPDK = 1 << 3,
	PURPOSE_CONTAINER = 1 << 4,
	PURPOSE_MACHINE = PURPOSE_QEMU | PURPOSE_LIBVIRT,
	PURPOSE_POLL = PURPOSE_DPDK | PURPOSE_SPDK,
	PURPOSE_ANY = PURPOSE_MACHINE | PURPOSE_POLL | PURPOSE_CONTAINER,
	/* libvirt's daemon opens the nodes, and raises the limits, for its machines. */
	PURPOSE_OWN_NODES = PURPOSE_ANY & ~PURPOSE_LIBVIRT,
};

struct rule_purpose {
	unsigned int bit;
	const char *name; /* "qemu"; NULL ends the table */
	const char *what; /* "start a VM in QEMU with" */
};
extern const struct rule_purpose rule_purposes[];

/* The purpose of that name, or NULL. */
const struct rule_purpose *rule_purpose_find(const char *name);

/* In which order steps are to be taken. */
enum rule_stage {
	STAGE_FIRMWARE,
	STAGE_KERNEL,
	STAGE_MODULE,
	STAGE_DEVICE,
	STAGE_BIND,
	STAGE_NODE,
	STAGE_LIMIT,
	STAGE_PROGRAM,
};

struct rule_run;

struct rule {
	const char *id; /* "iommu-off-firmware"; NULL ends a table */
	enum rule_severity severity;
	enum rule_scope scope;
	const char *title;       /* what is so, in a few words */
	const char *consequence; /* what that means, in a sentence */
	/*
	 * The command or setting that mends it. {device}, {group} and {user} stand for those that
	 * it is about, {what} and {file} for what the function found.
	 */
	const char *remedy;
	bool is_command;       /* the remedy can be run by a shell as it stands */
	const char *reference; /* where to read more */
	unsigned int blocks;   /* PURPOSE_*: what does not work while it is so */
	enum rule_stage stage; /* of the remedy, where blocks is not empty */
	bool when_locked;      /* also for a device that does not answer */
	bool needs_usage;      /* facts->usages */
	bool may_be_unseen;    /* that it could not look makes no answer uncertain */
	bool step_tells;       /* as a step it says what was found, too, and each finding is one */
	void (*check)(struct rule_run *run);
};

/* The tables of the program, in order; NULL ends them. */
extern const struct rule *const rule_tables[]; /* src/rules/catalogue.c */

/* The i-th rule of all tables, or NULL. */
const struct rule *rule_at(const struct rule *const *tables, size_t i);

struct finding {
	struct finding *next;
	const struct rule *rule;
	const char *object;          /* "host", "group 12" or an address */
	const struct device *device; /* RULE_DEVICE; else NULL */
	int64_t group;               /* RULE_GROUP; else -1 */
	bool unknown;                /* it could not look: value tells why */
	const char *file, *value;    /* the evidence */
	const char *remedy;          /* the rule's, made out; NULL when it could not look */
	bool is_command;             /* the remedy can be run by a shell as it stands */
};

/* A run of vfioctl that changed devices and did not come to its end. */
struct leftover {
	const char *path; /* its journal */
	const char *verb; /* NULL: it cannot be read */
	pid_t pid;
};

/* The ids that a line `options vfio-pci ids=...` lists; NULL for every other line. */
const char *modprobe_line_ids(const struct modprobe_line *line);

/* What was gathered before the first rule; all in one arena. */
struct rule_facts {
	const struct inventory *machine; /* every device, without detail */
	const struct device *devices;    /* those looked at, with detail */
	size_t n_devices;
	const struct usages *usages; /* beside devices: who uses each; NULL: nobody looked */
	struct host_mode mode;
	struct managers managers;
	const char *command_line; /* the kernel's; NULL: it could not be read */
	bool names_resets;        /* a function has reset_method; kernels before 5.15 name none */
	const struct modprobe_line *modprobe;
	size_t n_modprobe;
	const struct leftover *leftovers;
	size_t n_leftovers;
	unsigned int purpose;       /* PURPOSE_*, one of them; 0: nobody asked */
	const struct account *user; /* NULL: nobody asked */
	const struct reach *reach;  /* beside devices: what the user lacks; NULL without user */
};

struct rule_run {
	const struct rule *rule;
	const struct rule_facts *facts;
	struct arena *arena;
	const struct device *device; /* RULE_DEVICE: one of facts->devices */
	int64_t group;               /* RULE_GROUP */
	struct finding *first, **end;
};

/*
 * It is so: the file in which it was seen and what it says. what is for the rule's remedy, and may
 * be NULL when that has no {what}.
 */
void rule_fires(struct rule_run *run, const char *what, const char *file, const char *fmt, ...)
	PRINTF(4, 5);

/* It could not be looked at: the file and why. */
void rule_unknown(struct rule_run *run, const char *file, const char *fmt, ...) PRINTF(3, 4);

/* Where the device is among facts->devices. */
static inline size_t rule_device_index(const struct rule_run *run)
{
	return (size_t)(run->device - run->facts->devices);
}

/* What an errno means for who wanted to look: "it is not there". */
const char *rule_errno_text(int errnum);

/* True when the device is one of those looked at. */
bool rule_is_asked(const struct rule_facts *facts, const char *address);

/* An option of the kernel's command line: "iommu" and "pt" of "iommu=pt". */
struct kernel_option {
	const char *name, *value; /* "" for one without a value */
};

/* The next one at *at, which begins as the facts' command_line. False at the end. */
bool rule_kernel_next(const struct rule_run *run, const char **at, struct kernel_option *ret);

/* The value of the last of that name, "" for one without; NULL: it is not there. */
const char *rule_kernel_option(const struct rule_run *run, const char *name);
