/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of a configuration that no range of a single value can say. Each has its own sentence. */
#include "model/vm_config.h"
#include "model/rights.h"
#include "model/vm_listen.h"

#include <stdio.h>
#include <string.h>

enum { IDE_CONTROLLERS = 2, IDE_LOCATIONS = 2, SCSI_CONTROLLERS = 4, SCSI_DRIVES_MAX = 64 };

gboolean vm_is_id(const char *text)
{
	if (!g_uuid_string_is_valid(text))
		return FALSE;
	for (; *text; text++)
		if (g_ascii_isupper(*text))
			return FALSE;
	return TRUE;
}

gboolean vm_name_check(const char *name, GError **error)
{
	gsize length = strlen(name);

	if (length == 0)
		return model_refuse(error, "the machine has no name; give it one");
	if (length > VM_NAME_MAX)
		return model_refuse(error, "a name has at most %d bytes, this one has %zu; shorten it",
				    VM_NAME_MAX, length);
	if (!g_utf8_validate(name, -1, NULL))
		return model_refuse(error, "the name is not UTF-8 text; write it in UTF-8");
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '/')
			return model_refuse(
			    error, "a name has no control characters and no \"/\" in it; give another");
	if (g_ascii_isspace(name[0]) || g_ascii_isspace(name[length - 1]))
		return model_refuse(error, "the name \"%s\" begins or ends with a space; remove it", name);
	if (name[0] == '.' || name[0] == '-')
		return model_refuse(error,
				    "the name \"%s\" begins with \"%c\"; begin it with a letter or a digit",
				    name, name[0]);
	if (vm_is_id(name))
		return model_refuse(
		    error, "the name \"%s\" looks like the identity of a machine; give another", name);
	return TRUE;
}

gboolean vm_path_is_own(const char *path)
{
	return *path && *path != '/';
}

gboolean vm_path_check(const char *path, GError **error)
{
	if (*path != '/' && strchr(path, '/'))
		return model_refuse(error, "%s: this path is not absolute; begin it with \"/\"", path);
	if (strcmp(path, "..") == 0 || strcmp(path, ".") == 0 || strstr(path, "/../") ||
	    g_str_has_suffix(path, "/.."))
		return model_refuse(error, "%s: a path with \"..\" in it is not taken; write it without",
				    path);
	if (*path && g_str_has_suffix(path, "/"))
		return model_refuse(error, "%s: this is a folder; give a file", path);
	return TRUE;
}

static gboolean check_path(const char *path, const char *setting, GError **error)
{
	if (vm_path_check(path, error))
		return TRUE;
	g_prefix_error(error, "%s: ", setting);
	return FALSE;
}

static gboolean check_identity(const struct vm_config *config, GError **error)
{
	if (!vm_is_id(config->id))
		return model_refuse(error, "vm.id: \"%s\" is no UUID in lower case; let Bulkhead choose it",
				    config->id);
	if (*config->location && *config->location != '/')
		return model_refuse(error, "vm.location: \"%s\" is no absolute path of a folder; give one",
				    config->location);
	if (!vm_path_check(config->location, error))
		return FALSE;
	return vm_name_check(config->name, error);
}

static gboolean check_memory(const struct vm_config *config, GError **error)
{
	if (!config->has_dynamic_memory)
		return TRUE;
	if (config->memory_min_mib > config->memory_mib)
		return model_refuse(error,
				    "memory.minimum-mib: %" G_GUINT64_FORMAT
				    " MiB are more than the startup memory of %" G_GUINT64_FORMAT
				    " MiB; lower the minimum",
				    config->memory_min_mib, config->memory_mib);
	if (config->memory_max_mib < config->memory_mib)
		return model_refuse(error,
				    "memory.maximum-mib: %" G_GUINT64_FORMAT
				    " MiB are less than the startup memory of %" G_GUINT64_FORMAT
				    " MiB; raise the maximum",
				    config->memory_max_mib, config->memory_mib);
	return TRUE;
}

static gboolean check_processors(const struct vm_config *config, GError **error)
{
	if (config->processor_reserve_percent > config->processor_limit_percent)
		return model_refuse(error,
				    "processor.reserve-percent: the reserve of %" G_GUINT64_FORMAT
				    " %% is above the limit of %" G_GUINT64_FORMAT " %%; lower it",
				    config->processor_reserve_percent, config->processor_limit_percent);
	return TRUE;
}

