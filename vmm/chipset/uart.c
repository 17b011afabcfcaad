/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 16550A serial port. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io_bus.h"
#include "uart.h"
#include "uart_regs.h"
#include "vm_clock.h"
#include "state/state.h"

enum {
	ERROR_SHIFT = 8, /* a received character carries its LSR bits above its byte */
	ERRORS = UART_LSR_PE | UART_LSR_FE | UART_LSR_BI,
	POLLS_FOR_INPUT = 16, /* so many looks at LSR with nothing to wait for but input */
};

struct uart {
	struct vm_clock *clock;
	struct irq_line irq;
	struct vm_timer *batch_timer;
	const struct uart_ops *ops;
	void *opaque;

	uint8_t ier, fcr, lcr, mcr, msr, scratch;
	uint16_t divisor;
	bool thre_pending; /* the transmitter became empty and IIR did not tell yet */
	bool overrun;
	bool has_carrier;
	bool had_rts;	/* since reset */
	unsigned polls; /* of LSR in a row */

	uint16_t rx[UART_FIFO_SIZE];
	unsigned rx_first, rx_count;
	bool wants_room;

	uint8_t output[UART_OUTPUT_MAX];
	size_t output_first, output_count;
	bool is_output_told;
};

/* --- interrupts ---------------------------------------------------------------------------------- */

static bool has_fifos(const struct uart *uart)
{
	return uart->fcr & UART_FCR_ENABLE;
}

static unsigned rx_size(const struct uart *uart)
{
	return has_fifos(uart) ? UART_FIFO_SIZE : 1;
}

static unsigned rx_trigger(const struct uart *uart)
{
	static const uint8_t triggers[4] = { 1, 4, 8, 14 };

	return has_fifos(uart) ? triggers[uart->fcr >> UART_FCR_TRIGGER_SHIFT] : 1;
}

static bool is_transmitter_empty(const struct uart *uart)
{
	return UART_OUTPUT_MAX - uart->output_count >= UART_FIFO_SIZE;
}

/* PE, FE and BI belong to the character at the front (data sheet 8.4). */
static uint8_t line_status(const struct uart *uart)
{
	uint8_t lsr = is_transmitter_empty(uart) ? UART_LSR_THRE | UART_LSR_TEMT : 0;

	if (uart->rx_count)
		lsr |= UART_LSR_DR | uart->rx[uart->rx_first] >> ERROR_SHIFT;
	if (uart->overrun)
		lsr |= UART_LSR_OE;
	if (has_fifos(uart))
		for (unsigned i = 0; i < uart->rx_count; i++)
			if (uart->rx[(uart->rx_first + i) % UART_FIFO_SIZE] >> ERROR_SHIFT)
				lsr |= UART_LSR_FIFO_ERROR;
	return lsr;
}

/* The interrupt with the highest priority (data sheet, table IV). */
static uint8_t interrupt(const struct uart *uart)
{
	if (uart->ier & UART_IER_LINE && line_status(uart) & (UART_LSR_OE | ERRORS))
		return UART_IIR_LINE;
	if (uart->ier & UART_IER_DATA && uart->rx_count >= rx_trigger(uart))
		return UART_IIR_DATA;
	if (uart->ier & UART_IER_DATA && uart->rx_count)
		return UART_IIR_TIMEOUT;
	if (uart->ier & UART_IER_THRE && uart->thre_pending)
		return UART_IIR_THRE;
	if (uart->ier & UART_IER_MODEM && uart->msr & 0x0f)
		return UART_IIR_MODEM;
	return UART_IIR_NONE;
}

static void update_irq(struct uart *uart)
{
	irq_line_set(&uart->irq, interrupt(uart) != UART_IIR_NONE && uart->mcr & UART_MCR_OUT2);
}

/* --- modem lines --------------------------------------------------------------------------------- */

