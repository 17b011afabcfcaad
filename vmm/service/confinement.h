/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a worker is confined: read from the live process when somebody asks, not what was intended. Only
 * landlock has to be taken from the worker's own word, because the kernel shows it nowhere.
 */
#ifndef SERVICE_CONFINEMENT_H
#define SERVICE_CONFINEMENT_H

#include <gio/gio.h>
#include <sys/types.h>

enum confinement_part {
	CONFINEMENT_PRIVILEGES,
	CONFINEMENT_CALLS,
	CONFINEMENT_LANDLOCK,
	CONFINEMENT_NAMESPACES,
	CONFINEMENT_LIMITS,
	CONFINEMENT_CGROUP,
	CONFINEMENT_IDENTITY,
	CONFINEMENT_PARTS,
};

struct confinement {
	struct {
		gboolean is_on;
		char *text;   /* what it is, or what is missing and why */
		char *remedy; /* NULL: none needed */
	} parts[CONFINEMENT_PARTS];
};

const char *confinement_part_name(enum confinement_part part);
/* `proc` is "/proc", but in tests. `landlock` is what the worker said. */
void confinement_read(const char *proc, pid_t pid, unsigned landlock, struct confinement *ret_confinement);
void confinement_clear(struct confinement *confinement);

/* "7/7", or "6/7; without cgroup". */
char *confinement_summary(const struct confinement *confinement);
/* a(sbss): name, whether it is on, text, remedy ("" for none); floating. */
GVariant *confinement_to_variant(const struct confinement *confinement);

#endif
