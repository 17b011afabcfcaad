/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/screen.h"

#include "app/call.h"
#include "client/client.h"
#include "client/viewer.h"
#include "client/wording.h"
#include "console/chord.h"
#include "console/guest_keys.h"
#include "console/guest_layout.h"
#include "console/pace.h"
#include "console/picture.h"
#include "console/serial.h"
#include "console/shot.h"
#include "views/actions.h"
#include "views/dialog.h"

#include <string.h>
#include <unistd.h>

enum { RETRY_MS = 1000 };

struct screen {
	struct tui_view view;
	VmcHost *host;
	VmcObject *machine;
	struct rd_client *client;
	gboolean is_opening, is_connected;
	struct pace pace;
	guint frame_timer, retry;
	struct picture *picture;
	gboolean is_new; /* its bytes are not at the terminal yet */
	enum picture_way way;
	gboolean wants_picture;
	int guest_width, guest_height;
	gboolean is_blank; /* nothing is on it, or nothing yet */
	unsigned buttons;
	gboolean has_mouse; /* the guest has it; otherwise it stays here */
	struct chord chord;
	struct guest_layout layout;
	char *problem;
	struct tui_area body;
	int drawn_width, drawn_height;
};

static void connect_to(struct screen *screen);
static void draw_now(struct screen *screen);

/* --- pictures ---------------------------------------------------------------------------------------- */

static void on_picture(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct screen *screen = opaque;
	struct picture *picture = picture_finish(result);

	if (!screen->view.is_closed && picture) {
		picture_free(screen->picture);
		screen->picture = picture;
		screen->is_new = TRUE;
		picture = NULL;
		tui_changed(screen->view.app);
	}
	picture_free(picture);
	if (pace_drawn(&screen->pace) && !screen->view.is_closed)
		draw_now(screen);
	tui_release(&screen->view);
}

static gboolean on_frame(gpointer opaque)
{
	struct screen *screen = opaque;

	screen->frame_timer = 0;
	if (pace_rested(&screen->pace))
		draw_now(screen);
	return G_SOURCE_REMOVE;
}

/* One colour from end to end. */
static gboolean is_blank(const struct rd_client_frame *frame)
{
	for (unsigned y = 0; y < frame->height; y++)
		for (unsigned x = 0; x < frame->width; x++)
			if (frame->pixels[y * frame->stride + x] != frame->pixels[0])
				return FALSE;
	return TRUE;
}

/* The pace said so. */
static void draw_now(struct screen *screen)
{
	struct rd_client_frame frame = { 0 };
	struct picture_wish wish = { .columns = screen->body.width,
				     .rows = screen->body.height,
				     .way = screen->way,
				     .wants_picture = screen->wants_picture,
				     .is_mono = tui_colors(screen->view.app) == TUI_COLORS_NONE,
				     .is_ascii = tui_is_ascii(screen->view.app) };

	screen->frame_timer = g_timeout_add(PACE_MS, on_frame, screen);
	if (!screen->client || screen->body.width <= 0) {
		pace_drawn(&screen->pace);
		return;
	}
	tui_cell_size(screen->view.app, &wish.cell_width, &wish.cell_height);
	rd_client_lock(screen->client, &frame);
	if (frame.width && frame.height) {
		screen->guest_width = (int)frame.width;
		screen->guest_height = (int)frame.height;
		screen->is_blank = is_blank(&frame);
		picture_start(frame.pixels, frame.width, frame.height, frame.stride, &wish, on_picture,
			      tui_hold(&screen->view));
	} else {
		pace_drawn(&screen->pace);
	}
	rd_client_unlock(screen->client);
}

static void make_picture(struct screen *screen)
{
	if (pace_changed(&screen->pace))
		draw_now(screen);
}

/* --- the connection ---------------------------------------------------------------------------------- */

static void on_connected(void *opaque, const char *name)
{
	struct screen *screen = opaque;

	screen->is_connected = TRUE;
	g_clear_pointer(&screen->problem, g_free);
	tui_changed(screen->view.app);
}

