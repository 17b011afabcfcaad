/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What running machines use, second by second: for columns and plots; the figures are those of
 * client/samples.h. At most SAMPLES_A_TICK machines are asked in a second, in turn, so that a host with
 * hundreds of them costs no more than one with a few.
 *
 * Signals    None: who shows it looks once a second (gui_samples_watch()).
 */
#ifndef GUI_SAMPLES_H
#define GUI_SAMPLES_H

#include "client/samples.h"

enum { GUI_SAMPLES_MAX = 120 };

/* Once a second, until gui_samples_unwatch(). While nobody watches, nothing is asked. */
guint gui_samples_watch(VmcHost *host, void (*fn)(gpointer), gpointer opaque);
void gui_samples_unwatch(VmcHost *host, guint id);
/* This one is asked every second, whatever its turn; NULL: none. */
void gui_samples_prefer(VmcHost *host, const char *path);

/* Newest last; how many. */
unsigned gui_samples_get(VmcHost *host, const char *path, enum vmc_measure measure,
			 double values[GUI_SAMPLES_MAX]);
double gui_samples_last(VmcHost *host, const char *path, enum vmc_measure measure); /* -1: not known */
double gui_samples_cpu(VmcHost *host, const char *path);	/* percent of its processors; -1: not known */
char *gui_samples_confinement(VmcHost *host, const char *path); /* "7/7"; "" */

#endif
