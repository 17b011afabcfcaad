/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead vm statistics`: what a machine uses and has done. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "client/wording.h"

#include <stdio.h>
#include <string.h>

/* "disk-read-bytes" → "1234567 (1.2 MiB)"; other numbers as they are, what is no number not at all. */
static void print_figure(const char *key, GVariant *value)
{
	guint64 number;
	char *text;

	if (!g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64))
		return;
	number = g_variant_get_uint64(value);
	if (!g_str_has_suffix(key, "-bytes")) {
		printf("%-28s %" G_GUINT64_FORMAT "\n", key, number);
		return;
	}
	text = vmc_bytes_text(number);
	printf("%-28s %" G_GUINT64_FORMAT " (%s)\n", key, number, text);
	g_free(text);
}

int vm_statistics(struct invocation *invocation)
{
	GVariant *result = manage_call_vm(invocation, invocation->operands[0], "GetStatistics", NULL), *dict,
		 *value;
	GVariantIter iter;
	const char *key;

	if (!result)
		return STATUS_FAILED;
	dict = g_variant_get_child_value(result, 0);
	if (invocation->wants_json)
		manage_print_json(dict);
	else if (g_variant_n_children(dict) == 0)
		printf("%s is off: there is nothing to count\n", invocation->operands[0]);
	g_variant_iter_init(&iter, dict);
	while (!invocation->wants_json && g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
		print_figure(key, value);
		g_variant_unref(value);
	}
	g_variant_unref(dict);
	g_variant_unref(result);
	return STATUS_DONE;
}
