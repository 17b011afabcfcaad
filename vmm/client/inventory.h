/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machines and jobs of a host as list models that keep themselves up to date by the service's signals:
 * what the consoles show. Each item is a VmcObject with its properties as the API has them.
 *
 * Signals    An item that changed emits "changed"; the lists emit GListModel's "items-changed".
 * Threads    The main context's.
 */
#ifndef CLIENT_INVENTORY_H
#define CLIENT_INVENTORY_H

#include "client/connection.h"

#define VMC_TYPE_OBJECT (vmc_object_get_type())
G_DECLARE_FINAL_TYPE(VmcObject, vmc_object, VMC, OBJECT, GObject)

const char *vmc_object_path(VmcObject *object);
/* "" or 0 for a property that there is not, or of another type. The text lives until the next change. */
const char *vmc_object_text(VmcObject *object, const char *name);
guint64 vmc_object_number(VmcObject *object, const char *name);
double vmc_object_fraction(VmcObject *object, const char *name);
/* It came while we looked; FALSE: it was there before. */
gboolean vmc_object_is_news(VmcObject *object);
GVariant *vmc_object_properties(VmcObject *object); /* a{sv}, not owned */
/* The order of lists: by the name as people sort, then by the path. Quick: for sorting long lists. */
int vmc_object_compare(VmcObject *a, VmcObject *b);

struct vmc_inventory;

struct vmc_inventory *vmc_inventory_new(struct vmc_connection *connection, GError **error);
/* The same without waiting: the lists are empty until `on_ready`, which comes once, from the main context,
 * and never after vmc_inventory_free(). `error`: why they stay empty; NULL: they are filled. */
typedef void (*vmc_inventory_fn)(struct vmc_inventory *inventory, const GError *error, gpointer opaque);
struct vmc_inventory *vmc_inventory_open(struct vmc_connection *connection, vmc_inventory_fn on_ready,
					 gpointer opaque);
struct vmc_inventory *vmc_inventory_free(struct vmc_inventory *inventory);
GListModel *vmc_inventory_machines(struct vmc_inventory *inventory); /* by name */
GListModel *vmc_inventory_jobs(struct vmc_inventory *inventory);     /* by number */
VmcObject *vmc_inventory_host(struct vmc_inventory *inventory);	     /* NULL: the caller may not see it */
VmcObject *vmc_inventory_find(struct vmc_inventory *inventory, const char *path); /* not owned; NULL */

#endif
