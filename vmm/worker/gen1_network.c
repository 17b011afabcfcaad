/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/gen1_network.h"
#include "worker/counters.h"

#include "chipset/pc.h"
#include "chipset/rtl8139.h"
#include "loop/loop.h"
#include "net/cut.h"
#include "net/port.h"
#include "state/state.h"
#include "vsp/netvsp/netvsp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { TURN_FRAMES = 64 }; /* before others have their turn */

struct adapter {
	struct gen1_network *network;
	unsigned index; /* of the machine's adapters */
	struct rtl8139 *nic;
	struct loop_call work;
	int port; /* -1: no cable */
	struct loop_watch *watch;
	uint32_t events;
	bool is_port_up, is_notice_due, was_receiving,
	    is_full; /* is_full: the switch takes nothing more just now */
	struct netvsp_stats stats;
	/* A frame for which the guest has no room yet: what is left of it. */
	bool is_cutting;
	struct cut cut;
	struct cut_piece piece;
	uint8_t frame[FRAME_MAX];
};

struct gen1_network {
	struct loop *loop;
	struct pc *pc;
	const struct gen1_network_ops *ops;
	void *opaque;
	bool is_running, is_alone; /* no other adapters answer */
	unsigned count;
	struct adapter *adapters[GEN1_ADAPTERS];
};

static void count(enum netvsp_counter which, uint64_t number)
{
	atomic_fetch_add_explicit(&counters_network()[which], number, memory_order_relaxed);
}

static void drop(uint64_t *stat)
{
	(*stat)++;
	count(NETVSP_COUNT_DROPPED_PACKETS, 1);
}

/* --- the port ---------------------------------------------------------------------------------------- */

static void lock(const struct adapter *adapter)
{
	io_bus_lock(adapter->network->pc->bus);
}

static void unlock(const struct adapter *adapter)
{
	io_bus_unlock(adapter->network->pc->bus);
}

static void update_link(struct adapter *adapter)
{
	lock(adapter);
	rtl8139_set_link(adapter->nic, adapter->port >= 0 && adapter->is_port_up);
	unlock(adapter);
}

static void close_port(struct adapter *adapter)
{
	adapter->watch = loop_watch_free(adapter->watch);
	if (adapter->port >= 0)
		close(adapter->port);
	adapter->port = -1;
	adapter->is_port_up = adapter->is_notice_due = adapter->is_full = false;
	update_link(adapter);
}

static void lose_port(struct adapter *adapter)
{
	char text[160];

	close_port(adapter);
	snprintf(text, sizeof(text),
		 "network adapter %u: the virtual switch is gone: it has no connection any more",
		 adapter->index);
	adapter->network->ops->on_warning(adapter->network->opaque, text);
}

/* The switch knows whether the guest's driver runs. */
static void send_notice(struct adapter *adapter)
{
	adapter->is_notice_due =
	    adapter->port >= 0 &&
	    port_send_notice(adapter->port, adapter->was_receiving ? PORT_UP : 0) == -EAGAIN;
}

static void look_at_receiver(struct adapter *adapter)
{
	bool is_receiving = rtl8139_is_receiving(adapter->nic);

	if (is_receiving == adapter->was_receiving)
		return;
	adapter->was_receiving = is_receiving;
	send_notice(adapter);
}

/* --- frames from the guest --------------------------------------------------------------------------- */

static int send_frame(struct adapter *adapter, uint8_t *frame, size_t size)
{
	const struct port_header header = { .kind = PORT_FRAME };
	const struct iovec part = { .iov_base = frame, .iov_len = size };
	int r =
	    adapter->port >= 0 && adapter->is_port_up ? port_send(adapter->port, &header, &part, 1) : -EPIPE;

	if (r == -EAGAIN)
		return r;
	if (r < 0) {
		drop(&adapter->stats.no_cable);
		return 0;
	}
	adapter->stats.frames_out++;
	adapter->stats.bytes_out += size;
	count(NETVSP_COUNT_SENT_PACKETS, 1);
	count(NETVSP_COUNT_SENT_BYTES, size);
	return 0;
}

/* False: the switch takes nothing more just now. Under the bus lock. */
static bool send_all(struct adapter *adapter)
{
	uint8_t frame[RTL8139_SEND_MAX];
	size_t size;

	for (unsigned i = 0; i < TURN_FRAMES && (size = rtl8139_next(adapter->nic, frame)) > 0; i++) {
		if (send_frame(adapter, frame, size) == -EAGAIN)
			return false;
		rtl8139_sent(adapter->nic);
	}
	return true;
}

/* --- frames to the guest ----------------------------------------------------------------------------- */

static void deliver(struct adapter *adapter, const void *frame, size_t size)
{
	enum rtl8139_result result = rtl8139_receive(adapter->nic, frame, size);

	if (result == RTL8139_NO_ROOM)
		drop(&adapter->stats.no_buffer);
	if (result == RTL8139_NOT_WANTED)
		adapter->stats.filtered++;
	if (result != RTL8139_TAKEN)
		return;
	adapter->stats.frames_in++;
	adapter->stats.bytes_in += size;
	count(NETVSP_COUNT_RECEIVED_PACKETS, 1);
	count(NETVSP_COUNT_RECEIVED_BYTES, size);
}

