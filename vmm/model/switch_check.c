/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of a virtual switch. */
#include "model/switch_config.h"

#include <arpa/inet.h>
#include <string.h>

/* --- forwards -------------------------------------------------------------------------------------- */

static gboolean parse_port(const char *text, guint *ret_port)
{
	guint64 port;

	if (!text || !g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL))
		return FALSE;
	*ret_port = (guint)port;
	return TRUE;
}

/* Takes one more part when it is an address. */
static void take_address(char **parts, guint *at, char address[16])
{
	struct in_addr parsed;

	if (!parts[*at] || inet_pton(AF_INET, parts[*at], &parsed) != 1)
		return;
	g_strlcpy(address, parts[*at], 16);
	(*at)++;
}

static gboolean parse_parts(char **parts, struct switch_rule *rule)
{
	guint at = 0;

	if (parts[0] && (strcmp(parts[0], "tcp") == 0 || strcmp(parts[0], "udp") == 0))
		rule->is_udp = parts[at++][0] == 'u';
	take_address(parts, &at, rule->host);
	if (!parse_port(parts[at], &rule->host_port))
		return FALSE;
	at++;
	take_address(parts, &at, rule->guest);
	return parse_port(parts[at], &rule->guest_port) && !parts[at + 1];
}

gboolean switch_forward_parse(const char *text, struct switch_rule *ret_rule, GError **error)
{
	struct switch_rule rule = { .host = "127.0.0.1" };
	char **parts = g_strsplit(text, ":", 6);
	gboolean is_good = parse_parts(parts, &rule);

	g_strfreev(parts);
	if (!is_good)
		return model_refuse(
		    error,
		    "nat.forwards: \"%s\" is no forwarded port; give one of this host and one of a guest, "
		    "such as 2222:22, udp:5353:53 or 0.0.0.0:8080:10.0.2.15:80",
		    text);
	*ret_rule = rule;
	return TRUE;
}

char *switch_forward_format(const struct switch_rule *rule)
{
	gboolean has_host = strcmp(rule->host, "127.0.0.1") != 0;

	return g_strdup_printf("%s%s%s%u:%s%s%u", rule->is_udp ? "udp:" : "", has_host ? rule->host : "",
			       has_host ? ":" : "", rule->host_port, rule->guest, *rule->guest ? ":" : "",
			       rule->guest_port);
}

/* In the NAT's network, if it has an address at all. */
static gboolean check_guest(const struct switch_rule *rule, const char *network, GError **error)
{
	gsize prefix = (gsize)(strrchr(network, '.') - network) + 1;

	if (!*rule->guest || strncmp(rule->guest, network, prefix) == 0)
		return TRUE;
	return model_refuse(error,
			    "nat.forwards: %s is not in the network %s; give an address of a guest in it",
			    rule->guest, network);
}

static gboolean check_forwards(const struct switch_config *config, GError **error)
{
	char **lines = g_strsplit(config->forwards, "\n", -1);
	GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gboolean is_good = TRUE;

	for (unsigned i = 0; is_good && lines[i]; i++) {
		struct switch_rule rule;

		if (!*g_strstrip(lines[i]))
			continue;
		is_good = switch_forward_parse(lines[i], &rule, error) &&
			  check_guest(&rule, config->network, error);
		if (is_good && !g_hash_table_add(seen, g_strdup_printf("%d %u", rule.is_udp, rule.host_port)))
			is_good = model_refuse(
			    error, "nat.forwards: port %u of this host is forwarded twice; remove one",
			    rule.host_port);
	}
	if (is_good && g_hash_table_size(seen) > SWITCH_CONFIG_FORWARDS_MAX)
		is_good = model_refuse(error, "nat.forwards: at most %d ports can be forwarded; remove some",
				       SWITCH_CONFIG_FORWARDS_MAX);
	g_hash_table_unref(seen);
	g_strfreev(lines);
	return is_good;
}

/* --- addresses ------------------------------------------------------------------------------------- */

static gboolean parse_prefix(const char *text, guint32 *ret_address, guint *ret_bits)
{
	const char *slash = strchr(text, '/');
	struct in_addr address;
	guint64 bits;
	char *part;
	gboolean is_good;

	if (!slash || !g_ascii_string_to_unsigned(slash + 1, 10, 1, 30, &bits, NULL))
		return FALSE;
	part = g_strndup(text, (gsize)(slash - text));
	is_good = inet_pton(AF_INET, part, &address) == 1;
	g_free(part);
	*ret_address = ntohl(address.s_addr);
	*ret_bits = (guint)bits;
	/* Not 0/8, loopback, multicast and what lies above. */
	return is_good && *ret_address >> 24 != 0 && *ret_address >> 24 != 127 && *ret_address >> 24 < 224;
}

static gboolean check_network(const struct switch_config *config, GError **error)
{
	guint32 address;
	guint bits;

	if (parse_prefix(config->network, &address, &bits) && bits == 24 && !(address & 0xff))
		return TRUE;
	return model_refuse(
	    error, "nat.network: \"%s\" is no network of 256 addresses; give one such as 192.168.50.0/24",
	    config->network);
}

static gboolean check_address(const struct switch_config *config, GError **error)
{
	guint32 address, hosts;
	guint bits;

	if (!*config->address)
		return TRUE;
	if (!parse_prefix(config->address, &address, &bits))
		return model_refuse(
		    error, "internal.address: \"%s\" is no address; give one such as 192.168.50.1/24",
		    config->address);
	hosts = G_MAXUINT32 >> bits;
	if ((address & hosts) == 0 || (address & hosts) == hosts)
		return model_refuse(
		    error,
		    "internal.address: %s is the network or its broadcast address; give one of a host, "
		    "such as 192.168.50.1/24",
		    config->address);
	return TRUE;
}

