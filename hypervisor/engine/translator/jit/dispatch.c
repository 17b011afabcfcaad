/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a guest RIP to translated code, and what translated code asks of C. A helper finds `rflags` whole
 * after flags_in() and leaves it packed. */
#include "engine/translator/interp/interp.h"
#include "engine/translator/jit/jit_priv.h"
#include "engine/translator/mmu/mmu.h"

enum { SIGILL = 4, SIGBUS = 7, SIGFPE = 8 }; /* <signal.h> and cpu.h both name registers */

/* --- mode and jump cache ----------------------------------------------------------------------------- */

static uint32_t vector_mode(const struct vcpu *cpu)
{
	uint32_t mode = 0;
	if (cpu->cr0 & (CR0_EM | CR0_TS))
		mode |= JIT_NO_X87 | JIT_NO_SSE | JIT_NO_AVX;
	if (!(cpu->cr4 & CR4_OSFXSR))
		mode |= JIT_NO_SSE;
	if (!(cpu->cr4 & CR4_OSXSAVE) || (cpu->xcr0 & 6) != 6)
		mode |= JIT_NO_AVX;
	return mode;
}

/* Present writable data or readable code, growing up. */
static enum segment_class class_of(const struct vcpu *cpu, unsigned index)
{
	enum { LOOKED_AT = 0x9e, DATA = 0x92, CODE = 0x9a, CONFORMING = 0x9e };
	const struct segment *segment = &cpu->seg[index];
	unsigned type = segment->attr & LOOKED_AT;
	bool usable = index == SEG_CS ? type == CODE || type == CONFORMING || type == DATA : type == DATA;
	if (!usable)
		return CLASS_OTHER;
	if (segment->limit == 0xffffffff)
		return segment->base == 0 ? CLASS_FLAT : CLASS_BASE;
	return segment->limit == 0xffff ? CLASS_REAL : CLASS_OTHER;
}

static uint32_t legacy_mode(const struct vcpu *cpu)
{
	uint32_t mode = cpu->seg[SEG_SS].attr & SEGMENT_DB ? JIT_STACK32 : 0;
	for (unsigned i = SEG_ES; i <= SEG_DS; i++)
		mode |= (uint32_t)class_of(cpu, i) << (JIT_CLASSES + 2 * i);
	return mode;
}

static uint32_t current_mode(const struct vcpu *cpu)
{
	uint32_t mode = (uint32_t)cpu_mode(cpu) | vector_mode(cpu);
	if (cpu->tlb_mode == TLB_USER)
		mode |= JIT_USER;
	else if (cpu->tlb_mode == TLB_KERNEL_AC)
		mode |= JIT_AC;
	if (cpu->rflags & RFLAGS_DF)
		mode |= JIT_DF;
	return mode_is_64(mode) ? mode : mode | legacy_mode(cpu);
}

static uint32_t code_base(const struct vcpu *cpu, uint32_t mode)
{
	return mode_is_64(mode) ? 0 : (uint32_t)cpu->seg[SEG_CS].base;
}

static uint64_t code_linear(const struct vcpu *cpu, uint32_t mode)
{
	return mode_is_64(mode) ? cpu->rip : (uint32_t)(cpu->rip + cpu->seg[SEG_CS].base);
}

/* --- generations of the jump cache (see struct jump_entry) ------------------------------------------- */

enum {
	SALT_GENERATION = 8,
	GENERATIONS = 64
}; /* 0 is never given out: cleared entries have it, under MODE_16, which is never cached */

static bool is_user(uint32_t mode)
{
	return mode & JIT_USER;
}

static void clear_jumps(struct vcpu *cpu)
{
	for (unsigned i = 0; i < JUMP_CACHE_ENTRIES; i++)
		cpu->jump_cache[i] = (struct jump_entry){ .key = i };
}

void jit_forget_contexts(struct vcpu *cpu)
{
	for (unsigned i = 0; i < JUMP_CONTEXTS; i++)
		cpu->jump_contexts[i].cr3 = ~0ull;
}

static uint8_t new_generation(struct vcpu *cpu)
{
	if (++cpu->jump_next < GENERATIONS)
		return cpu->jump_next;
	clear_jumps(cpu);
	jit_forget_contexts(cpu);
	cpu->jump_next = 2;
	cpu->jump_generation[0] = 1;
	return 2;
}

/* The salt follows at the next dispatch: whoever flushes is in C code. */
void jit_flush_jumps(struct vcpu *cpu)
{
	if (cpu->jump_next == 0) /* a new VP */
		clear_jumps(cpu);
	jit_forget_contexts(cpu);
	cpu->jump_generation[0] = new_generation(cpu);
	cpu->jump_generation[1] = new_generation(cpu);
	cpu->kernel_code_local = 0;
}

