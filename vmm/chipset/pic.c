/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two 8259A interrupt controllers. */
#include <errno.h>
#include <stdlib.h>

#include "io_bus.h"
#include "pic.h"
#include "state/state.h"

enum {
	CASCADE = 2, /* the master's input that the slave drives */
	SPURIOUS = 7,

	ICW1_IC4 = 1 << 0,
	ICW1_SNGL = 1 << 1,
	ICW1_LTIM = 1 << 3,
	ICW1 = 1 << 4,

	ICW4_AEOI = 1 << 1,
	ICW4_SFNM = 1 << 4,

	OCW2_EOI = 1 << 5,
	OCW2_SL = 1 << 6,
	OCW2_R = 1 << 7,

	OCW3_RIS = 1 << 0,
	OCW3_RR = 1 << 1,
	OCW3_P = 1 << 2,
	OCW3 = 1 << 3,
	OCW3_SMM = 1 << 5,
	OCW3_ESMM = 1 << 6,
};

struct chip {
	struct pic *pic;
	uint8_t lines; /* levels of the inputs */
	uint8_t edges; /* rises that were seen and not acknowledged; a line that falls takes its edge along */
	uint8_t imr, isr;
	uint8_t elcr;
	uint8_t first; /* the input with the highest priority at present */
	uint8_t vector_base;
	uint8_t icw_expected; /* 0, or the number of the next ICW */
	bool icw1_level, icw1_single, icw1_wants_icw4;
	bool auto_eoi, rotate_on_auto_eoi, special_mask, special_fully_nested;
	bool reads_isr, poll;
};

struct pic {
	const struct pic_ops *ops;
	void *opaque;
	struct chip master, slave;
	bool intr;
};

static uint8_t level_inputs(const struct chip *chip)
{
	return chip->icw1_level ? 0xff : chip->elcr;
}

static int pending_input(const struct chip *chip);

static uint8_t requests(const struct chip *chip)
{
	uint8_t level = level_inputs(chip);
	uint8_t irr = (chip->lines & level) | (chip->edges & ~level);

	/* The slave's INT stays high while it has something: as a level it needs no edge between two
	 * interrupts. */
	if (chip == &chip->pic->master) {
		irr &= (uint8_t) ~(1u << CASCADE);
		if (pending_input(&chip->pic->slave) >= 0)
			irr |= 1u << CASCADE;
	}
	return irr;
}

/* The highest of the inputs in `bits` counted from the present first one, 0..7; 8 = none. */
static unsigned best_rank(const struct chip *chip, uint8_t bits)
{
	unsigned rank = 0;

	while (rank < 8 && !(bits & 1u << ((chip->first + rank) & 7)))
		rank++;
	return rank;
}

static unsigned input_of_rank(const struct chip *chip, unsigned rank)
{
	return (chip->first + rank) & 7;
}

/* The input that would be acknowledged now, or -1. */
static int pending_input(const struct chip *chip)
{
	unsigned rank = best_rank(chip, requests(chip) & ~chip->imr);
	uint8_t blocking = chip->isr;

	if (rank == 8)
		return -1;
	if (chip->special_mask)
		blocking &= (uint8_t)~chip->imr;
	if (chip->special_fully_nested && chip == &chip->pic->master)
		blocking &= (uint8_t) ~(1u << CASCADE);
	if (rank >= best_rank(chip, blocking))
		return -1;
	return (int)input_of_rank(chip, rank);
}

static void update(struct pic *pic)
{
	bool intr = pending_input(&pic->master) >= 0;

	if (intr == pic->intr)
		return;
	pic->intr = intr;
	pic->ops->set_intr(pic->opaque, intr);
}

static void acknowledge(struct chip *chip, unsigned input)
{
	chip->edges &= (uint8_t) ~(1u << input);
	if (!chip->auto_eoi)
		chip->isr |= (uint8_t)(1u << input);
	else if (chip->rotate_on_auto_eoi)
		chip->first = (input + 1) & 7;
}

uint8_t pic_acknowledge(struct pic *pic)
{
	struct chip *chip = &pic->master;
	int input = pending_input(chip);

	if (input == CASCADE) {
		acknowledge(chip, CASCADE);
		chip = &pic->slave;
		input = pending_input(chip);
	}
	if (input >= 0)
		acknowledge(chip, (unsigned)input);
	else
		input = SPURIOUS; /* the request went away before INTA; ISR stays as it is */
	update(pic);
	return (chip->vector_base & 0xf8) | (uint8_t)input;
}

