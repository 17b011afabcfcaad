/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who guesses passwords is kept out for a while: a minute after DISPLAY_GUESSES wrong ones, then twice as
 * long for each further one, up to an hour. By address; of IPv6 by the first 64 bits, which one customer has.
 *
 * Limits     DISPLAY_ADDRESSES are remembered; the one that was wrong longest ago is forgotten for a new one.
 * Time       in seconds, the caller's.
 */
#ifndef SERVICE_DISPLAY_LOCKOUT_H
#define SERVICE_DISPLAY_LOCKOUT_H

#include <gio/gio.h>

enum { DISPLAY_GUESSES = 5, DISPLAY_LOCK_S = 60, DISPLAY_LOCK_MAX_S = 3600, DISPLAY_ADDRESSES = 1024 };

struct display_lockout;

struct display_lockout *display_lockout_new(void);
struct display_lockout *display_lockout_free(struct display_lockout *lockout);
/* 0: it may try; else how long it has to wait. */
gint64 display_lockout_wait(const struct display_lockout *lockout, GInetAddress *address, gint64 now);
/* TRUE: it is kept out from now on. */
gboolean display_lockout_wrong(struct display_lockout *lockout, GInetAddress *address, gint64 now);
void display_lockout_right(struct display_lockout *lockout, GInetAddress *address);

#endif