static void on_resized(void *opaque, unsigned width, unsigned height)
{
	make_picture(opaque);
}

static void on_damaged(void *opaque, const struct rd_client_rect *rects, unsigned count)
{
	make_picture(opaque);
}

static gboolean on_retry(gpointer opaque)
{
	struct screen *screen = opaque;

	screen->retry = 0;
	connect_to(screen);
	return G_SOURCE_REMOVE;
}

/* A machine that is off has no screen; it is tried again, so that its start is seen. */
static void lose(struct screen *screen, const char *problem)
{
	screen->client = rd_client_free(screen->client);
	screen->is_connected = FALSE;
	g_free(screen->problem);
	screen->problem = g_strdup(problem);
	screen->picture = picture_free(screen->picture);
	if (!screen->retry)
		screen->retry = g_timeout_add(RETRY_MS, on_retry, screen);
	tui_redraw(screen->view.app);
}

static void on_client_ended(void *opaque, const char *reason)
{
	lose(opaque, reason);
}

static void on_opened(GObject *source, GAsyncResult *result, gpointer opaque)
{
	static const struct rd_client_ops ops = { .connected = on_connected,
						  .resized = on_resized,
						  .damaged = on_damaged,
						  .ended = on_client_ended };
	struct screen *screen = opaque;
	struct rd_client_config config = { .ops = &ops, .opaque = screen };
	GError *error = NULL;

	screen->is_opening = FALSE;
	config.socket = vmc_viewer_open_finish(vmc_host_connection(screen->host), result, NULL, &error);
	config.link = *vmc_host_place(screen->host) ? RD_LINK_NETWORK : RD_LINK_LOCAL;
	config.is_view_only = tui_is_read_only(screen->view.app);
	if (screen->view.is_closed) {
		if (config.socket >= 0)
			close(config.socket);
	} else if (config.socket < 0) {
		lose(screen, error->message);
	} else {
		screen->client = rd_client_new(&config);
	}
	g_clear_error(&error);
	tui_release(&screen->view);
}

