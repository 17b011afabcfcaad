/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/start_files.h"
#include "service/memory_balance.h"
#include "service/service.h"

#include "api/api_error.h"
#include "link/worker_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One file: either among those that the caller opens, or open already. */
struct place {
	struct caller_file *theirs;
	int own; /* -1 */
};

struct start_files {
	gboolean is_plan;
	GPtrArray *wanted; /* until it is taken */
	struct place kernel, initrd, coms[VM_COMS], bios, vga_bios, pxe_rom;
	struct place drives[VM_DISKS_MAX]; /* as in the configuration */
	struct worker_chain chains[VM_DISKS_MAX];
};

/* Without firmware and PCI: enough for a kernel whose drives are all on the VMBus. */
static gboolean is_smallest(const struct vm_config *config)
{
	for (guint i = 0; i < config->disks->len; i++)
		if (((struct vm_disk *)config->disks->pdata[i])->controller == VM_IDE)
			return FALSE;
	return *config->kernel != '\0' && !vm_config_has_legacy_adapter(config);
}

gboolean start_files_check(const struct vm_config *config, GError **error)
{
	if (config->generation == 2)
		return api_refuse(
		    error, API_ERROR_NOT_SUPPORTED,
		    "%s is of generation 2, which this version cannot run yet; make it with generation 1",
		    config->name);
	if (!*config->kernel && config->disks->len == 0 && !vm_config_has_legacy_adapter(config))
		return api_refuse(error, API_ERROR_INVALID_STATE,
				  "%s has nothing to start from; give it a disk, a DVD image, a legacy "
				  "network adapter or a kernel: bulkhead vm "
				  "set %s --disk FILE",
				  config->name, config->name);
	return TRUE;
}

/* --- naming ---------------------------------------------------------------------------------------- */

/* A plain name is in the machine's own folder, which only the service writes to. */
int start_files_open_own(struct vm *vm, const char *name, int flags)
{
	struct stat st;
	int fd, folder = vm_store_open_storage(vm->service->store, vm->config->id, (flags & O_CREAT) != 0);

	if (folder < 0)
		return -1;
	fd = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	close(folder);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static gboolean name_file(struct start_files *files, struct vm *vm, const char *path, enum file_need need,
			  struct place *place, GError **error)
{
	static const int flags[FILE_NEEDS] = {
		[FILE_READ] = O_RDONLY, [FILE_WRITE] = O_RDWR, [FILE_APPEND] = O_WRONLY | O_CREAT | O_APPEND
	};

	if (!*path)
		return TRUE;
	if (!vm_path_is_own(path)) {
		place->theirs = caller_files_add(files->wanted, path, need);
		return TRUE;
	}
	if (files->is_plan && need == FILE_APPEND)
		return TRUE; /* it would be made */
	place->own = start_files_open_own(vm, path, flags[need]);
	if (place->own >= 0)
		return TRUE;
	return api_refuse(error, API_ERROR_NOT_FOUND,
			  "%s: this file is not in the machine's own folder; give an absolute path", path);
}

static gboolean open_firmware(const char *name, const char *package, struct place *place, GError **error)
{
	const char *path;

	place->own = worker_firmware_open(name, &path);
	if (place->own >= 0)
		return TRUE;
	errno = -place->own;
	place->own = -1;
	return api_refuse(error, API_ERROR_FAILED,
			  "%s: the firmware cannot be opened: %s; install the package %s", path,
			  g_strerror(errno), package);
}

/* Who boots from the network needs the ROM; a machine with something else to boot goes without. */
static gboolean open_firmwares(struct start_files *files, const struct vm_config *config, GError **error)
{
	gboolean needs_rom = config->boot_first == VM_BOOT_NETWORK || config->disks->len == 0;

	if (!open_firmware(WORKER_BIOS, "seabios", &files->bios, error) ||
	    !open_firmware(WORKER_VGA_BIOS, "seabios", &files->vga_bios, error))
		return FALSE;
	return !vm_config_has_legacy_adapter(config) ||
	       open_firmware(WORKER_PXE_ROM, "ipxe-qemu", &files->pxe_rom, needs_rom ? error : NULL) ||
	       !needs_rom;
}

static gboolean name_all(struct start_files *files, struct vm *vm, GError **error)
{
	const struct vm_config *config = vm->config;

	if (!name_file(files, vm, config->kernel, FILE_READ, &files->kernel, error) ||
	    !name_file(files, vm, config->initrd, FILE_READ, &files->initrd, error))
		return FALSE;
	for (unsigned i = 0; i < VM_COMS; i++) {
		const struct vm_com *com = &config->coms[i];

		if ((com->kind == VM_SERIAL_FILE || com->kind == VM_SERIAL_SOCKET) &&
		    !name_file(files, vm, com->path, com->kind == VM_SERIAL_FILE ? FILE_APPEND : FILE_SOCKET,
			       &files->coms[i], error))
			return FALSE;
	}
	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];
		gboolean writes = disk->media == VM_HARD_DISK && !disk->is_read_only;

		if (!name_file(files, vm, disk->path, writes ? FILE_WRITE : FILE_READ, &files->drives[i],
			       error))
			return FALSE;
		if (files->drives[i].theirs)
			files->drives[i].theirs->may_be_device = disk->is_pass_through;
	}
	return *config->kernel || open_firmwares(files, config, error);
}

