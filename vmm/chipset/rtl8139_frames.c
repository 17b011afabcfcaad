/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of the RTL8139: transmit descriptors, the receive ring, and who a frame is for. */
#include <string.h>

#include "pci.h"
#include "rtl8139_priv.h"

enum {
	FRAME_LEAST = 60, /* on the wire, without FCS */
	HEADER = 14,
	FCS = 4,

	/* 4.2: the header of a frame in the ring */
	PACKET_HEADER = 4,
	PACKET_OK = 1 << 0,
	PACKET_BROADCAST = 1 << 13,
	PACKET_OWN = 1 << 14,
	PACKET_MULTICAST = 1 << 15,
};

/* --- sending ----------------------------------------------------------------------------------------- */

void rtl_write_tsd(struct rtl8139 *nic, unsigned index, uint32_t value)
{
	nic->tsd[index] = value & (RTL_TSD_KEPT | RTL_TSD_OWN);
	if (!(value & RTL_TSD_OWN))
		nic->config.ops->on_work(nic->config.opaque);
}

/* 5.17: TOK, TUN, TABT and OWN of all four. */
uint16_t rtl_all_tsd(const struct rtl8139 *nic)
{
	unsigned all = 0;

	for (unsigned i = 0; i < RTL_DESCRIPTORS; i++) {
		all |= nic->tsd[i] & RTL_TSD_OWN ? 1u << i : 0;
		all |= nic->tsd[i] & RTL_TSD_ABORTED ? 0x10u << i : 0;
		all |= nic->tsd[i] & RTL_TSD_OK ? 0x1000u << i : 0;
	}
	return (uint16_t)all;
}

static bool is_due(const struct rtl8139 *nic)
{
	return nic->command & RTL_COMMAND_SEND && !(nic->tsd[nic->next] & RTL_TSD_OWN) &&
	       pci_is_master(nic->function);
}

static void finish(struct rtl8139 *nic, uint32_t result, unsigned interrupts)
{
	nic->tsd[nic->next] = (nic->tsd[nic->next] & RTL_TSD_KEPT) | RTL_TSD_OWN | result;
	nic->next = (nic->next + 1) % RTL_DESCRIPTORS;
	rtl_interrupt(nic, interrupts);
}

/* 0: the descriptor is nonsense. What is shorter than a frame may be is filled up. */
static size_t fetch(struct rtl8139 *nic, uint8_t *frame)
{
	const struct dma *dma = nic->config.dma;
	size_t size = nic->tsd[nic->next] & RTL_TSD_SIZE;

	if (size < HEADER || size > RTL8139_SEND_MAX)
		return 0;
	if (dma->read(dma->opaque, nic->tsad[nic->next], frame, size) < 0) {
		rtl_interrupt(nic, RTL_INT_SYSTEM);
		return 0;
	}
	if (size >= FRAME_LEAST)
		return size;
	memset(frame + size, 0, FRAME_LEAST - size);
	return FRAME_LEAST;
}

/* At most the four that there are: what a guest adds meanwhile is for the next call. */
size_t rtl8139_next(struct rtl8139 *nic, uint8_t frame[RTL8139_SEND_MAX])
{
	for (unsigned i = 0; i < RTL_DESCRIPTORS && is_due(nic); i++) {
		size_t size = fetch(nic, frame);

		if (size == 0) {
			finish(nic, RTL_TSD_ABORTED, RTL_INT_SEND_ERROR);
			continue;
		}
		if ((nic->tcr & RTL_TCR_LOOPBACK) != RTL_TCR_LOOPBACK)
			return size;
		rtl8139_sent(nic);
		rtl8139_receive(nic, frame, size);
	}
	return 0;
}

void rtl8139_sent(struct rtl8139 *nic)
{
	if (is_due(nic))
		finish(nic, RTL_TSD_OK, RTL_INT_SENT);
}

/* --- receiving --------------------------------------------------------------------------------------- */

/* IEEE 802.3, 3.2.9. */
static uint32_t frame_check(const uint8_t *data, size_t size)
{
	static const uint32_t nibbles[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc = crc >> 4 ^ nibbles[(crc ^ data[i]) & 15];
		crc = crc >> 4 ^ nibbles[(crc ^ data[i] >> 4) & 15];
	}
	return ~crc;
}

