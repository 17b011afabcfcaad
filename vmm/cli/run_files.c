/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/run_files.h"
#include "cli/message.h"
#include "cli/run_chain.h"

#include "link/worker_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *remedy(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR: return "there is no such file; check the path";
	case EACCES:
	case EPERM: return "you may not open it; change its permissions, or name another file";
	case EISDIR: return "this is a folder; give a file";
	case ENXIO: return "nobody reads from this pipe; start its reader first";
	case ELOOP: return "too many symbolic links; check the path";
	case ENAMETOOLONG: return "the name is too long; check the path";
	default: return NULL;
	}
}

static void say_open_error(const char *option, const char *path, int error)
{
	const char *text = remedy(error);

	if (text)
		say("%s %s: %s", option, path, text);
	else
		say("%s %s: cannot be opened: %s; name another file", option, path, strerror(error));
}

/* mode: O_RDONLY or O_RDWR. */
static int open_image(const char *option, const char *path, int mode)
{
	struct stat st;
	/* Not blocking: a FIFO without a writer must not keep us waiting. */
	int fd = open(path, mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		say_open_error(option, path, errno);
		return -1;
	}
	if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return fd;
	close(fd);
	if (S_ISDIR(st.st_mode))
		say_open_error(option, path, EISDIR);
	else
		say("%s %s: this is no regular file; copy its content into one", option, path);
	return -1;
}

static int open_output_file(const char *option, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);

	if (fd < 0) {
		say_open_error(option, path, errno);
		return -1;
	}
	fcntl(fd, F_SETFL, O_APPEND); /* and blocking; appending goes well together with others that write */
	return fd;
}

/* A socket that is left over from a program that died can be told from one in use: nobody answers. */
static bool is_stale(const struct sockaddr_un *address, int type)
{
	struct stat st;
	int fd, r;

	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	return r == ECONNREFUSED;
}

static int bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t old = umask(077); /* the guest's console is for its owner only */
	int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

	umask(old);
	return r;
}

