/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gradual.h"

/* MANY: GTK makes no more rows than this for a longer one. */
enum { FIRST_ROWS = 50, STEP_ROWS = 25, MANY = 250 };

struct growth {
	GtkSliceListModel *slice; /* which has this */
	guint idle;
	void (*all_shown)(gpointer);
	gpointer opaque;
};

static void free_growth(gpointer opaque)
{
	struct growth *growth = opaque;

	g_clear_handle_id(&growth->idle, g_source_remove);
	g_free(growth);
}

static guint length_of(const struct growth *growth)
{
	return g_list_model_get_n_items(gtk_slice_list_model_get_model(growth->slice));
}

static struct growth *growth_of(GtkSliceListModel *slice)
{
	return g_object_get_data(G_OBJECT(slice), "growth");
}

static gboolean on_idle(gpointer opaque)
{
	struct growth *growth = opaque;
	guint size = gtk_slice_list_model_get_size(growth->slice) + STEP_ROWS, length = length_of(growth);

	if (size < length && size < MANY) {
		gtk_slice_list_model_set_size(growth->slice, size);
		return G_SOURCE_CONTINUE;
	}
	growth->idle = 0;
	if (length == 0) /* its content is still to come */
		return G_SOURCE_REMOVE;
	gtk_slice_list_model_set_size(growth->slice, G_MAXUINT);
	if (growth->all_shown)
		growth->all_shown(growth->opaque);
	return G_SOURCE_REMOVE;
}

static void grow(struct growth *growth)
{
	if (!growth->idle)
		growth->idle = g_idle_add_full(G_PRIORITY_LOW, on_idle, growth, NULL);
}

/* The slice has heard of it before. */
static void on_changed(GListModel *model, guint at, guint removed, guint added, gpointer slice)
{
	if (gtk_slice_list_model_get_size(slice) != G_MAXUINT)
		grow(growth_of(slice));
}

GtkSliceListModel *gui_gradual_new(GListModel *model, void (*all_shown)(gpointer opaque), gpointer opaque)
{
	struct growth *growth = g_new0(struct growth, 1);

	*growth = (struct growth){ gtk_slice_list_model_new(model, 0, FIRST_ROWS), 0, all_shown, opaque };
	g_object_set_data_full(G_OBJECT(growth->slice), "growth", growth, free_growth);
	g_signal_connect_object(model, "items-changed", G_CALLBACK(on_changed), growth->slice, 0);
	return growth->slice;
}

void gui_gradual_restart(GtkSliceListModel *slice)
{
	gtk_slice_list_model_set_size(slice, FIRST_ROWS);
	grow(growth_of(slice));
}

void gui_gradual_finish(GtkSliceListModel *slice)
{
	struct growth *growth = growth_of(slice);

	g_clear_handle_id(&growth->idle, g_source_remove);
	gtk_slice_list_model_set_size(slice, G_MAXUINT);
}
