/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The saved state of the VGA adapter: its registers and colours. Its memory is the caller's. */
#include "vga_priv.h"
#include "state/state.h"

static void registers_state(struct vga *vga, struct state *state)
{
	state_u8(state, &vga->misc);
	state_u8(state, &vga->feature);
	state_u8_max(state, &vga->seq_index, SEQ_COUNT - 1);
	state_bytes(state, vga->seq, sizeof(vga->seq));
	state_u8_max(state, &vga->gfx_index, GFX_COUNT - 1);
	state_bytes(state, vga->gfx, sizeof(vga->gfx));
	state_u8(state, &vga->crtc_index);
	state_bytes(state, vga->crtc, sizeof(vga->crtc));
	state_u8(state, &vga->attr_index);
	state_bytes(state, vga->attr, sizeof(vga->attr));
	state_bool(state, &vga->attr_takes_data);
	state_u32(state, &vga->latch);
}

static void colors_state(struct vga *vga, struct state *state)
{
	state_u8(state, &vga->dac_mask);
	state_u8(state, &vga->dac_state);
	state_u8(state, &vga->dac_read_index);
	state_u8(state, &vga->dac_write_index);
	state_u8_max(state, &vga->dac_sub, 2);
	state_bytes(state, vga->dac_latch, sizeof(vga->dac_latch));
	state_bytes(state, vga->dac, sizeof(vga->dac));
}

void vga_state(struct vga *vga, struct state *state)
{
	if (!state_begin(state, "vga", 1))
		return;
	registers_state(vga, state);
	colors_state(vga, state);
	state_u16(state, &vga->vbe_index);
	for (unsigned i = 0; i < VBE_COUNT; i++)
		state_u16(state, &vga->vbe[i]);
	state_end(state);
	if (!state_is_reading(state))
		return;
	vga_vbe_check(vga);
	vga_update_window(vga);
	vga->is_stale = vga->is_font_stale = true;
}
