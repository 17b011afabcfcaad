/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/disk_draft.h"
#include "client/connection.h"
#include "client/draft_drives.h"

#include "model/units.h"

#include <string.h>

enum field {
	FIELD_FILE,
	FIELD_TO,
	FIELD_PARENT,
	FIELD_SIZE,
	FIELD_FORMAT,
	FIELD_TYPE,
	FIELD_BLOCK_SIZE,
	FIELD_SECTOR_SIZE,
	FIELD_FILE_FORMAT,
	FIELD_FORCE,
	FIELD_DELETE,
	FIELD_REPAIR,
	FIELD_MACHINE,
	FIELDS,
};

enum kind { KIND_PATH, KIND_SIZE, KIND_TEXT, KIND_FLAG };

static const struct {
	const char *name;
	enum kind kind;
} fields[FIELDS] = {
	[FIELD_FILE] = { "file", KIND_PATH },
	[FIELD_TO] = { "to", KIND_PATH },
	[FIELD_PARENT] = { "parent", KIND_PATH },
	[FIELD_SIZE] = { "size", KIND_SIZE },
	[FIELD_FORMAT] = { "format", KIND_TEXT },
	[FIELD_TYPE] = { "type", KIND_TEXT },
	[FIELD_BLOCK_SIZE] = { "block-size", KIND_SIZE },
	[FIELD_SECTOR_SIZE] = { "sector-size", KIND_SIZE },
	[FIELD_FILE_FORMAT] = { "file-format", KIND_TEXT },
	[FIELD_FORCE] = { "force", KIND_FLAG },
	[FIELD_DELETE] = { "delete", KIND_FLAG },
	[FIELD_REPAIR] = { "repair", KIND_FLAG },
	[FIELD_MACHINE] = { "machine", KIND_TEXT },
};

#define BIT(field) (1u << (field))
#define NO_FIELD   FIELDS
#define SHAPE	   (BIT(FIELD_FORMAT) | BIT(FIELD_TYPE) | BIT(FIELD_BLOCK_SIZE) | BIT(FIELD_SECTOR_SIZE))

/* `operand`: the argument behind the file, of the call and of the command. */
static const struct verb {
	const char *name, *method;
	enum field operand;
	unsigned has;
	const char *read_option; /* what the command line calls file-format */
} verbs[] = {
	{ "create", "Create", NO_FIELD, SHAPE | BIT(FIELD_SIZE) | BIT(FIELD_PARENT), NULL },
	{ "convert", "Convert", FIELD_TO, SHAPE | BIT(FIELD_TO) | BIT(FIELD_FILE_FORMAT), "from-format" },
	{ "inspect", "Inspect", NO_FIELD, BIT(FIELD_FILE_FORMAT), "format" },
	{ "compact", "Compact", NO_FIELD, 0, NULL },
	{ "resize", "Resize", FIELD_SIZE, BIT(FIELD_SIZE) | BIT(FIELD_FORCE) | BIT(FIELD_FILE_FORMAT),
	  "format" },
	{ "merge", "Merge", NO_FIELD, BIT(FIELD_DELETE), NULL },
	{ "reconnect", "Reconnect", FIELD_PARENT, BIT(FIELD_PARENT) | BIT(FIELD_FORCE), NULL },
	{ "check", "Check", NO_FIELD, BIT(FIELD_REPAIR) | BIT(FIELD_FILE_FORMAT), "format" },
};

struct vmc_disk_draft {
	const struct verb *verb;
	gboolean is_remote;
	char *values[FIELDS];
};

struct vmc_disk_draft *vmc_disk_draft_new(const char *verb, gboolean is_remote)
{
	struct vmc_disk_draft *draft = g_new0(struct vmc_disk_draft, 1);

	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (strcmp(verbs[i].name, verb) == 0)
			draft->verb = &verbs[i];
	g_assert(draft->verb);
	draft->is_remote = is_remote;
	return draft;
}

struct vmc_disk_draft *vmc_disk_draft_free(struct vmc_disk_draft *draft)
{
	for (unsigned i = 0; draft && i < FIELDS; i++)
		g_free(draft->values[i]);
	g_free(draft);
	return NULL;
}

const char *vmc_disk_draft_verb(const struct vmc_disk_draft *draft)
{
	return draft->verb->name;
}

static gboolean has(const struct vmc_disk_draft *draft, enum field field)
{
	return field == FIELD_FILE || field == FIELD_MACHINE || draft->verb->has & BIT(field);
}

