/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/typing.h"

#include "client/keys.h"
#include "dialog.h"
#include "keys/keys.h"

enum { TEXT_MAX = 8192, KEY_MS = 15 };

struct gui_typing {
	struct gui_display *display;
	const struct rd_layout *layout;
	GArray *presses; /* struct vmc_key, still to be sent */
	guint next, timer;
};

static gboolean on_timer(gpointer opaque)
{
	struct gui_typing *typing = opaque;

	if (typing->next < typing->presses->len) {
		const struct vmc_key *press = &g_array_index(typing->presses, struct vmc_key, typing->next++);

		gui_display_key(typing->display, press->code, press->is_down);
		return G_SOURCE_CONTINUE;
	}
	g_array_set_size(typing->presses, 0);
	typing->next = typing->timer = 0;
	return G_SOURCE_REMOVE;
}

static void begin(struct gui_typing *typing)
{
	if (!typing->timer)
		typing->timer = g_timeout_add(KEY_MS, on_timer, typing);
}

static void type_text(struct gui_typing *typing, const char *text)
{
	GtkWidget *screen = GTK_WIDGET(gui_display_screen(typing->display));
	glong place = 1;

	if (g_utf8_strlen(text, -1) > TEXT_MAX) {
		gui_show_error(screen, "The clipboard holds more than 8192 characters; type it in pieces.");
		return;
	}
	for (const char *at = text; *at; at = g_utf8_next_char(at), place++) {
		struct rd_stroke stroke;

		if (!rd_layout_stroke(typing->layout, g_utf8_get_char(at), &stroke)) {
			char *message =
			    g_strdup_printf("Character %ld of the text is not on the guest's keyboard; "
					    "choose another layout in the menu Clipboard, or paste "
					    "into the serial console.",
					    place);

			gui_show_error(screen, message);
			g_free(message);
			break;
		}
		vmc_keys_add_stroke(typing->presses, &stroke);
	}
	begin(typing);
}

void gui_typing_combination(struct gui_typing *typing, const char *name)
{
	GArray *keys = vmc_keys_of_combination(name, NULL);

	if (!keys)
		return;
	g_array_append_vals(typing->presses, keys->data, keys->len);
	g_array_unref(keys);
	begin(typing);
}

struct reading {
	struct gui_typing *typing;
	GtkWidget *screen; /* weak */
};

static void on_text(GObject *clipboard, GAsyncResult *result, gpointer opaque)
{
	char *text = gdk_clipboard_read_text_finish(GDK_CLIPBOARD(clipboard), result, NULL);
	struct reading *reading = opaque;

	if (reading->screen) {
		g_object_remove_weak_pointer(G_OBJECT(reading->screen), (gpointer *)&reading->screen);
		if (text)
			type_text(reading->typing, text);
		else
			gui_show_error(reading->screen,
				       "There is no text in the clipboard; copy some first.");
	}
	g_free(text);
	g_free(reading);
}

void gui_typing_clipboard(struct gui_typing *typing)
{
	GtkWidget *screen = GTK_WIDGET(gui_display_screen(typing->display));
	struct reading *reading = g_new(struct reading, 1);

	*reading = (struct reading){ typing, screen };
	g_object_add_weak_pointer(G_OBJECT(screen), (gpointer *)&reading->screen);
	gdk_clipboard_read_text_async(gtk_widget_get_clipboard(screen), NULL, on_text, reading);
}

void gui_typing_set_layout(struct gui_typing *typing, const char *name)
{
	const struct rd_layout *layout = rd_layout_find(name);

	if (layout)
		typing->layout = layout;
}

struct gui_typing *gui_typing_new(struct gui_display *display)
{
	struct gui_typing *typing = g_new0(struct gui_typing, 1);

	typing->display = display;
	typing->layout = rd_layout_find("us");
	typing->presses = g_array_new(FALSE, FALSE, sizeof(struct vmc_key));
	return typing;
}

struct gui_typing *gui_typing_free(struct gui_typing *typing)
{
	if (!typing)
		return NULL;
	g_clear_handle_id(&typing->timer, g_source_remove);
	g_array_unref(typing->presses);
	g_free(typing);
	return NULL;
}
