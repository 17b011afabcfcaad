/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs `bulkhead` beside the loop: for the command line, and for what only it can do (pictures of screens).
 */
#ifndef APP_PROGRAM_H
#define APP_PROGRAM_H

#include "app/app.h"

struct program;

/* `output` comes in pieces; at the end `size` is 0 and `status` is its exit status. */
typedef void (*program_fn)(gpointer opaque, const char *output, gsize size, int status);

/* `words` without "bulkhead". NULL: it cannot be started, with a sentence. */
struct program *program_start(const char *const *words, program_fn fn, gpointer opaque, GError **error);
/* Ends it when it still runs; fn is not called any more. */
struct program *program_free(struct program *program);
/* Its file name; free it. */
char *program_path(void);

#endif
