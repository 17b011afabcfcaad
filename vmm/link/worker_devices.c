/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic disks and network ports, one message each: a machine may have more of them than one packet
 * carries descriptors, and the same messages add them to a running machine.
 */
#include "link/worker_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_names[WORKER_DRIVE_COUNT] = { "none", "disk", "cdrom" };

static int number(const struct link_message *message, const char *key, uint64_t max, unsigned *ret_value)
{
	uint64_t value;

	if (link_get_number(message, key, max, &value) < 0)
		return -EBADMSG;
	*ret_value = (unsigned)value;
	return 0;
}

static int copy_text(const struct link_message *message, const char *key, size_t max, char **ret_text)
{
	const char *text = link_get(message, key);

	if (!text || strlen(text) > max)
		return -EBADMSG;
	*ret_text = strdup(text);
	return *ret_text ? 0 : -ENOMEM;
}

static int take_fd(struct link_message *message, int *ret_fd)
{
	if (!link_get(message, "fd"))
		return 0;
	return link_take_fd(message, "fd", ret_fd) < 0 ? -EBADMSG : 0;
}

static const char *qos_key(char key[LINK_KEY_MAX], const char *prefix, const char *what)
{
	snprintf(key, LINK_KEY_MAX, "%s%s", prefix, what);
	return key;
}

void worker_qos_encode(const struct worker_qos *qos, const char *prefix, struct link_message *message)
{
	char key[LINK_KEY_MAX];

	if (qos->min_iops)
		link_add_number(message, qos_key(key, prefix, "min-iops"), qos->min_iops);
	if (qos->max_iops)
		link_add_number(message, qos_key(key, prefix, "max-iops"), qos->max_iops);
}

static int decode_iops(const struct link_message *message, const char *key, uint64_t *iops)
{
	return link_get(message, key) && link_get_number(message, key, WORKER_IOPS_MAX, iops) < 0 ? -EBADMSG
												  : 0;
}

int worker_qos_decode(const struct link_message *message, const char *prefix, struct worker_qos *ret_qos)
{
	struct worker_qos qos = { 0 };
	char key[LINK_KEY_MAX];
	int r = decode_iops(message, qos_key(key, prefix, "min-iops"), &qos.min_iops);

	if (r == 0)
		r = decode_iops(message, qos_key(key, prefix, "max-iops"), &qos.max_iops);
	if (r == 0 && qos.max_iops && qos.min_iops > qos.max_iops)
		r = -EBADMSG;
	if (r == 0)
		*ret_qos = qos;
	return r;
}

void worker_disk_deinit(struct worker_disk *disk)
{
	free(disk->name);
	free(disk->format);
	worker_chain_deinit(&disk->chain);
	if (disk->fd >= 0)
		close(disk->fd);
	*disk = (struct worker_disk){ .fd = -1 };
}

int worker_disk_encode(const struct worker_disk *disk, struct link_message **ret_message)
{
	int r = link_message_new("disk", ret_message);

	if (r < 0)
		return r;
	link_add(*ret_message, "kind", kind_names[disk->kind]);
	link_add_number(*ret_message, "controller", disk->controller);
	link_add_number(*ret_message, "lun", disk->lun);
	link_add(*ret_message, "name", disk->name ? disk->name : "");
	link_add(*ret_message, "format", disk->format ? disk->format : "raw");
	link_add_number(*ret_message, "read-only", disk->is_read_only);
	worker_chain_encode(&disk->chain, "", *ret_message);
	worker_qos_encode(&disk->qos, "", *ret_message);
	if (disk->fd >= 0)
		link_add_fd(*ret_message, "fd", disk->fd);
	return 0;
}

