/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/boot.h"
#include "firmware/bzimage.h"
#include "firmware/pvh.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int boot_fail(struct boot_error *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

static unsigned long long to_mib(uint64_t bytes)
{
	return (bytes + 0xfffff) >> 20;
}

int boot_read_to_ram(const struct guest_ram *ram, const struct image_file *file, uint64_t offset,
		     uint64_t gpa, uint64_t size, struct boot_error *error)
{
	void *to = guest_ram_at(ram, gpa, size);
	int r;

	if (!to) {
		uint64_t end;

		if (__builtin_add_overflow(gpa, size, &end) || gpa < GUEST_RAM_ROM_END ||
		    end > GUEST_RAM_LOW_MAX)
			return boot_fail(
			    error, -EINVAL,
			    "%s: the kernel wants to lie at 0x%llx, where this machine has no RAM; "
			    "give another kernel image",
			    file->name, (unsigned long long)gpa);
		return boot_fail(
		    error, -ENOSPC,
		    "%s: does not fit into %llu MiB of memory; give the machine at least %llu MiB with "
		    "--memory",
		    file->name, to_mib(ram->size), to_mib(end));
	}
	r = image_file_read(file, offset, to, size);
	if (r == -ENODATA)
		return boot_fail(error, r, "%s: the file is truncated; copy it again", file->name);
	if (r < 0)
		return boot_fail(error, r, "%s: cannot be read: %s; check the file and its disk", file->name,
				 strerror(-r));
	return 0;
}

int boot_place_initrd(const struct guest_ram *ram, const struct image_file *initrd, uint64_t floor,
		      uint64_t highest, uint64_t *ret_gpa, struct boot_error *error)
{
	uint64_t top = ram->low_size;
	uint64_t gpa;
	int r;

	*ret_gpa = 0;
	if (initrd->fd < 0)
		return 0;
	if (initrd->size == 0)
		return boot_fail(error, -EINVAL,
				 "%s: this initrd is empty; give a complete one or leave --initrd away",
				 initrd->name);
	if (highest < top - 1)
		top = highest + 1;
	if (floor > top || initrd->size > top - floor || ((top - initrd->size) & ~0xfffull) < floor) {
		if (top < ram->low_size || ram->low_size == GUEST_RAM_LOW_MAX)
			return boot_fail(
			    error, -ENOSPC,
			    "%s: this initrd of %llu MiB is larger than the kernel can take; give a "
			    "smaller one",
			    initrd->name, to_mib(initrd->size));
		return boot_fail(
		    error, -ENOSPC,
		    "%s: this initrd of %llu MiB and the kernel do not fit into %llu MiB of memory; give "
		    "the machine at least %llu MiB with --memory",
		    initrd->name, to_mib(initrd->size), to_mib(ram->size),
		    to_mib(floor + initrd->size + 4096));
	}
	gpa = (top - initrd->size) & ~0xfffull;
	r = boot_read_to_ram(ram, initrd, 0, gpa, initrd->size, error);
	if (r < 0)
		return r;
	*ret_gpa = gpa;
	return 0;
}

int boot_place_cmdline(const struct guest_ram *ram, const char *cmdline, uint64_t limit,
		       struct boot_error *error)
{
	size_t length = strlen(cmdline);

	if (limit > BOOT_CMDLINE_MAX - 1)
		limit = BOOT_CMDLINE_MAX - 1;
	if (length > limit)
		return boot_fail(
		    error, -E2BIG,
		    "--append: the kernel command line has %zu bytes, this kernel takes %llu; shorten it",
		    length, (unsigned long long)limit);
	if (!guest_ram_write(ram, BOOT_CMDLINE, cmdline, length + 1))
		return boot_fail(error, -ENOSPC, "--memory: too little for the kernel command line");
	return 0;
}

int boot_load(const struct guest_ram *ram, const struct boot_request *request, struct boot_entry *ret_entry,
	      struct boot_error *ret_error)
{
	const struct image_file *kernel = &request->kernel;
	uint8_t magic[4];
	int r;

	memset(ret_entry, 0, sizeof(*ret_entry));
	if (bzimage_is(kernel))
		return bzimage_load(ram, request, ret_entry, ret_error);
	r = image_file_read(kernel, 0, magic, sizeof(magic));
	if (r == 0 && memcmp(magic, "\177ELF", 4) == 0)
		return pvh_load(ram, request, ret_entry, ret_error);
	if (r < 0 && r != -ENODATA)
		return boot_fail(ret_error, r, "%s: cannot be read: %s; check the file and its disk",
				 kernel->name, strerror(-r));
	return boot_fail(
	    ret_error, -ENOEXEC,
	    "%s: this is no Linux kernel (neither a bzImage nor an ELF file with a PVH entry); give a "
	    "kernel image with --kernel",
	    kernel->name);
}
