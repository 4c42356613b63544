/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to the kernel's network side, rtnetlink.
 */
#pragma once

#include <libmnl/libmnl.h>

#include "base/util.h"

enum { NETLINK_MAX_ATTRIBUTE = 64 };

/* The attributes of a message by type; the types asked for are all below the limit. */
struct netlink_attributes {
	const struct nlattr *by_type[NETLINK_MAX_ATTRIBUTE];
};

/* header is the size of what is in front of the attributes. */
void netlink_parse(struct netlink_attributes *ret, const struct nlmsghdr *message, size_t header);

/* A number attribute; 0, which is no interface and no id, when it is missing. */
uint32_t netlink_number(const struct netlink_attributes *attributes, int type);

/* A text attribute, or NULL. */
const char *netlink_text(const struct netlink_attributes *attributes, int type);

/* A socket of the network namespace that this process is in, for mnl_socket_close(); NULL: errno.
 */
struct mnl_socket *netlink_open(void);

/*
 * Asks for all there is of a kind, of every address family, and calls back for each. The header is
 * sent zeroed. 0 or -errno; -EINTR when something changed meanwhile.
 */
int netlink_dump(struct mnl_socket *socket, uint16_t type, size_t header, mnl_cb_t found,
		 void *arg);

/*
 * How the socket's namespace calls the namespace behind the descriptor: a number, or -1 when it
 * never had to name it. Returns 0 or -errno.
 */
int netlink_namespace_id(int *ret, struct mnl_socket *socket, int namespace);
