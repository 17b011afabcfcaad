/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/keys.h"

#include "api/api_error.h"
#include "keys/keys.h"

#include <string.h>

static const struct {
	const char *name;
	guint16 code;
} named[] = {
	{ "enter", 0x1c },     { "esc", 0x01 },	    { "space", 0x39 },	  { "tab", 0x0f },
	{ "backspace", 0x0e }, { "del", 0xe053 },   { "insert", 0xe052 }, { "home", 0xe047 },
	{ "end", 0xe04f },     { "up", 0xe048 },    { "down", 0xe050 },	  { "left", 0xe04b },
	{ "right", 0xe04d },   { "pgup", 0xe049 },  { "pgdn", 0xe051 },	  { "ctrl", 0x1d },
	{ "shift", 0x2a },     { "alt", 0x38 },	    { "altgr", 0xe038 },  { "super", 0xe05b },
	{ "menu", 0xe05d },    { "caps", 0x3a },    { "num", 0x45 },	  { "scroll", 0x46 },
	{ "print", 0xe037 },   { "pause", 0xe11d }, { "f1", 0x3b },	  { "f2", 0x3c },
	{ "f3", 0x3d },	       { "f4", 0x3e },	    { "f5", 0x3f },	  { "f6", 0x40 },
	{ "f7", 0x41 },	       { "f8", 0x42 },	    { "f9", 0x43 },	  { "f10", 0x44 },
	{ "f11", 0x57 },       { "f12", 0x58 },	    { "delete", 0xe053 }, { "escape", 0x01 },
	{ "return", 0x1c },    { "control", 0x1d }, { "win", 0xe05b },
};

const char *vmc_key_names(void)
{
	return "enter esc space tab backspace del insert home end up down left right pgup pgdn ctrl shift "
	       "alt altgr "
	       "super menu caps num scroll print pause f1 to f12, and each character";
}

static void add(GArray *keys, guint16 code, gboolean is_down)
{
	const struct vmc_key key = { code, is_down };

	g_array_append_val(keys, key);
}

void vmc_keys_add_stroke(GArray *keys, const struct rd_stroke *stroke)
{
	if (stroke->modifiers & RD_SHIFT)
		add(keys, RD_KEY_LEFT_SHIFT, TRUE);
	if (stroke->modifiers & RD_ALTGR)
		add(keys, RD_KEY_RIGHT_ALT, TRUE);
	add(keys, stroke->code, TRUE);
	add(keys, stroke->code, FALSE);
	if (stroke->modifiers & RD_ALTGR)
		add(keys, RD_KEY_RIGHT_ALT, FALSE);
	if (stroke->modifiers & RD_SHIFT)
		add(keys, RD_KEY_LEFT_SHIFT, FALSE);
}

/* Escape and Backspace write nothing, but are characters. */
static gboolean find_stroke(const struct rd_layout *layout, gunichar character, struct rd_stroke *ret_stroke)
{
	if (character != '\033' && character != '\b')
		return rd_layout_stroke(layout, character, ret_stroke);
	*ret_stroke = (struct rd_stroke){ character == '\b' ? RD_KEY_BACKSPACE : RD_KEY_ESC, 0 };
	return TRUE;
}

static GArray *refuse(GArray *keys, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static GArray *refuse(GArray *keys, GError **error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (error)
		*error = g_error_new_valist(API_ERROR, API_ERROR_INVALID_ARGUMENT, format, arguments);
	va_end(arguments);
	g_array_unref(keys);
	return NULL;
}

GArray *vmc_keys_of_text(const char *text, const char *layout, GError **error)
{
	GArray *keys = g_array_new(FALSE, FALSE, sizeof(struct vmc_key));
	const struct rd_layout *found = rd_layout_find(layout);
	gsize place = 1;

	if (!found)
		return refuse(keys, error, "there is no keyboard layout %s here", layout);
	if (strlen(text) > VMC_TEXT_MAX)
		return refuse(keys, error,
			      "the text has %zu bytes; at most %d can be typed at once; type it in pieces",
			      strlen(text), VMC_TEXT_MAX);
	if (!g_utf8_validate(text, -1, NULL))
		return refuse(keys, error, "the text is not UTF-8, so that no keys can be found for it");
	for (const char *p = text; *p; p = g_utf8_next_char(p), place++) {
		struct rd_stroke stroke;

		if (!find_stroke(found, g_utf8_get_char(p), &stroke))
			return refuse(
			    keys, error,
			    "character %zu of the text is not on the guest's keyboard (display.keyboard "
			    "of the machine is %s); type it into the serial port, with --serial",
			    place, layout);
		vmc_keys_add_stroke(keys, &stroke);
	}
	return keys;
}

/* --- combinations ---------------------------------------------------------------------------------- */

static guint16 find_named(const char *name)
{
	struct rd_stroke stroke;

	for (gsize i = 0; i < G_N_ELEMENTS(named); i++)
		if (g_ascii_strcasecmp(named[i].name, name) == 0)
			return named[i].code;
	if (strlen(name) != 1 ||
	    !rd_layout_stroke(rd_layout_find("us"), (guchar)g_ascii_tolower(*name), &stroke))
		return 0;
	return stroke.code;
}

/* "ctrl-alt-del" → its three; a "-" where a name should begin is a key itself. */
static char **split(const char *name)
{
	GPtrArray *parts = g_ptr_array_new();
	const char *end;

	for (; *name && (end = strchr(name + 1, '-')); name = end + 1)
		g_ptr_array_add(parts, g_strndup(name, (gsize)(end - name)));
	g_ptr_array_add(parts, g_strdup(name));
	g_ptr_array_add(parts, NULL);
	return (char **)g_ptr_array_free(parts, FALSE);
}

GArray *vmc_keys_of_combination(const char *name, GError **error)
{
	enum { PARTS_MAX = 5 };
	GArray *keys = g_array_new(FALSE, FALSE, sizeof(struct vmc_key));
	char **parts = split(name);
	guint count = g_strv_length(parts);
	guint16 codes[PARTS_MAX] = { 0 };
	gboolean is_good = count >= 1 && count <= PARTS_MAX;

	for (guint i = 0; i < count && is_good; i++) {
		codes[i] = find_named(parts[i]);
		is_good = codes[i] != 0;
		add(keys, codes[i], TRUE);
	}
	for (guint i = count; i > 0 && is_good; i--)
		add(keys, codes[i - 1], FALSE);
	g_strfreev(parts);
	if (is_good)
		return keys;
	g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
		    "%s: there is no such key; give such as enter, f1, ctrl-alt-del; `bulkhead vm key "
		    "--help` lists them",
		    name);
	g_array_unref(keys);
	return NULL;
}