static void deliver_piece(struct adapter *adapter)
{
	uint8_t frame[CUT_HEADERS_MAX + FRAME_MTU];
	const struct cut_piece *piece = &adapter->piece;

	if (piece->header_size + piece->payload_size > sizeof(frame))
		return;
	memcpy(frame, piece->headers, piece->header_size);
	memcpy(frame + piece->header_size, piece->payload, piece->payload_size);
	deliver(adapter, frame, piece->header_size + piece->payload_size);
}

/* False: the guest has no room for the next piece. */
static bool deliver_pieces(struct adapter *adapter)
{
	while (adapter->is_cutting && rtl8139_has_room(adapter->nic)) {
		adapter->is_cutting = cut_next(&adapter->cut, &adapter->piece);
		if (adapter->is_cutting)
			deliver_piece(adapter);
	}
	return !adapter->is_cutting;
}

/* What is larger than the guest's MTU (the NAT sends such) is cut up. */
static void take_frame(struct adapter *adapter, const struct port_header *header, size_t size)
{
	size_t most = FRAME_ETHERNET_HEADER + FRAME_MTU;

	if (size > FRAME_ETHERNET_HEADER && frame_get16(adapter->frame + 12) == FRAME_VLAN)
		most += FRAME_VLAN_TAG;
	if (size <= most)
		deliver(adapter, adapter->frame, size);
	else if (cut_begin(&adapter->cut, adapter->frame, size, header->segment, FRAME_MTU) == 0)
		adapter->is_cutting = true;
	else
		adapter->stats.filtered++;
}

/* False when there is nothing more. */
static bool read_one(struct adapter *adapter)
{
	struct port_header header;
	int size = port_receive(adapter->port, &header, adapter->frame, sizeof(adapter->frame));

	if (size == -EBADMSG)
		return true;
	if (size < 0) {
		if (size != -EAGAIN)
			lose_port(adapter);
		return false;
	}
	if (header.kind == PORT_NOTICE) {
		adapter->is_port_up = header.flags & PORT_UP;
		update_link(adapter);
		return true;
	}
	lock(adapter);
	take_frame(adapter, &header, (size_t)size);
	deliver_pieces(adapter);
	unlock(adapter);
	return true;
}

static bool has_room(struct adapter *adapter)
{
	bool has;

	lock(adapter);
	has = deliver_pieces(adapter) && rtl8139_has_room(adapter->nic);
	unlock(adapter);
	return has;
}

static void read_all(struct adapter *adapter)
{
	for (unsigned i = 0; i < TURN_FRAMES && adapter->port >= 0 && has_room(adapter); i++)
		if (!read_one(adapter))
			break;
}

/* --- the loop ---------------------------------------------------------------------------------------- */

static void update_events(struct adapter *adapter)
{
	uint32_t events = 0;

	if (!adapter->watch)
		return;
	if (adapter->network->is_running && has_room(adapter))
		events |= EPOLLIN;
	if (adapter->network->is_running && (adapter->is_full || adapter->is_notice_due))
		events |= EPOLLOUT;
	if (events != adapter->events && loop_watch_set_events(adapter->watch, events) == 0)
		adapter->events = events;
}

/* What the guest has to send; more than a turn's comes with the next call. */
static void on_work(void *opaque)
{
	struct adapter *adapter = opaque;
	uint8_t frame[RTL8139_SEND_MAX];
	bool is_more;

	if (!adapter->network->is_running)
		return;
	lock(adapter);
	look_at_receiver(adapter);
	adapter->is_full = !send_all(adapter);
	is_more = !adapter->is_full && rtl8139_next(adapter->nic, frame) > 0;
	unlock(adapter);
	update_events(adapter);
	if (is_more)
		loop_call(adapter->network->loop, &adapter->work);
}

static void on_port(void *opaque, int fd, uint32_t events)
{
	struct adapter *adapter = opaque;

	if (events & EPOLLOUT && adapter->is_notice_due)
		send_notice(adapter);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_all(adapter);
	on_work(adapter);
}

/* On a VP's thread too, under the bus lock. */
static void ask_for_work(void *opaque)
{
	struct adapter *adapter = opaque;

	loop_call(adapter->network->loop, &adapter->work);
}

static const struct rtl8139_ops nic_ops = { .on_work = ask_for_work };

static int open_port(struct adapter *adapter, int fd)
{
	int r = fd < 0 ? 0 : loop_watch_new(adapter->network->loop, fd, 0, on_port, adapter, &adapter->watch);

	if (r < 0)
		return r;
	adapter->port = fd;
	adapter->events = 0;
	send_notice(adapter);
	update_events(adapter);
	return 0;
}