static void update_modem(struct uart *uart)
{
	uint8_t old = uart->msr, lines = 0;

	if (uart->mcr & UART_MCR_LOOP) {
		lines |= uart->mcr & UART_MCR_RTS ? UART_MSR_CTS : 0;
		lines |= uart->mcr & UART_MCR_DTR ? UART_MSR_DSR : 0;
		lines |= uart->mcr & UART_MCR_OUT1 ? UART_MSR_RI : 0;
		lines |= uart->mcr & UART_MCR_OUT2 ? UART_MSR_DCD : 0;
	} else if (uart->has_carrier) {
		lines = UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD;
	}
	uart->msr =
	    lines | (old & 0x0f) | ((old ^ lines) >> 4 & (UART_MSR_DCTS | UART_MSR_DDSR | UART_MSR_DDCD));
	if (old & UART_MSR_RI && !(lines & UART_MSR_RI))
		uart->msr |= UART_MSR_TERI;
}

void uart_set_carrier(struct uart *uart, bool is_present)
{
	uart->has_carrier = is_present;
	update_modem(uart);
	update_irq(uart);
}

/* --- receiver ------------------------------------------------------------------------------------ */

static bool rx_push(struct uart *uart, uint16_t character)
{
	if (uart->rx_count >= rx_size(uart))
		return false;
	uart->rx[(uart->rx_first + uart->rx_count++) % UART_FIFO_SIZE] = character;
	return true;
}

static bool takes_input(const struct uart *uart)
{
	if (uart->mcr & UART_MCR_LOOP)
		return false;
	return uart->mcr & UART_MCR_RTS || (!uart->had_rts && uart->polls >= POLLS_FOR_INPUT);
}

size_t uart_input_room(struct uart *uart)
{
	size_t room = takes_input(uart) ? rx_size(uart) - uart->rx_count : 0;

	if (room == 0)
		uart->wants_room = true;
	return room;
}

size_t uart_input(struct uart *uart, const uint8_t *bytes, size_t count)
{
	size_t room = uart_input_room(uart);
	size_t taken = count < room ? count : room;

	for (size_t i = 0; i < taken; i++)
		rx_push(uart, bytes[i]);
	if (taken < count)
		uart->wants_room = true;
	update_irq(uart);
	return taken;
}

void uart_input_break(struct uart *uart)
{
	if (!rx_push(uart, UART_LSR_BI << ERROR_SHIFT))
		uart->overrun = true;
	update_irq(uart);
}

/*
 * The backend waits for room: tell it when the receiver is empty, so that it comes with a FIFO full at once.
 */
static void tell_room(struct uart *uart)
{
	if (!uart->wants_room || uart->rx_count || !takes_input(uart))
		return;
	uart->wants_room = false;
	if (uart->ops->on_input_room)
		uart->ops->on_input_room(uart->opaque);
}

static uint8_t read_data(struct uart *uart)
{
	uint8_t byte;

	if (uart->rx_count == 0)
		return 0;
	byte = (uint8_t)uart->rx[uart->rx_first];
	uart->rx_first = (uart->rx_first + 1) % UART_FIFO_SIZE;
	uart->rx_count--;
	tell_room(uart);
	update_irq(uart);
	return byte;
}

static uint8_t read_line_status(struct uart *uart)
{
	uint8_t lsr = line_status(uart);

	uart->overrun = false;
	if (uart->rx_count)
		uart->rx[uart->rx_first] &= 0xff;
	if (!(lsr & UART_LSR_DR) && lsr & UART_LSR_THRE && uart->polls < POLLS_FOR_INPUT)
		uart->polls++;
	tell_room(uart);
	update_irq(uart);
	return lsr;
}

/* --- transmitter --------------------------------------------------------------------------------- */

static void tell_output(struct uart *uart)
{
	uart->is_output_told = true;
	vm_timer_set(uart->batch_timer, VM_CLOCK_NEVER);
	uart->ops->on_output(uart->opaque);
}

static void on_batch_timer(void *opaque)
{
	struct uart *uart = opaque;

	if (uart->output_count && !uart->is_output_told)
		tell_output(uart);
}

static void put_output(struct uart *uart, uint8_t byte)
{
	if (!uart->ops->on_output || uart->output_count == UART_OUTPUT_MAX)
		return;
	uart->output[(uart->output_first + uart->output_count++) % UART_OUTPUT_MAX] = byte;
	if (uart->is_output_told)
		return;
	if (uart->output_count >= UART_OUTPUT_MAX / 2)
		tell_output(uart);
	else if (uart->output_count == 1)
		vm_timer_set(uart->batch_timer, vm_clock_now(uart->clock) + UART_BATCH_NS);
}

