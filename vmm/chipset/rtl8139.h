/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network adapter on the PCI bus: Realtek's RTL8139C (data sheet of the RTL8139C(L), 1.4), which the
 * network boot programs of firmware and the drivers of most systems know. What Hyper-V calls a legacy network
 * adapter.
 *
 * Has        Ports and memory; 4 transmit descriptors, receive ring of 8 to 64 KiB, filter by address,
 *            hash and broadcast; MAC address in a 93C46; PHY that is always at 100 Mbit/s; timer;
 *            loopback. No C+ mode, wake-up, Flash.
 * Frames     Come and go with whoever made the chip: on_work() says that there is something to fetch or
 *            that there is room again, and rtl8139_next()/rtl8139_receive() are called soon after.
 *            Ethernet header and payload, no FCS.
 * Reset      With its PCI bus.
 * Threads    Under the bus lock (io_bus.h). on_work() comes under it, on any thread: note it, wake
 *            somebody, return.
 * Limits     RTL8139_SEND_MAX bytes a frame from the guest, RTL8139_RECEIVE_MAX to it.
 * Trust      Registers, ring and descriptors are the guest's: a frame is copied once; DMA to what is no
 *            memory ends with a system error (ISR bit 15). Nothing is done without bound: one frame a
 *            call.
 */
#ifndef CHIPSET_RTL8139_H
#define CHIPSET_RTL8139_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dma.h"

enum {
	RTL8139_VENDOR = 0x10ec,
	RTL8139_DEVICE = 0x8139,
	RTL8139_SEND_MAX = 1792, /* 5.2: the most that a descriptor may ask for */
	RTL8139_RECEIVE_MAX = 1518,
};

struct pci_bus;
struct rtl8139;
struct state;
struct vm_clock;

struct rtl8139_ops {
	void (*on_work)(void *opaque);
};

struct rtl8139_config {
	struct pci_bus *pci;
	unsigned devfn;
	struct vm_clock *clock;
	const struct dma *dma;
	uint8_t mac[6];
	const struct rtl8139_ops *ops;
	void *opaque;
};

int rtl8139_new(const struct rtl8139_config *config, struct rtl8139 **ret_nic);
struct rtl8139 *rtl8139_free(struct rtl8139 *nic); /* before its PCI bus, without the bus lock */

/* The size of the frame that the guest sends next, copied to `frame`; 0: none. The same again until
 * rtl8139_sent(). */
size_t rtl8139_next(struct rtl8139 *nic, uint8_t frame[RTL8139_SEND_MAX]);
void rtl8139_sent(struct rtl8139 *nic);

/* Whether the next frame can be received now: there is room, or nobody wants it. */
bool rtl8139_has_room(const struct rtl8139 *nic);
bool rtl8139_is_receiving(const struct rtl8139 *nic);
enum rtl8139_result { RTL8139_TAKEN, RTL8139_NOT_WANTED, RTL8139_NO_ROOM };
enum rtl8139_result rtl8139_receive(struct rtl8139 *nic, const void *frame, size_t size);
/* The cable; the guest is told. */
void rtl8139_set_link(struct rtl8139 *nic, bool is_up);

/* `name`: of its section. */
void rtl8139_state(struct rtl8139 *nic, struct state *state, const char *name);

#endif