/* FIELDS: there is none. */
static enum field find(const struct vmc_disk_draft *draft, const char *name)
{
	for (unsigned i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].name, name) == 0 && has(draft, (enum field)i))
			return (enum field)i;
	return FIELDS;
}

gboolean vmc_disk_draft_has(const struct vmc_disk_draft *draft, const char *name)
{
	return find(draft, name) != FIELDS;
}

const char *vmc_disk_draft_get(const struct vmc_disk_draft *draft, const char *name)
{
	enum field field = find(draft, name);

	return field == FIELDS ? NULL : draft->values[field];
}

/* A plain name is of a machine's own folder, where there is a machine. */
static char *take_path(const struct vmc_disk_draft *draft, const char *value, GError **error)
{
	if (draft->values[FIELD_MACHINE] && !strchr(value, '/'))
		return g_strdup(value);
	return draft_path(value, draft->is_remote, error);
}

gboolean vmc_disk_draft_set(struct vmc_disk_draft *draft, const char *name, const char *value, GError **error)
{
	enum field field = find(draft, name);
	char *taken = NULL;
	guint64 bytes;

	if (field == FIELDS)
		return draft_fail(error, "%s: disk %s has no such field", name, draft->verb->name);
	if (value && *value) {
		if (fields[field].kind == KIND_SIZE && !vmc_size_parse(value, &bytes))
			return draft_fail(
			    error,
			    "%s: this is no size; give bytes, or a number with K, M, G or T, such as 10G",
			    value);
		taken = fields[field].kind == KIND_PATH ? take_path(draft, value, error) : g_strdup(value);
		if (!taken)
			return FALSE;
	}
	g_free(draft->values[field]);
	draft->values[field] = taken;
	return TRUE;
}

gboolean vmc_size_parse(const char *text, guint64 *ret_bytes)
{
	return units_parse_bytes(text, 1, ret_bytes);
}

/* --- the rules --------------------------------------------------------------------------------------- */

static guint64 size_of(const struct vmc_disk_draft *draft, enum field field)
{
	guint64 bytes;

	return draft->values[field] && vmc_size_parse(draft->values[field], &bytes) ? bytes : 0;
}

static gboolean refuse(enum field field, const char **ret_field)
{
	if (ret_field)
		*ret_field = fields[field].name;
	return FALSE;
}

static gboolean check_shape(const struct vmc_disk_draft *draft, const char **ret_field, GError **error)
{
	gboolean is_create = strcmp(draft->verb->name, "create") == 0;
	const char *parent = is_create ? draft->values[FIELD_PARENT] : NULL,
		   *type = draft->values[FIELD_TYPE];
	struct disk_shape shape;

	if (!is_create && type && g_ascii_strcasecmp(type, "differencing") == 0) {
		draft_fail(
		    error,
		    "converting makes whole disks; create a differencing disk with this one as parent");
		return refuse(FIELD_TYPE, ret_field);
	}
	if (!disk_shape_init(&shape, draft->values[is_create ? FIELD_FILE : FIELD_TO],
			     draft->values[FIELD_FORMAT], type, parent != NULL, error))
		return refuse(type ? FIELD_TYPE : FIELD_FORMAT, ret_field);
	shape.block_size = size_of(draft, FIELD_BLOCK_SIZE);
	shape.sector_size = size_of(draft, FIELD_SECTOR_SIZE);
	if (!disk_shape_check(&shape, FALSE, error))
		return refuse(shape.block_size > 256 << 20 ? FIELD_BLOCK_SIZE
			      : shape.sector_size	   ? FIELD_SECTOR_SIZE
							   : FIELD_FORMAT,
			      ret_field);
	shape.size = is_create ? size_of(draft, FIELD_SIZE) : 0;
	return disk_shape_check(&shape, is_create && !parent, error) || refuse(FIELD_SIZE, ret_field);
}

