/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot loader: crafted kernels, hostile fields, and a random hammer. A guard page follows the guest's
 * RAM. */
#include "check.h"

#include "firmware/boot.h"
#include "firmware/bzimage.h"
#include "firmware/bzimage_proto.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MIB = 1 << 20, RAM_MIB = 64, KERNEL_SIZE = 8192 + 5 * 512 };

static struct guest_ram ram;
static struct boot_error error;

static void make_ram(uint64_t mib)
{
	uint64_t size = mib * MIB;
	uint8_t *host =
	    mmap(NULL, size + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (host == MAP_FAILED || mprotect(host + 4096, size, PROT_READ | PROT_WRITE) < 0) {
		perror("mmap");
		exit(1);
	}
	guest_ram_init(&ram, host + 4096, size);
}

static void drop_ram(void)
{
	munmap(ram.host - 4096, ram.size + 8192);
}

static struct image_file make_file(const char *name, const void *data, size_t size)
{
	struct image_file file = { .fd = -1 };
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || image_file_init(&file, fd, name) < 0) {
		perror("memfd");
		exit(1);
	}
	return file;
}

static void put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, 4);
}

static void put64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, 8);
}

/* A valid bzImage as far as the protocol goes; payload bytes are their own offset. */
static void make_bzimage(uint8_t image[KERNEL_SIZE])
{
	memset(image, 0, KERNEL_SIZE);
	for (unsigned i = 5 * 512; i < KERNEL_SIZE; i++)
		image[i] = (uint8_t)(i * 7 + i / 256);
	image[HDR_SETUP_SECTS] = 4;
	put32(image + HDR_SYSSIZE, 8192 / 16);
	image[HDR_BOOT_FLAG] = 0x55;
	image[HDR_BOOT_FLAG + 1] = 0xaa;
	image[HDR_JUMP] = 0xeb;
	image[HDR_JUMP + 1] = 0x6a;
	memcpy(image + HDR_MAGIC, "HdrS", 4);
	image[HDR_VERSION] = 0x0f;
	image[HDR_VERSION + 1] = 2;
	image[HDR_LOADFLAGS] = LOADFLAGS_LOADED_HIGH;
	put32(image + HDR_INITRD_ADDR_MAX, 0x7fffffff);
	put32(image + HDR_KERNEL_ALIGNMENT, 0x200000);
	image[HDR_RELOCATABLE] = 1;
	image[HDR_XLOADFLAGS] = XLF_KERNEL_64;
	put32(image + HDR_CMDLINE_SIZE, 2047);
	put64(image + HDR_PREF_ADDRESS, 0x1000000);
	put32(image + HDR_INIT_SIZE, 0x400000);
}

static int load(const void *kernel, size_t size, const struct image_file *initrd, const char *cmdline,
		struct boot_entry *ret_entry)
{
	struct boot_request request = { .cmdline = cmdline, .initrd = { .fd = -1 }, .rsdp = 0xe0000 };
	int r;

	error.text[0] = '\0';
	request.kernel = make_file("vmlinuz", kernel, size);
	if (initrd)
		request.initrd = *initrd;
	r = boot_load(&ram, &request, ret_entry, &error);
	close(request.kernel.fd);
	return r;
}

static const uint8_t *at(uint64_t gpa)
{
	return guest_ram_at(&ram, gpa, 1);
}

static void test_guest_ram(void)
{
	make_ram(RAM_MIB);
	CHECK(guest_ram_at(&ram, 0, GUEST_RAM_VGA_START));
	CHECK(!guest_ram_at(&ram, 0, GUEST_RAM_VGA_START + 1));
	CHECK(!guest_ram_at(&ram, GUEST_RAM_VGA_START, 1));
	CHECK(guest_ram_at(&ram, GUEST_RAM_VGA_END, RAM_MIB * MIB - GUEST_RAM_VGA_END));
	CHECK(!guest_ram_at(&ram, GUEST_RAM_VGA_END, RAM_MIB * MIB - GUEST_RAM_VGA_END + 1));
	CHECK(!guest_ram_at(&ram, UINT64_MAX, 2));
	CHECK(!guest_ram_at(&ram, 4096, UINT64_MAX));
	CHECK(!guest_ram_at(&ram, GUEST_RAM_HIGH_START, 1));
	drop_ram();
	make_ram(4096); /* 3 GiB low, 1 GiB high */
	CHECK(guest_ram_at(&ram, GUEST_RAM_LOW_MAX - 1, 1) == ram.host + GUEST_RAM_LOW_MAX - 1);
	CHECK(!guest_ram_at(&ram, GUEST_RAM_LOW_MAX - 1, 2));
	CHECK(guest_ram_at(&ram, GUEST_RAM_HIGH_START, 1ull << 30) == ram.host + GUEST_RAM_LOW_MAX);
	CHECK(!guest_ram_at(&ram, GUEST_RAM_HIGH_START, (1ull << 30) + 1));
	CHECK(!guest_ram_at(&ram, GUEST_RAM_HIGH_START - 1, 2));
	drop_ram();
}

