/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizards/wizard.h"

#include "dialog.h"
#include "file_look.h"
#include "named.h"

struct gui_wizard {
	struct gui_app *app;
	struct gui_wizard_config config;
	GtkWindow *window;
	GtkWidget *steps, *title, *stack, *problem, *back, *next, *finish;
	GtkWidget **pages;
	unsigned at, looks;			    /* files that are looked for before the page is left */
	void (*leaving)(struct gui_wizard *wizard); /* what follows then; NULL: nobody leaves */
	gboolean is_finishing;
};

GtkWidget *gui_wizard_window(struct gui_wizard *wizard)
{
	return GTK_WIDGET(wizard->window);
}

static gboolean is_skipped(struct gui_wizard *wizard, unsigned page)
{
	const struct gui_wizard_page *pages = wizard->config.pages;

	return pages[page].is_skipped && pages[page].is_skipped(wizard->config.data);
}

/* The next one in this direction that is not skipped; -1. */
static int neighbour(struct gui_wizard *wizard, int from, int step)
{
	for (int i = from + step; i >= 0 && i < (int)wizard->config.page_count; i += step)
		if (!is_skipped(wizard, (unsigned)i))
			return i;
	return -1;
}

static void show_steps(struct gui_wizard *wizard)
{
	GtkListBoxRow *row;

	for (unsigned i = 0; (row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(wizard->steps), (int)i));
	     i++) {
		gtk_widget_set_visible(GTK_WIDGET(row), !is_skipped(wizard, i));
		if (i == wizard->at)
			gtk_list_box_select_row(GTK_LIST_BOX(wizard->steps), row);
	}
}

static void show_buttons(struct gui_wizard *wizard)
{
	gboolean is_last = neighbour(wizard, (int)wizard->at, 1) < 0;

	gtk_widget_set_sensitive(wizard->back,
				 !wizard->is_finishing && neighbour(wizard, (int)wizard->at, -1) >= 0);
	gtk_widget_set_sensitive(wizard->next, !wizard->is_finishing && !is_last);
	gtk_widget_set_sensitive(wizard->finish, !wizard->is_finishing && is_last);
	gtk_window_set_default_widget(wizard->window, is_last ? wizard->finish : wizard->next);
	gtk_widget_remove_css_class(is_last ? wizard->next : wizard->finish, "suggested-action");
	gtk_widget_add_css_class(is_last ? wizard->finish : wizard->next, "suggested-action");
}

/* The first field of a page that was not laid out yet, so that GTK's own order of focus does not hold. */
static gboolean focus_field(GtkWidget *widget)
{
	if (!gtk_widget_is_sensitive(widget) || !gtk_widget_get_visible(widget))
		return FALSE;
	if (GTK_IS_EDITABLE(widget) || GTK_IS_CHECK_BUTTON(widget) || GTK_IS_DROP_DOWN(widget))
		return gtk_widget_grab_focus(widget);
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
	     child = gtk_widget_get_next_sibling(child))
		if (focus_field(child))
			return TRUE;
	return FALSE;
}

static void show_page(struct gui_wizard *wizard, unsigned at)
{
	const struct gui_wizard_page *page = &wizard->config.pages[at];

	wizard->at = at;
	wizard->leaving = NULL;
	gtk_label_set_text(GTK_LABEL(wizard->title), page->title);
	gtk_window_set_focus(wizard->window, NULL); /* never in a page that is about to be hidden */
	gtk_stack_set_visible_child(GTK_STACK(wizard->stack), wizard->pages[at]);
	gui_wizard_fail(wizard, "");
	show_steps(wizard);
	show_buttons(wizard);
	if (page->enter)
		page->enter(wizard, wizard->config.data);
	if (!focus_field(wizard->pages[at]))
		gtk_widget_grab_focus(gtk_window_get_default_widget(wizard->window));
}

/* The first one that is marked gets the keyboard. */
static gboolean focus_error(GtkWidget *widget)
{
	if (gtk_widget_has_css_class(widget, "error") && gtk_widget_get_mapped(widget) &&
	    gtk_widget_child_focus(widget, GTK_DIR_TAB_FORWARD))
		return TRUE;
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
	     child = gtk_widget_get_next_sibling(child))
		if (focus_error(child))
			return TRUE;
	return FALSE;
}

