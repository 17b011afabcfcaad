/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-net: makes one network adapter of the host for a virtual switch, hands its descriptor over, and
 * ends (link/net_link.h). Started by the service where that may change the host's network; of its rights it
 * keeps only those to do that. It never sees a frame, a guest or a caller's text other than names that the
 * service checked.
 */
#include "helpers/net_device.h"
#include "link/link.h"
#include "link/net_link.h"
#include "link/spawn.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In a user's own service there is nothing to give up, and nothing will be allowed either. */
static int give_up_rights(void)
{
	const __u32 kept = 1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_capget, &header, data) < 0)
		return -errno;
	data[0].effective = data[0].permitted &= kept;
	data[1].effective = data[1].permitted = 0;
	data[0].inheritable = data[1].inheritable = 0;
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int run_internal(const struct link_message *request, int *ret_fd, char name[IFNAMSIZ], char *error)
{
	const char *wanted = link_get(request, "name"), *address = link_get(request, "address");

	if (!wanted || !address || !*wanted || strlen(wanted) > NET_LINK_NAME_MAX || strchr(wanted, '%'))
		return -EBADMSG;
	return net_device_tap(wanted, address, ret_fd, name, error);
}

static int run_external(const struct link_message *request, int *ret_fd, char name[IFNAMSIZ], char *error)
{
	const char *adapter = link_get(request, "adapter");
	int r;

	if (!adapter || !*adapter || strlen(adapter) > NET_LINK_NAME_MAX || strpbrk(adapter, "/ "))
		return -EBADMSG;
	if (!net_device_is_bridge(adapter))
		return net_device_packet(adapter, ret_fd, error);
	r = net_device_tap("bh%d", "", ret_fd, name, error);
	if (r == 0)
		r = net_device_join(name, adapter, error);
	return r;
}

static int answer(const struct link_message *request)
{
	char error[NET_ERROR_MAX] = "", name[IFNAMSIZ] = "";
	struct link_message *message;
	int fd = -1, r = -EBADMSG;

	if (strcmp(link_verb(request), "internal") == 0)
		r = run_internal(request, &fd, name, error);
	else if (strcmp(link_verb(request), "external") == 0)
		r = run_external(request, &fd, name, error);
	if (r == -EBADMSG)
		snprintf(error, sizeof(error),
			 "the network helper was asked something that it does not understand; "
			 "install all of Bulkhead in the same version");
	if (link_message_new(r < 0 ? "failed" : "done", &message) < 0)
		return 1;
	link_add(message, r < 0 ? "text" : "name", r < 0 ? error : name);
	if (r == 0)
		link_add_fd(message, "fd", fd);
	r = link_send(SPAWN_LINK_FD, message);
	link_message_free(message);
	return r == 0 ? 0 : 1;
}

int main(void)
{
	struct link_message *request;
	socklen_t size = sizeof(int);
	int type = 0, status;

	if (getsockopt(SPAWN_LINK_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET) {
		fprintf(stderr,
			"bulkhead-net: this is started by the management service; use `bulkhead switch`\n");
		return 2;
	}
	if (give_up_rights() < 0 || link_receive(SPAWN_LINK_FD, &request) != 0)
		return 1;
	status = answer(request);
	link_message_free(request);
	return status;
}
