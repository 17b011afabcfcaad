/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/serial.h"

#include "client/stream_open.h"
#include "client/wording.h"
#include "console/chord.h"
#include "console/emulator.h"
#include "views/dialog.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

enum { HISTORY = 65536, READ_BYTES = 65536, PENDING_MAX = 1 << 20, RETRY_MS = 1000 };

struct serial {
	struct tui_view view;
	VmcHost *host;
	VmcObject *machine;
	struct emulator *emulator;
	struct vmc_stream stream;
	gboolean is_open, is_opening, is_look_only;
	guint port, asked_port; /* 1 or 2; that which is being opened */
	guint input_watch, output_watch, retry;
	GString *pending;
	struct chord chord;
	char *problem, *needle;
	int back;
	struct tui_area body;
};

static void connect_to(struct serial *serial, const char *mode);

static const char *mode_of(const struct serial *serial)
{
	return serial->is_look_only ? "look" : "write";
}

/* --- the stream -------------------------------------------------------------------------------------- */

static void close_stream(struct serial *serial)
{
	g_clear_handle_id(&serial->input_watch, g_source_remove);
	g_clear_handle_id(&serial->output_watch, g_source_remove);
	if (serial->is_open)
		vmc_stream_close(&serial->stream);
	serial->is_open = FALSE;
	g_string_truncate(serial->pending, 0);
}

static gboolean on_retry(gpointer opaque)
{
	struct serial *serial = opaque;

	serial->retry = 0;
	connect_to(serial, mode_of(serial));
	return G_SOURCE_REMOVE;
}

/* A machine that is off has no port; it is tried again, so that its start is seen. */
static void lose(struct serial *serial, const char *problem)
{
	close_stream(serial);
	g_free(serial->problem);
	serial->problem = g_strdup(problem);
	if (!serial->retry)
		serial->retry = g_timeout_add(RETRY_MS, on_retry, serial);
	tui_changed(serial->view.app);
}

