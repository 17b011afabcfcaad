/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The crash MSRs (TLFS 3.7): a kernel that gives up writes what it knows into P0..P4 and then CRASH_CTL. With
 * CRASH_CTL_MESSAGE P3 and P4 are address and size of a text.
 */
#include "core/guest_page.h"
#include "core/hyperv_priv.h"

#include <string.h>

bool crash_msr_read(struct hyperv *hyperv, uint32_t index, uint64_t *ret_value)
{
	if (index == HYPERV_CRASH_CTL) {
		*ret_value = CRASH_CTL_NOTIFY | CRASH_CTL_MESSAGE; /* what we can do */
		return true;
	}
	pthread_mutex_lock(&hyperv->lock);
	*ret_value = hyperv->crash[index - HYPERV_CRASH_P0];
	pthread_mutex_unlock(&hyperv->lock);
	return true;
}

/* As much of the text as there is memory for. */
static void text_read(struct hyperv *hyperv, struct hv_crash *crash)
{
	uint64_t gpa = crash->parameters[3], size = crash->parameters[4];

	if (size > HV_CRASH_TEXT_MAX)
		size = HV_CRASH_TEXT_MAX;
	while (crash->text_size < size) {
		uint64_t at = gpa + crash->text_size, room = GUEST_PAGE_BYTES - at % GUEST_PAGE_BYTES;
		uint32_t count = (uint32_t)(size - crash->text_size < room ? size - crash->text_size : room);

		if (!guest_read(hyperv->partition, at, crash->text + crash->text_size, count))
			break;
		crash->text_size += count;
	}
	crash->text[crash->text_size] = 0;
}

static void report(struct hyperv_vp *vp, uint64_t control)
{
	struct hyperv *hyperv = vp->hyperv;
	struct hv_crash crash = { 0 };

	if (!hyperv->guest_ops || !hyperv->guest_ops->crash)
		return;
	pthread_mutex_lock(&hyperv->lock);
	memcpy(crash.parameters, hyperv->crash, sizeof(crash.parameters));
	pthread_mutex_unlock(&hyperv->lock);
	if (control & CRASH_CTL_MESSAGE)
		text_read(hyperv, &crash);
	hyperv->guest_ops->crash(hyperv->opaque, vp->index, &crash);
}

bool crash_msr_write(struct hyperv_vp *vp, uint32_t index, uint64_t value)
{
	if (index == HYPERV_CRASH_CTL) {
		if (value & CRASH_CTL_NOTIFY)
			report(vp, value);
		return true;
	}
	pthread_mutex_lock(&vp->hyperv->lock);
	vp->hyperv->crash[index - HYPERV_CRASH_P0] = value;
	pthread_mutex_unlock(&vp->hyperv->lock);
	return true;
}
