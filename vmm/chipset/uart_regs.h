/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of the PC16550D (data sheet, table II and section 8). */
#ifndef CHIPSET_UART_REGS_H
#define CHIPSET_UART_REGS_H

enum uart_register {
	UART_DATA = 0, /* and divisor low */
	UART_IER = 1,  /* and divisor high */
	UART_IIR = 2,  /* read; FCR when written */
	UART_LCR = 3,
	UART_MCR = 4,
	UART_LSR = 5,
	UART_MSR = 6,
	UART_SCRATCH = 7,
};

enum {
	UART_IER_DATA = 1 << 0,
	UART_IER_THRE = 1 << 1,
	UART_IER_LINE = 1 << 2,
	UART_IER_MODEM = 1 << 3,

	UART_IIR_NONE = 0x01,
	UART_IIR_MODEM = 0x00,
	UART_IIR_THRE = 0x02,
	UART_IIR_DATA = 0x04,
	UART_IIR_LINE = 0x06,
	UART_IIR_TIMEOUT = 0x0c,
	UART_IIR_FIFOS = 0xc0,

	UART_FCR_ENABLE = 1 << 0,
	UART_FCR_CLEAR_RX = 1 << 1, /* bit 2 clears the transmitter, which is never waiting */
	UART_FCR_TRIGGER_SHIFT = 6,

	UART_LCR_DLAB = 1 << 7,

	UART_MCR_DTR = 1 << 0,
	UART_MCR_RTS = 1 << 1,
	UART_MCR_OUT1 = 1 << 2,
	UART_MCR_OUT2 = 1 << 3,
	UART_MCR_LOOP = 1 << 4,
	UART_MCR_ALL = 0x1f,

	UART_LSR_DR = 1 << 0,
	UART_LSR_OE = 1 << 1,
	UART_LSR_PE = 1 << 2,
	UART_LSR_FE = 1 << 3,
	UART_LSR_BI = 1 << 4,
	UART_LSR_THRE = 1 << 5,
	UART_LSR_TEMT = 1 << 6,
	UART_LSR_FIFO_ERROR = 1 << 7,

	UART_MSR_DCTS = 1 << 0,
	UART_MSR_DDSR = 1 << 1,
	UART_MSR_TERI = 1 << 2,
	UART_MSR_DDCD = 1 << 3,
	UART_MSR_CTS = 1 << 4,
	UART_MSR_DSR = 1 << 5,
	UART_MSR_RI = 1 << 6,
	UART_MSR_DCD = 1 << 7,
};

#endif
