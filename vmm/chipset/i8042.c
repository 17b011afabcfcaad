/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8042 keyboard controller. */
#include <errno.h>
#include <stdlib.h>

#include "i8042.h"
#include "io_bus.h"
#include "scancodes.h"
#include "state/state.h"

enum {
	STATUS_OBF = 1 << 0, /* output buffer full: a byte for the host */
	STATUS_SYSTEM = 1 << 2,
	STATUS_COMMAND = 1 << 3, /* the last write went to port 64h */
	STATUS_UNLOCKED = 1 << 4,
	STATUS_MOUSE = 1 << 5, /* the byte is from the mouse */
	STATUS_TIMEOUT = 1 << 6,

	MODE_KEYBOARD_INT = 1 << 0,
	MODE_MOUSE_INT = 1 << 1,
	MODE_SYSTEM = 1 << 2,
	MODE_KEYBOARD_OFF = 1 << 4,
	MODE_MOUSE_OFF = 1 << 5,
	MODE_TRANSLATE = 1 << 6,

	COMMAND_READ_RAM = 0x20, /* 20h..3Fh; 0 is the command byte (mode) */
	COMMAND_WRITE_RAM = 0x60,
	COMMAND_MOUSE_OFF = 0xa7,
	COMMAND_MOUSE_ON = 0xa8,
	COMMAND_MOUSE_TEST = 0xa9,
	COMMAND_SELF_TEST = 0xaa,
	COMMAND_KEYBOARD_TEST = 0xab,
	COMMAND_KEYBOARD_OFF = 0xad,
	COMMAND_KEYBOARD_ON = 0xae,
	COMMAND_READ_INPUT_PORT = 0xc0,
	COMMAND_READ_OUTPUT_PORT = 0xd0,
	COMMAND_WRITE_OUTPUT_PORT = 0xd1,
	COMMAND_WRITE_KEYBOARD_BUFFER = 0xd2,
	COMMAND_WRITE_MOUSE_BUFFER = 0xd3,
	COMMAND_WRITE_MOUSE = 0xd4,
	COMMAND_PULSE = 0xf0, /* F0h..FFh: bits that are 0 pulse that output line; bit 0 is the reset */

	OUTPUT_NO_RESET = 1 << 0,
	OUTPUT_A20 = 1 << 1,
	OUTPUT_KEYBOARD_FULL = 1 << 4,
	OUTPUT_MOUSE_FULL = 1 << 5,

	REPLY_SELF_TEST = 0x55,
	REPLY_TIMEOUT = 0xfe,
	SET2_BREAK = 0xf0,
	SET1_BREAK = 0x80,
	FLAGS_SHIFT = 8, /* a queued answer carries its status bits above its byte */
};

struct port {
	const struct ps2_device_ops *ops;
	void *opaque;
};

struct i8042 {
	struct irq_line irqs[2];
	const struct reset_ops *ops;
	void *opaque;
	struct port ports[2];

	uint8_t ram[32]; /* [0] is the mode */
	uint8_t status, output_port;
	uint8_t parameter_of; /* the command that waits for a byte at port 60h, or 0 */
	uint8_t data;
	bool is_break; /* translation: F0h was read, its code not yet */
	uint16_t queue[I8042_QUEUE_MAX];
	unsigned queue_first, queue_count;
};

static void update_irqs(struct i8042 *i8042)
{
	bool is_full = i8042->status & STATUS_OBF, is_mouse = i8042->status & STATUS_MOUSE;

	irq_line_set(&i8042->irqs[I8042_KEYBOARD], is_full && !is_mouse && i8042->ram[0] & MODE_KEYBOARD_INT);
	irq_line_set(&i8042->irqs[I8042_MOUSE], is_full && is_mouse && i8042->ram[0] & MODE_MOUSE_INT);
}

static void offer(struct i8042 *i8042, uint8_t byte, uint8_t flags)
{
	i8042->data = byte;
	i8042->status = (i8042->status & ~(STATUS_MOUSE | STATUS_TIMEOUT)) | flags | STATUS_OBF;
}

/* Set 2 to set 1: F0h is left out and sets the top bit of the code after it. */
static int translate(struct i8042 *i8042, int byte)
{
	struct port *port = &i8042->ports[I8042_KEYBOARD];

	if (!(i8042->ram[0] & MODE_TRANSLATE))
		return byte;
	if (byte == SET2_BREAK) {
		i8042->is_break = true;
		byte = port->ops->read(port->opaque);
		if (byte < 0)
			return byte;
	}
	byte = scancode_set2_to_set1((uint8_t)byte) | (i8042->is_break ? SET1_BREAK : 0);
	i8042->is_break = false;
	return byte;
}

