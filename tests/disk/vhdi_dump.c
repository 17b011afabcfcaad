/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvhdi reads in an image, to stdout: the oracle that is neither ours nor QEMU's. (Its released tools
 * have no export program; vhdimount needs FUSE.) usage: vhdi-dump FILE [PARENT [GRANDPARENT ...]]
 */
#include <libvhdi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINKS = 8, PIECE = 1 << 20 };

static int fail(const char *what, libvhdi_error_t *error)
{
	fprintf(stderr, "vhdi-dump: %s\n", what);
	libvhdi_error_backtrace_fprint(error, stderr);
	return 1;
}

static int dump(libvhdi_file_t *file, libvhdi_error_t **error)
{
	size64_t size;
	uint8_t *bytes = malloc(PIECE);
	if (!bytes || libvhdi_file_get_media_size(file, &size, error) != 1)
		return fail("no size", *error);
	for (uint64_t at = 0; at < size; at += PIECE) {
		size_t length = size - at < PIECE ? size - at : PIECE;
		ssize_t got = libvhdi_file_read_buffer_at_offset(file, bytes, length, (off64_t)at, error);
		if (got != (ssize_t)length || fwrite(bytes, 1, length, stdout) != length)
			return fail("cannot read", *error);
	}
	free(bytes);
	return 0;
}

int main(int argc, char **argv)
{
	libvhdi_file_t *files[LINKS] = { NULL };
	libvhdi_error_t *error = NULL;
	if (argc < 2 || argc > LINKS)
		return 2;
	for (int i = 0; i < argc - 1; i++) {
		if (libvhdi_file_initialize(&files[i], &error) != 1 ||
		    libvhdi_file_open(files[i], argv[i + 1], LIBVHDI_OPEN_READ, &error) != 1)
			return fail(argv[i + 1], error);
	}
	for (int i = argc - 2; i > 0; i--) {
		if (libvhdi_file_set_parent_file(files[i - 1], files[i], &error) != 1)
			return fail("the parent's identity", error);
	}
	int status = dump(files[0], &error);
	for (int i = 0; i < argc - 1; i++)
		libvhdi_file_free(&files[i], NULL);
	return status;
}
