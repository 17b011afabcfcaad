/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the RTL8139: rtl8139.c has registers and life, rtl8139_frames.c descriptors and ring,
 * rtl8139_eeprom.c the 93C46 with the MAC address. Sections of the data sheet where a fact comes from.
 */
#ifndef CHIPSET_RTL8139_PRIV_H
#define CHIPSET_RTL8139_PRIV_H

#include "rtl8139.h"

enum {
	RTL_DESCRIPTORS = 4,
	RTL_RING_LEAST = 8192,

	/* 5: registers */
	RTL_IDR = 0x00,
	RTL_MAR = 0x08,
	RTL_TSD = 0x10,
	RTL_TSAD = 0x20,
	RTL_RBSTART = 0x30,
	RTL_COMMAND = 0x37,
	RTL_CAPR = 0x38,
	RTL_CBR = 0x3a,
	RTL_IMR = 0x3c,
	RTL_ISR = 0x3e,
	RTL_TCR = 0x40,
	RTL_RCR = 0x44,
	RTL_TCTR = 0x48,
	RTL_MPC = 0x4c,
	RTL_9346CR = 0x50,
	RTL_CONFIG0 = 0x51,
	RTL_CONFIG1 = 0x52,
	RTL_TIMERINT = 0x54,
	RTL_MSR = 0x58,
	RTL_CONFIG3 = 0x59,
	RTL_CONFIG4 = 0x5a,
	RTL_MULINT = 0x5c,
	RTL_RERID = 0x5e,
	RTL_TSAD_ALL = 0x60,
	RTL_BMCR = 0x62,
	RTL_BMSR = 0x64,
	RTL_ANAR = 0x66,
	RTL_ANLPAR = 0x68,
	RTL_ANER = 0x6a,
	RTL_CSCR = 0x74,
	RTL_SPACE = 0x100,

	/* 5.2: transmit status */
	RTL_TSD_SIZE = 0x1fff,
	RTL_TSD_OWN = 1 << 13,
	RTL_TSD_UNDERRUN = 1 << 14,
	RTL_TSD_OK = 1 << 15,
	RTL_TSD_KEPT = 0x3f1fff, /* size and early threshold: what a driver writes */
	RTL_TSD_ABORTED = 1 << 30,

	/* 5.4 */
	RTL_COMMAND_EMPTY = 1 << 0,
	RTL_COMMAND_SEND = 1 << 2,
	RTL_COMMAND_RECEIVE = 1 << 3,
	RTL_COMMAND_RESET = 1 << 4,

	/* 5.5, 5.6 */
	RTL_INT_RECEIVED = 1 << 0,
	RTL_INT_SENT = 1 << 2,
	RTL_INT_SEND_ERROR = 1 << 3,
	RTL_INT_OVERFLOW = 1 << 4,
	RTL_INT_LINK = 1 << 5,
	RTL_INT_TIMER = 1 << 14,
	RTL_INT_SYSTEM = 1 << 15,
	RTL_INT_ALL = 0xe07f,

	/* 5.7 */
	RTL_TCR_LOOPBACK = 3 << 17,
	RTL_TCR_WRITABLE = 0x030707f0,
	RTL_TCR_VERSION = 0x74000000, /* of the RTL8139C */

	/* 5.8 */
	RTL_RCR_ALL = 1 << 0,
	RTL_RCR_OWN = 1 << 1,
	RTL_RCR_MULTICAST = 1 << 2,
	RTL_RCR_BROADCAST = 1 << 3,
	RTL_RCR_NO_WRAP = 1 << 7,
	RTL_RCR_SIZE_SHIFT = 11,
	RTL_RCR_WRITABLE = 0x0f03ffbf,

	/* 5.9 */
	RTL_9346_DATA_OUT = 1 << 0,
	RTL_9346_DATA_IN = 1 << 1,
	RTL_9346_CLOCK = 1 << 2,
	RTL_9346_SELECT = 1 << 3,
	RTL_9346_MODE = 3 << 6,
	RTL_9346_PROGRAM = 2 << 6,
	RTL_9346_CONFIG = 3 << 6, /* IDR and CONFIG may be written */

	RTL_EEPROM_WORDS = 64,
};

/* A 93C46 of 64 words, read bit by bit; its content is made, not kept. */
struct rtl_eeprom {
	uint8_t lines;	/* RTL_9346CR as it was written last */
	uint8_t bits;	/* of the command that came in, from the start bit on */
	uint16_t shift; /* command, then what goes out */
	uint8_t out_left;
	bool is_reading, data_out;
};

struct rtl8139 {
	struct rtl8139_config config;
	struct pci_function *function;
	struct vm_timer *timer;
	bool is_link_up;

	uint8_t idr[6], mar[8];
	uint32_t tsd[RTL_DESCRIPTORS], tsad[RTL_DESCRIPTORS];
	unsigned next; /* descriptor */
	uint32_t rbstart;
	uint8_t command;
	uint32_t read_at, write_at; /* in the ring: CAPR + 16, CBR */
	uint16_t imr, isr;
	uint32_t tcr, rcr, missed, timer_wanted;
	uint64_t timer_start_ns; /* when TCTR was 0 */
	uint8_t config1, config3, config4;
	uint16_t multiple, bmcr, advertised;
	struct rtl_eeprom eeprom;
};

static inline uint32_t rtl_ring_size(const struct rtl8139 *nic)
{
	return (uint32_t)RTL_RING_LEAST << (nic->rcr >> RTL_RCR_SIZE_SHIFT & 3);
}

/* rtl8139.c */
void rtl_interrupt(struct rtl8139 *nic, unsigned bits);
/* rtl8139_frames.c */
void rtl_write_tsd(struct rtl8139 *nic, unsigned index, uint32_t value);
uint16_t rtl_all_tsd(const struct rtl8139 *nic);
void rtl_restart_ring(struct rtl8139 *nic);
/* rtl8139_eeprom.c */
void rtl_eeprom_write(struct rtl8139 *nic, uint8_t lines);
uint8_t rtl_eeprom_read(const struct rtl8139 *nic);

#endif
