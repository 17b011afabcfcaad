/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The New Virtual Hard Disk wizard. */
#include "disks/disks.h"
#include "disks/disk_task.h"

#include "call.h"
#include "dialog.h"
#include "file_picker.h"
#include "focus.h"
#include "form.h"
#include "wizards/wizard.h"

#include <string.h>

struct new_disk {
	struct gui_app *app;
	VmcHost *host;
	GtkWidget *vhdx, *vhd, *raw;
	GtkWidget *dynamic, *fixed, *differencing;
	GtkWidget *file;
	GtkWidget *blank, *copy, *size, *source, *parent, *advanced, *block, *sector;
	struct gui_disk_summary summary;
};

static const char *const blocks[] = { "", "1M", "2M", "8M", "32M", "256M" };
static const char *const block_labels[] = {
	"As usual", "1 MiB", "2 MiB", "8 MiB", "32 MiB", "256 MiB", NULL
};
static const char *const sectors[] = { "", "512", "4096" };
static const char *const sector_labels[] = { "As usual", "512 bytes", "4096 bytes", NULL };

/* --- pages ------------------------------------------------------------------------------------------- */

static const char *format_of(const struct new_disk *disk)
{
	return gui_form_is_on(disk->vhd) ? "vhd" : gui_form_is_on(disk->raw) ? "raw" : "vhdx";
}

static guint chosen(GtkWidget *choice)
{
	return gtk_drop_down_get_selected(GTK_DROP_DOWN(choice));
}

static gboolean is_child(const struct new_disk *disk)
{
	return gui_form_is_on(disk->differencing);
}

static GtkWidget *make_format(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;
	GtkWidget *form = gui_form_new();

	disk->vhdx =
	    gui_form_radio(form, "VHD_X", NULL, "Up to 64 TiB; a log keeps it whole through power failures.");
	disk->vhd = gui_form_radio(form, "_VHD", disk->vhdx, "Up to 2040 GiB; for old systems.");
	disk->raw = gui_form_radio(form, "_Raw", disk->vhdx, "The bytes of the disk and nothing else.");
	return form;
}

static void enter_type(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;
	gboolean is_raw = gui_form_is_on(disk->raw);

	gui_set_sensitive(disk->differencing, !is_raw);
	gtk_widget_set_tooltip_text(disk->differencing,
				    is_raw ? "A raw image has no parent; choose VHDX or VHD." : NULL);
	if (is_raw && is_child(disk))
		gtk_check_button_set_active(GTK_CHECK_BUTTON(disk->dynamic), TRUE);
}

static GtkWidget *make_type(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;
	GtkWidget *form = gui_form_new();

	disk->dynamic = gui_form_radio(form, "_Dynamically expanding", NULL,
				       "The file grows with what is written to it.");
	disk->fixed = gui_form_radio(form, "Fi_xed size", disk->dynamic,
				     "The file has its full size at once; nothing can run out later.");
	disk->differencing = gui_form_radio(
	    form, "D_ifferencing", disk->dynamic,
	    "Only what differs from another disk, its parent, which must not change any more.");
	return form;
}

static gboolean check_name(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;

	return gui_form_check_file(disk->file, TRUE);
}

static void enter_name(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;
	const char *path = gui_form_value(disk->file), *dot = strrchr(path, '.');
	char *named = g_strdup_printf("%.*s.%s", (int)(dot ? dot - path : (long)strlen(path)), path,
				      gui_form_is_on(disk->raw) ? "img" : format_of(disk));

	gtk_editable_set_text(GTK_EDITABLE(disk->file), named);
	g_free(named);
}

static GtkWidget *make_name(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;
	GtkWidget *form = gui_form_new();
	char *path = g_build_filename(g_get_home_dir(), "disk.vhdx", NULL);

	gui_form_text(form, "The file is made with your rights.");
	disk->file = gui_form_entry(form, "Fi_le:", path, NULL);
	gui_file_field(disk->file, vmc_host_place(disk->host), GUI_PICK_NEW_FILE, NULL);
	g_free(path);
	return form;
}

/* What the disk cannot have is not asked for. */
static void on_content(struct new_disk *disk)
{
	gboolean child = is_child(disk), copies = !child && gui_form_is_on(disk->copy),
		 is_vhdx = gui_form_is_on(disk->vhdx),
		 has_blocks = is_vhdx || (gui_form_is_on(disk->vhd) && !gui_form_is_on(disk->fixed));

	gui_form_show(disk->blank, !child);
	gui_form_show(disk->copy, !child);
	gui_form_show(disk->size, !child && !copies);
	gui_form_show(disk->source, copies);
	gui_form_show(disk->parent, child);
	gui_form_show(disk->block, has_blocks);
	gui_form_show(disk->sector, is_vhdx);
	gtk_widget_set_visible(disk->advanced, has_blocks);
}

static void enter_configure(struct gui_wizard *wizard, gpointer data)
{
	on_content(data);
}