static gboolean on_input(int fd, GIOCondition condition, gpointer opaque)
{
	struct serial *serial = opaque;
	char *bytes = g_malloc(READ_BYTES);
	ssize_t n = read(fd, bytes, READ_BYTES);
	gboolean goes_on = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));

	if (n > 0) {
		emulator_take(serial->emulator, bytes, (gsize)n);
		tui_changed(serial->view.app);
	}
	g_free(bytes);
	if (!goes_on) {
		serial->input_watch = 0;
		lose(serial, "the machine's serial port is closed");
	}
	return goes_on ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean flush(struct serial *serial)
{
	while (serial->pending->len) {
		ssize_t n = write(serial->stream.output, serial->pending->str, serial->pending->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? FALSE : TRUE;
		g_string_erase(serial->pending, 0, n);
	}
	return TRUE;
}

static gboolean on_writable(int fd, GIOCondition condition, gpointer opaque)
{
	struct serial *serial = opaque;

	if (!flush(serial))
		return G_SOURCE_CONTINUE;
	serial->output_watch = 0;
	return G_SOURCE_REMOVE;
}

static void send_bytes(gpointer opaque, const char *bytes, gsize size)
{
	struct serial *serial = opaque;

	if (!serial->is_open || serial->is_look_only || serial->pending->len + size > PENDING_MAX)
		return;
	g_string_append_len(serial->pending, bytes, (gssize)size);
	if (!serial->output_watch && !flush(serial))
		serial->output_watch =
		    g_unix_fd_add(serial->stream.output, G_IO_OUT | G_IO_ERR | G_IO_HUP, on_writable, serial);
}

static void begin(struct serial *serial)
{
	g_clear_pointer(&serial->problem, g_free);
	fcntl(serial->stream.input, F_SETFL, O_NONBLOCK);
	fcntl(serial->stream.output, F_SETFL, O_NONBLOCK);
	serial->is_open = TRUE;
	serial->input_watch =
	    g_unix_fd_add(serial->stream.input, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, serial);
}

static void on_opened(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct serial *serial = opaque;
	struct vmc_stream stream;
	GError *error = NULL;
	gboolean is_good = vmc_stream_open_finish(result, &stream, &error);

	serial->is_opening = FALSE;
	if (serial->view.is_closed || serial->asked_port != serial->port) {
		if (is_good)
			vmc_stream_close(&stream);
		if (!serial->view.is_closed)
			connect_to(serial, mode_of(serial));
	} else if (is_good) {
		serial->stream = stream;
		begin(serial);
		tui_changed(serial->view.app);
	} else {
		lose(serial, error->message);
	}
	g_clear_error(&error);
	tui_release(&serial->view);
}

static void connect_to(struct serial *serial, const char *mode)
{
	struct vmc_connection *connection = vmc_host_connection(serial->host);

	if (serial->is_opening || serial->is_open)
		return;
	if (!connection) {
		lose(serial, "there is no connection to this host; it is tried again");
		return;
	}
	serial->is_opening = TRUE;
	tui_hold(&serial->view);
	serial->asked_port = serial->port;
	vmc_stream_open_port_async(connection, vmc_object_path(serial->machine), serial->port, mode,
				   emulator_lines(serial->emulator) ? 0 : HISTORY, on_opened, serial);
}

/* --- the view ---------------------------------------------------------------------------------------- */

static void draw(struct tui_view *view, const struct tui_area *area)
{
	struct serial *serial = (struct serial *)view;
	struct tui_area bar = tui_area_part(area, 0, 0, area->width, 1), line;
	char *state = vmc_state_text(vmc_object_text(serial->machine, "State"));
	char *right = g_strdup_printf("%s%s%s", serial->back ? "scrolled back  " : "",
				      serial->is_look_only ? "only looking  " : "", state);
	int x;

	serial->body = tui_area_part(area, 0, 1, area->width, area->height - 1);
	tui_fill(&bar, THEME_BAR);
	x = 2 + tui_text(&bar, 1, 0, bar.width / 2, THEME_BAR, vmc_object_text(serial->machine, "Name"));
	tui_text(&bar, x, 0, -1, THEME_BAR,
		 serial->port == 1 ? "- serial console" : "- serial console, COM 2");
	tui_text_right(&bar, bar.width / 2, 0, bar.width / 2 - 1, THEME_BAR, right);
	emulator_draw(serial->emulator, &serial->body, serial->back, serial->needle);
	if (serial->problem) {
		line = tui_area_part(area, 0, area->height - 2, area->width, 2);
		tui_fill(&line, THEME_MENU);
		tui_text_wrap(&line, 0, THEME_MENU, serial->problem);
	}
	g_free(state);
	g_free(right);
}

static void scroll(struct serial *serial, int lines)
{
	serial->back = CLAMP(serial->back + lines, 0, emulator_lines(serial->emulator));
}

static void on_needle(struct tui_view *view, const char *text, gpointer unused)
{
	struct serial *serial = (struct serial *)view;
	int place;

	g_free(serial->needle);
	serial->needle = g_strdup(text);
	place = *text ? emulator_find(serial->emulator, text, serial->back) : 0;
	if (place < 0)
		tui_say(view->app, THEME_WARNING, "%s: it is not there", text);
	else
		serial->back = place;
}

static void find_again(struct serial *serial)
{
	char *text = g_strdup(serial->needle);

	on_needle(&serial->view, text, NULL);
	g_free(text);
}

/* What it showed goes with the port. */
static void choose_port(struct serial *serial, guint port)
{
	if (port == serial->port)
		return;
	close_stream(serial);
	g_clear_handle_id(&serial->retry, g_source_remove);
	g_clear_pointer(&serial->problem, g_free);
	serial->port = port;
	serial->back = 0;
	emulator_free(serial->emulator);
	serial->emulator = emulator_new(send_bytes, serial);
	connect_to(serial, mode_of(serial));
	tui_changed(serial->view.app);
}

/* Nothing that is there is written over. */
static void write_text(struct tui_view *view, const char *file, gpointer unused)
{
	char *text = emulator_text(((struct serial *)view)->emulator);
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t size = strlen(text), done = 0;
	ssize_t n = 1;

	while (fd >= 0 && done < size && (n > 0 || errno == EINTR)) {
		n = write(fd, text + done, size - done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0 && done == size)
		tui_say(view->app, THEME_GOOD, "the text is in %s", file);
	else
		tui_say(view->app, THEME_ERROR_TEXT, "%s: %s", file,
			errno == EEXIST ? "this file is there already; give another name"
					: g_strerror(errno));
	if (fd >= 0)
		close(fd);
	g_free(text);
}

static void ask_file(struct serial *serial)
{
	char *safe = g_strdelimit(g_strdup(vmc_object_text(serial->machine, "Name")), "/", '_'),
	     *file = g_strdup_printf("%s/%s.txt", g_get_home_dir(), safe);

	dialog_type_path(&serial->view, "Text of the Serial Console", "The file, with all of the scrollback",
			 file, "", write_text, NULL, NULL);
	g_free(file);
	g_free(safe);
}

static void run_chord(struct serial *serial, guint32 key)
{
	struct tui_event end = { .kind = TUI_KEY, .key = ']', .modifiers = TUI_CTRL };

	if (key == 'q' || key == 'x' || key == TUI_KEY_ESCAPE)
		tui_close(&serial->view);
	else if (key == ']')
		emulator_key(serial->emulator, &end);
	else if (key == TUI_KEY_PAGE_UP || key == 'u')
		scroll(serial, MAX(serial->body.height - 1, 1));
	else if (key == TUI_KEY_PAGE_DOWN || key == 'd')
		scroll(serial, -MAX(serial->body.height - 1, 1));
	else if (key == '/')
		dialog_type(&serial->view, "Find in the Scrollback", "Text",
			    serial->needle ? serial->needle : "", NULL, on_needle, NULL, NULL);
	else if (key == 'n' && serial->needle)
		find_again(serial);
	else if (key == '1' || key == '2')
		choose_port(serial, key - '0');
	else if (key == 'w')
		ask_file(serial);
	else if (key == 't') {
		close_stream(serial);
		serial->is_look_only = FALSE;
		connect_to(serial, "take-over");
	} else
		tui_say(serial->view.app, THEME_TEXT,
			"Ctrl+] and this key means nothing; Ctrl+] alone lists what there is");
}

static gboolean on_mouse(struct serial *serial, const struct tui_event *event)
{
	if (event->mouse == TUI_MOUSE_UP || event->mouse == TUI_MOUSE_DOWN)
		scroll(serial, event->mouse == TUI_MOUSE_UP ? 3 : -3);
	if (tui_area_has(&serial->body, event->x, event->y))
		emulator_mouse(serial->emulator, event, event->x - serial->body.x, event->y - serial->body.y);
	return TRUE;
}

static gboolean on_event(struct tui_view *view, const struct tui_event *event)
{
	struct serial *serial = (struct serial *)view;
	guint32 chord;

	if (event->kind == TUI_MOUSE)
		return on_mouse(serial, event);
	chord = chord_key(&serial->chord, event);
	if (chord > 1)
		run_chord(serial, chord);
	if (chord)
		return TRUE;
	serial->back = 0;
	if (event->kind == TUI_PASTE)
		emulator_paste(serial->emulator, event->text, event->text_size);
	else
		emulator_key(serial->emulator, event);
	return TRUE;
}

static const char *hint(struct tui_view *view)
{
	return chord_hint(&((struct serial *)view)->chord);
}

static gboolean on_command(struct tui_view *view, const char *command)
{
	struct serial *serial = (struct serial *)view;
	guint32 key = chord_of_command(&serial->chord, command);

	if (key)
		run_chord(serial, key);
	return key != 0;
}

static void on_state(VmcObject *machine, struct serial *serial)
{
	tui_changed(serial->view.app);
}

static void serial_free(struct tui_view *view)
{
	struct serial *serial = (struct serial *)view;

	g_signal_handlers_disconnect_by_data(serial->machine, serial);
	close_stream(serial);
	g_clear_handle_id(&serial->retry, g_source_remove);
	emulator_free(serial->emulator);
	g_string_free(serial->pending, TRUE);
	g_object_unref(serial->machine);
	g_object_unref(serial->host);
	g_free(serial->problem);
	g_free(serial->needle);
	g_free(serial);
}

static const struct tui_view_ops ops = {
	.contexts = TUI_IN_CONSOLE | TUI_IN_SERIAL,
	.draw = draw,
	.on_event = on_event,
	.on_command = on_command,
	.free = serial_free,
	.hint = hint,
};

void serial_open(struct tui_app *app, VmcHost *host, VmcObject *machine)
{
	struct serial *serial = g_new0(struct serial, 1);

	serial->view.ops = &ops;
	serial->host = g_object_ref(host);
	serial->machine = g_object_ref(machine);
	serial->pending = g_string_new(NULL);
	serial->port = 1;
	serial->emulator = emulator_new(send_bytes, serial);
	g_signal_connect(machine, "changed", G_CALLBACK(on_state), serial);
	serial->is_look_only = tui_is_read_only(app);
	tui_push(app, &serial->view);
	connect_to(serial, mode_of(serial));
}
