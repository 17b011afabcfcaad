/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the hypercalls share. An engine calls hyperv_hypercall() (hyperv.h). */
#ifndef HV_CORE_HYPERCALL_H
#define HV_CORE_HYPERCALL_H

#include "core/hyperv_priv.h"

enum { HYPERCALL_INPUT_MAX = 4096, HYPERCALL_OUTPUT_MAX = 16, HYPERCALL_FAST_BYTES = 16 };

/* TLFS, appendix B; those that callbacks may give are enum hv_status. */
enum hypercall_status {
	STATUS_INVALID_CODE = 0x02,
	STATUS_INVALID_INPUT = 0x03,
	STATUS_INVALID_ALIGNMENT = 0x04,
	STATUS_INVALID_VP_INDEX = 0x0e,
};

/* TLFS, appendix A. */
enum hypercall_code {
	CALL_FLUSH_SPACE = 0x0002,
	CALL_FLUSH_LIST = 0x0003,
	CALL_LONG_SPIN_WAIT = 0x0008,
	CALL_CLUSTER_IPI = 0x000b,
	CALL_FLUSH_SPACE_EX = 0x0013,
	CALL_FLUSH_LIST_EX = 0x0014,
	CALL_CLUSTER_IPI_EX = 0x0015,
	CALL_POST_MESSAGE = 0x005c,
	CALL_SIGNAL_EVENT = 0x005d,
	CALL_EXT_QUERY_CAPABILITIES = 0x8001,
	CALL_EXT_MEMORY_HEAT_HINT = 0x8003,
};

struct hypercall { /* a call whose control word is checked and whose input is copied */
	struct hyperv_vp *vp;
	const uint8_t *input;	 /* fixed part, variable header, elements */
	uint32_t header_bytes;	 /* of the variable header */
	uint32_t reps, rep;	 /* count, the first to do; on return the first that is not done */
	const uint8_t *elements; /* of the rep list, element 0 */
	uint8_t output[HYPERCALL_OUTPUT_MAX];
};

typedef unsigned hypercall_fn(struct hypercall *call); /* gives the status */

struct hypercall_info {
	uint16_t code;
	hypercall_fn *run;
	uint16_t input_bytes;  /* fixed part */
	uint8_t element_bytes; /* 0: no rep call */
	uint8_t output_bytes;
	bool has_header; /* a variable header may follow the fixed part */
	bool may_be_fast;
};

/* hypercall_table.c; NULL: there is no such call, or (is_privileged) none for this guest. */
const struct hypercall_info *hypercall_find(uint16_t code);
bool hypercall_is_privileged(uint16_t code);

/* hypercall_message.c */
hypercall_fn hypercall_post_message, hypercall_signal_event;
/* hypercall_flush.c */
hypercall_fn hypercall_flush_space, hypercall_flush_list, hypercall_flush_space_ex, hypercall_flush_list_ex;
/* hypercall_ipi.c */
hypercall_fn hypercall_cluster_ipi, hypercall_cluster_ipi_ex, hypercall_long_spin_wait;
/* hypercall_ext.c */
hypercall_fn hypercall_query_capabilities, hypercall_memory_heat_hint;

#endif