struct start_files *start_files_new(struct vm *vm, gboolean is_plan, GError **error)
{
	struct start_files *files = g_new0(struct start_files, 1);
	struct place *places[] = { &files->kernel, &files->initrd,   &files->coms[0], &files->coms[1],
				   &files->bios,   &files->vga_bios, &files->pxe_rom };

	for (unsigned i = 0; i < G_N_ELEMENTS(places); i++)
		places[i]->own = -1;
	for (unsigned i = 0; i < VM_DISKS_MAX; i++)
		files->drives[i].own = -1;
	files->is_plan = is_plan;
	files->wanted = caller_files_new();
	return name_all(files, vm, error) ? files : start_files_free(files);
}

static void close_place(struct place *place)
{
	if (place->own >= 0)
		close(place->own);
}

struct start_files *start_files_free(struct start_files *files)
{
	if (!files)
		return NULL;
	close_place(&files->kernel);
	close_place(&files->initrd);
	for (unsigned i = 0; i < VM_COMS; i++)
		close_place(&files->coms[i]);
	close_place(&files->bios);
	close_place(&files->vga_bios);
	close_place(&files->pxe_rom);
	for (unsigned i = 0; i < VM_DISKS_MAX; i++) {
		close_place(&files->drives[i]);
		worker_chain_deinit(&files->chains[i]);
	}
	g_clear_pointer(&files->wanted, g_ptr_array_unref);
	g_free(files);
	return NULL;
}

GPtrArray *start_files_take_wanted(struct start_files *files)
{
	return g_steal_pointer(&files->wanted);
}

int start_files_disk(const struct start_files *files, guint index)
{
	const struct place *place = &files->drives[index];

	return place->theirs ? place->theirs->fd : place->own;
}

const struct worker_chain *start_files_chain(const struct start_files *files, guint index)
{
	return &files->chains[index];
}

void start_files_take_chain(struct start_files *files, guint index, struct worker_chain *chain)
{
	worker_chain_deinit(&files->chains[index]);
	files->chains[index] = *chain;
	*chain = (struct worker_chain){ 0 };
}

static struct worker_chain give_chain(struct start_files *files, guint index)
{
	struct worker_chain chain = files->chains[index];

	files->chains[index] = (struct worker_chain){ 0 };
	return chain;
}

/* --- the worker's configuration ---------------------------------------------------------------------- */

static int take(struct place *place)
{
	int fd = place->own;

	place->own = -1;
	return place->theirs ? caller_file_take(place->theirs) : fd;
}

/* Texts are libc's, since the configuration frees them with free(). */
static void fill_ide(struct start_files *files, guint index, const struct vm_disk *disk,
		     struct worker_config *config)
{
	struct worker_drive *drive =
	    &config->drives[disk->controller_number * 2 + disk->location]; /* vm_check.c */

	drive->kind = disk->media == VM_DVD ? WORKER_DRIVE_CDROM : WORKER_DRIVE_DISK;
	drive->name = strdup(disk->path);
	drive->format = strdup(disk->media == VM_DVD ? "iso" : worker_disk_format(disk->path));
	drive->is_read_only = disk->media == VM_DVD || disk->is_read_only;
	drive->fd = take(&files->drives[index]);
	drive->chain = give_chain(files, index);
	drive->qos = (struct worker_qos){ disk->min_iops, disk->max_iops };
}

