/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/memory_share.h"

enum { STEP_PERCENT = 10, SMALL_PERCENT = 5, SMALL_MIB = 16 };

static guint64 with_buffer(guint64 demand, guint64 percent)
{
	return demand + demand * percent / 100;
}

static guint64 wanted(const struct memory_claim *claim)
{
	guint64 size = claim->demand ? with_buffer(claim->demand, claim->buffer_percent) : claim->assigned;

	return CLAMP(size, claim->minimum, MAX(claim->maximum, claim->minimum));
}

/* Nobody is worth nothing. */
static guint64 weight_of(const struct memory_claim *claim)
{
	return claim->weight + 1;
}

static guint64 weights_of_hungry(const struct memory_claim *claims, gsize count)
{
	guint64 sum = 0;

	for (gsize i = 0; i < count; i++)
		if (claims[i].share < wanted(&claims[i]))
			sum += weight_of(&claims[i]);
	return sum;
}

/* Whoever is filled leaves the rest to the others: at most one round for each. What rounding leaves stays. */
static void fill(struct memory_claim *claims, gsize count, guint64 rest)
{
	for (gsize round = 0; round < count && rest > 0; round++) {
		guint64 weights = weights_of_hungry(claims, count), given = 0;

		for (gsize i = 0; i < count && weights > 0; i++) {
			guint64 hunger = wanted(&claims[i]) - claims[i].share;
			guint64 part = MIN(hunger, rest * weight_of(&claims[i]) / weights);

			claims[i].share += hunger ? part : 0;
			given += hunger ? part : 0;
		}
		rest -= given;
		if (given == 0)
			return;
	}
}

gboolean memory_share(struct memory_claim *claims, gsize count, guint64 pool)
{
	guint64 minimum = 0, want = 0;

	for (gsize i = 0; i < count; i++) {
		minimum += claims[i].share = MIN(claims[i].minimum, wanted(&claims[i]));
		want += wanted(&claims[i]);
	}
	fill(claims, count, pool > minimum ? MIN(pool, want) - minimum : 0);
	if (want > pool)
		return TRUE;
	for (gsize i = 0; i < count; i++)
		claims[i].share = wanted(&claims[i]); /* what rounding left */
	return FALSE;
}

guint64 memory_step(const struct memory_claim *claim, gboolean is_short)
{
	guint64 has = claim->assigned, small = MAX(has * SMALL_PERCENT / 100, SMALL_MIB);

	if (claim->share >= has)
		return claim->share - has < SMALL_MIB && claim->share < claim->maximum ? has : claim->share;
	if (is_short)
		return claim->share;
	if (has - claim->share < small)
		return has;
	return MAX(claim->share, has - has * STEP_PERCENT / 100);
}

enum memory_status memory_status(guint64 assigned, guint64 demand, guint64 buffer_percent)
{
	if (!assigned || !demand)
		return MEMORY_UNKNOWN;
	if (demand > assigned)
		return MEMORY_WARNING;
	return with_buffer(demand, buffer_percent / 2) > assigned ? MEMORY_LOW : MEMORY_OK;
}

const char *memory_status_name(enum memory_status status)
{
	static const char *const names[] = { "", "ok", "low", "warning" };

	return names[status];
}
