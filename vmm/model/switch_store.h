/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual switches on the disk: DATA/switches/ID.conf, one key file for each, there as a whole or not at
 * all. */
#ifndef MODEL_SWITCH_STORE_H
#define MODEL_SWITCH_STORE_H

#include "model/switch_config.h"

/* `data`: the inventory's folder. -errno. */
int switch_store_open(int data);
/*
 * Each of them once; what cannot be understood stays where it is and is told to on_broken() with a sentence.
 */
void switch_store_load(int folder, void (*on_config)(gpointer opaque, struct switch_config *config),
		       void (*on_broken)(gpointer opaque, const char *file, const char *reason),
		       gpointer opaque);
gboolean switch_store_save(int folder, const struct switch_config *config, GError **error);
gboolean switch_store_remove(int folder, const struct switch_config *config, GError **error);

#endif