/* type: SOCK_STREAM or SOCK_SEQPACKET. */
static int open_listener(const char *option, const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path)) {
		say("%s unix:%s: a socket's path has at most %zu bytes; give a shorter one", option, path,
		    sizeof(address.sun_path) - 1);
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	r = fd < 0 ? -errno : bind_private(fd, &address);
	if (r == -EADDRINUSE && is_stale(&address, type) && unlink(path) == 0)
		r = bind_private(fd, &address);
	if (r == 0 && listen(fd, 8) == 0)
		return fd;
	if (r == 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	if (r == -EADDRINUSE)
		say("%s unix:%s: this path is in use; give another, or remove it", option, path);
	else
		say("%s unix:%s: no socket can be made there: %s; give another path", option, path,
		    strerror(-r));
	return -1;
}

static bool open_serial(const struct run_options *options, struct run_files *files)
{
	struct worker_com *com = &files->config.coms[0];
	int pair[2];

	switch (options->serial) {
	case RUN_SERIAL_NONE: com->kind = WORKER_SERIAL_NONE; return true;
	case RUN_SERIAL_FILE:
		com->kind = WORKER_SERIAL_FILE;
		com->fd = open_output_file("--serial", options->serial_path);
		return com->fd >= 0;
	case RUN_SERIAL_UNIX:
		com->kind = WORKER_SERIAL_LISTEN;
		com->fd = open_listener("--serial", options->serial_path, SOCK_STREAM);
		if (com->fd >= 0)
			files->socket_path = options->serial_path;
		return com->fd >= 0;
	case RUN_SERIAL_STDIO: break;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		say("--serial stdio: no socket: %s; raise the limit of open files", strerror(errno));
		return false;
	}
	files->console = pair[0];
	com->kind = WORKER_SERIAL_STREAM;
	com->fd = pair[1];
	return true;
}

static bool copy_texts(const struct run_options *options, struct worker_config *config)
{
	config->hold = options->waits_when_full ? WORKER_HOLD_FULL : WORKER_HOLD_NONE;
	config->name = strdup(options->name);
	config->engine = strdup(options->engine);
	config->kvm_fd = worker_kvm_open(options->engine, &config->kvm_error);
	config->cmdline = strdup(options->append);
	config->kernel_name = strdup(options->kernel ? options->kernel : "");
	config->initrd_name = strdup(options->initrd ? options->initrd : "");
	if (config->name && config->engine && config->cmdline && config->kernel_name && config->initrd_name)
		return true;
	say("no memory; close other programs");
	return false;
}

static bool open_kernel(const struct run_options *options, struct worker_config *config)
{
	config->kernel_fd = open_image("--kernel", options->kernel, O_RDONLY);
	if (config->kernel_fd < 0)
		return false;
	if (options->initrd) {
		config->initrd_fd = open_image("--initrd", options->initrd, O_RDONLY);
		if (config->initrd_fd < 0)
			return false;
	}
	return true;
}

/* --- a generation 1 machine -------------------------------------------------------------------------- */

static bool set_drive(struct worker_drive *drive, enum worker_drive_kind kind, const char *option,
		      const char *path, bool is_read_only)
{
	drive->kind = kind;
	drive->is_read_only = is_read_only;
	drive->name = strdup(path);
	drive->format = strdup(kind == WORKER_DRIVE_CDROM ? "iso" : worker_disk_format(path));
	drive->fd = open_image(option, path, is_read_only ? O_RDONLY : O_RDWR);
	if (drive->fd >= 0 && (!drive->name || !drive->format))
		say("no memory; close other programs");
	if (drive->fd < 0 || !drive->name || !drive->format)
		return false;
	return kind != WORKER_DRIVE_DISK || run_find_parents(path, drive->format, drive->fd, &drive->chain);
}

/* Disks on the first channel and drives for discs on the second, as Hyper-V offers it. */
static bool open_drives(const struct run_options *options, struct worker_config *config)
{
	for (unsigned i = 0, unit = 0; i < options->disk_count; i++)
		if (options->disks[i].controller == RUN_CONTROLLER_IDE &&
		    !set_drive(&config->drives[unit++], WORKER_DRIVE_DISK, "--disk", options->disks[i].path,
			       options->disks[i].is_read_only))
			return false;
	if (options->cdrom_controller != RUN_CONTROLLER_IDE)
		return true;
	for (unsigned i = 0; i < options->cdrom_count; i++)
		if (!set_drive(&config->drives[2 + i], WORKER_DRIVE_CDROM, "--cdrom", options->cdroms[i],
			       true))
			return false;
	return true;
}

static int open_firmware(const char *name, const char *package)
{
	const char *path;
	int fd = worker_firmware_open(name, &path);

	if (fd < 0)
		say("%s: the firmware cannot be opened: %s; install the package %s", path, strerror(-fd),
		    package);
	return fd < 0 ? -1 : fd;
}

static bool open_firmwares(const struct run_options *options, struct worker_config *config)
{
	if (options->firmware_log) {
		config->firmware_log_fd = strcmp(options->firmware_log, "-") == 0
					      ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
					      : open_output_file("--firmware-log", options->firmware_log);
		if (config->firmware_log_fd < 0)
			return false;
	}
	if (options->kernel)
		return true;
	config->bios_fd = open_firmware(WORKER_BIOS, "seabios");
	config->vga_bios_fd = config->bios_fd < 0 ? -1 : open_firmware(WORKER_VGA_BIOS, "seabios");
	if (options->boots_network_first)
		config->pxe_rom_fd = open_firmware(WORKER_PXE_ROM, "ipxe-qemu");
	return config->vga_bios_fd >= 0 && (!options->boots_network_first || config->pxe_rom_fd >= 0);
}

static bool open_displays(const struct run_options *options, struct run_files *files)
{
	struct worker_config *config = &files->config;
	int pair[2];

	if (options->display_path) {
		config->display_fd = open_listener("--display", options->display_path, SOCK_SEQPACKET);
		if (config->display_fd < 0)
			return false;
		files->display_path = options->display_path;
	}
	if (options->screenshot_count == 0)
		return true;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		say("--screenshot-at: no socket: %s; raise the limit of open files", strerror(errno));
		return false;
	}
	files->viewer = pair[0];
	config->viewer_fd = pair[1];
	return true;
}

