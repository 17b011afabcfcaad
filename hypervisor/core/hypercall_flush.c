/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HvCallFlushVirtualAddressSpace, HvCallFlushVirtualAddressList and their Ex forms (TLFS 9.4). More is
 * flushed than was asked for: all address spaces, global pages too.
 */
#include "core/vp_set.h"

#include <string.h>

enum { FLUSH_ALL_PROCESSORS = 1, FLUSH_FLAGS = 0xf };

struct flush {
	uint64_t address_space;
	uint64_t flags;
	uint64_t vps;
};

struct flush_ex {
	uint64_t address_space;
	uint64_t flags;
	struct vp_set_header set;
};

/* `count` elements of the rep list from the first that is not done; 0: everything. */
static unsigned flush_run(struct hypercall *call, uint64_t flags, uint64_t vps, bool has_list)
{
	const struct hv_partition *partition = call->vp->hyperv->partition;
	uint64_t pages[HYPERCALL_INPUT_MAX / 8];
	uint32_t count = has_list ? call->reps - call->rep : 0;

	if (flags & ~(uint64_t)FLUSH_FLAGS)
		return HV_STATUS_INVALID_PARAMETER;
	if (!partition->ops->flush_tlbs)
		return HV_STATUS_ACCESS_DENIED;
	if (flags & FLUSH_ALL_PROCESSORS)
		vps = vp_set_all(call->vp->hyperv);
	memcpy(pages, call->elements + call->rep * 8ull, count * 8ull);
	partition->ops->flush_tlbs(atomic_load(&call->vp->vp), vps, pages, count);
	call->rep = call->reps;
	return HV_STATUS_SUCCESS;
}

static unsigned flush(struct hypercall *call, bool has_list)
{
	struct flush input;

	memcpy(&input, call->input, sizeof(input));
	return flush_run(call, input.flags, input.vps & vp_set_all(call->vp->hyperv), has_list);
}

static unsigned flush_ex(struct hypercall *call, bool has_list)
{
	struct flush_ex input;
	uint64_t vps = 0;

	memcpy(&input, call->input, sizeof(input));
	if (!(input.flags & FLUSH_ALL_PROCESSORS) &&
	    !vp_set_parse(call, &input.set, call->input + sizeof(input), &vps))
		return STATUS_INVALID_INPUT;
	return flush_run(call, input.flags, vps, has_list);
}

unsigned hypercall_flush_space(struct hypercall *call)
{
	return flush(call, false);
}

unsigned hypercall_flush_list(struct hypercall *call)
{
	return flush(call, true);
}

unsigned hypercall_flush_space_ex(struct hypercall *call)
{
	return flush_ex(call, false);
}

unsigned hypercall_flush_list_ex(struct hypercall *call)
{
	return flush_ex(call, true);
}
