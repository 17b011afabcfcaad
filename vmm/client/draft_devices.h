/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of single devices that a machine has already: as people write them, and as the lists that the API
 * wants.
 *
 *   ide:0:1,max-iops=200             a drive by its place; its fields are those of the API's "disks"
 *   ide:0:1,controller=scsi,location=2
 *   ide:1:0,path=/srv/a, b.iso       path takes all that follows
 *   0,switch=lab,vlan=7              an adapter by its number, from 0
 *   1,remove                         (a drive is taken off with draft_drives_detach())
 */
#ifndef CLIENT_DRAFT_DEVICES_H
#define CLIENT_DRAFT_DEVICES_H

#include <glib.h>

struct draft_devices;

/* `are_drives`: else network adapters. `is_remote`: files are of another computer. */
struct draft_devices *draft_devices_new(gboolean are_drives, gboolean is_remote);
struct draft_devices *draft_devices_free(struct draft_devices *devices);
gboolean draft_devices_is_empty(const struct draft_devices *devices);
/* FALSE: this cannot be; a sentence. */
gboolean draft_devices_add(struct draft_devices *devices, const char *value, GError **error);
/* `existing` (aa{sv}, NULL: none) with the changes; not floating. NULL: a sentence. */
GVariant *draft_devices_apply(const struct draft_devices *devices, GVariant *existing, GError **error);

#endif
