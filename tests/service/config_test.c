/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations: each rule broken once, files there and back, hostile files. config_test [SEED] */
#include "check.h"

#include "model/units.h"
#include "model/vm_config.h"

#include <stdlib.h>
#include <string.h>

static struct vm_disk *add_disk(struct vm_config *config, const char *path, unsigned location)
{
	struct vm_disk *disk = vm_disk_new();

	g_free(disk->path);
	disk->path = g_strdup(path);
	disk->controller = location < 2 ? VM_IDE : VM_SCSI;
	disk->location = location;
	g_ptr_array_add(config->disks, disk);
	return disk;
}

static struct vm_config *make(void)
{
	struct vm_config *config = vm_config_new();
	struct vm_adapter *adapter = vm_adapter_new();

	g_free(config->name);
	config->name = g_strdup("web \xc3\xa4");
	g_free(config->notes);
	config->notes = g_strdup("two\nlines; with = and [brackets]\n");
	g_free(config->kernel);
	config->kernel = g_strdup("/boot/vmlinuz");
	g_free(config->append);
	config->append = g_strdup("console=ttyS0  quiet \\ \"x\"");
	add_disk(config, "/var/disk;1.vhdx", 0);
	add_disk(config, "own.vhdx", 5);
	g_free(adapter->mac);
	adapter->mac = g_strdup("00:15:5d:01:02:03");
	g_ptr_array_add(config->adapters, adapter);
	g_hash_table_insert(config->grants, g_strdup("user:alice"), g_strdup("operator"));
	return config;
}

static void set(struct vm_config *config, const char *name, const char *text)
{
	GError *error = NULL;

	CHECK_F(model_field_set(model_field_find(vm_settings, vm_settings_count, name), config, text, &error),
		"%s: %s", name, error ? error->message : "");
	g_clear_error(&error);
}

/* --- each rule --------------------------------------------------------------------------------------- */

#define DISK(config, i)	   ((struct vm_disk *)(config)->disks->pdata[i])
#define ADAPTER(config, i) ((struct vm_adapter *)(config)->adapters->pdata[i])

