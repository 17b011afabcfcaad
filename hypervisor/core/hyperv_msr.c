/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic MSRs of the partition (TLFS, appendix C), and whose the others are. */
#include "core/apic.h"
#include "core/guest_page.h"
#include "core/hyperv_priv.h"

#include <time.h>

/* A page that could not even in principle be memory. */
static bool page_is_valid(uint64_t value)
{
	return !(value & PAGE_MSR_ENABLE) || !(value >> HV_GPA_BITS);
}

/* --- the hypercall page ------------------------------------------------------------------------------ */

static bool hypercall_place(struct hyperv *hyperv, uint64_t value)
{
	uint64_t old = atomic_load(&hyperv->hypercall);

	const struct hv_engine_ops *ops = hyperv->partition->ops;

	if (overlay_move(&hyperv->overlays, old, value, ops->hypercall_code, sizeof(ops->hypercall_code)) < 0)
		return false;
	atomic_store(&hyperv->hypercall, value);
	return true;
}

/* A locked one stays until the partition is reset; without an identity there is none (TLFS 3.13). */
static bool hypercall_write(struct hyperv *hyperv, uint64_t value)
{
	if (atomic_load(&hyperv->hypercall) & HYPERCALL_LOCKED)
		return true;
	if (!page_is_valid(value))
		return false;
	if (!atomic_load(&hyperv->guest_os_id))
		value &= ~PAGE_MSR_ENABLE;
	return hypercall_place(hyperv, value);
}

static bool guest_os_id_write(struct hyperv *hyperv, uint64_t value)
{
	atomic_store(&hyperv->guest_os_id, value);
	if (!value)
		hypercall_place(hyperv, atomic_load(&hyperv->hypercall) & ~PAGE_MSR_ENABLE);
	return true;
}

bool hyperv_has_calls(const struct hv_partition *partition)
{
	const struct hyperv *hyperv = partition->hyperv;

	return hyperv && atomic_load(&hyperv->guest_os_id) &&
	       (atomic_load(&hyperv->hypercall) & PAGE_MSR_ENABLE);
}

/* --- the reference TSC page -------------------------------------------------------------------------- */

/* A sequence of 0 says "use the MSR"; 0xffffffff was that in an old version of the specification. */
static uint32_t next_sequence(struct hyperv *hyperv)
{
	if (++hyperv->tsc_sequence >= UINT32_MAX)
		hyperv->tsc_sequence = 1;
	return hyperv->tsc_sequence;
}

static bool reference_tsc_write(struct hyperv *hyperv, uint64_t value)
{
	struct hyperv_tsc_page content = { .scale = hyperv->clock.scale };

	if (!page_is_valid(value))
		return false;
	content.sequence = hyperv->tsc_was_written ? 0 : next_sequence(hyperv);
	if (overlay_move(&hyperv->overlays, hyperv->reference_tsc, value, &content, sizeof(content)) < 0)
		return false;
	hyperv->reference_tsc = value;
	return true;
}

void hyperv_tsc_written(struct hv_vp *vp)
{
	struct hyperv *hyperv = vp->partition->hyperv;
	static const uint32_t invalid = 0;

	if (!hyperv)
		return;
	pthread_mutex_lock(&hyperv->lock);
	hyperv->tsc_was_written = true;
	if (hyperv->reference_tsc & PAGE_MSR_ENABLE)
		guest_write(hyperv->partition, PAGE_MSR_GPA(hyperv->reference_tsc), &invalid,
			    sizeof(invalid));
	pthread_mutex_unlock(&hyperv->lock);
}

/* --- words ------------------------------------------------------------------------------------------- */

/* 100 ns units that the VP's thread has had a processor. */
static uint64_t vp_runtime(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * REFERENCE_HZ + (uint64_t)used.tv_nsec / 100;
}

static bool tsc_invariant_write(struct hyperv *hyperv, uint64_t value)
{
	if (value & ~1ull)
		return false;
	hyperv->tsc_invariant = value;
	return true;
}

static bool assist_page_write(struct hyperv_vp *vp, uint64_t value)
{
	const struct hv_engine_ops *ops = vp->hyperv->partition->ops;
	static const uint64_t empty = 0;

	if (!page_is_valid(value) ||
	    overlay_move(&vp->hyperv->overlays, vp->assist_page, value, &empty, sizeof(empty)) < 0)
		return false;
	vp->assist_page = value;
	if (ops->set_assist_page)
		ops->set_assist_page(atomic_load(&vp->vp), value);
	return true;
}

