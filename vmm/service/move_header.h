/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told of a machine before its files go to another host (move_stream.h): its configuration, its checkpoints, and which files there
 * will be. A key file: [move] config, tree, bytes, starts; [checkpoint ID] config; [file N] name, kind. Disks have plain names in the
 * configurations, whatever they were called before.
 *
 * Trust      As parsed it is checked: whole configurations of one machine, names that are plain and that no two files have.
 */
#ifndef SERVICE_MOVE_HEADER_H
#define SERVICE_MOVE_HEADER_H

#include "model/checkpoint_tree.h"

enum move_file_kind {
	MOVE_IMAGE, /* whatever a configuration names */
	MOVE_SAVED, /* the saved state */
	MOVE_STATE, /* that of a checkpoint; its name is the checkpoint's identity */
	MOVE_FILE_KINDS,
};

struct move_item {
	char *name;
	unsigned kind;
};

struct move_header {
	struct vm_config *config;
	struct checkpoint_tree *tree; /* with the configurations */
	GPtrArray *items;	      /* struct move_item, owned */
	guint64 bytes;		      /* that all files have on the disk, about */
	gboolean starts;	      /* it is to go on there, and has not arrived before it runs */
	gboolean is_paused;	      /* and stands still then */
	char *layer;		      /* a checkpoint that was made for this, and goes; "": none */
};

struct move_header *move_header_new(void);
struct move_header *move_header_free(struct move_header *header);
void move_header_add(struct move_header *header, const char *name, unsigned kind);
char *move_header_format(const struct move_header *header, gsize *ret_size);
struct move_header *move_header_parse(const char *text, gsize size, GError **error);

#endif
