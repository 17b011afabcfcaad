/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that all consoles show: states, sizes, times. Free each with g_free(). */
#ifndef CLIENT_WORDING_H
#define CLIENT_WORDING_H

#include <glib.h>

char *vmc_state_text(const char *state);      /* "Running"; a state of a newer service as it is */
gboolean vmc_is_state(const char *name);      /* "running", "off-critical" */
extern const char vmc_generation_2_refusal[]; /* why it cannot be chosen */
char *vmc_memory_text(guint64 mib);	      /* "1 GiB" */
char *vmc_bytes_text(guint64 bytes);
char *vmc_uptime_text(gint64 started_at);	/* "00:01:02"; "" for 0 */
char *vmc_time_text(gint64 seconds_since_1970); /* "2026-11-22 05:42:21", local */
/* For a terminal: without control characters, whatever a guest or a file put there. */
char *vmc_plain_text(const char *text);

#endif
