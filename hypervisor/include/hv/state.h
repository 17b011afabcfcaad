/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving a partition and going on elsewhere: in another process, on another engine, on another host.
 *
 * Purpose    All that the hypervisor knows of a partition and its VPs, but its memory and its statistics: registers, vector state, MSRs,
 *            local APICs, pending events, the clock, and of an enlightened partition the synthetic MSRs, overlay pages,
 *            timers and queued messages. Nothing in it depends on the engine that saved it.
 * Order      hv_save(): every VP's last hv_vp_run() returned HV_EXIT_CANCELED (an intercept that was not completed would be lost) and
 *            no thread is in hv_vp_run(). hv_restore(): into a new partition of as many VPs, all made, none of which has
 *            run, with the guest's memory mapped and in place. Devices put their lines (hv_set_extint()), connections and callbacks back
 *            themselves.
 * Time       The guest's clock goes on from where it stood at hv_save().
 * Trust      The bytes may come from a file: they are checked, and what a processor cannot have is refused. The guest gets what the bytes
 *            say, as if it had been that all along.
 * Limits     HV_STATE_BYTES_MAX.
 */
#ifndef HV_STATE_H
#define HV_STATE_H

#include "hv/hv.h"

enum {
	HV_STATE_VERSION = 1,
	HV_STATE_REASON_MAX = 256,
	HV_STATE_BYTES_MAX = 16 << 20,
};

/* `bytes` is allocated with malloc(). -ENOMEM, -EBUSY when a VP is in the middle of an intercept, or the engine's error. */
int hv_save(struct hv_partition *partition, void **ret_bytes, size_t *ret_size);

/*
 * -EINVAL for bytes that are no state or not of such a partition, -EOPNOTSUPP for a processor feature, a clock or a format that is missing
 * here; `reason` then is a part of a sentence that names it ("this processor lacks avx2"). After an error the partition is good for
 * nothing but hv_partition_free().
 */
int hv_restore(struct hv_partition *partition, const void *bytes, size_t size,
	       char reason[HV_STATE_REASON_MAX]);

#endif
