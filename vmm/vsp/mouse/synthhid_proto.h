/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the synthetic HID device (Linux: drivers/hid/hid-hyperv.c), each behind a pipe header. */
#ifndef VSP_SYNTHHID_PROTO_H
#define VSP_SYNTHHID_PROTO_H

#include <stdint.h>

#define SYNTHHID_TYPE_GUID "cfa8b69e-5b4a-4cc0-b98b-8ba1a1f3f95a"
#define SYNTHHID_VERSION   0x00020000u

enum synthhid_message_type {
	SYNTHHID_PROTOCOL_REQUEST = 0,
	SYNTHHID_PROTOCOL_RESPONSE = 1,
	SYNTHHID_INITIAL_DEVICE_INFO = 2,
	SYNTHHID_INITIAL_DEVICE_INFO_ACK = 3,
	SYNTHHID_INPUT_REPORT = 4,
};

struct synthhid_header {
	uint32_t type;
	uint32_t size; /* of what follows */
};
_Static_assert(sizeof(struct synthhid_header) == 8, "HID message header");

struct synthhid_protocol_request {
	struct synthhid_header header;
	uint32_t version;
};
_Static_assert(sizeof(struct synthhid_protocol_request) == 12, "protocol request");

/* With its pipe header not above 16 bytes, or Linux drops it. */
struct __attribute__((packed)) synthhid_protocol_response {
	struct synthhid_header header;
	uint32_t version;
	uint8_t is_approved;
};
_Static_assert(sizeof(struct synthhid_protocol_response) == 13, "protocol response");

struct synthhid_attributes {
	uint32_t size;
	uint16_t vendor, product, version;
	uint16_t reserved[11];
};
_Static_assert(sizeof(struct synthhid_attributes) == 32, "HID device attributes");

/* HID 1.11, 6.2.1. */
struct __attribute__((packed)) synthhid_descriptor {
	uint8_t length, type;
	uint16_t hid_version;
	uint8_t country, descriptor_count;
	uint8_t report_type;
	uint16_t report_length;
};
_Static_assert(sizeof(struct synthhid_descriptor) == 9, "HID descriptor");

/* HID header, attributes, descriptor; the report descriptor follows. */
struct __attribute__((packed)) synthhid_device_info {
	struct synthhid_header header;
	struct synthhid_attributes attributes;
	struct synthhid_descriptor descriptor;
};
_Static_assert(sizeof(struct synthhid_device_info) == 49, "initial device info");

/* As the report descriptor says. */
struct __attribute__((packed)) synthhid_report {
	uint8_t buttons; /* left, right, middle, side, extra */
	uint16_t x, y;	 /* 0..32767: from the left and the top edge to the other */
	int16_t wheel;	 /* away from the user is positive */
};
_Static_assert(sizeof(struct synthhid_report) == 7, "input report");

struct __attribute__((packed)) synthhid_input_report {
	struct synthhid_header header; /* its size is exactly the report's */
	struct synthhid_report report;
};
_Static_assert(sizeof(struct synthhid_input_report) == 15, "input report message");

#endif
