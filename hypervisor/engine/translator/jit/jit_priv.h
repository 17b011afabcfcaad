/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the translator: blocks, edges, the code cache, and the state while one block is made.
 *
 * A block is the translation of guest code in one page (or of one instruction that crosses into the next), keyed by guest-physical address, virtual address and mode.
 * Its entry finds the guest's arithmetic flags in vcpu.flags_packed (or does not care); entry_polled first looks at vcpu.request.
 *
 * Locks      jit.lock guards the tables, allocation, linking. Blocks die only while the partition is held exclusively, memory is reused only after a
 *            flush of everything, so code of a dead block may still be left in an orderly way.
 */
#ifndef HV_TRANSLATOR_JIT_PRIV_H
#define HV_TRANSLATOR_JIT_PRIV_H

#include "engine/translator/jit/emit.h"
#include "engine/translator/jit/jit.h"
#include "engine/translator/translator.h"

enum jit_limits {
	/* hot code, cold code and tables together; a worker shall stay below 64 MiB */
	JIT_DEFAULT_CACHE = 46 << 20,
	JIT_MAX_INSNS = 48, /* a block */
	JIT_MAX_EDGES = 12,
	JIT_MAX_COLD = 160, /* out-of-line pieces of a block */
	JIT_HASH_BITS = 16,
	JIT_HOT_MARGIN = 16 << 10, /* room that a block may need */
	JIT_COLD_MARGIN = 24 << 10,
	JIT_TABLE_MARGIN = 16 << 10,
};

enum jit_mode {			   /* what a translation depends on besides its bytes */
		JIT_CODE_SIZE = 3, /* enum insn_mode */
		JIT_USER = 1 << 2,
		JIT_AC = 1 << 3, /* supervisor with SMAP lifted */
		JIT_DF = 1 << 4,
		JIT_NO_X87 = 1 << 5,
		JIT_NO_SSE = 1 << 6,
		JIT_NO_AVX = 1 << 7,
		/* outside 64-bit mode */
		JIT_CLASSES = 8, /* shift: two bits (enum segment_class) for each of ES, CS, SS, DS */
		JIT_STACK32 = 1 << 16,
};

enum segment_class {
	CLASS_FLAT,  /* base 0, 4 GiB */
	CLASS_BASE,  /* any base, 4 GiB */
	CLASS_REAL,  /* any base, 64 KiB, as in real mode */
	CLASS_OTHER, /* for the interpreter: limits to check, not writable, expand-down, null */
};

static inline enum segment_class mode_class(uint32_t mode, unsigned segment)
{
	return (enum segment_class)(mode >> (JIT_CLASSES + 2 * segment) & 3);
}

static inline bool mode_is_64(uint32_t mode)
{
	return (mode & JIT_CODE_SIZE) == MODE_64;
}

struct block;

/* A direct exit of a block. `site` and `stub_site` are rel32 fields (writable alias). */
struct edge {
	struct block *from, *to; /* `to` when linked */
	struct edge *next_in;	 /* of the other edges linked to `to` */
	uint64_t target;	 /* guest rip */
	uint8_t *site;		 /* in the hot code */
	uint8_t *stub_site;	 /* behind the flag save in the stub; == NULL when flags need no save */
	uint64_t stub;		 /* executable address of the stub */
	uint64_t unlinked;	 /* where stub_site points while not linked */
	bool polled;		 /* backward: enter through the poll */
	bool linkable;		 /* same page: stays true while the block lives */
};

struct fault_site {	/* a host instruction that may fault by itself (division, vector) */
	uint16_t host;	/* offset from block->code */
	uint16_t guest; /* offset from block->rip */
	uint8_t flags_in_eflags;
	uint8_t vector;	 /* what SIGFPE means there */
	uint8_t has_mmx; /* CVTPI2PS and its kin: a pending x87 exception comes first */
};

struct block { /* in a cache line of its own as far as look-ups read it */
	struct block *hash_next;
	/* of the first byte; of the second page for an instruction that crosses, else 0 */
	uint64_t gpa, gpa2;
	uint64_t rip; /* EIP outside 64-bit mode */
	uint32_t mode;
	uint32_t base; /* of CS outside 64-bit mode */
	uint16_t guest_bytes;
	uint16_t flags_in; /* live at the entry */
	uint64_t code;	   /* executable: polled entry */
	uint64_t body;	   /* behind the poll */
	uint32_t code_bytes;
	uint8_t dead, edge_count, fault_count;
	struct block *page_next[2];
	struct edge *in; /* linked edges that come here */
	struct edge *edges;
	struct fault_site *faults;
};

struct code_page {
	uint64_t gpa;
	uint64_t granules; /* 64-byte pieces that blocks were made from */
	struct block *blocks;
	struct code_page *next; /* hash chain */
};

enum { CODE_PAGE_HASH_BITS = 12 };

struct jit_arena { /* bump allocation */
	uint8_t *start, *at, *end;
};

