/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware configuration device: items, selector, data port, DMA. */
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dma.h"
#include "fw_cfg.h"
#include "io_bus.h"
#include "state/state.h"

enum {
	PORT_SELECTOR = 0x510,
	PORT_DMA = 0x514,

	ID_TRADITIONAL = 1 << 0,
	ID_DMA = 1 << 1,

	DMA_ERROR = 1 << 0,
	DMA_READ = 1 << 1,
	DMA_SKIP = 1 << 2,
	DMA_SELECT = 1 << 3,
	DMA_WRITE = 1 << 4,
	DMA_KEY_SHIFT = 16,
	DMA_CHUNK = 4096,
};

/* All fields big-endian. */
struct dma_descriptor {
	uint32_t control;
	uint32_t length;
	uint64_t address;
};
_Static_assert(sizeof(struct dma_descriptor) == 16, "DMA descriptor");

struct directory_entry {
	uint32_t size; /* big-endian, as the next one */
	uint16_t key;
	uint16_t reserved;
	char name[FW_CFG_NAME_MAX + 1];
};
_Static_assert(sizeof(struct directory_entry) == 64, "file directory entry");

struct item {
	uint16_t key;
	char name[FW_CFG_NAME_MAX + 1]; /* "" for one that is no file */
	uint8_t *data;
	size_t size;
};

struct fw_cfg {
	const struct dma *dma;
	struct item items[FW_CFG_ITEMS_MAX];
	unsigned item_count, file_count;
	const struct item *selected; /* NULL: nothing there, zeros */
	size_t position;
	uint32_t dma_high;
};

/* --- items --------------------------------------------------------------------------------------- */

static struct item *find_item(struct fw_cfg *fw_cfg, uint16_t key)
{
	for (unsigned i = 0; i < fw_cfg->item_count; i++)
		if (fw_cfg->items[i].key == key)
			return &fw_cfg->items[i];
	return NULL;
}