gboolean switch_mac_parse(const char *text, guint64 *ret_mac)
{
	guint64 mac = 0;

	if (strlen(text) != 17)
		return FALSE;
	for (unsigned i = 0; i < 17; i++) {
		if (i % 3 == 2 ? text[i] != ':' : !g_ascii_isxdigit(text[i]))
			return FALSE;
		if (i % 3 != 2)
			mac = mac << 4 | (guint64)g_ascii_xdigit_value(text[i]);
	}
	*ret_mac = mac;
	return TRUE;
}

static gboolean check_macs(const struct switch_config *config, GError **error)
{
	const char *texts[] = { config->mac_first, config->mac_last };
	guint64 macs[2];

	for (unsigned i = 0; i < 2; i++) {
		const char *field = i ? "mac.last" : "mac.first";

		if (!switch_mac_parse(texts[i], &macs[i]))
			return model_refuse(error,
					    "%s: \"%s\" is no MAC address; write it as 00:15:5d:01:02:03",
					    field, texts[i]);
		if (macs[i] >> 40 & 1 || macs[i] == 0)
			return model_refuse(
			    error, "%s: %s is no address of an adapter; give one with an even second digit",
			    field, texts[i]);
	}
	if (macs[0] > macs[1])
		return model_refuse(error, "mac.last: %s lies before %s; give a later one", texts[1],
				    texts[0]);
	return TRUE;
}

/* --- the rest -------------------------------------------------------------------------------------- */

static gboolean check_name(const struct switch_config *config, GError **error)
{
	const char *name = config->name;
	gsize size = strlen(name);

	if (size == 0)
		return model_refuse(error, "switch.name: a virtual switch needs a name; give one");
	if (g_ascii_strcasecmp(name, "none") == 0)
		return model_refuse(error, "switch.name: \"%s\" means no switch at all; give another name",
				    name);
	if (g_ascii_isspace(name[0]) || g_ascii_isspace(name[size - 1]) || name[0] == '-' ||
	    strpbrk(name, "/,"))
		return model_refuse(
		    error,
		    "switch.name: \"%s\": a name has no slash and no comma, and does not begin with a "
		    "dash or a space; give another",
		    name);
	return TRUE;
}

/* What DHCP tells machines: a name in the folder, or a URL. */
static gboolean check_boot_file(const struct switch_config *config, GError **error)
{
	for (const char *p = config->boot_file; *p; p++)
		if ((guchar)*p <= ' ' || (guchar)*p > 0x7e)
			return model_refuse(error,
					    "nat.boot-file: \"%s\" has a space or another character that "
					    "firmware does not know; give the file "
					    "another name",
					    config->boot_file);
	return TRUE;
}

static gboolean check_folder(const struct switch_config *config, GError **error)
{
	return !*config->tftp_folder || g_path_is_absolute(config->tftp_folder) ||
	       model_refuse(error,
			    "nat.tftp-folder: \"%s\" is no whole path; give one that begins with a slash",
			    config->tftp_folder);
}

/* As the kernel has it: dev_valid_name(). */
static gboolean check_adapter(const struct switch_config *config, GError **error)
{
	const char *name = config->adapter;

	if (config->kind != SWITCH_KIND_EXTERNAL)
		return TRUE;
	if (!*name)
		return model_refuse(
		    error, "external.adapter: an external switch needs an adapter of this host; give "
			   "one such as eth0");
	for (const char *p = name; *p; p++)
		if (*p == '/' || *p == ':' || *p == ' ' || (guchar)*p > 0x7e)
			return model_refuse(
			    error, "external.adapter: \"%s\" is no name of an adapter; give one such as eth0",
			    name);
	return strcmp(name, "lo") != 0 && name[0] != '.'
		   ? TRUE
		   : model_refuse(error,
				  "external.adapter: %s leads to no network; give an adapter such as eth0",
				  name);
}

static gboolean check_kind(const struct switch_config *config, const char **ret_field, GError **error)
{
	struct switch_config *empty = switch_config_new();
	gboolean is_good = TRUE;

	for (gsize i = 0; is_good && i < switch_fields_count; i++) {
		const struct model_field *field = &switch_fields[i];

		if (switch_kind_has((enum switch_kind)config->kind, field->name) ||
		    model_field_equal(field, empty, config))
			continue;
		*ret_field = field->name;
		is_good = model_refuse(error, "%s: a switch of the kind %s has no such setting; leave it out",
				       field->name, switch_kinds[config->kind]);
	}
	switch_config_free(empty);
	return is_good;
}

gboolean switch_config_check(const struct switch_config *config, const char **ret_field, GError **error)
{
	static const struct {
		const char *field;
		gboolean (*check)(const struct switch_config *config, GError **error);
	} checks[] = {
		{ "switch.name", check_name },	       { "nat.network", check_network },
		{ "nat.forwards", check_forwards },    { "nat.tftp-folder", check_folder },
		{ "nat.boot-file", check_boot_file },  { "mac.first", check_macs },
		{ "external.adapter", check_adapter }, { "internal.address", check_address },
	};
	const char *field = NULL;

	if (!ret_field)
		ret_field = &field;
	for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
		if (!checks[i].check(config, error)) {
			*ret_field = checks[i].field;
			return FALSE;
		}
	return check_kind(config, ret_field, error);
}
