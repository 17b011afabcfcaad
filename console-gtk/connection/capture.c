/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of the guest's screen, as a PNG file or in the clipboard. */
#include "connection/window_priv.h"

#include "dialog.h"

/* All of the screen, as the guest has it; NULL: there is none. */
static GdkTexture *take_picture(struct gui_connection *connection)
{
	struct rd_client *client = gui_display_client(connection->display);
	struct rd_client_frame frame;
	GdkTexture *texture = NULL;
	guint32 *pixels;
	GBytes *bytes;

	if (!client)
		return NULL;
	rd_client_lock(client, &frame);
	if (frame.width && frame.height) {
		pixels = g_new(guint32, (gsize)frame.width * frame.height);
		for (unsigned y = 0; y < frame.height; y++)
			for (unsigned x = 0; x < frame.width; x++)
				pixels[(gsize)y * frame.width + x] =
				    frame.pixels[y * frame.stride + x] | 0xff000000;
		bytes = g_bytes_new_take(pixels, (gsize)frame.width * frame.height * sizeof(*pixels));
		texture = gdk_memory_texture_new((int)frame.width, (int)frame.height, GDK_MEMORY_DEFAULT,
						 bytes, frame.width * sizeof(*pixels));
		g_bytes_unref(bytes);
	}
	rd_client_unlock(client);
	return texture;
}

static void save_in_thread(GTask *task, gpointer texture, gpointer path, GCancellable *cancel)
{
	g_task_return_boolean(task, gdk_texture_save_to_png(texture, path));
}

static void on_saved(GObject *texture, GAsyncResult *result, gpointer window)
{
	if (!g_task_propagate_boolean(G_TASK(result), NULL) && gtk_widget_get_visible(window))
		gui_show_error(window, "The picture cannot be written; choose another folder.");
	g_object_unref(window);
}

static void on_chosen(GtkWidget *window, const char *path, gpointer picture)
{
	GTask *task = g_task_new(picture, NULL, on_saved, g_object_ref(window));

	g_task_set_task_data(task, g_strdup(path), g_free);
	g_task_run_in_thread(task, save_in_thread);
	g_object_unref(task);
}

static void show_nothing(struct gui_connection *connection)
{
	gui_show_error(connection->window, "There is no screen to capture; start the machine first.");
}

/* As a picture that others paste; it becomes a PNG when one asks for it, in a thread of GTK's. */
void gui_connection_copy_screen(struct gui_connection *connection)
{
	GdkTexture *picture = take_picture(connection);

	if (!picture) {
		show_nothing(connection);
		return;
	}
	gdk_clipboard_set_texture(gtk_widget_get_clipboard(connection->window), picture);
	g_object_unref(picture);
}

void gui_connection_capture(struct gui_connection *connection)
{
	GdkTexture *picture = take_picture(connection);
	const char *folder = g_get_user_special_dir(G_USER_DIRECTORY_PICTURES);
	char *path;

	if (!picture) {
		show_nothing(connection);
		return;
	}
	path = g_strdup_printf("%s/screen.png", folder ? folder : g_get_home_dir());
	gui_ask(connection->window,
		&(struct gui_question){ .title = "Capture Screen",
					.text = "Where the picture of the screen is written.",
					.label = "_Save",
					.entry = path,
					.entry_label = "_File:" },
		on_chosen, picture, g_object_unref);
	g_free(path);
}