void jit_flush_local_jumps(struct vcpu *cpu)
{
	if (cpu->kernel_code_local) {
		jit_flush_jumps(cpu);
		return;
	}
	cpu->jump_generation[1] = new_generation(cpu);
}

/*
 * 64-bit modes stand in the salt as they are (their low two bits are MODE_64); the many others, which differ in segments and CS base, are numbered as they
 * appear, with other low bits. When the numbers run out the jump cache starts anew.
 */
static uint8_t number_of(struct vcpu *cpu, uint32_t mode, uint32_t base)
{
	unsigned i = cpu->jump_mode_last;
	if (i >= cpu->jump_mode_count || cpu->jump_modes[i].mode != mode || cpu->jump_modes[i].base != base) {
		for (i = 0; i < cpu->jump_mode_count; i++)
			if (cpu->jump_modes[i].mode == mode && cpu->jump_modes[i].base == base)
				break;
	}
	if (i == JUMP_MODES) {
		jit_flush_jumps(cpu);
		cpu->jump_mode_count = 0;
		i = 0;
	}
	if (i == cpu->jump_mode_count) {
		cpu->jump_modes[i] = (struct jump_mode){ mode, base };
		cpu->jump_mode_count++;
	}
	cpu->jump_mode_last = (uint8_t)i;
	return (uint8_t)(i << 2 | JIT_CODE_SIZE);
}

static void set_salt(struct vcpu *cpu, uint32_t mode)
{
	uint32_t number = mode_is_64(mode) ? mode & 0xff : number_of(cpu, mode, code_base(cpu, mode));
	cpu->jump_salt = number | (uint64_t)cpu->jump_generation[is_user(mode)] << SALT_GENERATION;
}

static struct jump_context *find_context(struct vcpu *cpu, uint64_t cr3)
{
	for (unsigned i = 0; i < JUMP_CONTEXTS; i++)
		if (cpu->jump_contexts[i].cr3 == cr3)
			return &cpu->jump_contexts[i];
	return NULL;
}

void jit_drop_context(struct vcpu *cpu, uint64_t pcid)
{
	for (unsigned i = 0; i < JUMP_CONTEXTS; i++)
		if ((cpu->jump_contexts[i].cr3 & 0xfff) == (pcid & 0xfff))
			cpu->jump_contexts[i].cr3 = ~0ull;
}

void jit_switch_context(struct vcpu *cpu, uint64_t cr3, bool keep)
{
	struct jump_context *context = find_context(cpu, cr3);
	if (keep && context) {
		cpu->jump_generation[1] = context->generation;
		cpu->code_tlb_evicted[0] =
		    1; /* the jump cache knows pages that the code TLB does not: INVLPG must empty it */
		return;
	}
	if (!context) {
		jit_drop_context(cpu, cr3); /* another address space used this PCID */
		context = &cpu->jump_contexts[cpu->jump_context_next++ % JUMP_CONTEXTS];
	}
	*context = (struct jump_context){ cr3, cpu->jump_generation[1] };
}

static struct jump_entry *jump_slot(struct vcpu *cpu)
{
	return &cpu->jump_cache[jump_index(cpu->rip)];
}

/* --- finding and making blocks ----------------------------------------------------------------------- */

enum { CROSSING_BYTES = 14 }; /* an instruction may reach this far into the next page */

static const struct code_tlb_entry *next_page(struct vcpu *cpu, const struct code_tlb_entry *page,
					      uint64_t linear, uint32_t mode)
{
	struct insn insn;
	unsigned here = 4096 - (linear & 4095);
	if (here > CROSSING_BYTES)
		return NULL;
	if (insn_decode(&insn, page->host + (linear & 4095), here, (enum insn_mode)(mode & JIT_CODE_SIZE)) !=
	    INSN_TRUNCATED)
		return NULL;
	uint64_t next = (linear & ~4095ull) + 4096;
	return mem_code_page(cpu, mode_is_64(mode) ? next : (uint32_t)next);
}

/*
 * Takes the lock with both pages claimed and room for a block; every wait for other VPs happens before it. False, without the
 * lock: memory was mapped or unmapped during a wait, or another VP flushed this one's TLB, and what the caller knows of the pages is void.
 */
