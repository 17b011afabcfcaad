/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Edit Virtual Hard Disk wizard: which disk, which action, its page, summary. */
#include "disks/disk_task.h"
#include "disks/disks.h"

#include "dialog.h"
#include "file_picker.h"
#include "focus.h"
#include "form.h"
#include "named.h"

#include <string.h>

enum action { COMPACT, CONVERT, EXPAND, SHRINK, MERGE, RECONNECT, REPAIR, ACTIONS };

static const struct {
	const char *verb, *label, *hint;
} actions[ACTIONS] = {
	[COMPACT] = { "compact", "Co_mpact", "Gives the space of blocks of zeros back to the host." },
	[CONVERT] = { "convert", "Con_vert",
		      "Makes a new disk with the same content, in another format or type." },
	[EXPAND] = { "resize", "_Expand", "Makes it larger; the guest must make use of that." },
	[SHRINK] = { "resize", "_Shrink",
		     "Makes it smaller; what lies beyond the new end must be empty, or is cut off." },
	[MERGE] = { "merge", "Mer_ge", "Writes what differs into the parent." },
	[RECONNECT] = { "reconnect", "_Reconnect", "Tells it where its parent is now." },
	[REPAIR] = { "check", "C_heck and repair", "Looks for errors, and repairs what can be repaired." },
};

struct edit_disk {
	VmcHost *host;
	GtkWidget *file, *info, *radios[ACTIONS];
	GtkWidget *stack, *to, *format, *type, *size, *force, *parent, *force_parent, *delete;
	struct gui_disk_summary summary;
	GVariant *images; /* aa{sv} of the disk that was located; NULL */
	GtkWidget *window;
};

static const char *const formats[] = { "vhdx", "vhd", "raw" };
static const char *const format_labels[] = { "VHDX", "VHD", "Raw", NULL };
static const char *const types[] = { "dynamic", "fixed" };
static const char *const type_labels[] = { "Dynamically expanding", "Fixed size", NULL };

static enum action action_of(const struct edit_disk *edit)
{
	for (unsigned i = 0; i < ACTIONS; i++)
		if (gui_form_is_on(edit->radios[i]))
			return (enum action)i;
	return COMPACT;
}

/* --- locate ------------------------------------------------------------------------------------------ */

static GtkWidget *make_locate(struct gui_wizard *wizard, gpointer data)
{
	struct edit_disk *edit = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(form, "A disk that a running machine uses cannot be changed.");
	edit->file = gui_form_entry(form, "Fi_le:", "", NULL);
	gui_file_field(edit->file, vmc_host_place(edit->host), GUI_PICK_FILE,
		       "*.vhdx;*.vhd;*.avhdx;*.img;*.raw");
	return form;
}

static gboolean check_locate(struct gui_wizard *wizard, gpointer data)
{
	return gui_form_check_file(((struct edit_disk *)data)->file, FALSE);
}

/* --- action: only what the disk allows --------------------------------------------------------------- */

static void show_allowed(struct edit_disk *edit)
{
	for (unsigned i = 0; i < ACTIONS; i++) {
		const char *why = vmc_disk_refusal(edit->images, actions[i].verb);

		gui_set_sensitive(edit->radios[i], why == NULL);
		gtk_widget_set_tooltip_text(edit->radios[i], why);
		if (why && gui_form_is_on(edit->radios[i]))
			gtk_check_button_set_active(GTK_CHECK_BUTTON(edit->radios[CONVERT]), TRUE);
	}
}

struct looking {
	struct edit_disk *edit;
	struct gui_wizard *wizard;
	GtkWidget *window; /* weak */
};

static void on_inspected(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct looking *looking = opaque;
	GError *error = NULL;
	GVariant *images = vmc_disks_inspect_finish(NULL, result, &error);

	if (looking->window) {
		g_object_remove_weak_pointer(G_OBJECT(looking->window), (gpointer *)&looking->window);
		g_clear_pointer(&looking->edit->images, g_variant_unref);
		looking->edit->images = images ? g_variant_ref(images) : NULL;
		show_allowed(looking->edit);
		if (error)
			gui_wizard_fail(looking->wizard, error->message);
	}
	g_clear_pointer(&images, g_variant_unref);
	g_clear_error(&error);
	g_free(looking);
}

static void enter_action(struct gui_wizard *wizard, gpointer data)
{
	struct edit_disk *edit = data;
	struct vmc_connection *connection = vmc_host_connection(edit->host);
	struct vmc_disk_draft *draft = vmc_disk_draft_new("inspect", *vmc_host_place(edit->host) != '\0');
	struct looking *looking;

	if (connection && vmc_disk_draft_set(draft, "file", gui_form_value(edit->file), NULL)) {
		looking = g_new(struct looking, 1);
		*looking = (struct looking){ edit, wizard, gui_wizard_window(wizard) };
		g_object_add_weak_pointer(G_OBJECT(looking->window), (gpointer *)&looking->window);
		vmc_disks_inspect(connection, draft, on_inspected, looking);
	}
	vmc_disk_draft_free(draft);
}

static GtkWidget *make_action(struct gui_wizard *wizard, gpointer data)
{
	struct edit_disk *edit = data;
	GtkWidget *form = gui_form_new();

	for (unsigned i = 0; i < ACTIONS; i++)
		edit->radios[i] =
		    gui_form_radio(form, actions[i].label, i ? edit->radios[0] : NULL, actions[i].hint);
	return form;
}

/* --- the page of the action -------------------------------------------------------------------------- */

