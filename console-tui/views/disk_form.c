/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/disk_form.h"

#include <string.h>

const char disk_form_done[] = "it is under way; J shows the jobs";
const char disk_formats[] = "vhdx=VHDX: up to 64 TB, safe when power fails|vhd=VHD: up to 2040 GB|raw=Raw";
const char disk_form_file_help[] = "a whole path; F8 completes";

/* Fields of the form that may be fields of the draft. */
static const char *const names[] = { "file", "to",	   "source",	  "parent", "size",   "format",
				     "type", "block-size", "sector-size", "force",  "delete", "repair" };

static const char *field_of(struct form *form, const char *name)
{
	return ((const struct disk_form *)form_data(form))->field(form, name);
}

/* Ticks and choices that are not set. */
static gboolean is_nothing(const char *value)
{
	return !*value || strcmp(value, "no") == 0 || strcmp(value, "default") == 0;
}

/* The draft of what the form says; fields that are empty or hidden are not set. */
static struct vmc_disk_draft *draft_of(struct form *form)
{
	const struct disk_form *disk = form_data(form);
	struct vmc_disk_draft *draft =
	    vmc_disk_draft_new(disk->verb(form), *vmc_host_place(form_host(form)) != '\0');

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = form_value(form, names[i]), *field = field_of(form, names[i]);

		if (field && !form_is_hidden(form, names[i]) && !is_nothing(value))
			vmc_disk_draft_set(draft, field, value, NULL);
	}
	return draft;
}

char *disk_form_command(struct form *form)
{
	struct vmc_disk_draft *draft = draft_of(form);
	char *line = vmc_disk_draft_check(draft, NULL, NULL)
			 ? vmc_disk_draft_command(draft, vmc_host_place(form_host(form)))
			 : NULL;

	vmc_disk_draft_free(draft);
	return line;
}

/* What cannot be a value; or, of a field that is one, what does not go together with the others. */
char *disk_form_check(struct form *form, const char *name, const char *text)
{
	const char *field = field_of(form, name), *wrong = NULL;
	struct vmc_disk_draft *draft;
	GError *error = NULL;
	char *problem = NULL;

	if (!field)
		return NULL;
	draft = draft_of(form);
	if (!is_nothing(text) && vmc_disk_draft_has(draft, field))
		vmc_disk_draft_set(draft, field, text, &error);
	if (!error && !vmc_disk_draft_check(draft, &wrong, &error) && g_strcmp0(wrong, field) != 0)
		g_clear_error(&error);
	if (error)
		problem = g_strdup(error->message);
	g_clear_error(&error);
	vmc_disk_draft_free(draft);
	return problem;
}

void disk_form_call(struct form *form, gboolean is_plan, tui_answer_fn fn)
{
	struct vmc_disk_draft *draft = draft_of(form);
	GError *error = NULL;

	if (vmc_disk_draft_check(draft, NULL, &error)) {
		tui_call(form_view(form), form_host(form), API_DISKS_PATH, API_DISKS_INTERFACE,
			 vmc_disk_draft_method(draft), vmc_disk_draft_parameters(draft, is_plan), fn, NULL);
	} else {
		fn(form_view(form), NULL, error, NULL);
		g_error_free(error);
	}
	vmc_disk_draft_free(draft);
}

void disk_form_add_sizes(struct form *form)
{
	form_text(form, "block-size", "Block size", "", "of VHDX: 1M to 256M; empty: as usual");
	form_choice(form, "sector-size", "Sector size", "default=As usual|512=512|4096=4096", "default",
		    "which the guest sees");
}

struct disk_form *disk_form_new(const char *(*verb)(struct form *form),
				const char *(*field)(struct form *form, const char *name))
{
	struct disk_form *disk = g_new0(struct disk_form, 1);

	disk->verb = verb;
	disk->field = field;
	return disk;
}

void disk_form_free(gpointer opaque)
{
	struct disk_form *disk = opaque;

	g_free(disk->format);
	g_clear_pointer(&disk->images, g_variant_unref);
	g_free(disk);
}