/* All is known of what its fields name. */
static void try_leave(struct gui_wizard *wizard)
{
	const struct gui_wizard_page *page = &wizard->config.pages[wizard->at];
	void (*leave)(struct gui_wizard * wizard) = wizard->leaving;

	wizard->leaving = NULL;
	gui_wizard_fail(wizard, "");
	if (!page->check || page->check(wizard, wizard->config.data)) {
		leave(wizard);
		return;
	}
	if (!*gtk_label_get_text(GTK_LABEL(wizard->problem)))
		gui_wizard_fail(wizard, "Something is missing or wrong; it is marked above.");
	focus_error(wizard->pages[wizard->at]);
}

static void on_looked(GtkWidget *entry, gpointer opaque)
{
	struct gui_wizard *wizard = opaque;

	if (!wizard->leaving)
		return;
	if (gui_look_found(entry) == GUI_FOUND_UNKNOWN) { /* somebody types on */
		wizard->leaving = NULL;
		gui_wizard_fail(wizard, "");
	} else if (--wizard->looks == 0) {
		try_leave(wizard);
	}
}

static void look_at_files(struct gui_wizard *wizard, GtkWidget *widget)
{
	if (!gtk_widget_get_visible(widget) || !gtk_widget_get_sensitive(widget))
		return;
	if (GTK_IS_EDITABLE(widget) && gui_look_is_marked(widget) &&
	    g_path_is_absolute(gtk_editable_get_text(GTK_EDITABLE(widget)))) {
		wizard->looks++;
		gui_look_begin(widget, on_looked, wizard);
	}
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
	     child = gtk_widget_get_next_sibling(child))
		look_at_files(wizard, child);
}

/* `then`, when the page is right. */
static void leave_page(struct gui_wizard *wizard, void (*then)(struct gui_wizard *wizard))
{
	if (wizard
		->leaving) /* and waits for a folder that does not answer; what is typed, Previous and Cancel end that */
		return;
	wizard->leaving = then;
	wizard->looks = 0;
	look_at_files(wizard, wizard->pages[wizard->at]);
	if (wizard->looks)
		gui_wizard_fail(wizard, "Looking for what is named above…");
	else
		try_leave(wizard);
}

static void go_on(struct gui_wizard *wizard)
{
	int next = neighbour(wizard, (int)wizard->at, 1);

	if (next >= 0)
		show_page(wizard, (unsigned)next);
}

static void on_next(GtkButton *button, gpointer opaque)
{
	leave_page(opaque, go_on);
}

static void on_back(GtkButton *button, gpointer opaque)
{
	struct gui_wizard *wizard = opaque;
	int before = neighbour(wizard, (int)wizard->at, -1);

	if (before >= 0)
		show_page(wizard, (unsigned)before);
}

static void finish(struct gui_wizard *wizard)
{
	wizard->is_finishing = TRUE;
	show_buttons(wizard);
	wizard->config.on_finish(wizard, wizard->config.data);
}

static void on_finish(GtkButton *button, gpointer opaque)
{
	leave_page(opaque, finish);
}

void gui_wizard_fail(struct gui_wizard *wizard, const char *sentence)
{
	gtk_label_set_text(GTK_LABEL(wizard->problem), sentence);
	gtk_widget_set_visible(wizard->problem, *sentence != '\0');
	if (*sentence && wizard->is_finishing) {
		wizard->is_finishing = FALSE;
		show_buttons(wizard);
	}
}

void gui_wizard_close(struct gui_wizard *wizard)
{
	gtk_window_destroy(wizard->window);
}

/* --- making ------------------------------------------------------------------------------------------ */

static void free_wizard(gpointer opaque)
{
	struct gui_wizard *wizard = opaque;

	if (wizard->config.free_data)
		wizard->config.free_data(wizard->config.data);
	g_free(wizard->pages);
	g_free(wizard);
}

static GtkWidget *make_steps(struct gui_wizard *wizard)
{
	wizard->steps = gtk_list_box_new();
	gtk_widget_add_css_class(wizard->steps, "wizard-steps");
	gtk_widget_set_can_target(wizard->steps, FALSE);
	gtk_widget_set_can_focus(wizard->steps, FALSE);
	gtk_accessible_update_property(GTK_ACCESSIBLE(wizard->steps), GTK_ACCESSIBLE_PROPERTY_LABEL, "Steps",
				       -1);
	for (unsigned i = 0; i < wizard->config.page_count; i++) {
		const char *title = wizard->config.pages[i].title;
		GtkWidget *label = gtk_label_new(title);

		gtk_label_set_xalign(GTK_LABEL(label), 0);
		gtk_list_box_append(GTK_LIST_BOX(wizard->steps), gui_row_new(label, title));
	}
	return wizard->steps;
}

