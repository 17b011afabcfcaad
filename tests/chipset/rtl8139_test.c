/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RTL8139 against its data sheet: EEPROM, descriptors, ring, filter, interrupts, timer, link, what makes
 * no sense. */
#include <stdlib.h>
#include <string.h>

#include "chipset/pc.h"
#include "chipset/rtl8139.h"
#include "chipset/rtl8139_priv.h"
#include "fake.h"
#include "fake_block.h"
#include "state/state.h"

enum { DEVFN = PCI_DEVFN(9, 0), PORTS = 0xc000, RING = 0x8000, SEND = 0x1000 };

static const uint8_t mac[6] = { 0x00, 0x15, 0x5d, 0x01, 0x02, 0x03 };
static struct fake_clock vm;
static struct pc *pc;
static struct rtl8139 *nic;
static unsigned asked;

static void set_extint(void *opaque, bool level)
{
}

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
}

static void nothing(void *opaque)
{
}

static const struct pc_ops ops = { set_extint, on_interrupt, nothing, nothing };

static void on_work(void *opaque)
{
	asked++;
}

static const struct rtl8139_ops nic_ops = { on_work };

static void config_write(unsigned offset, unsigned size, uint32_t value)
{
	pc_port_write(pc, 0xcf8, 4, 1u << 31 | DEVFN << 8 | (offset & 0xfc));
	pc_port_write(pc, (uint16_t)(0xcfc + (offset & 3)), size, value);
}

static uint32_t config_read(unsigned offset, unsigned size)
{
	pc_port_write(pc, 0xcf8, 4, 1u << 31 | DEVFN << 8 | (offset & 0xfc));
	return pc_port_read(pc, (uint16_t)(0xcfc + (offset & 3)), size);
}

static uint32_t get(unsigned reg, unsigned size)
{
	return pc_port_read(pc, (uint16_t)(PORTS + reg), size);
}

static void put(unsigned reg, unsigned size, uint32_t value)
{
	pc_port_write(pc, (uint16_t)(PORTS + reg), size, value);
}

static bool has_irq(void)
{
	return config_read(PCI_STATUS, 2) & 1 << 3;
}

