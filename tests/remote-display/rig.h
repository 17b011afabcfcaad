/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-display with a machine and a service that this program plays: what tests of viewers and the
 * benchmark stand on. What cannot be set up ends the program.
 *
 * Threads    The machine has one of its own; all calls are allowed from any other.
 */
#ifndef TESTS_DISPLAY_RIG_H
#define TESTS_DISPLAY_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct rig;

struct rig_event {
	char kind; /* 'k': key, is down; 'm': dx, dy, wheel, buttons; 'p': x, y, wheel, buttons */
	int a, b, c, d;
};

struct rig *rig_new(const char *display_program, unsigned width, unsigned height);
/* The display must end with status 0; returns NULL. */
struct rig *rig_free(struct rig *rig);
pid_t rig_display(const struct rig *rig);
/* A connected socket of a new viewer. */
int rig_add_viewer(struct rig *rig, unsigned id, bool is_view_only);
/* What viewers must prove from now on that come "by TCP", and the page for browsers (web.h). Files, or -1; taken. */
struct rig_security {
	const char *password;
	int web, certificate, key;
	bool needs_tls;
};
void rig_set_security(struct rig *rig, const struct rig_security *security);
int rig_add_tcp_viewer(struct rig *rig, unsigned id);
/* Waits until the display says that it is gone. */
void rig_expect_gone(struct rig *rig, unsigned id);

/* A new size, filled with a pattern. */
void rig_set_size(struct rig *rig, unsigned width, unsigned height, uint32_t seed);
void rig_get_size(struct rig *rig, unsigned *ret_width, unsigned *ret_height);
/* Draws: width * height of pixels, 0x00RRGGBB, `stride` a line. */
void rig_draw(struct rig *rig, unsigned x, unsigned y, unsigned width, unsigned height,
	      const uint32_t *pixels, unsigned stride);
void rig_fill(struct rig *rig, unsigned x, unsigned y, unsigned width, unsigned height, uint32_t colour);
bool rig_is_equal(struct rig *rig, const uint32_t *pixels, unsigned width, unsigned height, unsigned stride);

/* Waits for it. The events before and including it are forgotten. */
bool rig_expect_event(struct rig *rig, struct rig_event event);
/* The oldest event; false: none came in this time. */
bool rig_next_event(struct rig *rig, unsigned timeout_ms, struct rig_event *ret_event);

#endif
