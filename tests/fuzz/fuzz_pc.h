/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole PC for the targets whose chip sits on the PCI bus: configuration space by ports, guest memory for
 * DMA. */
#ifndef TESTS_FUZZ_FUZZ_PC_H
#define TESTS_FUZZ_FUZZ_PC_H

#include "fuzz.h"

#include "../chipset/fake.h"
#include "chipset/dma.h"
#include "chipset/pc.h"

enum { FUZZ_MEMORY_SIZE = 256 * 1024 };

/* On the heap, of exactly this size: a sanitizer sees a step beyond it. */
extern uint8_t *fuzz_memory;
extern const struct dma fuzz_dma;
extern struct fake_clock fuzz_clock;

/* has_dma: with the IDE controller. */
struct pc *fuzz_pc_new(bool has_dma);
void fuzz_pc_free(struct pc *pc);

void fuzz_config_write(struct pc *pc, unsigned devfn, unsigned offset, unsigned size, uint32_t value);
/* One access to configuration space: which function, where, how, what comes from the input. */
void fuzz_config_access(struct pc *pc, struct fuzz_input *input, const uint8_t *devfns, size_t count);

#endif
