/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of a saved machine: memory, page by page at its place, then the sections of state.h.
 *
 * Layout     One page of header; then each area of memory, from a page boundary on, where pages of zeros are holes;
 *            then the sections. The header comes last: a file that was not finished has none and is refused.
 * Checksums  Of the header, of each section, and of each area of memory (over the pages that are not zero, with
 *            their numbers), so a copy that filled the holes is as good.
 * Writing    In slices, so that whoever writes can do other things between; the memory must not change meanwhile.
 * Trust      The file may be anything: all numbers are checked before they are used, and memory is written only inside
 *            of the areas that the caller gave.
 * Errors     Negative errno; `reason` is a part of a sentence.
 */
#ifndef STATE_STATE_FILE_H
#define STATE_STATE_FILE_H

#include "state/state.h"

enum {
	STATE_PAGE = 4096,
	STATE_AREAS_MAX = 8,
	STATE_SLICE = 32 << 20, /* bytes of memory in one slice */
};

struct state_area {
	char name[16]; /* of this machine and of the file must be the same */
	void *host;
	uint64_t size; /* a multiple of STATE_PAGE */
};

struct state_file {
	int fd; /* the caller's */
	struct state_area areas[STATE_AREAS_MAX];
	unsigned area_count;
	/* Progress: which area, how far, in bytes of memory. */
	unsigned area;
	uint64_t at;
	uint32_t checksums[STATE_AREAS_MAX];
	uint64_t done, total;
	uint64_t written; /* that were not zero */
};

/* The file is emptied. Areas are added before the first slice. */
int state_file_begin(struct state_file *file, int fd);
int state_file_add(struct state_file *file, const char *name, void *host, uint64_t size);
/* 1: there is more; 0: all memory is written. */
int state_file_write_slice(struct state_file *file);
/* The sections, the header; all of it is on the disk then. */
int state_file_finish(struct state_file *file, const void *sections, size_t size);

/* What the file holds; `ret_sections` is allocated with malloc(). */
int state_file_open(struct state_file *file, int fd, void **ret_sections, size_t *ret_size, char *reason);
/* Reads into the area of this name, which must have the file's size and be zero. */
int state_file_read(struct state_file *file, const char *name, void *host, uint64_t size, char *reason);
/* The size of an area; 0: there is none. */
uint64_t state_file_area_size(const struct state_file *file, const char *name);

#endif
