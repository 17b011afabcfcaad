/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic interrupt controller of a VP (TLFS, chapter 11): its MSRs, interrupts, event flags. */
#include "core/guest_page.h"
#include "core/hyperv_priv.h"

#include <errno.h>

enum { SYNIC_VERSION = 1, VECTOR_MIN = 16 };

/* --- interrupts -------------------------------------------------------------------------------------- */

void synic_post_vector(struct hyperv_vp *vp, uint8_t vector)
{
	struct hv_vp *target = atomic_load(&vp->vp);

	if (target && vector >= VECTOR_MIN)
		target->partition->ops->post_vector(target, vector);
}

void synic_raise(struct hyperv_vp *vp, unsigned sint)
{
	uint64_t value = vp->sints[sint].value;

	if (!(value & (SINT_MASKED | SINT_POLLING)))
		synic_post_vector(vp, (uint8_t)(value & SINT_VECTOR));
}

static void auto_eoi_update(struct hyperv_vp *vp)
{
	const struct hv_engine_ops *ops = vp->hyperv->partition->ops;
	struct hv_vp *target = atomic_load(&vp->vp);
	uint64_t vectors[4] = { 0 };

	if (!target || !ops->set_auto_eoi)
		return;
	for (unsigned i = 0; i < HV_SINTS; i++) {
		uint64_t value = vp->sints[i].value, vector = value & SINT_VECTOR;

		if ((value & (SINT_AUTO_EOI | SINT_MASKED)) == SINT_AUTO_EOI)
			vectors[vector / 64] |= 1ull << vector % 64;
	}
	ops->set_auto_eoi(target, vectors);
}

/* --- MSRs -------------------------------------------------------------------------------------------- */

static bool page_write(struct hyperv_vp *vp, uint64_t *msr, uint64_t value)
{
	static const uint64_t empty = 0;

	if ((value & PAGE_MSR_ENABLE) && value >> HV_GPA_BITS)
		return false;
	if (overlay_move(&vp->hyperv->overlays, *msr, value, &empty, sizeof(empty)) < 0)
		return false;
	*msr = value;
	return true;
}

static bool sint_write(struct hyperv_vp *vp, unsigned sint, uint64_t value)
{
	if (!(value & (SINT_MASKED | SINT_POLLING)) && (value & SINT_VECTOR) < VECTOR_MIN)
		return false;
	vp->sints[sint].value = value;
	auto_eoi_update(vp);
	return true;
}

static bool write_locked(struct hyperv_vp *vp, uint32_t index, uint64_t value)
{
	if (index >= HYPERV_SINT0 && index <= HYPERV_SINT15)
		return sint_write(vp, index - HYPERV_SINT0, value);
	if (index >= HYPERV_STIMER0_CONFIG)
		return stimer_msr_write(vp, index, value);
	switch (index) {
	case HYPERV_SCONTROL: vp->scontrol = value; return true;
	case HYPERV_SIEFP: return page_write(vp, &vp->siefp, value);
	case HYPERV_SIMP: return page_write(vp, &vp->simp, value);
	case HYPERV_EOM: return true;
	default: return false;
	}
}

bool synic_msr_write(struct hyperv_vp *vp, uint32_t index, uint64_t value)
{
	bool is_accepted;
	uint32_t room = 0;

	pthread_mutex_lock(&vp->lock);
	is_accepted = write_locked(vp, index, value);
	if (is_accepted && index < HYPERV_STIMER0_CONFIG) { /* a slot or a page may have become free */
		synic_deliver_all(vp);
		room = synic_take_room(vp);
	}
	pthread_mutex_unlock(&vp->lock);
	synic_tell_room(vp, room);
	return is_accepted;
}

