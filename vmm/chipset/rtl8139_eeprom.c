/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial EEPROM of the RTL8139: a 93C46 (Microchip DS20001749, 2: start bit, 2 bits of opcode, 6 of
 * address, then 16 of data, the highest first, with a 0 before them). What drivers write to it is not kept.
 */
#include "rtl8139_priv.h"

enum {
	COMMAND_BITS = 9,
	OPCODE_READ = 2,
	WORD_ID = 0,
	ID = 0x8129, /* data sheet, 6: by it the chip loads the rest */
	WORD_MAC = 7,
};

static uint16_t word_at(const struct rtl8139 *nic, unsigned address)
{
	const uint8_t *mac = nic->config.mac;

	switch (address) {
	case WORD_ID: return ID;
	case 1: return RTL8139_VENDOR;
	case 2: return RTL8139_DEVICE;
	case WORD_MAC:
	case WORD_MAC + 1:
	case WORD_MAC + 2: mac += (address - WORD_MAC) * 2; return (uint16_t)(mac[0] | mac[1] << 8);
	default: return 0;
	}
}

static void take_bit(struct rtl8139 *nic, bool bit)
{
	struct rtl_eeprom *eeprom = &nic->eeprom;

	if (eeprom->bits == 0 && !bit)
		return; /* it waits for the start bit */
	eeprom->shift = (uint16_t)(eeprom->shift << 1 | bit);
	if (++eeprom->bits < COMMAND_BITS)
		return;
	eeprom->is_reading = (eeprom->shift >> 6 & 3) == OPCODE_READ;
	eeprom->data_out = !eeprom->is_reading; /* a 0 comes first; 1: ready, after all else */
	eeprom->out_left = 16;
	eeprom->shift = word_at(nic, eeprom->shift % RTL_EEPROM_WORDS);
}

static void on_clock(struct rtl8139 *nic, bool bit)
{
	struct rtl_eeprom *eeprom = &nic->eeprom;

	if (eeprom->bits < COMMAND_BITS) {
		take_bit(nic, bit);
	} else if (eeprom->is_reading && eeprom->out_left > 0) {
		eeprom->data_out = eeprom->shift >> 15;
		eeprom->shift = (uint16_t)(eeprom->shift << 1);
		eeprom->out_left--;
	}
}

void rtl_eeprom_write(struct rtl8139 *nic, uint8_t lines)
{
	struct rtl_eeprom *eeprom = &nic->eeprom;
	bool had_clock = eeprom->lines & RTL_9346_CLOCK;

	eeprom->lines = lines & (RTL_9346_MODE | RTL_9346_SELECT | RTL_9346_CLOCK | RTL_9346_DATA_IN);
	if ((lines & RTL_9346_MODE) != RTL_9346_PROGRAM || !(lines & RTL_9346_SELECT))
		*eeprom = (struct rtl_eeprom){ .lines = eeprom->lines, .data_out = true };
	else if (lines & RTL_9346_CLOCK && !had_clock)
		on_clock(nic, lines & RTL_9346_DATA_IN);
}

uint8_t rtl_eeprom_read(const struct rtl8139 *nic)
{
	return nic->eeprom.lines | (nic->eeprom.data_out ? RTL_9346_DATA_OUT : 0);
}
