/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_priv.h"

#include "state/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "guest: saved state: %s\n", what);
	abort();
}

uint8_t *guest_save(struct guest *guest, size_t *ret_size)
{
	struct state *state;
	const void *bytes;
	uint8_t *saved;

	vmbus_hold(guest->bus, true);
	guest_run(guest);
	must(vmbus_is_quiet(guest->bus), "quiet");
	must(state_writer_new(&state) == 0, "memory");
	vmbus_state(guest->bus, state);
	must(state_finish_writing(state, &bytes, ret_size) == 0, "written");
	saved = malloc(*ret_size);
	must(saved, "memory");
	memcpy(saved, bytes, *ret_size);
	state_free(state);
	return saved;
}

bool guest_take_back(struct guest *guest, const uint8_t *bytes, size_t size)
{
	char reason[STATE_REASON_MAX];
	struct state *state;
	bool is_good;

	must(state_reader_new(bytes, size, &state, reason) == 0, "the sections");
	vmbus_state(guest->bus, state);
	is_good = state_finish_reading(state) == 0;
	must(is_good || state_reason(state)[0], "a reason");
	state_free(state);
	return is_good;
}