/* 5.1: the six highest bits of the address's CRC, as it goes over the wire, choose a bit of MAR. */
static bool is_in_hash(const struct rtl8139 *nic, const uint8_t *address)
{
	uint32_t crc = ~frame_check(address, 6);
	unsigned bit = 0;

	for (unsigned i = 0; i < 6; i++)
		bit |= (crc >> i & 1) << (5 - i);
	return nic->mar[bit / 8] >> bit % 8 & 1;
}

/* Which bit of the header says why the frame was taken; 0 with false: it was not. */
static bool is_wanted(const struct rtl8139 *nic, const uint8_t *to, unsigned *ret_why)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	*ret_why = 0;
	if (memcmp(to, broadcast, 6) == 0) {
		*ret_why = PACKET_BROADCAST;
		return nic->rcr & (RTL_RCR_BROADCAST | RTL_RCR_ALL);
	}
	if (to[0] & 1) {
		*ret_why = PACKET_MULTICAST;
		return nic->rcr & RTL_RCR_ALL || (nic->rcr & RTL_RCR_MULTICAST && is_in_hash(nic, to));
	}
	if (memcmp(to, nic->idr, 6) == 0)
		*ret_why = PACKET_OWN;
	return nic->rcr & RTL_RCR_ALL || (*ret_why && nic->rcr & RTL_RCR_OWN);
}

void rtl_restart_ring(struct rtl8139 *nic)
{
	nic->read_at = nic->write_at = 0;
}

static uint32_t ring_room(const struct rtl8139 *nic)
{
	uint32_t size = rtl_ring_size(nic);

	return nic->read_at == nic->write_at ? size : (nic->read_at - nic->write_at) & (size - 1);
}

/* What a frame takes: header, FCS, and up to the next double word. */
static uint32_t ring_need(size_t frame)
{
	return ((uint32_t)frame + PACKET_HEADER + FCS + 3) & ~3u;
}

bool rtl8139_is_receiving(const struct rtl8139 *nic)
{
	return nic->command & RTL_COMMAND_RECEIVE && pci_is_master(nic->function);
}

bool rtl8139_has_room(const struct rtl8139 *nic)
{
	return !rtl8139_is_receiving(nic) || ring_need(RTL8139_RECEIVE_MAX) < ring_room(nic);
}

/* 5.8, WRAP: over the end into what follows the ring, or on at its start. The largest ring always wraps. */
static int write_ring(struct rtl8139 *nic, const uint8_t *data, uint32_t size)
{
	const struct dma *dma = nic->config.dma;
	uint32_t ring = rtl_ring_size(nic), first = ring - nic->write_at;
	int r;

	if (first > size || (nic->rcr & RTL_RCR_NO_WRAP && ring < RTL_RING_LEAST << 3))
		first = size;
	r = dma->write(dma->opaque, nic->rbstart + nic->write_at, data, first);
	if (r == 0 && first < size)
		r = dma->write(dma->opaque, nic->rbstart, data + first, size - first);
	return r;
}

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> i * 8);
}

enum rtl8139_result rtl8139_receive(struct rtl8139 *nic, const void *frame, size_t size)
{
	uint8_t packet[PACKET_HEADER + RTL8139_SEND_MAX + FCS + 3] = { 0 }, *data = packet + PACKET_HEADER;
	size_t length = size < FRAME_LEAST ? FRAME_LEAST : size;
	unsigned why;

	if (size < HEADER || size > RTL8139_SEND_MAX || !rtl8139_is_receiving(nic) ||
	    !is_wanted(nic, frame, &why))
		return RTL8139_NOT_WANTED;
	if (ring_need(length) >= ring_room(nic)) {
		nic->missed = (nic->missed + 1) & 0xffffff;
		rtl_interrupt(nic, RTL_INT_OVERFLOW);
		return RTL8139_NO_ROOM;
	}
	put32(packet, PACKET_OK | why | ((uint32_t)length + FCS) << 16);
	memcpy(data, frame, size);
	put32(data + length, frame_check(data, length));
	if (write_ring(nic, packet, ring_need(length)) < 0) {
		rtl_interrupt(nic, RTL_INT_SYSTEM);
		return RTL8139_NOT_WANTED;
	}
	nic->write_at = (nic->write_at + ring_need(length)) & (rtl_ring_size(nic) - 1);
	rtl_interrupt(nic, RTL_INT_RECEIVED);
	return RTL8139_TAKEN;
}