static int decode_disk(struct link_message *message, struct worker_disk *disk)
{
	const char *kind = link_get(message, "kind");
	unsigned is_read_only;
	int r;

	if (!kind)
		return -EBADMSG;
	for (unsigned i = WORKER_DRIVE_DISK; i < WORKER_DRIVE_COUNT; i++)
		if (strcmp(kind, kind_names[i]) == 0)
			disk->kind = (enum worker_drive_kind)i;
	if (disk->kind == WORKER_DRIVE_NONE)
		return -EBADMSG;
	if ((r = number(message, "controller", WORKER_CONTROLLERS - 1, &disk->controller)) < 0 ||
	    (r = number(message, "lun", WORKER_LUNS - 1, &disk->lun)) < 0 ||
	    (r = number(message, "read-only", 1, &is_read_only)) < 0 ||
	    (r = copy_text(message, "name", WORKER_FILE_NAME_MAX, &disk->name)) < 0 ||
	    (r = copy_text(message, "format", LINK_KEY_MAX, &disk->format)) < 0 ||
	    (r = worker_qos_decode(message, "", &disk->qos)) < 0 ||
	    (r = worker_chain_decode(message, "", &disk->chain)) < 0 || (r = take_fd(message, &disk->fd)) < 0)
		return r;
	disk->is_read_only = is_read_only;
	return disk->kind == WORKER_DRIVE_DISK && disk->fd < 0 ? -EBADMSG : 0;
}

int worker_disk_decode(struct link_message *message, struct worker_disk *ret_disk)
{
	struct worker_disk disk = { .fd = -1 };
	int r = strcmp(link_verb(message), "disk") == 0 ? decode_disk(message, &disk) : -EBADMSG;

	if (r < 0) {
		worker_disk_deinit(&disk);
		return r;
	}
	*ret_disk = disk;
	return 0;
}

void worker_drive_deinit(struct worker_drive *drive)
{
	free(drive->name);
	free(drive->format);
	worker_chain_deinit(&drive->chain);
	if (drive->fd >= 0)
		close(drive->fd);
	*drive = (struct worker_drive){ .fd = -1 };
}

int worker_drive_encode(unsigned unit, const struct worker_drive *drive, struct link_message **ret_message)
{
	int r = link_message_new("drive", ret_message);

	if (r < 0)
		return r;
	link_add_number(*ret_message, "unit", unit);
	link_add(*ret_message, "kind", kind_names[drive->kind]);
	link_add(*ret_message, "name", drive->name ? drive->name : "");
	link_add(*ret_message, "format", drive->format ? drive->format : "iso");
	if (drive->fd >= 0)
		link_add_fd(*ret_message, "fd", drive->fd);
	return 0;
}

/* Only discs can be changed. */
int worker_drive_decode(struct link_message *message, unsigned *ret_unit, struct worker_drive *ret_drive)
{
	struct worker_drive drive = { .kind = WORKER_DRIVE_CDROM, .is_read_only = true, .fd = -1 };
	const char *kind = link_get(message, "kind");
	int r = !kind || strcmp(kind, kind_names[WORKER_DRIVE_CDROM]) != 0 ? -EBADMSG : 0;

	if (r < 0 || (r = number(message, "unit", WORKER_DRIVES - 1, ret_unit)) < 0 ||
	    (r = copy_text(message, "name", WORKER_FILE_NAME_MAX, &drive.name)) < 0 ||
	    (r = copy_text(message, "format", LINK_KEY_MAX, &drive.format)) < 0 ||
	    (r = take_fd(message, &drive.fd)) < 0) {
		worker_drive_deinit(&drive);
		return r;
	}
	*ret_drive = drive;
	return 0;
}

int worker_port_encode(const struct worker_port *port, struct link_message **ret_message)
{
	char mac[18];
	int r = link_message_new("port", ret_message);

	if (r < 0)
		return r;
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", port->mac[0], port->mac[1], port->mac[2],
		 port->mac[3], port->mac[4], port->mac[5]);
	link_add_number(*ret_message, "index", port->index);
	link_add(*ret_message, "mac", mac);
	link_add_number(*ret_message, "vlan", port->vlan);
	link_add_number(*ret_message, "spoofing", port->allows_spoofing);
	link_add_number(*ret_message, "legacy", port->is_legacy);
	if (port->fd >= 0)
		link_add_fd(*ret_message, "fd", port->fd);
	return 0;
}

static int parse_mac(const char *text, uint8_t mac[6])
{
	unsigned bytes[6];
	int end = 0;

	if (!text || strlen(text) != 17 ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &bytes[0], &bytes[1], &bytes[2], &bytes[3], &bytes[4],
		   &bytes[5], &end) != 6 ||
	    end != 17)
		return -EBADMSG;
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)bytes[i];
	return 0;
}

