/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into the desktop manager by the tests (LD_PRELOAD): whenever something was shown, it looks at all
 * windows, and writes a WARNING, which fails the test, where two things that are seen at once have the same
 * mnemonic. AT-SPI does not tell mnemonics.
 */
#include <gtk/gtk.h>

struct seen {
	GtkWidget *native; /* the window or the menu, each of which has letters of its own */
	GHashTable *texts; /* letter: the text that has it */
};

static GHashTable *told; /* what was written is not written again */
static guint look_later;

static void take_label(struct seen *seen, GtkLabel *label)
{
	guint keyval = gtk_label_get_mnemonic_keyval(label), letter = gdk_keyval_to_lower(keyval);
	const char *other, *text = gtk_label_get_label(label);
	char *line;

	if (!letter || keyval == GDK_KEY_VoidSymbol)
		return;
	other = g_hash_table_lookup(seen->texts, GUINT_TO_POINTER(letter));
	if (!other) {
		g_hash_table_insert(seen->texts, GUINT_TO_POINTER(letter), (gpointer)text);
		return;
	}
	line = g_strdup_printf("WARNING: Alt+%s is both \"%s\" and \"%s\"", gdk_keyval_name(letter), other,
			       text);
	if (g_hash_table_add(told, line))
		fprintf(stderr, "%s\n", line);
}

static void walk(struct seen *seen, GtkWidget *widget)
{
	if (!gtk_widget_get_mapped(widget) || (GTK_IS_NATIVE(widget) && widget != seen->native))
		return;
	if (GTK_IS_LABEL(widget))
		take_label(seen, GTK_LABEL(widget));
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
	     child = gtk_widget_get_next_sibling(child))
		walk(seen, child);
}

static gboolean look(gpointer unused)
{
	GListModel *windows = gtk_window_get_toplevels();

	look_later = 0;
	for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
		GtkWidget *window = g_list_model_get_item(windows, i);
		struct seen seen = { window, g_hash_table_new(NULL, NULL) };

		walk(&seen, window);
		g_hash_table_unref(seen.texts);
		g_object_unref(window);
	}
	return G_SOURCE_REMOVE;
}

static gboolean on_map(GSignalInvocationHint *hint, guint count, const GValue *values, gpointer unused)
{
	if (!look_later)
		look_later = g_idle_add_full(G_PRIORITY_LOW, look, NULL, NULL);
	return TRUE;
}

__attribute__((constructor)) static void begin(void)
{
	g_unsetenv("LD_PRELOAD"); /* not into its children */
	told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_type_class_ref(GTK_TYPE_WIDGET);
	g_signal_add_emission_hook(g_signal_lookup("map", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
}
