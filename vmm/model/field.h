/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of named values in a struct: the one description from which files are read and written, the API's
 * dictionaries are made, values are checked, and consoles label their forms.
 *
 * Values     MODEL_TEXT char * (never NULL), MODEL_NUMBER guint64, MODEL_BOOL gboolean, MODEL_CHOICE unsigned
 *            (index into `choices`).
 * Names      "group.key"; in a file: [group] key=. In a table of a repeated device: "key" alone.
 * Errors     MODEL_ERROR_INVALID with a sentence that names the value, what is allowed, and nothing else.
 */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include <glib.h>

enum model_type {
	MODEL_TEXT,
	MODEL_NUMBER,
	MODEL_BOOL,
	MODEL_CHOICE,
};

enum model_flags {
	MODEL_FIXED = 1 << 0, /* set when the machine is made, never again */
	MODEL_LIVE = 1 << 1,  /* can be changed while the machine runs */
	MODEL_PATH = 1 << 2,  /* the name of a file: absolute, or a plain name in the machine's own folder */
	MODEL_LINES = 1 << 3, /* text of several lines */
	MODEL_SAVED = 1 << 5, /* can be changed while the machine is saved: its guest does not see it */
	MODEL_LATER = 1 << 4, /* kept, but nothing in this version goes by it */
};

struct model_field {
	const char *name;
	enum model_type type;
	gsize offset;
	guint64 min, max;	    /* of a number; of a text: its bytes */
	const char *const *choices; /* NULL-terminated */
	const char *fallback;	    /* its value when nothing is said */
	unsigned flags;
	const char *label; /* "startup memory": what people call it */
	const char *unit;  /* "MiB"; NULL: none */
};

void model_fields_init(const struct model_field *fields, gsize count, gpointer object);
void model_fields_clear(const struct model_field *fields, gsize count, gpointer object);
void model_fields_copy(const struct model_field *fields, gsize count, gconstpointer from, gpointer to);

const struct model_field *model_field_find(const struct model_field *fields, gsize count, const char *name);

/* The text is what people write and files hold: "1024", "true", "shut-down". */
gboolean model_field_set(const struct model_field *field, gpointer object, const char *text, GError **error);
char *model_field_get(const struct model_field *field, gconstpointer object);
gboolean model_field_equal(const struct model_field *field, gconstpointer a, gconstpointer b);

/* s, b, t and the smaller integers come in; s, b, t go out (floating). */
gboolean model_field_set_variant(const struct model_field *field, gpointer object, GVariant *value,
				 GError **error);
GVariant *model_field_get_variant(const struct model_field *field, gconstpointer object);

/*
 * One [group]. Keys that the table lacks are left alone. `group` NULL: the part of each name before its dot.
 */
gboolean model_fields_load(const struct model_field *fields, gsize count, gpointer object, GKeyFile *file,
			   const char *group, GError **error);
void model_fields_store(const struct model_field *fields, gsize count, gconstpointer object, GKeyFile *file,
			const char *group);

#endif
