/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network adapters of an enlightened machine. */
#include "worker/counters.h"
#include "worker/synthetic.h"

#include "vsp/netvsp/netvsp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct network_adapter {
	struct network *network;
	unsigned index;
	struct netvsp *netvsp;
};

struct network {
	struct synthetic *synthetic;
	unsigned count;
	struct network_adapter adapters[WORKER_PORTS_MAX];
};

static void on_log(void *opaque, const char *text)
{
	struct network_adapter *adapter = opaque;
	char sentence[300];

	snprintf(sentence, sizeof(sentence), "network adapter %u: %s", adapter->index, text);
	synthetic_warn(adapter->network->synthetic, sentence);
}

/* The same at each start: guests name their interfaces after it. */
static struct vmbus_guid instance_of(const struct worker_port *port)
{
	struct vmbus_guid guid = { { (uint8_t)port->index, 't', 'e', 'n', 0x10, 0x7a, 0x7e, 0x4b, 0x8e,
				     0x00 } };

	memcpy(guid.bytes + 10, port->mac, 6);
	return guid;
}

void synthetic_network_device(const struct worker_port *port, char text[39])
{
	struct vmbus_guid guid = instance_of(port);

	text[0] = '{';
	vmbus_guid_format(&guid, text + 1);
	text[37] = '}';
	text[38] = '\0';
}

static unsigned queues_of(unsigned processors)
{
	return processors < NETVSP_QUEUES_MAX ? processors : NETVSP_QUEUES_MAX;
}

/* Takes the port's descriptor. */
static int add(struct network *network, struct worker_port *port)
{
	struct network_adapter *adapter = &network->adapters[network->count];
	struct netvsp_config config = { .bus = synthetic_bus(network->synthetic),
					.loop = synthetic_loop(network->synthetic),
					.instance = instance_of(port),
					.may_spoof = port->allows_spoofing,
					.queues = queues_of(synthetic_config(network->synthetic)->processors),
					.port_fd = port->fd,
					.log = on_log,
					.opaque = adapter,
					.counters = counters_network() };
	int r;

	*adapter = (struct network_adapter){ .network = network, .index = port->index };
	memcpy(config.mac.bytes, port->mac, 6);
	r = netvsp_new(&config, &adapter->netvsp);
	if (r < 0)
		return r;
	port->fd = -1;
	network->count++;
	return 0;
}

static void free_network(void *part)
{
	struct network *network = part;

	for (unsigned i = 0; i < network->count; i++)
		netvsp_free(network->adapters[i].netvsp);
	free(network);
}

static int make(struct synthetic *synthetic, void **ret_part, struct machine_error *error)
{
	struct worker_config *config = synthetic_config(synthetic);
	struct network *network;

	if (config->port_count == 0)
		return 0;
	network = calloc(1, sizeof(*network));
	if (!network) {
		snprintf(error->text, sizeof(error->text), "no memory for the network adapters");
		return -ENOMEM;
	}
	network->synthetic = synthetic;
	for (unsigned i = 0; i < config->port_count; i++) {
		int r = config->ports[i].is_legacy ? 0 : add(network, &config->ports[i]);

		if (r < 0) {
			snprintf(error->text, sizeof(error->text), "network adapter %u cannot be made: %s",
				 config->ports[i].index, strerror(-r));
			free_network(network);
			return r;
		}
	}
	*ret_part = network;
	return 0;
}

/* index, and fd of another port; without one the cable is pulled */
static void on_connect(struct network *network, struct link_message *message)
{
	uint64_t index;
	int fd = -1;

	if (link_get_number(message, "index", WORKER_PORTS_MAX - 1, &index) < 0)
		return;
	link_take_fd(message, "fd", &fd);
	for (unsigned i = 0; i < network->count; i++)
		if (network->adapters[i].index == index &&
		    netvsp_set_port(network->adapters[i].netvsp, fd) == 0)
			return;
	if (fd >= 0)
		close(fd);
}

static void tell_figures(const struct network_adapter *adapter)
{
	struct link_message *message;
	struct netvsp_stats stats;

	if (link_message_new("network", &message) < 0)
		return;
	netvsp_get_stats(adapter->netvsp, &stats);
	link_add_number(message, "index", adapter->index);
	link_add_number(message, "frames-in", stats.frames_in);
	link_add_number(message, "bytes-in", stats.bytes_in);
	link_add_number(message, "frames-out", stats.frames_out);
	link_add_number(message, "bytes-out", stats.bytes_out);
	link_add_number(message, "dropped-in", stats.no_buffer);
	link_add_number(message, "dropped-out", stats.bad_out + stats.no_cable);
	synthetic_tell(adapter->network->synthetic, message);
}

static bool handle(void *part, struct link_message *message)
{
	struct network *network = part;

	if (strcmp(link_verb(message), "network-connect") == 0)
		on_connect(network, message);
	else if (strcmp(link_verb(message), "network-show") == 0)
		for (unsigned i = 0; i < network->count; i++)
			tell_figures(&network->adapters[i]);
	else
		return false;
	return true;
}

const struct synthetic_part synthetic_network = {
	.name = "network",
	.make = make,
	.free = free_network,
	.handle = handle,
};
