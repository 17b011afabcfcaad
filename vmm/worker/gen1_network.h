/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The legacy network adapters of a generation 1 machine: RTL8139 chips (chipset/rtl8139.h) on ports of
 * virtual switches (net/port.h), which firmware can boot from.
 *
 * Threads    The loop's, all of it; chips ask for work from VP threads, under the bus lock. No frame
 *            moves before gen1_network_run(true) and after gen1_network_run(false): then nobody writes
 *            to the guest's memory.
 * Ownership  Takes the descriptors of the legacy ports out of the configuration.
 * Limits     GEN1_ADAPTERS. A guest that does not read, or a switch that does not, is waited for:
 *            reading of the other one stops.
 */
#ifndef WORKER_GEN1_NETWORK_H
#define WORKER_GEN1_NETWORK_H

#include "chipset/dma.h"
#include "link/link.h"
#include "link/worker_link.h"

struct gen1_network;
struct loop;
struct pc;
struct state;

enum {
	GEN1_ADAPTERS = WORKER_LEGACY_PORTS_MAX,
	GEN1_ADAPTER_DEVICE =
	    9, /* on the PCI bus: the first one; firmware/dsdt_pc.asl has their interrupts */
};

struct gen1_network_ops {
	void (*on_warning)(void *opaque, const char *text);
	void (*on_message)(void *opaque, struct link_message *message); /* takes it */
};

/* `dma` outlives it. 0 with NULL when there is no such adapter. */
int gen1_network_new(struct loop *loop, struct pc *pc, const struct dma *dma, struct worker_config *config,
		     const struct gen1_network_ops *ops, void *opaque, struct gen1_network **ret_network);
/* Before the PCI bus, after the VPs stopped. */
struct gen1_network *gen1_network_free(struct gen1_network *network);
void gen1_network_run(struct gen1_network *network, bool is_running);
/* "network-connect" of one of these; "network-show", which is others' too: then false. */
bool gen1_network_handle(struct gen1_network *network, struct link_message *message);
/* Under the bus lock. */
void gen1_network_state(struct gen1_network *network, struct state *state);

#endif