static gboolean check_boot(const struct vm_config *config, GError **error)
{
	if (!*config->kernel && *config->initrd)
		return model_refuse(error,
				    "boot.initrd: an initial RAM disk needs a Linux kernel; name one too");
	if (!*config->kernel && *config->append)
		return model_refuse(error,
				    "boot.append: a kernel command line needs a Linux kernel; name one too");
	return check_path(config->kernel, "boot.kernel", error) &&
	       check_path(config->initrd, "boot.initrd", error);
}

/* sun_path has 108 bytes with its end; the service gives it the name alone, from inside of the folder. */
static gboolean check_com(const struct vm_com *com, const char *name, GError **error)
{
	const char *slash = strrchr(com->path, '/');

	if (com->kind == VM_SERIAL_FILE && !*com->path)
		return model_refuse(
		    error, "%s.path: the serial port writes into a file, but none is named; name one", name);
	if (!vm_path_check(com->path, error)) {
		g_prefix_error(error, "%s.path: ", name);
		return FALSE;
	}
	if (com->kind != VM_SERIAL_SOCKET)
		return TRUE;
	if (!slash)
		return model_refuse(error,
				    "%s.path: the serial port is a socket, whose absolute path is missing; "
				    "name one in a folder that its "
				    "users reach, such as /run/user/1000/com",
				    name);
	if (strlen(slash + 1) > VM_SOCKET_NAME_MAX)
		return model_refuse(error, "%s.path: the name of a socket has at most %d bytes; shorten it",
				    name, VM_SOCKET_NAME_MAX);
	return TRUE;
}

static gboolean check_serial(const struct vm_config *config, GError **error)
{
	for (unsigned i = 0; i < VM_COMS; i++)
		if (!check_com(&config->coms[i], i == 0 ? "serial" : "serial2", error))
			return FALSE;
	return TRUE;
}

/* --- drives ---------------------------------------------------------------------------------------- */

static gboolean check_disk_place(const struct vm_config *config, const struct vm_disk *disk, guint index,
				 GError **error)
{
	guint64 number = disk->controller_number;

	if (disk->controller == VM_IDE && config->generation == 2)
		return model_refuse(
		    error, "disk %u: a machine of generation 2 has no IDE; put it on a SCSI controller",
		    index);
	if (disk->controller == VM_IDE && (number >= IDE_CONTROLLERS || disk->location >= IDE_LOCATIONS))
		return model_refuse(
		    error,
		    "disk %u: IDE has the controllers 0 and 1 with the locations 0 and 1; choose one of them",
		    index);
	if (disk->controller == VM_SCSI && number >= SCSI_CONTROLLERS)
		return model_refuse(error, "disk %u: there are SCSI controllers 0 to %d; choose one of them",
				    index, SCSI_CONTROLLERS - 1);
	return TRUE;
}

static gboolean check_disk(const struct vm_config *config, guint index, GError **error)
{
	const struct vm_disk *disk = config->disks->pdata[index];

	if (!check_disk_place(config, disk, index, error))
		return FALSE;
	if (!*disk->path && disk->media == VM_HARD_DISK)
		return model_refuse(error, "disk %u: a hard disk needs a file; set its path", index);
	if (!vm_path_check(disk->path, error)) {
		g_prefix_error(error, "disk %u: ", index);
		return FALSE;
	}
	if (disk->is_pass_through && (disk->media == VM_DVD || vm_path_is_own(disk->path)))
		return model_refuse(
		    error,
		    "disk %u: only a hard disk with the path of a device can be a physical one; give "
		    "the device",
		    index);
	if (disk->max_iops && disk->min_iops > disk->max_iops)
		return model_refuse(error, "disk %u: the minimum of IOPS is above the maximum; lower it",
				    index);
	return TRUE;
}

static gboolean is_same_place(const struct vm_disk *a, const struct vm_disk *b)
{
	return a->controller == b->controller && a->controller_number == b->controller_number &&
	       a->location == b->location;
}

