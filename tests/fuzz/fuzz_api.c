/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client sends to the management service, behind a byte that says which way:
 *   0 to 127   bytes on the socket, in pieces: nothing but lines about itself and messages of a bounded size
 * passes 128...     the settings of a machine, as GVariant's bytes: refused with a sentence, or a
 * configuration that keeps all rules
 */
#include "service/message_filter.h"
#include "service/new_disks.h"

#include "model/vm_config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Behind the lines of the authentication: messages, none of them too large. */
static void check_messages(const guint8 *data, gsize size)
{
	while (size >= MESSAGE_HEADER) {
		guint64 length = message_size(data);

		if (length > MESSAGE_MAX)
			g_error("a message of %" G_GUINT64_FORMAT " bytes came through", length);
		if (length > size)
			return;
		data += length;
		size -= (gsize)length;
	}
}

static void check_passed(const struct message_filter *filter, const GByteArray *out)
{
	static const char begin[] = "BEGIN\r\n";
	const guint8 *end;

	if (!message_filter_is_authenticated(filter))
		return;
	end = memmem(out->data, out->len, begin, sizeof(begin) - 1);
	if (!end)
		g_error("authenticated without BEGIN");
	/* 1000 is 31303030: the client's identity must never come through, only the service's. */
	if (memmem(out->data, (gsize)(end - out->data), "31303030", 8))
		g_error("the client's identity came through");
	check_messages(end + sizeof(begin) - 1, (gsize)(out->data + out->len - end) - (sizeof(begin) - 1));
}

static void fuzz_filter(guint piece, const guint8 *data, gsize size)
{
	struct message_filter filter;
	GByteArray *out = g_byte_array_new();

	message_filter_init(&filter, 1000, 0);
	while (size > 0) {
		gsize n = MIN(size, piece + 1u);

		if (!message_filter_pass(&filter, data, n, out)) {
			g_byte_array_unref(out);
			return;
		}
		data += n;
		size -= n;
	}
	check_passed(&filter, out);
	g_byte_array_unref(out);
}

static void change(GVariant *settings, gboolean is_new, gboolean is_off)
{
	struct vm_config *config = vm_config_new(), *before;
	struct new_disks *disks = NULL;
	GVariant *changes = NULL;
	GError *error = NULL;

	g_free(config->name);
	config->name = g_strdup("web");
	before = vm_config_copy(config);
	if (new_disks_extract(settings, "web", NULL, &changes, &disks, &error) &&
	    vm_config_change(config, changes, is_new, is_off, &error)) {
		if (!vm_config_check(config, NULL))
			g_error("a rule is broken");
		g_ptr_array_unref(vm_config_differences(before, config));
		g_variant_unref(g_variant_ref_sink(vm_config_to_variant(config)));
	} else if (!error || !*error->message) {
		g_error("refused without a sentence");
	}
	g_clear_error(&error);
	g_clear_pointer(&changes, g_variant_unref);
	new_disks_free(disks);
	vm_config_free(before);
	vm_config_free(config);
}

static void fuzz_settings(guint way, const guint8 *data, gsize size)
{
	/* GDBus hands out values in normal form; so do we. */
	GBytes *bytes = g_bytes_new(data, size);
	GVariant *raw = g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE_VARDICT, bytes, FALSE));
	GVariant *settings = g_variant_get_normal_form(raw);

	change(settings, way & 1, way & 2);
	g_variant_unref(settings);
	g_variant_unref(raw);
	g_bytes_unref(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] < 128)
		fuzz_filter(data[0], data + 1, size - 1);
	else
		fuzz_settings(data[0], data + 1, size - 1);
	return 0;
}