static void break_id(struct vm_config *c)
{
	set(c, "vm.id", "ABC");
}
static void break_no_name(struct vm_config *c)
{
	set(c, "vm.name", "");
}
static void break_slash(struct vm_config *c)
{
	set(c, "vm.name", "a/b");
}
static void break_space(struct vm_config *c)
{
	set(c, "vm.name", " a");
}
static void break_dot(struct vm_config *c)
{
	set(c, "vm.name", "..");
}
static void break_uuid_name(struct vm_config *c)
{
	set(c, "vm.name", c->id);
}
static void break_min_memory(struct vm_config *c)
{
	set(c, "memory.dynamic", "on");
	set(c, "memory.minimum-mib", "2000");
}
static void break_max_memory(struct vm_config *c)
{
	set(c, "memory.dynamic", "on");
	set(c, "memory.maximum-mib", "1000");
}
static void break_reserve(struct vm_config *c)
{
	set(c, "processor.reserve-percent", "60");
	set(c, "processor.limit-percent", "50");
}
static void break_initrd(struct vm_config *c)
{
	set(c, "boot.kernel", "");
	set(c, "boot.append", "");
	set(c, "boot.initrd", "/i");
}
static void break_append(struct vm_config *c)
{
	set(c, "boot.kernel", "");
}
static void break_relative(struct vm_config *c)
{
	set(c, "boot.kernel", "a/b");
}
static void break_dots(struct vm_config *c)
{
	set(c, "boot.kernel", "/a/../b");
}
static void break_serial(struct vm_config *c)
{
	set(c, "serial.kind", "file");
}
static void break_serial_2(struct vm_config *c)
{
	set(c, "serial2.kind", "file");
}
static void break_socket(struct vm_config *c)
{
	set(c, "serial.kind", "socket");
	set(c, "serial.path", "com");
}
static void break_socket_name(struct vm_config *c)
{
	char *path = g_strdup_printf("/run/%0110d", 1);

	set(c, "serial2.kind", "socket");
	set(c, "serial2.path", path);
	g_free(path);
}
static void break_ide_2(struct vm_config *c)
{
	set(c, "vm.generation", "2");
}
static void break_ide_place(struct vm_config *c)
{
	DISK(c, 0)->location = 2;
}
static void break_no_file(struct vm_config *c)
{
	g_free(DISK(c, 0)->path);
	DISK(c, 0)->path = g_strdup("");
}
static void break_same_place(struct vm_config *c)
{
	add_disk(c, "/other", 0);
}
static void break_same_file(struct vm_config *c)
{
	add_disk(c, "own.vhdx", 6);
}
static void break_pass_through(struct vm_config *c)
{
	DISK(c, 1)->is_pass_through = TRUE;
}
static void break_iops(struct vm_config *c)
{
	DISK(c, 0)->min_iops = 5;
	DISK(c, 0)->max_iops = 4;
}
static void break_mac(struct vm_config *c)
{
	memcpy(ADAPTER(c, 0)->mac, "0g", 2);
}
static void break_multicast(struct vm_config *c)
{
	memcpy(ADAPTER(c, 0)->mac, "01", 2);
}
static void break_role(struct vm_config *c)
{
	g_hash_table_insert(c->grants, g_strdup("user:bob"), g_strdup("owner"));
}
static void break_subject(struct vm_config *c)
{
	g_hash_table_insert(c->grants, g_strdup("bob"), g_strdup("viewer"));
}
static void break_same_mac(struct vm_config *c)
{
	struct vm_adapter *adapter = vm_adapter_new();

	g_free(adapter->mac);
	adapter->mac = g_strdup("00:15:5D:01:02:03");
	g_ptr_array_add(c->adapters, adapter);
}
static void break_no_legacy(struct vm_config *c)
{
	c->boot_first = VM_BOOT_NETWORK;
}
static void break_many_legacy(struct vm_config *c)
{
	for (unsigned i = 0; i <= VM_LEGACY_ADAPTERS_MAX; i++) {
		struct vm_adapter *adapter = vm_adapter_new();

		adapter->kind = VM_ADAPTER_LEGACY;
		g_ptr_array_add(c->adapters, adapter);
	}
}
static void break_legacy_2(struct vm_config *c)
{
	c->generation = 2;
	g_ptr_array_set_size(c->disks, 0);
	ADAPTER(c, 0)->kind = VM_ADAPTER_LEGACY;
}
static void break_many_disks(struct vm_config *c)
{
	for (unsigned i = 0; i < VM_DISKS_MAX; i++)
		add_disk(c, "/x", i);
}

static const struct {
	void (*break_it)(struct vm_config *config);
	const char *says;
} rules[] = {
	{ break_id, "is no UUID" },
	{ break_no_name, "has no name" },
	{ break_slash, "no \"/\" in it" },
	{ break_space, "ends with a space" },
	{ break_dot, "begins with \".\"" },
	{ break_uuid_name, "looks like the identity" },
	{ break_min_memory, "lower the minimum" },
	{ break_max_memory, "raise the maximum" },
	{ break_reserve, "above the limit" },
	{ break_initrd, "needs a Linux kernel" },
	{ break_append, "needs a Linux kernel" },
	{ break_relative, "not absolute" },
	{ break_dots, "\"..\"" },
	{ break_serial, "none is named" },
	{ break_serial_2, "serial2.path: the serial port writes into a file" },
	{ break_socket, "serial.path: the serial port is a socket, whose absolute path" },
	{ break_socket_name, "at most 107 bytes" },
	{ break_ide_2, "has no IDE" },
	{ break_ide_place, "IDE has the controllers" },
	{ break_no_file, "needs a file" },
	{ break_same_place, "same place" },
	{ break_same_file, "same file" },
	{ break_pass_through, "only a hard disk with the path of a device" },
	{ break_iops, "above the maximum" },
	{ break_mac, "no MAC address" },
	{ break_multicast, "multicast" },
	{ break_same_mac, "same MAC" },
	{ break_no_legacy, "and there is none" },
	{ break_many_legacy, "at most 4 legacy" },
	{ break_legacy_2, "has no legacy network adapters" },
	{ break_role, "no role on a machine" },
	{ break_subject, "neither a user nor a group" },
	{ break_many_disks, "at most 68 drives" },
};

