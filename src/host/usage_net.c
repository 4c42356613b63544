/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces of our own namespace: upper devices from sysfs; addresses, routes and next
 * hops from three dumps of rtnetlink. What the kernel makes by itself for every interface that is
 * up (the IPv6 link-local address, its prefix, multicast) is no use, and the routes that an address
 * brings along are not told again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>

#include "base/path.h"
#include "host/netlink.h"
#include "host/usage_internal.h"

enum { ATTEMPTS = 5 };

struct take_down {
	char text[96];
};

/* The command that takes it down; nothing but words where a shell would make more of its name. */
static struct take_down take_down(const struct interface *interface)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";
	struct take_down remedy;

	if (interface->name[strspn(interface->name, plain)])
		snprintf(remedy.text, sizeof(remedy.text),
			 "Take the interface down first, if nothing needs it.");
	else
		snprintf(remedy.text, sizeof(remedy.text),
			 "`ip link set %s down` takes it down, if nothing needs it.",
			 interface->name);
	return remedy;
}

static struct interface *interface_of(const struct survey *survey, uint32_t index)
{
	struct interface *interface = index > 0 ? survey_interface(survey, index) : NULL;

	return interface && interface->up ? interface : NULL;
}

/* Writes "192.0.2.0/24"; "?" for an address that is missing or of another family. */
static void format_prefix(char *buf, size_t size, int family, const struct nlattr *address,
			  unsigned int length)
{
	size_t needed = family == AF_INET ? 4 : 16;
	char text[INET6_ADDRSTRLEN];

	if (!address || (family != AF_INET && family != AF_INET6) ||
	    mnl_attr_get_payload_len(address) < needed ||
	    !inet_ntop(family, mnl_attr_get_payload(address), text, sizeof(text)))
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%s/%u", text, length);
}

/* True for an address or prefix in fe80::/10. */
static bool is_link_local(int family, const struct nlattr *address)
{
	const uint8_t *bytes;

	if (family != AF_INET6 || !address || mnl_attr_get_payload_len(address) < 16)
		return false;
	bytes = mnl_attr_get_payload(address);
	return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

static int look_at_address(const struct nlmsghdr *message, void *arg)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	struct interface *interface = interface_of(arg, header->ifa_index);
	const struct nlattr *address;
	struct netlink_attributes attributes;
	char text[64];

	if (!interface)
		return MNL_CB_OK;
	netlink_parse(&attributes, message, sizeof(*header));
	address = attributes.by_type[IFA_LOCAL];
	if (!address)
		address = attributes.by_type[IFA_ADDRESS];
	if (is_link_local(header->ifa_family, address))
		return MNL_CB_OK;
	interface->has_address = true;
	format_prefix(text, sizeof(text), header->ifa_family, address, header->ifa_prefixlen);
	usage_add(interface->look, USAGE_NET_ADDRESS, take_down(interface).text,
		  "%s is up with address %s", interface->name, text);
	return MNL_CB_OK;
}

/* True for a route that the kernel added by itself and that says nothing on its own. */
static bool is_automatic(const struct interface *interface, const struct rtmsg *route,
			 const struct netlink_attributes *attributes)
{
	const struct nlattr *destination = attributes->by_type[RTA_DST];
	const uint8_t *bytes;

	if (route->rtm_protocol != RTPROT_KERNEL || attributes->by_type[RTA_GATEWAY] ||
	    route->rtm_dst_len == 0)
		return false;
	if (interface->has_address || is_link_local(route->rtm_family, destination))
		return true;
	bytes = destination ? mnl_attr_get_payload(destination) : NULL;
	return bytes && route->rtm_family == AF_INET6 && bytes[0] == 0xff;
}

static void note_route(const struct interface *interface, const struct rtmsg *route,
		       const struct netlink_attributes *attributes)
{
	uint32_t table = netlink_number(attributes, RTA_TABLE);
	char prefix[80], in_table[32] = "";

	if (table && table != RT_TABLE_MAIN)
		snprintf(in_table, sizeof(in_table), " (table %u)", table);
	if (route->rtm_dst_len == 0)
		snprintf(prefix, sizeof(prefix), "the default route (%s)",
			 route->rtm_family == AF_INET6 ? "IPv6" : "IPv4");
	else {
		snprintf(prefix, sizeof(prefix), "the route to ");
		format_prefix(prefix + strlen(prefix), sizeof(prefix) - strlen(prefix),
			      route->rtm_family, attributes->by_type[RTA_DST], route->rtm_dst_len);
	}
	usage_add(interface->look, USAGE_NET_ROUTE, take_down(interface).text,
		  "%s%s goes through %s", prefix, in_table, interface->name);
}

