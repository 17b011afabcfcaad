/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead disk inspect, check. */
#include "cli/disk_options.h"
#include "cli/disk_task.h"
#include "cli/disk_verbs.h"
#include "cli/manage.h"
#include "cli/message.h"
#include "client/wording.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FORMAT_OPTION                                                                                        \
	{                                                                                                    \
		"format", "FORMAT", "vhdx, vhd, raw or iso (default: by name and content)", FALSE            \
	}

const struct option disk_inspect_options[] = {
	FORMAT_OPTION,
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};
const struct option disk_check_options[] = {
	{ "repair", NULL, "replay the log, restore a lost footer, give leaked space at the end back", FALSE },
	FORMAT_OPTION,
	DISK_VM_OPTION,
	{ NULL, NULL, NULL, FALSE },
};

/* --- what the helper says about an image, for people and as JSON --------------------------------------- */

static const struct {
	const char *key, *name;
	char kind; /* t: text, n: number, b: yes or no */
} fields[] = {
	{ "name", "Path", 't' },
	{ "format", "Format", 't' },
	{ "type", "Type", 't' },
	{ "size", "Size", 'n' },
	{ "file-size", "FileSize", 'n' },
	{ "file-allocated", "FileAllocated", 'n' },
	{ "block-size", "BlockSize", 'n' },
	{ "sector-size", "SectorSize", 'n' },
	{ "physical-sector-size", "PhysicalSectorSize", 'n' },
	{ "id", "Id", 't' },
	{ "data-id", "DataId", 't' },
	{ "openable", "Openable", 'b' },
	{ "needs-replay", "NeedsReplay", 'b' },
	{ "leaked-bytes", "LeakedBytes", 'n' },
	{ "problem", "Problem", 't' },
	{ "in-use", "InUse", 'b' },
	{ "data-bytes", "DataBytes", 'n' },
	{ "zero-bytes", "ZeroBytes", 'n' },
	{ "parent-bytes", "ParentBytes", 'n' },
	{ "fragments", "Fragments", 'n' },
	{ "parent-relative", "ParentRelativePath", 't' },
	{ "parent-absolute", "ParentAbsolutePath", 't' },
	{ "chain-error", "ChainError", 't' },
};

/* The images of a chain as the helper named them: a{sv} each. */
struct disk_look {
	GPtrArray *images;
};

static void on_image(void *userdata, struct link_message *message)
{
	struct disk_look *look = userdata;
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		const char *text = link_get(message, fields[i].key);
		guint64 number = 0;

		if (!text)
			continue;
		link_get_number(message, fields[i].key, G_MAXUINT64, &number);
		if (fields[i].kind == 'n') {
			g_variant_builder_add(&dict, "{sv}", fields[i].name, g_variant_new_uint64(number));
		} else if (fields[i].kind == 'b') {
			g_variant_builder_add(&dict, "{sv}", fields[i].name,
					      g_variant_new_boolean(number != 0));
		} else {
			g_variant_builder_add(&dict, "{sv}", fields[i].name,
					      g_variant_new_take_string(g_utf8_make_valid(text, -1)));
		}
	}
	g_ptr_array_add(look->images, g_variant_ref_sink(g_variant_builder_end(&dict)));
}

/* The same from the service, which names the fields as the helper does. */
static GVariant *rename_fields(GVariant *image)
{
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		GVariant *value = g_variant_lookup_value(image, fields[i].key, NULL);

		if (value)
			g_variant_builder_add(&dict, "{sv}", fields[i].name, value);
		g_clear_pointer(&value, g_variant_unref);
	}
	return g_variant_ref_sink(g_variant_builder_end(&dict));
}

static guint64 number(GVariant *image, const char *name)
{
	guint64 value = 0;

	g_variant_lookup(image, name, "t", &value);
	return value;
}

static const char *text(GVariant *image, const char *name)
{
	const char *value = "";

	g_variant_lookup(image, name, "&s", &value);
	return value;
}

static gboolean flag(GVariant *image, const char *name)
{
	gboolean value = FALSE;

	g_variant_lookup(image, name, "b", &value);
	return value;
}

