/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creation of the translator's memory: runs outside the guest. */
#include "engine/translator/exclusive.h"
#include "engine/translator/jit/jit_priv.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *map_private(size_t bytes)
{
	void *memory =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

/*
 * One code cache of a translator that is gone, empty, for the next one: a process that may map nothing
 * executable any more can make its partition anew at a reset.
 */
static struct {
	pthread_mutex_t lock;
	uint8_t *rw; /* NULL: none */
	uint64_t exec;
	size_t bytes;
} spare = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool take_spare(struct jit *jit)
{
	pthread_mutex_lock(&spare.lock);
	bool fits = spare.rw && spare.bytes == jit->code_bytes;
	if (fits) {
		jit->memory_rw = spare.rw;
		jit->memory_exec = spare.exec;
		spare.rw = NULL;
	}
	pthread_mutex_unlock(&spare.lock);
	return fits;
}

static bool keep_as_spare(const struct jit *jit)
{
	if (!jit->memory_rw || !jit->memory_exec || madvise(jit->memory_rw, jit->code_bytes, MADV_REMOVE) < 0)
		return false;
	pthread_mutex_lock(&spare.lock);
	bool is_kept = !spare.rw;
	if (is_kept) {
		spare.rw = jit->memory_rw;
		spare.exec = jit->memory_exec;
		spare.bytes = jit->code_bytes;
	}
	pthread_mutex_unlock(&spare.lock);
	return is_kept;
}

static int map_code(struct jit *jit)
{
	if (take_spare(jit))
		return 0;
	int fd = memfd_create("bulkhead-code", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = ftruncate(fd, (off_t)jit->code_bytes) < 0 ? -errno : 0;
	if (r == 0) {
		void *rw = mmap(NULL, jit->code_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		void *exec = mmap(NULL, jit->code_bytes, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
		jit->memory_rw = rw == MAP_FAILED ? NULL : rw;
		jit->memory_exec = exec == MAP_FAILED ? 0 : (uint64_t)exec;
		r = jit->memory_rw && jit->memory_exec ? 0 : -ENOMEM;
	}
	close(fd);
	return r;
}

static void set_arena(struct jit_arena *arena, uint8_t *start, size_t bytes)
{
	*arena = (struct jit_arena){ start, start, start + bytes };
}

/* Of the whole: hot code 40 %, cold code 40 %, tables 20 %. */
static int map_all(struct jit *jit, size_t bytes)
{
	size_t hot = bytes / 5 * 2 & ~(size_t)4095, tables = bytes / 5 & ~(size_t)4095;
	jit->code_bytes = 2 * hot;
	jit->table_bytes = tables;
	jit->by_address_max = (uint32_t)(tables / 128);
	jit->table_memory = map_private(tables);
	jit->by_address = map_private(jit->by_address_max * sizeof(*jit->by_address));
	int r = map_code(jit);
	if (r < 0 || !jit->table_memory || !jit->by_address)
		return r < 0 ? r : -ENOMEM;
	jit->to_exec = (int64_t)(jit->memory_exec - (uint64_t)jit->memory_rw);
	set_arena(&jit->hot, jit->memory_rw, hot);
	set_arena(&jit->cold, jit->memory_rw + hot, hot);
	set_arena(&jit->tables, jit->table_memory, tables);
	return 0;
}

static void make_thunks(struct jit *jit)
{
	struct emitter e = { jit->hot.start, jit->hot.end, jit->to_exec };
	thunks_make(jit, &e);
	jit->hot.start = jit->hot.at = (uint8_t *)(((uint64_t)e.at + 63) & ~63ull);
}

int jit_new(struct translator *translator, size_t bytes, struct jit **ret_jit)
{
	struct jit *jit = map_private(sizeof(*jit));
	if (!jit)
		return -ENOMEM;
	jit->translator = translator;
	int r = map_all(jit, bytes ? bytes : JIT_DEFAULT_CACHE);
	if (r < 0) {
		jit_free(jit);
		return r;
	}
	make_thunks(jit);
	*ret_jit = jit;
	return 0;
}

static void free_slots(struct jit *jit)
{
	for (unsigned i = 0; i < jit->slot_count; i++)
		munmap(jit->slots[i].has_code, jit->slots[i].pages);
	jit->slot_count = 0;
}

struct jit *jit_free(struct jit *jit)
{
	if (!jit)
		return NULL;
	free_slots(jit);
	bool is_kept = keep_as_spare(jit);
	if (jit->memory_rw && !is_kept)
		munmap(jit->memory_rw, jit->code_bytes);
	if (jit->memory_exec && !is_kept)
		munmap((void *)jit->memory_exec, jit->code_bytes);
	if (jit->table_memory)
		munmap(jit->table_memory, jit->table_bytes);
	if (jit->by_address)
		munmap(jit->by_address, jit->by_address_max * sizeof(*jit->by_address));
	munmap(jit, sizeof(*jit));
	return NULL;
}

int jit_slots_changed(struct jit *jit, const struct hv_slots *slots)
{
	struct page_flags fresh[HV_MAX_SLOTS];
	for (unsigned i = 0; i < slots->count; i++) {
		uint64_t pages = slots->slot[i].size >> 12;
		fresh[i] = (struct page_flags){ slots->slot[i].gpa, pages, map_private(pages) };
		if (fresh[i].has_code)
			continue;
		while (i-- > 0)
			munmap(fresh[i].has_code, fresh[i].pages);
		return -ENOMEM;
	}
	cache_flush(jit);
	free_slots(jit);
	for (unsigned i = 0; i < slots->count; i++)
		jit->slots[i] = fresh[i];
	jit->slot_count = slots->count;
	jit->slot_changes++;
	return 0;
}
