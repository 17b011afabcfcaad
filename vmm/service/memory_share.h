/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How memory is divided among machines with dynamic memory: arithmetic only.
 *
 * What a machine wants is its demand and its buffer, within its minimum and maximum. When there is enough,
 * each gets that. When there is not, each gets its minimum, and the rest goes to those that want more in
 * proportion to their weights.
 */
#ifndef SERVICE_MEMORY_SHARE_H
#define SERVICE_MEMORY_SHARE_H

#include <glib.h>

struct memory_claim { /* all in MiB */
	guint64 minimum, maximum;
	guint64 demand; /* 0: unknown; it wants what it has */
	guint64 buffer_percent;
	guint64 weight;	  /* 0 to 100 */
	guint64 assigned; /* what it has */
	guint64 share;	  /* the result */
};

/* TRUE: not all get what they want. Minimums are never cut, whatever `pool` is. */
gboolean memory_share(struct memory_claim *claims, gsize count, guint64 pool);

/*
 * What the machine is asked to have next. It grows at once, and shrinks at once when others need it;
 * otherwise it gives back what it does not want bit by bit, and small differences do not count.
 */
guint64 memory_step(const struct memory_claim *claim, gboolean is_short);

enum memory_status { MEMORY_UNKNOWN, MEMORY_OK, MEMORY_LOW, MEMORY_WARNING };

/* Low: less than half of its buffer is left; warning: less than its demand. */
enum memory_status memory_status(guint64 assigned, guint64 demand, guint64 buffer_percent);
const char *memory_status_name(enum memory_status status); /* "", "ok", "low", "warning" */

#endif