/* --- inspect --------------------------------------------------------------------------------------- */

static void print_line(const char *name, char *value)
{
	char *plain = vmc_plain_text(value);

	printf("  %-12s %s\n", name, plain);
	g_free(plain);
	g_free(value);
}

static void print_sizes(GVariant *image)
{
	char *size = vmc_bytes_text(number(image, "Size")), *file = vmc_bytes_text(number(image, "FileSize"));
	char *taken = vmc_bytes_text(number(image, "FileAllocated")),
	     *data = vmc_bytes_text(number(image, "DataBytes"));
	char *block = vmc_bytes_text(number(image, "BlockSize"));

	print_line("Size", g_strdup_printf("%s (%" G_GUINT64_FORMAT " bytes)", size, number(image, "Size")));
	print_line("File", g_strdup_printf("%s, %s of it on the storage", file, taken));
	print_line("Data",
		   g_strdup_printf("%s in %" G_GUINT64_FORMAT " pieces", data, number(image, "Fragments")));
	if (number(image, "BlockSize"))
		print_line("Blocks", g_strdup(block));
	print_line("Sectors",
		   g_strdup_printf("%" G_GUINT64_FORMAT " bytes, physical %" G_GUINT64_FORMAT,
				   number(image, "SectorSize"), number(image, "PhysicalSectorSize")));
	g_free(size);
	g_free(file);
	g_free(taken);
	g_free(data);
	g_free(block);
}

static void print_image(GVariant *image)
{
	const char *relative = text(image, "ParentRelativePath"),
		   *absolute = text(image, "ParentAbsolutePath");

	manage_print_plain("", text(image, "Path"));
	print_line("Format", g_strdup_printf("%s, %s", text(image, "Format"), text(image, "Type")));
	print_sizes(image);
	if (*text(image, "Id"))
		print_line("Identity", g_strdup(text(image, "Id")));
	if (flag(image, "NeedsReplay"))
		print_line("Log", g_strdup("was not closed: replayed at the next opening"));
	if (flag(image, "InUse"))
		print_line("State", g_strdup("in use: what is shown may be a moment old"));
	if (*relative || *absolute)
		print_line("Parent", g_strdup_printf("%s%s%s%s", relative, *relative && *absolute ? " (" : "",
						     absolute, *relative && *absolute ? ")" : ""));
	if (*text(image, "ChainError"))
		print_line("Problem", g_strdup(text(image, "ChainError")));
}

/* The first image, with its parents as "Parents". */
static int print_json(const struct disk_look *look)
{
	GVariantBuilder whole, parents;
	GVariantIter first;
	GVariant *entry, *value;

	g_variant_builder_init(&whole, G_VARIANT_TYPE_VARDICT);
	g_variant_iter_init(&first, look->images->pdata[0]);
	while ((entry = g_variant_iter_next_value(&first))) {
		g_variant_builder_add_value(&whole, entry);
		g_variant_unref(entry);
	}
	g_variant_builder_init(&parents, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 1; i < look->images->len; i++)
		g_variant_builder_add_value(&parents, look->images->pdata[i]);
	g_variant_builder_add(&whole, "{sv}", "Parents", g_variant_builder_end(&parents));
	value = g_variant_ref_sink(g_variant_builder_end(&whole));
	manage_print_json(value);
	g_variant_unref(value);
	return STATUS_DONE;
}

static int print_images(struct invocation *invocation, const struct disk_look *look)
{
	if (look->images->len == 0) {
		say("%s: the disk helper said nothing about it; try again", invocation->operands[0]);
		return STATUS_FAILED;
	}
	if (invocation->wants_json)
		return print_json(look);
	for (guint i = 0; i < look->images->len; i++)
		print_image(look->images->pdata[i]);
	return STATUS_DONE;
}

/* --- check ----------------------------------------------------------------------------------------- */

/* The library's sentence ends with a full stop, and may already say what to do. */
static void say_problem(const char *problem)
{
	int length = (int)(strlen(problem) - g_str_has_suffix(problem, "."));

	say("%.*s%s", length, problem, strchr(problem, ';') ? "" : "; take it from a backup");
}

