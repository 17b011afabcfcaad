/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys that are not the guest's: Ctrl-A and then a letter. All else passes unchanged, also when it comes
 * in pieces.
 */
#ifndef CLI_CHORD_H
#define CLI_CHORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chord_action {
	CHORD_NONE,
	CHORD_LEAVE, /* Ctrl-A X */
	CHORD_HELP,  /* Ctrl-A H */
};

struct chord {
	bool is_started; /* Ctrl-A was typed, its letter not yet */
};

/*
 * Filters `size` bytes in place. Stops after an action: *ret_used is then what was read, the rest is to be
 * given again. *ret_size is how many bytes at `bytes` are the guest's.
 */
enum chord_action chord_filter(struct chord *chord, uint8_t *bytes, size_t size, size_t *ret_size,
			       size_t *ret_used);

#endif
