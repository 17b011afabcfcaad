/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host of a console: its connection and its lists, made in the background, and made again when they are
 * lost. Nothing here waits.
 *
 * Signals    "changed": vmc_host_link() or vmc_host_problem() is another one. Between two of them, the
 *            connection and the inventory stay the same; VmcObjects that somebody holds stay as they
 *            were at last.
 * Threads    The main context's; connecting itself is done by a thread of its own.
 */
#ifndef CLIENT_HOST_H
#define CLIENT_HOST_H

#include "client/inventory.h"

#define VMC_TYPE_HOST (vmc_host_get_type())
G_DECLARE_FINAL_TYPE(VmcHost, vmc_host, VMC, HOST, GObject)

enum vmc_link {
	VMC_LINK_CONNECTING,
	VMC_LINK_CONNECTED,
	VMC_LINK_LOST, /* tried again after a while; see vmc_host_problem() */
};

/* `place` as vmc_connect() has it. Begins to connect. */
VmcHost *vmc_host_new(const char *place);
const char *vmc_host_place(VmcHost *host); /* "" for this computer */
const char *vmc_host_label(VmcHost *host); /* "This computer" */
enum vmc_link vmc_host_link(VmcHost *host);
const char *vmc_host_problem(VmcHost *host); /* a sentence; "" */
/* At once, instead of after a while. */
void vmc_host_reconnect(VmcHost *host);

/* NULL unless it is connected. Not owned. */
struct vmc_connection *vmc_host_connection(VmcHost *host);
struct vmc_inventory *vmc_host_inventory(VmcHost *host);

#endif
