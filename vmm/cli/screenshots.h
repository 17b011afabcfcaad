/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of the screen, at times or when a text is on it: a viewer of the machine's display
 * (ui/display_proto.h). Threads: one.
 */
#ifndef CLI_SCREENSHOTS_H
#define CLI_SCREENSHOTS_H

#include "cli/run_options.h"

#include "ui/viewer.h"

#include <poll.h>

struct screenshots {
	const struct run_options *options;
	struct viewer_link viewer; /* fd -1: nothing to do (any more) */
	bool is_asked;		   /* an answer will come */
	uint64_t start_ns;
	uint64_t ask_ns; /* when to ask next */
	bool is_done[RUN_SCREENSHOTS_MAX];
	unsigned done_count;
	bool has_failed;
};

/* fd stays the caller's. */
void screenshots_init(struct screenshots *shots, const struct run_options *options, int fd,
		      uint64_t start_ns);
void screenshots_deinit(struct screenshots *shots);
/* Milliseconds until screenshots_handle() should be called without an event; -1: never. */
int screenshots_prepare(const struct screenshots *shots, struct pollfd *poll, uint64_t now_ns);
void screenshots_handle(struct screenshots *shots, const struct pollfd *poll, uint64_t now_ns);
/*
 * At the end: a sentence for each that was not taken. False when there was one, or one could not be written.
 */
bool screenshots_finish(struct screenshots *shots);

#endif
