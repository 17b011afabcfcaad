/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's terminal in raw mode, and back again whatever happens to this program (short of SIGKILL).
 * Threads: one terminal in the program, its main thread.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>

/*
 * True when `fd` is a terminal and is raw now; it is restored at exit and in the handlers of fatal signals.
 */
bool terminal_make_raw(int fd);
void terminal_restore(void);
/* After SIGCONT: raw again, if it was and if we are in the foreground. */
void terminal_resume(void);
bool terminal_is_raw(void);

/*
 * A descriptor of our own, non-blocking and for writing, to the terminal or FIFO behind `fd`; -1 when `fd` is
 * neither, or it cannot be opened. O_NONBLOCK on `fd` itself would hit everybody who shares it: our parent,
 * too.
 */
int terminal_open_again(int fd);

#endif
