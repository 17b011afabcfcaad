/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's screen by TCP, where its settings ask for it (model/vm_listen.h) and it has a password: the
 * socket listens while the machine runs. Who comes is handed to the display process, which asks for the
 * proof; who guesses is kept out.
 */
#ifndef SERVICE_DISPLAY_LISTENER_H
#define SERVICE_DISPLAY_LISTENER_H

#include "service/vm.h"

enum { DISPLAY_STRANGERS_MAX = 16, DISPLAY_STRANGERS_PER_ADDRESS = 8 }; /* who have proven nothing yet */

/* To what the machine's state, settings and passwords say now. */
void display_listener_update(struct vm *vm);
/* A password or a setting changed that viewers are let in by. */
void display_listener_renew(struct vm *vm);
void display_listener_close(struct vm *vm);
/* How a proof from there went. */
void display_listener_judge(struct vm *vm, const char *address, gboolean was_right);
/* "127.0.0.1:5901", or why it does not listen; free it. */
char *display_listener_describe(const struct vm *vm);

#endif
