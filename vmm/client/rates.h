/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One machine's figures over time, made of what GetStatistics says now and then: what only grows becomes a
 * rate. The latest VMC_SAMPLES_MAX are kept.
 */
#ifndef CLIENT_RATES_H
#define CLIENT_RATES_H

#include <glib.h>

enum { VMC_SAMPLES_MAX = 240 };

enum vmc_measure {
	VMC_CPU,       /* 0 to 1 of its processors */
	VMC_MEMORY,    /* bytes that it takes of the host */
	VMC_DISK,      /* bytes a second, both ways */
	VMC_NETWORK,   /* bytes a second, both ways */
	VMC_DISK_READ, /* bytes a second */
	VMC_DISK_WRITTEN,
	VMC_DISK_OPERATIONS,  /* reads and writes a second */
	VMC_NETWORK_RECEIVED, /* by the guest: bytes a second */
	VMC_NETWORK_SENT,
	VMC_NETWORK_PACKETS, /* a second, both ways */
	VMC_EXITS,	     /* a second, of all VPs */
	VMC_INTERRUPTS,	     /* by VMBus channels, a second */
	VMC_MEASURES,
};

struct vmc_rates;

struct vmc_rates *vmc_rates_new(void);
struct vmc_rates *vmc_rates_free(struct vmc_rates *rates);
/*
 * `statistics`: a{sv}; `processors`: of the machine; `now`: microseconds that never go back. The first one,
 * and the first after the machine began anew, gives no rate.
 */
void vmc_rates_take(struct vmc_rates *rates, GVariant *statistics, guint64 processors, gint64 now);
/* Up to `count` values, the latest last; returns how many. */
guint vmc_rates_get(const struct vmc_rates *rates, enum vmc_measure measure, double *values, guint count);
/* Whether the last statistics told it. */
gboolean vmc_rates_has(const struct vmc_rates *rates, enum vmc_measure measure);

#endif
