/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/worker_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const serial_names[WORKER_SERIAL_COUNT] = { "none", "stream", "listen",
							       "file", "hub",	 "socket" };
static const struct {
	const char *kind, *fd;
} com_keys[WORKER_COMS] = { { "serial", "serial-fd" }, { "serial2", "serial2-fd" } };
static const char *const cause_names[WORKER_CAUSE_COUNT] = { "power-off", "stopped", "crash", "failure",
							     "saved" };
static const char *const drive_names[WORKER_DRIVE_COUNT] = { "none", "disk", "cdrom" };

void worker_config_init(struct worker_config *config)
{
	*config = (struct worker_config){
		.state_fd = -1,
		.kernel_fd = -1,
		.initrd_fd = -1,
		.coms = { { .fd = -1 }, { .fd = -1 } },
		.control_fd = -1,
		.result_fd = -1,
		.counters_fd = -1,
		.kvm_fd = -1,
		.bios_fd = -1,
		.vga_bios_fd = -1,
		.pxe_rom_fd = -1,
		.drives = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 } },
		.display_fd = -1,
		.viewer_fd = -1,
		.firmware_log_fd = -1,
		.services = WORKER_SERVICES_ALL,
		.hvsock_fd = -1,
	};
}

uint64_t worker_config_hot_mib(const struct worker_config *config)
{
	uint64_t max = config->memory_max_mib;

	if (!config->is_enlightened || !(config->services & WORKER_BALLOON) || max <= config->memory_mib)
		return 0;
	return (max - config->memory_mib) / WORKER_HOT_UNIT_MIB * WORKER_HOT_UNIT_MIB;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void worker_config_deinit(struct worker_config *config)
{
	free(config->name);
	free(config->engine);
	free(config->cmdline);
	free(config->kernel_name);
	free(config->initrd_name);
	close_fd(&config->state_fd);
	close_fd(&config->kernel_fd);
	close_fd(&config->initrd_fd);
	for (unsigned i = 0; i < WORKER_COMS; i++)
		close_fd(&config->coms[i].fd);
	close_fd(&config->control_fd);
	close_fd(&config->result_fd);
	close_fd(&config->counters_fd);
	close_fd(&config->kvm_fd);
	close_fd(&config->bios_fd);
	close_fd(&config->vga_bios_fd);
	close_fd(&config->pxe_rom_fd);
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		worker_drive_deinit(&config->drives[i]);
	close_fd(&config->display_fd);
	close_fd(&config->viewer_fd);
	close_fd(&config->firmware_log_fd);
	close_fd(&config->hvsock_fd);
	for (unsigned i = 0; i < config->disk_count; i++)
		worker_disk_deinit(&config->disks[i]);
	free(config->disks);
	for (unsigned i = 0; i < config->port_count; i++)
		close_fd(&config->ports[i].fd);
	worker_config_init(config);
}

static void add_optional_fd(struct link_message *message, const char *key, int fd)
{
	if (fd >= 0)
		link_add_fd(message, key, fd);
}

/* "drive-N-WHAT"; the text is copied by link_add*(). */
static const char *drive_key(char key[LINK_KEY_MAX], unsigned index, const char *what)
{
	snprintf(key, LINK_KEY_MAX, "drive-%u-%s", index, what);
	return key;
}

static void encode_drive(struct link_message *message, unsigned index, const struct worker_drive *drive)
{
	char key[LINK_KEY_MAX];

	if (drive->kind == WORKER_DRIVE_NONE)
		return;
	link_add(message, drive_key(key, index, "kind"), drive_names[drive->kind]);
	link_add(message, drive_key(key, index, "name"), drive->name ? drive->name : "");
	link_add(message, drive_key(key, index, "format"), drive->format ? drive->format : "raw");
	link_add_number(message, drive_key(key, index, "read-only"), drive->is_read_only);
	add_optional_fd(message, drive_key(key, index, "fd"), drive->fd);
	worker_chain_encode(&drive->chain, drive_key(key, index, ""), message);
	worker_qos_encode(&drive->qos, drive_key(key, index, ""), message);
}

static void encode_generation1(struct link_message *message, const struct worker_config *config)
{
	link_add_number(message, "generation", config->generation);
	add_optional_fd(message, "bios-fd", config->bios_fd);
	add_optional_fd(message, "vga-bios-fd", config->vga_bios_fd);
	add_optional_fd(message, "pxe-rom-fd", config->pxe_rom_fd);
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		encode_drive(message, i, &config->drives[i]);
	link_add_number(message, "cdrom-first", config->boots_cdrom_first);
	link_add_number(message, "network-first", config->boots_network_first);
	add_optional_fd(message, "firmware-log-fd", config->firmware_log_fd);
}

static void encode_synthetic(struct link_message *message, const struct worker_config *config)
{
	link_add_number(message, "enlightened", config->is_enlightened);
	link_add_number(message, "compatible", config->is_compatible);
	link_add_number(message, "disks", config->disk_count);
	link_add_number(message, "ports", config->port_count);
	link_add_number(message, "services", config->services);
	link_add_number(message, "hold", config->hold);
	add_optional_fd(message, "hvsock-fd", config->hvsock_fd);
}

int worker_config_encode(const struct worker_config *config, struct link_message **ret_message)
{
	struct link_message *message;
	int r = link_message_new("start", &message);

	if (r < 0)
		return r;
	link_add(message, "name", config->name);
	link_add(message, "engine", config->engine);
	link_add_number(message, "memory-mib", config->memory_mib);
	link_add_number(message, "memory-max-mib", config->memory_max_mib);
	link_add_number(message, "processors", config->processors);
	link_add(message, "cmdline", config->cmdline);
	link_add(message, "kernel-name", config->kernel_name);
	add_optional_fd(message, "state-fd", config->state_fd);
	add_optional_fd(message, "kernel-fd", config->kernel_fd);
	if (config->initrd_fd >= 0) {
		link_add(message, "initrd-name", config->initrd_name);
		link_add_fd(message, "initrd-fd", config->initrd_fd);
	}
	for (unsigned i = 0; i < WORKER_COMS; i++) {
		link_add(message, com_keys[i].kind, serial_names[config->coms[i].kind]);
		add_optional_fd(message, com_keys[i].fd, config->coms[i].fd);
	}
	add_optional_fd(message, "control-fd", config->control_fd);
	add_optional_fd(message, "result-fd", config->result_fd);
	add_optional_fd(message, "counters-fd", config->counters_fd);
	add_optional_fd(message, "kvm-fd", config->kvm_fd);
	link_add_number(message, "kvm-error", config->kvm_error);
	link_add_number(message, "screen", config->has_screen);
	link_add_number(message, "screen-width", config->screen_width_max);
	link_add_number(message, "screen-height", config->screen_height_max);
	add_optional_fd(message, "display-fd", config->display_fd);
	add_optional_fd(message, "viewer-fd", config->viewer_fd);
	encode_synthetic(message, config);
	if (config->generation != 0)
		encode_generation1(message, config);
	*ret_message = message;
	return 0;
}

static int find_name(const char *const *names, unsigned count, const char *text, unsigned *ret_index)
{
	for (unsigned i = 0; text && i < count; i++)
		if (strcmp(names[i], text) == 0) {
			*ret_index = i;
			return 0;
		}
	return -EINVAL;
}

static int copy_text(const struct link_message *message, const char *key, size_t max, char **ret_text)
{
	const char *text = link_get(message, key);

	if (!text || strlen(text) > max)
		return -EBADMSG;
	*ret_text = strdup(text);
	return *ret_text ? 0 : -ENOMEM;
}

enum { ERRNO_MAX = 4095 /* of Linux */ };

static int decode_number(const struct link_message *message, const char *key, uint64_t min, uint64_t max,
			 uint64_t *ret_value)
{
	uint64_t value;

	if (link_get_number(message, key, max, &value) < 0 || value < min)
		return -EBADMSG;
	*ret_value = value;
	return 0;
}

static int decode_initrd(struct link_message *message, struct worker_config *config)
{
	int r;

	if (!link_get(message, "initrd-fd"))
		return 0;
	r = copy_text(message, "initrd-name", WORKER_FILE_NAME_MAX, &config->initrd_name);
	if (r < 0)
		return r;
	return link_take_fd(message, "initrd-fd", &config->initrd_fd) < 0 ? -EBADMSG : 0;
}

static int decode_com(struct link_message *message, unsigned index, struct worker_com *com)
{
	unsigned kind;

	if (find_name(serial_names, WORKER_SERIAL_COUNT, link_get(message, com_keys[index].kind), &kind) < 0)
		return -EBADMSG;
	com->kind = (enum worker_serial)kind;
	if (com->kind == WORKER_SERIAL_NONE || com->kind == WORKER_SERIAL_HUB)
		return 0;
	return link_take_fd(message, com_keys[index].fd, &com->fd) < 0 ? -EBADMSG : 0;
}

/* Earlier senders know no second port. */
static int decode_coms(struct link_message *message, struct worker_config *config)
{
	int r = decode_com(message, 0, &config->coms[0]);

	if (r == 0 && link_get(message, com_keys[1].kind))
		r = decode_com(message, 1, &config->coms[1]);
	return r;
}

static int take_optional_fd(struct link_message *message, const char *key, int *ret_fd)
{
	if (!link_get(message, key))
		return 0;
	return link_take_fd(message, key, ret_fd) < 0 ? -EBADMSG : 0;
}

static int decode_drive(struct link_message *message, unsigned index, struct worker_drive *drive)
{
	char key[LINK_KEY_MAX];
	const char *kind_name = link_get(message, drive_key(key, index, "kind"));
	uint64_t is_read_only;
	unsigned kind;
	int r;

	if (!kind_name)
		return 0;
	if (find_name(drive_names, WORKER_DRIVE_COUNT, kind_name, &kind) < 0)
		return -EBADMSG;
	drive->kind = (enum worker_drive_kind)kind;
	r = copy_text(message, drive_key(key, index, "name"), WORKER_FILE_NAME_MAX, &drive->name);
	if (r == 0)
		r = copy_text(message, drive_key(key, index, "format"), LINK_KEY_MAX, &drive->format);
	if (r == 0)
		r = decode_number(message, drive_key(key, index, "read-only"), 0, 1, &is_read_only);
	if (r < 0)
		return r;
	drive->is_read_only = is_read_only;
	r = worker_qos_decode(message, drive_key(key, index, ""), &drive->qos);
	if (r == 0)
		r = worker_chain_decode(message, drive_key(key, index, ""), &drive->chain);
	if (r < 0)
		return r;
	r = take_optional_fd(message, drive_key(key, index, "fd"), &drive->fd);
	return r == 0 && drive->kind == WORKER_DRIVE_DISK && drive->fd < 0 ? -EBADMSG : r;
}

static int decode_generation1(struct link_message *message, struct worker_config *config)
{
	uint64_t generation, boots_cdrom_first, boots_network_first;
	int r;

	if (!link_get(message, "generation"))
		return config->kernel_fd < 0 ? -EBADMSG : 0;
	if ((r = decode_number(message, "generation", 1, 1, &generation)) < 0 ||
	    (r = decode_number(message, "cdrom-first", 0, 1, &boots_cdrom_first)) < 0 ||
	    (r = decode_number(message, "network-first", 0, 1, &boots_network_first)) < 0)
		return r;
	config->generation = (unsigned)generation;
	config->boots_cdrom_first = boots_cdrom_first;
	config->boots_network_first = boots_network_first;
	for (unsigned i = 0; r == 0 && i < WORKER_DRIVES; i++)
		r = decode_drive(message, i, &config->drives[i]);
	if (r < 0 || (r = take_optional_fd(message, "bios-fd", &config->bios_fd)) < 0 ||
	    (r = take_optional_fd(message, "vga-bios-fd", &config->vga_bios_fd)) < 0 ||
	    (r = take_optional_fd(message, "pxe-rom-fd", &config->pxe_rom_fd)) < 0 ||
	    (r = take_optional_fd(message, "firmware-log-fd", &config->firmware_log_fd)) < 0)
		return r;
	return config->kernel_fd < 0 && config->bios_fd < 0 ? -EBADMSG : 0;
}

/* A number that older senders leave out. */
static int decode_optional(struct link_message *message, const char *key, uint64_t max, uint64_t *value)
{
	return link_get(message, key) ? decode_number(message, key, 0, max, value) : 0;
}

static int decode_synthetic(struct link_message *message, struct worker_config *config)
{
	uint64_t is_enlightened = 0, services = WORKER_SERVICES_ALL, has_screen = 0, hold = WORKER_HOLD_NONE;
	uint64_t is_compatible = 0, width = 0, height = 0;
	int r;

	if ((r = decode_optional(message, "screen-width", WORKER_SCREEN_MAX, &width)) < 0 ||
	    (r = decode_optional(message, "screen-height", WORKER_SCREEN_MAX, &height)) < 0)
		return r;
	config->screen_width_max = (unsigned)width;
	config->screen_height_max = (unsigned)height;
	if ((r = decode_optional(message, "screen", 1, &has_screen)) < 0 ||
	    (r = decode_optional(message, "memory-max-mib", WORKER_MEMORY_MAX_MIB, &config->memory_max_mib)) <
		0 ||
	    (r = decode_optional(message, "enlightened", 1, &is_enlightened)) < 0 ||
	    (r = decode_optional(message, "compatible", 1, &is_compatible)) < 0 ||
	    (r = decode_optional(message, "services", WORKER_SERVICES_ALL, &services)) < 0 ||
	    (r = decode_optional(message, "hold", WORKER_HOLD_COUNT - 1, &hold)) < 0)
		return r;
	config->has_screen = has_screen;
	config->is_enlightened = is_enlightened;
	config->is_compatible = is_compatible;
	config->services = (unsigned)services;
	config->hold = (enum worker_hold)hold;
	return take_optional_fd(message, "hvsock-fd", &config->hvsock_fd);
}

static int decode(struct link_message *message, struct worker_config *config)
{
	uint64_t kvm_error, processors;
	int r;

	if (strcmp(link_verb(message), "start") != 0)
		return -EBADMSG;
	if ((r = copy_text(message, "name", WORKER_NAME_MAX, &config->name)) < 0 ||
	    (r = copy_text(message, "engine", LINK_KEY_MAX, &config->engine)) < 0 ||
	    (r = copy_text(message, "cmdline", WORKER_CMDLINE_MAX, &config->cmdline)) < 0 ||
	    (r = copy_text(message, "kernel-name", WORKER_FILE_NAME_MAX, &config->kernel_name)) < 0)
		return r;
	if ((r = decode_number(message, "memory-mib", WORKER_MEMORY_MIN_MIB, WORKER_MEMORY_MAX_MIB,
			       &config->memory_mib)) < 0 ||
	    (r = decode_number(message, "kvm-error", 0, ERRNO_MAX, &kvm_error)) < 0 ||
	    (r = decode_number(message, "processors", 1, WORKER_PROCESSORS_MAX, &processors)) < 0)
		return r;
	config->processors = (unsigned)processors;
	config->kvm_error = (unsigned)kvm_error;
	if ((r = take_optional_fd(message, "state-fd", &config->state_fd)) < 0 ||
	    (r = take_optional_fd(message, "kernel-fd", &config->kernel_fd)) < 0 ||
	    (r = decode_initrd(message, config)) < 0 || (r = decode_coms(message, config)) < 0 ||
	    (r = take_optional_fd(message, "control-fd", &config->control_fd)) < 0 ||
	    (r = take_optional_fd(message, "result-fd", &config->result_fd)) < 0 ||
	    (r = take_optional_fd(message, "counters-fd", &config->counters_fd)) < 0 ||
	    (r = take_optional_fd(message, "kvm-fd", &config->kvm_fd)) < 0 ||
	    (r = take_optional_fd(message, "display-fd", &config->display_fd)) < 0 ||
	    (r = take_optional_fd(message, "viewer-fd", &config->viewer_fd)) < 0 ||
	    (r = decode_synthetic(message, config)) < 0)
		return r;
	return decode_generation1(message, config);
}

int worker_config_decode(struct link_message *message, struct worker_config *ret_config)
{
	struct worker_config config;
	int r;

	worker_config_init(&config);
	r = decode(message, &config);
	if (r < 0) {
		worker_config_deinit(&config);
		return r;
	}
	*ret_config = config;
	return 0;
}

const char *worker_cause_name(enum worker_cause cause)
{
	return cause_names[cause];
}

int worker_cause_parse(const char *text, enum worker_cause *ret_cause)
{
	unsigned index;
	int r = find_name(cause_names, WORKER_CAUSE_COUNT, text, &index);

	if (r < 0)
		return r;
	*ret_cause = (enum worker_cause)index;
	return 0;
}
