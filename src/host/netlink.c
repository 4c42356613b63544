/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/netlink.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <time.h>

static int keep_attribute(const struct nlattr *attribute, void *arg)
{
	struct netlink_attributes *attributes = arg;
	uint16_t type = mnl_attr_get_type(attribute);

	if (type < NETLINK_MAX_ATTRIBUTE)
		attributes->by_type[type] = attribute;
	return MNL_CB_OK;
}

void netlink_parse(struct netlink_attributes *ret, const struct nlmsghdr *message, size_t header)
{
	*ret = (struct netlink_attributes){0};
	mnl_attr_parse(message, (unsigned int)header, keep_attribute, ret);
}

uint32_t netlink_number(const struct netlink_attributes *attributes, int type)
{
	const struct nlattr *attribute = attributes->by_type[type];

	return attribute && mnl_attr_get_payload_len(attribute) >= sizeof(uint32_t)
		       ? mnl_attr_get_u32(attribute)
		       : 0;
}

const char *netlink_text(const struct netlink_attributes *attributes, int type)
{
	const struct nlattr *attribute = attributes->by_type[type];

	return attribute && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0
		       ? mnl_attr_get_str(attribute)
		       : NULL;
}

struct mnl_socket *netlink_open(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int saved;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return socket;
	saved = errno;
	mnl_socket_close(socket);
	errno = saved;
	return NULL;
}

static int receive(struct mnl_socket *socket, unsigned int sequence, mnl_cb_t found, void *arg)
{
	unsigned int port = mnl_socket_get_portid(socket);
	/* The most that the kernel puts into one answer. */
	char buf[32768] __attribute__((aligned(8)));
	int r = MNL_CB_OK;

	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(socket, buf, sizeof(buf));

		if (n < 0)
			return -errno;
		r = mnl_cb_run(buf, (size_t)n, sequence, port, found, arg);
	}
	return r < 0 ? -errno : 0;
}

int netlink_dump(struct mnl_socket *socket, uint16_t type, size_t header, mnl_cb_t found, void *arg)
{
	char request[256] __attribute__((aligned(8))) = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(request);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = (unsigned int)time(NULL);
	mnl_nlmsg_put_extra_header(message, header);
	if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		return -errno;
	return receive(socket, message->nlmsg_seq, found, arg);
}

static int take_id(const struct nlmsghdr *message, void *arg)
{
	struct netlink_attributes attributes;

	netlink_parse(&attributes, message, sizeof(struct rtgenmsg));
	if (attributes.by_type[NETNSA_NSID])
		*(int *)arg = (int)netlink_number(&attributes, NETNSA_NSID);
	return MNL_CB_STOP;
}

int netlink_namespace_id(int *ret, struct mnl_socket *socket, int namespace)
{
	char request[256] __attribute__((aligned(8))) = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(request);

	message->nlmsg_type = RTM_GETNSID;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = (unsigned int)time(NULL);
	mnl_nlmsg_put_extra_header(message, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(message, NETNSA_FD, (uint32_t) namespace);
	*ret = -1;
	if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		return -errno;
	return receive(socket, message->nlmsg_seq, take_id, ret);
}
