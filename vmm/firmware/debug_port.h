/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The port that SeaBIOS writes its log to: 402h, which reads as E9h to say that somebody listens.
 * Threads: under the bus lock, the callback too.
 */
#ifndef FIRMWARE_DEBUG_PORT_H
#define FIRMWARE_DEBUG_PORT_H

struct debug_port;
struct io_bus;

struct debug_port_ops {
	void (*on_line)(void *opaque, const char *line); /* without its end; printable characters only */
};

int debug_port_new(const struct debug_port_ops *ops, void *opaque, struct debug_port **ret_port);
struct debug_port *debug_port_free(struct debug_port *port);
int debug_port_attach(struct debug_port *port, struct io_bus *bus);

#endif