size_t uart_take_output(struct uart *uart, uint8_t *buffer, size_t size)
{
	size_t count = size < uart->output_count ? size : uart->output_count;
	size_t until_end = UART_OUTPUT_MAX - uart->output_first;
	bool was_empty = is_transmitter_empty(uart);

	if (count <= until_end) {
		memcpy(buffer, uart->output + uart->output_first, count);
	} else {
		memcpy(buffer, uart->output + uart->output_first, until_end);
		memcpy(buffer + until_end, uart->output, count - until_end);
	}
	uart->output_first = (uart->output_first + count) % UART_OUTPUT_MAX;
	uart->output_count -= count;
	if (uart->output_count == 0)
		uart->is_output_told = false;
	if (!was_empty && is_transmitter_empty(uart)) {
		uart->thre_pending = true;
		update_irq(uart);
	}
	return count;
}

static void write_data(struct uart *uart, uint8_t byte)
{
	if (!(uart->mcr & UART_MCR_LOOP))
		put_output(uart, byte);
	else if (!rx_push(uart, byte))
		uart->overrun = true;
	uart->polls = 0;
	uart->thre_pending = is_transmitter_empty(uart);
	update_irq(uart);
}

/* --- registers ----------------------------------------------------------------------------------- */

static uint8_t read_iir(struct uart *uart)
{
	uint8_t iir = interrupt(uart);

	if (iir == UART_IIR_THRE) {
		uart->thre_pending = false;
		update_irq(uart);
	}
	return iir | (has_fifos(uart) ? UART_IIR_FIFOS : 0);
}

static uint8_t read_modem_status(struct uart *uart)
{
	uint8_t msr = uart->msr;

	uart->msr &= 0xf0;
	update_irq(uart);
	return msr;
}

static void write_ier(struct uart *uart, uint8_t value)
{
	uint8_t rises = value & ~uart->ier;

	uart->ier = value & 0x0f;
	if (rises & UART_IER_THRE && is_transmitter_empty(uart))
		uart->thre_pending = true;
}

static void write_fcr(struct uart *uart, uint8_t value)
{
	/*
	 * Switching the FIFOs empties them; the other bits count only with the enable bit (data sheet 8.5).
	 */
	if ((value ^ uart->fcr) & UART_FCR_ENABLE || (value & UART_FCR_ENABLE && value & UART_FCR_CLEAR_RX))
		uart->rx_count = 0;
	uart->fcr = value & UART_FCR_ENABLE ? value & (uint8_t)~UART_FCR_CLEAR_RX : 0;
	tell_room(uart);
}

static void write_mcr(struct uart *uart, uint8_t value)
{
	uart->mcr = value & UART_MCR_ALL;
	if ((uart->mcr & (UART_MCR_RTS | UART_MCR_LOOP)) == UART_MCR_RTS)
		uart->had_rts = true;
	update_modem(uart);
	tell_room(uart);
}

static uint64_t uart_read(void *opaque, uint64_t offset, unsigned size)
{
	struct uart *uart = opaque;
	bool dlab = uart->lcr & UART_LCR_DLAB;

	switch (offset) {
	case UART_DATA: return dlab ? uart->divisor & 0xff : read_data(uart);
	case UART_IER: return dlab ? uart->divisor >> 8 : uart->ier;
	case UART_IIR: return read_iir(uart);
	case UART_LCR: return uart->lcr;
	case UART_MCR: return uart->mcr;
	case UART_LSR: return read_line_status(uart);
	case UART_MSR: return read_modem_status(uart);
	default: return uart->scratch;
	}
}

static void write_divisor(struct uart *uart, uint64_t offset, uint8_t byte)
{
	if (offset == UART_DATA)
		uart->divisor = (uart->divisor & 0xff00) | byte;
	else
		uart->divisor = (uint16_t)(byte << 8) | (uart->divisor & 0xff);
}

