/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the API says, as JSON: for `--json`. */
#ifndef CLIENT_JSON_H
#define CLIENT_JSON_H

#include <glib.h>

/* Dictionaries become objects, arrays and tuples arrays, 64-bit numbers numbers. Free it. */
char *vmc_json(GVariant *value);

#endif