static uint16_t effective_mask(const struct pic *pic)
{
	uint8_t slave = pic->master.imr & 1u << CASCADE ? 0xff : pic->slave.imr;

	return (uint16_t)(slave << 8 | pic->master.imr);
}

bool pic_is_masked(const struct pic *pic, unsigned irq)
{
	return effective_mask(pic) >> (irq & 15) & 1;
}

static void tell_listeners(struct pic *pic, uint16_t changed, bool is_listened)
{
	if (!pic->ops->listen)
		return;
	for (unsigned irq = 0; irq < 16; irq++)
		if (changed >> irq & 1)
			pic->ops->listen(pic->opaque, irq, is_listened);
}

static void set_mask(struct chip *chip, uint8_t imr)
{
	struct pic *pic = chip->pic;
	uint16_t before = effective_mask(pic), after;
	uint8_t old = chip->imr;

	chip->imr = imr;
	after = effective_mask(pic);
	if (before == after)
		return;
	/* Sources catch up while their input is still masked: what they missed is latched first. */
	chip->imr = old;
	tell_listeners(pic, before & ~after, true);
	chip->imr = imr;
	tell_listeners(pic, after & ~before, false);
}

/* ICW1 resets the edge sense, masks, priorities and modes (data sheet, "Initialization Command Words 1 and
 * 2"). */
static void begin_init(struct chip *chip, uint8_t icw1)
{
	set_mask(chip, 0);
	chip->edges = 0;
	chip->isr = 0;
	chip->first = 0;
	chip->auto_eoi = chip->rotate_on_auto_eoi = false;
	chip->special_mask = chip->special_fully_nested = false;
	chip->reads_isr = chip->poll = false;
	chip->icw1_level = icw1 & ICW1_LTIM;
	chip->icw1_single = icw1 & ICW1_SNGL;
	chip->icw1_wants_icw4 = icw1 & ICW1_IC4;
	chip->icw_expected = 2;
}

static void write_icw(struct chip *chip, uint8_t value)
{
	switch (chip->icw_expected) {
	case 2:
		chip->vector_base = value & 0xf8;
		chip->icw_expected = !chip->icw1_single ? 3 : chip->icw1_wants_icw4 ? 4 : 0;
		break;
	case 3: /* the cascade is wired, not programmed */
		chip->icw_expected = chip->icw1_wants_icw4 ? 4 : 0;
		break;
	default:
		chip->auto_eoi = value & ICW4_AEOI;
		chip->special_fully_nested = value & ICW4_SFNM;
		chip->icw_expected = 0;
		break;
	}
}

static void end_of_interrupt(struct chip *chip, unsigned input, bool rotate)
{
	chip->isr &= (uint8_t) ~(1u << input);
	if (rotate)
		chip->first = (input + 1) & 7;
}

static void write_ocw2(struct chip *chip, uint8_t value)
{
	bool rotate = value & OCW2_R;
	unsigned rank;

	switch (value & (OCW2_EOI | OCW2_SL)) {
	case OCW2_EOI: /* non-specific; the special mask hides masked levels from it */
		rank = best_rank(chip, chip->special_mask ? chip->isr & ~chip->imr : chip->isr);
		if (rank < 8)
			end_of_interrupt(chip, input_of_rank(chip, rank), rotate);
		break;
	case OCW2_EOI | OCW2_SL: end_of_interrupt(chip, value & 7, rotate); break;
	case OCW2_SL:
		if (rotate)
			chip->first = (value + 1) & 7;
		break;
	default: chip->rotate_on_auto_eoi = rotate; break;
	}
}

static void write_ocw3(struct chip *chip, uint8_t value)
{
	if (value & OCW3_ESMM)
		chip->special_mask = value & OCW3_SMM;
	chip->poll = value & OCW3_P;
	if (value & OCW3_RR)
		chip->reads_isr = value & OCW3_RIS;
}

static void chip_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct chip *chip = opaque;
	uint8_t byte = (uint8_t)value;

	if (offset == 1 && chip->icw_expected)
		write_icw(chip, byte);
	else if (offset == 1)
		set_mask(chip, byte);
	else if (byte & ICW1)
		begin_init(chip, byte);
	else if (byte & OCW3)
		write_ocw3(chip, byte);
	else
		write_ocw2(chip, byte);
	update(chip->pic);
}