static gboolean check_disk_pair(const struct vm_disk *a, const struct vm_disk *b, guint i, guint j,
				GError **error)
{
	gboolean both_read =
	    (a->is_read_only || a->media == VM_DVD) && (b->is_read_only || b->media == VM_DVD);

	if (is_same_place(a, b))
		return model_refuse(
		    error, "disk %u and disk %u have the same place on the same controller; move one of them",
		    i, j);
	if (*a->path && strcmp(a->path, b->path) == 0 && !both_read)
		return model_refuse(error, "disk %u and disk %u are the same file %s; give each its own", i,
				    j, a->path);
	return TRUE;
}

static guint count_scsi(const struct vm_config *config)
{
	guint count = 0;

	for (guint i = 0; i < config->disks->len; i++)
		count += ((struct vm_disk *)config->disks->pdata[i])->controller == VM_SCSI;
	return count;
}

static gboolean check_disks(const struct vm_config *config, GError **error)
{
	if (config->disks->len > VM_DISKS_MAX)
		return model_refuse(error, "a machine has at most %d drives; remove some", VM_DISKS_MAX);
	if (count_scsi(config) > SCSI_DRIVES_MAX)
		return model_refuse(error, "a machine has at most %d drives on SCSI controllers; remove some",
				    SCSI_DRIVES_MAX);
	for (guint i = 0; i < config->disks->len; i++) {
		if (!check_disk(config, i, error))
			return FALSE;
		for (guint j = 0; j < i; j++)
			if (!check_disk_pair(config->disks->pdata[j], config->disks->pdata[i], j, i, error))
				return FALSE;
	}
	return TRUE;
}

/* --- network --------------------------------------------------------------------------------------- */

static gboolean check_mac(const char *mac, guint index, GError **error)
{
	unsigned first;

	if (strlen(mac) != 17)
		return model_refuse(
		    error, "adapter %u: \"%s\" is no MAC address; write it as 00:15:5d:01:02:03", index, mac);
	for (unsigned i = 0; i < 17; i++)
		if (i % 3 == 2 ? mac[i] != ':' : !g_ascii_isxdigit(mac[i]))
			return model_refuse(
			    error, "adapter %u: \"%s\" is no MAC address; write it as 00:15:5d:01:02:03",
			    index, mac);
	first = (unsigned)g_ascii_xdigit_value(mac[1]);
	if (first & 1)
		return model_refuse(
		    error, "adapter %u: %s is a multicast address; give one with an even second digit", index,
		    mac);
	return TRUE;
}

gboolean vm_config_has_legacy_adapter(const struct vm_config *config)
{
	for (guint i = 0; i < config->adapters->len; i++)
		if (((struct vm_adapter *)config->adapters->pdata[i])->kind == VM_ADAPTER_LEGACY)
			return TRUE;
	return FALSE;
}

static gboolean check_legacy_adapters(const struct vm_config *config, GError **error)
{
	guint count = 0;

	for (guint i = 0; i < config->adapters->len; i++)
		count += ((struct vm_adapter *)config->adapters->pdata[i])->kind == VM_ADAPTER_LEGACY;
	if (count > VM_LEGACY_ADAPTERS_MAX)
		return model_refuse(
		    error, "a machine has at most %d legacy network adapters; make the others synthetic",
		    VM_LEGACY_ADAPTERS_MAX);
	if (count > 0 && config->generation == 2)
		return model_refuse(
		    error, "a machine of generation 2 has no legacy network adapters; make them synthetic");
	/* UEFI knows synthetic ones. */
	if (count == 0 && config->generation == 1 && config->boot_first == VM_BOOT_NETWORK)
		return model_refuse(
		    error,
		    "boot.first: firmware boots from a legacy network adapter, and there is none; give the "
		    "machine one, with --switch NAME,legacy");
	return TRUE;
}

static gboolean check_adapters(const struct vm_config *config, GError **error)
{
	if (!check_legacy_adapters(config, error))
		return FALSE;
	if (config->adapters->len > VM_ADAPTERS_MAX)
		return model_refuse(error, "a machine has at most %d network adapters; remove some",
				    VM_ADAPTERS_MAX);
	for (guint i = 0; i < config->adapters->len; i++) {
		const struct vm_adapter *adapter = config->adapters->pdata[i];

		if (*adapter->mac && !check_mac(adapter->mac, i, error))
			return FALSE;
		for (guint j = 0; j < i; j++) {
			const struct vm_adapter *other = config->adapters->pdata[j];

			if (*adapter->mac && g_ascii_strcasecmp(adapter->mac, other->mac) == 0)
				return model_refuse(
				    error, "adapter %u and adapter %u have the same MAC address; change one",
				    j, i);
		}
	}
	return TRUE;
}

