/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/gen1.h"
#include "worker/gen1_drives.h"
#include "worker/gen1_network.h"
#include "worker/gen1_screen.h"

#include "chipset/fw_cfg.h"
#include "chipset/rtl8139.h"
#include "firmware/debug_port.h"
#include "firmware/image_file.h"
#include "firmware/pc_firmware.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROM_END 0x100000000ull
/* SeaBIOS takes this file for the ROM of the adapter with these ids (chipset/vga.h). */
#define VGA_ROM_NAME "pci1414,5353.rom"
#define PXE_ROM_NAME "pci10ec,8139.rom"

enum {
	BOOT_ORDER_MAX = 512,
	VGA_VENDOR = 0x1414,
	VGA_DEVICE = 0x5353,
};

struct gen1 {
	struct loop *loop;
	const struct machine_memory *memory;
	struct worker_config *config;
	struct machine_screen *machine_screen;
	const struct machine_ops *ops;
	void *opaque;
	struct hv_partition *partition;
	struct dma dma;

	uint8_t *rom; /* page-aligned; NULL: none */
	uint64_t rom_size;
	uint8_t *vga_rom;
	uint64_t vga_rom_size;
	uint8_t *pxe_rom;
	uint64_t pxe_rom_size;

	struct pc *pc;
	struct fw_cfg *fw_cfg;
	struct debug_port *debug_port;
	struct gen1_drives *drives;
	struct gen1_shared_disk shared[WORKER_DRIVES];
	struct gen1_screen *screen;
	struct gen1_network *network; /* NULL: no legacy adapters */
};

/* --- chips that reach into guest memory -------------------------------------------------------------- */

/*
 * RAM only. A bus master that is pointed at the video adapter or at a chip ends with its error bit: no driver
 * does that (video memory is filled by the processor), and a chip that reached into another would do so under
 * its lock.
 */
static int dma_read(void *opaque, uint64_t gpa, void *buffer, size_t size)
{
	struct gen1 *gen1 = opaque;
	const void *from = guest_ram_at(&gen1->memory->ram, gpa, size);

	if (!from)
		return -EFAULT;
	memcpy(buffer, from, size);
	return 0;
}

static int dma_write(void *opaque, uint64_t gpa, const void *buffer, size_t size)
{
	struct gen1 *gen1 = opaque;

	if (!guest_ram_write(&gen1->memory->ram, gpa, buffer, size))
		return -EFAULT;
	if (gen1->partition)
		hv_memory_written(gen1->partition, gpa, size);
	return 0;
}

/* --- the firmware's log ------------------------------------------------------------------------------ */

/* On a VP's thread, under the bus lock: what does not go at once is lost. */
static void on_log_line(void *opaque, const char *line)
{
	struct gen1 *gen1 = opaque;
	char text[256];
	struct pollfd out = { .fd = gen1->config->firmware_log_fd, .events = POLLOUT };
	int n = snprintf(text, sizeof(text), "%s\n", line);

	if (n > 0 && poll(&out, 1, 0) == 1 && write(out.fd, text, (size_t)n) < 0)
		return;
}

static const struct debug_port_ops debug_port_ops = { .on_line = on_log_line };

/* --- images ------------------------------------------------------------------------------------------ */

static int read_image(int fd, const char *name, const char *package, uint64_t max, uint8_t **ret_data,
		      uint64_t *ret_size, struct machine_error *error)
{
	struct image_file file;
	void *data;
	int r = image_file_init(&file, fd, name);

	if (r < 0 || file.size == 0 || file.size > max)
		return machine_fail(error, r < 0 ? r : -EINVAL,
				    "the %s is no image of at most %llu KiB; install the package %s again",
				    name, (unsigned long long)max >> 10, package);
	data = mmap(NULL, file.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return machine_fail(error, -errno, "no memory for the %s", name);
	r = image_file_read(&file, 0, data, file.size);
	if (r < 0) {
		munmap(data, file.size);
		return machine_fail(error, r, "the %s cannot be read: %s; install the package %s again", name,
				    strerror(-r), package);
	}
	*ret_data = data;
	*ret_size = file.size;
	return 0;
}

static int read_images(struct gen1 *gen1, struct machine_error *error)
{
	struct worker_config *config = gen1->config;
	int r = 0;

	if (config->bios_fd >= 0)
		r = read_image(config->bios_fd, "BIOS", "seabios", PC_FIRMWARE_MAX, &gen1->rom,
			       &gen1->rom_size, error);
	if (r == 0 && config->bios_fd >= 0 && !pc_firmware_is_image(gen1->rom_size))
		r = machine_fail(error, -EINVAL,
				 "the BIOS has an odd size; install the package seabios again");
	if (r == 0 && config->vga_bios_fd >= 0)
		r = read_image(config->vga_bios_fd, "VGA BIOS", "seabios", PC_FIRMWARE_VGA_MAX,
			       &gen1->vga_rom, &gen1->vga_rom_size, error);
	if (r == 0 && config->vga_bios_fd >= 0 &&
	    pc_firmware_adopt_vga_rom(gen1->vga_rom, gen1->vga_rom_size, VGA_VENDOR, VGA_DEVICE) < 0)
		r = machine_fail(error, -EINVAL,
				 "the VGA BIOS is no option ROM; install the package seabios again");
	if (r == 0 && config->pxe_rom_fd >= 0)
		r = read_image(config->pxe_rom_fd, "network boot ROM", "ipxe-qemu", PC_FIRMWARE_VGA_MAX,
			       &gen1->pxe_rom, &gen1->pxe_rom_size, error);
	return r;
}

/* --- what the firmware is told ----------------------------------------------------------------------- */

static void add_boot_paths(const struct worker_config *config, enum worker_drive_kind kind, char *order)
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++) {
		char path[96];
		size_t used = strlen(order);

		if (config->drives[i].kind == kind && pc_firmware_boot_path(i, path, sizeof(path)) == 0)
			snprintf(order + used, BOOT_ORDER_MAX - used, "%s\n", path);
	}
}

