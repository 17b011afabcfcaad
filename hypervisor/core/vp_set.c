/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/vp_set.h"

#include <string.h>

_Static_assert(HV_MAX_VPS <= 64, "VPs beyond bank 0 would be forgotten");

enum { FORMAT_SPARSE = 0, FORMAT_ALL = 1 };

bool vp_set_parse(const struct hypercall *call, const struct vp_set_header *header, const uint8_t *banks,
		  uint64_t *ret_vps)
{
	uint64_t vps = 0;

	if (header->format == FORMAT_ALL) {
		*ret_vps = vp_set_all(call->vp->hyperv);
		return true;
	}
	if (header->format != FORMAT_SPARSE ||
	    call->header_bytes != (uint32_t)__builtin_popcountll(header->valid_banks) * 8)
		return false;
	if (header->valid_banks & 1)
		memcpy(&vps, banks, sizeof(vps));
	*ret_vps = vps & vp_set_all(call->vp->hyperv);
	return true;
}
