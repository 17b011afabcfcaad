/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often a guest's screen is drawn, on a clock of the test's own: a hundred changes in each of many rhythms, pictures that take
 * nothing to half a second. Never more than ten pictures begin within a second, changes that are apart are each seen, and the last
 * one is always drawn.
 */
#include "console/pace.h"

#include <stdio.h>

enum { CHANGES = 100, LONGEST_MS = 100000 };

static int failed;

struct run {
	struct pace pace;
	int change_ms, picture_ms;   /* between two changes; what a picture takes */
	int content, drawing, shown; /* numbers of changes */
	int drawn_at, rested_at;     /* -1: none is awaited */
	int begun[LONGEST_MS], pictures;
};

static void fail(const struct run *run, const char *what)
{
	printf("FAILED: a change each %d ms, pictures of %d ms: %s (%d pictures, the last shows %d of %d)\n",
	       run->change_ms, run->picture_ms, what, run->pictures, run->shown, run->content);
	failed++;
}

static void begin(struct run *run, int now, gboolean is_to_begin)
{
	if (!is_to_begin)
		return;
	if (run->drawn_at >= 0)
		fail(run, "two pictures at once");
	run->drawing = run->content;
	run->drawn_at = now + run->picture_ms;
	run->rested_at = now + PACE_MS;
	run->begun[run->pictures++] = now;
}

static void step(struct run *run, int now)
{
	if (run->content < CHANGES && now % run->change_ms == 0) {
		run->content++;
		begin(run, now, pace_changed(&run->pace));
	}
	if (run->drawn_at >= 0 && run->drawn_at <= now) {
		run->drawn_at = -1;
		run->shown = run->drawing;
		begin(run, now, pace_drawn(&run->pace));
	}
	if (run->rested_at >= 0 && run->rested_at <= now) {
		run->rested_at = -1;
		begin(run, now, pace_rested(&run->pace));
	}
}

static void check(struct run *run)
{
	if (run->shown != CHANGES)
		fail(run, "the last change is not shown");
	for (int i = 0; i + 10 < run->pictures; i++)
		if (run->begun[i + 10] - run->begun[i] < 1000) {
			fail(run, "more than ten pictures in a second");
			break;
		}
	/* Each change had time for a picture of its own. */
	if (run->change_ms > PACE_MS && run->change_ms > run->picture_ms && run->pictures != CHANGES)
		fail(run, "changes that were apart are left out");
	/* As many as fit, when there are changes all the time. */
	if (run->change_ms < PACE_MS && run->picture_ms < PACE_MS &&
	    run->pictures < CHANGES * run->change_ms / PACE_MS)
		fail(run, "there was time for more");
}

int main(void)
{
	static const int changes[] = { 1, 5, 10, 33, 50, 99, 100, 101, 150, 700 },
			 pictures[] = { 0, 1, 20, 99, 100, 130, 500 };
	static struct run run;
	int runs = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(changes); i++)
		for (unsigned k = 0; k < G_N_ELEMENTS(pictures); k++) {
			run = (struct run){ .change_ms = changes[i],
					    .picture_ms = pictures[k],
					    .drawn_at = -1,
					    .rested_at = -1 };
			for (int now = 0; now < LONGEST_MS &&
					  (run.content < CHANGES || run.drawn_at >= 0 || run.rested_at >= 0);
			     now++)
				step(&run, now);
			check(&run);
			runs++;
		}
	printf("%d rhythms of %d changes, %d failed\n", runs, CHANGES, failed);
	return failed != 0;
}