static void place(void)
{
	config_write(PCI_BAR0, 4, PORTS);
	config_write(PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
}

static void begin(void)
{
	struct pc_config config = { .ops = &ops, .clock = &vm.base, .has_pci = true };
	struct rtl8139_config of_nic = {
		.devfn = DEVFN, .dma = &fake_dma, .ops = &nic_ops, .clock = &vm.base
	};

	fake_clock_init(&vm);
	memset(fake_memory, 0, sizeof(fake_memory));
	EXPECT(pc_new(&config, &pc), 0);
	of_nic.pci = pc->pci;
	memcpy(of_nic.mac, mac, 6);
	EXPECT(rtl8139_new(&of_nic, &nic), 0);
	place();
}

static void end(void)
{
	rtl8139_free(nic);
	pc_free(pc);
}

static void start(uint32_t rcr)
{
	put(RTL_COMMAND, 1, RTL_COMMAND_RESET);
	EXPECT(get(RTL_COMMAND, 1), RTL_COMMAND_EMPTY);
	put(RTL_COMMAND, 1, RTL_COMMAND_SEND | RTL_COMMAND_RECEIVE);
	put(RTL_RBSTART, 4, RING);
	put(RTL_RCR, 4, rcr);
	put(RTL_IMR, 2, 0xffff);
}

static void test_identity(void)
{
	begin();
	EXPECT(config_read(0, 4), 0x813910ec);
	EXPECT(config_read(8, 4), 0x02000010);
	EXPECT(config_read(PCI_INTERRUPT_LINE + 1, 1), 1);
	config_write(PCI_BAR0, 4, ~0u);
	EXPECT(config_read(PCI_BAR0, 4), 0xffffff01);
	config_write(PCI_BAR0 + 4, 4, ~0u);
	EXPECT(config_read(PCI_BAR0 + 4, 4), 0xffffff00);
	place();
	for (unsigned i = 0; i < 6; i++)
		EXPECT(get(RTL_IDR + i, 1), mac[i]);
	EXPECT(get(RTL_IDR, 4), 0x015d1500);
	EXPECT(get(RTL_TCR, 4) & 0x7cc00000, 0x74000000); /* RTL8139C */
	EXPECT(get(RTL_TSD + 8, 4), RTL_TSD_OWN);
	EXPECT(get(RTL_CAPR, 2), 0xfff0);
	EXPECT(get(0xe0, 2), 0); /* no C+ command register */
	end();
}

/* 5.9: only while 9346CR says so. */
static void test_address_lock(void)
{
	begin();
	put(RTL_IDR, 4, 0x44332211);
	EXPECT(get(RTL_IDR, 4), 0x015d1500);
	put(RTL_9346CR, 1, RTL_9346_CONFIG);
	put(RTL_IDR, 4, 0x44332210);
	EXPECT(get(RTL_IDR, 4), 0x44332210);
	put(RTL_COMMAND, 1, RTL_COMMAND_RESET);
	EXPECT(get(RTL_IDR, 4), 0x44332210); /* 5.4: kept */
	pc_reset(pc);
	place();
	EXPECT(get(RTL_IDR, 4), 0x015d1500);
	end();
}

static void eeprom_bit(unsigned bit)
{
	put(RTL_9346CR, 1, RTL_9346_PROGRAM | RTL_9346_SELECT | bit << 1);
	put(RTL_9346CR, 1, RTL_9346_PROGRAM | RTL_9346_SELECT | RTL_9346_CLOCK | bit << 1);
}

static uint16_t eeprom_word(unsigned address)
{
	unsigned command = 6 << 6 | address, word = 0;

	put(RTL_9346CR, 1, RTL_9346_PROGRAM);
	eeprom_bit(0); /* no start yet */
	for (int i = 8; i >= 0; i--)
		eeprom_bit(command >> i & 1);
	EXPECT(get(RTL_9346CR, 1) & RTL_9346_DATA_OUT, 0); /* the bit before the word */
	for (unsigned i = 0; i < 16; i++) {
		eeprom_bit(0);
		word = word << 1 | (get(RTL_9346CR, 1) & RTL_9346_DATA_OUT);
	}
	put(RTL_9346CR, 1, 0);
	return (uint16_t)word;
}

static void test_eeprom(void)
{
	begin();
	EXPECT(eeprom_word(0), 0x8129);
	EXPECT(eeprom_word(1), 0x10ec);
	EXPECT(eeprom_word(7), 0x1500);
	EXPECT(eeprom_word(8), 0x015d);
	EXPECT(eeprom_word(9), 0x0302);
	EXPECT(eeprom_word(63), 0);
	end();
}

static void test_sending(void)
{
	uint8_t frame[RTL8139_SEND_MAX];

	begin();
	start(0xf);
	memset(fake_memory + SEND, 0x5a, 2000);
	EXPECT(rtl8139_next(nic, frame), 0);
	asked = 0;
	put(RTL_TSAD, 4, SEND);
	put(RTL_TSD, 4, 100);
	EXPECT(asked, 1);
	EXPECT(get(RTL_TSAD_ALL, 2), 0x000e);
	EXPECT(rtl8139_next(nic, frame), 100);
	EXPECT(rtl8139_next(nic, frame), 100); /* until it was sent */
	EXPECT(frame[99], 0x5a);
	EXPECT(has_irq(), false);
	rtl8139_sent(nic);
	EXPECT(get(RTL_TSD, 4), RTL_TSD_OWN | RTL_TSD_OK | 100);
	EXPECT(get(RTL_TSAD_ALL, 2), 0x100f);
	EXPECT(get(RTL_ISR, 2), RTL_INT_SENT);
	EXPECT(has_irq(), true);
	put(RTL_ISR, 2, RTL_INT_SENT);
	EXPECT(has_irq(), false);
	/* in turn: the third one waits for the second */
	put(RTL_TSAD + 8, 4, SEND);
	put(RTL_TSD + 8, 4, 200);
	EXPECT(rtl8139_next(nic, frame), 0);
	put(RTL_TSAD + 4, 4, SEND);
	put(RTL_TSD + 4, 4, 20); /* shorter than a frame: filled up */
	memset(frame, 0xff, sizeof(frame));
	EXPECT(rtl8139_next(nic, frame), 60);
	EXPECT(frame[19] << 16 | frame[20] << 8 | frame[59], 0x5a0000);
	rtl8139_sent(nic);
	EXPECT(rtl8139_next(nic, frame), 200);
	end();
}

/* What no driver does: each is given up, and the next one is sent. */
static void test_bad_sending(void)
{
	static const struct {
		uint32_t address, size;
		unsigned interrupts;
	} cases[] = { { FAKE_MEMORY_SIZE - 10, 100, RTL_INT_SEND_ERROR | RTL_INT_SYSTEM },
		      { SEND, 0, RTL_INT_SEND_ERROR },
		      { SEND, 1793, RTL_INT_SEND_ERROR },
		      { 0xfffffff0, 64, RTL_INT_SEND_ERROR | RTL_INT_SYSTEM } };
	uint8_t frame[RTL8139_SEND_MAX];

	begin();
	start(0xf);
	for (unsigned i = 0; i < 4; i++) {
		put(RTL_TSAD + 4 * i, 4, cases[i].address);
		put(RTL_TSD + 4 * i, 4, cases[i].size);
		put(RTL_ISR, 2, 0xffff);
		EXPECT(rtl8139_next(nic, frame), 0);
		EXPECT(get(RTL_ISR, 2), cases[i].interrupts);
		EXPECT(get(RTL_TSD + 4 * i, 4), RTL_TSD_OWN | RTL_TSD_ABORTED | cases[i].size);
	}
	put(RTL_TSAD, 4, SEND);
	put(RTL_TSD, 4, 1792);
	config_write(PCI_COMMAND, 2, PCI_COMMAND_IO); /* no bus master: nothing moves */
	EXPECT(rtl8139_next(nic, frame), 0);
	EXPECT(rtl8139_is_receiving(nic), false);
	config_write(PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	EXPECT(rtl8139_next(nic, frame), 1792);
	end();
}

static void make_frame(uint8_t *frame, const uint8_t to[6], unsigned size)
{
	memset(frame, 0x11, size);
	memcpy(frame, to, 6);
	frame[size - 1] = 0x99;
}

static uint32_t at32(unsigned address)
{
	return fake_memory[address] | fake_memory[address + 1] << 8 | fake_memory[address + 2] << 16 |
	       (uint32_t)fake_memory[address + 3] << 24;
}

static void test_receiving(void)
{
	uint8_t frame[RTL8139_RECEIVE_MAX];

	begin();
	start(0xf);
	make_frame(frame, mac, 100);
	EXPECT(rtl8139_receive(nic, frame, 100), RTL8139_TAKEN);
	EXPECT(at32(RING), (104u << 16) | 0x4001); /* 4.2: length with FCS, PAM, ROK */
	EXPECT(memcmp(fake_memory + RING + 4, frame, 100), 0);
	EXPECT(get(RTL_CBR, 2), 108);
	EXPECT(get(RTL_COMMAND, 1) & RTL_COMMAND_EMPTY, 0);
	EXPECT(get(RTL_ISR, 2), RTL_INT_RECEIVED);
	EXPECT(has_irq(), true);
	put(RTL_ISR, 2, 0xffff);
	put(RTL_CAPR, 2, 108 - 16);
	EXPECT(get(RTL_COMMAND, 1) & RTL_COMMAND_EMPTY, RTL_COMMAND_EMPTY);
	/* 61 bytes: the next one begins at a double word; 20 bytes: filled up */
	make_frame(frame, mac, 61);
	EXPECT(rtl8139_receive(nic, frame, 61), RTL8139_TAKEN);
	EXPECT(get(RTL_CBR, 2), 108 + 72);
	EXPECT(rtl8139_receive(nic, frame, 20), RTL8139_TAKEN);
	EXPECT(at32(RING + 180) >> 16, 64);
	put(RTL_COMMAND, 1, RTL_COMMAND_SEND);
	EXPECT(rtl8139_receive(nic, frame, 61), RTL8139_NOT_WANTED);
	end();
}

/* The check value of IEEE 802.3: the CRC of "123456789" is CBF43926h; here of a frame made so that its FCS is
 * known. */
static void test_fcs(void)
{
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00,
			      0x15, 0x5d, 0x01, 0x02, 0x03, 0x08, 0x06 };
	uint32_t crc = UINT32_MAX;

	begin();
	start(0xf);
	EXPECT(rtl8139_receive(nic, frame, sizeof(frame)), RTL8139_TAKEN);
	for (unsigned i = 0; i < sizeof(frame) * 8; i++) {
		uint32_t bit = (crc ^ frame[i / 8] >> i % 8) & 1;

		crc = crc >> 1 ^ (bit ? 0xedb88320u : 0);
	}
	EXPECT(at32(RING + 4 + 60), ~crc);
	EXPECT(at32(RING), (64u << 16) | 0x2001); /* BAR */
	end();
}

static void test_wrap(void)
{
	uint8_t frame[1000];

	for (unsigned no_wrap = 0; no_wrap < 2; no_wrap++) {
		begin();
		start(0xf | no_wrap << 7); /* 8 KiB */
		make_frame(frame, mac, 1000);
		for (unsigned i = 0; i < 8; i++) {
			EXPECT(rtl8139_receive(nic, frame, 1000), RTL8139_TAKEN);
			put(RTL_CAPR, 2, get(RTL_CBR, 2) - 16);
		}
		EXPECT(get(RTL_CBR, 2), 8 * 1008);
		EXPECT(rtl8139_receive(nic, frame, 1000), RTL8139_TAKEN);
		EXPECT(get(RTL_CBR, 2), 9 * 1008 - 8192);
		EXPECT(fake_memory[RING + (no_wrap ? 8064 + 4 + 999 : 8064 + 4 + 999 - 8192)], 0x99);
		EXPECT(fake_memory[RING + 8192] != 0, no_wrap);
		end();
	}
}

static void test_overflow(void)
{
	uint8_t frame[1514];
	unsigned count = 0;

	begin();
	start(0xf);
	make_frame(frame, mac, 1514);
	while (rtl8139_has_room(nic)) {
		EXPECT(rtl8139_receive(nic, frame, 1514), RTL8139_TAKEN);
		count++;
	}
	EXPECT(count, 5);
	EXPECT(get(RTL_ISR, 2), RTL_INT_RECEIVED);
	EXPECT(rtl8139_receive(nic, frame, 1514), RTL8139_NO_ROOM);
	EXPECT(get(RTL_ISR, 2), RTL_INT_RECEIVED | RTL_INT_OVERFLOW);
	EXPECT(get(RTL_MPC, 4), 1);
	put(RTL_MPC, 4, 5);
	EXPECT(get(RTL_MPC, 4), 0);
	asked = 0;
	put(RTL_CAPR, 2, 1524 - 16);
	EXPECT(asked, 1);
	EXPECT(rtl8139_has_room(nic), true);
	/* a ring where no memory is */
	put(RTL_RBSTART, 4, 0xffffff00);
	EXPECT(rtl8139_receive(nic, frame, 1514), RTL8139_NOT_WANTED);
	EXPECT(get(RTL_ISR, 2) & RTL_INT_SYSTEM, RTL_INT_SYSTEM);
	end();
}

static void test_filter(void)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, other[6] = { 2, 0, 0, 0, 0, 1 };
	/* Its bit of MAR is 31, as Linux's ether_crc() >> 26 says. */
	static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 };
	static const struct {
		uint32_t rcr;
		uint32_t mar;
		bool own, broadcast, multicast, foreign;
	} cases[] = {
		{ 0, ~0u, false, false, false, false },
		{ 0x1, 0, true, true, true, true },
		{ 0x2, ~0u, true, false, false, false },
		{ 0x4, ~0u, false, false, true, false },
		{ 0x4, 1u << 31, false, false, true, false },
		{ 0x4, ~(1u << 31), false, false, false, false },
		{ 0x8, 0, false, true, false, false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t frame[60] = { 0 };

		begin();
		start(cases[i].rcr);
		put(RTL_MAR, 4, cases[i].mar);
		put(RTL_MAR + 4, 4, 0);
		memcpy(frame, mac, 6);
		EXPECT(rtl8139_receive(nic, frame, 60) == RTL8139_TAKEN, cases[i].own);
		memcpy(frame, all, 6);
		EXPECT(rtl8139_receive(nic, frame, 60) == RTL8139_TAKEN, cases[i].broadcast);
		memcpy(frame, group, 6);
		EXPECT(rtl8139_receive(nic, frame, 60) == RTL8139_TAKEN, cases[i].multicast);
		memcpy(frame, other, 6);
		EXPECT(rtl8139_receive(nic, frame, 60) == RTL8139_TAKEN, cases[i].foreign);
		end();
	}
}

