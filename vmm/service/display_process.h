/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-display, the process that shows one machine's screen to its viewers, as the service sees it:
 * started, its link (remote-display/server/display_link.h), its end. It is confined before it hears
 * anything; the service never waits for it.
 *
 * Callbacks  Never from within a function of this header. on_gone() comes once and last; the owner frees it
 *            then.
 */
#ifndef SERVICE_DISPLAY_PROCESS_H
#define SERVICE_DISPLAY_PROCESS_H

#include <glib.h>
#include <sys/types.h>

/* Before a machine's identity: what its display process is called in the table of user IDs (worker_uid.h). */
#define DISPLAY_UID_PREFIX "display-"

struct display_process;

struct display_process_ops {
	/* It has proven what it must. */
	void (*on_viewer_in)(gpointer opaque, guint id, gboolean is_view_only);
	void (*on_viewer_gone)(gpointer opaque, guint id, gboolean was_password_wrong);
	void (*on_gone)(gpointer opaque, const char *why); /* a part of a sentence */
};

/* `screen`: a socket to the machine (ui/display_proto.h), which stays the caller's. NULL: a sentence. */
struct display_process *display_process_start(const char *vm_id, const char *name, int screen,
					      const struct display_process_ops *ops, gpointer opaque,
					      GError **error);
/* Ends it: its viewers are gone with it. NULL is fine; returns NULL. */
struct display_process *display_process_free(struct display_process *process);
pid_t display_process_pid(const struct display_process *process);

/*
 * One more viewer; its socket stays the caller's. FALSE: the process does not listen. must_prove: by the
 * security that was told last.
 */
gboolean display_process_add(struct display_process *process, guint id, gboolean is_view_only,
			     gboolean must_prove, int socket);

struct display_security {
	int certificate, key, page; /* -1: none; the caller's */
	gboolean needs_tls;
	const char *password, *view_password; /* "": none */
};

gboolean display_process_set_security(struct display_process *process,
				      const struct display_security *security);
/* In which text is typed: "us". */
gboolean display_process_set_keyboard(struct display_process *process, const char *layout,
				      gboolean types_clipboard);
gboolean display_process_disconnect(struct display_process *process, guint id);

/*
 * A process of its own writes a certificate for this host and its key into two empty files, which stay the
 * caller's. `done` comes once, never at once; error NULL: they are there.
 */
void display_process_make_certificate(int certificate, int key,
				      void (*done)(gpointer opaque, const char *error,
						   const char *fingerprint),
				      gpointer opaque);

#endif
