/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/closest.h"

#include <stdbool.h>
#include <string.h>

enum { WORD_MAX = 32 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters that are missing, too many, other, or changed places with their neighbours (optimal string alignment). */
static unsigned distance_of(const char *a, const char *b)
{
	unsigned rows[WORD_MAX + 1][WORD_MAX + 1];
	size_t size_a = strlen(a), size_b = strlen(b);

	if (size_a > WORD_MAX || size_b > WORD_MAX)
		return WORD_MAX;
	for (size_t i = 0; i <= size_a; i++)
		for (size_t j = 0; j <= size_b; j++) {
			if (i == 0 || j == 0) {
				rows[i][j] = (unsigned)(i + j);
				continue;
			}
			rows[i][j] = least(rows[i - 1][j] + 1, rows[i][j - 1] + 1,
					   rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    rows[i - 2][j - 2] + 1 < rows[i][j])
				rows[i][j] = rows[i - 2][j - 2] + 1;
		}
	return rows[size_a][size_b];
}

/* What other programs say. */
static bool is_other_word(const char *word, const char *ours)
{
	static const char *const words[][2] = {
		{ "stop", "shutdown" },	   { "poweroff", "off" },    { "destroy", "off" },
		{ "kill", "off" },	   { "rm", "delete" },	     { "remove", "delete" },
		{ "ls", "list" },	   { "unpause", "resume" },  { "continue", "resume" },
		{ "suspend", "save" },	   { "restart", "reset" },   { "reboot", "reset" },
		{ "new", "create" },	   { "add", "create" },	     { "edit", "set" },
		{ "modify", "set" },	   { "change", "set" },	     { "info", "show" },
		{ "status", "show" },	   { "console", "connect" }, { "attach", "connect" },
		{ "info", "inspect" },	   { "grow", "resize" },     { "expand", "resize" },
		{ "shrink", "resize" },	   { "repair", "check" },    { "restore", "undelete" },
		{ "mv", "move" },	   { "cp", "copy" },	     { "snapshot", "checkpoint" },
		{ "network", "switch" },   { "machine", "vm" },	     { "user", "admin" },
		{ "log", "event" },	   { "ram", "memory" },	     { "cpus", "processors" },
		{ "vcpus", "processors" }, { "iso", "cdrom" },	     { "dvd", "cdrom" },
		{ "nic", "switch" },	   { "dry-run", "plan" },    { "cmdline", "append" },
		{ "remote", "host" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], word) == 0 && strcmp(words[i][1], ours) == 0)
			return true;
	return false;
}

void closest_offer(struct closest *closest, const char *ours)
{
	size_t size = strlen(closest->word);
	unsigned distance = is_other_word(closest->word, ours) ? 0 : distance_of(closest->word, ours);

	if (distance > (size < 3 ? 0 : size < 6 ? 1 : 2) || (closest->best && distance >= closest->distance))
		return;
	closest->best = ours;
	closest->distance = distance;
}
