/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/session.h"
#include "server/input.h"
#include "server/typist.h"
#include "server/viewer.h"

#include "keys/keys.h"
#include "ui/viewer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WATCH_MS = 16 };

enum entry { ENTRY_FULL = 1, ENTRY_VIEW_ONLY, ENTRY_WRONG_PASSWORD, ENTRY_NO_VIEWER };

struct seat { /* of a viewer */
	struct rd_session *session;
	bool is_taken;
	unsigned id;
	bool is_view_only;
	struct rd_security *security; /* NULL: its socket proves all */
	int waiting;		      /* its socket, while there is no screen yet; else -1 */
	struct rd_viewer *viewer;     /* NULL: it waits */
	atomic_bool has_ended;
	atomic_int entry; /* enum entry, of which the service was not told yet; else 0 */
	enum rd_departure departure;
	struct rd_input *input;
};

struct rd_session {
	struct viewer_link machine;
	struct rd_input_target target;
	struct rd_typist *typist;
	atomic_bool types_clipboard;
	char *name;
	const struct rd_session_ops *ops;
	void *opaque;
	int event_fd;		  /* a viewer ended */
	struct rd_screen *screen; /* NULL: not ready */
	struct seat seats[RD_VIEWERS_MAX];
	unsigned present;
};

/* --- viewers ----------------------------------------------------------------------------------------- */

static void wake_session(void *opaque)
{
	struct rd_session *session = opaque;
	uint64_t one = 1;

	(void)!write(session->event_fd, &one, sizeof(one));
}

static void wake(struct seat *seat)
{
	wake_session(seat->session);
}

static void on_let_in(void *opaque, bool is_view_only)
{
	struct seat *seat = opaque;

	atomic_store(&seat->entry, is_view_only ? ENTRY_VIEW_ONLY : ENTRY_FULL);
	wake(seat);
}

static void on_refused(void *opaque, int error)
{
	struct seat *seat = opaque;

	atomic_store(&seat->entry, error == -EACCES ? ENTRY_WRONG_PASSWORD : ENTRY_NO_VIEWER);
}

static void on_ended(void *opaque)
{
	struct seat *seat = opaque;

	atomic_store(&seat->has_ended, true);
	wake(seat);
}

static void on_key(void *opaque, uint16_t code, bool is_down)
{
	rd_input_key(((struct seat *)opaque)->input, code, is_down);
}

static void on_keysym(void *opaque, uint32_t keysym, bool is_down)
{
	rd_input_keysym(((struct seat *)opaque)->input, keysym, is_down);
}

static void on_pointer(void *opaque, uint32_t x, uint32_t y, unsigned buttons)
{
	rd_input_pointer(((struct seat *)opaque)->input, x, y, buttons);
}

static void on_text(void *opaque, const char *utf8, size_t size)
{
	struct rd_session *session = ((struct seat *)opaque)->session;

	if (atomic_load(&session->types_clipboard))
		rd_typist_add(session->typist, utf8, size);
}

static void on_size(void *opaque, uint32_t width, uint32_t height)
{
	viewer_send(&((struct seat *)opaque)->session->machine, DISPLAY_SIZE, (int)width, (int)height, 0, 0);
}

static const struct rd_rfb_ops rfb_ops = {
	.key = on_key,
	.keysym = on_keysym,
	.pointer = on_pointer,
	.text = on_text,
	.size = on_size,
};
static const struct rd_viewer_ops viewer_ops = {
	.rfb = &rfb_ops,
	.let_in = on_let_in,
	.refused = on_refused,
	.ended = on_ended,
};

/* The machine draws by itself only while somebody is there. */
static void count(struct rd_session *session, int step)
{
	bool was_watched = session->present > 0;

	session->present += (unsigned)step;
	if (was_watched != (session->present > 0))
		viewer_send(&session->machine, DISPLAY_WATCH, session->present ? WATCH_MS : 0, 0, 0, 0);
}

static void leave(struct seat *seat)
{
	struct rd_session *session = seat->session;

	if (seat->waiting >= 0)
		close(seat->waiting);
	if (seat->viewer)
		count(session, -1);
	seat->viewer = rd_viewer_free(seat->viewer);
	seat->input = rd_input_free(seat->input);
	seat->security = rd_security_unref(seat->security);
	seat->is_taken = false;
	session->ops->viewer_gone(session->opaque, seat->id, seat->departure);
}

static struct seat *find_seat(struct rd_session *session, unsigned id, struct seat **ret_free)
{
	*ret_free = NULL;
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++) {
		struct seat *seat = &session->seats[i];

		if (seat->is_taken && seat->id == id)
			return seat;
		if (!seat->is_taken && !*ret_free)
			*ret_free = seat;
	}
	return NULL;
}

/* There is a screen: its viewer's thread starts. */
static void serve(struct seat *seat)
{
	struct rd_session *session = seat->session;
	struct rd_viewer_config config = { .screen = session->screen,
					   .name = session->name,
					   .is_view_only = seat->is_view_only,
					   .security = seat->security,
					   .ops = &viewer_ops,
					   .opaque = seat };
	int socket = seat->waiting, r;

	seat->waiting = -1;
	atomic_store(&seat->has_ended, false);
	r = rd_input_new(&session->target, session->screen, &seat->input);
	/* Before its thread is there: the first picture is drawn meanwhile. */
	count(session, +1);
	viewer_send(&session->machine, DISPLAY_LOOK, 0, 0, 0, 0);
	if (r == 0)
		r = rd_viewer_new(&config, socket, &seat->viewer);
	else
		close(socket);
	if (r < 0) {
		seat->viewer = NULL;
		count(session, -1);
		leave(seat);
	}
}

