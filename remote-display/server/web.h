/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a web page (noVNC), in one memory file that the service made: there is no folder and no path
 * to go astray in, only names that are there or not.
 *
 * Layout     Entry after entry: "NAME\n", "SIZE\n" (decimal), SIZE bytes. NAME has no '\n' and no '/' in
 *            front.
 */
#ifndef RD_WEB_H
#define RD_WEB_H

#include <stddef.h>

enum { RD_WEB_BYTES_MAX = 32 << 20, RD_WEB_NAME_MAX = 200 };

struct rd_web;

/* The descriptor stays the caller's; it is sealed against shrinking. -EBADMSG. */
int rd_web_new(int fd, struct rd_web **ret_web);
struct rd_web *rd_web_free(struct rd_web *web); /* NULL is fine; returns NULL */
/* NULL: there is none of this name. Any thread. */
const char *rd_web_find(const struct rd_web *web, const char *name, size_t *ret_size);
const char *rd_web_type(const char *name); /* "text/html; charset=utf-8" */

#endif