static void test_rules(void)
{
	struct vm_config *good = make();
	GError *error = NULL;

	CHECK_F(vm_config_check(good, &error), "%s", error ? error->message : "");
	vm_config_free(good);
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		struct vm_config *config = make();

		rules[i].break_it(config);
		CHECK_F(!vm_config_check(config, &error), "rule %u (%s) is not checked", i, rules[i].says);
		CHECK_F(error && strstr(error->message, rules[i].says), "rule %u (%s): %s", i, rules[i].says,
			error ? error->message : "no message");
		g_clear_error(&error);
		vm_config_free(config);
	}
}

static void test_values(void)
{
	static const struct {
		const char *name, *text;
	} bad[] = {
		{ "memory.startup-mib", "7" },	{ "memory.startup-mib", "524289" },
		{ "memory.startup-mib", "-1" }, { "memory.startup-mib", "99999999999999999999999" },
		{ "memory.startup-mib", "" },	{ "memory.startup-mib", "1G" },
		{ "processor.count", "0" },	{ "processor.count", "65" },
		{ "vm.generation", "3" },	{ "boot.engine", "xen" },
		{ "memory.dynamic", "maybe" },	{ "processor.compatibility", "486" },
		{ "vm.name", "a\nb" },		{ "display.maximum", "3840x2160" },
		{ "vm.name", "\xff" },		{ "actions.stop", "" },
	};
	struct vm_config *config = make();

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		GError *error = NULL;
		const struct model_field *field =
		    model_field_find(vm_settings, vm_settings_count, bad[i].name);

		CHECK_F(!model_field_set(field, config, bad[i].text, &error) && error &&
			    g_str_has_prefix(error->message, bad[i].name),
			"%s=%s", bad[i].name, bad[i].text);
		g_clear_error(&error);
	}
	CHECK(config->memory_mib == 1024 && strcmp(config->name, "web \xc3\xa4") == 0);
	vm_config_free(config);
}

/* --- files ------------------------------------------------------------------------------------------- */

static void test_round_trip(void)
{
	struct vm_config *config = make(), *back;
	GError *error = NULL;
	gsize size, size2;
	char *text = vm_config_format(config, NULL, &size), *text2, *edited;
	GPtrArray *lines;

	back = vm_config_parse(text, size, &error);
	CHECK_F(back != NULL, "%s", error ? error->message : "");
	if (!back)
		return;
	lines = vm_config_differences(config, back);
	CHECK_F(lines->len == 0, "%s", lines->len ? (char *)lines->pdata[0] : "");
	g_ptr_array_unref(lines);
	CHECK(g_hash_table_size(back->grants) == 1);
	/* What people add stays: comments, and keys of others. */
	edited = g_strconcat("# my machine\n", text, "\n[x-mine]\ncolour=blue\n", NULL);
	text2 = vm_config_format(back, edited, &size2);
	CHECK(strstr(text2, "# my machine") && strstr(text2, "colour=blue"));
	g_free(text2);
	g_free(edited);
	/* A drive less leaves nothing behind. */
	g_ptr_array_remove_index(back->disks, 1);
	text2 = vm_config_format(back, text, &size2);
	CHECK(!strstr(text2, "[disk 1]") && !strstr(text2, "own.vhdx"));
	vm_config_free(back);
	back = vm_config_parse(text2, size2, NULL);
	CHECK(back && back->disks->len == 1);
	g_free(text);
	g_free(text2);
	vm_config_free(back);
	vm_config_free(config);
}

static void test_broken_files(void)
{
	static const struct {
		const char *text;
		int code;
	} files[] = {
		{ "", MODEL_ERROR_BROKEN },
		{ "x", MODEL_ERROR_BROKEN },
		{ "[vm]\n", MODEL_ERROR_BROKEN },
		{ "[vm]\nformat=0\n", MODEL_ERROR_BROKEN },
		{ "[vm]\nformat=1\nname=a\n", MODEL_ERROR_BROKEN },
		{ "[vm]\nformat=2\n", MODEL_ERROR_NEWER },
		{ "[vm]\nformat=1\nname=a\nid=12345678-1234-1234-1234-123456789abc\n[disk 1]\npath=/x\n",
		  MODEL_ERROR_BROKEN },
		{ "[vm]\nformat=1\nname=a\nid=12345678-1234-1234-1234-123456789abc\n[memory]\nstartup-mib="
		  "1\n",
		  MODEL_ERROR_BROKEN },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		GError *error = NULL;
		struct vm_config *config = vm_config_parse(files[i].text, strlen(files[i].text), &error);

		CHECK_F(!config && error && error->code == files[i].code, "file %u: %s", i,
			error ? error->message : "taken");
		g_clear_error(&error);
		vm_config_free(config);
	}
}

