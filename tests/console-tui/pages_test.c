/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of settings that both consoles show against the model's table: each setting that can be changed stands on one
 * page, once, with words for all values that it can have. */
#include "client/setting_pages.h"
#include "client/settings.h"

#include <stdio.h>
#include <string.h>

static int failed;

static void fail(const char *name, const char *what)
{
	printf("FAILED: %s: %s\n", name, what);
	failed++;
}

static unsigned times_shown(const char *name)
{
	unsigned times = 0;

	for (unsigned i = 0; i < vmc_setting_pages_count; i++)
		for (const struct vmc_setting_row *row = vmc_setting_pages[i].rows; row && row->label; row++)
			times += row->name && strcmp(row->name, name) == 0;
	return times;
}

static void check_words(const struct vmc_setting_row *row, const struct vmc_setting *setting)
{
	for (unsigned i = 0; row->choices && setting->choices[i]; i++) {
		char *words = vmc_setting_words(row, setting->choices[i]);

		if (strcmp(words, setting->choices[i]) == 0)
			fail(setting->name, setting->choices[i]);
		g_free(words);
	}
}

static void check_row(const struct vmc_setting_row *row)
{
	struct vmc_setting setting;
	char *label = vmc_setting_label(row);

	if (!*label || strpbrk(label, "_:"))
		fail(row->label, label);
	g_free(label);
	if (!row->name)
		return;
	if (!vmc_setting_find(row->name, &setting))
		fail(row->name, "the model has no such setting");
	else if (setting.kind == VMC_SETTING_CHOICE)
		check_words(row, &setting);
}

int main(void)
{
	struct vmc_setting setting;
	unsigned settings = 0;

	for (guint i = 0; vmc_setting_at(i, &setting); i++) {
		settings++;
		if (times_shown(setting.name) != (setting.is_fixed ? 0 : 1))
			fail(setting.name, "it is not on one page");
	}
	for (unsigned i = 0; i < vmc_setting_pages_count; i++)
		for (const struct vmc_setting_row *row = vmc_setting_pages[i].rows; row && row->label; row++)
			check_row(row);
	if (settings < 10)
		fail("settings", "there are hardly any");
	printf("%u settings, %d failed\n", settings, failed);
	return failed != 0;
}
