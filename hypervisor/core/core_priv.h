/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files behind the calls of hv.h share. */
#ifndef HV_CORE_PRIV_H
#define HV_CORE_PRIV_H

#include "engine/engine.h"

/* hv_engine_choose() with the table. */
int engine_choose_ops(enum hv_engine_kind wanted, const struct hv_engine_ops **ret_ops,
		      const char **ret_reason);

/* memory.c: the slots of a partition without VPs. */
int memory_init(struct hv_partition *partition);
void memory_deinit(struct hv_partition *partition);
/* [gpa, end) was written, as far as it lies in `slot`; memory_lock or partition.lock is held. */
void memory_slot_written(struct hv_partition *partition, const struct hv_slot *slot, uint64_t gpa,
			 uint64_t end);

#endif
