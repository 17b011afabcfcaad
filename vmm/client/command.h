/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line that does the same: what every summary shows, to be copied into a shell. */
#ifndef CLIENT_COMMAND_H
#define CLIENT_COMMAND_H

#include <glib.h>

/* One word as a POSIX shell reads it: quoted only where it must be. Free it. */
char *vmc_shell_word(const char *word);
/* "bulkhead vm off 'my web' --host alice@lab"; `words` without the program, NULL-terminated. `place` as
 * vmc_connect() has it. Free it. */
char *vmc_command(const char *place, const char *const *words);

#endif
