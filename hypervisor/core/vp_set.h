/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of VPs in hypercalls (TLFS 7.8.7.3). A partition has at most 64, so one word names them all. */
#ifndef HV_CORE_VP_SET_H
#define HV_CORE_VP_SET_H

#include "core/hypercall.h"

struct vp_set_header {
	uint64_t format;
	uint64_t valid_banks; /* bit n: a word for VPs 64n to 64n+63 follows */
};

static inline uint64_t vp_set_all(const struct hyperv *hyperv)
{
	return hyperv->vp_count == 64 ? UINT64_MAX : (1ull << hyperv->vp_count) - 1;
}

/* The words are the call's variable header. False: the header does not fit to the banks, or an unknown format. */
bool vp_set_parse(const struct hypercall *call, const struct vp_set_header *header, const uint8_t *banks,
		  uint64_t *ret_vps);

#endif
