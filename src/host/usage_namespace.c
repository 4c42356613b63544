/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other network namespaces have of a function: its interfaces themselves, and interfaces such
 * as a container's macvlan that stand on one of ours. The kernel shows neither from outside: sysfs
 * leaves both out. So each namespace that a process or a name below /run/netns keeps is asked for
 * its interfaces, through a socket made while this process, a worker, is in there for a moment.
 */
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>

#include "base/path.h"
#include "host/netlink.h"
#include "host/usage_internal.h"

enum { MAX_NAMESPACES = 4096, MAX_UPPERS = 256, ATTRIBUTE_PARENT_DEV_NAME = 56 };

struct namespaces {
	struct survey *survey;
	int own;                    /* descriptor of the one we are in */
	ino_t seen[MAX_NAMESPACES]; /* the own one is the first */
	size_t n_seen;
	int errnum; /* why one could not be looked into; 0: all could */
};

/* The namespace at hand. */
struct visit {
	struct survey *survey;
	const char *where; /* "of pid 812 (bash)" */
	struct {
		struct interface *interface; /* of ours, below */
		int id;                      /* how this namespace calls ours, if it is ours */
		char name[64];
	} uppers[MAX_UPPERS];
	size_t n_uppers;
};

static void look_for_lost(const struct visit *visit, const char *name, const char *parent)
{
	for_each_look(look, visit->survey) for (struct interface *i = look->interfaces; i;
						i = i->next)
	{
		if (!i->lost || !i->parent || !streq(i->parent, parent))
			continue;
		usage_add(look, USAGE_NET_NAMESPACE, NULL,
			  "%s of it is in another network namespace, %s", name, visit->where);
	}
}

static int look_at_link(const struct nlmsghdr *message, void *arg)
{
	struct visit *visit = arg;
	struct netlink_attributes attributes;
	struct interface *lower;
	const char *name, *parent;

	netlink_parse(&attributes, message, sizeof(struct ifinfomsg));
	name = netlink_text(&attributes, IFLA_IFNAME);
	parent = netlink_text(&attributes, ATTRIBUTE_PARENT_DEV_NAME);
	if (name && parent)
		look_for_lost(visit, name, parent);
	lower = survey_interface(visit->survey, netlink_number(&attributes, IFLA_LINK));
	if (!name || !lower || !lower->index || !attributes.by_type[IFLA_LINK_NETNSID] ||
	    visit->n_uppers == MAX_UPPERS)
		return MNL_CB_OK;
	visit->uppers[visit->n_uppers].interface = lower;
	visit->uppers[visit->n_uppers].id = (int)netlink_number(&attributes, IFLA_LINK_NETNSID);
	snprintf(visit->uppers[visit->n_uppers++].name, sizeof(visit->uppers[0].name), "%.60s",
		 name);
	return MNL_CB_OK;
}

/* The number of an interface below is one of the namespace with that id: is it ours? */
static void note_uppers(const struct visit *visit, int own_id)
{
	for (size_t i = 0; i < visit->n_uppers; i++) {
		const struct interface *interface = visit->uppers[i].interface;

		if (own_id >= 0 && visit->uppers[i].id == own_id)
			usage_add(interface->look, USAGE_NET_UPPER, NULL,
				  "%s is below %s in another network namespace, %s",
				  interface->name, visit->uppers[i].name, visit->where);
	}
}

/* A socket of that namespace; we are back in ours then. NULL with errno. */
static struct mnl_socket *open_in(const struct namespaces *namespaces, int namespace)
{
	struct mnl_socket *socket;

	if (setns(namespace, CLONE_NEWNET) < 0)
		return NULL;
	socket = netlink_open();
	if (setns(namespaces->own, CLONE_NEWNET) == 0)
		return socket;
	if (socket)
		mnl_socket_close(socket);
	return NULL;
}

static int look_at_links(struct visit *visit, struct mnl_socket *socket, int own)
{
	int own_id;
	int r = netlink_dump(socket, RTM_GETLINK, sizeof(struct ifinfomsg), look_at_link, visit);

	if (r == 0)
		r = netlink_namespace_id(&own_id, socket, own);
	if (r == 0)
		note_uppers(visit, own_id);
	return r;
}

static int visit_namespace(struct namespaces *namespaces, int namespace, const char *where)
{
	struct visit visit = {.survey = namespaces->survey, .where = where};
	struct mnl_socket *socket = open_in(namespaces, namespace);
	int r;

	if (!socket)
		return -errno;
	r = look_at_links(&visit, socket, namespaces->own);
	mnl_socket_close(socket);
	return r;
}