/* A read after a poll command is the acknowledge. */
static uint8_t read_poll(struct chip *chip)
{
	int input = pending_input(chip);

	chip->poll = false;
	if (input < 0)
		return SPURIOUS;
	acknowledge(chip, (unsigned)input);
	update(chip->pic);
	return 0x80 | (uint8_t)input;
}

static uint64_t chip_read(void *opaque, uint64_t offset, unsigned size)
{
	struct chip *chip = opaque;

	if (chip->pic->ops->sync && (chip->poll || (offset == 0 && !chip->reads_isr)))
		chip->pic->ops->sync(chip->pic->opaque);
	if (chip->poll)
		return read_poll(chip);
	if (offset == 1)
		return chip->imr;
	return chip->reads_isr ? chip->isr : requests(chip);
}

static uint64_t elcr_read(void *opaque, uint64_t offset, unsigned size)
{
	struct pic *pic = opaque;

	return offset ? pic->slave.elcr : pic->master.elcr;
}

static void elcr_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct pic *pic = opaque;

	/* Interrupts 0, 1, 2, 8 and 13 cannot be level triggered. */
	if (offset)
		pic->slave.elcr = value & 0xde;
	else
		pic->master.elcr = value & 0xf8;
	update(pic);
}

static const struct io_handler chip_handler = { chip_read, chip_write, 1 };
static const struct io_handler elcr_handler = { elcr_read, elcr_write, 1 };

int pic_attach(struct pic *pic, struct io_bus *bus)
{
	int r = io_bus_add_ports(bus, 0x20, 2, &chip_handler, &pic->master);

	if (r == 0)
		r = io_bus_add_ports(bus, 0xa0, 2, &chip_handler, &pic->slave);
	if (r == 0)
		r = io_bus_add_ports(bus, 0x4d0, 2, &elcr_handler, pic);
	return r;
}

void pic_set_line(struct pic *pic, unsigned irq, bool level)
{
	struct chip *chip = irq & 8 ? &pic->slave : &pic->master;
	uint8_t bit = (uint8_t)(1u << (irq & 7));

	if (irq == CASCADE || irq > 15)
		return;
	if (level) {
		chip->edges |= bit & ~chip->lines;
		chip->lines |= bit;
	} else {
		chip->edges &= (uint8_t)~bit;
		chip->lines &= (uint8_t)~bit;
	}
	update(pic);
}

static void reset_chip(struct chip *chip)
{
	uint8_t lines = chip->lines;

	begin_init(chip, ICW1);
	*chip = (struct chip){ .pic = chip->pic, .lines = lines };
}

void pic_reset(struct pic *pic)
{
	reset_chip(&pic->master);
	reset_chip(&pic->slave);
	update(pic);
}

int pic_new(const struct pic_ops *ops, void *opaque, struct pic **ret_pic)
{
	struct pic *pic = calloc(1, sizeof(*pic));

	if (!pic)
		return -ENOMEM;
	pic->ops = ops;
	pic->opaque = opaque;
	pic->master.pic = pic->slave.pic = pic;
	*ret_pic = pic;
	return 0;
}

struct pic *pic_free(struct pic *pic)
{
	free(pic);
	return NULL;
}

/* --- saved state --------------------------------------------------------------------------------- */

static void chip_state(struct chip *chip, struct state *state)
{
	state_u8(state, &chip->lines);
	state_u8(state, &chip->edges);
	state_u8(state, &chip->imr);
	state_u8(state, &chip->isr);
	state_u8(state, &chip->elcr);
	state_u8_max(state, &chip->first, 7);
	state_u8(state, &chip->vector_base);
	state_u8_max(state, &chip->icw_expected, 4);
	state_bool(state, &chip->icw1_level);
	state_bool(state, &chip->icw1_single);
	state_bool(state, &chip->icw1_wants_icw4);
	state_bool(state, &chip->auto_eoi);
	state_bool(state, &chip->rotate_on_auto_eoi);
	state_bool(state, &chip->special_mask);
	state_bool(state, &chip->special_fully_nested);
	state_bool(state, &chip->reads_isr);
	state_bool(state, &chip->poll);
}

void pic_state(struct pic *pic, struct state *state)
{
	if (!state_begin(state, "pic", 1))
		return;
	chip_state(&pic->master, state);
	chip_state(&pic->slave, state);
	state_end(state);
	if (!state_is_reading(state))
		return;
	pic->intr = pending_input(&pic->master) >= 0;
	pic->ops->set_intr(pic->opaque, pic->intr);
}
