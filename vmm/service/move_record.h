/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine's move to another folder has begun: moves/ID.conf beside the inventory, from before the first new file until the last
 * old one is gone. Whenever the service dies, one of the two sets of files is complete and the record tells which: the old one until it
 * says that the move is committed, the new one afterwards, whatever the machine's own files still name.
 */
#ifndef SERVICE_MOVE_RECORD_H
#define SERVICE_MOVE_RECORD_H

#include "service/vm.h"

#include "model/checkpoint_tree.h"
#include "model/vm_store.h"

#include <sys/stat.h>

enum { MOVE_RECORD_MAX = 4 << 20 /* bytes of its text */ };

/* One file; names as configurations have them. */
struct move_file {
	char *from; /* "": it is made for the move */
	char *to;   /* "": it only goes away */
	/* Only while it is moved (move_files.c). */
	struct stat st;	   /* of the old one, when it was looked at */
	char *parent;	   /* of a differencing disk: the name of what is moved too, or a path; NULL: none */
	gboolean is_moved; /* the parent is */
	gboolean is_late;  /* the running machine writes to it */
	gboolean is_begun; /* move_record_begin() */
	gboolean is_there; /* the new one is complete */
};

struct move_record {
	char *user;	  /* whose rights the files are opened with */
	char *folder;	  /* where to; "": the machine's own folder */
	char *old_folder; /* that the machine had by its location; "" */
	gboolean has_folder, is_committed;
	gboolean restarts;    /* it ran, and goes on when it is saved */
	gboolean is_arriving; /* from another host: there is no old set, and no machine until it is there */
	GPtrArray *files;     /* struct move_file, owned */
};

struct move_record *move_record_new(const char *user, const char *folder, const char *old_folder);
struct move_record *move_record_free(struct move_record *record);
struct move_file *move_record_add(struct move_record *record, const char *from, const char *to);
/* The one with this old name; NULL. */
struct move_file *move_record_find(const struct move_record *record, const char *from);
/*
 * Each file is begun once, and its parent before it is done: what images say of their parents may change between two looks at them, and
 * a circle would have no end.
 */
gboolean move_record_begin(struct move_file *file, GError **error);

/* Durably; -errno. */
int move_record_save(struct vm_store *store, const char *id, const struct move_record *record);
int move_record_forget(struct vm_store *store, const char *id);
/* NULL: there is none, or none that can be read. */
struct move_record *move_record_load(struct vm_store *store, const char *id);

/* Identities with a record (char *). */
GPtrArray *move_record_list(struct vm_store *store);

/* The new names instead of the old ones. */
void move_record_apply(const struct move_record *record, struct vm_config *config);
void move_record_apply_tree(const struct move_record *record, struct checkpoint_tree *tree);
/* In the list and the configurations of checkpoints, which are written. */
gboolean move_record_apply_checkpoints(const struct move_record *record, struct vm *vm, GError **error);

#endif