void gen1_network_run(struct gen1_network *network, bool is_running)
{
	if (!network)
		return;
	network->is_running = is_running;
	for (unsigned i = 0; i < network->count; i++) {
		update_events(network->adapters[i]);
		if (is_running)
			loop_call(network->loop, &network->adapters[i]->work);
	}
}

/* --- messages ---------------------------------------------------------------------------------------- */

static bool on_connect(struct gen1_network *network, struct link_message *message)
{
	struct adapter *adapter = NULL;
	uint64_t index;
	int fd = -1;

	if (link_get_number(message, "index", WORKER_PORTS_MAX - 1, &index) < 0)
		return false;
	for (unsigned i = 0; i < network->count; i++)
		if (network->adapters[i]->index == index)
			adapter = network->adapters[i];
	if (!adapter)
		return false;
	link_take_fd(message, "fd", &fd);
	close_port(adapter);
	if (open_port(adapter, fd) < 0)
		close(fd);
	return true;
}

static void tell_figures(const struct adapter *adapter)
{
	struct link_message *message;

	if (link_message_new("network", &message) < 0)
		return;
	link_add_number(message, "index", adapter->index);
	link_add_number(message, "frames-in", adapter->stats.frames_in);
	link_add_number(message, "bytes-in", adapter->stats.bytes_in);
	link_add_number(message, "frames-out", adapter->stats.frames_out);
	link_add_number(message, "bytes-out", adapter->stats.bytes_out);
	link_add_number(message, "dropped-in", adapter->stats.no_buffer);
	link_add_number(message, "dropped-out", adapter->stats.no_cable);
	adapter->network->ops->on_message(adapter->network->opaque, message);
}

bool gen1_network_handle(struct gen1_network *network, struct link_message *message)
{
	if (!network)
		return false;
	if (strcmp(link_verb(message), "network-connect") == 0)
		return on_connect(network, message);
	if (strcmp(link_verb(message), "network-show") != 0)
		return false;
	for (unsigned i = 0; i < network->count; i++)
		tell_figures(network->adapters[i]);
	return network->is_alone;
}

/* --- life -------------------------------------------------------------------------------------------- */

static int add(struct gen1_network *network, const struct dma *dma, struct worker_port *port)
{
	struct adapter *adapter = calloc(1, sizeof(*adapter));
	struct rtl8139_config config = { .pci = network->pc->pci,
					 .devfn = PCI_DEVFN(GEN1_ADAPTER_DEVICE + network->count, 0),
					 .clock = network->pc->clock,
					 .dma = dma,
					 .ops = &nic_ops,
					 .opaque = adapter };
	int r;

	if (!adapter)
		return -ENOMEM;
	network->adapters[network->count++] = adapter;
	adapter->network = network;
	adapter->index = port->index;
	adapter->port = -1;
	adapter->work = (struct loop_call){ .fn = on_work, .opaque = adapter };
	memcpy(config.mac, port->mac, sizeof(config.mac));
	r = rtl8139_new(&config, &adapter->nic);
	if (r == 0)
		r = open_port(adapter, port->fd);
	if (r == 0)
		port->fd = -1;
	return r;
}

int gen1_network_new(struct loop *loop, struct pc *pc, const struct dma *dma, struct worker_config *config,
		     const struct gen1_network_ops *ops, void *opaque, struct gen1_network **ret_network)
{
	struct gen1_network *network = calloc(1, sizeof(*network));
	int r = network ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	*network = (struct gen1_network){
		.loop = loop, .pc = pc, .ops = ops, .opaque = opaque, .is_alone = !config->is_enlightened
	};
	for (unsigned i = 0; r == 0 && i < config->port_count; i++)
		if (config->ports[i].is_legacy)
			r = network->count < GEN1_ADAPTERS ? add(network, dma, &config->ports[i]) : -ENOSPC;
	if (r < 0 || network->count == 0) {
		gen1_network_free(network);
		network = NULL;
	}
	*ret_network = network;
	return r;
}

struct gen1_network *gen1_network_free(struct gen1_network *network)
{
	if (!network)
		return NULL;
	for (unsigned i = 0; i < network->count; i++) {
		struct adapter *adapter = network->adapters[i];

		if (adapter->nic)
			close_port(adapter);
		rtl8139_free(adapter->nic);
		loop_call_cancel(network->loop, &adapter->work);
		free(adapter);
	}
	free(network);
	return NULL;
}

/* The port is another one, whose switch says by itself when it is there: the guest sees its cable pulled
 * until then. */
static void adapter_state(struct adapter *adapter, struct state *state)
{
	char name[STATE_NAME_MAX];

	snprintf(name, sizeof(name), "rtl8139 %u", adapter->index);
	rtl8139_state(adapter->nic, state, name);
	if (state_is_reading(state))
		rtl8139_set_link(adapter->nic, adapter->port >= 0 && adapter->is_port_up);
}

void gen1_network_state(struct gen1_network *network, struct state *state)
{
	for (unsigned i = 0; network && i < network->count; i++)
		adapter_state(network->adapters[i], state);
}
