/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-display, the process that shows one machine's screen to its viewers, as the service sees it: started,
 * its link (remote-display/server/display_link.h), its end. It is confined before it hears anything; the service
 * never waits for it.
 *
 * Callbacks  Never from within a function of this header. on_gone() comes once and last; the owner frees it then.
 */
#ifndef SERVICE_DISPLAY_PROCESS_H
#define SERVICE_DISPLAY_PROCESS_H

#include <glib.h>
#include <sys/types.h>

struct display_process;

struct display_process_ops {
	void (*on_viewer_gone)(gpointer opaque, guint id);
	void (*on_gone)(gpointer opaque, const char *why); /* a part of a sentence */
};

/* `screen`: a socket to the machine (ui/display_proto.h), which stays the caller's. NULL: a sentence. */
struct display_process *display_process_start(const char *vm_id, const char *name, int screen,
					      const struct display_process_ops *ops, gpointer opaque,
					      GError **error);
/* Ends it: its viewers are gone with it. NULL is fine; returns NULL. */
struct display_process *display_process_free(struct display_process *process);
pid_t display_process_pid(const struct display_process *process);

/* One more viewer; its socket stays the caller's. FALSE: the process does not listen. */
gboolean display_process_add(struct display_process *process, guint id, gboolean is_view_only, int socket);
gboolean display_process_disconnect(struct display_process *process, guint id);

#endif
