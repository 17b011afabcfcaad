/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls (TLFS, chapter 3): the control word, the input, the table of calls. The input is copied once and
 * whole before the call begins, so no call sees guest memory.
 */
#include "core/hypercall.h"

#include "core/guest_page.h"

#include <string.h>

/* --- the control word (TLFS 3.8) --------------------------------------------------------------------- */

struct control {
	uint16_t code;
	bool is_fast;
	uint32_t header_bytes;
	uint32_t reps, rep;
};

#define CONTROL_FAST	 (1ull << 16)
#define CONTROL_RESERVED 0xf000f000f8000000ull /* "nested" (bit 31) is for hypervisors under us */

static struct control control_parse(uint64_t word)
{
	return (struct control){
		.code = (uint16_t)word,
		.is_fast = word & CONTROL_FAST,
		.header_bytes = (uint32_t)(word >> 17 & 0x3ff) * 8,
		.reps = word >> 32 & 0xfff,
		.rep = word >> 48 & 0xfff,
	};
}

static bool control_is_valid(const struct hypercall_info *info, const struct control *control)
{
	if (control->is_fast && !info->may_be_fast)
		return false;
	if (control->header_bytes && !info->has_header)
		return false;
	if (!info->element_bytes)
		return control->reps == 0 && control->rep == 0;
	return control->rep < control->reps;
}

/* --- parameters -------------------------------------------------------------------------------------- */

/* Aligned, within one page, within the address space. */
static bool list_is_placed(uint64_t gpa, uint32_t size)
{
	return !(gpa & 7) && (gpa & (GUEST_PAGE_BYTES - 1)) + size <= GUEST_PAGE_BYTES &&
	       !(gpa >> HV_GPA_BITS);
}

static unsigned input_copy(const struct hypercall_info *info, const struct control *control,
			   const struct hyperv_call *from, struct hypercall *call, uint8_t *buffer)
{
	uint32_t fixed = info->input_bytes + control->header_bytes;
	uint32_t size = fixed + control->reps * info->element_bytes;

	if (control->is_fast) {
		if (size > HYPERCALL_FAST_BYTES)
			return STATUS_INVALID_INPUT;
		memcpy(buffer, &from->input, 8);
		memcpy(buffer + 8, &from->output, 8);
	} else {
		if (!list_is_placed(from->input, size))
			return STATUS_INVALID_ALIGNMENT;
		if (!guest_read(call->vp->hyperv->partition, from->input, buffer, size))
			return HV_STATUS_INVALID_PARAMETER;
	}
	call->input = buffer;
	call->elements = buffer + fixed;
	return HV_STATUS_SUCCESS;
}

static unsigned call_run(const struct hypercall_info *info, const struct control *control,
			 const struct hyperv_call *from, struct hypercall *call)
{
	uint8_t buffer[HYPERCALL_INPUT_MAX] __attribute__((aligned(8)));
	unsigned status;

	if (info->output_bytes && (control->is_fast || !list_is_placed(from->output, info->output_bytes)))
		return STATUS_INVALID_ALIGNMENT;
	status = input_copy(info, control, from, call, buffer);
	if (status == HV_STATUS_SUCCESS)
		status = info->run(call);
	if (status == HV_STATUS_SUCCESS && info->output_bytes &&
	    !guest_write(call->vp->hyperv->partition, from->output, call->output, info->output_bytes))
		status = HV_STATUS_INVALID_PARAMETER;
	return status;
}

uint64_t hyperv_hypercall(struct hv_vp *vp, const struct hyperv_call *from)
{
	struct control control = control_parse(from->control);
	const struct hypercall_info *info = hypercall_find(control.code);
	struct hypercall call = { .vp = vp->hyperv,
				  .header_bytes = control.header_bytes,
				  .reps = control.reps,
				  .rep = control.rep };
	unsigned status;

	atomic_fetch_add_explicit(&vp->hypercalls, 1, memory_order_relaxed);
	if (!info)
		return hypercall_is_privileged(control.code) ? HV_STATUS_ACCESS_DENIED : STATUS_INVALID_CODE;
	if ((from->control & CONTROL_RESERVED) || !control_is_valid(info, &control))
		return STATUS_INVALID_INPUT;
	status = call_run(info, &control, from, &call);
	return status | (uint64_t)(info->element_bytes ? call.rep : 0) << 32;
}
