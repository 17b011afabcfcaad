/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-display with a machine and a service that are played by hand, message by message. What cannot be
 * done ends the program. Threads: one.
 */
#ifndef TESTS_HAND_MACHINE_H
#define TESTS_HAND_MACHINE_H

#include "link/link.h"
#include "ui/display_proto.h"
#include "ui/framebuffer.h"

#include <stdbool.h>
#include <sys/types.h>

enum { HAND_WIDTH = 320, HAND_HEIGHT = 200, HAND_SECONDS = 20 };

struct hand_machine {
	struct framebuffer *framebuffer;
	int display; /* the machine's end of its socket */
	int service; /* the service's end of the link */
	pid_t pid;   /* of the display */
};

void hand_machine_init(struct hand_machine *machine, const char *program);
/* The display must end with status 0. */
void hand_machine_deinit(struct hand_machine *machine);

/* A link message, and its sending, which frees it. */
struct link_message *hand_message(const char *verb);
void hand_tell(const struct hand_machine *machine, struct link_message *message);
/* The next message, which must be this one; to be freed. */
struct link_message *hand_hear(const struct hand_machine *machine, const char *verb);
/* A connected socket of a new viewer. */
int hand_viewer(const struct hand_machine *machine, unsigned id, bool is_view_only, bool must_prove);

/* The picture: what every pixel has at first; another colour everywhere; telling that something changed. */
uint32_t hand_pixel(unsigned x, unsigned y);
void hand_fill(struct hand_machine *machine, uint32_t colour);
void hand_drawn(const struct hand_machine *machine);
/* The next message of this kind, others are passed over; false: none came in time. */
bool hand_expect(const struct hand_machine *machine, enum display_kind kind,
		 struct display_message *ret_message);

#endif
