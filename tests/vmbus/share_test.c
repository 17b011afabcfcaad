/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How memory is divided among machines: cases by hand, then random ones against the rules. share_test [SEED]
 */
#include "../service/check.h"

#include "service/memory_share.h"

#include <stdio.h>
#include <stdlib.h>

enum { CLAIMS_MAX = 12, ROUNDS = 20000 };

static struct memory_claim claim(guint64 minimum, guint64 maximum, guint64 demand, guint64 weight)
{
	return (struct memory_claim){ minimum, maximum, demand, 20, weight, .assigned = minimum };
}

static void test_enough(void)
{
	struct memory_claim claims[] = { claim(256, 4096, 1000, 50), claim(512, 700, 1000, 50),
					 claim(512, 4096, 100, 50), claim(512, 4096, 0, 50) };

	claims[3].assigned = 777;
	CHECK(!memory_share(claims, 4, 10000));
	CHECK(claims[0].share == 1200); /* its demand and a fifth */
	CHECK(claims[1].share == 700);	/* its maximum */
	CHECK(claims[2].share == 512);	/* its minimum */
	CHECK(claims[3].share == 777);	/* nothing is known */
	CHECK(!memory_share(claims, 4, 1200 + 700 + 512 + 777));
	CHECK(memory_share(claims, 4, 1200 + 700 + 512 + 776));
}

static void test_short(void)
{
	struct memory_claim equal[] = { claim(500, 4000, 3000, 50), claim(500, 4000, 3000, 50) };
	struct memory_claim weighted[] = { claim(500, 4000, 3000, 99), claim(500, 4000, 3000, 24) };
	struct memory_claim modest[] = { claim(500, 4000, 500, 99), claim(500, 4000, 3000, 0) };

	CHECK(memory_share(equal, 2, 2000) && equal[0].share == 1000 && equal[1].share == 1000);
	/* above the minimums 1000: 4 to 1 */
	CHECK(memory_share(weighted, 2, 2000) && weighted[0].share == 1300 && weighted[1].share == 700);
	/* what one does not want is the other's, whatever its weight is */
	CHECK(memory_share(modest, 2, 2000) && modest[0].share == 600);
	CHECK(modest[1].share >= 1395 && modest[1].share <= 1400);
	/* minimums are kept even when there is nothing */
	CHECK(memory_share(equal, 2, 10) && equal[0].share == 500 && equal[1].share == 500);
	CHECK(!memory_share(NULL, 0, 0));
}

static void test_step(void)
{
	struct memory_claim c = { .minimum = 100, .maximum = 4000, .assigned = 1000 };
	static const struct {
		guint64 share;
		gboolean is_short;
		guint64 step;
	} steps[] = {
		{ 2000, FALSE, 2000 }, { 2000, TRUE, 2000 }, /* up at once */
		{ 1010, FALSE, 1000 },			     /* not for that little */
		{ 960, FALSE, 1000 },  { 960, TRUE, 960 },   /* down for others only */
		{ 500, FALSE, 900 },   { 500, TRUE, 500 },   /* bit by bit, or at once */
		{ 920, FALSE, 920 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++) {
		guint64 step;

		c.share = steps[i].share;
		step = memory_step(&c, steps[i].is_short);
		if (step != steps[i].step)
			printf("step %u: %" G_GUINT64_FORMAT "\n", i, step);
		CHECK(step == steps[i].step);
	}
	c.share = c.maximum = 1010;
	CHECK(memory_step(&c, FALSE) == 1010); /* the last little bit to the maximum */
}

static void test_status(void)
{
	CHECK(memory_status(0, 5, 20) == MEMORY_UNKNOWN && memory_status(5, 0, 20) == MEMORY_UNKNOWN);
	CHECK(memory_status(1000, 900, 20) == MEMORY_OK && memory_status(1000, 920, 20) == MEMORY_LOW);
	CHECK(memory_status(1000, 1001, 20) == MEMORY_WARNING);
	CHECK(g_str_equal(memory_status_name(MEMORY_LOW), "low"));
}

/* Whatever it is given: nobody below the smaller of minimum and wish, nobody above the maximum, no more in
 * all than there is beyond the minimums, and nothing kept back that somebody wants. */
static gboolean holds(const struct memory_claim *claims, gsize count, guint64 pool, gboolean is_short)
{
	guint64 sum = 0, minimum = 0, hungry = 0;

	for (gsize i = 0; i < count; i++) {
		const struct memory_claim *c = &claims[i];
		guint64 want = c->demand ? c->demand + c->demand * c->buffer_percent / 100 : c->assigned;

		want = CLAMP(want, c->minimum, MAX(c->maximum, c->minimum));
		if (c->share > want || c->share < c->minimum)
			return FALSE;
		hungry += c->share < want;
		sum += c->share;
		minimum += c->minimum;
	}
	if (sum > MAX(pool, minimum) || (!is_short && hungry))
		return FALSE;
	return !is_short || pool <= minimum || pool - sum <= count; /* rounding */
}

static void test_random(guint32 seed)
{
	GRand *rand = g_rand_new_with_seed(seed);

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct memory_claim claims[CLAIMS_MAX];
		gsize count = (gsize)g_rand_int_range(rand, 0, CLAIMS_MAX + 1);
		guint64 pool = (guint64)g_rand_int_range(rand, 0, 40000);

		for (gsize i = 0; i < count; i++)
			claims[i] =
			    (struct memory_claim){ .minimum = (guint64)g_rand_int_range(rand, 8, 2000),
						   .maximum = (guint64)g_rand_int_range(rand, 8, 20000),
						   .demand = (guint64)g_rand_int_range(rand, 0, 20000),
						   .buffer_percent = (guint64)g_rand_int_range(rand, 5, 2001),
						   .weight = (guint64)g_rand_int_range(rand, 0, 101),
						   .assigned = (guint64)g_rand_int_range(rand, 0, 20000) };
		if (!holds(claims, count, pool, memory_share(claims, count, pool))) {
			printf("seed %u, round %u: %zu claims, pool %" G_GUINT64_FORMAT "\n", seed, round,
			       count, pool);
			CHECK(FALSE);
			break;
		}
	}
	g_rand_free(rand);
}

int main(int argc, char **argv)
{
	test_enough();
	test_short();
	test_step();
	test_status();
	test_random(argc > 1 ? (guint32)strtoul(argv[1], NULL, 0) : 1);
	return check_result();
}