static bool first_seen(struct namespaces *namespaces, ino_t inode)
{
	for (size_t i = 0; i < namespaces->n_seen; i++)
		if (namespaces->seen[i] == inode)
			return false;
	if (namespaces->n_seen == MAX_NAMESPACES) {
		namespaces->errnum = ENOSPC;
		return false;
	}
	namespaces->seen[namespaces->n_seen++] = inode;
	return true;
}

/* A descriptor of a namespace that was not looked into, or -1. */
static int open_new(struct namespaces *namespaces, const char *path)
{
	struct stat st;
	int fd, r = path_stat_magic(&st, "%s", path);

	if (r == 0 && !first_seen(namespaces, st.st_ino))
		return -1;
	fd = r == 0 ? path_open_magic(O_RDONLY, "%s", path) : r;
	if (fd == -EACCES || fd == -EPERM)
		namespaces->errnum = -fd;
	return fd < 0 ? -1 : fd;
}

static void look_into(struct namespaces *namespaces, const char *path, const char *where)
{
	scoped_fd int fd = open_new(namespaces, path);
	int r = fd >= 0 ? visit_namespace(namespaces, fd, where) : 0;

	if (r == -EINTR) /* something changed meanwhile */
		r = visit_namespace(namespaces, fd, where);
	if (r < 0)
		namespaces->errnum = -r;
}

static void look_into_named(struct namespaces *namespaces)
{
	scoped_dir DIR *dir = path_opendir("/run/netns");
	char path[320], where[300];
	const char *name;

	while (dir && (name = path_next(dir))) {
		snprintf(path, sizeof(path), "/run/netns/%s", name);
		snprintf(where, sizeof(where), "%.200s", name);
		look_into(namespaces, path, where);
	}
}

static void look_into_those_of_processes(struct namespaces *namespaces)
{
	scoped_dir DIR *dir = path_opendir("/proc");
	char path[64], where[128], command[64];
	const char *name;
	uint64_t pid;

	while (dir && (name = path_next(dir))) {
		if (parse_number(name, 10, INT_MAX, &pid) < 0)
			continue;
		if (path_read(command, sizeof(command), "/proc/%s/comm", name) < 0)
			snprintf(command, sizeof(command), "?");
		snprintf(path, sizeof(path), "/proc/%.16s/ns/net", name);
		snprintf(where, sizeof(where), "that of pid %.16s (%s)", name, command);
		look_into(namespaces, path, where);
	}
}

static void note_lost(struct survey *survey)
{
	for_each_look(look,
		      survey) for (struct interface *i = look->interfaces; i;
				   i = i->next) if (i->lost &&
						    !usage_is_noted(look, USAGE_NET_NAMESPACE, ""))
		usage_add(look, USAGE_NET_NAMESPACE, NULL,
			  "a network interface below %s is in another network namespace",
			  look->dev->address);
}

/* Only what is up or lost can be missed: nobody gets anything through one that is down. */
static void note_unseen(const struct namespaces *namespaces)
{
	for_each_look(look, namespaces->survey)
	{
		bool visible = false;

		for (struct interface *i = look->interfaces; i; i = i->next)
			visible |= !i->lost && i->up;
		if (visible)
			usage_unseen(look, namespaces->errnum, "another network namespace");
	}
}

static void look_everywhere(struct namespaces *namespaces)
{
	struct stat st;

	namespaces->own = path_open_magic(O_RDONLY, "/proc/self/ns/net");
	if (namespaces->own < 0 || path_stat_magic(&st, "/proc/self/ns/net") < 0) {
		namespaces->errnum = namespaces->own < 0 ? -namespaces->own : EIO;
		return;
	}
	first_seen(namespaces, st.st_ino);
	look_into_named(namespaces);
	look_into_those_of_processes(namespaces);
	close_fd(&namespaces->own);
}

void usage_look_at_namespaces(struct survey *survey)
{
	scoped_free struct namespaces *namespaces = calloc(1, sizeof(*namespaces));

	if (!namespaces) {
		survey_unseen(survey, look_has_interface, ENOMEM, "other network namespaces");
		return;
	}
	namespaces->survey = survey;
	if (path_is_live())
		look_everywhere(namespaces);
	note_lost(survey);
	if (namespaces->errnum)
		note_unseen(namespaces);
}