static void test_random_damage(unsigned seed)
{
	struct vm_config *config = make();
	gsize size;
	char *text = vm_config_format(config, NULL, &size);
	GRand *rand = g_rand_new_with_seed(seed);

	for (unsigned i = 0; i < 3000; i++) {
		char *copy = g_memdup2(text, size);
		struct vm_config *parsed;
		GError *error = NULL;
		gsize length = i % 3 ? size : (gsize)g_rand_int_range(rand, 0, (gint32)size + 1);

		for (int n = g_rand_int_range(rand, 0, 8); n > 0; n--)
			copy[g_rand_int_range(rand, 0, (gint32)size)] = (char)g_rand_int(rand);
		parsed = vm_config_parse(copy, length, &error);
		/* Taken means that all rules hold; refused means a sentence. */
		if (!CHECK_F(parsed ? vm_config_check(parsed, NULL) : error && *error->message,
			     "seed %u round %u", seed, i))
			i = 3000;
		g_clear_error(&error);
		vm_config_free(parsed);
		g_free(copy);
	}
	g_rand_free(rand);
	g_free(text);
	vm_config_free(config);
}

/* The Default Switch by the name that it had in earlier versions, and still has in short. */
static void test_default_switch(void)
{
	static const char early[] = "[vm]\nformat=1\nname=a\nid=12345678-1234-1234-1234-123456789abc\n"
				    "[adapter 0]\nswitch=nat\n[adapter 1]\nswitch=lab\n";
	struct vm_config *config = vm_config_parse(early, sizeof(early) - 1, NULL);
	GVariant *changes = g_variant_ref_sink(
	    g_variant_new_parsed("{'adapters': <[{'switch': <'lab'>}, {'switch': <'nat'>}]>}"));

	CHECK(config && strcmp(ADAPTER(config, 0)->switch_name, "Default Switch") == 0 &&
	      strcmp(ADAPTER(config, 1)->switch_name, "lab") == 0);
	CHECK(config && vm_config_change(config, changes, FALSE, TRUE, NULL) &&
	      strcmp(ADAPTER(config, 1)->switch_name, "Default Switch") == 0);
	g_variant_unref(changes);
	vm_config_free(config);
}

/* A file of an earlier version has no word of them: all are offered. */
static void test_integration(void)
{
	static const char early[] = "[vm]\nformat=1\nname=a\nid=12345678-1234-1234-1234-123456789abc\n";
	static const char some[] = "[vm]\nformat=1\nname=a\nid=12345678-1234-1234-1234-123456789abc\n"
				   "[integration]\nheartbeat=false\ncopy=false\n";
	struct vm_config *config = vm_config_parse(early, sizeof(early) - 1, NULL);

	for (unsigned i = 0; config && i < VM_INTEGRATIONS; i++) {
		const struct model_field *field = vm_integration_field(i);

		CHECK_F(config->integration[i], "service %u is off", i);
		CHECK_F(field && g_str_has_prefix(field->name, "integration."), "service %u has no field", i);
		if (field)
			set(config, field->name, "off");
		CHECK_F(!config->integration[i], "service %u stays on", i);
	}
	vm_config_free(config);
	config = vm_config_parse(some, sizeof(some) - 1, NULL);
	CHECK(config && !config->integration[VM_INTEGRATION_HEARTBEAT] &&
	      !config->integration[VM_INTEGRATION_COPY] && config->integration[VM_INTEGRATION_TIME]);
	vm_config_free(config);
}

static void test_resolutions(void)
{
	const struct model_field *field = model_field_find(vm_settings, vm_settings_count, "display.maximum");
	struct vm_config *config = vm_config_new();
	unsigned width, height;

	vm_resolution(config, &width, &height);
	CHECK(width == 2560 && height == 1600);
	for (unsigned i = 0; field->choices[i]; i++) {
		char *text;

		set(config, "display.maximum", field->choices[i]);
		vm_resolution(config, &width, &height);
		text = g_strdup_printf("%ux%u", width, height);
		CHECK_F(strcmp(text, field->choices[i]) == 0, "%s", field->choices[i]);
		g_free(text);
	}
	vm_config_free(config);
}

