/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The adapter's side of its port: frames in and out, notices, a switch that goes away. */
#include "vsp/netvsp/netvsp_priv.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

bool adapter_has_link(const struct netvsp *adapter)
{
	return adapter->config.port_fd >= 0 && adapter->is_port_up;
}

void adapter_port_close(struct netvsp *adapter)
{
	adapter->port_watch = loop_watch_free(adapter->port_watch);
	if (adapter->config.port_fd >= 0)
		close(adapter->config.port_fd);
	adapter->config.port_fd = -1;
	adapter->is_port_up = adapter->is_notice_due = false;
}

static void lose_port(struct netvsp *adapter)
{
	adapter_port_close(adapter);
	netvsp_log(adapter, "the virtual switch is gone: the network adapter has no connection any more");
	control_indicate_link(adapter);
}

void adapter_port_update(struct netvsp *adapter)
{
	uint32_t events = 0;

	if (!adapter->port_watch)
		return;
	if (!receive_is_blocked(adapter))
		events |= EPOLLIN;
	if (adapter->transmit.channel || adapter->is_notice_due)
		events |= EPOLLOUT;
	if (events != adapter->port_events && loop_watch_set_events(adapter->port_watch, events) == 0)
		adapter->port_events = events;
}

static void send_notice(struct netvsp *adapter)
{
	unsigned flags = (adapter->filter ? PORT_UP : 0) | (adapter->takes_large ? PORT_TAKES_LARGE : 0);

	adapter->is_notice_due =
	    adapter->config.port_fd >= 0 && port_send_notice(adapter->config.port_fd, flags) == -EAGAIN;
}

void adapter_port_notify(struct netvsp *adapter)
{
	send_notice(adapter);
	adapter_port_update(adapter);
}

int adapter_port_send(struct netvsp *adapter, const struct port_header *header, const struct iovec *parts,
		      unsigned count)
{
	int r = -EPIPE;

	if (adapter_has_link(adapter))
		r = port_send(adapter->config.port_fd, header, parts, count);
	if (r == -EAGAIN) {
		adapter_port_update(adapter);
		return r;
	}
	if (r < 0) {
		adapter->stats.no_cable++; /* that the switch is gone is noticed when reading */
		netvsp_count(adapter, NETVSP_COUNT_DROPPED_PACKETS, 1);
	}
	return 0;
}

static void on_notice(struct netvsp *adapter, unsigned flags)
{
	bool is_up = flags & PORT_UP;

	if (is_up == adapter->is_port_up)
		return;
	adapter->is_port_up = is_up;
	control_indicate_link(adapter);
}

/* False when there is nothing more. */
static bool read_one(struct netvsp *adapter)
{
	struct port_header header;
	int size = port_receive(adapter->config.port_fd, &header, adapter->receive.frame,
				sizeof(adapter->receive.frame));

	if (size == -EBADMSG)
		return true;
	if (size < 0) {
		if (size != -EAGAIN)
			lose_port(adapter);
		return false;
	}
	if (header.kind == PORT_NOTICE)
		on_notice(adapter, header.flags);
	else
		receive_frame(adapter, &header, adapter->receive.frame, (uint32_t)size);
	return true;
}

static void read_port(struct netvsp *adapter)
{
	for (unsigned i = 0; i < TURN_FRAMES && !receive_is_blocked(adapter); i++)
		if (!read_one(adapter))
			break;
	for (unsigned i = 0; i < NETVSP_QUEUES_MAX; i++)
		if (adapter->channels[i].channel && !adapter->channels[i].is_batch_stuck)
			receive_flush(&adapter->channels[i]);
}

static void on_port(void *opaque, int fd, uint32_t events)
{
	struct netvsp *adapter = opaque;

	if (events & EPOLLOUT) {
		if (adapter->is_notice_due)
			send_notice(adapter);
		if (adapter->transmit.channel && transmit_continue(adapter))
			netvsp_read_all(adapter);
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && adapter->config.port_fd >= 0)
		read_port(adapter);
	adapter_port_update(adapter);
}

int adapter_port_open(struct netvsp *adapter, int fd)
{
	int r = loop_watch_new(adapter->config.loop, fd, EPOLLIN, on_port, adapter, &adapter->port_watch);

	if (r < 0)
		return r;
	adapter->config.port_fd = fd;
	adapter->port_events = EPOLLIN;
	adapter_port_notify(adapter);
	return 0;
}