static void look_at_hops(const struct survey *survey, const struct rtmsg *route,
			 const struct netlink_attributes *attributes)
{
	const struct nlattr *multipath = attributes->by_type[RTA_MULTIPATH];
	const struct rtnexthop *hop = multipath ? mnl_attr_get_payload(multipath) : NULL;
	int left = multipath ? mnl_attr_get_payload_len(multipath) : 0;

	while (hop && left >= (int)sizeof(*hop) && RTNH_OK(hop, left)) {
		const struct interface *interface =
			interface_of(survey, (uint32_t)hop->rtnh_ifindex);

		if (interface)
			note_route(interface, route, attributes);
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
}

static int look_at_route(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct netlink_attributes attributes;
	const struct interface *interface;

	netlink_parse(&attributes, message, sizeof(*route));
	interface = interface_of(arg, netlink_number(&attributes, RTA_OIF));
	if (interface && !is_automatic(interface, route, &attributes))
		note_route(interface, route, &attributes);
	look_at_hops(arg, route, &attributes);
	return MNL_CB_OK;
}

/* Next hops are objects of their own; routes that use one may not name the interface. */
static int look_at_next_hop(const struct nlmsghdr *message, void *arg)
{
	struct netlink_attributes attributes;
	const struct interface *interface;

	netlink_parse(&attributes, message, sizeof(struct nhmsg));
	interface = interface_of(arg, netlink_number(&attributes, NHA_OIF));
	if (interface)
		usage_add(interface->look, USAGE_NET_ROUTE, take_down(interface).text,
			  "next hop %u goes through %s", netlink_number(&attributes, NHA_ID),
			  interface->name);
	return MNL_CB_OK;
}

static const struct dump {
	uint16_t type;
	size_t header;
	mnl_cb_t look_at;
	const char *what;
} dumps[] = {
	{RTM_GETADDR, sizeof(struct ifaddrmsg), look_at_address, "the addresses of its interfaces"},
	{RTM_GETROUTE, sizeof(struct rtmsg), look_at_route, "the routes"},
	{RTM_GETNEXTHOP, sizeof(struct nhmsg), look_at_next_hop, "the next hops"},
};

/* EINTR: something changed in the middle of the dump. EOPNOTSUPP: no next hops before Linux 5.3. */
static void run_dump(const struct dump *dump, struct survey *survey)
{
	int r = -EINTR;

	for (int i = 0; i < ATTEMPTS && r == -EINTR; i++) {
		struct mnl_socket *socket = netlink_open();

		r = socket ? netlink_dump(socket, dump->type, dump->header, dump->look_at, survey)
			   : -errno;
		if (socket)
			mnl_socket_close(socket);
	}
	if (r < 0 && r != -EOPNOTSUPP)
		survey_unseen(survey, look_has_interface, r, dump->what);
}

/* --- interfaces --------------------------------------------------------------------------- */

static void look_at_upper(struct look *look, const struct interface *interface)
{
	scoped_dir DIR *dir = path_opendir("%s", interface->path);
	char master[64] = "";
	const char *name, *upper;

	if (!dir)
		usage_unseen(look, errno, interface->path);
	while (dir && (name = path_next(dir)))
		if ((upper = startswith(name, "upper_")))
			usage_add(look, USAGE_NET_UPPER, NULL, "%s is below %s", interface->name,
				  upper);
	if (path_link_name(master, sizeof(master), "%s/master", interface->path) > 0)
		usage_add(look, USAGE_NET_UPPER, NULL, "%s is below %s", interface->name, master);
}

/* Is it that interface of ours, and not one of another namespace that is called the same? */
static bool is_ours(const struct interface *interface, int64_t index)
{
	return path_is_live() && if_nametoindex(interface->name) == (unsigned int)index;
}

static void read_interface(struct look *look, struct interface *interface)
{
	int64_t index = 0, flags = 0;
	int r = path_read_number(&index, "%s/ifindex", interface->path);

	if (r == 0)
		r = path_read_number(&flags, "%s/flags", interface->path);
	if (r < 0)
		usage_unseen(look, r, interface->name);
	if (r < 0)
		return;
	interface->up = flags & IFF_UP;
	if (is_ours(interface, index))
		survey_index_interface(interface, (int)index);
	else if (interface->up)
		usage_add(look, USAGE_UNSEEN, NULL,
			  "%s is up and its addresses cannot be asked for: %s", interface->name,
			  path_is_live() ? "it is in another network namespace"
					 : "not a running system");
}

void usage_look_at_uppers(struct look *look)
{
	for (struct interface *i = look->interfaces; i; i = i->next) {
		if (i->lost)
			continue;
		look_at_upper(look, i);
		read_interface(look, i);
	}
}

static bool any_up(const struct survey *survey)
{
	for_each_look(look, survey) for (struct interface *i = look->interfaces; i;
					 i = i->next) if (i->up && i->index) return true;
	return false;
}

void usage_look_at_addresses(struct survey *survey)
{
	for (size_t i = 0; any_up(survey) && i < ARRAY_SIZE(dumps); i++)
		run_dump(&dumps[i], survey);
}