static bool open_generation1(const struct run_options *options, struct run_files *files)
{
	files->config.generation = 1;
	files->config.boots_cdrom_first = options->boots_cdrom_first;
	files->config.boots_network_first = options->boots_network_first;
	return open_firmwares(options, &files->config) && open_drives(options, &files->config);
}

/* --- synthetic disks --------------------------------------------------------------------------------- */

static bool add_synthetic(struct worker_config *config, enum worker_drive_kind kind, const char *option,
			  const char *path, bool is_read_only)
{
	struct worker_drive drive = { .fd = -1 };
	bool is_good = set_drive(&drive, kind, option, path, is_read_only);
	struct worker_disk disk = { .kind = kind,
				    .lun = config->disk_count,
				    .name = drive.name,
				    .format = drive.format,
				    .fd = drive.fd,
				    .is_read_only = is_read_only,
				    .chain = drive.chain };

	if (is_good && worker_config_add_disk(config, &disk) < 0) {
		say("%s %s: no memory, or too many; give fewer disks", option, path);
		is_good = false;
	}
	worker_disk_deinit(&disk);
	return is_good;
}

/* All on the first controller: disks, then discs. */
static bool open_synthetic(const struct run_options *options, struct worker_config *config)
{
	for (unsigned i = 0; i < options->disk_count; i++)
		if (options->disks[i].controller == RUN_CONTROLLER_SCSI &&
		    !add_synthetic(config, WORKER_DRIVE_DISK, "--disk", options->disks[i].path,
				   options->disks[i].is_read_only))
			return false;
	for (unsigned i = 0; i < options->cdrom_count; i++)
		if (options->cdrom_controller == RUN_CONTROLLER_SCSI &&
		    !add_synthetic(config, WORKER_DRIVE_CDROM, "--cdrom", options->cdroms[i], true))
			return false;
	return true;
}

static bool open_hvsock(const struct run_options *options, struct run_files *files)
{
	if (!options->hvsock_path)
		return true;
	if (!options->is_enlightened) {
		say("--hvsock: this machine has no VMBus, which hvsock needs; leave out one of the options");
		return false;
	}
	files->config.hvsock_fd = open_listener("--hvsock", options->hvsock_path, SOCK_STREAM);
	if (files->config.hvsock_fd < 0)
		return false;
	files->hvsock_path = options->hvsock_path;
	return true;
}

bool run_files_open(const struct run_options *options, struct run_files *files)
{
	struct worker_config *config = &files->config;

	worker_config_init(config);
	files->console = -1;
	files->socket_path = files->display_path = files->hvsock_path = NULL;
	files->viewer = -1;
	config->memory_mib = options->memory_mib;
	config->processors = options->processors;
	config->is_compatible = options->is_compatible;
	config->is_enlightened = options->is_enlightened;
	if (!copy_texts(options, config))
		return false;
	if (options->kernel && !open_kernel(options, config))
		return false;
	if (options->generation == 1 && !open_generation1(options, files))
		return false;
	if (!open_synthetic(options, config) || !open_hvsock(options, files) ||
	    !open_displays(options, files))
		return false;
	return open_serial(options, files);
}

void run_files_close(struct run_files *files)
{
	worker_config_deinit(&files->config);
	if (files->console >= 0)
		close(files->console);
	if (files->socket_path)
		unlink(files->socket_path);
	if (files->display_path)
		unlink(files->display_path);
	if (files->hvsock_path)
		unlink(files->hvsock_path);
	if (files->viewer >= 0)
		close(files->viewer);
	files->console = files->viewer = -1;
	files->socket_path = files->display_path = files->hvsock_path = NULL;
}
