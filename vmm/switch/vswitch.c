/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switch/vswitch_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BURST_MS = 50, REFILL_MS_MAX = 1000 };

uint64_t vswitch_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int vswitch_new(const struct vswitch_ops *ops, void *opaque, struct vswitch **ret_switch)
{
	struct vswitch *sw = calloc(1, sizeof(*sw));

	if (!sw)
		return -ENOMEM;
	sw->ops = ops;
	sw->opaque = opaque;
	mac_table_init(&sw->macs);
	*ret_switch = sw;
	return 0;
}

void vswitch_set_uplink(struct vswitch *sw, enum vswitch_uplink kind, unsigned vlan)
{
	sw->uplink = kind;
	sw->uplink_vlan = vlan;
}

/* --- what a port may send --------------------------------------------------------------------------- */

/*
 * A kilobit a second is a bit a millisecond. What was not used in BURST_MS is lost, but for one large frame.
 */
static int64_t credit_max(const struct vswitch_port *port)
{
	return (int64_t)port->config.max_kbps * BURST_MS + (int64_t)FRAME_MAX * 8;
}

static bool may_send(struct vswitch_port *port)
{
	uint64_t now, passed;

	if (port->config.max_kbps == 0)
		return true;
	now = vswitch_now_ms();
	passed = now - port->credit_ms;
	port->credit_ms = now;
	if (passed > REFILL_MS_MAX)
		passed = REFILL_MS_MAX;
	port->credit += (int64_t)(passed * port->config.max_kbps);
	if (port->credit > credit_max(port))
		port->credit = credit_max(port);
	return port->credit > 0;
}

int vswitch_poll_timeout(struct vswitch *sw)
{
	int timeout = -1;

	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++) {
		struct vswitch_port *port = &sw->ports[i];
		int wait;

		if (!port->is_used || may_send(port))
			continue;
		wait = (int)(-port->credit / (int64_t)port->config.max_kbps) + 1;
		if (timeout < 0 || wait < timeout)
			timeout = wait;
	}
	return timeout;
}

/* --- what waits for a port ------------------------------------------------------------------------- */

static void queue_clear(struct vswitch_port *port)
{
	while (port->first) {
		struct queued_frame *next = port->first->next;

		free(port->first);
		port->first = next;
	}
	port->last = &port->first;
	port->queued = 0;
}

static void queue_add(struct vswitch_port *port, const struct port_header *header, const struct iovec *parts,
		      unsigned count)
{
	struct queued_frame *queued;
	size_t size = 0, cost, at = 0;

	for (unsigned i = 0; i < count; i++)
		size += parts[i].iov_len;
	cost = sizeof(*queued) + size;
	queued = port->queued + cost <= VSWITCH_QUEUE_MAX ? malloc(cost) : NULL;
	if (!queued) {
		port->stats.overflow++;
		return;
	}
	*queued = (struct queued_frame){ .header = *header, .size = size };
	for (unsigned i = 0; i < count; at += parts[i].iov_len, i++)
		memcpy(queued->data + at, parts[i].iov_base, parts[i].iov_len);
	*port->last = queued;
	port->last = &queued->next;
	port->queued += cost;
}

static void count_output(struct vswitch_port *port, const struct iovec *parts, unsigned count)
{
	port->stats.frames_out++;
	for (unsigned i = 0; i < count; i++)
		port->stats.bytes_out += parts[i].iov_len;
}

void port_output(struct vswitch_port *port, const struct port_header *header, const struct iovec *parts,
		 unsigned count)
{
	if (!port->config.is_up)
		return;
	/* A worker that is gone is noticed by poll(). */
	if (!port->first && port_send(port->config.fd, header, parts, count) != -EAGAIN)
		count_output(port, parts, count);
	else
		queue_add(port, header, parts, count);
}

static void queue_flush(struct vswitch_port *port)
{
	struct queued_frame *queued;

	while ((queued = port->first)) {
		struct iovec part = { .iov_base = queued->data, .iov_len = queued->size };

		if (port_send(port->config.fd, &queued->header, &part, 1) == -EAGAIN)
			return;
		count_output(port, &part, 1);
		port->first = queued->next;
		port->queued -= sizeof(*queued) + queued->size;
		free(queued);
	}
	port->last = &port->first;
}

/* --- ports ----------------------------------------------------------------------------------------- */

static struct vswitch_port *find_port(const struct vswitch *sw, uint32_t id)
{
	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++)
		if (sw->ports[i].is_used && sw->ports[i].config.id == id)
			return (struct vswitch_port *)&sw->ports[i];
	return NULL;
}

static bool is_good_config(const struct vswitch_port_config *config)
{
	return frame_mac_is_station(&config->mac) && config->vlan < 4095;
}

