/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead run`: an ephemeral machine whose serial port is this terminal. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

/* argv[0] is "run". Returns the exit status (exit_status.h). */
int command_run(int argc, char **argv);

#endif