/* Entry points that translated code jumps to (executable addresses), made once by thunks.c. */
struct jit_thunks {
	uint64_t enter;	    /* C: void enter(uint64_t code) */
	uint64_t leave;	    /* back to the caller of enter() */
	uint64_t miss;	    /* T0 = va, T1 = struct miss_record */
	uint64_t edge;	    /* T1 = struct edge */
	uint64_t indirect;  /* T0 = guest target ^ jump_salt */
	uint64_t interpret; /* T1 = struct insn, vcpu.rip is set */
	uint64_t fault;	    /* from the signal handler */
};

/* Behind each cold miss stub, read by the miss helper. */
struct miss_record {
	uint64_t rip;
	uint64_t back; /* executable address of the check */
	uint8_t size, write;
};

/* --- while a block is made (translate.c and gen_*.c) -------------------------------------------------- */

enum cold_kind {
	COLD_MISS,
	COLD_EDGE,
	COLD_POLL,
	COLD_RECHECK /* set REQUEST_INTERRUPT and go back */,
	COLD_INTERPRET
};

struct cold { /* written after the hot code */
	uint8_t kind;
	uint8_t size, write;
	uint8_t save_flags;
	uint8_t *site; /* rel32 in the hot code that leads here */
	uint64_t back;
	uint64_t rip;
	struct edge *edge;
	struct insn *insn;  /* COLD_INTERPRET */
	int32_t const_slot; /* tag displacement when the index is a constant, else -1 */
	uint32_t tag_disp;
};

struct gen {
	struct jit *jit;
	struct emitter hot;
	struct block *block;
	unsigned count;
	struct insn insns[JIT_MAX_INSNS];
	uint8_t raw[JIT_MAX_INSNS][16]; /* private copy of the bytes: decoded and copied from here only */
	uint64_t rips[JIT_MAX_INSNS + 1];
	uint16_t live_after[JIT_MAX_INSNS], live_before[JIT_MAX_INSNS];
	uint16_t live; /* flags that matter at the point being made */
	/* where the guest's flags are */
	bool in_eflags, in_memory;
	unsigned index; /* of the instruction being made */
	unsigned cold_count;
	struct cold cold[JIT_MAX_COLD];
	unsigned edge_count;
	struct edge edges[JIT_MAX_EDGES];
	unsigned fault_count;
	struct fault_site faults[JIT_MAX_INSNS];
	uint32_t tlb_base; /* displacement of the mode's table in the vcpu */
	bool ended;
	unsigned end_after;	/* the block ends behind this instruction */
	struct insn *insn_copy; /* kept beside the block for the interpreter; of instruction insn_copy_of */
	unsigned insn_copy_of;
};

struct jit {
	struct translator *translator;
	struct sys_lock lock;
	struct gen gen;	    /* of the block being made; under the lock */
	uint8_t *memory_rw; /* hot | cold, one memfd mapped twice */
	void *table_memory;
	size_t table_bytes;
	uint64_t memory_exec;
	size_t code_bytes;
	int64_t to_exec;
	struct jit_arena hot, cold, tables;
	struct block **by_address; /* all blocks in order of their code */
	_Atomic uint32_t by_address_count;
	uint32_t by_address_max;
	struct block *hash[1 << JIT_HASH_BITS];
	struct code_page *code_pages[1 << CODE_PAGE_HASH_BITS];
	struct page_flags {
		uint64_t gpa, pages;
		uint8_t *has_code;
	} slots[HV_MAX_SLOTS];
	unsigned slot_count;
	uint64_t slot_changes; /* changes only while the VPs are held */
	struct jit_thunks thunks;
	_Atomic uint64_t flushes;
};

#define VCPU(field)	 ((uint32_t)offsetof(struct vcpu, field))
#define VCPU_GPR(n)	 ((uint32_t)(offsetof(struct vcpu, gpr) + 8 * (n)))
#define VCPU_SEG_BASE(s) ((uint32_t)(offsetof(struct vcpu, seg) + sizeof(struct segment) * (s)))

static inline const struct insn *gen_insn(const struct gen *g)
{
	return &g->insns[g->index];
}

static inline uint64_t gen_rip(const struct gen *g)
{
	return g->rips[g->index];
}

static inline uint64_t gen_next_rip(const struct gen *g)
{
	return g->rips[g->index + 1];
}

/* flags.c */
void flags_liveness(struct gen *g);
void flags_save(struct gen *g);		    /* into memory, if live and only in EFLAGS; may use T1 */
void flags_clobber(struct gen *g);	    /* save first if needed, then EFLAGS is ours */
void flags_need(struct gen *g);		    /* bring what the present instruction needs into EFLAGS */
void flags_written(struct gen *g);	    /* the present instruction wrote EFLAGS */
void flags_emit_save(struct emitter *e);    /* EFLAGS -> vcpu.flags_packed, through T1 */
void flags_emit_restore(struct emitter *e); /* through vcpu.scratch[0] */