static void test_bzimage(void)
{
	uint8_t image[KERNEL_SIZE];
	uint8_t initrd_bytes[5000];
	struct image_file initrd;
	struct boot_entry entry;
	const uint8_t *zp;
	uint32_t initrd_gpa;

	make_ram(RAM_MIB);
	make_bzimage(image);
	image[HDR_SETUP_DATA] = 0x77; /* the loader must not hand on pointers of the file */
	memset(initrd_bytes, 0xa5, sizeof(initrd_bytes));
	initrd = make_file("initrd", initrd_bytes, sizeof(initrd_bytes));
	if (!CHECK(load(image, sizeof(image), &initrd, "console=ttyS0", &entry) == 0))
		printf("%s\n", error.text);
	CHECK(entry.is_long_mode && entry.rip == 0x1000200 && entry.rsi == BOOT_ZERO_PAGE);
	CHECK(memcmp(at(0x1000000), image + 5 * 512, 8192) == 0);
	zp = at(BOOT_ZERO_PAGE);
	CHECK(memcmp(zp + HDR_MAGIC, "HdrS", 4) == 0);
	CHECK(zp[HDR_TYPE_OF_LOADER] == 0xff);
	CHECK(image_le64(zp + HDR_SETUP_DATA) == 0);
	CHECK(image_le64(zp + BP_ACPI_RSDP_ADDR) == 0xe0000);
	CHECK(image_le32(zp + HDR_CMD_LINE_PTR) == BOOT_CMDLINE);
	CHECK(strcmp((const char *)at(BOOT_CMDLINE), "console=ttyS0") == 0);
	initrd_gpa = image_le32(zp + HDR_RAMDISK_IMAGE);
	CHECK(initrd_gpa == ((RAM_MIB * MIB - 5000u) & ~0xfffu));
	CHECK(image_le32(zp + HDR_RAMDISK_SIZE) == 5000);
	CHECK(memcmp(at(initrd_gpa), initrd_bytes, 5000) == 0);
	CHECK(zp[BP_E820_ENTRIES] == 4);
	CHECK(image_le64(zp + BP_E820_TABLE + 3 * 20) == 0x100000);
	CHECK(image_le64(zp + BP_E820_TABLE + 3 * 20 + 8) == RAM_MIB * MIB - 0x100000);
	close(initrd.fd);
	drop_ram();
}