/* Draft or NULL: *ret_field is what is wrong. */
static struct vmc_disk_draft *fill_draft(const struct new_disk *disk, const char **ret_field, GError **error)
{
	gboolean child = is_child(disk), copies = !child && gui_form_is_on(disk->copy),
		 is_vhdx = gui_form_is_on(disk->vhdx);
	struct vmc_disk_draft *draft =
	    vmc_disk_draft_new(copies ? "convert" : "create", *vmc_host_place(disk->host) != '\0');
	const struct {
		const char *name, *value; /* "": it is left out */
	} fields[] = {
		{ "file", gui_form_value(copies ? disk->source : disk->file) },
		{ "to", copies ? gui_form_value(disk->file) : "" },
		{ "format", format_of(disk) },
		{ "type", child				? "differencing"
			  : gui_form_is_on(disk->fixed) ? "fixed"
							: "dynamic" },
		{ "size", child || copies ? "" : gui_form_value(disk->size) },
		{ "parent", child ? gui_form_value(disk->parent) : "" },
		{ "block-size", gui_form_is_on(disk->raw) ? "" : blocks[chosen(disk->block)] },
		{ "sector-size", is_vhdx ? sectors[chosen(disk->sector)] : "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (*fields[i].value && !vmc_disk_draft_set(draft, fields[i].name, fields[i].value, error)) {
			*ret_field = fields[i].name;
			return vmc_disk_draft_free(draft);
		}
	return vmc_disk_draft_check(draft, ret_field, error) ? draft : vmc_disk_draft_free(draft);
}

/* NULL: a sentence. */
static struct vmc_disk_draft *make_draft(gpointer data, GError **error)
{
	const char *field;

	return fill_draft(data, &field, error);
}

static gboolean check_configure(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;
	struct vmc_disk_draft *draft;
	const char *field = "";
	GError *error = NULL;

	gui_form_set_error(disk->source, NULL);
	gui_form_set_error(disk->parent, NULL);
	gui_form_set_error(disk->size, NULL);
	if ((is_child(disk) && !gui_form_check_file(disk->parent, FALSE)) ||
	    (!is_child(disk) && gui_form_is_on(disk->copy) && !gui_form_check_file(disk->source, FALSE)))
		return FALSE;
	draft = fill_draft(disk, &field, &error);
	vmc_disk_draft_free(draft);
	if (!error)
		return TRUE;
	if (strcmp(field, "size") == 0)
		gui_form_set_error(disk->size, error->message);
	else
		gui_wizard_fail(wizard, error->message);
	g_error_free(error);
	return FALSE;
}

static GtkWidget *make_configure(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;
	GtkWidget *form = gui_form_new();

	disk->blank = gui_form_radio(form, "A _blank disk", NULL, NULL);
	disk->size = gui_form_entry(form, "_Size:", "40G", "Such as 512M, 40G, 2T.");
	disk->copy = gui_form_radio(
	    form, "With the content of an_other disk", disk->blank,
	    "A virtual disk, or a physical one (a device such as /dev/sdb) for those with the privilege "
	    "for that.");
	disk->source = gui_form_entry(form, "Cont_ent of:", "", NULL);
	disk->parent = gui_form_entry(form, "Pa_rent:", "",
				      "The disk that this one differs from; it must not change any more.");
	gui_file_field(disk->source, vmc_host_place(disk->host), GUI_PICK_FILE, NULL);
	gui_file_field(disk->parent, vmc_host_place(disk->host), GUI_PICK_FILE, NULL);
	disk->advanced = gui_form_heading(form, "Advanced");
	disk->block =
	    gui_form_choice(form, "Block si_ze:", block_labels,
			    "Small ones for disks of many small files, large ones for large files.");
	disk->sector = gui_form_choice(form, "Sec_tor size:", sector_labels, "Which the guest sees.");
	gui_form_watch(disk->copy, G_CALLBACK(on_content), disk);
	return form;
}

/* --- summary ----------------------------------------------------------------------------------------- */

static GtkWidget *make_summary(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;

	return gui_disk_summary_make(&disk->summary);
}

static void enter_summary(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;

	gui_disk_summary_enter(&disk->summary, wizard, disk->host, make_draft, disk);
}

static void finish(struct gui_wizard *wizard, gpointer data)
{
	struct new_disk *disk = data;

	gui_disk_summary_finish(&disk->summary, wizard, disk->host, make_draft, disk);
}

static void free_disk(gpointer data)
{
	struct new_disk *disk = data;

	g_object_unref(disk->host);
	g_free(disk);
}

void gui_new_disk_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	static const struct gui_wizard_page pages[] = {
		{ "Format", make_format, NULL, NULL, NULL },
		{ "Type", make_type, enter_type, NULL, NULL },
		{ "Name and Location", make_name, enter_name, check_name, NULL },
		{ "Configure", make_configure, enter_configure, check_configure, NULL },
		{ "Summary", make_summary, enter_summary, NULL, NULL },
	};
	struct new_disk *disk = g_new0(struct new_disk, 1);

	disk->app = app;
	disk->host = g_object_ref(host);
	gui_wizard_open(app, window,
			&(struct gui_wizard_config){ .title = "New Virtual Hard Disk",
						     .pages = pages,
						     .page_count = G_N_ELEMENTS(pages),
						     .finish = "_Create",
						     .on_finish = finish,
						     .data = disk,
						     .free_data = free_disk });
}
