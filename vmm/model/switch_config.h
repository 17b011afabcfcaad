/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of a virtual switch.
 *
 * Purpose    The struct, its table of fields, its rules, its text form, and what the API makes of it.
 *
 * File       [switch] format=1 name= kind= notes= vlan=; [nat]; [mac]; [external]; [internal]. Keys
 *            that we do not know are lost.
 *
 * Trust      A file is hostile: at most SWITCH_CONFIG_FILE_MAX bytes, every value checked.
 */
#ifndef MODEL_SWITCH_CONFIG_H
#define MODEL_SWITCH_CONFIG_H

#include "model/field.h"
#include "model/model_error.h"

enum switch_config_limits {
	SWITCH_CONFIG_FILE_MAX = 65536,
	SWITCH_CONFIG_NAME_MAX = 100,
	SWITCH_CONFIG_FORWARDS_MAX = 64,
	SWITCH_CONFIG_FORMAT = 1,
};

/* The one that is always there: its name, a short one that is taken everywhere as well, and that of its file. */
#define SWITCH_DEFAULT_NAME	  "Default Switch"
#define SWITCH_DEFAULT_SHORT_NAME "nat"
#define SWITCH_DEFAULT_ID	  "default"

enum switch_kind {
	SWITCH_KIND_NAT,      /* machines reach the network through this host's address */
	SWITCH_KIND_PRIVATE,  /* machines reach each other only */
	SWITCH_KIND_INTERNAL, /* and this host, by an adapter of its own */
	SWITCH_KIND_EXTERNAL, /* and the network of one of this host's adapters */
	SWITCH_KINDS,
};

struct switch_config {
	char *id; /* of its file; not a field */
	char *name;
	unsigned kind; /* enum switch_kind */
	char *notes;
	guint64 vlan; /* of the switch's way out: gateway, host, network; 0: none */

	char *network; /* nat: "10.0.2.0/24" */
	gboolean has_dhcp, has_ipv6, has_host_services;
	char *tftp_folder, *boot_file; /* nat: what machines boot from the network; "": nothing */
	char *forwards;		       /* nat: one in each line (switch_forward_parse()) */

	char *mac_first, *mac_last; /* adapters without an address get one of these */

	char *adapter; /* external: of this host */
	gboolean is_shared;

	char *address; /* internal: of this host, "192.168.50.1/24"; "": none */
};

extern const struct model_field switch_fields[];
extern const gsize switch_fields_count;
extern const char *const switch_kinds[]; /* NULL-terminated; as enum switch_kind */

/* `name`, or what is meant by it. */
const char *switch_full_name(const char *name);
/* What a kind is, in a sentence. */
const char *switch_kind_description(enum switch_kind kind);
/* Whether the kind has this field ("nat.network"). */
gboolean switch_kind_has(enum switch_kind kind, const char *field);

/* With defaults and a new id. */
struct switch_config *switch_config_new(void);
/* The one that is always there, as it is at first. */
struct switch_config *switch_config_new_default(void);
struct switch_config *switch_config_copy(const struct switch_config *config);
struct switch_config *switch_config_free(struct switch_config *config);

/* MODEL_ERROR_BROKEN or MODEL_ERROR_NEWER. The id is not in the text. */
struct switch_config *switch_config_parse(const char *data, gsize size, GError **error);
char *switch_config_format(const struct switch_config *config, gsize *ret_size);

/* The first broken rule; `ret_field` (may be NULL): which field breaks it, a static text. */
gboolean switch_config_check(const struct switch_config *config, const char **ret_field, GError **error);

/* a{sv} of "switch.name", "nat.forwards" (as) and the like, only what the kind has; floating. */
GVariant *switch_config_to_variant(const struct switch_config *config);
/* On failure the configuration may be half changed: work on a copy. */
gboolean switch_config_change(struct switch_config *config, GVariant *changes, gboolean is_new,
			      GError **error);
/* One sentence per difference. */
GPtrArray *switch_config_differences(const struct switch_config *before, const struct switch_config *after);
/* Whether they differ in more than name, notes, forwards and the range of MAC addresses: in what a running
 * switch cannot change. */
gboolean switch_config_needs_restart(const struct switch_config *before, const struct switch_config *after);

/* --- forwards: "[tcp:|udp:][ADDRESS:]PORT:[ADDRESS:]PORT", this host's place first ---------------------- */

struct switch_rule {
	gboolean is_udp;
	char host[16], guest[16]; /* "127.0.0.1" when not given; "" for the first guest */
	guint host_port, guest_port;
};

gboolean switch_forward_parse(const char *text, struct switch_rule *ret_rule, GError **error);
/* As switch_forward_parse() takes it, with all that is not the default. */
char *switch_forward_format(const struct switch_rule *rule);

/* "00:15:5d:01:02:03" as a number. */
gboolean switch_mac_parse(const char *text, guint64 *ret_mac);

#endif