int rd_session_add(struct rd_session *session, int socket, unsigned id, bool is_view_only,
		   struct rd_security *security)
{
	struct seat *seat;
	int r = 0;

	if (find_seat(session, id, &seat))
		r = -EEXIST;
	else if (!seat)
		r = -ENOSPC;
	if (r < 0) {
		close(socket);
		return r;
	}
	seat->session = session;
	seat->is_taken = true;
	seat->id = id;
	seat->is_view_only = is_view_only;
	seat->security = rd_security_ref(security);
	atomic_store(&seat->entry, 0);
	seat->departure = RD_NEVER_IN;
	seat->waiting = socket;
	if (session->screen)
		serve(seat);
	return 0;
}

bool rd_session_set_keyboard(struct rd_session *session, const char *name)
{
	const struct rd_layout *layout = rd_layout_find(name);

	if (layout)
		session->target.layout = layout;
	return layout != NULL;
}

void rd_session_set_clipboard(struct rd_session *session, bool is_typed)
{
	atomic_store(&session->types_clipboard, is_typed);
}

void rd_session_disconnect(struct rd_session *session, unsigned id)
{
	struct seat *unused, *seat = find_seat(session, id, &unused);

	if (seat && seat->viewer)
		rd_viewer_disconnect(seat->viewer); /* it leaves when its thread has ended */
	else if (seat)
		leave(seat);
}

static void tell_entry(struct seat *seat)
{
	int entry = atomic_exchange(&seat->entry, 0);

	if (entry == ENTRY_WRONG_PASSWORD)
		seat->departure = RD_WRONG_PASSWORD;
	if (entry != ENTRY_FULL && entry != ENTRY_VIEW_ONLY)
		return;
	seat->departure = RD_WAS_IN;
	seat->session->ops->viewer_in(seat->session->opaque, seat->id, entry == ENTRY_VIEW_ONLY);
}

static void hear_viewers(struct rd_session *session)
{
	uint64_t n;

	(void)!read(session->event_fd, &n, sizeof(n));
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++) {
		struct seat *seat = &session->seats[i];
		bool has_ended = seat->viewer && atomic_load(&seat->has_ended);

		if (seat->viewer)
			tell_entry(seat);
		if (has_ended)
			leave(seat);
	}
}

/* --- the machine ------------------------------------------------------------------------------------- */

static int begin(struct rd_session *session)
{
	int r = rd_screen_new(session->machine.view, &session->screen);

	if (r < 0)
		return r;
	session->ops->ready(session->opaque);
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++)
		if (session->seats[i].is_taken)
			serve(&session->seats[i]);
	return 0;
}

static int handle(struct rd_session *session, int kind)
{
	switch (kind) {
	case DISPLAY_HELLO: return begin(session);
	case DISPLAY_DRAWN:
		if (session->screen)
			rd_screen_update(session->screen);
		return 0;
	default: return kind;
	}
}

int rd_session_dispatch(struct rd_session *session)
{
	int kind;

	hear_viewers(session);
	while ((kind = viewer_receive(&session->machine)) != -EAGAIN) {
		int r = handle(session, kind);

		if (r < 0)
			return r;
	}
	return 0;
}

int rd_session_run(struct rd_session *session)
{
	return rd_typist_run(session->typist);
}

int rd_session_display_fd(const struct rd_session *session)
{
	return session->machine.fd;
}

int rd_session_event_fd(const struct rd_session *session)
{
	return session->event_fd;
}

/* --- life -------------------------------------------------------------------------------------------- */

int rd_session_new(int display, const char *name, const struct rd_session_ops *ops, void *opaque,
		   struct rd_session **ret_session)
{
	struct rd_session *session = calloc(1, sizeof(*session));

	if (!session) {
		close(display);
		return -ENOMEM;
	}
	viewer_init(&session->machine, display);
	session->target.machine = &session->machine;
	session->target.layout = rd_layout_find("us");
	atomic_init(&session->types_clipboard, true);
	session->ops = ops;
	session->opaque = opaque;
	session->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	session->name = strdup(name);
	if (session->event_fd < 0 || !session->name ||
	    rd_typist_new(&session->target, wake_session, session, &session->typist) < 0) {
		rd_session_free(session);
		return -ENOMEM;
	}
	*ret_session = session;
	return 0;
}

struct rd_session *rd_session_free(struct rd_session *session)
{
	if (!session)
		return NULL;
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++)
		if (session->seats[i].viewer)
			rd_viewer_disconnect(session->seats[i].viewer);
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++)
		if (session->seats[i].is_taken)
			leave(&session->seats[i]);
	rd_screen_free(session->screen);
	rd_typist_free(session->typist);
	close(session->machine.fd);
	viewer_deinit(&session->machine);
	if (session->event_fd >= 0)
		close(session->event_fd);
	free(session->name);
	free(session);
	return NULL;
}
