/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/serial.h"

#include "client/stream_open.h"
#include "theme.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>
#include <vte/vte.h>

enum { HISTORY = 64 << 10, SCROLLBACK = 10000, CHUNK = 16 << 10, PENDING_MAX = 1 << 20, RETRY_MS = 1500 };

struct gui_serial {
	struct gui_app *app;
	struct gui_machine *machine;
	GtkWidget *box, *terminal, *note;
	struct vmc_stream stream;
	struct opening *opening;
	guint reading, writing, retry;
	GByteArray *pending;		/* typed, not written yet */
	gboolean is_running, is_wanted; /* somebody has looked at it */
	const char *mode;		/* of the next opening */
};

struct opening {
	struct gui_serial *serial; /* NULL: gone */
};

static void begin(struct gui_serial *serial);

static void say(struct gui_serial *serial, const char *text)
{
	gtk_label_set_text(GTK_LABEL(serial->note), text);
	gtk_widget_set_visible(serial->note, *text != '\0');
}

/* --- the stream -------------------------------------------------------------------------------------- */

static void drop(struct gui_serial *serial)
{
	g_clear_handle_id(&serial->reading, g_source_remove);
	g_clear_handle_id(&serial->writing, g_source_remove);
	g_byte_array_set_size(serial->pending, 0);
	vmc_stream_close(&serial->stream);
}

static gboolean on_retry(gpointer opaque)
{
	struct gui_serial *serial = opaque;

	serial->retry = 0;
	begin(serial);
	return G_SOURCE_REMOVE;
}

