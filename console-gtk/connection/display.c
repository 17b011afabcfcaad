/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/display.h"

#include "connection/keyboard.h"
#include "connection/pointer.h"
#include "client/viewer.h"
#include "keys/keys.h"

enum { RETRY_MS = 1000, RETRY_MAX_MS = 30000 };

struct gui_display {
	struct gui_machine *machine;
	struct gui_display_events events;
	gpointer opaque;
	GtkWidget *screen;
	GtkEventController *keys; /* of the window */
	struct gui_pointer *pointer;
	struct rd_client *client;
	struct opening *opening; /* a viewer is asked for */
	guint retry, retry_ms;
	gboolean is_running, is_awake, is_view_only, is_connected;
	gboolean is_wanted, is_held; /* the keyboard is at the screen; it goes to the guest */
	gboolean was_wanted;	     /* before the keyboard left */
	unsigned leds;
	guint viewer; /* its number among all of the machine; 0: not known */
	char *problem;
};

struct opening {
	struct gui_display *display; /* NULL: gone */
	struct vmc_connection *connection;
};

static void begin(struct gui_display *display);
static void update_input(struct gui_display *display);

static void changed(struct gui_display *display)
{
	display->events.on_changed(display->opaque);
}

static void set_problem(struct gui_display *display, const char *problem)
{
	g_free(display->problem);
	display->problem = g_strdup(problem);
}

GuiScreen *gui_display_screen(struct gui_display *display)
{
	return GUI_SCREEN(display->screen);
}

/* --- what the viewer core tells ---------------------------------------------------------------------- */

static void on_connected(void *opaque, const char *name)
{
	struct gui_display *display = opaque;

	display->is_connected = TRUE;
	display->retry_ms = RETRY_MS;
	set_problem(display, "");
	update_input(display);
	changed(display);
}

static void on_resized(void *opaque, unsigned width, unsigned height)
{
	struct gui_display *display = opaque;

	gui_screen_resize(GUI_SCREEN(display->screen), width, height);
	changed(display);
}

static void on_damaged(void *opaque, const struct rd_client_rect *rects, unsigned count)
{
	struct gui_display *display = opaque;
	struct rd_client_frame frame;

	rd_client_lock(display->client, &frame);
	gui_screen_draw(GUI_SCREEN(display->screen), &frame, rects, count);
	rd_client_unlock(display->client);
}

static void on_shape(void *opaque, const struct rd_client_pointer *shape)
{
	struct gui_display *display = opaque;

	gui_pointer_set_shape(display->pointer, shape);
}

static void on_leds(void *opaque, unsigned leds)
{
	struct gui_display *display = opaque;

	display->leds = leds;
	changed(display);
}

static void on_bell(void *opaque)
{
	struct gui_display *display = opaque;

	gtk_widget_error_bell(display->screen);
}

static void drop(struct gui_display *display)
{
	display->client = rd_client_free(display->client);
	display->is_connected = FALSE;
	update_input(display);
}

static gboolean on_retry(gpointer opaque)
{
	struct gui_display *display = opaque;

	display->retry = 0;
	begin(display);
	return G_SOURCE_REMOVE;
}

static void try_again(struct gui_display *display, const char *problem)
{
	set_problem(display, problem);
	if (display->is_running && !display->retry) {
		display->retry = g_timeout_add(display->retry_ms, on_retry, display);
		display->retry_ms = MIN(display->retry_ms * 2, RETRY_MAX_MS);
	}
	changed(display);
}

static void on_ended(void *opaque, const char *reason)
{
	struct gui_display *display = opaque;
	struct vmc_connection *connection = vmc_host_connection(display->machine->host);
	char *words = connection ? vmc_last_words(connection) : NULL, /* of ssh */
	    *text = words ? g_strdup_printf("%s: %s", vmc_host_label(display->machine->host), words)
			  : g_strdup(reason);

	drop(display);
	try_again(display, text);
	g_free(words);
	g_free(text);
}

/* --- connecting -------------------------------------------------------------------------------------- */

static void start(struct gui_display *display, int socket)
{
	static const struct rd_client_ops ops = {
		.connected = on_connected,
		.resized = on_resized,
		.damaged = on_damaged,
		.pointer_changed = on_shape,
		.leds = on_leds,
		.bell = on_bell,
		.ended = on_ended,
	};

	display->client = rd_client_new(&(struct rd_client_config){
	    .socket = socket,
	    .link = *vmc_host_place(display->machine->host) ? RD_LINK_NETWORK : RD_LINK_LOCAL,
	    .is_view_only = display->is_view_only,
	    .ops = &ops,
	    .opaque = display,
	});
	update_input(display);
}