/* The rest of the instruction is never executed: the worker ends the partition. */
static bool reset_write(struct hyperv_vp *vp, uint64_t value)
{
	struct hyperv *hyperv = vp->hyperv;

	if (!(value & 1))
		return true;
	hyperv->partition->ops->stop(atomic_load(&vp->vp));
	if (hyperv->guest_ops && hyperv->guest_ops->reset)
		hyperv->guest_ops->reset(hyperv->opaque);
	return true;
}

/* --- all of them ------------------------------------------------------------------------------------- */

static bool is_synic_msr(uint32_t index)
{
	return index >= HYPERV_SCONTROL && index <= HYPERV_STIMER3_COUNT;
}

static bool is_crash_msr(uint32_t index)
{
	return index >= HYPERV_CRASH_P0 && index <= HYPERV_CRASH_CTL;
}

static bool partition_read(struct hyperv *hyperv, uint32_t index, uint64_t *ret_value)
{
	const struct hv_partition *partition = hyperv->partition;

	switch (index) {
	case HYPERV_GUEST_OS_ID: *ret_value = atomic_load(&hyperv->guest_os_id); return true;
	case HYPERV_HYPERCALL: *ret_value = atomic_load(&hyperv->hypercall); return true;
	case HYPERV_RESET: *ret_value = 0; return true;
	case HYPERV_VP_RUNTIME: *ret_value = vp_runtime(); return true;
	case HYPERV_TIME_REF_COUNT: *ret_value = hv_reference_time(partition); return true;
	case HYPERV_REFERENCE_TSC: *ret_value = hyperv->reference_tsc; return true;
	case HYPERV_TSC_FREQUENCY: *ret_value = hyperv->clock.tsc_hz; return true;
	case HYPERV_APIC_FREQUENCY: *ret_value = partition->ops->apic_hz; return true;
	case HYPERV_TSC_INVARIANT_CONTROL: *ret_value = hyperv->tsc_invariant; return true;
	default: return false;
	}
}

static bool partition_write(struct hyperv *hyperv, uint32_t index, uint64_t value)
{
	switch (index) {
	case HYPERV_GUEST_OS_ID: return guest_os_id_write(hyperv, value);
	case HYPERV_HYPERCALL: return hypercall_write(hyperv, value);
	case HYPERV_REFERENCE_TSC: return reference_tsc_write(hyperv, value);
	case HYPERV_TSC_INVARIANT_CONTROL: return tsc_invariant_write(hyperv, value);
	default: return false;
	}
}

bool hyperv_msr_read(struct hv_vp *vp, uint32_t index, uint64_t *ret_value)
{
	struct hyperv_vp *state = vp->hyperv;
	bool is_known;

	atomic_fetch_add_explicit(&vp->msr_accesses, 1, memory_order_relaxed);
	if (is_synic_msr(index))
		return synic_msr_read(state, index, ret_value);
	if (is_crash_msr(index))
		return crash_msr_read(state->hyperv, index, ret_value);
	if (index == HYPERV_VP_INDEX || index == HYPERV_VP_ASSIST_PAGE) {
		*ret_value = index == HYPERV_VP_INDEX ? vp->index : state->assist_page;
		return true;
	}
	pthread_mutex_lock(&state->hyperv->lock);
	is_known = partition_read(state->hyperv, index, ret_value);
	pthread_mutex_unlock(&state->hyperv->lock);
	return is_known;
}

bool hyperv_msr_write(struct hv_vp *vp, uint32_t index, uint64_t value)
{
	struct hyperv_vp *state = vp->hyperv;
	bool is_accepted;

	atomic_fetch_add_explicit(&vp->msr_accesses, 1, memory_order_relaxed);
	if (is_synic_msr(index))
		return synic_msr_write(state, index, value);
	if (is_crash_msr(index))
		return crash_msr_write(state, index, value);
	if (index == HYPERV_VP_ASSIST_PAGE)
		return assist_page_write(state, value);
	if (index == HYPERV_RESET)
		return reset_write(state, value);
	pthread_mutex_lock(&state->hyperv->lock);
	is_accepted = partition_write(state->hyperv, index, value);
	pthread_mutex_unlock(&state->hyperv->lock);
	return is_accepted;
}