/* Each: one field of a good image spoiled; the error must name the file and have a remedy (";"). */
static void test_bad_bzimages(void)
{
	static const struct {
		const char *what;
		unsigned offset, size;
		uint64_t value;
		size_t file_size; /* 0: whole */
		int code;
	} cases[] = {
		{ "no magic", HDR_MAGIC, 4, 0, 0, -ENOEXEC },
		{ "no boot flag", HDR_BOOT_FLAG, 2, 0, 0, -ENOEXEC },
		{ "old protocol", HDR_VERSION, 2, 0x204, 0, -ENOEXEC },
		{ "zImage", HDR_LOADFLAGS, 1, 0, 0, -ENOEXEC },
		{ "header too short", HDR_JUMP + 1, 1, 0x20, 0, -ENOEXEC },
		{ "setup beyond the file", HDR_SETUP_SECTS, 1, 0xff, 0, -ENODATA },
		{ "syssize beyond the file", HDR_SYSSIZE, 4, 8192 / 16 + 1, 0, -ENODATA },
		{ "syssize huge", HDR_SYSSIZE, 4, 0xffffffff, 0, -ENODATA },
		{ "payload cut", HDR_SETUP_SECTS, 1, 4, KERNEL_SIZE - 1000, -ENODATA },
		{ "only the header", HDR_SETUP_SECTS, 1, 4, 0x300, -ENODATA },
		{ "cut in the header", HDR_SETUP_SECTS, 1, 4, 0x240, -ENODATA },
		{ "address below 1 MiB", HDR_PREF_ADDRESS, 8, 0x7000, 0, -EINVAL },
		{ "address 0", HDR_PREF_ADDRESS, 8, 0, 0, -EINVAL },
		{ "address in the hole", HDR_PREF_ADDRESS, 8, 0xfee00000, 0, -EINVAL },
		{ "address wraps", HDR_PREF_ADDRESS, 8, UINT64_MAX - 0xfff, 0, -EINVAL },
		{ "address above RAM", HDR_PREF_ADDRESS, 8, 0x8000000, 0, -ENOSPC },
		{ "init_size huge", HDR_INIT_SIZE, 4, 0xffffffff, 0, -EINVAL },
		{ "init_size above RAM", HDR_INIT_SIZE, 4, 0x4000000, 0, -ENOSPC },
		{ "no command line", HDR_CMDLINE_SIZE, 4, 3, 0, -E2BIG },
	};
	uint8_t image[KERNEL_SIZE];
	struct boot_entry entry;

	make_ram(RAM_MIB);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r;

		make_bzimage(image);
		memcpy(image + cases[i].offset, &cases[i].value, cases[i].size);
		r = load(image, cases[i].file_size ? cases[i].file_size : sizeof(image), NULL, "quiet",
			 &entry);
		if (!CHECK(r == cases[i].code) || !CHECK(strchr(error.text, ';')))
			printf("  case: %s: %d \"%s\"\n", cases[i].what, r, error.text);
	}
	drop_ram();
}

static void test_not_kernels(void)
{
	static uint8_t zeros[4096];
	struct boot_entry entry;

	make_ram(RAM_MIB);
	CHECK(load("", 0, NULL, "", &entry) == -ENOEXEC && strstr(error.text, "no Linux kernel"));
	CHECK(load("x", 1, NULL, "", &entry) == -ENOEXEC);
	CHECK(load(zeros, sizeof(zeros), NULL, "", &entry) == -ENOEXEC);
	CHECK(load("\177ELF", 4, NULL, "", &entry) == -ENOEXEC);
	drop_ram();
}

static void test_initrd(void)
{
	uint8_t image[KERNEL_SIZE];
	struct boot_entry entry;
	struct image_file initrd = make_file("initrd.img", "", 0);

	make_ram(RAM_MIB);
	make_bzimage(image);
	CHECK(load(image, sizeof(image), &initrd, "", &entry) == -EINVAL &&
	      strstr(error.text, "initrd.img: "));
	CHECK(strstr(error.text, "empty"));
	if (ftruncate(initrd.fd, 43 * MIB) == 0) {
		initrd.size = 43 * MIB; /* 16 + 4 for the kernel: 44 are free */
		CHECK(load(image, sizeof(image), &initrd, "", &entry) == 0);
	}
	if (ftruncate(initrd.fd, 45 * MIB) == 0) {
		initrd.size = 45 * MIB;
		CHECK(load(image, sizeof(image), &initrd, "", &entry) == -ENOSPC);
		if (!CHECK(strstr(error.text, "at least 66 MiB")))
			printf("  \"%s\"\n", error.text);
	}
	if (ftruncate(initrd.fd, 100 * MIB) == 0) {
		initrd.size = 100 * MIB; /* more than all of the memory */
		CHECK(load(image, sizeof(image), &initrd, "", &entry) == -ENOSPC);
		if (!CHECK(strstr(error.text, "at least 121 MiB")))
			printf("  \"%s\"\n", error.text);
	}
	if (ftruncate(initrd.fd, 40 * MIB) < 0)
		return;
	initrd.size = 43 * MIB; /* shrank after we looked */
	CHECK(load(image, sizeof(image), &initrd, "", &entry) < 0);
	/* The kernel's own limit. */
	put32(image + HDR_INITRD_ADDR_MAX, 0x15fffff);
	initrd.size = 2 * MIB;
	CHECK(load(image, sizeof(image), &initrd, "", &entry) == 0);
	CHECK(image_le32(at(BOOT_ZERO_PAGE) + HDR_RAMDISK_IMAGE) == 0x1400000);
	initrd.size = 2 * MIB + 1;
	CHECK(load(image, sizeof(image), &initrd, "", &entry) == -ENOSPC);
	put32(image + HDR_INITRD_ADDR_MAX, 0);
	CHECK(load(image, sizeof(image), &initrd, "", &entry) == -ENOSPC);
	close(initrd.fd);
	drop_ram();
}

