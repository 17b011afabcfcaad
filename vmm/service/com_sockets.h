/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of the sockets that a machine's serial ports listen at: made by its start, removed when it ends, with the rights of the one
 * who started it; what lies there meanwhile under the same name stays. A record beside the worker's tells of them across a restart of
 * the service.
 */
#ifndef SERVICE_COM_SOCKETS_H
#define SERVICE_COM_SOCKETS_H

struct com_sockets;
struct identity;
struct vm;

/* It was started. */
void com_sockets_note(struct vm *vm, const struct identity *who);
/* A service that starts anew. Before the worker's record is looked at, which may go. */
void com_sockets_find(struct vm *vm);
/* It ended. */
void com_sockets_remove(struct vm *vm);
/* It runs on without this service. */
void com_sockets_forget(struct vm *vm);

#endif