static void uart_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct uart *uart = opaque;
	uint8_t byte = (uint8_t)value;

	if (uart->lcr & UART_LCR_DLAB && offset <= UART_IER) {
		write_divisor(uart, offset, byte);
		return;
	}
	switch (offset) {
	case UART_DATA: write_data(uart, byte); return;
	case UART_IER: write_ier(uart, byte); break;
	case UART_IIR: write_fcr(uart, byte); break;
	case UART_LCR: uart->lcr = byte; break;
	case UART_MCR: write_mcr(uart, byte); break;
	case UART_SCRATCH: uart->scratch = byte; break;
	}
	update_irq(uart);
}

static const struct io_handler uart_handler = { uart_read, uart_write, 1 };

int uart_attach(struct uart *uart, struct io_bus *bus, uint16_t port)
{
	return io_bus_add_ports(bus, port, 8, &uart_handler, uart);
}

void uart_reset(struct uart *uart)
{
	uart->ier = uart->fcr = uart->lcr = uart->mcr = uart->msr = uart->scratch = 0;
	uart->divisor = 0;
	uart->thre_pending = uart->overrun = uart->had_rts = false;
	uart->polls = 0;
	uart->rx_first = uart->rx_count = 0;
	update_modem(uart);
	uart->msr &= 0xf0;
	update_irq(uart);
}

int uart_new(struct vm_clock *clock, const struct irq_line *irq, const struct uart_ops *ops, void *opaque,
	     struct uart **ret_uart)
{
	struct uart *uart = calloc(1, sizeof(*uart));
	int r;

	if (!uart)
		return -ENOMEM;
	uart->clock = clock;
	uart->irq = *irq;
	uart->ops = ops;
	uart->opaque = opaque;
	uart->has_carrier = true;
	r = vm_timer_new(clock, on_batch_timer, uart, &uart->batch_timer);
	if (r < 0) {
		free(uart);
		return r;
	}
	uart_reset(uart);
	*ret_uart = uart;
	return 0;
}

struct uart *uart_free(struct uart *uart)
{
	if (!uart)
		return NULL;
	vm_timer_free(uart->batch_timer);
	free(uart);
	return NULL;
}

/* --- saved state --------------------------------------------------------------------------------- */

static void fifo_state(struct uart *uart, struct state *state)
{
	for (unsigned i = 0; i < UART_FIFO_SIZE; i++)
		state_u16(state, &uart->rx[i]);
	state_u32_max(state, &uart->rx_first, UART_FIFO_SIZE - 1);
	state_u32_max(state, &uart->rx_count, UART_FIFO_SIZE);
}

/* In the order in which it goes out. */
static void output_state(struct uart *uart, struct state *state)
{
	uint32_t count = (uint32_t)uart->output_count;

	state_u32_max(state, &count, UART_OUTPUT_MAX);
	for (uint32_t i = 0; i < count; i++)
		state_u8(state, &uart->output[(uart->output_first + i) % UART_OUTPUT_MAX]);
	uart->output_count = count;
}

void uart_state(struct uart *uart, struct state *state, const char *name)
{
	if (!state_begin(state, name, 1))
		return;
	if (state_is_reading(state))
		uart->output_first = 0;
	state_u8(state, &uart->ier);
	state_u8(state, &uart->fcr);
	state_u8(state, &uart->lcr);
	state_u8(state, &uart->mcr);
	state_u8(state, &uart->msr);
	state_u8(state, &uart->scratch);
	state_u16(state, &uart->divisor);
	state_bool(state, &uart->thre_pending);
	state_bool(state, &uart->overrun);
	state_bool(state, &uart->had_rts);
	state_u32_max(state, &uart->polls, POLLS_FOR_INPUT);
	fifo_state(uart, state);
	output_state(uart, state);
	state_end(state);
	if (!state_is_reading(state))
		return;
	uart->wants_room = true; /* whoever has input hears of it */
	uart->is_output_told = false;
	if (uart->output_count > 0)
		vm_timer_set(uart->batch_timer, vm_clock_now(uart->clock) + UART_BATCH_NS);
}