static void test_loopback(void)
{
	uint8_t frame[RTL8139_SEND_MAX];

	begin();
	start(0xf);
	put(RTL_TCR, 4, RTL_TCR_LOOPBACK);
	make_frame(fake_memory + SEND, mac, 80);
	put(RTL_TSAD, 4, SEND);
	put(RTL_TSD, 4, 80);
	EXPECT(rtl8139_next(nic, frame), 0);
	EXPECT(get(RTL_ISR, 2), RTL_INT_SENT | RTL_INT_RECEIVED);
	EXPECT(at32(RING) >> 16, 84);
	end();
}

static void test_timer(void)
{
	begin();
	start(0xf);
	fake_clock_advance(&vm, 1000000);
	put(RTL_TCTR, 4, 77);
	fake_clock_advance(&vm, 1000000);
	EXPECT(get(RTL_TCTR, 4), 33000);
	put(RTL_TIMERINT, 4, 66000);
	fake_clock_advance(&vm, 999000);
	EXPECT(get(RTL_ISR, 2), 0);
	fake_clock_advance(&vm, 2000);
	EXPECT(get(RTL_ISR, 2), RTL_INT_TIMER);
	put(RTL_TIMERINT, 4, 0);
	EXPECT(fake_clock_is_idle(&vm), true);
	end();
}

