/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/debug_port.h"

#include "chipset/io_bus.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum {
	PORT = 0x402,
	PRESENT = 0xe9,
	LINE_MAX_BYTES = 200,
};

struct debug_port {
	const struct debug_port_ops *ops;
	void *opaque;
	char line[LINE_MAX_BYTES + 1];
	unsigned size;
};

static uint64_t read_port(void *opaque, uint64_t offset, unsigned size)
{
	return PRESENT;
}

static void write_port(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct debug_port *port = opaque;
	char c = (char)value;

	if (c != '\n')
		port->line[port->size++] = c >= ' ' && c <= '~' ? c : '?';
	if (c != '\n' && port->size < LINE_MAX_BYTES)
		return;
	port->line[port->size] = '\0';
	port->size = 0;
	port->ops->on_line(port->opaque, port->line);
}

static const struct io_handler handler = { read_port, write_port, 1 };

int debug_port_new(const struct debug_port_ops *ops, void *opaque, struct debug_port **ret_port)
{
	struct debug_port *port = calloc(1, sizeof(*port));

	if (!port)
		return -ENOMEM;
	port->ops = ops;
	port->opaque = opaque;
	*ret_port = port;
	return 0;
}

struct debug_port *debug_port_free(struct debug_port *port)
{
	free(port);
	return NULL;
}

int debug_port_attach(struct debug_port *port, struct io_bus *bus)
{
	return io_bus_add_ports(bus, PORT, 1, &handler, port);
}
