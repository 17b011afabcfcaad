/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the synthetic keyboard (Linux: drivers/input/serio/hyperv-keyboard.c). No pipe header. */
#ifndef VSP_SYNTHKBD_PROTO_H
#define VSP_SYNTHKBD_PROTO_H

#include <stdint.h>

#define SYNTHKBD_TYPE_GUID "f912ad6d-2b17-48ea-bd65-f927a61c7684"
#define SYNTHKBD_VERSION   0x00010000u

enum synthkbd_message_type {
	SYNTHKBD_PROTOCOL_REQUEST = 1,
	SYNTHKBD_PROTOCOL_RESPONSE = 2,
	SYNTHKBD_EVENT = 3,
	SYNTHKBD_LED_INDICATORS = 4,
};

enum synthkbd_info {
	SYNTHKBD_IS_UNICODE = 1 << 0,
	SYNTHKBD_IS_BREAK = 1 << 1,
	SYNTHKBD_IS_E0 = 1 << 2,
	SYNTHKBD_IS_E1 = 1 << 3,
};

struct synthkbd_protocol_request {
	uint32_t type;
	uint32_t version;
};
_Static_assert(sizeof(struct synthkbd_protocol_request) == 8, "protocol request");

struct synthkbd_protocol_response {
	uint32_t type;
	uint32_t status; /* bit 0: accepted */
};
_Static_assert(sizeof(struct synthkbd_protocol_response) == 8, "protocol response");

struct synthkbd_event {
	uint32_t type;
	uint16_t make_code; /* of set 1, without the break bit */
	uint16_t reserved;
	uint32_t info;
};
_Static_assert(sizeof(struct synthkbd_event) == 12, "keystroke");

struct synthkbd_led_indicators {
	uint32_t type;
	uint32_t leds; /* bit 0 scroll, 1 num, 2 caps */
};
_Static_assert(sizeof(struct synthkbd_led_indicators) == 8, "LED indicators");

#endif
