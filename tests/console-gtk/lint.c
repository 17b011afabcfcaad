/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into the desktop manager by the tests (LD_PRELOAD): it looks at all windows, and writes a WARNING,
 * which fails the test, for what AT-SPI does not tell:
 * - whenever something was shown: two things that are seen at once have the same mnemonic;
 * - after each frame, when all have their places: text that is cut and cannot be read elsewhere; windows that
 *   need more than the screen has.
 */
#include <gtk/gtk.h>

#include <string.h>

struct seen {
	GtkWidget *native; /* the window or the menu, each of which has letters of its own */
	GHashTable *texts; /* letter: the text that has it */
};

static GHashTable *told; /* what was written is not written again */
static guint look_later;

/* Takes the line. */
static void tell(char *line)
{
	if (g_hash_table_add(told, line))
		fprintf(stderr, "%s\n", line);
}

/* --- mnemonics --------------------------------------------------------------------------------------- */

static void take_label(struct seen *seen, GtkLabel *label)
{
	guint keyval = gtk_label_get_mnemonic_keyval(label), letter = gdk_keyval_to_lower(keyval);
	const char *other, *text = gtk_label_get_label(label);

	if (!letter || keyval == GDK_KEY_VoidSymbol)
		return;
	other = g_hash_table_lookup(seen->texts, GUINT_TO_POINTER(letter));
	if (!other) {
		g_hash_table_insert(seen->texts, GUINT_TO_POINTER(letter), (gpointer)text);
		return;
	}
	tell(g_strdup_printf("WARNING: Alt+%s is both \"%s\" and \"%s\"", gdk_keyval_name(letter), other,
			     text));
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

/* --- text that is cut -------------------------------------------------------------------------------- */

/* The same can be read in a tooltip. */
static gboolean is_told_elsewhere(GtkWidget *label)
{
	const char *text = gtk_label_get_text(GTK_LABEL(label));

	if (gtk_widget_get_has_tooltip(label) && !gtk_widget_get_tooltip_text(label))
		return TRUE; /* it makes one */
	for (GtkWidget *at = label; at; at = gtk_widget_get_parent(at)) {
		const char *tooltip = gtk_widget_get_tooltip_text(at);

		if (tooltip && strstr(tooltip, text))
			return TRUE;
	}
	return FALSE;
}

/* Where the letters are, in the coordinates of `at`. */
static gboolean find_letters(GtkWidget *label, GtkWidget *at, graphene_rect_t *ret_place)
{
	int x, y, width, height;
	double left, top;

	gtk_label_get_layout_offsets(GTK_LABEL(label), &x, &y);
	pango_layout_get_pixel_size(gtk_label_get_layout(GTK_LABEL(label)), &width, &height);
	if (!gtk_widget_translate_coordinates(label, at, x, y, &left, &top))
		return FALSE;
	graphene_rect_init(ret_place, (float)left, (float)top, (float)width, (float)height);
	return TRUE;
}

static gboolean reaches_over(GtkWidget *at, const graphene_rect_t *place)
{
	return place->origin.x < -1 || place->origin.y < -1 ||
	       place->origin.x + place->size.width > (float)gtk_widget_get_width(at) + 1 ||
	       place->origin.y + place->size.height > (float)gtk_widget_get_height(at) + 1;
}

/* What scrolls may lie outside of what shows it, unless it cannot be scrolled to. */
static GtkWidget *cut_by_scrollable(GtkWidget *at, const graphene_rect_t *place)
{
	GtkWidget *window = gtk_widget_get_parent(at);
	GtkPolicyType across = GTK_POLICY_AUTOMATIC;

	if (GTK_IS_SCROLLED_WINDOW(window))
		gtk_scrolled_window_get_policy(GTK_SCROLLED_WINDOW(window), &across, NULL);
	return across == GTK_POLICY_NEVER &&
		       place->origin.x + place->size.width > (float)gtk_widget_get_width(at) + 1
		   ? window
		   : NULL;
}

/* Which of those around it shows not all of it; NULL: all can be seen. What scrolls may lie outside of what
 * shows it. */
static GtkWidget *cut_by(GtkWidget *label)
{
	GtkWidget *child = label;

	for (GtkWidget *at = label; at; child = at, at = gtk_widget_get_parent(at)) {
		graphene_rect_t place;

		if (!find_letters(label, at, &place))
			return NULL;
		if (GTK_IS_SCROLLABLE(at))
			return cut_by_scrollable(at, &place);
		if (reaches_over(at, &place))
			return at;
		if (GTK_IS_NATIVE(at))
			return NULL;
		/* The other half lies over what is too large. */
		if (GTK_IS_PANED(at) && child == gtk_paned_get_start_child(GTK_PANED(at)) &&
		    (gtk_orientable_get_orientation(GTK_ORIENTABLE(at)) == GTK_ORIENTATION_HORIZONTAL
			 ? gtk_widget_get_width(child)
			 : gtk_widget_get_height(child)) > gtk_paned_get_position(GTK_PANED(at)) + 1)
			return at;
	}
	return NULL;
}

static void look_at_text(GtkWidget *window, GtkWidget *widget)
{
	GtkLabel *label = GTK_IS_LABEL(widget) ? GTK_LABEL(widget) : NULL;

	if (!gtk_widget_get_mapped(widget))
		return;
	if (label && *gtk_label_get_text(label) && gtk_widget_get_width(widget) > 0) {
		gboolean is_short = gtk_label_get_ellipsize(label) != PANGO_ELLIPSIZE_NONE &&
				    pango_layout_is_ellipsized(gtk_label_get_layout(label));
		GtkWidget *by = is_short ? widget : cut_by(widget);

		if (by && !is_told_elsewhere(widget))
			tell(g_strdup_printf("WARNING: text is cut by %s in \"%s\" of %dx%d: \"%s\"",
					     G_OBJECT_TYPE_NAME(by), gtk_window_get_title(GTK_WINDOW(window)),
					     gtk_widget_get_width(window), gtk_widget_get_height(window),
					     gtk_label_get_text(label)));
	}
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
	     child = gtk_widget_get_next_sibling(child))
		look_at_text(window, child);
}

