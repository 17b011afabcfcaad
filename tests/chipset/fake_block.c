/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "fake_block.h"

uint8_t fake_memory[FAKE_MEMORY_SIZE];

static void complete(struct fake_disk *disk, struct block_request *request)
{
	disk->requests++;
	if (disk->fails) {
		request->on_done(request, -EIO);
		return;
	}
	if (request->offset % 512 || request->length % 512 || request->offset > disk->base.size ||
	    request->length > disk->base.size - request->offset) {
		failures++;
		printf("request at %llu, %u bytes\n", (unsigned long long)request->offset, request->length);
		request->on_done(request, -EINVAL);
		return;
	}
	if (request->kind == BLOCK_READ)
		memcpy(request->data, disk->content + request->offset, request->length);
	else if (request->kind == BLOCK_WRITE)
		memcpy(disk->content + request->offset, request->data, request->length);
	else
		disk->flushes++;
	request->on_done(request, 0);
}

static void submit(struct block *block, struct block_request *request)
{
	struct fake_disk *disk = (struct fake_disk *)block;

	if (!disk->is_late) {
		complete(disk, request);
		return;
	}
	request->next = NULL;
	*disk->last = request;
	disk->last = &request->next;
}

unsigned fake_disk_run(struct fake_disk *disk)
{
	struct block_request *request;
	unsigned count = 0;

	while ((request = disk->first) != NULL) {
		disk->first = request->next;
		if (!disk->first)
			disk->last = &disk->first;
		complete(disk, request);
		count++;
	}
	return count;
}

void fake_disk_init(struct fake_disk *disk, uint64_t size)
{
	*disk = (struct fake_disk){ .base = { .submit = submit, .size = size }, .content = malloc(size) };
	if (!disk->content)
		abort();
	disk->last = &disk->first;
	for (uint64_t i = 0; i < size; i++)
		disk->content[i] = (uint8_t)(i * 7 + (i >> 9));
}

void fake_disk_deinit(struct fake_disk *disk)
{
	free(disk->content);
}

static int memory_read(void *opaque, uint64_t gpa, void *buffer, size_t size)
{
	if (gpa > FAKE_MEMORY_SIZE || size > FAKE_MEMORY_SIZE - gpa)
		return -EFAULT;
	memcpy(buffer, fake_memory + gpa, size);
	return 0;
}

static int memory_write(void *opaque, uint64_t gpa, const void *buffer, size_t size)
{
	if (gpa > FAKE_MEMORY_SIZE || size > FAKE_MEMORY_SIZE - gpa)
		return -EFAULT;
	memcpy(fake_memory + gpa, buffer, size);
	return 0;
}

const struct dma fake_dma = { memory_read, memory_write, NULL };
