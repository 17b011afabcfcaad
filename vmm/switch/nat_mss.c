/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switch/nat_mss.h"

#include "net/checksum.h"

enum {
	TCP_SYN = 2,
	OPTION_END = 0,
	OPTION_NONE = 1,
	OPTION_MSS = 2,
	OPTION_MSS_SIZE = 4,
};

/* The option's value; NULL: there is none, or the options are broken. */
static uint8_t *find_mss(uint8_t *tcp, size_t header_size)
{
	size_t at = 20;

	while (at < header_size && tcp[at] != OPTION_END) {
		if (tcp[at] == OPTION_NONE) {
			at++;
			continue;
		}
		if (at + 2 > header_size || tcp[at + 1] < 2 || tcp[at + 1] > header_size - at)
			return NULL;
		if (tcp[at] == OPTION_MSS)
			return tcp[at + 1] == OPTION_MSS_SIZE ? tcp + at + 2 : NULL;
		at += tcp[at + 1];
	}
	return NULL;
}

void nat_mss_raise(uint8_t *frame, size_t size, uint16_t mss)
{
	struct frame_layout layout;
	uint8_t *option;

	if (!frame_parse(frame, size, false, &layout) || layout.protocol != FRAME_TCP || !layout.transport ||
	    !(frame[layout.transport + 13] & TCP_SYN))
		return;
	option = find_mss(frame + layout.transport, layout.payload - layout.transport);
	if (!option || frame_get16(option) >= mss || !checksum_is_right(frame, &layout))
		return;
	frame_put16(option, mss);
	checksum_fill_transport(frame, &layout);
}
