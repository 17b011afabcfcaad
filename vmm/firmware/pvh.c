/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/pvh.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
	PVH_NOTE_PHYS32_ENTRY = 18, /* XEN_ELFNOTE_PHYS32_ENTRY */
	PVH_CMDLINE_MAX = 2047,	    /* no field tells; Linux' COMMAND_LINE_SIZE less the NUL */
};

#define PVH_START_MAGIC 0x336ec578u /* "xEn3" with bit 7 of the "E" set */

struct pvh_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t module_count;
	uint64_t modules;
	uint64_t cmdline;
	uint64_t rsdp;
	uint64_t memmap;
	uint32_t memmap_count;
	uint32_t reserved;
};
_Static_assert(sizeof(struct pvh_start_info) == 56, "hvm_start_info, version 1");

struct pvh_module {
	uint64_t address;
	uint64_t size;
	uint64_t cmdline;
	uint64_t reserved;
};
_Static_assert(sizeof(struct pvh_module) == 32, "hvm_modlist_entry");

struct pvh_memmap_entry {
	uint64_t start;
	uint64_t size;
	uint32_t type; /* as in e820 */
	uint32_t reserved;
};
_Static_assert(sizeof(struct pvh_memmap_entry) == 24, "hvm_memmap_table_entry");

/* One program header, of either class. */
struct segment {
	uint32_t type;
	uint64_t offset;
	uint64_t address; /* p_paddr */
	uint64_t file_size;
	uint64_t memory_size;
	uint64_t align;
};

struct elf_image {
	bool is_64bit;
	uint64_t table_offset;
	unsigned segment_size;
	unsigned segment_count;
};

static int bad_elf(const struct image_file *kernel, struct boot_error *error)
{
	return boot_fail(
	    error, -ENOEXEC,
	    "%s: this ELF file is no x86 kernel or it is damaged; give a bzImage or a vmlinux with a PVH "
	    "entry with --kernel",
	    kernel->name);
}

static int parse_elf_header(const struct image_file *kernel, struct elf_image *ret_elf,
			    struct boot_error *error)
{
	union {
		Elf64_Ehdr h64;
		Elf32_Ehdr h32;
	} u;
	struct elf_image elf = { 0 };
	unsigned wanted;

	if (image_file_read(kernel, 0, &u, sizeof(u)) < 0 || u.h64.e_ident[EI_DATA] != ELFDATA2LSB)
		return bad_elf(kernel, error);
	elf.is_64bit = u.h64.e_ident[EI_CLASS] == ELFCLASS64;
	if (elf.is_64bit) {
		if (u.h64.e_machine != EM_X86_64)
			return bad_elf(kernel, error);
		elf.table_offset = u.h64.e_phoff;
		elf.segment_size = u.h64.e_phentsize;
		elf.segment_count = u.h64.e_phnum;
		wanted = sizeof(Elf64_Phdr);
	} else {
		if (u.h32.e_ident[EI_CLASS] != ELFCLASS32 || u.h32.e_machine != EM_386)
			return bad_elf(kernel, error);
		elf.table_offset = u.h32.e_phoff;
		elf.segment_size = u.h32.e_phentsize;
		elf.segment_count = u.h32.e_phnum;
		wanted = sizeof(Elf32_Phdr);
	}
	if (elf.segment_size != wanted || elf.segment_count == 0 || elf.segment_count > BOOT_ELF_SEGMENTS_MAX)
		return bad_elf(kernel, error);
	*ret_elf = elf;
	return 0;
}

static int read_segment(const struct image_file *kernel, const struct elf_image *elf, unsigned index,
			struct segment *ret_segment)
{
	union {
		Elf64_Phdr p64;
		Elf32_Phdr p32;
	} u;
	uint64_t offset;
	int r;

	if (__builtin_add_overflow(elf->table_offset, (uint64_t)index * elf->segment_size, &offset))
		return -ENODATA;
	r = image_file_read(kernel, offset, &u, elf->segment_size);
	if (r < 0)
		return r;
	if (elf->is_64bit)
		*ret_segment = (struct segment){ u.p64.p_type,	 u.p64.p_offset, u.p64.p_paddr,
						 u.p64.p_filesz, u.p64.p_memsz,	 u.p64.p_align };
	else
		*ret_segment = (struct segment){ u.p32.p_type,	 u.p32.p_offset, u.p32.p_paddr,
						 u.p32.p_filesz, u.p32.p_memsz,	 u.p32.p_align };
	return 0;
}

/* A note: name size, descriptor size, type, name, descriptor; both padded to 4 bytes (to 8 when the segment
 * says so). */
static bool find_entry_note(const uint8_t *notes, uint64_t size, uint64_t align, uint32_t *ret_entry)
{
	uint64_t pad = align == 8 ? 7 : 3;
	uint64_t at = 0;

	while (size - at >= 12) {
		uint64_t name_size = image_le32(notes + at);
		uint64_t desc_size = image_le32(notes + at + 4);
		uint32_t type = image_le32(notes + at + 8);
		uint64_t desc = (at + 12 + name_size + pad) & ~pad;
		uint64_t next = (desc + desc_size + pad) & ~pad;

		if (desc > size || desc_size > size - desc)
			return false;
		if (type == PVH_NOTE_PHYS32_ENTRY && name_size == 4 && desc_size >= 4 &&
		    memcmp(notes + at + 12, "Xen", 4) == 0) {
			*ret_entry = image_le32(notes + desc);
			return true;
		}
		if (next >= size)
			return false;
		at = next;
	}
	return false;
}