static void connect_to(struct screen *screen)
{
	struct vmc_connection *connection = vmc_host_connection(screen->host);

	if (screen->is_opening || screen->client)
		return;
	if (!connection) {
		lose(screen, "there is no connection to this host; it is tried again");
		return;
	}
	if (vmc_object_number(screen->machine, "WorkerPid") == 0) {
		lose(screen, "the machine is off; Ctrl+] S starts it");
		return;
	}
	screen->is_opening = TRUE;
	tui_hold(&screen->view);
	vmc_viewer_open_async(connection, vmc_object_path(screen->machine),
			      tui_is_read_only(screen->view.app), on_opened, screen);
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static void draw_cells(struct screen *screen, const struct tui_area *body)
{
	const struct picture *picture = screen->picture;

	picture_draw(picture, body, picture->x, picture->y, &tui_theme(screen->view.app)->styles[THEME_TEXT]);
	if (picture->has_cursor)
		tui_cursor(body, picture->x + picture->cursor_x, picture->y + picture->cursor_y);
}

static void draw_pixels(struct screen *screen, const struct tui_area *body)
{
	GString *bytes;

	if (!screen->is_new)
		return;
	bytes = g_string_new(NULL);
	g_string_printf(bytes, "\033[%d;%dH", body->y + screen->picture->y + 1,
			body->x + screen->picture->x + 1);
	g_string_append_len(bytes, screen->picture->bytes->str, (gssize)screen->picture->bytes->len);
	tui_write_after(screen->view.app, bytes);
	screen->is_new = FALSE;
}

static void draw_problem(struct screen *screen, const struct tui_area *body)
{
	struct tui_area inside = tui_area_part(body, 2, body->height / 2 - 1, body->width - 4, 4);

	tui_text_wrap(&inside, 0, THEME_WARNING, screen->problem);
}

/* Many guests without a desktop have their shell on a serial port: whoever looks at nothing is to know. */
static void draw_blank(const struct tui_area *body)
{
	struct tui_area inside = tui_area_part(body, 2, body->height / 2 - 1, body->width - 4, 3);

	tui_text_wrap(
	    &inside, 0, THEME_DIM,
	    "The guest's screen is blank. Ctrl+] and s shows its serial console; a key may wake it.");
}

static void draw(struct tui_view *view, const struct tui_area *area)
{
	struct screen *screen = (struct screen *)view;
	struct tui_area bar = tui_area_part(area, 0, 0, area->width, 1);
	char *state = vmc_state_text(vmc_object_text(screen->machine, "State"));
	guint64 viewers = vmc_object_number(screen->machine, "Viewers");
	GString *right = g_string_new(NULL);
	int x;

	if (screen->picture)
		g_string_append_printf(right, "%s  %dx%d  ",
				       screen->picture->is_text ? "text" : picture_way_name(screen->way),
				       screen->guest_width, screen->guest_height);
	if (screen->client && strcmp(screen->layout.name, "us") != 0)
		g_string_append_printf(right, "keyboard %s  ", screen->layout.name);
	if (screen->has_mouse)
		g_string_append(right, "mouse  ");
	if (viewers > 1)
		g_string_append_printf(right, "%" G_GUINT64_FORMAT " viewers  ", viewers);
	g_string_append(right, state);
	screen->body = tui_area_part(area, 0, 1, area->width, area->height - 1);
	tui_fill(&bar, THEME_BAR);
	x = 2 + tui_text(&bar, 1, 0, bar.width / 2, THEME_BAR, vmc_object_text(screen->machine, "Name"));
	tui_text(&bar, x, 0, -1, THEME_BAR, "- screen");
	tui_text_right(&bar, bar.width / 2, 0, bar.width / 2 - 1, THEME_BAR, right->str);
	if (screen->drawn_width != screen->body.width || screen->drawn_height != screen->body.height) {
		screen->drawn_width = screen->body.width;
		screen->drawn_height = screen->body.height;
		make_picture(screen);
	}
	if (screen->problem)
		draw_problem(screen, &screen->body);
	else if (screen->picture && screen->picture->cells && screen->is_blank)
		draw_blank(&screen->body);
	else if (screen->picture && screen->picture->cells)
		draw_cells(screen, &screen->body);
	else if (screen->picture)
		draw_pixels(screen, &screen->body);
	else
		tui_text(&screen->body, 2, 1, -1, THEME_DIM, "...");
	g_string_free(right, TRUE);
	g_free(state);
}

/* --- keys and mouse ---------------------------------------------------------------------------------- */

static void send_key(gpointer opaque, guint16 code, gboolean is_down)
{
	struct screen *screen = opaque;

	if (screen->client)
		rd_client_key(screen->client, code, 0, is_down);
}

static void on_mouse(struct screen *screen, const struct tui_event *event)
{
	static const unsigned bits[] = { RD_BUTTON_LEFT, RD_BUTTON_MIDDLE, RD_BUTTON_RIGHT };
	const struct picture *picture = screen->picture;
	int x, y;

	if (!picture || !screen->client || !picture->columns || !picture->rows)
		return;
	/* The middle of the cell. */
	x = (2 * (event->x - screen->body.x - picture->x) + 1) * screen->guest_width / (2 * picture->columns);
	y = (2 * (event->y - screen->body.y - picture->y) + 1) * screen->guest_height / (2 * picture->rows);
	x = CLAMP(x, 0, screen->guest_width - 1);
	y = CLAMP(y, 0, screen->guest_height - 1);
	if (event->mouse == TUI_MOUSE_UP || event->mouse == TUI_MOUSE_DOWN) {
		rd_client_scroll(screen->client, (unsigned)x, (unsigned)y, 0,
				 event->mouse == TUI_MOUSE_UP ? -1 : 1);
		return;
	}
	if (event->mouse == TUI_MOUSE_PRESS)
		screen->buttons |= bits[MIN(event->button, 2)];
	else if (event->mouse == TUI_MOUSE_RELEASE)
		screen->buttons = 0;
	rd_client_pointer(screen->client, (unsigned)x, (unsigned)y, screen->buttons);
}

static void act(struct screen *screen, const char *action)
{
	GPtrArray *machines = g_ptr_array_new_with_free_func(g_object_unref);

	g_ptr_array_add(machines, g_object_ref(screen->machine));
	actions_run(&screen->view, machines, action);
}

static void on_viewers(struct tui_view *view, GVariant *result, const GError *error, gpointer unused)
{
	GVariant *list = result && g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})"))
			     ? g_variant_get_child_value(result, 0)
			     : NULL;
	GString *text = g_string_new(NULL);

	for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
		GVariant *viewer = g_variant_get_child_value(list, i);
		const char *user = "", *address = "";
		gboolean is_view_only = FALSE;

		g_variant_lookup(viewer, "user", "&s", &user);
		g_variant_lookup(viewer, "address", "&s", &address);
		g_variant_lookup(viewer, "view-only", "b", &is_view_only);
		g_string_append_printf(text, "%s from %s%s\n", user, address,
				       is_view_only ? ", only looking" : "");
		g_variant_unref(viewer);
	}
	dialog_message(view->app, "Who Looks at It", error ? error->message : text->str);
	g_string_free(text, TRUE);
	g_clear_pointer(&list, g_variant_unref);
}

