/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/wording.h"

#include "model/units.h"
#include "model/vm_state.h"
#include "ui/plain_text.h"

char *vmc_state_text(const char *state)
{
	enum vm_state parsed;

	return vm_state_parse(state, &parsed) ? g_strdup(vm_state_label(parsed)) : vmc_plain_text(state);
}

gboolean vmc_is_state(const char *name)
{
	enum vm_state state;

	return vm_state_parse(name, &state);
}

const char vmc_generation_2_refusal[] = "This version cannot run machines of generation 2 yet.";

char *vmc_memory_text(guint64 mib)
{
	return units_format_bytes(mib << 20);
}

char *vmc_bytes_text(guint64 bytes)
{
	return units_format_bytes(bytes);
}

char *vmc_uptime_text(gint64 started_at)
{
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	return started_at ? units_format_uptime((guint64)MAX(now - started_at, 0)) : g_strdup("");
}

char *vmc_time_text(gint64 seconds)
{
	GDateTime *time = g_date_time_new_from_unix_local(seconds);
	char *text = time ? g_date_time_format(time, "%F %T") : g_strdup("");

	g_clear_pointer(&time, g_date_time_unref);
	return text;
}

char *vmc_plain_text(const char *text)
{
	char *plain = g_utf8_make_valid(text, -1);

	plain_text_clean(plain, ' ');
	return plain;
}
