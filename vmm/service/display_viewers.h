/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who looks at a machine's screen by VNC: the list of viewers, and the display process that serves them,
 * which comes with the first one and goes a moment after the last one.
 *
 * A reset of the machine changes nothing here; its end ends all.
 */
#ifndef SERVICE_DISPLAY_VIEWERS_H
#define SERVICE_DISPLAY_VIEWERS_H

#include "service/identity.h"
#include "service/vm.h"

#include <gio/gio.h>

enum {
	DISPLAY_VIEWERS_LIMIT = 64, /* of a machine */
	DISPLAY_LINGER_S = 5,
};

/* A connected stream socket that speaks RFB, to be closed; -1: a sentence. */
int display_open_viewer(struct vm *vm, const struct identity *who, gboolean is_view_only, guint *ret_id,
			GError **error);
/* Who came by TCP and must prove a password first; the socket stays the caller's. */
gboolean display_add_stranger(struct vm *vm, const char *address, int socket, GError **error);
/* How many have not yet; `address` NULL: from everywhere. */
guint display_count_strangers(const struct vm *vm, const char *address);
/* The display process is told anew what to ask strangers for. */
void display_forget_security(struct vm *vm);
gboolean display_disconnect_viewer(struct vm *vm, guint id, GError **error);
/* aa{sv}: "id" (u), "user" (s), "address" (s), "view-only" (b), "since" (x); floating. */
GVariant *display_list_viewers(const struct vm *vm);
guint display_count_viewers(const struct vm *vm);
/* "carol, who only looks"; NULL: there is none of this number. Free it. */
char *display_describe_viewer(const struct vm *vm, guint id);
/* The machine ended, or is freed. */
void display_end(struct vm *vm);

#endif