static bool has_entry(const struct image_file *kernel, const struct segment *segment, uint32_t *ret_entry)
{
	uint8_t *notes;
	bool is_found;

	if (segment->file_size > BOOT_ELF_NOTES_MAX)
		return false;
	notes = malloc(segment->file_size); /* of exactly this size: tools see a step beyond it */
	is_found = notes && image_file_read(kernel, segment->offset, notes, segment->file_size) == 0 &&
		   find_entry_note(notes, segment->file_size, segment->align, ret_entry);
	free(notes);
	return is_found;
}

static int load_segment(const struct guest_ram *ram, const struct image_file *kernel,
			const struct segment *segment, uint64_t *end, struct boot_error *error)
{
	uint64_t segment_end;

	if (segment->memory_size == 0)
		return 0;
	if (segment->file_size > segment->memory_size || segment->address < GUEST_RAM_ROM_END ||
	    __builtin_add_overflow(segment->address, segment->memory_size, &segment_end) ||
	    segment_end > GUEST_RAM_LOW_MAX)
		return bad_elf(kernel, error);
	if (segment_end > ram->low_size)
		return boot_fail(
		    error, -ENOSPC,
		    "%s: this kernel does not fit into %llu MiB of memory; give the machine at least %llu "
		    "MiB with --memory",
		    kernel->name, (unsigned long long)(ram->size >> 20),
		    (unsigned long long)((segment_end + 0xfffff) >> 20) + 1);
	if (segment_end > *end)
		*end = segment_end;
	return boot_read_to_ram(ram, kernel, segment->offset, segment->address, segment->file_size, error);
}

static int load_segments(const struct guest_ram *ram, const struct image_file *kernel,
			 const struct elf_image *elf, uint32_t *ret_entry, uint64_t *ret_end,
			 struct boot_error *error)
{
	bool entry_found = false;
	uint64_t end = 0;

	for (unsigned i = 0; i < elf->segment_count; i++) {
		struct segment segment;
		int r;

		if (read_segment(kernel, elf, i, &segment) < 0)
			return bad_elf(kernel, error);
		if (segment.type == PT_NOTE && !entry_found)
			entry_found = has_entry(kernel, &segment, ret_entry);
		if (segment.type != PT_LOAD)
			continue;
		r = load_segment(ram, kernel, &segment, &end, error);
		if (r < 0)
			return r;
	}
	if (!entry_found || end == 0)
		return boot_fail(
		    error, -ENOEXEC,
		    "%s: this ELF file has no PVH entry (a kernel built with CONFIG_PVH has one); give a "
		    "bzImage with --kernel",
		    kernel->name);
	*ret_end = end;
	return 0;
}

static bool write_start_info(const struct guest_ram *ram, const struct boot_request *request, uint64_t initrd)
{
	struct guest_range ranges[GUEST_RANGES_MAX];
	unsigned count = guest_ram_map(ram, ranges);
	struct pvh_memmap_entry memmap[GUEST_RANGES_MAX] = { 0 };
	struct pvh_module module = { .address = initrd, .size = request->initrd.size };
	struct pvh_start_info info = {
		.magic = PVH_START_MAGIC,
		.version = 1,
		.module_count = initrd ? 1 : 0,
		.modules = initrd ? BOOT_PVH_MODULES : 0,
		.cmdline = BOOT_CMDLINE,
		.rsdp = request->rsdp,
		.memmap = BOOT_PVH_MEMMAP,
		.memmap_count = count,
	};

	for (unsigned i = 0; i < count; i++)
		memmap[i] = (struct pvh_memmap_entry){ ranges[i].start, ranges[i].size, ranges[i].type, 0 };
	return guest_ram_write(ram, BOOT_ZERO_PAGE, &info, sizeof(info)) &&
	       guest_ram_write(ram, BOOT_PVH_MEMMAP, memmap, count * sizeof(memmap[0])) &&
	       guest_ram_write(ram, BOOT_PVH_MODULES, &module, sizeof(module));
}

int pvh_load(const struct guest_ram *ram, const struct boot_request *request, struct boot_entry *ret_entry,
	     struct boot_error *ret_error)
{
	struct elf_image elf = { 0 };
	uint64_t end = 0, initrd = 0;
	uint32_t entry = 0;
	int r;

	r = parse_elf_header(&request->kernel, &elf, ret_error);
	if (r < 0)
		return r;
	r = load_segments(ram, &request->kernel, &elf, &entry, &end, ret_error);
	if (r < 0)
		return r;

	r = boot_place_initrd(ram, &request->initrd, end, UINT32_MAX, &initrd, ret_error);
	if (r < 0)
		return r;
	r = boot_place_cmdline(ram, request->cmdline, PVH_CMDLINE_MAX, ret_error);
	if (r < 0)
		return r;
	if (!write_start_info(ram, request, initrd))
		return boot_fail(ret_error, -ENOSPC, "--memory: too little for the boot parameters");
	ret_entry->is_long_mode = false;
	ret_entry->rip = entry;
	ret_entry->rbx = BOOT_ZERO_PAGE;
	return 0;
}