struct elf_kernel {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	struct {
		uint32_t name_size, desc_size, type;
		char name[4];
		uint32_t desc;
	} note;
	uint8_t code[256];
};

static struct elf_kernel make_elf(void)
{
	struct elf_kernel k = { 0 };

	memcpy(k.header.e_ident, "\177ELF\2\1\1", 7);
	k.header.e_machine = EM_X86_64;
	k.header.e_phoff = offsetof(struct elf_kernel, segments);
	k.header.e_phentsize = sizeof(Elf64_Phdr);
	k.header.e_phnum = 2;
	k.segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
				      .p_offset = offsetof(struct elf_kernel, code),
				      .p_paddr = 0x1000000,
				      .p_filesz = sizeof(k.code),
				      .p_memsz = 0x2000 };
	k.segments[1] = (Elf64_Phdr){ .p_type = PT_NOTE,
				      .p_offset = offsetof(struct elf_kernel, note),
				      .p_filesz = sizeof(k.note),
				      .p_align = 4 };
	k.note.name_size = 4;
	k.note.desc_size = 4;
	k.note.type = 18;
	memcpy(k.note.name, "Xen", 4);
	k.note.desc = 0x1000040;
	memset(k.code, 0x90, sizeof(k.code));
	return k;
}

static void test_pvh(void)
{
	struct elf_kernel good = make_elf(), bad;
	struct boot_entry entry;
	const uint8_t *info;

	make_ram(RAM_MIB);
	if (!CHECK(load(&good, sizeof(good), NULL, "quiet", &entry) == 0))
		printf("  \"%s\"\n", error.text);
	CHECK(!entry.is_long_mode && entry.rip == 0x1000040 && entry.rbx == BOOT_ZERO_PAGE);
	CHECK(memcmp(at(0x1000000), good.code, sizeof(good.code)) == 0);
	info = at(BOOT_ZERO_PAGE);
	CHECK(image_le32(info) == 0x336ec578 && image_le32(info + 4) == 1 && image_le32(info + 12) == 0);
	CHECK(image_le64(info + 32) == 0xe0000 && image_le32(info + 48) == 4);
#define BAD(change, code)                                                                                    \
	do {                                                                                                 \
		bad = good;                                                                                  \
		bad.change;                                                                                  \
		if (!CHECK(load(&bad, sizeof(bad), NULL, "quiet", &entry) == (code)) ||                      \
		    !CHECK(strchr(error.text, ';')))                                                         \
			printf("  case: " #change ": \"%s\"\n", error.text);                                 \
	} while (0)
	BAD(note.type = 17, -ENOEXEC);
	BAD(note.name_size = 0xffffffff, -ENOEXEC);
	BAD(note.desc_size = 0xffffffff, -ENOEXEC);
	BAD(note.desc_size = 2, -ENOEXEC);
	BAD(note.desc_size = 5, -ENOEXEC);
	BAD(segments[1].p_filesz = 1ull << 40, -ENOEXEC);
	BAD(segments[1].p_offset = UINT64_MAX, -ENOEXEC);
	BAD(segments[1].p_filesz = 11, -ENOEXEC);
	BAD(segments[1].p_filesz = 12, -ENOEXEC);
	BAD(segments[1].p_filesz = 18, -ENOEXEC);
	BAD(header.e_phoff = UINT64_MAX - 8, -ENOEXEC);
	BAD(header.e_phoff = sizeof(good), -ENOEXEC);
	BAD(header.e_phnum = 0, -ENOEXEC);
	BAD(header.e_phnum = 0xffff, -ENOEXEC);
	BAD(header.e_phentsize = 1, -ENOEXEC);
	BAD(header.e_machine = EM_AARCH64, -ENOEXEC);
	BAD(header.e_ident[EI_CLASS] = 9, -ENOEXEC);
	BAD(header.e_ident[EI_DATA] = ELFDATA2MSB, -ENOEXEC);
	BAD(segments[0].p_paddr = 0x1000, -ENOEXEC);
	BAD(segments[0].p_paddr = UINT64_MAX - 16, -ENOEXEC);
	BAD(segments[0].p_memsz = UINT64_MAX, -ENOEXEC);
	BAD(segments[0].p_memsz = 16, -ENOEXEC);
	BAD(segments[0].p_paddr = 0xfee00000, -ENOEXEC);
	BAD(segments[0].p_paddr = RAM_MIB * MIB - 0x1000, -ENOSPC);
	BAD(segments[0].p_offset = sizeof(good) - 255, -ENODATA);
	BAD(segments[0].p_offset = UINT64_MAX, -ENODATA);
	BAD(segments[0].p_type = PT_NULL, -ENOEXEC);
#undef BAD
	drop_ram();
}

/* Limits: of program headers, and of the size of notes. */
static void test_pvh_limits(void)
{
	enum { SIZE = 200000, NOTES = 100000 };
	struct elf_kernel good = make_elf();
	uint8_t *file = calloc(1, SIZE);
	struct elf_kernel *k = (struct elf_kernel *)file;
	struct boot_entry entry;

	make_ram(RAM_MIB);
	memcpy(file, &good, sizeof(good));
	memcpy(file + NOTES, &good.note, sizeof(good.note));
	k->segments[1].p_offset = NOTES;
	k->segments[1].p_filesz = BOOT_ELF_NOTES_MAX;
	CHECK(load(file, SIZE, NULL, "", &entry) == 0);
	k->segments[1].p_filesz = BOOT_ELF_NOTES_MAX + 1;
	CHECK(load(file, SIZE, NULL, "", &entry) == -ENOEXEC);
	k->segments[1].p_filesz = sizeof(good.note);
	k->header.e_phoff = 4096;
	memcpy(file + 4096, k->segments, sizeof(k->segments));
	k->header.e_phnum = BOOT_ELF_SEGMENTS_MAX;
	CHECK(load(file, SIZE, NULL, "", &entry) == 0);
	k->header.e_phnum = BOOT_ELF_SEGMENTS_MAX + 1;
	CHECK(load(file, SIZE, NULL, "", &entry) == -ENOEXEC);
	free(file);
	drop_ram();
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Random changes to good images: whatever comes out, nothing outside the RAM is touched and a failure has a
 * sentence. */
static void test_hammer(uint64_t seed, unsigned rounds)
{
	static const uint64_t corners[] = { 0,		1,	    0xff,	    0xffff,
					    0x7fffffff, 0xffffffff, 0x100000000ull, UINT64_MAX };
	struct elf_kernel elf;
	uint8_t image[KERNEL_SIZE];
	unsigned loaded = 0;
	uint64_t state = seed;

	make_ram(RAM_MIB);
	for (unsigned i = 0; i < rounds; i++) {
		bool is_elf = next_random(&state) & 1;
		size_t size = is_elf ? sizeof(elf) : sizeof(image);
		uint8_t *bytes = is_elf ? (uint8_t *)&elf : image;
		unsigned base = is_elf ? 0 : HDR_START;
		unsigned span = is_elf ? (unsigned)offsetof(struct elf_kernel, code) : 0x80;
		unsigned changes = 1 + next_random(&state) % 4;
		struct boot_entry entry;
		int r;

		make_bzimage(image);
		elf = make_elf();
		while (changes--) {
			uint64_t value =
			    next_random(&state) & 1 ? next_random(&state) : corners[next_random(&state) % 8];
			unsigned width = 1u << next_random(&state) % 4;

			memcpy(bytes + base + next_random(&state) % (span - 8), &value, width);
		}
		if (next_random(&state) % 8 == 0)
			size = next_random(&state) % size;
		r = load(bytes, size, NULL, "quiet", &entry);
		loaded += r == 0;
		if (r != 0 && (r > 0 || !error.text[0])) {
			CHECK(!"an error without a sentence");
			printf("  seed 0x%llx round %u: %d\n", (unsigned long long)seed, i, r);
		}
	}
	printf("hammer: seed 0x%llx, %u of %u images loaded\n", (unsigned long long)seed, loaded, rounds);
	CHECK(loaded > rounds / 100 && loaded < rounds);
	drop_ram();
}

int main(int argc, char **argv)
{
	test_guest_ram();
	test_bzimage();
	test_bad_bzimages();
	test_not_kernels();
	test_initrd();
	test_pvh();
	test_pvh_limits();
	test_hammer(argc > 1 ? strtoull(argv[1], NULL, 0) : 0x9e3779b97f4a7c15ull, 20000);
	return check_result();
}