static void add_network_paths(const struct worker_config *config, char *order)
{
	unsigned count = 0;

	for (unsigned i = 0; i < config->port_count; i++) {
		size_t used = strlen(order);

		if (config->ports[i].is_legacy)
			snprintf(order + used, BOOT_ORDER_MAX - used, "/pci@i0cf8/*@%x\n",
				 GEN1_ADAPTER_DEVICE + count++);
	}
}

static int configure_firmware(struct gen1 *gen1)
{
	const struct worker_config *config = gen1->config;
	char order[BOOT_ORDER_MAX] = "";
	struct pc_firmware_config firmware = {
		.ram = &gen1->memory->ram,
		.vp_count = config->processors,
		.vga_rom_name = VGA_ROM_NAME,
		.vga_rom = gen1->vga_rom,
		.vga_rom_size = gen1->vga_rom_size,
		.pxe_rom_name = PXE_ROM_NAME,
		.pxe_rom = gen1->pxe_rom,
		.pxe_rom_size = gen1->pxe_rom_size,
		.boot_order = order,
		/*
		 * By Hyper-V's name and product Linux leaves IDE disks to its synthetic storage driver
		 * (ata_piix, ignore_hyperv), which finds none without a VMBus.
		 */
		.smbios = { .manufacturer = config->is_enlightened ? "Microsoft Corporation" : "Bulkhead",
			    .product = "Virtual Machine",
			    .version = "7.0",
			    .memory_bytes = gen1->memory->ram.size },
		.has_com2 = config->coms[1].kind != WORKER_SERIAL_NONE,
		.has_vmbus = config->is_enlightened,
	};

	if (config->boots_network_first)
		add_network_paths(config, order);
	add_boot_paths(config, config->boots_cdrom_first ? WORKER_DRIVE_CDROM : WORKER_DRIVE_DISK, order);
	add_boot_paths(config, config->boots_cdrom_first ? WORKER_DRIVE_DISK : WORKER_DRIVE_CDROM, order);
	if (!config->boots_network_first)
		add_network_paths(config, order);
	return pc_firmware_configure(gen1->fw_cfg, gen1->pc->rtc, &firmware);
}

static int attach_firmware(struct gen1 *gen1)
{
	int r = fw_cfg_new(&gen1->dma, &gen1->fw_cfg);

	if (r == 0)
		r = fw_cfg_attach(gen1->fw_cfg, gen1->pc->bus);
	if (r == 0 && gen1->config->firmware_log_fd >= 0) {
		r = debug_port_new(&debug_port_ops, gen1, &gen1->debug_port);
		if (r == 0)
			r = debug_port_attach(gen1->debug_port, gen1->pc->bus);
	}
	return r < 0 ? r : configure_firmware(gen1);
}

/* --- life -------------------------------------------------------------------------------------------- */

int gen1_new(struct loop *loop, struct worker_config *config, const struct machine_memory *memory,
	     struct machine_screen *screen, const struct machine_ops *ops, void *opaque,
	     struct gen1 **ret_gen1, struct machine_error *error)
{
	struct gen1 *gen1 = calloc(1, sizeof(*gen1));
	int r;

	if (!gen1)
		return machine_fail(error, -ENOMEM, "no memory for the machine");
	gen1->loop = loop;
	gen1->config = config;
	gen1->memory = memory;
	gen1->machine_screen = screen;
	gen1->ops = ops;
	gen1->opaque = opaque;
	gen1->dma = (struct dma){ .read = dma_read, .write = dma_write, .opaque = gen1 };
	r = read_images(gen1, error);
	if (r < 0) {
		gen1_free(gen1);
		return r;
	}
	*ret_gen1 = gen1;
	return 0;
}