/* No button stays pressed over there. */
static void give_mouse(struct screen *screen)
{
	screen->has_mouse = !screen->has_mouse;
	if (!screen->has_mouse && screen->buttons && screen->client)
		rd_client_pointer(screen->client, 0, 0, 0);
	screen->buttons = 0;
	tui_say(screen->view.app, THEME_TEXT,
		screen->has_mouse ? "The guest has the mouse; Ctrl+] m takes it back"
				  : "The mouse stays here");
}

static void next_way(struct screen *screen)
{
	if (!screen->wants_picture)
		screen->wants_picture = TRUE;
	else if (++screen->way == PICTURE_WAYS) {
		screen->way = PICTURE_SYMBOLS;
		screen->wants_picture = FALSE;
	}
	tui_say(screen->view.app, THEME_TEXT, "Shown as: %s%s",
		screen->wants_picture ? "" : "text where it is, else ", picture_way_name(screen->way));
	tui_redraw(screen->view.app);
	make_picture(screen);
}

static void go_to_serial(struct screen *screen)
{
	struct tui_app *app = screen->view.app;
	VmcHost *host = g_object_ref(screen->host);
	VmcObject *machine = g_object_ref(screen->machine);

	tui_close(&screen->view);
	serial_open(app, host, machine);
	g_object_unref(host);
	g_object_unref(machine);
}

static void run_chord(struct screen *screen, guint32 key)
{
	static const guint16 ctrl_alt_del[] = { RD_KEY_LEFT_CTRL, RD_KEY_LEFT_ALT, RD_KEY_DELETE };
	const struct tui_event end = { .kind = TUI_KEY, .key = ']', .modifiers = TUI_CTRL };

	switch (key) {
	case 'q':
	case 'x':
	case TUI_KEY_ESCAPE: tui_close(&screen->view); break;
	case ']': guest_keys_press(&end, rd_layout_find("us"), send_key, screen); break;
	case 'd':
	case TUI_KEY_DELETE:
		guest_keys_together(ctrl_alt_del, G_N_ELEMENTS(ctrl_alt_del), send_key, screen);
		break;
	case 's': go_to_serial(screen); break;
	case 'm': give_mouse(screen); break;
	case 'S': act(screen, "start"); break;
	case 'D': act(screen, "shut-down"); break;
	case 'O': act(screen, "turn-off"); break;
	case 'R': act(screen, "reset"); break;
	case 'g': next_way(screen); break;
	case 'k':
		guest_layout_next(&screen->layout, &screen->view, screen->host,
				  vmc_object_path(screen->machine));
		break;
	case 'p': screen_shoot(&screen->view, screen->host, screen->machine); break;
	case 'v':
		tui_call(&screen->view, screen->host, vmc_object_path(screen->machine), API_DISPLAY_INTERFACE,
			 "ListViewers", NULL, on_viewers, NULL);
		break;
	default:
		if (key >= TUI_KEY_F1 && key <= TUI_KEY_F12) { /* the guest's other consoles */
			struct tui_event event = { .kind = TUI_KEY,
						   .key = key,
						   .modifiers = TUI_CTRL | TUI_ALT };

			guest_keys_press(&event, screen->layout.layout, send_key, screen);
		}
	}
}