/* At most 64, and each place once: vm_check.c. What is refused nevertheless is missing in the machine. */
static void fill_scsi(struct start_files *files, guint index, const struct vm_disk *disk,
		      struct worker_config *config)
{
	struct worker_disk drive = {
		.kind = disk->media == VM_DVD ? WORKER_DRIVE_CDROM : WORKER_DRIVE_DISK,
		.controller = (unsigned)disk->controller_number,
		.lun = (unsigned)disk->location,
		.name = strdup(disk->path),
		.format = strdup(disk->media == VM_DVD ? "iso" : worker_disk_format(disk->path)),
		.is_read_only = disk->media == VM_DVD || disk->is_read_only,
		.fd = take(&files->drives[index]),
		.chain = give_chain(files, index),
		.qos = { disk->min_iops, disk->max_iops },
	};

	worker_config_add_disk(config, &drive);
	worker_disk_deinit(&drive);
}

static void fill_drives(struct start_files *files, const struct vm_config *from, struct worker_config *config)
{
	gboolean has_disk = FALSE;

	for (guint i = 0; i < from->disks->len; i++) {
		const struct vm_disk *disk = from->disks->pdata[i];

		if (disk->controller == VM_SCSI) {
			fill_scsi(files, i, disk, config);
			continue;
		}
		has_disk |= disk->media == VM_HARD_DISK;
		fill_ide(files, i, disk, config);
	}
	config->boots_cdrom_first = !has_disk || from->boot_first == VM_BOOT_CDROM;
	config->boots_network_first = from->boot_first == VM_BOOT_NETWORK;
}

/* Dynamic memory has its own setting. */
unsigned start_files_services(const struct vm_config *from)
{
	static const enum worker_service services[VM_INTEGRATIONS] = {
		[VM_INTEGRATION_SHUTDOWN] = WORKER_SHUTDOWN, [VM_INTEGRATION_TIME] = WORKER_TIME,
		[VM_INTEGRATION_EXCHANGE] = WORKER_KVP,	     [VM_INTEGRATION_HEARTBEAT] = WORKER_HEARTBEAT,
		[VM_INTEGRATION_BACKUP] = WORKER_VSS,	     [VM_INTEGRATION_COPY] = WORKER_FILE_COPY,
	};
	unsigned mask = WORKER_SERVICES_ALL;

	for (unsigned i = 0; i < VM_INTEGRATIONS; i++)
		if (!from->integration[i])
			mask &= ~(unsigned)services[i];
	return mask;
}

void start_files_fill(struct start_files *files, struct vm *vm, struct worker_config *config)
{
	static const char *const engines[] = { "auto", "translator", "kvm" };
	static const enum worker_serial kinds[] = {
		[VM_SERIAL_CONSOLE] = WORKER_SERIAL_HUB,
		[VM_SERIAL_NONE] = WORKER_SERIAL_NONE,
		[VM_SERIAL_FILE] = WORKER_SERIAL_FILE,
		[VM_SERIAL_SOCKET] = WORKER_SERIAL_SOCKET,
	};
	const struct vm_config *from = vm->config;

	config->is_enlightened = config->has_screen = TRUE;
	vm_resolution(from, &config->screen_width_max, &config->screen_height_max);
	config->generation = is_smallest(from) ? 0 : (unsigned)from->generation;
	config->services = start_files_services(from);
	config->hold = (enum worker_hold)from->storage;
	config->name = strdup(from->name);
	config->engine = strdup(engines[from->engine]);
	config->kvm_fd = worker_kvm_open(engines[from->engine], &config->kvm_error);
	config->cmdline = strdup(from->append);
	config->kernel_name = strdup(from->kernel);
	config->initrd_name = strdup(from->initrd);
	config->memory_mib = from->memory_mib;
	config->memory_max_mib = memory_balance_maximum(from);
	config->processors = (unsigned)from->processors;
	config->is_compatible = from->compatibility == VM_PROCESSOR_COMPATIBLE;
	config->kernel_fd = take(&files->kernel);
	config->initrd_fd = take(&files->initrd);
	config->bios_fd = take(&files->bios);
	config->vga_bios_fd = take(&files->vga_bios);
	config->pxe_rom_fd = take(&files->pxe_rom);
	for (unsigned i = 0; i < VM_COMS; i++) {
		config->coms[i].kind = kinds[from->coms[i].kind];
		config->coms[i].fd = take(&files->coms[i]);
	}
	fill_drives(files, from, config);
}