static void try_again(struct gui_serial *serial, const char *why)
{
	say(serial, why);
	if (serial->is_running && !serial->retry)
		serial->retry = g_timeout_add(RETRY_MS, on_retry, serial);
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer opaque)
{
	struct gui_serial *serial = opaque;
	char buffer[CHUNK];
	ssize_t got = read(fd, buffer, sizeof(buffer));

	if (got > 0) {
		vte_terminal_feed(VTE_TERMINAL(serial->terminal), buffer, got);
		return G_SOURCE_CONTINUE;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	serial->reading = 0;
	drop(serial);
	try_again(serial, "The serial console has ended.");
	return G_SOURCE_REMOVE;
}

static gboolean on_writable(int fd, GIOCondition condition, gpointer opaque)
{
	struct gui_serial *serial = opaque;
	ssize_t put = write(fd, serial->pending->data, serial->pending->len);

	if (put > 0)
		g_byte_array_remove_range(serial->pending, 0, (guint)put);
	/* A broken one: the reading side tells. */
	if (serial->pending->len > 0 && (put > 0 || errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	serial->writing = 0;
	return G_SOURCE_REMOVE;
}

static void on_commit(VteTerminal *terminal, const char *text, guint size, gpointer opaque)
{
	struct gui_serial *serial = opaque;

	if (serial->stream.output < 0 || serial->pending->len + size > PENDING_MAX)
		return;
	g_byte_array_append(serial->pending, (const guint8 *)text, size);
	if (!serial->writing)
		serial->writing = g_unix_fd_add(serial->stream.output, G_IO_OUT, on_writable, serial);
}

static void on_opened(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct opening *opening = opaque;
	struct gui_serial *serial = opening->serial;
	struct vmc_stream stream;
	GError *error = NULL;

	if (!vmc_stream_open_finish(result, &stream, &error)) {
		if (serial) {
			serial->opening = NULL;
			try_again(serial, error->message);
		}
		g_error_free(error);
	} else if (!serial || !serial->is_running) {
		if (serial)
			serial->opening = NULL;
		vmc_stream_close(&stream);
	} else {
		serial->opening = NULL;
		serial->stream = stream;
		g_unix_set_fd_nonblocking(stream.input, TRUE, NULL);
		g_unix_set_fd_nonblocking(stream.output, TRUE, NULL);
		serial->reading =
		    g_unix_fd_add(stream.input, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, serial);
		vte_terminal_reset(VTE_TERMINAL(serial->terminal), TRUE, TRUE);
		say(serial, "");
	}
	g_free(opening);
}

static void begin(struct gui_serial *serial)
{
	struct vmc_connection *connection = vmc_host_connection(serial->machine->host);

	if (!serial->is_running || !serial->is_wanted || serial->opening || serial->stream.input >= 0 ||
	    !connection)
		return;
	serial->opening = g_new(struct opening, 1);
	serial->opening->serial = serial;
	vmc_stream_open_async(connection, serial->machine->path, serial->mode, HISTORY, on_opened,
			      serial->opening);
	serial->mode = "write";
}

void gui_serial_set_running(struct gui_serial *serial, gboolean is_running)
{
	if (serial->is_running == is_running)
		return;
	serial->is_running = is_running;
	if (is_running) {
		begin(serial);
		return;
	}
	g_clear_handle_id(&serial->retry, g_source_remove);
	drop(serial); /* what the guest said at last stays on the screen */
	say(serial, "The machine does not run.");
}

void gui_serial_take_over(struct gui_serial *serial)
{
	drop(serial);
	serial->mode = "take-over";
	begin(serial);
}

/* Only one at a time can type into a serial port: who never looks at it does not keep others from that. */
static void on_map(GtkWidget *box, gpointer opaque)
{
	struct gui_serial *serial = opaque;

	serial->is_wanted = TRUE;
	begin(serial);
}

/* --- the terminal ------------------------------------------------------------------------------------ */

void gui_serial_paste(struct gui_serial *serial)
{
	vte_terminal_paste_clipboard(VTE_TERMINAL(serial->terminal));
}

void gui_serial_copy(struct gui_serial *serial)
{
	vte_terminal_copy_clipboard_format(VTE_TERMINAL(serial->terminal), VTE_FORMAT_TEXT);
}

void gui_serial_restyle(struct gui_serial *serial)
{
	/* Of the roles, those that fit the eight colours of a terminal; the bright ones are the same. */
	static const enum theme_role roles[8] = { THEME_FIELD,	 THEME_ERROR_TEXT, THEME_GOOD,
						  THEME_WARNING, THEME_PLOT_CPU,   THEME_BUSY,
						  THEME_SAVED,	 THEME_TEXT };
	GdkRGBA palette[16], text = gui_theme_color(serial->app->theme, THEME_TEXT, FALSE),
			     ground = gui_theme_color(serial->app->theme, THEME_TEXT, TRUE);

	for (unsigned i = 0; i < 16; i++)
		palette[i] = gui_theme_color(serial->app->theme, roles[i % 8], i == 0);
	palette[8] = gui_theme_color(serial->app->theme, THEME_DIM, FALSE);
	vte_terminal_set_colors(VTE_TERMINAL(serial->terminal), &text, &ground, palette, 16);
}

static gboolean on_key(GtkEventControllerKey *keys, guint keyval, guint keycode, GdkModifierType state,
		       gpointer opaque)
{
	GdkModifierType both = GDK_CONTROL_MASK | GDK_SHIFT_MASK;

	if ((state & both) != both)
		return FALSE;
	if (keyval == GDK_KEY_C)
		gui_serial_copy(opaque);
	else if (keyval == GDK_KEY_V)
		gui_serial_paste(opaque);
	return keyval == GDK_KEY_C || keyval == GDK_KEY_V;
}

GtkWidget *gui_serial_widget(struct gui_serial *serial)
{
	return serial->box;
}

struct gui_serial *gui_serial_new(struct gui_app *app, const struct gui_machine *machine)
{
	struct gui_serial *serial = g_new0(struct gui_serial, 1);
	GtkWidget *scrolled = gtk_scrolled_window_new();
	GtkEventController *keys = gtk_event_controller_key_new();

	serial->app = app;
	serial->machine = gui_machine_copy(machine);
	serial->stream = (struct vmc_stream){ .input = -1, .output = -1 };
	serial->pending = g_byte_array_new();
	serial->mode = "write";
	serial->terminal = vte_terminal_new();
	vte_terminal_set_scrollback_lines(VTE_TERMINAL(serial->terminal), SCROLLBACK);
	vte_terminal_set_scroll_on_output(VTE_TERMINAL(serial->terminal), FALSE);
	vte_terminal_set_scroll_on_keystroke(VTE_TERMINAL(serial->terminal), TRUE);
	vte_terminal_set_audible_bell(VTE_TERMINAL(serial->terminal), FALSE);
	gtk_accessible_update_property(GTK_ACCESSIBLE(serial->terminal), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       "Serial console", -1);
	gui_serial_restyle(serial);
	g_signal_connect(serial->terminal, "commit", G_CALLBACK(on_commit), serial);
	gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
	g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), serial);
	gtk_widget_add_controller(serial->terminal, keys);
	serial->note = gtk_label_new(NULL);
	gtk_widget_add_css_class(serial->note, "footer");
	gtk_label_set_wrap(GTK_LABEL(serial->note), TRUE);
	say(serial, "The machine does not run.");
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), serial->terminal);
	gtk_widget_set_vexpand(scrolled, TRUE);
	serial->box = g_object_ref_sink(gtk_box_new(GTK_ORIENTATION_VERTICAL, 0));
	g_signal_connect(serial->box, "map", G_CALLBACK(on_map), serial);
	gtk_box_append(GTK_BOX(serial->box), scrolled);
	gtk_box_append(GTK_BOX(serial->box), serial->note);
	return serial;
}

struct gui_serial *gui_serial_free(struct gui_serial *serial)
{
	if (!serial)
		return NULL;
	if (serial->opening)
		serial->opening->serial = NULL;
	g_clear_handle_id(&serial->retry, g_source_remove);
	g_signal_handlers_disconnect_by_data(serial->terminal, serial);
	g_signal_handlers_disconnect_by_data(serial->box, serial);
	drop(serial);
	g_byte_array_unref(serial->pending);
	g_object_unref(serial->box);
	gui_machine_free(serial->machine);
	g_free(serial);
	return NULL;
}
