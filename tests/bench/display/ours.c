/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead-display, with a machine that this program plays. */
#include "side.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

struct ours {
	struct side side;
	struct rig *rig;
	unsigned viewers;
};

static void draw(struct side *side, const uint32_t *picture, unsigned top, unsigned lines)
{
	rig_draw(((struct ours *)side)->rig, 0, top, WIDTH, lines, picture + (size_t)top * WIDTH, WIDTH);
}

static int connect_viewer(struct side *side)
{
	struct ours *ours = (struct ours *)side;

	return rig_add_viewer(ours->rig, ++ours->viewers, false);
}

static void disconnected(struct side *side)
{
	struct ours *ours = (struct ours *)side;

	rig_expect_gone(ours->rig, ours->viewers);
}

static void free_side(struct side *side)
{
	rig_free(((struct ours *)side)->rig);
	free(side);
}

struct side *side_new_ours(const char *display_program)
{
	struct ours *ours = calloc(1, sizeof(*ours));

	if (!ours)
		exit(1);
	ours->rig = rig_new(display_program, WIDTH, HEIGHT);
	ours->side = (struct side){ "bulkhead",	    rig_display(ours->rig), draw,
				    connect_viewer, disconnected,	    free_side };
	return &ours->side;
}