static void on_eject(void *opaque, unsigned unit)
{
	struct gen1 *gen1 = opaque;

	gen1_drives_on_eject(gen1->drives, unit);
}

static void on_change(void *opaque, unsigned unit)
{
	struct gen1 *gen1 = opaque;

	gen1_drives_on_change(gen1->drives, unit);
}

static void on_warning(void *opaque, const char *text)
{
	struct gen1 *gen1 = opaque;

	gen1->ops->on_warning(gen1->opaque, text);
}

/* For the service: "drive-ejected", "drive-changed". */
static void tell(struct gen1 *gen1, const char *verb, unsigned unit, const struct machine_error *error)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		return;
	link_add_number(message, "unit", unit);
	if (error)
		link_add(message, "error", error->text);
	gen1->ops->on_message(gen1->opaque, message);
}

static void on_ejected(void *opaque, unsigned unit)
{
	tell(opaque, "drive-ejected", unit, NULL);
}

static void on_device_message(void *opaque, struct link_message *message)
{
	struct gen1 *gen1 = opaque;

	gen1->ops->on_message(gen1->opaque, message);
}

static const struct gen1_network_ops network_ops = { .on_warning = on_warning,
						     .on_message = on_device_message };
static const struct ide_ops ide_ops = { .on_eject = on_eject, .on_change = on_change };
static const struct gen1_drives_ops drives_ops = { .on_warning = on_warning,
						   .on_eject = on_ejected,
						   .on_critical = on_device_message };

void gen1_fill_pc(struct gen1 *gen1, struct pc_config *pc)
{
	pc->has_pci = true;
	pc->dma = &gen1->dma;
	pc->ide_ops = &ide_ops;
	pc->ide_opaque = gen1;
}

void gen1_share_disk(struct gen1 *gen1, unsigned unit, const struct gen1_shared_disk *shared)
{
	gen1->shared[unit] = *shared;
}

int gen1_attach(struct gen1 *gen1, struct pc *pc, struct machine_error *error)
{
	struct worker_config *config = gen1->config;
	int r;

	gen1->pc = pc;
	r = gen1_screen_new(gen1->machine_screen, pc, config, &gen1->screen);
	if (r == 0)
		r = gen1_drives_new(gen1->loop, pc->bus, pc->ide, &drives_ops, gen1, &gen1->drives);
	if (r == 0)
		r = gen1_network_new(gen1->loop, pc, &gen1->dma, config, &network_ops, gen1, &gen1->network);
	if (r == 0)
		r = attach_firmware(gen1);
	if (r < 0)
		return machine_fail(error, r, "the devices of a generation 1 machine cannot be made: %s",
				    strerror(-r));
	return gen1_drives_connect(gen1->drives, config->drives, gen1->shared, error);
}

void gen1_run(struct gen1 *gen1, bool is_running)
{
	gen1_network_run(gen1->network, is_running);
}

void gen1_resumed(struct gen1 *gen1)
{
	if (gen1->drives)
		gen1_drives_retry(gen1->drives);
}

void gen1_report(struct gen1 *gen1)
{
	if (gen1->drives)
		gen1_drives_report(gen1->drives);
}

void gen1_stopping(struct gen1 *gen1)
{
	gen1_network_run(gen1->network, false);
	if (gen1->drives)
		gen1_drives_give_up(gen1->drives);
}

bool gen1_drain(struct gen1 *gen1)
{
	gen1_stopping(gen1);
	if (!gen1->drives || gen1_drives_drain(gen1->drives))
		return true;
	on_warning(gen1, "a disk image's storage does not answer; what the guest wrote last may be lost");
	return false;
}

/* The controller before what it reads from. */
static void free_drives(struct gen1 *gen1)
{
	if (!gen1->drives)
		return;
	gen1->pc->ide = ide_free(gen1->pc->ide);
	gen1_drives_free(gen1->drives);
}

struct gen1 *gen1_free(struct gen1 *gen1)
{
	if (!gen1)
		return NULL;
	free_drives(gen1);
	gen1_network_free(gen1->network);
	gen1_screen_free(gen1->screen);
	debug_port_free(gen1->debug_port);
	fw_cfg_free(gen1->fw_cfg);
	if (gen1->rom)
		munmap(gen1->rom, gen1->rom_size);
	if (gen1->vga_rom)
		munmap(gen1->vga_rom, gen1->vga_rom_size);
	if (gen1->pxe_rom)
		munmap(gen1->pxe_rom, gen1->pxe_rom_size);
	free(gen1);
	return NULL;
}

