/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files of virtual machines: whatever is in one, it is refused with a sentence, or it is a
 * configuration that keeps all rules and says the same after it was written and read again.
 */
#include "model/vm_config.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct vm_config *config, const char *old)
{
	gsize size, again_size;
	char *text = vm_config_format(config, old, &size), *again_text;
	GError *error = NULL;
	struct vm_config *again = vm_config_parse(text, size, &error);
	GPtrArray *differences;

	if (!again)
		g_error("what was written cannot be read: %s", error->message);
	differences = vm_config_differences(config, again);
	if (differences->len)
		g_error("it is another one after it was written: %s", (char *)differences->pdata[0]);
	again_text = vm_config_format(again, text, &again_size);
	if (!vm_config_check(again, NULL) || again_size > 2 * VM_FILE_MAX)
		g_error("a configuration that was read breaks a rule");
	g_ptr_array_unref(differences);
	g_free(again_text);
	g_free(text);
	vm_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = g_strndup((const char *)data, size);
	GError *error = NULL;
	struct vm_config *config = vm_config_parse((const char *)data, size, &error);

	if (!config && (!error || !*error->message))
		g_error("refused without a sentence");
	if (config)
		check_again(config, text);
	g_clear_error(&error);
	vm_config_free(config);
	g_free(text);
	return 0;
}
