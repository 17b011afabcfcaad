/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question to the network helper (bulkhead-net) over descriptor SPAWN_LINK_FD of it, and its answer; then it ends.
 *
 *   to it     internal   name: of the adapter that this host gets; address: of this host, or ""
 *             external   adapter: of this host: a bridge is joined, any other is listened to
 *   from it   done       fd: for a switch of type wire (link/switch_link.h); name: the adapter that was made, or ""
 *             failed     text: a sentence
 */
#ifndef LINK_NET_LINK_H
#define LINK_NET_LINK_H

enum { NET_LINK_NAME_MAX = 15 };

#endif