static bool offer_from_port(struct i8042 *i8042, unsigned index)
{
	struct port *port = &i8042->ports[index];
	uint8_t off = index == I8042_MOUSE ? MODE_MOUSE_OFF : MODE_KEYBOARD_OFF;
	int byte;

	if (!port->ops || i8042->ram[0] & off)
		return false;
	byte = port->ops->read(port->opaque);
	if (byte >= 0 && index == I8042_KEYBOARD)
		byte = translate(i8042, byte);
	if (byte < 0)
		return false;
	offer(i8042, (uint8_t)byte, index == I8042_MOUSE ? STATUS_MOUSE : 0);
	return true;
}

/* Fills the output buffer when it is free: answers of the controller first. */
static void refill(struct i8042 *i8042)
{
	uint16_t answer;

	if (!(i8042->status & STATUS_OBF)) {
		if (i8042->queue_count) {
			answer = i8042->queue[i8042->queue_first];
			i8042->queue_first = (i8042->queue_first + 1) % I8042_QUEUE_MAX;
			i8042->queue_count--;
			offer(i8042, (uint8_t)answer, (uint8_t)(answer >> FLAGS_SHIFT));
		} else if (!offer_from_port(i8042, I8042_KEYBOARD)) {
			offer_from_port(i8042, I8042_MOUSE);
		}
	}
	update_irqs(i8042);
}

/* A guest that asks without reading loses answers. */
static void answer(struct i8042 *i8042, uint8_t byte, uint8_t flags)
{
	if (i8042->queue_count == I8042_QUEUE_MAX)
		return;
	i8042->queue[(i8042->queue_first + i8042->queue_count++) % I8042_QUEUE_MAX] =
	    (uint16_t)(flags << FLAGS_SHIFT | byte);
}

static void send_to_device(struct i8042 *i8042, unsigned index, uint8_t byte)
{
	struct port *port = &i8042->ports[index];

	if (index == I8042_KEYBOARD)
		i8042->ram[0] &= (uint8_t)~MODE_KEYBOARD_OFF; /* sending starts the clock */
	if (port->ops)
		port->ops->write(port->opaque, byte);
	else
		answer(i8042, REPLY_TIMEOUT, STATUS_TIMEOUT | (index == I8042_MOUSE ? STATUS_MOUSE : 0));
}

static void write_output_port(struct i8042 *i8042, uint8_t value)
{
	i8042->output_port = value & OUTPUT_A20;
	if (!(value & OUTPUT_NO_RESET))
		i8042->ops->on_reset(i8042->opaque);
}

static uint8_t read_output_port(const struct i8042 *i8042)
{
	uint8_t value = i8042->output_port | OUTPUT_NO_RESET;

	if (i8042->status & STATUS_OBF)
		value |= i8042->status & STATUS_MOUSE ? OUTPUT_MOUSE_FULL : OUTPUT_KEYBOARD_FULL;
	return value;
}

static void self_test(struct i8042 *i8042)
{
	i8042->ram[0] |= MODE_SYSTEM;
	i8042->status |= STATUS_SYSTEM;
	answer(i8042, REPLY_SELF_TEST, 0);
}

static void write_command(struct i8042 *i8042, uint8_t command)
{
	i8042->status |= STATUS_COMMAND;
	i8042->parameter_of = 0;
	switch (command) {
	case COMMAND_READ_RAM ... COMMAND_READ_RAM + 31: answer(i8042, i8042->ram[command & 31], 0); break;
	case COMMAND_MOUSE_OFF: i8042->ram[0] |= MODE_MOUSE_OFF; break;
	case COMMAND_MOUSE_ON: i8042->ram[0] &= (uint8_t)~MODE_MOUSE_OFF; break;
	case COMMAND_MOUSE_TEST:
	case COMMAND_KEYBOARD_TEST: answer(i8042, 0, 0); break;
	case COMMAND_SELF_TEST: self_test(i8042); break;
	case COMMAND_KEYBOARD_OFF: i8042->ram[0] |= MODE_KEYBOARD_OFF; break;
	case COMMAND_KEYBOARD_ON: i8042->ram[0] &= (uint8_t)~MODE_KEYBOARD_OFF; break;
	case COMMAND_READ_INPUT_PORT: answer(i8042, 0x80, 0); break; /* keyboard not locked */
	case COMMAND_READ_OUTPUT_PORT: answer(i8042, read_output_port(i8042), 0); break;
	case COMMAND_WRITE_RAM ... COMMAND_WRITE_RAM + 31:
	case COMMAND_WRITE_OUTPUT_PORT:
	case COMMAND_WRITE_KEYBOARD_BUFFER:
	case COMMAND_WRITE_MOUSE_BUFFER:
	case COMMAND_WRITE_MOUSE: i8042->parameter_of = command; break;
	case COMMAND_PULSE ... COMMAND_PULSE + 15:
		if (!(command & OUTPUT_NO_RESET))
			i8042->ops->on_reset(i8042->opaque);
		break;
	}
}