gboolean vmc_disk_draft_check(const struct vmc_disk_draft *draft, const char **ret_field, GError **error)
{
	enum field operand = draft->verb->operand;

	if (!draft->values[FIELD_FILE]) {
		draft_fail(error, "the name of the image is missing; give one");
		return refuse(FIELD_FILE, ret_field);
	}
	if (operand != NO_FIELD && !draft->values[operand]) {
		draft_fail(error, operand == FIELD_SIZE ? "the new size is missing; give one, such as 20G"
				  : operand == FIELD_TO ? "the name of the new image is missing; give one"
							: "the name of the parent is missing; give one");
		return refuse(operand, ret_field);
	}
	if (operand != NO_FIELD && operand != FIELD_SIZE &&
	    strcmp(draft->values[operand], draft->values[FIELD_FILE]) == 0) {
		draft_fail(error, "%s: this is the same file; name another one", draft->values[operand]);
		return refuse(operand, ret_field);
	}
	return !(draft->verb->has & BIT(FIELD_FORMAT)) || check_shape(draft, ret_field, error);
}

/* --- the command line -------------------------------------------------------------------------------- */

static void add_word(GString *line, const char *text)
{
	gboolean is_plain =
	    *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "-_./:=+,@%") == strlen(text);
	char *quoted = is_plain ? g_strdup(text) : g_shell_quote(text);

	g_string_append_printf(line, " %s", quoted);
	g_free(quoted);
}

static const char *option_name(const struct vmc_disk_draft *draft, enum field field)
{
	if (field == FIELD_FILE_FORMAT)
		return draft->verb->read_option;
	return field == FIELD_MACHINE ? "vm" : fields[field].name;
}

/* The command line takes a machine's name or identity. */
static char *option_value(const struct vmc_disk_draft *draft, enum field field)
{
	const char *value = draft->values[field];

	if (field != FIELD_MACHINE || !g_str_has_prefix(value, API_VM_PREFIX))
		return g_strdup(value);
	return g_strdelimit(g_strdup(value + strlen(API_VM_PREFIX)), "_", '-');
}

char *vmc_disk_draft_command(const struct vmc_disk_draft *draft, const char *place)
{
	GString *line = g_string_new("bulkhead");

	if (place && *place) {
		g_string_append(line, " --host");
		add_word(line, place);
	}
	g_string_append_printf(line, " disk %s", draft->verb->name);
	add_word(line, draft->values[FIELD_FILE] ? draft->values[FIELD_FILE] : "FILE");
	if (draft->verb->operand != NO_FIELD)
		add_word(line,
			 draft->values[draft->verb->operand] ? draft->values[draft->verb->operand] : "...");
	for (unsigned i = FIELD_TO; i < FIELDS; i++) {
		char *value;

		if (i == draft->verb->operand || !draft->values[i])
			continue;
		g_string_append_printf(line, " --%s", option_name(draft, (enum field)i));
		if (fields[i].kind == KIND_FLAG)
			continue;
		value = option_value(draft, (enum field)i);
		add_word(line, value);
		g_free(value);
	}
	return g_string_free(line, FALSE);
}

/* --- the call ---------------------------------------------------------------------------------------- */

const char *vmc_disk_draft_method(const struct vmc_disk_draft *draft)
{
	return draft->verb->method;
}

static GVariant *setting(const struct vmc_disk_draft *draft, enum field field)
{
	if (fields[field].kind == KIND_FLAG)
		return g_variant_new_boolean(TRUE);
	if (fields[field].kind == KIND_SIZE)
		return g_variant_new_uint64(size_of(draft, field));
	return field == FIELD_MACHINE ? g_variant_new_object_path(draft->values[field])
				      : g_variant_new_string(draft->values[field]);
}

static GVariant *settings(const struct vmc_disk_draft *draft)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (unsigned i = FIELD_TO; i < FIELDS; i++)
		if (draft->values[i] && i != draft->verb->operand)
			g_variant_builder_add(&builder, "{sv}", fields[i].name,
					      setting(draft, (enum field)i));
	return g_variant_builder_end(&builder);
}

GVariant *vmc_disk_draft_parameters(const struct vmc_disk_draft *draft, gboolean is_plan)
{
	enum field operand = draft->verb->operand;
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_TUPLE);
	g_variant_builder_add(&builder, "s", draft->values[FIELD_FILE]);
	if (operand == FIELD_SIZE)
		g_variant_builder_add(&builder, "t", size_of(draft, operand));
	else if (operand != NO_FIELD)
		g_variant_builder_add(&builder, "s", draft->values[operand]);
	g_variant_builder_add_value(&builder, settings(draft));
	if (strcmp(draft->verb->name, "inspect") != 0)
		g_variant_builder_add_value(&builder, vmc_options(is_plan));
	return g_variant_builder_end(&builder);
}
