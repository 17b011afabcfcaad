/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What machines use, over time: for columns and plots. A console asks for those that it shows, as often as it
 * wants; answers come later and are kept, the latest VMC_SAMPLES_MAX for each machine.
 *
 * Threads    The main context's.
 * Limits     VMC_SAMPLED_MACHINES_MAX machines; those asked for least lately go.
 */
#ifndef CLIENT_SAMPLES_H
#define CLIENT_SAMPLES_H

#include "client/host.h"
#include "client/rates.h"

enum { VMC_SAMPLED_MACHINES_MAX = 1024 };

struct vmc_samples;

/* `on_changed` (may be NULL) after each answer. */
struct vmc_samples *vmc_samples_new(void (*on_changed)(gpointer opaque), gpointer opaque);
struct vmc_samples *vmc_samples_free(struct vmc_samples *samples);
/* Nothing happens while the answer to the last question is outstanding. */
void vmc_samples_ask(struct vmc_samples *samples, VmcHost *host, VmcObject *machine);
/* Up to `count` values, the latest last; returns how many. */
guint vmc_samples_get(struct vmc_samples *samples, VmcHost *host, VmcObject *machine,
		      enum vmc_measure measure, double *values, guint count);
/* The latest; negative: not known. */
double vmc_samples_last(struct vmc_samples *samples, VmcHost *host, VmcObject *machine,
			enum vmc_measure measure);
/* How many of its protections the worker has: "7/7"; "" while that is not known. Free it. */
char *vmc_samples_confinement(struct vmc_samples *samples, VmcHost *host, VmcObject *machine);
/* Whether this service tells it at all. */
gboolean vmc_samples_has(struct vmc_samples *samples, VmcHost *host, VmcObject *machine,
			 enum vmc_measure measure);

#endif