static GtkWidget *make_options(struct gui_wizard *wizard, gpointer data)
{
	struct edit_disk *edit = data;
	GtkWidget *pages[ACTIONS];

	edit->stack = gtk_stack_new();
	for (unsigned i = 0; i < ACTIONS; i++) {
		pages[i] = gui_form_new();
		gui_form_text(pages[i], actions[i].hint);
		gtk_stack_add_named(GTK_STACK(edit->stack), pages[i], actions[i].label);
		gui_tell_hidden(pages[i]);
	}
	edit->to = gui_form_entry(pages[CONVERT], "Ne_w file:", "", NULL);
	edit->format = gui_form_choice(pages[CONVERT], "For_mat:", format_labels, NULL);
	edit->type = gui_form_choice(pages[CONVERT], "_Type:", type_labels, NULL);
	edit->size = gui_form_entry(pages[EXPAND], "_Size:", "", "The new size, such as 80G.");
	edit->force = gui_form_entry(pages[SHRINK], "_Size:", "", "The new size, such as 20G.");
	edit->delete =
	    gui_form_check(pages[MERGE], "_Remove the file when its content is in the parent", FALSE, NULL);
	edit->parent = gui_form_entry(pages[RECONNECT], "Pa_rent:", "", NULL);
	edit->force_parent = gui_form_check(pages[RECONNECT], "_Whatever the parent's identity", FALSE,
					    "Only for a parent that certainly did not change.");
	return edit->stack;
}

static void enter_options(struct gui_wizard *wizard, gpointer data)
{
	struct edit_disk *edit = data;

	gtk_stack_set_visible_child_name(GTK_STACK(edit->stack), actions[action_of(edit)].label);
	if (!*gui_form_value(edit->to)) {
		char *to = g_strdup_printf("%s.new.vhdx", gui_form_value(edit->file));

		gtk_editable_set_text(GTK_EDITABLE(edit->to), to);
		g_free(to);
	}
}

static gboolean set(struct vmc_disk_draft *draft, const char *name, const char *value, GError **error)
{
	return vmc_disk_draft_set(draft, name, value, error);
}

static gboolean set_action(struct vmc_disk_draft *draft, const struct edit_disk *edit, GError **error)
{
	switch (action_of(edit)) {
	case CONVERT:
		return set(draft, "to", gui_form_value(edit->to), error) &&
		       set(draft, "format", formats[gtk_drop_down_get_selected(GTK_DROP_DOWN(edit->format))],
			   error) &&
		       (gtk_drop_down_get_selected(GTK_DROP_DOWN(edit->format)) == 2 ||
			set(draft, "type", types[gtk_drop_down_get_selected(GTK_DROP_DOWN(edit->type))],
			    error));
	case EXPAND: return set(draft, "size", gui_form_value(edit->size), error);
	case SHRINK: return set(draft, "size", gui_form_value(edit->force), error);
	case MERGE: return !gui_form_is_on(edit->delete) || set(draft, "delete", "yes", error);
	case RECONNECT:
		return set(draft, "parent", gui_form_value(edit->parent), error) &&
		       (!gui_form_is_on(edit->force_parent) || set(draft, "force", "yes", error));
	case REPAIR: return set(draft, "repair", "yes", error);
	default: return TRUE;
	}
}

static struct vmc_disk_draft *make_draft(gpointer data, GError **error)
{
	const struct edit_disk *edit = data;
	struct vmc_disk_draft *draft =
	    vmc_disk_draft_new(actions[action_of(edit)].verb, *vmc_host_place(edit->host) != '\0');
	gboolean is_good = set(draft, "file", gui_form_value(edit->file), error) &&
			   set_action(draft, edit, error) && vmc_disk_draft_check(draft, NULL, error);

	return is_good ? draft : vmc_disk_draft_free(draft);
}

static gboolean check_options(struct gui_wizard *wizard, gpointer data)
{
	GError *error = NULL;
	struct vmc_disk_draft *draft = make_draft(data, &error);

	vmc_disk_draft_free(draft);
	if (!error)
		return TRUE;
	gui_wizard_fail(wizard, error->message);
	g_error_free(error);
	return FALSE;
}

static GtkWidget *make_summary(struct gui_wizard *wizard, gpointer data)
{
	struct edit_disk *edit = data;

	return gui_disk_summary_make(&edit->summary);
}

static void enter_summary(struct gui_wizard *wizard, gpointer data)
{
	struct edit_disk *edit = data;

	gui_disk_summary_enter(&edit->summary, wizard, edit->host, make_draft, edit);
}

static void finish(struct gui_wizard *wizard, gpointer data)
{
	struct edit_disk *edit = data;

	gui_disk_summary_finish(&edit->summary, wizard, edit->host, make_draft, edit);
}

static void free_edit(gpointer data)
{
	struct edit_disk *edit = data;

	g_object_unref(edit->host);
	g_clear_pointer(&edit->images, g_variant_unref);
	g_free(edit);
}

void gui_edit_disk_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	static const struct gui_wizard_page pages[] = {
		{ "Locate Disk", make_locate, NULL, check_locate, NULL },
		{ "Action", make_action, enter_action, NULL, NULL },
		{ "Options", make_options, enter_options, check_options, NULL },
		{ "Summary", make_summary, enter_summary, NULL, NULL },
	};
	struct edit_disk *edit = g_new0(struct edit_disk, 1);

	edit->host = g_object_ref(host);
	gui_wizard_open(app, window,
			&(struct gui_wizard_config){ .title = "Edit Virtual Hard Disk",
						     .pages = pages,
						     .page_count = G_N_ELEMENTS(pages),
						     .finish = "_Finish",
						     .on_finish = finish,
						     .data = edit,
						     .free_data = free_edit });
}