/* gen_mem.c */
enum gen_place { PLACE_HOST /* [T0] */, PLACE_ADDEND /* original base + disp + T1 */ };
/*
 * The check for an access to the modrm operand: afterwards the operand is reachable as `place` says. allow_addend: the caller can encode the second form.
 */
enum gen_place gen_check_modrm(struct gen *g, unsigned size, bool write, bool allow_addend);
/* The check for T0 = linear address; afterwards T0 = host address. `check_start`: where the retry goes back to (computes T0 anew). */
void gen_check_t0(struct gen *g, uint64_t check_start, unsigned size, bool write);
/* The same for a piece of any length: afterwards T0 = offset in the page, T1 = host address of the page. */
void gen_check_piece_t0(struct gen *g, uint64_t check_start, bool write);
void gen_address(struct gen *g, const struct insn *insn); /* T0 = linear address of modrm; EFLAGS are ours */
void gen_effective(struct gen *g, const struct insn *insn, unsigned to); /* LEA */

/* gen_legacy.c: addresses outside 64-bit mode */
bool legacy_can_address(const struct gen *g, const struct insn *insn);
void legacy_effective(struct gen *g, const struct insn *insn, unsigned to);
/* T0: offset -> linear, limit checked */
void legacy_add_segment(struct gen *g, unsigned segment, unsigned addrsize, unsigned size);
unsigned legacy_segment(const struct insn *insn);
/* jcc out of line: the interpreter does the present instruction */
void gen_jump_to_interpreter(struct gen *g, unsigned cc);
static inline bool gen_is_64(const struct gen *g)
{
	return mode_is_64(g->block->mode);
}

/* Linear address of a guest rip. */
static inline uint64_t gen_linear(const struct gen *g, uint64_t rip)
{
	return gen_is_64(g) ? rip : (uint32_t)(rip + g->block->base);
}

/* gen_copy.c: instructions that run as they are */
bool gen_copy(struct gen *g);

/* gen_stack.c, gen_control.c, gen_string.c, gen_system.c: false = leave it to the interpreter */
bool gen_stack(struct gen *g);
bool gen_stack_usable(const struct gen *g, const struct insn *insn); /* in this mode, for this operand size */
void gen_check_stack(struct gen *g, unsigned base, int32_t disp, unsigned size, bool write);
void gen_set_rsp(struct gen *g, unsigned from, int32_t by);
void gen_load_t0(struct gen *g, unsigned reg, unsigned size);
void gen_push_value(struct gen *g, uint64_t value);
void gen_push_scratch(struct gen *g); /* vcpu.scratch[2] */
bool gen_control(struct gen *g);
bool gen_string(struct gen *g);
bool gen_system(struct gen *g);
void gen_interpret(struct gen *g);	       /* ends the block */
void gen_edge(struct gen *g, uint64_t target); /* unconditional */
void gen_indirect(struct gen *g);	       /* T0 = target */
struct cold *gen_cold(struct gen *g, enum cold_kind kind);
struct edge *gen_new_edge(struct gen *g, uint64_t target);

/* cache.c */
struct block *cache_find(struct jit *jit, uint64_t gpa, uint64_t gpa2, uint64_t rip, uint32_t base,
			 uint32_t mode);
void *cache_table_alloc(struct jit *jit, size_t bytes);
bool cache_has_room(const struct jit *jit);
/* flushes when full; waits for the other VPs: no lock held */
void cache_make_room(struct jit *jit, struct vcpu *cpu);
void cache_flush(struct jit *jit); /* partition held exclusively, or no VP runs */
void cache_insert(struct jit *jit, struct block *block);
void cache_claim_page(struct jit *jit, struct vcpu *cpu, uint64_t gpa);
struct block *cache_by_pc(struct jit *jit, uint64_t pc);

/* link.c */
void link_edge(struct jit *jit, struct edge *edge, struct block *to);
void link_unlink_in(struct jit *jit, struct block *block);

/* translate.c; jit->lock held. NULL when the first instruction is not for translation. */
struct block *translate_block(struct jit *jit, struct vcpu *cpu, uint64_t rip, uint32_t base, uint32_t mode,
			      const struct code_tlb_entry *page, const struct code_tlb_entry *page2);

/* dispatch.c: helpers that the thunks call; they return the code to go on with, or 0 to leave. */
uint64_t jit_dispatch(struct vcpu *cpu);
uint64_t jit_on_miss(struct vcpu *cpu, const struct miss_record *record, uint64_t va);
uint64_t jit_on_edge(struct vcpu *cpu, struct edge *edge);
uint64_t jit_on_indirect(struct vcpu *cpu, uint64_t unused, uint64_t target);
uint64_t jit_on_interpret(struct vcpu *cpu, const struct insn *insn);
uint64_t jit_on_fault(struct vcpu *cpu);

/* thunks.c */
void thunks_make(struct jit *jit, struct emitter *e);

#endif
