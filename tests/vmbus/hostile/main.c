/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: "seed=N seconds=N". It says how far it got, and switches itself off. */
#include "guest.h"

/* The PVH start info: the command line's address is at byte 24. */
static uint64_t option(const uint8_t *info, const char *name, uint64_t fallback)
{
	uint64_t address, value = 0;
	size_t size = 0;
	const char *p;

	while (name[size])
		size++;
	memcpy(&address, info + 24, 8);
	for (p = (const char *)address; *p; p++)
		if (memcmp(p, name, size) == 0)
			break;
	if (!*p)
		return fallback;
	for (p += size; *p >= '0' && *p <= '9'; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	return value;
}

static void one_round(void)
{
	unsigned actions = 200 + below(400);

	if (!bus_connect()) { /* of a state that a good guest would not leave */
		bus_disconnect();
		if (!bus_connect())
			return;
	}
	for (unsigned i = 0; i < actions && channel_count > 0; i++) {
		struct channel *channel = &channels[below(channel_count)];

		if (one_in(12))
			bus_attack();
		else if (!channel->is_open)
			channel_open(channel);
		else if (one_in(60))
			channel_close(channel);
		else
			for (unsigned n = 1 + below(8); n > 0; n--)
				channel_attack(channel);
	}
	if (!one_in(4)) /* else as after a crash */
		bus_disconnect();
}

static void say(const char *what, uint64_t number)
{
	print(what);
	print_number(number);
}

void guest_main(const uint8_t *info)
{
	uint64_t seed = option(info, "seed=", 1), seconds = option(info, "seconds=", 5), end, told = 0,
		 rounds = 0, opened = 0;

	if (!machine_init()) {
		print("hostile: this is no Hyper-V\n");
		power_off();
	}
	end = reference_time() + seconds * 10000000;
	for (; reference_time() < end; rounds++) {
		random_seed(seed + rounds);
		if (reference_time() > told + 10 * 10000000) {
			told = reference_time();
			say("hostile: seed ", seed + rounds);
			print("\n");
		}
		one_round();
		if (opens == opened) {
			say("hostile: nothing opens with seed ", seed + rounds);
			print("\n");
		}
		opened = opens;
	}
	say("hostile: done, rounds ", rounds);
	say(", channels opened ", opens);
	say(", GPADLs ", gpadls);
	print("\n");
	power_off();
}
