/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running machine with much on its disks stands still only for what is new while it moves: a checkpoint is made before, so that what the
 * disks had until then does not change any more and is copied while the machine runs. Afterwards the checkpoint goes, and the disks are
 * merged as those of any other one.
 *
 * Threads   A job's.
 */
#ifndef SERVICE_MOVE_LAYER_H
#define SERVICE_MOVE_LAYER_H

#include "service/checkpoint_work.h"
#include "service/move_record.h"

/*
 * Whether that is worth it: what is late is on another file system than `folder` (NULL: goes to another host), and more than standing still
 * once more.
 */
gboolean move_layer_is_wanted(struct checkpoint_work *work, const struct move_record *record,
			      const char *folder, guint64 memory_mib);
/* The identity of the checkpoint; NULL: a sentence. */
char *move_layer_make(struct checkpoint_work *work, struct job *job, GError **error);
void move_layer_drop(struct checkpoint_work *work, const char *checkpoint);

#endif