int gen1_map(struct gen1 *gen1, struct hv_partition *partition, struct machine_error *error)
{
	int r = 0;

	if (gen1->rom)
		r = hv_map(partition, ROM_END - gen1->rom_size, gen1->rom, gen1->rom_size, 0);
	if (r < 0)
		return machine_fail(error, r, "the firmware cannot be given to the guest: %s", strerror(-r));
	gen1->partition = partition;
	if (gen1->drives)
		gen1_drives_watch(gen1->drives, gen1->config);
	gen1_screen_set_partition(gen1->screen, partition);
	return 0;
}

void gen1_unmap(struct gen1 *gen1)
{
	if (gen1->screen)
		gen1_screen_set_partition(gen1->screen, NULL);
	if (gen1->pc)
		io_bus_lock(gen1->pc->bus); /* a shared disk may answer just now, on its own thread */
	gen1->partition = NULL;
	if (gen1->pc)
		io_bus_unlock(gen1->pc->bus);
}

int gen1_load(struct gen1 *gen1, struct machine_error *error)
{
	int r = pc_firmware_load(&gen1->memory->ram, gen1->rom, gen1->rom_size);

	return r < 0 ? machine_fail(error, r, "the firmware does not fit into the memory") : 0;
}

static void handle_limits(struct gen1 *gen1, const struct link_message *message)
{
	struct worker_qos qos;
	uint64_t unit;

	if (link_get_number(message, "unit", WORKER_DRIVES - 1, &unit) == 0 &&
	    worker_qos_decode(message, "", &qos) == 0)
		gen1_drives_set_limits(gen1->drives, (unsigned)unit, &qos);
}

bool gen1_handle(struct gen1 *gen1, struct link_message *message)
{
	struct machine_error error = { "" };
	struct worker_drive drive;
	uint64_t is_forced = 0;
	unsigned unit;

	if (strcmp(link_verb(message), "disk-limits") == 0) {
		handle_limits(gen1, message);
		return true;
	}
	if (strcmp(link_verb(message), "drive") != 0)
		return gen1_network_handle(gen1->network, message);
	if (worker_drive_decode(message, &unit, &drive) < 0) {
		gen1->ops->on_warning(gen1->opaque,
				      "a message about a drive makes no sense; nothing was changed");
		return true;
	}
	link_get_number(message, "force", 1, &is_forced);
	gen1_drives_set_medium(gen1->drives, unit, &drive, is_forced, &error);
	tell(gen1, "drive-changed", unit, &error);
	worker_drive_deinit(&drive);
	return true;
}

void gen1_reset(struct gen1 *gen1)
{
	gen1_screen_reset(gen1->screen);
	io_bus_lock(gen1->pc->bus);
	fw_cfg_reset(gen1->fw_cfg);
	io_bus_unlock(gen1->pc->bus);
}

bool gen1_is_idle(struct gen1 *gen1)
{
	return !gen1->drives || gen1_drives_is_idle(gen1->drives);
}

void gen1_state(struct gen1 *gen1, struct state *state)
{
	io_bus_lock(gen1->pc->bus);
	if (gen1->pc->ide)
		ide_state(gen1->pc->ide, state);
	fw_cfg_state(gen1->fw_cfg, state);
	gen1_network_state(gen1->network, state);
	io_bus_unlock(gen1->pc->bus);
	gen1_screen_state(gen1->screen, state);
}

uint8_t *gen1_video_memory(struct gen1 *gen1, uint64_t *ret_size)
{
	return gen1_screen_memory(gen1->screen, ret_size);
}

int gen1_lend(struct gen1 *gen1)
{
	return gen1->drives ? gen1_drives_lend(gen1->drives) : 0;
}

int gen1_exchange(struct gen1 *gen1, struct worker_disk *child, struct machine_error *error)
{
	int r = gen1->drives ? gen1_drives_exchange(gen1->drives, child, error) : -ENOENT;

	if (r == 0)
		gen1_drives_watch(gen1->drives, gen1->config);
	return r;
}

void gen1_end_exchange(struct gen1 *gen1, bool keeps)
{
	if (gen1->drives)
		gen1_drives_end_exchange(gen1->drives, keeps);
}

struct disk *gen1_find_disk(struct gen1 *gen1, bool (*matches)(struct disk *disk, void *opaque), void *opaque)
{
	return gen1->drives ? gen1_drives_find(gen1->drives, matches, opaque) : NULL;
}

void gen1_put_disk(struct gen1 *gen1, struct disk *before, struct disk *next)
{
	gen1_drives_put(gen1->drives, before, next);
	gen1_drives_watch(gen1->drives, gen1->config);
}

void gen1_follow_disk(struct gen1 *gen1, unsigned unit, const struct gen1_shared_disk *shared)
{
	gen1->shared[unit] = *shared;
	if (gen1->drives)
		gen1_drives_follow(gen1->drives, unit, shared->disk);
}