static bool lock_ready(struct jit *jit, struct vcpu *cpu, uint64_t gpa, uint64_t gpa2)
{
	struct translator *translator = jit->translator;
	uint64_t changes = jit->slot_changes, flushes = cpu->flush.served;
	for (;;) {
		if (!jit_page_has_code(translator, gpa))
			cache_claim_page(jit, cpu, gpa);
		if (gpa2 && !jit_page_has_code(translator, gpa2))
			cache_claim_page(jit, cpu, gpa2);
		if (jit->slot_changes != changes || cpu->flush.served != flushes)
			return false;
		sys_lock(&jit->lock);
		if (!cache_has_room(jit)) {
			sys_unlock(&jit->lock);
			cache_make_room(jit, cpu);
			continue;
		}
		if (jit_page_has_code(translator, gpa) && (!gpa2 || jit_page_has_code(translator, gpa2)))
			return true;
		sys_unlock(&jit->lock);
	}
}

/* The block at cpu->rip; NULL when there is nothing to translate. Raises fetch faults. */
static struct block *find_block(struct vcpu *cpu, uint32_t mode)
{
	struct jit *jit = cpu->translator->jit;
	uint64_t linear = code_linear(cpu, mode);
	uint32_t base = code_base(cpu, mode);
	const struct code_tlb_entry *entry = mem_code_page(cpu, linear);
	if (!entry)
		return NULL;
	struct code_tlb_entry page = *entry, page2 = { 0 };
	const struct code_tlb_entry *second = next_page(cpu, &page, linear, mode);
	if (second)
		page2 = *second;
	uint64_t gpa = page.gpa | (linear & 4095);
	sys_lock(&jit->lock);
	struct block *block = cache_find(jit, gpa, page2.gpa, cpu->rip, base, mode);
	if (!block) {
		sys_unlock(&jit->lock);
		if (!lock_ready(jit, cpu, gpa, page2.gpa))
			return NULL; /* the interpreter does this instruction */
		block = cache_find(jit, gpa, page2.gpa, cpu->rip, base, mode);
		if (!block)
			block =
			    translate_block(jit, cpu, cpu->rip, base, mode, &page, second ? &page2 : NULL);
	}
	sys_unlock(&jit->lock);
	return block;
}

/* Outside 64-bit mode code must be readable and EIP within 32 bits; V86 is the interpreter's (its checks
 * differ). */
static bool may_translate(const struct vcpu *cpu, uint32_t mode)
{
	if (mode_is_64(mode))
		return true;
	return mode_class(mode, SEG_CS) != CLASS_OTHER && cpu->rip <= UINT32_MAX &&
	       !(cpu->rflags & RFLAGS_VM);
}

static bool wants_loop(const struct vcpu *cpu)
{
	return atomic_load_explicit(&cpu->request, memory_order_relaxed) ||
	       cpu->activity != ACTIVITY_RUNNING || (cpu->irq_masked && (cpu->rflags & RFLAGS_IF)) ||
	       vcpu_must_step(cpu);
}

static struct block *dispatch_block(struct vcpu *cpu)
{
	uint32_t mode = current_mode(cpu);
	if (!may_translate(cpu, mode))
		return NULL;
	set_salt(cpu, mode);
	struct block *block = find_block(cpu, mode);
	if (!block)
		return NULL;
	set_salt(cpu, mode); /* translation may have flushed */
	*jump_slot(cpu) = (struct jump_entry){ cpu->rip ^ cpu->jump_salt, block->code };
	return block;
}

uint64_t jit_dispatch(struct vcpu *cpu)
{
	if (wants_loop(cpu))
		return 0;
	uint32_t mode = current_mode(cpu);
	if (!may_translate(cpu, mode))
		return 0;
	cpu->rflags &= ~(uint64_t)RFLAGS_RF; /* which no instruction of translated code clears */
	set_salt(cpu, mode);
	const struct jump_entry *entry = jump_slot(cpu);
	if (entry->key == (cpu->rip ^ cpu->jump_salt))
		return entry->code;
	struct block *block = dispatch_block(cpu);
	return block ? block->code : 0;
}

bool jit_run(struct vcpu *cpu)
{
	uint64_t code = jit_dispatch(cpu);
	if (!code)
		return false;
	cpu_flags_pack(cpu);
	((void (*)(uint64_t))cpu->translator->jit->thunks.enter)(code);
	cpu_flags_unpack(cpu);
	return true;
}

/* --- helpers ----------------------------------------------------------------------------------------- */

static uint64_t go_on(struct vcpu *cpu)
{
	uint64_t code = jit_dispatch(cpu);
	cpu_flags_pack(cpu);
	return code;
}

