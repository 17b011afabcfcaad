/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/checkpoints.h"

#include "client/wording.h"

#include <string.h>

enum { DEPTH_MAX = 64 };

struct _VmcCheckpoint {
	GObject object;
	char *id, *name, *parent, *kind, *created;
	gint64 time;
	guint64 bytes;
	gboolean is_automatic, is_now;
	guint depth;
	guint64 followed; /* bit n: has_next at level n */
};

G_DEFINE_TYPE(VmcCheckpoint, vmc_checkpoint, G_TYPE_OBJECT)

static void vmc_checkpoint_finalize(GObject *object)
{
	VmcCheckpoint *checkpoint = VMC_CHECKPOINT(object);

	g_free(checkpoint->id);
	g_free(checkpoint->name);
	g_free(checkpoint->parent);
	g_free(checkpoint->kind);
	g_free(checkpoint->created);
	G_OBJECT_CLASS(vmc_checkpoint_parent_class)->finalize(object);
}

static void vmc_checkpoint_class_init(VmcCheckpointClass *class)
{
	G_OBJECT_CLASS(class)->finalize = vmc_checkpoint_finalize;
}

static void vmc_checkpoint_init(VmcCheckpoint *checkpoint)
{
}

static char *local_time(gint64 seconds)
{
	GDateTime *time = g_date_time_new_from_unix_local(seconds);
	char *text = time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : g_strdup("");

	g_clear_pointer(&time, g_date_time_unref);
	return text;
}

static char *kind_label(const char *kind)
{
	if (strcmp(kind, "production") == 0)
		return g_strdup("Production");
	return g_strdup(strcmp(kind, "standard") == 0 ? "Standard" : "Disks");
}

static VmcCheckpoint *checkpoint_new(GVariant *dict)
{
	VmcCheckpoint *checkpoint = g_object_new(VMC_TYPE_CHECKPOINT, NULL);
	const char *id = "", *name = "", *parent = "", *kind = "";
	guint depth = 0;

	g_variant_lookup(dict, "id", "&s", &id);
	g_variant_lookup(dict, "name", "&s", &name);
	g_variant_lookup(dict, "parent", "&s", &parent);
	g_variant_lookup(dict, "kind", "&s", &kind);
	g_variant_lookup(dict, "depth", "u", &depth);
	g_variant_lookup(dict, "created", "x", &checkpoint->time);
	g_variant_lookup(dict, "bytes", "t", &checkpoint->bytes);
	g_variant_lookup(dict, "automatic", "b", &checkpoint->is_automatic);
	checkpoint->id = g_strdup(id);
	checkpoint->name = vmc_plain_text(name);
	checkpoint->parent = g_strdup(parent);
	checkpoint->kind = kind_label(kind);
	checkpoint->created = local_time(checkpoint->time);
	checkpoint->depth = MIN(depth, DEPTH_MAX - 1);
	return checkpoint;
}

static VmcCheckpoint *now_new(const char *parent, guint depth)
{
	VmcCheckpoint *now = g_object_new(VMC_TYPE_CHECKPOINT, NULL);

	now->id = g_strdup("");
	now->name = g_strdup("Now");
	now->parent = g_strdup(parent);
	now->kind = g_strdup("");
	now->created = g_strdup("");
	now->is_now = TRUE;
	now->depth = depth;
	return now;
}

gboolean vmc_checkpoint_is_now(VmcCheckpoint *checkpoint)
{
	return checkpoint->is_now;
}

const char *vmc_checkpoint_id(VmcCheckpoint *checkpoint)
{
	return checkpoint->id;
}

const char *vmc_checkpoint_name(VmcCheckpoint *checkpoint)
{
	return checkpoint->name;
}

const char *vmc_checkpoint_parent(VmcCheckpoint *checkpoint)
{
	return checkpoint->parent;
}

const char *vmc_checkpoint_kind(VmcCheckpoint *checkpoint)
{
	return checkpoint->kind;
}

const char *vmc_checkpoint_created(VmcCheckpoint *checkpoint)
{
	return checkpoint->created;
}

gint64 vmc_checkpoint_time(VmcCheckpoint *checkpoint)
{
	return checkpoint->time;
}

guint64 vmc_checkpoint_bytes(VmcCheckpoint *checkpoint)
{
	return checkpoint->bytes;
}

gboolean vmc_checkpoint_is_automatic(VmcCheckpoint *checkpoint)
{
	return checkpoint->is_automatic;
}

guint vmc_checkpoint_depth(VmcCheckpoint *checkpoint)
{
	return checkpoint->depth;
}

gboolean vmc_checkpoint_has_next(VmcCheckpoint *checkpoint, guint level)
{
	return level < DEPTH_MAX && (checkpoint->followed >> level & 1);
}

char *vmc_checkpoint_lines(VmcCheckpoint *checkpoint, gboolean is_ascii)
{
	GString *lines = g_string_new(NULL);

	for (guint level = 1; level < checkpoint->depth; level++) {
		if (!vmc_checkpoint_has_next(checkpoint, level))
			g_string_append(lines, "   ");
		else
			g_string_append(lines, is_ascii ? "|  " : "│  ");
	}
	if (checkpoint->depth && vmc_checkpoint_has_next(checkpoint, checkpoint->depth))
		g_string_append(lines, is_ascii ? "|- " : "├─ ");
	else if (checkpoint->depth)
		g_string_append(lines, is_ascii ? "`- " : "└─ ");
	return g_string_free(lines, FALSE);
}

char *vmc_checkpoint_spoken(VmcCheckpoint *checkpoint)
{
	if (checkpoint->is_now)
		return g_strdup_printf("Now, level %u", checkpoint->depth + 1);
	return g_strdup_printf("%s, made %s, level %u", checkpoint->name, checkpoint->created,
			       checkpoint->depth + 1);
}