static void look_at_size(GtkWidget *window)
{
	GdkSurface *surface = gtk_native_get_surface(GTK_NATIVE(window));
	GdkMonitor *monitor = gdk_display_get_monitor_at_surface(gtk_widget_get_display(window), surface);
	int width, height, narrow;
	GdkRectangle area;

	if (!monitor)
		return;
	gdk_monitor_get_geometry(monitor, &area);
	gtk_widget_measure(window, GTK_ORIENTATION_HORIZONTAL, -1, &width, NULL, NULL, NULL);
	narrow = MAX(width, gtk_widget_get_width(window));
	gtk_widget_measure(window, GTK_ORIENTATION_VERTICAL, narrow, &height, NULL, NULL, NULL);
	if (width > area.width || height > area.height)
		tell(g_strdup_printf("WARNING: too large: \"%s\" needs %dx%d of %dx%d",
				     gtk_window_get_title(GTK_WINDOW(window)), width, height, area.width,
				     area.height));
}

/* Nothing is between two places now. */
static gboolean on_painted(GSignalInvocationHint *hint, guint count, const GValue *values, gpointer unused)
{
	gpointer clock = g_value_get_object(&values[0]);
	GListModel *windows = gtk_window_get_toplevels();

	for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
		GtkWidget *window = g_list_model_get_item(windows, i);

		if (gtk_widget_get_mapped(window) && gtk_widget_get_frame_clock(window) == clock) {
			look_at_text(window, window);
			look_at_size(window);
		}
		g_object_unref(window);
	}
	return TRUE;
}

__attribute__((constructor)) static void begin(void)
{
	g_unsetenv("LD_PRELOAD"); /* not into its children */
	told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_type_class_ref(GTK_TYPE_WIDGET);
	g_type_class_ref(GDK_TYPE_FRAME_CLOCK);
	g_signal_add_emission_hook(g_signal_lookup("map", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
	g_signal_add_emission_hook(g_signal_lookup("after-paint", GDK_TYPE_FRAME_CLOCK), 0, on_painted, NULL,
				   NULL);
}