/* --- the API's form ---------------------------------------------------------------------------------- */

static gboolean change(struct vm_config *config, const char *text, gboolean is_new, gboolean is_off,
		       GError **error)
{
	GVariant *changes = g_variant_ref_sink(g_variant_new_parsed(text));
	gboolean is_good = vm_config_change(config, changes, is_new, is_off, error);

	g_variant_unref(changes);
	return is_good;
}

static void test_changes(void)
{
	struct vm_config *config = make(), *copy = vm_config_copy(config);
	GVariant *all = g_variant_ref_sink(vm_config_to_variant(config));
	GError *error = NULL;
	GPtrArray *lines;

	CHECK(vm_config_change(copy, all, FALSE, TRUE, NULL));
	g_variant_unref(all);
	lines = vm_config_differences(config, copy);
	CHECK(lines->len == 0);
	g_ptr_array_unref(lines);
	CHECK(
	    change(copy, "{'memory.startup-mib': <uint32 2048>, 'disks': <@aa{sv} []>}", FALSE, TRUE, NULL));
	lines = vm_config_differences(config, copy);
	CHECK(lines->len == 3 && strcmp(lines->pdata[0], "startup memory: 1024 MiB → 2048 MiB") == 0);
	g_ptr_array_unref(lines);
	CHECK(!change(copy, "{'memory.startup-mib': <512>}", FALSE, FALSE, &error) &&
	      error->code == MODEL_ERROR_STATE);
	g_clear_error(&error);
	CHECK(change(copy, "{'memory.startup-mib': <512>, 'vm.notes': <'x'>}", FALSE, TRUE, NULL));
	CHECK(change(copy, "{'vm.notes': <'y'>}", FALSE, FALSE, NULL));
	CHECK(!change(copy, "{'vm.generation': <2>}", FALSE, TRUE, &error) &&
	      strstr(error->message, "fixed"));
	g_clear_error(&error);
	CHECK(change(copy, "{'vm.generation': <2>}", TRUE, TRUE, NULL));
	CHECK(!change(copy, "{'no.such': <2>}", TRUE, TRUE, &error) &&
	      strstr(error->message, "no such setting"));
	g_clear_error(&error);
	CHECK(!change(copy, "{'disks': <[{'colour': <'red'>}]>}", TRUE, TRUE, NULL));
	CHECK(!change(copy, "{'disks': <'all'>}", TRUE, TRUE, NULL));
	CHECK(!change(copy, "{'memory.startup-mib': <[1,2]>}", TRUE, TRUE, NULL));
	vm_config_free(copy);
	vm_config_free(config);
}

static void test_units(void)
{
	guint64 bytes = 0;
	char *text;

	CHECK(units_parse_bytes("512M", 1, &bytes) && bytes == 512ull << 20);
	CHECK(units_parse_bytes("2GiB", 1, &bytes) && bytes == 2ull << 30);
	CHECK(units_parse_bytes("1024", 1 << 20, &bytes) && bytes == 1ull << 30);
	CHECK(!units_parse_bytes("0", 1, &bytes) && !units_parse_bytes("", 1, &bytes) &&
	      !units_parse_bytes("-1", 1, &bytes));
	CHECK(!units_parse_bytes("99999999P", 1, &bytes) && !units_parse_bytes("1X", 1, &bytes));
	text = units_format_bytes(1536ull << 20);
	CHECK(strcmp(text, "1.5 GiB") == 0);
	g_free(text);
	text = units_format_uptime(90061);
	CHECK(strcmp(text, "1 d 01:01:01") == 0);
	g_free(text);
}

int main(int argc, char **argv)
{
	unsigned seed = argc > 1 ? (unsigned)atoi(argv[1]) : g_random_int();

	/* What GLib warns of is a bug of ours. */
	g_log_set_always_fatal(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL);
	test_rules();
	test_values();
	test_round_trip();
	test_default_switch();
	test_integration();
	test_resolutions();
	test_broken_files();
	test_random_damage(seed);
	test_changes();
	test_units();
	return check_result();
}