static int print_check(struct invocation *invocation, const struct disk_look *look)
{
	GVariant *image = look->images->len ? look->images->pdata[0] : NULL;
	const char *path = invocation->operands[0];
	gboolean is_good;

	if (!image) {
		say("%s: the disk helper said nothing about it; try again", path);
		return STATUS_FAILED;
	}
	is_good = flag(image, "Openable") && !flag(image, "NeedsReplay") && !*text(image, "ChainError");
	if (invocation->wants_json)
		manage_print_json(image);
	else if (is_good && number(image, "LeakedBytes"))
		printf("%s: no errors; compacting gives %" G_GUINT64_FORMAT " bytes back\n", path,
		       number(image, "LeakedBytes"));
	else if (is_good)
		printf("%s: no errors\n", path);
	if (!flag(image, "Openable"))
		say_problem(text(image, "Problem"));
	else if (flag(image, "NeedsReplay"))
		say("%s: it was not closed; `bulkhead disk check --repair` or the next use puts it in order",
		    path);
	else if (*text(image, "ChainError"))
		say_problem(text(image, "ChainError"));
	return is_good ? STATUS_DONE : STATUS_FAILED;
}

static int plan_repair(struct invocation *invocation)
{
	GPtrArray *arguments = g_ptr_array_new();

	disk_plan_step(
	    "replay the log of %s if it was not closed, restore a lost footer, cut leaked space off its end",
	    invocation->operands[0]);
	disk_plan_add(arguments, invocation->operands[0]);
	disk_plan_add_option(arguments, "repair", "");
	disk_plan_add_option(arguments, "format", invocation_option(invocation, "format"));
	return disk_plan_command("check", arguments);
}

/* --- both ------------------------------------------------------------------------------------------ */

static int look(struct invocation *invocation, gboolean is_repair,
		int (*print)(struct invocation *, const struct disk_look *))
{
	const char *path = invocation->operands[0], *format;
	struct disk_look look = { g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref) };
	struct disk_task task;
	gboolean is_guess;
	int status = STATUS_FAILED, fd = -1;

	if (!disk_option_format(invocation, "format", path, &format, &is_guess))
		status = STATUS_USAGE;
	else
		fd = disk_file_open(path, is_repair);
	if (fd >= 0 && is_repair && invocation->wants_plan) {
		status = plan_repair(invocation);
	} else if (fd >= 0 && disk_task_init(&task, invocation->verb->name)) {
		task.on_image = on_image;
		task.userdata = &look;
		task.format_option = "format";
		disk_task_add_file(&task, "file", path, fd);
		link_add(task.request, "file-format", format);
		link_add_number(task.request, "file-guess", is_guess != 0);
		link_add_number(task.request, "repair", is_repair != 0);
		status = disk_task_run(&task) ? print(invocation, &look)
					      : disk_task_report(&task, path, "nothing was changed");
		disk_task_deinit(&task);
	}
	if (fd >= 0)
		close(fd);
	g_ptr_array_unref(look.images);
	return status;
}

int disk_print_images(struct invocation *invocation, GVariant *images)
{
	struct disk_look look = { g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref) };
	int status;

	for (gsize i = 0; i < g_variant_n_children(images); i++) {
		GVariant *image = g_variant_get_child_value(images, i);

		g_ptr_array_add(look.images, rename_fields(image));
		g_variant_unref(image);
	}
	status = strcmp(invocation->verb->name, "check") == 0 ? print_check(invocation, &look)
							      : print_images(invocation, &look);
	g_ptr_array_unref(look.images);
	return status;
}

int disk_verb_inspect(struct invocation *invocation)
{
	return disk_needs_service(invocation) ? disk_by_service(invocation)
					      : look(invocation, FALSE, print_images);
}

int disk_verb_check(struct invocation *invocation)
{
	return disk_needs_service(invocation)
		   ? disk_by_service(invocation)
		   : look(invocation, invocation_has(invocation, "repair"), print_check);
}
