/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of TLFS, appendix A: what each one takes, and those that exist but ask for a privilege that no
 * guest of ours has.
 */
#include "core/hypercall.h"

static const struct hypercall_info calls[] = {
	{ .code = CALL_FLUSH_SPACE, .run = hypercall_flush_space, .input_bytes = 24 },
	{ .code = CALL_FLUSH_LIST, .run = hypercall_flush_list, .input_bytes = 24, .element_bytes = 8 },
	{ .code = CALL_LONG_SPIN_WAIT,
	  .run = hypercall_long_spin_wait,
	  .input_bytes = 8,
	  .may_be_fast = true },
	{ .code = CALL_CLUSTER_IPI, .run = hypercall_cluster_ipi, .input_bytes = 16, .may_be_fast = true },
	{ .code = CALL_FLUSH_SPACE_EX,
	  .run = hypercall_flush_space_ex,
	  .input_bytes = 32,
	  .has_header = true },
	{ .code = CALL_FLUSH_LIST_EX,
	  .run = hypercall_flush_list_ex,
	  .input_bytes = 32,
	  .element_bytes = 8,
	  .has_header = true },
	{ .code = CALL_CLUSTER_IPI_EX,
	  .run = hypercall_cluster_ipi_ex,
	  .input_bytes = 24,
	  .has_header = true },
	{ .code = CALL_POST_MESSAGE, .run = hypercall_post_message, .input_bytes = 256 },
	{ .code = CALL_SIGNAL_EVENT, .run = hypercall_signal_event, .input_bytes = 8, .may_be_fast = true },
	{ .code = CALL_EXT_QUERY_CAPABILITIES, .run = hypercall_query_capabilities, .output_bytes = 8 },
	{ .code = CALL_EXT_MEMORY_HEAT_HINT,
	  .run = hypercall_memory_heat_hint,
	  .input_bytes = 8,
	  .element_bytes = 8 },
};

/* From, to: VTL and VP state, partitions, memory, intercepts, ports, devices, logical processors. */
static const struct {
	uint16_t first, last;
} privileged[] = {
	{ 0x000c, 0x0012 }, { 0x0040, 0x0053 }, { 0x0056, 0x005b }, { 0x005e, 0x0074 }, { 0x0076, 0x0091 },
	{ 0x0094, 0x0099 }, { 0x00a1, 0x00a1 }, { 0x00ad, 0x00b4 }, { 0x00c9, 0x00ca },
};

const struct hypercall_info *hypercall_find(uint16_t code)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].code == code)
			return &calls[i];
	return NULL;
}

bool hypercall_is_privileged(uint16_t code)
{
	for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]); i++)
		if (code >= privileged[i].first && code <= privileged[i].last)
			return true;
	return false;
}