static void write_ram(struct i8042 *i8042, unsigned index, uint8_t value)
{
	i8042->ram[index] = value;
	if (index == 0)
		i8042->status = (i8042->status & ~STATUS_SYSTEM) | (value & MODE_SYSTEM ? STATUS_SYSTEM : 0);
}

static void write_parameter(struct i8042 *i8042, uint8_t command, uint8_t value)
{
	switch (command) {
	case COMMAND_WRITE_OUTPUT_PORT: write_output_port(i8042, value); break;
	case COMMAND_WRITE_KEYBOARD_BUFFER: answer(i8042, value, 0); break;
	case COMMAND_WRITE_MOUSE_BUFFER: answer(i8042, value, STATUS_MOUSE); break;
	case COMMAND_WRITE_MOUSE: send_to_device(i8042, I8042_MOUSE, value); break;
	default: write_ram(i8042, command & 31, value); break;
	}
}

static void data_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct i8042 *i8042 = opaque;
	uint8_t command = i8042->parameter_of;

	i8042->status &= (uint8_t)~STATUS_COMMAND;
	i8042->parameter_of = 0;
	if (command)
		write_parameter(i8042, command, (uint8_t)value);
	else
		send_to_device(i8042, I8042_KEYBOARD, (uint8_t)value);
	refill(i8042);
}

static uint64_t data_read(void *opaque, uint64_t offset, unsigned size)
{
	struct i8042 *i8042 = opaque;
	uint8_t byte = i8042->data;

	/* The line falls before the next byte raises it: each byte is an edge. */
	i8042->status &= (uint8_t)~STATUS_OBF;
	update_irqs(i8042);
	refill(i8042);
	return byte;
}

static uint64_t status_read(void *opaque, uint64_t offset, unsigned size)
{
	struct i8042 *i8042 = opaque;

	return i8042->status;
}

static void command_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct i8042 *i8042 = opaque;

	write_command(i8042, (uint8_t)value);
	refill(i8042);
}

static const struct io_handler data_handler = { data_read, data_write, 1 };
static const struct io_handler command_handler = { status_read, command_write, 1 };

int i8042_attach(struct i8042 *i8042, struct io_bus *bus)
{
	int r = io_bus_add_ports(bus, 0x60, 1, &data_handler, i8042);

	return r < 0 ? r : io_bus_add_ports(bus, 0x64, 1, &command_handler, i8042);
}

void i8042_connect(struct i8042 *i8042, unsigned port, const struct ps2_device_ops *ops, void *opaque)
{
	i8042->ports[port & 1] = (struct port){ ops, opaque };
}

void i8042_device_ready(struct i8042 *i8042, unsigned port)
{
	refill(i8042);
}

void i8042_reset(struct i8042 *i8042)
{
	for (unsigned i = 0; i < 2; i++)
		if (i8042->ports[i].ops)
			i8042->ports[i].ops->reset(i8042->ports[i].opaque);
	for (unsigned i = 0; i < sizeof(i8042->ram); i++)
		i8042->ram[i] = 0;
	i8042->ram[0] = MODE_TRANSLATE | MODE_KEYBOARD_OFF | MODE_MOUSE_OFF;
	i8042->status = STATUS_UNLOCKED;
	i8042->output_port = OUTPUT_A20;
	i8042->parameter_of = 0;
	i8042->is_break = false;
	i8042->queue_first = i8042->queue_count = 0;
	update_irqs(i8042);
}

int i8042_new(const struct irq_line irqs[2], const struct reset_ops *ops, void *opaque,
	      struct i8042 **ret_i8042)
{
	struct i8042 *i8042 = calloc(1, sizeof(*i8042));

	if (!i8042)
		return -ENOMEM;
	i8042->irqs[0] = irqs[0];
	i8042->irqs[1] = irqs[1];
	i8042->ops = ops;
	i8042->opaque = opaque;
	i8042_reset(i8042);
	*ret_i8042 = i8042;
	return 0;
}

struct i8042 *i8042_free(struct i8042 *i8042)
{
	free(i8042);
	return NULL;
}

void i8042_state(struct i8042 *i8042, struct state *state)
{
	if (!state_begin(state, "i8042", 1))
		return;
	state_bytes(state, i8042->ram, sizeof(i8042->ram));
	state_u8(state, &i8042->status);
	state_u8(state, &i8042->output_port);
	state_u8(state, &i8042->parameter_of);
	state_u8(state, &i8042->data);
	state_bool(state, &i8042->is_break);
	for (unsigned i = 0; i < I8042_QUEUE_MAX; i++)
		state_u16(state, &i8042->queue[i]);
	state_u32_max(state, &i8042->queue_first, I8042_QUEUE_MAX - 1);
	state_u32_max(state, &i8042->queue_count, I8042_QUEUE_MAX);
	state_end(state);
}
