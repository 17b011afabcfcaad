/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helpers/net_device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(char *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(char *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, NET_ERROR_MAX, format, args);
	va_end(args);
	return code;
}

/* One ioctl about an adapter, on any socket. */
static int ask(unsigned long call, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	r = ioctl(fd, call, request) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static void set_name(struct ifreq *request, const char *name)
{
	memset(request, 0, sizeof(*request));
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", name);
}

static int bring_up(const char *name)
{
	struct ifreq request;
	int r;

	set_name(&request, name);
	r = ask(SIOCGIFFLAGS, &request);
	if (r < 0 || (request.ifr_flags & IFF_UP))
		return r;
	request.ifr_flags |= IFF_UP;
	return ask(SIOCSIFFLAGS, &request);
}

static int set_address(unsigned long call, const char *name, uint32_t address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(address) } };
	struct ifreq request;

	set_name(&request, name);
	memcpy(&request.ifr_addr, &in, sizeof(in));
	return ask(call, &request);
}

static int add_address(const char *name, const char *text)
{
	const char *slash = strchr(text, '/');
	struct in_addr address;
	char number[16];
	int bits, r;

	if (!slash || (size_t)(slash - text) >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, (size_t)(slash - text));
	number[slash - text] = '\0';
	bits = atoi(slash + 1);
	if (inet_pton(AF_INET, number, &address) != 1 || bits < 1 || bits > 30)
		return -EINVAL;
	r = set_address(SIOCSIFADDR, name, ntohl(address.s_addr));
	return r < 0 ? r : set_address(SIOCSIFNETMASK, name, UINT32_MAX << (32 - bits));
}

/* --- TAP --------------------------------------------------------------------------------------------- */

static int name_tap(int fd, const char *name, char ret_name[IFNAMSIZ])
{
	struct ifreq request;

	set_name(&request, name);
	request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return -errno;
	snprintf(ret_name, IFNAMSIZ, "%s", request.ifr_name);
	return 0;
}

int net_device_tap(const char *wanted, const char *address, int *ret_fd, char ret_name[IFNAMSIZ], char *error)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), r;

	if (fd < 0)
		return fail(error, -errno,
			    "/dev/net/tun: network adapters of this host cannot be made: %s; load the kernel "
			    "module tun",
			    strerror(errno));
	r = name_tap(fd, wanted, ret_name);
	if (r == -EBUSY || r == -EINVAL)
		r = name_tap(fd, "bh%d", ret_name);
	if (r < 0)
		fail(error, r, "the network adapter %s of this host cannot be made: %s", wanted,
		     strerror(-r));
	if (r == 0) {
		r = *address ? add_address(ret_name, address) : 0;
		if (r == 0)
			r = bring_up(ret_name);
		if (r < 0)
			fail(error, r, "the network adapter %s cannot get the address %s: %s", ret_name,
			     *address ? address : "(none)", strerror(-r));
	}
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* --- adapters of the host ---------------------------------------------------------------------------- */

bool net_device_is_bridge(const char *name)
{
	char path[64 + IFNAMSIZ];

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/bridge", name);
	return access(path, F_OK) == 0;
}

int net_device_join(const char *name, const char *bridge, char *error)
{
	struct ifreq request;
	int r;

	set_name(&request, bridge);
	request.ifr_ifindex = (int)if_nametoindex(name);
	r = ask(SIOCBRADDIF, &request);
	if (r == 0)
		r = bring_up(bridge);
	return r < 0 ? fail(error, r, "the switch cannot join the bridge %s: %s", bridge, strerror(-r)) : 0;
}

static int set_option(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Bound first: before that it would hear all adapters. */
static int attach(int fd, unsigned index)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)index };
	struct packet_mreq all = { .mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC };
	int r = set_option(fd, PACKET_VNET_HDR, 1), buffer = 4 << 20;

	if (r == 0)
		r = set_option(fd, PACKET_AUXDATA, 1);
	if (r == 0)
		r = set_option(fd, PACKET_IGNORE_OUTGOING, 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)); /* less is slower only */
	if (r == 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		r = -errno;
	if (r == 0 && setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		r = -errno;
	return r;
}

int net_device_packet(const char *name, int *ret_fd, char *error)
{
	unsigned index = if_nametoindex(name);
	int fd, r;

	if (!index)
		return fail(error, -ENODEV, "this host has no network adapter %s any more", name);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = fd < 0 ? -errno : bring_up(name);
	if (r == 0)
		r = attach(fd, index);
	if (r == 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return fail(error, r, "the network adapter %s cannot be used by a switch: %s", name, strerror(-r));
}