static int put_item(struct fw_cfg *fw_cfg, uint16_t key, const char *name, const void *data, size_t size)
{
	struct item *item = find_item(fw_cfg, key);
	uint8_t *copy;

	if (size > FW_CFG_BYTES_MAX || (!item && fw_cfg->item_count == FW_CFG_ITEMS_MAX))
		return -ENOSPC;
	copy = malloc(size ? size : 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	if (item)
		free(item->data);
	else
		item = &fw_cfg->items[fw_cfg->item_count++];
	item->key = key;
	item->data = copy;
	item->size = size;
	memcpy(item->name, name, strlen(name) + 1);
	return 0;
}

static int update_directory(struct fw_cfg *fw_cfg)
{
	struct {
		uint32_t count;
		struct directory_entry entries[FW_CFG_ITEMS_MAX];
	} directory = { .count = htobe32(fw_cfg->file_count) };
	unsigned n = 0;

	for (unsigned i = 0; i < fw_cfg->item_count; i++) {
		const struct item *item = &fw_cfg->items[i];

		if (!item->name[0])
			continue;
		directory.entries[n].size = htobe32((uint32_t)item->size);
		directory.entries[n].key = htobe16(item->key);
		memcpy(directory.entries[n++].name, item->name, sizeof(item->name));
	}
	return put_item(fw_cfg, FW_CFG_DIRECTORY, "", &directory,
			sizeof(directory.count) + n * sizeof(directory.entries[0]));
}

int fw_cfg_set(struct fw_cfg *fw_cfg, uint16_t key, const void *data, size_t size)
{
	return put_item(fw_cfg, key, "", data, size);
}

int fw_cfg_set_number(struct fw_cfg *fw_cfg, uint16_t key, uint64_t value, unsigned bytes)
{
	uint64_t little = htole64(value);

	return put_item(fw_cfg, key, "", &little, bytes < sizeof(little) ? bytes : sizeof(little));
}

static uint16_t key_of_file(const struct fw_cfg *fw_cfg, const char *name, bool *ret_is_new)
{
	for (unsigned i = 0; i < fw_cfg->item_count; i++)
		if (strcmp(fw_cfg->items[i].name, name) == 0) {
			*ret_is_new = false;
			return fw_cfg->items[i].key;
		}
	*ret_is_new = true;
	return (uint16_t)(FW_CFG_FIRST_FILE + fw_cfg->file_count);
}

int fw_cfg_set_file(struct fw_cfg *fw_cfg, const char *name, const void *data, size_t size)
{
	bool is_new;
	uint16_t key;
	int r;

	if (!*name || strlen(name) > FW_CFG_NAME_MAX)
		return -EINVAL;
	key = key_of_file(fw_cfg, name, &is_new);
	r = put_item(fw_cfg, key, name, data, size);
	if (r < 0)
		return r;
	fw_cfg->file_count += is_new;
	return update_directory(fw_cfg);
}

/* --- reading ------------------------------------------------------------------------------------- */

static void select_item(struct fw_cfg *fw_cfg, uint16_t key)
{
	fw_cfg->selected = find_item(fw_cfg, key);
	fw_cfg->position = 0;
}

/* Fills the buffer; beyond the end there are zeros. */
static void read_item(struct fw_cfg *fw_cfg, void *buffer, size_t size)
{
	const struct item *item = fw_cfg->selected;
	size_t rest = item && fw_cfg->position < item->size ? item->size - fw_cfg->position : 0;
	size_t n = size < rest ? size : rest;

	if (n > 0)
		memcpy(buffer, item->data + fw_cfg->position, n);
	memset((uint8_t *)buffer + n, 0, size - n);
	fw_cfg->position += n;
}

static void skip(struct fw_cfg *fw_cfg, size_t size)
{
	const struct item *item = fw_cfg->selected;
	size_t rest = item && fw_cfg->position < item->size ? item->size - fw_cfg->position : 0;

	fw_cfg->position += size < rest ? size : rest;
}

static bool read_to_memory(struct fw_cfg *fw_cfg, uint64_t gpa, uint32_t length)
{
	uint8_t chunk[DMA_CHUNK];

	while (length > 0) {
		uint32_t n = length < DMA_CHUNK ? length : DMA_CHUNK;

		read_item(fw_cfg, chunk, n);
		if (fw_cfg->dma->write(fw_cfg->dma->opaque, gpa, chunk, n) < 0)
			return false;
		gpa += n;
		length -= n;
	}
	return true;
}

static bool run_descriptor(struct fw_cfg *fw_cfg, const struct dma_descriptor *descriptor)
{
	uint32_t control = be32toh(descriptor->control), length = be32toh(descriptor->length);

	if (control & DMA_SELECT)
		select_item(fw_cfg, (uint16_t)(control >> DMA_KEY_SHIFT));
	if (control & DMA_READ)
		return length <= FW_CFG_DMA_MAX &&
		       read_to_memory(fw_cfg, be64toh(descriptor->address), length);
	if (control & DMA_WRITE)
		return length == 0;
	if (control & DMA_SKIP)
		skip(fw_cfg, length);
	return true;
}

static void run_dma(struct fw_cfg *fw_cfg, uint64_t gpa)
{
	const struct dma *dma = fw_cfg->dma;
	struct dma_descriptor descriptor;
	uint32_t control;

	if (dma->read(dma->opaque, gpa, &descriptor, sizeof(descriptor)) < 0)
		return; /* nowhere to tell it */
	control = run_descriptor(fw_cfg, &descriptor) ? 0 : htobe32(DMA_ERROR);
	dma->write(dma->opaque, gpa, &control, sizeof(control));
}

/* --- ports --------------------------------------------------------------------------------------- */

static uint64_t read_data(void *opaque, uint64_t offset, unsigned size)
{
	uint8_t byte = 0;

	if (offset == 1)
		read_item(opaque, &byte, 1);
	return byte;
}

static void write_selector(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	if (offset == 0 && size == 2)
		select_item(opaque, (uint16_t)value);
}

/* "QEMU CFG", the sign that DMA is there. */
static uint64_t read_dma(void *opaque, uint64_t offset, unsigned size)
{
	static const uint8_t sign[8] = "QEMU CFG";
	uint32_t value = 0;

	memcpy(&value, sign + offset, size);
	return le32toh(value);
}

static void write_dma(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct fw_cfg *fw_cfg = opaque;
	uint64_t gpa;

	if (size != 4)
		return;
	if (offset == 0) {
		fw_cfg->dma_high = be32toh((uint32_t)value);
		return;
	}
	gpa = (uint64_t)fw_cfg->dma_high << 32 | be32toh((uint32_t)value);
	fw_cfg->dma_high = 0;
	run_dma(fw_cfg, gpa);
}

static const struct io_handler selector_handler = { read_data, write_selector, 2 };
static const struct io_handler dma_handler = { read_dma, write_dma, 4 };

/* --- life ---------------------------------------------------------------------------------------- */

int fw_cfg_attach(struct fw_cfg *fw_cfg, struct io_bus *bus)
{
	int r = io_bus_add_ports(bus, PORT_SELECTOR, 2, &selector_handler, fw_cfg);

	return r < 0 ? r : io_bus_add_ports(bus, PORT_DMA, 8, &dma_handler, fw_cfg);
}

void fw_cfg_reset(struct fw_cfg *fw_cfg)
{
	fw_cfg->selected = NULL;
	fw_cfg->position = 0;
	fw_cfg->dma_high = 0;
}

int fw_cfg_new(const struct dma *dma, struct fw_cfg **ret_fw_cfg)
{
	struct fw_cfg *fw_cfg = calloc(1, sizeof(*fw_cfg));
	int r;

	if (!fw_cfg)
		return -ENOMEM;
	fw_cfg->dma = dma;
	r = fw_cfg_set(fw_cfg, FW_CFG_SIGNATURE, "QEMU", 4);
	if (r == 0)
		r = fw_cfg_set_number(fw_cfg, FW_CFG_ID, ID_TRADITIONAL | ID_DMA, 4);
	if (r == 0)
		r = update_directory(fw_cfg);
	if (r < 0) {
		fw_cfg_free(fw_cfg);
		return r;
	}
	*ret_fw_cfg = fw_cfg;
	return 0;
}

struct fw_cfg *fw_cfg_free(struct fw_cfg *fw_cfg)
{
	if (!fw_cfg)
		return NULL;
	for (unsigned i = 0; i < fw_cfg->item_count; i++)
		free(fw_cfg->items[i].data);
	free(fw_cfg);
	return NULL;
}

/* The items themselves are made anew; which of them is being read is the state. */
void fw_cfg_state(struct fw_cfg *fw_cfg, struct state *state)
{
	bool has_selected = fw_cfg->selected != NULL;
	uint16_t key = has_selected ? fw_cfg->selected->key : 0;
	uint64_t position = fw_cfg->position;

	if (!state_begin(state, "fw-cfg", 1))
		return;
	state_bool(state, &has_selected);
	state_u16(state, &key);
	state_u64(state, &position);
	state_u32(state, &fw_cfg->dma_high);
	state_end(state);
	if (!state_is_reading(state))
		return;
	fw_cfg->selected = has_selected ? find_item(fw_cfg, key) : NULL;
	fw_cfg->position = fw_cfg->selected && position < fw_cfg->selected->size ? (size_t)position : 0;
}