static gboolean check_grants(const struct vm_config *config, GError **error)
{
	GHashTableIter iter;
	gpointer subject, name;
	enum role role;

	if (g_hash_table_size(config->grants) > VM_GRANTS_MAX)
		return model_refuse(error,
				    "a machine has at most %d administrators; grant rights to groups instead",
				    VM_GRANTS_MAX);
	g_hash_table_iter_init(&iter, config->grants);
	while (g_hash_table_iter_next(&iter, &subject, &name)) {
		if (!subject_check(subject, error))
			return FALSE;
		if (!role_parse(name, &role) || !role_is_of_vm(role))
			return model_refuse(
			    error,
			    "%s: \"%s\" is no role on a machine; give viewer, operator or vm-administrator",
			    (const char *)subject, (const char *)name);
	}
	return TRUE;
}

/* What fits into the guest's own pool: 255 and 1023 units of UTF-16, and their ends. */
static gboolean check_pair(const char *line, GError **error)
{
	const char *equals = strchr(line, '=');

	if (!equals || equals == line)
		return model_refuse(error, "the pair \"%s\" for the guest is none; write it as KEY=VALUE",
				    line);
	for (const char *p = line; *p; p++)
		if ((guchar)*p < ' ' || *p == 0x7f)
			return model_refuse(
			    error, "the pair \"%.*s\" for the guest has a control character; leave it out",
			    (int)(equals - line), line);
	if (g_utf8_strlen(line, equals - line) > VM_PAIR_KEY_MAX ||
	    g_utf8_strlen(equals + 1, -1) > VM_PAIR_VALUE_MAX)
		return model_refuse(error,
				    "the pair \"%.*s\" for the guest is too long: a key has at most %d "
				    "characters, a value %d",
				    (int)MIN(equals - line, 64), line, VM_PAIR_KEY_MAX, VM_PAIR_VALUE_MAX);
	return TRUE;
}

static gboolean check_guest_pairs(const struct vm_config *config, GError **error)
{
	char **lines = g_strsplit(config->guest_pairs, "\n", -1);
	gboolean is_good = TRUE;
	guint count = 0;

	for (guint i = 0; lines[i] && is_good; i++)
		if (*lines[i]) {
			is_good = check_pair(lines[i], error);
			count++;
		}
	g_strfreev(lines);
	if (is_good && count > VM_PAIRS_MAX)
		return model_refuse(error, "a guest is given at most %d pairs; delete some", VM_PAIRS_MAX);
	return is_good;
}

static gboolean check_display(const struct vm_config *config, GError **error)
{
	struct vm_listen listen;

	if (!vm_listen_parse(config->display_listen, &listen, error))
		return FALSE;
	if (listen.port && !listen.is_loopback && !config->display_tls)
		return model_refuse(error,
				    "display.tls: viewers from other computers (they connect to %s) are "
				    "let in with TLS only; "
				    "switch it on, or listen at the loopback",
				    config->display_listen);
	return TRUE;
}

static gboolean check_checkpoints(const struct vm_config *config, GError **error)
{
	if (*config->checkpoint && !vm_is_id(config->checkpoint))
		return model_refuse(
		    error, "checkpoints.present: \"%s\" is no identity of a checkpoint; leave it empty",
		    config->checkpoint);
	if (*config->checkpoint_location && (vm_path_is_own(config->checkpoint_location) ||
					     !vm_path_check(config->checkpoint_location, NULL)))
		return model_refuse(
		    error,
		    "checkpoints.location: \"%s\" is no absolute path of a folder; give one, or nothing for "
		    "the machine's own folder",
		    config->checkpoint_location);
	return TRUE;
}

static gboolean (*const rules[])(const struct vm_config *config, GError **error) = {
	check_identity, check_memory, check_processors,	 check_boot,	check_serial,	   check_disks,
	check_adapters, check_grants, check_guest_pairs, check_display, check_checkpoints,
};

gboolean vm_config_check(const struct vm_config *config, GError **error)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++)
		if (!rules[i](config, error))
			return FALSE;
	return TRUE;
}
