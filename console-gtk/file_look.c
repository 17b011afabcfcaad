/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file_look.h"

#include <sys/stat.h>

enum { QUIET_MS = 150 }; /* after the last letter: not each beginning of a path is looked at */

struct look {
	gboolean is_here;
	guint generation, timer;
	enum gui_found found;
	gui_looked_fn fn; /* once */
	gpointer opaque;
	void (*watch)(gpointer opaque); /* always; NULL: nobody */
	gpointer watch_opaque;
};

struct request {
	GWeakRef entry;
	guint generation;
	char *path;
	enum gui_found found;
};

static struct look *look_of(GtkWidget *entry)
{
	return g_object_get_data(G_OBJECT(entry), "look");
}

static void look_free(gpointer opaque)
{
	struct look *look = opaque;

	g_clear_handle_id(&look->timer, g_source_remove);
	g_free(look);
}

static void tell(GtkWidget *entry, struct look *look)
{
	gui_looked_fn fn = look->fn;

	look->fn = NULL;
	if (fn)
		fn(entry, look->opaque);
}

/* On the main thread again. */
static gboolean on_answer(gpointer opaque)
{
	struct request *request = opaque;
	GtkWidget *entry = g_weak_ref_get(&request->entry);
	struct look *look = entry ? look_of(entry) : NULL;

	if (look && gtk_widget_get_root(entry) && look->generation == request->generation) {
		look->found = request->found;
		tell(entry, look);
	}
	g_clear_object(&entry);
	g_weak_ref_clear(&request->entry);
	g_free(request->path);
	g_free(request);
	return G_SOURCE_REMOVE;
}

static void look_in_thread(gpointer opaque, gpointer unused)
{
	struct request *request = opaque;
	struct stat there;

	if (stat(request->path, &there) < 0)
		request->found = GUI_FOUND_NOTHING;
	else
		request->found = S_ISDIR(there.st_mode) ? GUI_FOUND_FOLDER : GUI_FOUND_FILE;
	g_idle_add(on_answer, request);
}

void gui_look_begin(GtkWidget *entry, gui_looked_fn fn, gpointer opaque)
{
	static GThreadPool *pool;
	struct look *look = look_of(entry);
	struct request *request = g_new0(struct request, 1);

	if (!pool)
		pool = g_thread_pool_new(look_in_thread, NULL, GUI_LOOKS_MAX, FALSE, NULL);
	g_clear_handle_id(&look->timer, g_source_remove);
	look->found = GUI_FOUND_UNKNOWN;
	look->fn = fn;
	look->opaque = opaque;
	g_weak_ref_init(&request->entry, entry);
	request->generation = ++look->generation;
	request->path = g_strdup(gtk_editable_get_text(GTK_EDITABLE(entry)));
	g_thread_pool_push(pool, request, NULL);
}

enum gui_found gui_look_found(GtkWidget *entry)
{
	return look_of(entry)->found;
}

gboolean gui_look_is_marked(GtkWidget *entry)
{
	struct look *look = look_of(entry);

	return look && look->is_here;
}

/* --- as it is typed ---------------------------------------------------------------------------------- */

static void on_watched(GtkWidget *entry, gpointer unused)
{
	struct look *look = look_of(entry);

	look->watch(look->watch_opaque);
}

static gboolean on_quiet(gpointer entry)
{
	look_of(entry)->timer = 0;
	gui_look_begin(entry, on_watched, NULL);
	return G_SOURCE_REMOVE;
}

/* Who waits for an answer for what it held before is told that there will be none. */
static void on_changed(GtkWidget *entry, gpointer unused)
{
	struct look *look = look_of(entry);

	look->generation++;
	look->found = GUI_FOUND_UNKNOWN;
	if (look->fn != on_watched)
		tell(entry, look);
	look->fn = NULL;
	g_clear_handle_id(&look->timer, g_source_remove);
	if (!look->watch)
		return;
	if (look->is_here && g_path_is_absolute(gtk_editable_get_text(GTK_EDITABLE(entry))))
		look->timer = g_timeout_add(QUIET_MS, on_quiet, entry);
	look->watch(look->watch_opaque);
}

void gui_look_mark(GtkWidget *entry, gboolean is_here)
{
	if (!look_of(entry)) {
		g_object_set_data_full(G_OBJECT(entry), "look", g_new0(struct look, 1), look_free);
		g_signal_connect(entry, "changed", G_CALLBACK(on_changed), NULL);
	}
	look_of(entry)->is_here = is_here;
}

void gui_look_watch(GtkWidget *entry, void (*fn)(gpointer opaque), gpointer opaque)
{
	struct look *look = look_of(entry);

	if (!look) {
		g_signal_connect_swapped(entry, "changed", G_CALLBACK(fn), opaque);
		return;
	}
	look->watch = fn;
	look->watch_opaque = opaque;
}