static GtkWidget *make_button(struct gui_wizard *wizard, GtkWidget *bar, const char *label, GCallback fn)
{
	GtkWidget *button = gui_button_new(label);

	g_signal_connect(button, "clicked", fn, wizard);
	gtk_box_append(GTK_BOX(bar), button);
	return button;
}

static GtkWidget *make_buttons(struct gui_wizard *wizard)
{
	GtkWidget *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *cancel;

	gtk_widget_add_css_class(bar, "wizard-buttons");
	wizard->problem = gtk_label_new(NULL);
	gtk_label_set_wrap(GTK_LABEL(wizard->problem), TRUE);
	gtk_label_set_xalign(GTK_LABEL(wizard->problem), 0);
	gtk_widget_add_css_class(wizard->problem, "error");
	gtk_widget_set_visible(wizard->problem, FALSE);
	wizard->back = make_button(wizard, bar, "_Previous", G_CALLBACK(on_back));
	wizard->next = make_button(wizard, bar, "_Next", G_CALLBACK(on_next));
	wizard->finish = make_button(wizard, bar, wizard->config.finish, G_CALLBACK(on_finish));
	cancel = gui_button_new("Cancel");
	g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(gtk_window_close), wizard->window);
	gtk_box_append(GTK_BOX(bar), cancel);
	gtk_widget_set_halign(bar, GTK_ALIGN_FILL);
	gtk_widget_set_hexpand(wizard->back, TRUE);
	gtk_widget_set_halign(wizard->back, GTK_ALIGN_END);
	return bar;
}

static GtkWidget *make_stack(struct gui_wizard *wizard)
{
	wizard->stack = gtk_stack_new();
	wizard->pages = g_new0(GtkWidget *, wizard->config.page_count);
	for (unsigned i = 0; i < wizard->config.page_count; i++) {
		GtkWidget *scrolled = gtk_scrolled_window_new(),
			  *page = wizard->config.pages[i].make(wizard, wizard->config.data);

		gtk_widget_add_css_class(page, "page");
		gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_AUTOMATIC,
					       GTK_POLICY_AUTOMATIC);
		gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), page);
		gtk_stack_add_child(GTK_STACK(wizard->stack), scrolled);
		wizard->pages[i] = scrolled;
		gui_tell_hidden(scrolled);
	}
	gtk_widget_set_vexpand(wizard->stack, TRUE);
	gtk_widget_set_hexpand(wizard->stack, TRUE);
	return wizard->stack;
}

struct gui_wizard *gui_wizard_open(struct gui_app *app, GtkWidget *parent,
				   const struct gui_wizard_config *config)
{
	struct gui_wizard *wizard = g_new0(struct gui_wizard, 1);
	GtkWidget *all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *across, *right;

	wizard->app = app;
	wizard->config = *config;
	across = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
	right = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8);
	wizard->window = gui_dialog_new(parent, config->title, all);
	gtk_widget_remove_css_class(all, "dialog-content");
	g_object_set_data_full(G_OBJECT(wizard->window), "wizard", wizard, free_wizard);
	gui_window_set_size(wizard->window, 780, 560);
	wizard->title = gtk_label_new(NULL);
	gtk_label_set_xalign(GTK_LABEL(wizard->title), 0);
	gtk_widget_add_css_class(wizard->title, "wizard-title");
	gtk_widget_set_margin_start(wizard->title, 12);
	gtk_widget_set_margin_top(wizard->title, 12);
	gtk_box_append(GTK_BOX(right), wizard->title);
	gtk_box_append(GTK_BOX(right), make_stack(wizard));
	gtk_box_append(GTK_BOX(across), make_steps(wizard));
	gtk_box_append(GTK_BOX(across), right);
	gtk_box_append(GTK_BOX(all), across);
	{
		GtkWidget *bar = make_buttons(wizard);

		gtk_widget_set_margin_start(wizard->problem, 12);
		gtk_box_append(GTK_BOX(right), wizard->problem);
		gtk_box_append(GTK_BOX(all), bar);
	}
	gtk_window_present(wizard->window);
	show_page(wizard, (unsigned)MAX(neighbour(wizard, -1, 1), 0));
	return wizard;
}
