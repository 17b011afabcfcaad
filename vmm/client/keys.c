/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/keys.h"

#include "api/api_error.h"

#include <string.h>

enum { LEFT_SHIFT = 0x2a };

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

/* The place of a character is its code. */
static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\0!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?";

const char *vmc_key_names(void)
{
	return "enter esc space tab backspace del insert home end up down left right pgup pgdn ctrl shift "
	       "alt altgr "
	       "super menu caps num scroll print pause f1 to f12, and each character";
}

static guint16 find_in(const char *table, gsize size, char character)
{
	for (gsize i = 1; i < size; i++)
		if (table[i] && table[i] == character)
			return (guint16)i;
	return 0;
}

/* 0: this keyboard does not have it. */
static guint16 find_character(char character, gboolean *ret_is_shifted)
{
	guint16 code = find_in(plain, sizeof(plain) - 1, character);

	*ret_is_shifted = code == 0;
	return code ? code : find_in(shifted, sizeof(shifted) - 1, character);
}

static void add(GArray *keys, guint16 code, gboolean is_down)
{
	const struct vmc_key key = { code, is_down };

	g_array_append_val(keys, key);
}

static void add_press(GArray *keys, guint16 code, gboolean is_shifted)
{
	if (is_shifted)
		add(keys, LEFT_SHIFT, TRUE);
	add(keys, code, TRUE);
	add(keys, code, FALSE);
	if (is_shifted)
		add(keys, LEFT_SHIFT, FALSE);
}

GArray *vmc_keys_of_text(const char *text, GError **error)
{
	GArray *keys = g_array_new(FALSE, FALSE, sizeof(struct vmc_key));

	if (strlen(text) > VMC_TEXT_MAX) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "the text has %zu bytes; at most %d can be typed at once; type it in pieces",
			    strlen(text), VMC_TEXT_MAX);
		g_array_unref(keys);
		return NULL;
	}
	for (const char *p = text; *p; p++) {
		gboolean is_shifted;
		guint16 code = find_character(*p, &is_shifted);

		if (!code) {
			g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
				    "character %zu of the text is not on a US keyboard; type it into the "
				    "serial port, "
				    "with --serial",
				    (gsize)(p - text) + 1);
			g_array_unref(keys);
			return NULL;
		}
		add_press(keys, code, is_shifted);
	}
	return keys;
}

/* --- combinations ---------------------------------------------------------------------------------- */

static guint16 find_named(const char *name)
{
	gboolean is_shifted;

	for (gsize i = 0; i < G_N_ELEMENTS(named); i++)
		if (g_ascii_strcasecmp(named[i].name, name) == 0)
			return named[i].code;
	return strlen(name) == 1 ? find_character(g_ascii_tolower(*name), &is_shifted) : 0;
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
