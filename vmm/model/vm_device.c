/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of drives and network adapters. */
#include "model/switch_config.h"
#include "model/vm_config.h"

#include <stddef.h>

static const char *const medias[] = { "disk", "dvd", NULL };
static const char *const controllers[] = { "ide", "scsi", NULL };

static const char *const adapter_kinds[] = { "synthetic", "legacy", NULL };

#define DISK(member)	offsetof(struct vm_disk, member)
#define ADAPTER(member) offsetof(struct vm_adapter, member)

/* clang-format off */
const struct model_field vm_disk_fields[] = {
	{ "media", MODEL_CHOICE, DISK(media), 0, 0, medias, "disk", 0, "the kind of drive", NULL },
	{ "controller", MODEL_CHOICE, DISK(controller), 0, 0, controllers, "ide", 0, "the controller", NULL },
	{ "controller-number", MODEL_NUMBER, DISK(controller_number), 0, 3, NULL, "0", 0, "the number of the controller", NULL },
	{ "location", MODEL_NUMBER, DISK(location), 0, 63, NULL, "0", 0, "the location on the controller", NULL },
	{ "path", MODEL_TEXT, DISK(path), 0, VM_PATH_MAX, NULL, "", MODEL_PATH, "the file", NULL },
	{ "read-only", MODEL_BOOL, DISK(is_read_only), 0, 0, NULL, "false", 0, "read-only", NULL },
	{ "pass-through", MODEL_BOOL, DISK(is_pass_through), 0, 0, NULL, "false", 0, "pass-through", NULL },
	{ "min-iops", MODEL_NUMBER, DISK(min_iops), 0, 1000000, NULL, "0", MODEL_LIVE, "the minimum IOPS", NULL },
	{ "max-iops", MODEL_NUMBER, DISK(max_iops), 0, 1000000, NULL, "0", MODEL_LIVE, "the maximum IOPS", NULL },
};

const struct model_field vm_adapter_fields[] = {
	{ "kind", MODEL_CHOICE, ADAPTER(kind), 0, 0, adapter_kinds, "synthetic", 0, "the kind of adapter", NULL },
	{ "switch", MODEL_TEXT, ADAPTER(switch_name), 0, 100, NULL, "", MODEL_LIVE, "the virtual switch", NULL },
	{ "mac", MODEL_TEXT, ADAPTER(mac), 0, 17, NULL, "", 0, "the MAC address", NULL },
	{ "vlan", MODEL_NUMBER, ADAPTER(vlan), 0, 4094, NULL, "0", MODEL_LIVE, "the VLAN", NULL },
	{ "spoofing", MODEL_BOOL, ADAPTER(allows_spoofing), 0, 0, NULL, "false", MODEL_LIVE, "MAC address spoofing", NULL },
	{ "dhcp-guard", MODEL_BOOL, ADAPTER(has_dhcp_guard), 0, 0, NULL, "false", MODEL_LIVE, "the DHCP guard", NULL },
	{ "router-guard", MODEL_BOOL, ADAPTER(has_router_guard), 0, 0, NULL, "false", MODEL_LIVE, "the router guard", NULL },
	{ "max-mbps", MODEL_NUMBER, ADAPTER(max_mbps), 0, 100000, NULL, "0", MODEL_LIVE, "the bandwidth limit", "Mbit/s" },
};
/* clang-format on */
const gsize vm_disk_fields_count = G_N_ELEMENTS(vm_disk_fields);
const gsize vm_adapter_fields_count = G_N_ELEMENTS(vm_adapter_fields);

struct vm_disk *vm_disk_new(void)
{
	struct vm_disk *disk = g_new0(struct vm_disk, 1);

	model_fields_init(vm_disk_fields, vm_disk_fields_count, disk);
	return disk;
}

struct vm_disk *vm_disk_free(struct vm_disk *disk)
{
	if (disk)
		model_fields_clear(vm_disk_fields, vm_disk_fields_count, disk);
	g_free(disk);
	return NULL;
}

struct vm_adapter *vm_adapter_new(void)
{
	struct vm_adapter *adapter = g_new0(struct vm_adapter, 1);

	model_fields_init(vm_adapter_fields, vm_adapter_fields_count, adapter);
	return adapter;
}

void vm_adapter_settle(struct vm_adapter *adapter)
{
	char *name = g_strdup(switch_full_name(adapter->switch_name));

	g_free(adapter->switch_name);
	adapter->switch_name = name;
}

struct vm_adapter *vm_adapter_free(struct vm_adapter *adapter)
{
	if (adapter)
		model_fields_clear(vm_adapter_fields, vm_adapter_fields_count, adapter);
	g_free(adapter);
	return NULL;
}