static bool read_locked(struct hyperv_vp *vp, uint32_t index, uint64_t *ret_value)
{
	if (index >= HYPERV_SINT0 && index <= HYPERV_SINT15) {
		*ret_value = vp->sints[index - HYPERV_SINT0].value;
		return true;
	}
	if (index >= HYPERV_STIMER0_CONFIG)
		return stimer_msr_read(vp, index, ret_value);
	switch (index) {
	case HYPERV_SCONTROL: *ret_value = vp->scontrol; return true;
	case HYPERV_SVERSION: *ret_value = SYNIC_VERSION; return true;
	case HYPERV_SIEFP: *ret_value = vp->siefp; return true;
	case HYPERV_SIMP: *ret_value = vp->simp; return true;
	case HYPERV_EOM: *ret_value = 0; return true;
	default: return false;
	}
}

bool synic_msr_read(struct hyperv_vp *vp, uint32_t index, uint64_t *ret_value)
{
	bool is_known;

	pthread_mutex_lock(&vp->lock);
	is_known = read_locked(vp, index, ret_value);
	pthread_mutex_unlock(&vp->lock);
	return is_known;
}

/* --- creation and reset ------------------------------------------------------------------------------ */

static void sints_init(struct hyperv_vp *vp)
{
	for (unsigned i = 0; i < HV_SINTS; i++) {
		struct synic_sint *sint = &vp->sints[i];

		synic_drop_queue(sint);
		sint->value = SINT_MASKED;
	}
}

void synic_init(struct hyperv_vp *vp)
{
	sints_init(vp);
	for (unsigned i = 0; i < STIMER_COUNT; i++)
		vp->timers[i].expiration = STIMER_NEVER;
}

void synic_deinit(struct hyperv_vp *vp)
{
	for (unsigned i = 0; i < HV_SINTS; i++)
		synic_drop_queue(&vp->sints[i]);
}

void synic_restart(struct hyperv_vp *vp)
{
	struct hv_vp *target = atomic_load(&vp->vp);

	if (target && target->partition->ops->set_assist_page)
		target->partition->ops->set_assist_page(target, vp->assist_page);
	auto_eoi_update(vp);
	stimer_restart(vp);
	synic_deliver_all(vp);
}

void synic_reset(struct hyperv_vp *vp)
{
	uint32_t room;

	pthread_mutex_lock(&vp->lock);
	vp->scontrol = 0;
	page_write(vp, &vp->siefp, 0);
	page_write(vp, &vp->simp, 0);
	page_write(vp, &vp->assist_page, 0);
	sints_init(vp);
	auto_eoi_update(vp);
	stimer_reset(vp);
	room = synic_take_room(vp);
	pthread_mutex_unlock(&vp->lock);
	synic_tell_room(vp, room);
}

/* --- events ------------------------------------------------------------------------------------------ */

/* True: the flag was clear. Negative: no page. */
static int flag_set(struct hyperv_vp *vp, unsigned sint, unsigned flag)
{
	struct guest_page page;
	unsigned word = (sint * HV_EVENT_FLAGS + flag) / 64;
	uint64_t bit = 1ull << flag % 64, old;
	_Atomic uint64_t *flags;

	if (!(vp->scontrol & SCONTROL_ENABLE) || !(vp->siefp & PAGE_MSR_ENABLE))
		return -ENXIO;
	flags = guest_page_begin(&page, vp->hyperv->partition, PAGE_MSR_GPA(vp->siefp), true);
	if (!flags)
		return -ENXIO;
	old = atomic_fetch_or(&flags[word], bit);
	guest_page_end(&page, word * sizeof(bit), old & bit ? 0 : sizeof(bit));
	return !(old & bit);
}

int hv_signal_event(struct hv_partition *partition, unsigned vp, unsigned sint, unsigned flag)
{
	struct hyperv *hyperv = partition->hyperv;
	struct hyperv_vp *state;
	int r;

	if (!hyperv)
		return -EOPNOTSUPP;
	if (vp >= hyperv->vp_count || sint >= HV_SINTS || flag >= HV_EVENT_FLAGS)
		return -EINVAL;
	state = &hyperv->vps[vp];
	pthread_mutex_lock(&state->lock);
	r = flag_set(state, sint, flag);
	if (r > 0)
		synic_raise(state, sint);
	pthread_mutex_unlock(&state->lock);
	return r < 0 ? r : 0;
}