uint64_t jit_on_indirect(struct vcpu *cpu, uint64_t unused, uint64_t target)
{
	cpu_flags_unpack(cpu);
	cpu->rip = target;
	return go_on(cpu);
}

uint64_t jit_on_miss(struct vcpu *cpu, const struct miss_record *record, uint64_t va)
{
	cpu->rip = record->rip;
	uint64_t back = record->back, flushes = cpu->translator->jit->flushes;
	cpu_flags_unpack(cpu);
	if (mmu_fill(cpu, va, record->size, record->write))
		return flushes == cpu->translator->jit->flushes ? back : go_on(cpu);
	interp_step(cpu);
	mmio_log_commit(cpu);
	cpu->stats.insns_interpreted++;
	return go_on(cpu);
}

enum { PAUSES_BEFORE_YIELD = 16 };

/* A guest that spins for another of its processors, whose thread may be waiting for this host processor. */
static void relax(struct vcpu *cpu)
{
	if (cpu->translator->vcpu_count > 1 && ++cpu->pauses % PAUSES_BEFORE_YIELD == 0)
		sys_call4(SYS_sched_yield, 0, 0, 0, 0);
}

uint64_t jit_on_interpret(struct vcpu *cpu, const struct insn *insn)
{
	struct insn copy = *insn; /* the cache may be flushed meanwhile */
	cpu_flags_unpack(cpu);
	interp_execute(cpu, &copy);
	mmio_log_commit(cpu);
	cpu->stats.insns_interpreted++;
	if (copy.facts->op == OP_PAUSE)
		relax(cpu);
	return go_on(cpu);
}

uint64_t jit_on_edge(struct vcpu *cpu, struct edge *edge)
{
	struct jit *jit = cpu->translator->jit;
	cpu_flags_unpack(cpu);
	cpu->rip = edge->target;
	if (wants_loop(cpu)) {
		cpu_flags_pack(cpu);
		return 0;
	}
	uint64_t flushes = jit->flushes;
	bool linkable = edge->linkable;
	struct block *block = dispatch_block(cpu);
	if (block && linkable && flushes == jit->flushes && !block->gpa2) {
		sys_lock(&jit->lock);
		link_edge(jit, edge, block);
		sys_unlock(&jit->lock);
	}
	cpu_flags_pack(cpu);
	return block ? block->code : 0;
}

/* --- host faults ------------------------------------------------------------------------------------- */

static uint16_t pack_flags(uint64_t flags)
{
	return (uint16_t)((flags & 0xd5) << 8 | 0x200 | (flags >> 11 & 1));
}

static const struct fault_site *find_site(const struct block *block, uint64_t pc)
{
	for (unsigned i = block->fault_count; i-- > 0;)
		if (block->code + block->faults[i].host <= pc)
			return &block->faults[i];
	return NULL;
}

/* The x87 status word's error summary; the guest's x87 state is live in helpers, not in signal handlers. */
static bool x87_error_pending(void)
{
	uint16_t status;
	__asm__ volatile("fnstsw %0" : "=a"(status));
	return status & 0x80;
}

static uint8_t vector_of(const struct vcpu *cpu, const struct fault_site *site, int signal)
{
	if (signal == SIGFPE)
		return site->vector == VECTOR_XM && !(cpu->cr4 & CR4_OSXMMEXCPT) ? VECTOR_UD : site->vector;
	return signal == SIGILL ? VECTOR_UD : VECTOR_GP;
}

bool jit_fault(struct vcpu *cpu, uint64_t pc, int signal, uint64_t host_flags, uint64_t *ret_pc)
{
	struct jit *jit = cpu->translator->jit;
	struct block *block = jit && signal != SIGBUS ? cache_by_pc(jit, pc) : NULL;
	const struct fault_site *site = block ? find_site(block, pc) : NULL;
	if (!site)
		return false;
	cpu->rip = block->rip + site->guest;
	cpu->fault_vector = vector_of(cpu, site, signal);
	cpu->fault_has_mmx = signal == SIGFPE && site->has_mmx;
	if (site->flags_in_eflags)
		cpu->flags_packed = pack_flags(host_flags);
	*ret_pc = jit->thunks.fault;
	return true;
}

uint64_t jit_on_fault(struct vcpu *cpu)
{
	cpu_flags_unpack(cpu);
	if (cpu->fault_has_mmx && x87_error_pending())
		cpu_raise(cpu, VECTOR_MF);
	if (cpu->fault_vector == VECTOR_GP)
		cpu_raise_error(cpu, VECTOR_GP, 0);
	cpu_raise(cpu, cpu->fault_vector);
}