static gboolean on_event(struct tui_view *view, const struct tui_event *event)
{
	struct screen *screen = (struct screen *)view;
	guint32 chord;
	char *text;

	if (event->kind == TUI_MOUSE) {
		if (screen->has_mouse)
			on_mouse(screen, event);
		else if (event->mouse == TUI_MOUSE_PRESS)
			tui_say(view->app, THEME_TEXT,
				"The mouse stays here; Ctrl+] m gives it to the guest");
		return TRUE;
	}
	chord = chord_key(&screen->chord, event);
	if (chord > 1)
		run_chord(screen, chord);
	if (chord)
		return TRUE;
	if (event->kind == TUI_PASTE) {
		text = g_utf8_make_valid(event->text, (gssize)event->text_size);
		if (screen->client)
			rd_client_set_clipboard(screen->client, text);
		g_free(text);
	} else if (!guest_keys_press(event, screen->layout.layout, send_key, screen)) {
		tui_say(view->app, THEME_WARNING,
			"the guest's keyboard (%s) has no such key; Ctrl+] k chooses another layout",
			screen->layout.name);
	}
	return TRUE;
}

static const char *hint(struct tui_view *view)
{
	return chord_hint(&((struct screen *)view)->chord);
}

static gboolean on_command(struct tui_view *view, const char *command)
{
	struct screen *screen = (struct screen *)view;
	guint32 key = chord_of_command(&screen->chord, command);

	if (key)
		run_chord(screen, key);
	return key != 0;
}

/* --- the view ---------------------------------------------------------------------------------------- */

static void on_state(VmcObject *machine, struct screen *screen)
{
	if (!screen->client && vmc_object_number(machine, "WorkerPid"))
		connect_to(screen);
	tui_changed(screen->view.app);
}

static void screen_free(struct tui_view *view)
{
	struct screen *screen = (struct screen *)view;

	g_signal_handlers_disconnect_by_data(screen->machine, screen);
	g_clear_handle_id(&screen->frame_timer, g_source_remove);
	g_clear_handle_id(&screen->retry, g_source_remove);
	rd_client_free(screen->client);
	if (screen->picture && screen->picture->bytes)
		tui_redraw(view->app);
	picture_free(screen->picture);
	g_object_unref(screen->machine);
	g_object_unref(screen->host);
	g_free(screen->problem);
	g_free(screen);
}

static const struct tui_view_ops ops = {
	.contexts = TUI_IN_CONSOLE | TUI_IN_SCREEN,
	.draw = draw,
	.on_event = on_event,
	.on_command = on_command,
	.free = screen_free,
	.hint = hint,
};

void screen_open(struct tui_app *app, VmcHost *host, VmcObject *machine)
{
	struct screen *screen = g_new0(struct screen, 1);

	screen->view.ops = &ops;
	screen->host = g_object_ref(host);
	screen->machine = g_object_ref(machine);
	screen->way = picture_best_way();
	g_signal_connect(machine, "changed", G_CALLBACK(on_state), screen);
	tui_push(app, &screen->view);
	guest_layout_ask(&screen->layout, &screen->view, host, vmc_object_path(machine));
	connect_to(screen);
}
