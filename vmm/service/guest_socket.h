/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end of a guest's sockets (hvsock): RUNTIME/guests/ID.sock of each running machine. Whoever
 * connects there and may use the machine's consoles is handed to its worker (vmm/worker/synthetic_hvsock.c
 * tells what is said then); anybody else is told why not, in one line, and logged.
 */
#ifndef SERVICE_GUEST_SOCKET_H
#define SERVICE_GUEST_SOCKET_H

#include <glib.h>

struct service;
struct vm;
struct guest_socket;

/* Does nothing when it is there. A failure is an event. */
void guest_socket_open(struct vm *vm);
struct guest_socket *guest_socket_free(struct guest_socket *socket);
const char *guest_socket_path(const struct guest_socket *socket); /* "" for NULL */

#endif
