/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/worker_verbs.h"

#include <stddef.h>
#include <string.h>

/* What there was before "hello". */
#define OLDER_VERBS                                                                                                     \
	"power-button stop reset pause resume save save-cancel checkpoint checkpoint-keep checkpoint-cancel serial "    \
	"display fit-screen disk remove-disk grow-disk disk-limits drive network-connect network-show shutdown "        \
	"services set-clock memory kvp-set kvp-delete kvp-read addresses-get addresses-set freeze thaw hvsock copy-in " \
	"copy-cancel"

const char worker_verbs[] = OLDER_VERBS " merge merge-keep merge-cancel";

bool worker_verbs_have(const char *verbs, const char *verb)
{
	size_t length = strlen(verb);

	for (const char *word = verbs ? verbs : OLDER_VERBS; *word; word += *word == ' ') {
		size_t size = strcspn(word, " ");

		if (size == length && memcmp(word, verb, size) == 0)
			return true;
		word += size;
	}
	return false;
}
