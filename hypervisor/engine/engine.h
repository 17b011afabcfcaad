/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The private table between core/ and the engines. Core checks arguments, keeps slots and local state that both engines
 * share, and calls through this table; an engine never sees a caller's raw arguments.
 */
#ifndef HV_ENGINE_H
#define HV_ENGINE_H

#include "hv/hv.h"

#include <pthread.h>
#include <stdatomic.h>

struct hv_slot {
	uint64_t gpa;
	uint64_t size;
	uint8_t *host;
	unsigned flags;		 /* enum hv_map_flags */
	_Atomic uint64_t *dirty; /* one bit a page with HV_MAP_TRACK, else NULL; owned by core */
};

/* Replaced as a whole (copy, publish, engine->slots_changed() while VPs are held); never edited in place. */
struct hv_slots {
	unsigned count;
	struct hv_slot slot[HV_MAX_SLOTS]; /* sorted by gpa */
};

struct cpuid_policy;
struct hv_engine_ops;
struct vp_state;
struct hyperv;
struct hyperv_vp;

struct hv_partition {
	const struct hv_engine_ops *ops;
	void *engine; /* the engine's own state */
	unsigned vp_count;
	size_t code_cache_bytes;
	bool interpret_only;
	bool is_enlightened;
	bool is_compatible;
	pthread_mutex_t lock; /* slots, vps */
	struct hv_slots *_Atomic slots;
	struct hv_vp *_Atomic vps[HV_MAX_VPS];
	/*
	 * Held for reading while core touches guest memory through a slot, for writing while `slots` is replaced. A leaf: whoever holds it waits
	 * for no other lock but the engine's own.
	 */
	pthread_rwlock_t memory_lock;
	struct hyperv *hyperv; /* core/hyperv.h; NULL: the partition is not enlightened */
};

struct hv_vp {
	struct hv_partition *partition;
	unsigned index;
	void *engine;		  /* the engine's own state */
	struct hyperv_vp *hyperv; /* core/hyperv.h; NULL as above; lives as long as the partition */
	_Atomic uint64_t hypercalls, msr_accesses; /* hv_vp_stats() */
};

struct hv_engine_ops {
	enum hv_engine_kind kind;
	/* 0, or -ENODEV with a sentence */
	int (*probe)(const char **ret_reason);
	int (*partition_init)(struct hv_partition *partition);
	void (*partition_deinit)(struct hv_partition *partition);
	/*
	 * Installs `slots` while no VP executes guest code, then returns the old set for core to free. `lock` is held.
	 */
	int (*set_slots)(struct hv_partition *partition, struct hv_slots *slots);
	void (*memory_written)(struct hv_partition *partition, uint64_t gpa, uint64_t size);
	/* Adds what the engine knows of the slot's dirty pages to slot->dirty, before core takes them. NULL: it marks them at once. */
	int (*collect_dirty)(struct hv_partition *partition, const struct hv_slot *slot);
	/*
	 * Makes guest writes to the range mark it dirty again. Called after core took the bits and cleared them (the reverse would lose a page
	 * that is marked in between); `lock` is held.
	 */
	int (*sync_dirty)(struct hv_partition *partition, const struct hv_slot *slot);
	int (*vp_init)(struct hv_vp *vp);
	void (*vp_deinit)(struct hv_vp *vp);
	int (*vp_run)(struct hv_vp *vp, struct hv_exit *exit);
	void (*vp_cancel)(struct hv_vp *vp);
	int (*interrupt)(struct hv_partition *partition, uint64_t address, uint32_t data);
	void (*set_extint)(struct hv_vp *vp, bool level);
	void (*inject_extint)(struct hv_vp *vp, uint8_t vector);
	void (*inject_nmi)(struct hv_vp *vp);
	int (*get_reg)(struct hv_vp *vp, enum hv_reg name, union hv_value *ret_value);
	int (*set_reg)(struct hv_vp *vp, enum hv_reg name, const union hv_value *value);
	int (*get_msr)(struct hv_vp *vp, uint32_t index, uint64_t *ret_value);
	int (*set_msr)(struct hv_vp *vp, uint32_t index, uint64_t value);
	/* What is not in the two above (core/vp_state.h). -EBUSY: an intercept is not completed; -EINVAL: no processor can be so. */
	int (*get_state)(struct hv_vp *vp, struct vp_state *ret_state);
	int (*set_state)(struct hv_vp *vp, const struct vp_state *state); /* after registers and MSRs */
	const struct cpuid_policy *(*cpuid)(const struct hv_partition *partition);
	void (*stats)(const struct hv_vp *vp, struct hv_stats *ret_stats);

	uint64_t apic_hz; /* of the APIC timer at divide 1 */
	/* The partition's clock: the guest's TSC as it is on a VP whose guest never wrote it. Any thread. */
	uint64_t (*read_tsc)(const struct hv_partition *partition);
	uint64_t (*tsc_hz)(const struct hv_partition *partition);
	/* hv_set_clock(): the TSCs of all VPs jump by as much as the clock does. */
	int (*set_clock)(struct hv_partition *partition, uint64_t tsc);
	/*
	 * The clock and all TSCs go on at another frequency, before the VPs have run; set_clock() follows. -EOPNOTSUPP: this host cannot. NULL: the
	 * engine cannot.
	 */
	int (*set_clock_hz)(struct hv_partition *partition, uint64_t hz);

	/* --- for the Hyper-V interface (core/hyperv.h), which calls them only in an enlightened partition --- */

	/* What the hypercall page begins with: a trap of three bytes and a return; a saved VP may stand on either. */
	uint8_t hypercall_code[8];
	/* Calls hyperv_timer_expired() at or soon after that value of read_tsc(); UINT64_MAX = never. The VP's thread, in an upcall. */
	void (*set_timer)(struct hv_vp *vp, uint64_t tsc);
	/* An edge interrupt for that VP. Any thread. */
	void (*post_vector)(struct hv_vp *vp, uint8_t vector);
	/* `vectors`: 256 bits; those need no EOI from now on. The VP's thread, in an upcall. NULL: the engine cannot do that. */
	void (*set_auto_eoi)(struct hv_vp *vp, const uint64_t vectors[4]);
	/*
	 * Those VPs (bits) drop what they know of these pages, as TLFS 9.4.4 writes them: [63:12] page, [11:0] further ones; count 0: of all. Returns when
	 * none of them can use it any more. The thread of `vp`, in an upcall. NULL: the guest has to do it by interrupts.
	 */
	void (*flush_tlbs)(struct hv_vp *vp, uint64_t vps, const uint64_t *pages, unsigned count);
	/*
	 * What the guest wrote to HYPERV_VP_ASSIST_PAGE, or 0: the engine may tell there which interrupts need no EOI. The VP's thread, in an upcall.
	 * NULL: each needs one.
	 */
	void (*set_assist_page)(struct hv_vp *vp, uint64_t value);
	/* The VP executes nothing more; hv_vp_run() waits for hv_vp_cancel(). The VP's thread, in an upcall. */
	void (*stop)(struct hv_vp *vp);
};

extern const struct hv_engine_ops hv_translator_ops;
extern const struct hv_engine_ops hv_kvm_ops;
bool hv_kvm_is_real(void);	  /* the processor has virtualization (VMX, SVM) */
const char *hv_kvm_why_not(void); /* when it has not: why the translator is taken */

#endif
