/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/display_lockout.h"

#include <string.h>

enum { KEY_BYTES = 9, IPV6_NET_BYTES = 8 };

struct guesser {
	guint8 key[KEY_BYTES];
	guint wrong; /* 0: free */
	gint64 last, until;
};

struct display_lockout {
	struct guesser guessers[DISPLAY_ADDRESSES];
};

static void key_of(GInetAddress *address, guint8 ret_key[KEY_BYTES])
{
	gboolean is_ipv6 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6;

	memset(ret_key, 0, KEY_BYTES);
	ret_key[0] = is_ipv6 ? 6 : 4;
	memcpy(ret_key + 1, g_inet_address_to_bytes(address), is_ipv6 ? IPV6_NET_BYTES : 4);
}

/* NULL: it is not known. */
static struct guesser *find(const struct display_lockout *lockout, const guint8 key[KEY_BYTES])
{
	for (guint i = 0; i < DISPLAY_ADDRESSES; i++) {
		const struct guesser *guesser = &lockout->guessers[i];

		if (guesser->wrong && memcmp(guesser->key, key, KEY_BYTES) == 0)
			return (struct guesser *)guesser;
	}
	return NULL;
}

static struct guesser *oldest(struct display_lockout *lockout)
{
	struct guesser *oldest = lockout->guessers;

	for (guint i = 0; i < DISPLAY_ADDRESSES; i++) {
		struct guesser *guesser = &lockout->guessers[i];

		if (!guesser->wrong)
			return guesser;
		if (guesser->last < oldest->last)
			oldest = guesser;
	}
	return oldest;
}

gint64 display_lockout_wait(const struct display_lockout *lockout, GInetAddress *address, gint64 now)
{
	const struct guesser *guesser;
	guint8 key[KEY_BYTES];

	key_of(address, key);
	guesser = find(lockout, key);
	return guesser && guesser->until > now ? guesser->until - now : 0;
}

gboolean display_lockout_wrong(struct display_lockout *lockout, GInetAddress *address, gint64 now)
{
	guint8 key[KEY_BYTES];
	struct guesser *guesser;
	gint64 lock = DISPLAY_LOCK_S;

	key_of(address, key);
	guesser = find(lockout, key);
	if (!guesser) {
		guesser = oldest(lockout);
		*guesser = (struct guesser){ .wrong = 0 };
		memcpy(guesser->key, key, KEY_BYTES);
	}
	guesser->wrong++;
	guesser->last = now;
	if (guesser->wrong < DISPLAY_GUESSES)
		return FALSE;
	for (guint i = DISPLAY_GUESSES; i < guesser->wrong && lock < DISPLAY_LOCK_MAX_S; i++)
		lock *= 2;
	guesser->until = now + MIN(lock, DISPLAY_LOCK_MAX_S);
	return TRUE;
}

void display_lockout_right(struct display_lockout *lockout, GInetAddress *address)
{
	guint8 key[KEY_BYTES];
	struct guesser *guesser;

	key_of(address, key);
	guesser = find(lockout, key);
	if (guesser)
		guesser->wrong = 0;
}

struct display_lockout *display_lockout_new(void)
{
	return g_new0(struct display_lockout, 1);
}

struct display_lockout *display_lockout_free(struct display_lockout *lockout)
{
	g_free(lockout);
	return NULL;
}