/* --- the rows ------------------------------------------------------------------------------------------ */

struct vmc_checkpoints {
	GDBusConnection *bus;
	GListStore *store;
	GCancellable *cancel;
	char *path, *problem;
	VmcCheckpoint *present;
	guint changed;
	gboolean is_asking, is_stale; /* a call is under way; and its answer is old already */
};

/* Behind all that is below the checkpoint that it goes on from. */
static void add_now(GPtrArray *rows, const char *present)
{
	guint place = rows->len, depth = 0;

	for (guint i = 0; i < rows->len; i++) {
		VmcCheckpoint *row = rows->pdata[i];

		if (strcmp(row->id, present) != 0)
			continue;
		depth = MIN(row->depth + 1, DEPTH_MAX - 1);
		place = i + 1;
		while (place < rows->len && ((VmcCheckpoint *)rows->pdata[place])->depth > row->depth)
			place++;
	}
	g_ptr_array_insert(rows, (gint)place, now_new(present, depth));
}

/* From the end: a level is followed when a row of just that depth came before any that is less deep. */
static void draw_lines(GPtrArray *rows)
{
	guint64 open = 0;

	for (guint i = rows->len; i > 0; i--) {
		VmcCheckpoint *row = rows->pdata[i - 1];
		guint64 mine = G_GUINT64_CONSTANT(1) << row->depth;

		row->followed = open & (mine | (mine - 1));
		open = (open & (mine - 1)) | mine;
	}
}

static void take(struct vmc_checkpoints *checkpoints, GVariant *list, const char *present)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(g_object_unref);

	g_clear_object(&checkpoints->present);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		GVariant *dict = g_variant_get_child_value(list, i);
		VmcCheckpoint *row = checkpoint_new(dict);

		if (strcmp(row->id, present) == 0)
			g_set_object(&checkpoints->present, row);
		g_ptr_array_add(rows, row);
		g_variant_unref(dict);
	}
	if (rows->len)
		add_now(rows, present);
	draw_lines(rows);
	g_list_store_splice(checkpoints->store, 0, g_list_model_get_n_items(G_LIST_MODEL(checkpoints->store)),
			    rows->pdata, rows->len);
	g_ptr_array_unref(rows);
}

static void ask(struct vmc_checkpoints *checkpoints);

static void set_problem(struct vmc_checkpoints *checkpoints, GError *local)
{
	GError *error = NULL;

	g_free(checkpoints->problem);
	if (local)
		vmc_propagate(&error, local);
	checkpoints->problem = g_strdup(error ? error->message : "");
	g_clear_error(&error);
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GError *local = NULL;
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &local), *list;
	struct vmc_checkpoints *checkpoints = opaque;
	const char *present;

	if (g_error_matches(local, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		g_error_free(local); /* the list is gone */
		return;
	}
	checkpoints->is_asking = FALSE;
	set_problem(checkpoints, local);
	if (answer) {
		g_variant_get(answer, "(@aa{sv}&s)", &list, &present);
		take(checkpoints, list, present);
		g_variant_unref(list);
		g_variant_unref(answer);
	}
	if (checkpoints->is_stale)
		ask(checkpoints);
}

static void ask(struct vmc_checkpoints *checkpoints)
{
	checkpoints->is_stale = checkpoints->is_asking;
	if (checkpoints->is_asking)
		return;
	checkpoints->is_asking = TRUE;
	g_dbus_connection_call(checkpoints->bus, NULL, checkpoints->path, API_CHECKPOINTS_INTERFACE, "List",
			       NULL, G_VARIANT_TYPE("(aa{sv}s)"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT,
			       checkpoints->cancel, on_answer, checkpoints);
}

static void on_changed(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		       const char *signal, GVariant *parameters, gpointer checkpoints)
{
	ask(checkpoints);
}

struct vmc_checkpoints *vmc_checkpoints_new(struct vmc_connection *connection, const char *path)
{
	struct vmc_checkpoints *checkpoints = g_new0(struct vmc_checkpoints, 1);

	checkpoints->bus = g_object_ref(vmc_bus(connection));
	checkpoints->store = g_list_store_new(VMC_TYPE_CHECKPOINT);
	checkpoints->cancel = g_cancellable_new();
	checkpoints->path = g_strdup(path);
	checkpoints->problem = g_strdup("");
	checkpoints->changed = g_dbus_connection_signal_subscribe(
	    checkpoints->bus, NULL, API_CHECKPOINTS_INTERFACE, "Changed", path, NULL,
	    G_DBUS_SIGNAL_FLAGS_NONE, on_changed, checkpoints, NULL);
	ask(checkpoints);
	return checkpoints;
}

struct vmc_checkpoints *vmc_checkpoints_free(struct vmc_checkpoints *checkpoints)
{
	if (!checkpoints)
		return NULL;
	g_cancellable_cancel(checkpoints->cancel);
	g_dbus_connection_signal_unsubscribe(checkpoints->bus, checkpoints->changed);
	g_object_unref(checkpoints->bus);
	g_object_unref(checkpoints->cancel);
	g_object_unref(checkpoints->store);
	g_clear_object(&checkpoints->present);
	g_free(checkpoints->path);
	g_free(checkpoints->problem);
	g_free(checkpoints);
	return NULL;
}

GListModel *vmc_checkpoints_model(struct vmc_checkpoints *checkpoints)
{
	return G_LIST_MODEL(checkpoints->store);
}

const char *vmc_checkpoints_problem(struct vmc_checkpoints *checkpoints)
{
	return checkpoints->problem;
}

VmcCheckpoint *vmc_checkpoints_present(struct vmc_checkpoints *checkpoints)
{
	return checkpoints->present;
}
