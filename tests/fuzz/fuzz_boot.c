/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot loader with hostile kernels. Input: 1 byte for memory, initrd and command line; the rest is the
 * kernel's file, behind which zeros may follow. RAM lies between pages that nobody may touch. When a kernel
 * was taken, initrd and command line must be where it is told, whole.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "firmware/boot.h"
#include "firmware/bzimage_proto.h"

enum { RAMS = 3, GUARD = 16 << 20 };

static const unsigned ram_mib[RAMS] = { 1, 8, 32 };
static uint8_t *ram_host[RAMS];
static int kernel_fd = -1, initrd_fd = -1;

static uint8_t *make_ram(uint64_t size)
{
	uint8_t *all =
	    mmap(NULL, size + 2ul * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(all != MAP_FAILED && mprotect(all + GUARD, size, PROT_READ | PROT_WRITE) == 0);
	return all + GUARD;
}

static void start(void)
{
	if (kernel_fd >= 0)
		return;
	for (unsigned i = 0; i < RAMS; i++)
		ram_host[i] = make_ram((uint64_t)ram_mib[i] << 20);
	kernel_fd = memfd_create("kernel", MFD_CLOEXEC);
	initrd_fd = memfd_create("initrd", MFD_CLOEXEC);
	CHECK(kernel_fd >= 0 && initrd_fd >= 0);
}

static void fill_file(int fd, const void *data, size_t size, size_t zeros, struct image_file *ret_file)
{
	CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	CHECK(ftruncate(fd, (off_t)(size + zeros)) == 0 && image_file_init(ret_file, fd, "file") == 0);
}

static void check_loaded(const struct guest_ram *ram, const struct boot_request *request,
			 const struct boot_entry *entry, const uint8_t *initrd)
{
	const uint8_t *page = guest_ram_at(ram, BOOT_ZERO_PAGE, BP_SIZE);
	uint64_t at, size;

	CHECK(memcmp(ram->host + BOOT_CMDLINE, request->cmdline, strlen(request->cmdline) + 1) == 0);
	if (entry->rbx ==
	    BOOT_ZERO_PAGE) { /* hvm_start_info: one module, its entry begins with address and size */
		const uint8_t *module = ram->host + BOOT_PVH_MODULES;

		CHECK(image_le32(page + 12) == (request->initrd.fd >= 0));
		at = image_le64(module);
		size = image_le64(module + 8);
	} else {
		CHECK(entry->rsi == BOOT_ZERO_PAGE && page[BP_E820_ENTRIES] <= GUEST_RANGES_MAX);
		at = image_le32(page + HDR_RAMDISK_IMAGE);
		size = image_le32(page + HDR_RAMDISK_SIZE);
	}
	if (request->initrd.fd < 0)
		return;
	CHECK(size == request->initrd.size && at >= GUEST_RAM_ROM_END && guest_ram_at(ram, at, size));
	CHECK(memcmp(ram->host + at, initrd, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t initrd[5000];
	static char cmdline[4000];
	struct fuzz_input input = { data, data + size };
	uint8_t how = fuzz_u8(&input);
	struct boot_request request = { .initrd.fd = -1, .cmdline = cmdline, .rsdp = 0xe0000 };
	struct boot_error error = { "" };
	struct boot_entry entry;
	struct guest_ram ram;
	unsigned which = how % RAMS;

	start();
	memset(initrd, 0xc3, sizeof(initrd));
	memset(cmdline, 0, sizeof(cmdline));
	memset(cmdline, 'a', how & 0x80 ? 3000 : 20);
	madvise(ram_host[which], (size_t)ram_mib[which] << 20, MADV_DONTNEED);
	guest_ram_init(&ram, ram_host[which], (uint64_t)ram_mib[which] << 20);
	fill_file(kernel_fd, input.at, (size_t)(input.end - input.at), how & 0x10 ? 1 << 20 : 0,
		  &request.kernel);
	if (how & 0x20)
		fill_file(initrd_fd, initrd, how & 0x40 ? sizeof(initrd) : 1, 0, &request.initrd);
	if (boot_load(&ram, &request, &entry, &error) == 0)
		check_loaded(&ram, &request, &entry, initrd);
	else
		CHECK(error.text[0] && memchr(error.text, 0, sizeof(error.text)));
	return 0;
}
