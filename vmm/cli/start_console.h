/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal manager, in place of this program. */
#ifndef CLI_START_CONSOLE_H
#define CLI_START_CONSOLE_H

/* Comes back when this is no terminal, or the manager is not installed. */
void start_console(void);

#endif