static void on_opened(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct opening *opening = opaque;
	struct gui_display *display = opening->display;
	GError *error = NULL;
	guint viewer = 0;
	int socket = vmc_viewer_open_finish(opening->connection, result, &viewer, &error);

	if (display)
		display->opening = NULL;
	if (!display || !display->is_running) {
		if (socket >= 0)
			close(socket);
	} else if (socket < 0) {
		try_again(display, error->message);
	} else {
		display->viewer = viewer;
		start(display, socket);
	}
	g_clear_error(&error);
	g_free(opening);
}

static void begin(struct gui_display *display)
{
	struct vmc_connection *connection = vmc_host_connection(display->machine->host);

	if (!display->is_running || display->client || display->opening || !connection)
		return;
	display->opening = g_new(struct opening, 1);
	*display->opening = (struct opening){ display, connection };
	vmc_viewer_open_async(connection, display->machine->path, display->is_view_only, on_opened,
			      display->opening);
}

void gui_display_reconnect(struct gui_display *display)
{
	g_clear_handle_id(&display->retry, g_source_remove);
	display->retry_ms = RETRY_MS;
	begin(display);
}

void gui_display_set_running(struct gui_display *display, gboolean is_running)
{
	if (display->is_running == is_running)
		return;
	display->is_running = is_running;
	display->retry_ms = RETRY_MS;
	if (is_running) {
		begin(display);
		return;
	}
	g_clear_handle_id(&display->retry, g_source_remove);
	drop(display);
	set_problem(display, "");
	gui_screen_resize(GUI_SCREEN(display->screen), 0, 0);
}

void gui_display_set_awake(struct gui_display *display, gboolean is_awake)
{
	display->is_awake = is_awake;
	update_input(display);
}

void gui_display_set_view_only(struct gui_display *display, gboolean is_view_only)
{
	if (display->is_view_only == is_view_only)
		return;
	display->is_view_only = is_view_only;
	if (display->client) {
		drop(display);
		begin(display);
	}
	changed(display);
}

gboolean gui_display_is_view_only(struct gui_display *display)
{
	return display->is_view_only;
}

gboolean gui_display_is_connected(struct gui_display *display)
{
	return display->is_connected;
}

gboolean gui_display_is_held(struct gui_display *display)
{
	return display->is_held;
}

const char *gui_display_problem(struct gui_display *display)
{
	return display->problem;
}

guint gui_display_viewer(struct gui_display *display)
{
	return display->viewer;
}

unsigned gui_display_leds(struct gui_display *display)
{
	return display->leds;
}

struct rd_client *gui_display_client(struct gui_display *display)
{
	return display->client;
}

/* --- the keyboard ------------------------------------------------------------------------------------ */

void gui_display_key(struct gui_display *display, guint16 code, gboolean is_down)
{
	if (display->client && !display->is_view_only && code)
		rd_client_key(display->client, code, rd_keysym_of_key(code), is_down);
}

void gui_display_send_secure(struct gui_display *display)
{
	static const guint16 codes[] = { RD_KEY_LEFT_CTRL, RD_KEY_LEFT_ALT, RD_KEY_DELETE };

	for (unsigned i = 0; i < G_N_ELEMENTS(codes); i++)
		gui_display_key(display, codes[i], TRUE);
	for (unsigned i = G_N_ELEMENTS(codes); i > 0; i--)
		gui_display_key(display, codes[i - 1], FALSE);
}

static GdkToplevel *toplevel_of(struct gui_display *display)
{
	GtkNative *native = gtk_widget_get_native(display->screen);

	return native ? GDK_TOPLEVEL(gtk_native_get_surface(native)) : NULL;
}

/* While the guest has the keyboard, the desktop's own shortcuts go to it, too, where the desktop allows that.
 * A guest that cannot take keys leaves them to the window. */
static void update_input(struct gui_display *display)
{
	gboolean takes_input = display->is_awake && display->is_connected && !display->is_view_only,
		 is_held = display->is_wanted && takes_input;
	GdkToplevel *toplevel = toplevel_of(display);

	gui_pointer_set_client(display->pointer, takes_input ? display->client : NULL);
	if (display->is_held == is_held)
		return;
	display->is_held = is_held;
	if (toplevel && is_held)
		gdk_toplevel_inhibit_system_shortcuts(toplevel, NULL);
	else if (toplevel)
		gdk_toplevel_restore_system_shortcuts(toplevel);
	if (!is_held && display->client)
		rd_client_release(display->client);
	changed(display);
}

static void hold(struct gui_display *display, gboolean is_wanted)
{
	display->is_wanted = is_wanted;
	update_input(display);
}

static void do_chord(struct gui_display *display, enum gui_chord chord)
{
	if (display->client)
		rd_client_release(display->client); /* Ctrl and Alt, which it has seen */
	if (chord == GUI_CHORD_RELEASE)
		hold(display, FALSE);
	else if (chord == GUI_CHORD_SECURE)
		gui_display_send_secure(display);
	else
		display->events.on_full_screen(display->opaque);
}