static void test_link(void)
{
	begin();
	start(0xf);
	EXPECT(get(RTL_MSR, 1) & 4, 4);
	EXPECT(get(RTL_BMSR, 2), 0x7809);
	rtl8139_set_link(nic, true);
	EXPECT(get(RTL_MSR, 1) & 4, 0);
	EXPECT(get(RTL_BMSR, 2), 0x782d);
	EXPECT(get(RTL_ISR, 2), RTL_INT_LINK);
	put(RTL_ISR, 1, RTL_INT_LINK); /* half of a register */
	EXPECT(get(RTL_ISR, 2), 0);
	rtl8139_set_link(nic, true);
	EXPECT(get(RTL_ISR, 2), 0);
	/* IMR and ISR at once */
	rtl8139_set_link(nic, false);
	put(RTL_IMR, 4, 0x00200000);
	EXPECT(get(RTL_IMR, 4), 0);
	end();
}

/* What was saved in the middle of things goes on in another one. */
static void test_state(void)
{
	struct state *state;
	const void *bytes;
	void *copy;
	size_t size;
	uint8_t frame[RTL8139_SEND_MAX];
	char reason[STATE_REASON_MAX];

	begin();
	start(0xf | 1 << RTL_RCR_SIZE_SHIFT);
	make_frame(frame, mac, 100);
	rtl8139_receive(nic, frame, 100);
	put(RTL_TSAD, 4, SEND);
	put(RTL_TSD, 4, 90);
	EXPECT(state_writer_new(&state), 0);
	rtl8139_state(nic, state, "rtl8139 0");
	EXPECT(state_finish_writing(state, &bytes, &size), 0);
	copy = malloc(size);
	memcpy(copy, bytes, size);
	state_free(state);
	pc_reset(pc);
	place();
	EXPECT(get(RTL_CBR, 2), 0);
	EXPECT(state_reader_new(copy, size, &state, reason), 0);
	rtl8139_state(nic, state, "rtl8139 0");
	EXPECT(state_finish_reading(state), 0);
	EXPECT(get(RTL_CBR, 2), 108);
	EXPECT(get(RTL_RBSTART, 4), RING);
	EXPECT(get(RTL_ISR, 2), RTL_INT_RECEIVED);
	EXPECT(rtl8139_next(nic, frame), 90);
	state_free(state);
	free(copy);
	end();
}

int main(void)
{
	test_identity();
	test_address_lock();
	test_eeprom();
	test_sending();
	test_bad_sending();
	test_receiving();
	test_fcs();
	test_wrap();
	test_overflow();
	test_filter();
	test_loopback();
	test_timer();
	test_link();
	test_state();
	return finish("rtl8139");
}