static void tell_state(struct vswitch_port *port)
{
	port_send_notice(port->config.fd, port->config.is_up ? PORT_UP : 0);
}

int vswitch_port_add(struct vswitch *sw, const struct vswitch_port_config *config)
{
	struct vswitch_port *port = sw->ports;
	int r;

	if (!is_good_config(config))
		return -EINVAL;
	if (find_port(sw, config->id))
		return -EEXIST;
	while (port < sw->ports + VSWITCH_PORTS_MAX && port->is_used)
		port++;
	if (port == sw->ports + VSWITCH_PORTS_MAX)
		return -ENOSPC;
	r = port_prepare(config->fd);
	if (r < 0)
		return r;
	*port = (struct vswitch_port){ .is_used = true, .config = *config };
	port->last = &port->first;
	port->credit_ms = vswitch_now_ms();
	tell_state(port);
	return 0;
}

int vswitch_port_change(struct vswitch *sw, const struct vswitch_port_config *config)
{
	struct vswitch_port *port = find_port(sw, config->id);
	int fd;

	if (!port)
		return -ENOENT;
	if (!is_good_config(config))
		return -EINVAL;
	fd = port->config.fd;
	port->credit = 0;
	port->credit_ms = vswitch_now_ms();
	port->config = *config;
	port->config.fd = fd;
	if (!config->is_up)
		queue_clear(port);
	mac_table_forget_port(&sw->macs, (unsigned)(port - sw->ports));
	tell_state(port);
	return 0;
}

int vswitch_port_get(const struct vswitch *sw, uint32_t id, struct vswitch_port_config *ret_config,
		     struct vswitch_port_stats *ret_stats)
{
	const struct vswitch_port *port = find_port(sw, id);

	if (!port)
		return -ENOENT;
	*ret_config = port->config;
	*ret_stats = port->stats;
	return 0;
}

static void drop_port(struct vswitch *sw, struct vswitch_port *port)
{
	queue_clear(port);
	mac_table_forget_port(&sw->macs, (unsigned)(port - sw->ports));
	close(port->config.fd);
	port->is_used = false;
}

int vswitch_port_remove(struct vswitch *sw, uint32_t id)
{
	struct vswitch_port *port = find_port(sw, id);

	if (!port)
		return -ENOENT;
	drop_port(sw, port);
	return 0;
}

struct vswitch *vswitch_free(struct vswitch *sw)
{
	if (!sw)
		return NULL;
	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++)
		if (sw->ports[i].is_used)
			drop_port(sw, &sw->ports[i]);
	free(sw);
	return NULL;
}

/* --- sockets --------------------------------------------------------------------------------------- */

int vswitch_poll_fd(const struct vswitch *sw, unsigned index, short *ret_events)
{
	const struct vswitch_port *port = &sw->ports[index];

	if (!port->is_used)
		return -1;
	*ret_events =
	    (short)((may_send((struct vswitch_port *)port) ? POLLIN : 0) | (port->first ? POLLOUT : 0));
	return port->config.fd;
}

static void on_notice(struct vswitch *sw, struct vswitch_port *port, unsigned flags)
{
	port->takes_large = flags & PORT_TAKES_LARGE;
	if (!(flags & PORT_UP)) /* a driver that starts anew */
		mac_table_forget_port(&sw->macs, (unsigned)(port - sw->ports));
}

static int read_one(struct vswitch *sw, unsigned index)
{
	struct vswitch_port *port = &sw->ports[index];
	struct port_header header;
	int r = port_receive(port->config.fd, &header, sw->frame + FRAME_VLAN_TAG, FRAME_MAX);

	if (r == -EBADMSG)
		return 0;
	if (r < 0)
		return r;
	port->credit -= (int64_t)r * 8;
	if (header.kind == PORT_NOTICE)
		on_notice(sw, port, header.flags);
	else
		forward_from_port(sw, index, &header, (size_t)r);
	return 0;
}

void vswitch_poll_done(struct vswitch *sw, unsigned index, short revents)
{
	struct vswitch_port *port = &sw->ports[index];
	int r = 0;

	if (!port->is_used)
		return;
	if (revents & POLLOUT)
		queue_flush(port);
	if (revents & (POLLIN | POLLHUP | POLLERR))
		for (unsigned i = 0; r == 0 && i < VSWITCH_TURN_FRAMES && (i == 0 || may_send(port)); i++)
			r = read_one(sw, index);
	if (r < 0 && r != -EAGAIN) {
		uint32_t id = port->config.id;

		drop_port(sw, port);
		if (sw->ops->port_gone)
			sw->ops->port_gone(sw->opaque, id);
	}
}