static gboolean on_key_pressed(GtkEventControllerKey *keys, guint keyval, guint keycode,
			       GdkModifierType state, gpointer opaque)
{
	struct gui_display *display = opaque;
	enum gui_chord chord = gui_chord_of(keyval, state);

	if (chord == GUI_CHORD_FULL_SCREEN || (chord && display->is_held)) {
		do_chord(display, chord);
		return TRUE;
	}
	if (!display->is_held)
		return FALSE;
	gui_display_key(display, gui_key_code(keycode), TRUE);
	return TRUE;
}

static void on_key_released(GtkEventControllerKey *keys, guint keyval, guint keycode, GdkModifierType state,
			    gpointer opaque)
{
	struct gui_display *display = opaque;

	if (display->is_held)
		gui_display_key(display, gui_key_code(keycode), FALSE);
}

static void on_enter(GtkEventControllerFocus *focus, gpointer opaque)
{
	hold(opaque, TRUE);
}

static void on_leave(GtkEventControllerFocus *focus, gpointer opaque)
{
	struct gui_display *display = opaque;

	display->was_wanted = display->is_wanted;
	hold(display, FALSE);
}

void gui_display_return(struct gui_display *display)
{
	gboolean was_wanted =
	    gtk_widget_has_focus(display->screen) ? display->is_wanted : display->was_wanted;

	gtk_widget_grab_focus(display->screen);
	hold(display, was_wanted);
}

/* A click takes the keyboard again after it was released. */
static void on_click(gpointer opaque)
{
	struct gui_display *display = opaque;

	gtk_widget_grab_focus(display->screen);
	hold(display, TRUE);
}

static void add_keyboard(struct gui_display *display)
{
	GtkEventController *focus = gtk_event_controller_focus_new();

	g_signal_connect(focus, "enter", G_CALLBACK(on_enter), display);
	g_signal_connect(focus, "leave", G_CALLBACK(on_leave), display);
	gtk_widget_add_controller(display->screen, focus);
}

/*
 * At the window, since its shortcuts, which are the application's, come before all that its widgets hear: F1,
 * Ctrl+Q and their like are the guest's while it has the keyboard. The last controller comes first. Without
 * input methods: places of keys count, not letters.
 */
void gui_display_take_keys(struct gui_display *display, GtkWidget *window)
{
	display->keys = g_object_ref(gtk_event_controller_key_new());
	gtk_event_controller_set_propagation_phase(display->keys, GTK_PHASE_CAPTURE);
	g_signal_connect(display->keys, "key-pressed", G_CALLBACK(on_key_pressed), display);
	g_signal_connect(display->keys, "key-released", G_CALLBACK(on_key_released), display);
	gtk_widget_add_controller(window, display->keys);
}

/* --- whether somebody sees it ------------------------------------------------------------------------ */

static void on_map(GtkWidget *screen, gpointer opaque)
{
	struct gui_display *display = opaque;

	if (display->client)
		rd_client_set_visible(display->client, true);
}

static void on_unmap(GtkWidget *screen, gpointer opaque)
{
	struct gui_display *display = opaque;

	if (display->client)
		rd_client_set_visible(display->client, false);
}

/* --- making ------------------------------------------------------------------------------------------ */

struct gui_display *gui_display_new(const struct gui_machine *machine,
				    const struct gui_display_events *events, gpointer opaque)
{
	struct gui_display *display = g_new0(struct gui_display, 1);

	display->machine = gui_machine_copy(machine);
	display->events = *events;
	display->opaque = opaque;
	display->problem = g_strdup("");
	display->screen = g_object_ref_sink(gui_screen_new());
	display->pointer = gui_pointer_new(GUI_SCREEN(display->screen), on_click, display);
	add_keyboard(display);
	g_signal_connect(display->screen, "map", G_CALLBACK(on_map), display);
	g_signal_connect(display->screen, "unmap", G_CALLBACK(on_unmap), display);
	return display;
}

struct gui_display *gui_display_free(struct gui_display *display)
{
	GListModel *controllers;

	if (!display)
		return NULL;
	if (display->opening)
		display->opening->display = NULL;
	g_clear_handle_id(&display->retry, g_source_remove);
	controllers = gtk_widget_observe_controllers(display->screen);
	for (guint i = 0; i < g_list_model_get_n_items(controllers); i++) {
		gpointer controller = g_list_model_get_item(controllers, i);

		g_signal_handlers_disconnect_by_data(controller, display);
		g_object_unref(controller);
	}
	g_object_unref(controllers);
	g_signal_handlers_disconnect_by_data(display->screen, display);
	g_signal_handlers_disconnect_by_data(display->keys, display);
	g_object_unref(display->keys);
	rd_client_free(display->client);
	gui_pointer_free(display->pointer);
	g_object_unref(display->screen);
	gui_machine_free(display->machine);
	g_free(display->problem);
	g_free(display);
	return NULL;
}
