/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line says to its user: one sentence on stderr, "bulkhead: ...". */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

/* Control characters in it (from file names, from a guest) are shown as '?'. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
