/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual switches on paper: files that make no sense, forwards, rules, differences; the draft that consoles
 * fill in. */
#include "check.h"

#include "client/switch_draft.h"

#include <string.h>

static void test_forwards(void)
{
	static const struct {
		const char *text, *again; /* NULL: refused */
	} cases[] = {
		{ "2222:22", "2222:22" },
		{ "tcp:2222:22", "2222:22" },
		{ "udp:53:53", "udp:53:53" },
		{ "0.0.0.0:80:80", "0.0.0.0:80:80" },
		{ "127.0.0.1:80:10.0.2.15:8080", "80:10.0.2.15:8080" },
		{ "udp:192.0.2.1:1:10.0.2.20:65535", "udp:192.0.2.1:1:10.0.2.20:65535" },
		{ "", NULL },
		{ "80", NULL },
		{ "0:80", NULL },
		{ "80:65536", NULL },
		{ "80:80:80", NULL },
		{ "1.2.3:80:80", NULL },
		{ "sctp:80:80", NULL },
		{ "80:80:", NULL },
		{ "+80:80", NULL },
		{ "1.2.3.4:80:1.2.3.4:80:1", NULL },
		{ "80:10.0.2.15", NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct switch_rule rule;
		GError *error = NULL;
		gboolean is_good = switch_forward_parse(cases[i].text, &rule, &error);
		char *again = is_good ? switch_forward_format(&rule) : NULL;

		CHECK_F(g_strcmp0(again, cases[i].again) == 0, "\"%s\" gives %s, not %s", cases[i].text,
			again ? again : "an error", cases[i].again ? cases[i].again : "an error");
		CHECK_F(is_good || (error && strstr(error->message, cases[i].text)),
			"\"%s\" is not in its message", cases[i].text);
		g_clear_error(&error);
		g_free(again);
	}
}

static void test_files(void)
{
	static const struct {
		const char *text;
		int code; /* -1: good */
	} cases[] = {
		{ "[switch]\nformat=1\nname=a\n", -1 },
		{ "[switch]\nformat=1\nname=a\nkind=private\n[more]\nx=y\n", -1 },
		{ "[switch]\nformat=2\nname=a\n", MODEL_ERROR_NEWER },
		{ "[switch]\nname=a\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\n", MODEL_ERROR_BROKEN }, /* no name */
		{ "[switch]\nformat=1\nname=a\nkind=cable\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\nvlan=4095\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a/b\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\nkind=external\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\nkind=external\n[external]\nadapter=../x\n",
		  MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\n[nat]\nnetwork=127.0.0.0/24\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\n[nat]\nforwards=x\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\n[nat]\ntftp-folder=/srv/a b\nboot-file=http://10.0.2.2/x\n",
		  -1 },
		{ "[switch]\nformat=1\nname=a\n[nat]\ntftp-folder=srv\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\n[nat]\nboot-file=a b\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\nkind=private\n[nat]\nboot-file=a\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\n[mac]\nfirst=01:00:00:00:00:00\n", MODEL_ERROR_BROKEN },
		{ "[switch]\nformat=1\nname=a\nkind=private\nvlan=3\n", MODEL_ERROR_BROKEN },
		{ "nonsense", MODEL_ERROR_BROKEN },
		{ "", MODEL_ERROR_BROKEN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GError *error = NULL;
		struct switch_config *config =
					 switch_config_parse(cases[i].text, strlen(cases[i].text), &error),
				     *again;
		GPtrArray *lines;
		gsize size;
		char *text;

		CHECK_F((config ? -1 : error->code) == cases[i].code, "file %zu: %s", i,
			error ? error->message : "taken");
		g_clear_error(&error);
		if (!config)
			continue;
		text = switch_config_format(config, &size);
		again = switch_config_parse(text, size, NULL);
		lines = again ? switch_config_differences(config, again) : g_ptr_array_new();
		CHECK_F(again && lines->len == 0, "file %zu comes back changed", i);
		g_ptr_array_unref(lines);
		switch_config_free(again);
		switch_config_free(config);
		g_free(text);
	}
}

static void set(struct vmc_switch_draft *draft, const char *field, const char *value)
{
	GError *error = NULL;

	CHECK_F(vmc_switch_draft_set(draft, field, value, &error), "%s=%s: %s", field, value,
		error ? error->message : "");
	g_clear_error(&error);
}

static void test_draft(void)
{
	struct vmc_switch_draft *draft = vmc_switch_draft_new(NULL);
	const char *field = NULL;
	char *command;

	CHECK(!vmc_switch_draft_check(draft, &field, NULL) && strcmp(field, "name") == 0);
	set(draft, "name", "my lab");
	set(draft, "network", "192.168.9.0/24");
	CHECK(vmc_switch_draft_add_forward(draft, "2222:22", NULL));
	CHECK(vmc_switch_draft_add_forward(draft, "udp:53:53", NULL));
	CHECK(!vmc_switch_draft_add_forward(draft, "nonsense", NULL));
	CHECK(vmc_switch_draft_check(draft, NULL, NULL));
	command = vmc_switch_draft_command(draft, "");
	CHECK_F(strcmp(command,
		       "bulkhead switch create 'my lab' --kind nat --network 192.168.9.0/24 --forward "
		       "2222:22 --forward udp:53:53") == 0,
		"%s", command);
	g_free(command);
	/* Another kind lets go of what it does not have. */
	set(draft, "kind", "private");
	CHECK(!vmc_switch_draft_has(draft, "network") && !vmc_switch_draft_set(draft, "dhcp", "off", NULL));
	CHECK(vmc_switch_draft_check(draft, NULL, NULL));
	CHECK(!vmc_switch_draft_set(draft, "mac-range", "02:00:00:00:00:01", NULL));
	set(draft, "mac-range", "02:00:00:00:00:09-02:00:00:00:00:01");
	CHECK(!vmc_switch_draft_check(draft, &field, NULL) && strcmp(field, "mac-range") == 0);
	vmc_switch_draft_free(draft);
}

static void test_edit(void)
{
	struct switch_config *config = switch_config_new_default();
	GVariant *existing = g_variant_ref_sink(switch_config_to_variant(config)), *parameters, *changes;
	struct vmc_switch_draft *draft = vmc_switch_draft_new(existing);
	char *command;

	CHECK(!vmc_switch_draft_is_changed(draft));
	set(draft, "dhcp", "off");
	set(draft, "vlan", "12");
	CHECK(vmc_switch_draft_is_changed(draft));
	command = vmc_switch_draft_command(draft, "alice@lab");
	CHECK_F(strstr(command, "switch edit 'Default Switch' --dhcp off --vlan 12"), "%s", command);
	parameters = g_variant_ref_sink(vmc_switch_draft_parameters(draft, TRUE));
	changes = g_variant_get_child_value(parameters, 1);
	CHECK(strcmp(vmc_switch_draft_method(draft), "Edit") == 0 && g_variant_n_children(changes) == 2);
	g_variant_unref(changes);
	g_variant_unref(parameters);
	g_free(command);
	vmc_switch_draft_free(draft);
	g_variant_unref(existing);
	switch_config_free(config);
}

int main(void)
{
	test_forwards();
	test_files();
	test_draft();
	test_edit();
	return check_result();
}