int worker_port_decode(struct link_message *message, struct worker_port *ret_port)
{
	struct worker_port port = { .fd = -1 };
	unsigned vlan, allows_spoofing, is_legacy;

	if (strcmp(link_verb(message), "port") != 0 ||
	    number(message, "index", WORKER_PORTS_MAX - 1, &port.index) < 0 ||
	    parse_mac(link_get(message, "mac"), port.mac) < 0 || number(message, "vlan", 4094, &vlan) < 0 ||
	    number(message, "spoofing", 1, &allows_spoofing) < 0 ||
	    number(message, "legacy", 1, &is_legacy) < 0 || take_fd(message, &port.fd) < 0)
		return -EBADMSG;
	port.vlan = (uint16_t)vlan;
	port.allows_spoofing = allows_spoofing;
	port.is_legacy = is_legacy;
	*ret_port = port;
	return 0;
}

int worker_config_add_disk(struct worker_config *config, struct worker_disk *disk)
{
	struct worker_disk *disks;

	for (unsigned i = 0; i < config->disk_count; i++)
		if (config->disks[i].controller == disk->controller && config->disks[i].lun == disk->lun)
			return -EEXIST;
	if (config->disk_count == WORKER_DISKS_MAX)
		return -ENOSPC;
	disks = realloc(config->disks, (config->disk_count + 1) * sizeof(*disks));
	if (!disks)
		return -ENOMEM;
	config->disks = disks;
	disks[config->disk_count++] = *disk;
	*disk = (struct worker_disk){ .fd = -1 };
	return 0;
}

int worker_config_add_port(struct worker_config *config, const struct worker_port *port)
{
	for (unsigned i = 0; i < config->port_count; i++)
		if (config->ports[i].index == port->index)
			return -EEXIST;
	if (config->port_count == WORKER_PORTS_MAX)
		return -ENOSPC;
	config->ports[config->port_count++] = *port;
	return 0;
}

/* --- the whole conversation of "start" --------------------------------------------------------------- */

static int send_one(int socket, int encoded, struct link_message *message)
{
	if (encoded < 0)
		return encoded;
	encoded = link_send(socket, message);
	link_message_free(message);
	return encoded;
}

int worker_config_send(int socket, const struct worker_config *config)
{
	struct link_message *message = NULL;
	int r = worker_config_encode(config, &message);

	r = send_one(socket, r, message);
	for (unsigned i = 0; r == 0 && i < config->disk_count; i++) {
		r = worker_disk_encode(&config->disks[i], &message);
		r = send_one(socket, r, message);
	}
	for (unsigned i = 0; r == 0 && i < config->port_count; i++) {
		r = worker_port_encode(&config->ports[i], &message);
		r = send_one(socket, r, message);
	}
	return r;
}

static int receive_disk(struct worker_config *config, struct link_message *message)
{
	struct worker_disk disk;
	int r = worker_disk_decode(message, &disk);

	if (r == 0 && (r = worker_config_add_disk(config, &disk)) < 0)
		worker_disk_deinit(&disk);
	return r;
}

static int receive_port(struct worker_config *config, struct link_message *message)
{
	struct worker_port port;
	int r = worker_port_decode(message, &port);

	if (r == 0 && (r = worker_config_add_port(config, &port)) < 0 && port.fd >= 0)
		close(port.fd);
	return r;
}

static int receive_each(int socket, unsigned count, struct worker_config *config,
			int (*receive)(struct worker_config *config, struct link_message *message))
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < count; i++) {
		struct link_message *message;

		r = link_receive(socket, &message);
		if (r != 0)
			return r < 0 ? r : -ECONNRESET;
		r = receive(config, message);
		link_message_free(message);
	}
	return r;
}

int worker_config_receive(int socket, struct worker_config *ret_config)
{
	struct link_message *message;
	unsigned disks = 0, ports = 0;
	int r = link_receive(socket, &message);

	if (r != 0)
		return r < 0 ? r : -ECONNRESET;
	r = worker_config_decode(message, ret_config);
	if (r == 0 &&
	    ((link_get(message, "disks") && number(message, "disks", WORKER_DISKS_MAX, &disks) < 0) ||
	     (link_get(message, "ports") && number(message, "ports", WORKER_PORTS_MAX, &ports) < 0))) {
		worker_config_deinit(ret_config);
		r = -EBADMSG;
	}
	link_message_free(message);
	if (r < 0)
		return r;
	r = receive_each(socket, disks, ret_config, receive_disk);
	if (r == 0)
		r = receive_each(socket, ports, ret_config, receive_port);
	if (r < 0)
		worker_config_deinit(ret_config);
	return r;
}
