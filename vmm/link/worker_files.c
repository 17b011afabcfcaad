/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/worker_files.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#ifndef SEABIOS_DIR
#define SEABIOS_DIR "/usr/share/seabios"
#endif

#ifndef IPXE_DIR
#define IPXE_DIR "/usr/lib/ipxe/qemu"
#endif

int worker_firmware_open(const char *name, const char **ret_path)
{
	static const char *const paths[] = { SEABIOS_DIR "/" WORKER_BIOS, SEABIOS_DIR "/" WORKER_VGA_BIOS,
					     IPXE_DIR "/" WORKER_PXE_ROM };
	int fd;

	*ret_path = paths[0];
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strcmp(strrchr(paths[i], '/') + 1, name) == 0)
			*ret_path = paths[i];
	fd = open(*ret_path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

const char *worker_disk_format(const char *path)
{
	static const char *const endings[][2] = {
		{ ".vhdx", "vhdx" }, { ".avhdx", "vhdx" }, { ".vhd", "vhd" }, { ".avhd", "vhd" }
	};
	const char *dot = strrchr(path, '.');

	for (unsigned i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcasecmp(dot, endings[i][0]) == 0)
			return endings[i][1];
	return "raw";
}

/* VMX (SDM 2A, CPUID) or SVM (APM 3, E.4.2). */
static bool has_virtualization(void)
{
	unsigned a, b, c, d;

	if (__get_cpuid(1, &a, &b, &c, &d) && c & 1u << 5)
		return true;
	return __get_cpuid(0x80000001, &a, &b, &c, &d) && c & 1u << 2;
}

int worker_kvm_open(const char *engine, unsigned *ret_error)
{
	bool is_auto = strcmp(engine, "auto") == 0;
	int fd;

	*ret_error = 0;
	if (strcmp(engine, "kvm") != 0 && !(is_auto && has_virtualization()))
		return -1;
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		*ret_error = (unsigned)errno;
	return fd;
}
