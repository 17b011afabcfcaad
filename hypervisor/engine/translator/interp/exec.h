/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the interpreter share: operands, segments, stacks, flags, and the handlers of all
 * instructions.
 *
 * Handlers   A handler in step.c's `handlers` table leaves cpu->rip alone (the next instruction
 *            follows); one in its `transfers` table sets it. Both do every check and memory access
 *            before they change a register: see "Commit" in cpu.h.
 */
#ifndef HV_TRANSLATOR_EXEC_H
#define HV_TRANSLATOR_EXEC_H

#include "engine/translator/cpu.h"
#include "engine/translator/interp/interp.h"
#include "engine/translator/mmu/mmu.h"

#include <stddef.h>

typedef void exec_fn(struct vcpu *cpu, const struct insn *insn);

/* Host memory of any alignment: guest accesses need not be aligned. */
typedef uint16_t __attribute__((aligned(1), may_alias)) host_u16;
typedef uint32_t __attribute__((aligned(1), may_alias)) host_u32;
typedef uint64_t __attribute__((aligned(1), may_alias)) host_u64;

/* --- small facts ------------------------------------------------------------------------------ */

static inline bool is_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static inline uint64_t size_mask(unsigned size)
{
	return size >= 8 ? UINT64_MAX : (1ull << size * 8) - 1;
}

static inline int64_t sign_extend(uint64_t value, unsigned size)
{
	unsigned shift = 64 - size * 8;
	return (int64_t)(value << shift) >> shift;
}

static inline bool cpu_is_v86(const struct vcpu *cpu)
{
	return cpu->rflags & RFLAGS_VM;
}

static inline unsigned cpu_iopl(const struct vcpu *cpu)
{
	return cpu->rflags >> 12 & 3;
}

static inline bool cpu_has(const struct vcpu *cpu, unsigned feature)
{
	return cpuid_has(cpu->cpuid, (enum cpuid_feature)feature);
}

_Noreturn static inline void raise_gp0(struct vcpu *cpu)
{
	cpu_raise_error(cpu, VECTOR_GP, 0);
}

static inline void require_cpl0(struct vcpu *cpu)
{
	if (cpu->cpl != 0)
		raise_gp0(cpu);
}

static inline void require_feature(struct vcpu *cpu, unsigned feature)
{
	if (!cpu_has(cpu, feature))
		cpu_raise(cpu, VECTOR_UD);
}

/* Features that are not in enum cpuid_feature: word * 32 + bit as there. */
enum exec_feature {
	FEATURE_SSE42 = 20,
	FEATURE_MOVBE = 22,
	FEATURE_POPCNT = 23,
	FEATURE_RDRAND = 30,
	FEATURE_CX16 = 13,
	FEATURE_MTRR = 32 + 12,
	FEATURE_PAT = 32 + 16,
	FEATURE_MCE = 32 + 7,
	FEATURE_TSC_ADJUST = 64 + 1,
	FEATURE_BMI1 = 64 + 3,
	FEATURE_BMI2 = 64 + 8,
	FEATURE_RDSEED = 64 + 18,
	FEATURE_ADX = 64 + 19,
	FEATURE_LZCNT = 128 + 5,
	FEATURE_XGETBV1 = 192 + 2,
	FEATURE_SPEC_CTRL = 224 + 26,
	FEATURE_STIBP = 224 + 27,
	FEATURE_FLUSH_L1D = 224 + 28,
	FEATURE_ARCH_CAPABILITIES = 224 + 29,
	FEATURE_SSBD = 224 + 31,
};

/*
 * vcpu.interrupt_shadow ages by one shift with each instruction: 2 (made by it), 1 (lasts over the next), 0.
 */
enum { SHADOW_NEW = 2 };

/* --- arithmetic flags (as LAHF and SETO leave them in AX) ------------------------------------- */

typedef uint16_t packed_flags;

static inline packed_flags flags_get(const struct vcpu *cpu)
{
	return (packed_flags)((cpu->rflags & 0xd5) << 8 | 0x200 | (cpu->rflags >> 11 & 1));
}

static inline void flags_put(struct vcpu *cpu, packed_flags packed)
{
	cpu->rflags =
	    (cpu->rflags & ~(uint64_t)FLAGS_ALL) | (packed >> 8 & 0xd5) | (uint64_t)(packed & 1) << 11;
}

static inline void flags_set(struct vcpu *cpu, uint64_t mask, uint64_t value)
{
	cpu->rflags = (cpu->rflags & ~mask) | (value & mask);
}

/* For inline assembly with the packed flags in AX: the host's flags from AX, and back. */
#define FLAGS_LOAD "addb $127, %%al\n\tsahf\n\t"
#define FLAGS_SAVE "\n\tlahf\n\tseto %%al"

/* --- registers -------------------------------------------------------------------------------- */

static inline uint64_t gpr_read(const struct vcpu *cpu, unsigned number, unsigned size)
{
	return cpu->gpr[number] & size_mask(size);
}

/* 4 bytes clear the upper half; 1 and 2 keep the rest (SDM 1, 3.4.1.1). */
static inline void gpr_write(struct vcpu *cpu, unsigned number, unsigned size, uint64_t value)
{
	uint64_t mask = size_mask(size);

	if (size >= 4)
		cpu->gpr[number] = value & mask;
	else
		cpu->gpr[number] = (cpu->gpr[number] & ~mask) | (value & mask);
}

/* AH, CH, DH, BH: numbers 4..7 of a byte register when there is no REX prefix. */
static inline bool is_high_byte(const struct insn *insn, unsigned number, unsigned size)
{
	return size == 1 && number >= 4 && number < 8 && !(insn->prefixes & PREFIX_REX);
}

static inline uint64_t reg_read(const struct vcpu *cpu, const struct insn *insn, unsigned number,
				unsigned size)
{
	if (is_high_byte(insn, number, size))
		return cpu->gpr[number - 4] >> 8 & 0xff;
	return gpr_read(cpu, number, size);
}

static inline void reg_write(struct vcpu *cpu, const struct insn *insn, unsigned number, unsigned size,
			     uint64_t value)
{
	if (is_high_byte(insn, number, size))
		cpu->gpr[number - 4] = (cpu->gpr[number - 4] & ~0xff00ull) | (value & 0xff) << 8;
	else
		gpr_write(cpu, number, size, value);
}

/* --- memory operands (operand.c) -------------------------------------------------------------- */

uint64_t insn_next_rip(const struct insn *insn, uint64_t rip);
/* The offset that modrm names, cut to the address size. */
uint64_t operand_offset(const struct vcpu *cpu, const struct insn *insn);
enum insn_segment operand_segment(const struct insn *insn);
enum { SEGMENT_ANY_ALIGNMENT = 1 << 16 }; /* with MEM_WRITE or alone: no alignment check */
/* Segment and offset to a linear address, with all checks (limit, type, alignment, breakpoints); raises. */
uint64_t segment_linear(struct vcpu *cpu, unsigned segment, uint64_t offset, unsigned size, unsigned access);
/*
 * #AC for accesses of CPL 3 (SDM 3, 6.15, interrupt 17) unless `linear` is a multiple of `alignment`, a power of
 * two. Not being canonical comes before it (and paging after it); `access` may have MEM_STACK.
 */
void check_alignment(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned alignment, unsigned access);
/* True when [offset, offset+size) may be accessed through the segment outside 64-bit mode. */
bool segment_allows(const struct vcpu *cpu, const struct segment *segment, uint64_t offset, unsigned size,
		    bool write);
uint64_t operand_linear(struct vcpu *cpu, const struct insn *insn, unsigned size, unsigned access);

static inline unsigned operand_access(const struct insn *insn)
{
	return operand_segment(insn) == SEG_SS ? MEM_STACK : 0;
}

static inline uint64_t mem_load(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access)
{
	uint64_t value = 0;
	mem_read(cpu, linear, &value, size, access);
	return value;
}

static inline void mem_store(struct vcpu *cpu, uint64_t linear, unsigned size, uint64_t value,
			     unsigned access)
{
	mem_write(cpu, linear, &value, size, access);
}

/* modrm.rm, memory or register. */
uint64_t operand_load(struct vcpu *cpu, const struct insn *insn, unsigned offset, unsigned size);
uint64_t rm_read(struct vcpu *cpu, const struct insn *insn, unsigned size);
void rm_write(struct vcpu *cpu, const struct insn *insn, unsigned size, uint64_t value);

/* --- read-modify-write (update.c) ------------------------------------------------------------- */

/* Computes the new value; `flags` goes in and out. May be called several times for one instruction. */
typedef uint64_t update_fn(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size);

/* Memory at `linear`, size 1, 2, 4, 8; atomically with `lock`. Returns the old value. */
uint64_t memory_update(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned access, bool lock,
		       update_fn *update, uint64_t argument, packed_flags *flags);
/* The same for modrm.rm; LOCK by prefix. A register is written by it too. */
uint64_t rm_update(struct vcpu *cpu, const struct insn *insn, unsigned size, update_fn *update,
		   uint64_t argument, packed_flags *flags);
update_fn update_sub; /* alu.c: also what compares */
/* A 16-byte compare and exchange for CMPXCHG16B. Returns whether it was equal; otherwise `expected` has what
 * was there. */
bool memory_exchange16(struct vcpu *cpu, uint64_t linear, unsigned access, uint64_t expected[2],
		       const uint64_t desired[2]);

/* --- stacks (stack.c) ------------------------------------------------------------------------- */

/* A stack that is being written or read; the vcpu's rsp changes only by stack_commit(). */
struct stack {
	struct vcpu *cpu;
	struct segment ss;
	uint64_t sp;
	uint64_t mask;	 /* of the stack address size */
	uint32_t error;	 /* of the #SS for a limit violation */
	unsigned access; /* MEM_SYSTEM while the frame belongs to an inner level */
	bool is_flat;	 /* 64-bit: no limits */
};

struct stack stack_present(struct vcpu *cpu);
/* Another stack than the present one: `is_flat` for 64-bit frames. */
struct stack stack_other(struct vcpu *cpu, const struct segment *ss, uint64_t sp, bool is_flat, unsigned cpl);
void stack_push(struct stack *stack, uint64_t value, unsigned size);
uint64_t stack_pop(struct stack *stack, unsigned size);
/* Reads `size` bytes `offset` bytes above the top without popping. */
uint64_t stack_peek(struct stack *stack, unsigned offset, unsigned size);
/* Raises what a push would raise, but for reaching a stack limit, writes nothing (ENTER). */
void stack_check_push(struct stack *stack, unsigned size);
void stack_commit(const struct stack *stack);

/* --- descriptors and segments (descriptor.c, segment.c) --------------------------------------- */

#define DESC_TYPE(raw)		   ((unsigned)((raw) >> 40) & 15)
#define DESC_IS_MEMORY(raw)	   ((raw) >> 44 & 1) /* S: code or data, not a system descriptor */
#define DESC_DPL(raw)		   ((unsigned)((raw) >> 45) & 3)
#define DESC_IS_PRESENT(raw)	   ((raw) >> 47 & 1)
#define DESC_IS_LONG(raw)	   ((raw) >> 53 & 1)
#define DESC_IS_BIG(raw)	   ((raw) >> 54 & 1)
#define DESC_IS_CODE(raw)	   (DESC_IS_MEMORY(raw) && ((raw) >> 43 & 1))
#define DESC_IS_CONFORMING(raw)	   ((raw) >> 42 & 1)
#define DESC_IS_READABLE(raw)	   ((raw) >> 41 & 1) /* code */
#define DESC_IS_WRITABLE(raw)	   ((raw) >> 41 & 1) /* data */
#define SELECTOR_RPL(selector)	   ((selector)&3)
#define SELECTOR_IS_NULL(selector) (((selector) & ~3) == 0)
#define SELECTOR_ERROR(selector)   ((uint32_t)((selector) & ~3)) /* as an error code */

enum descriptor_type { /* system descriptors, SDM 3, table 3-2 */
		       TYPE_TSS16 = 1,
		       TYPE_LDT = 2,
		       TYPE_TSS16_BUSY = 3,
		       TYPE_CALL_GATE16 = 4,
		       TYPE_TASK_GATE = 5,
		       TYPE_INT_GATE16 = 6,
		       TYPE_TRAP_GATE16 = 7,
		       TYPE_TSS32 = 9,
		       TYPE_TSS32_BUSY = 11,
		       TYPE_CALL_GATE32 = 12,
		       TYPE_INT_GATE32 = 14,
		       TYPE_TRAP_GATE32 = 15,
};

struct descriptor {
	uint16_t selector;
	uint64_t raw;
	uint64_t upper;	  /* second half of a 16-byte one */
	uint64_t address; /* linear, of the raw half */
};

/*
 * Reads a descriptor of the GDT or LDT; outside the table: raises `vector` with the selector and `ext` (0 or
 * 1) as the error code. `has_upper`: 16 bytes (system descriptors in long mode).
 */
void descriptor_read(struct vcpu *cpu, uint16_t selector, bool has_upper, enum cpu_vector vector,
		     unsigned ext, struct descriptor *ret);
bool descriptor_try_read(struct vcpu *cpu, uint16_t selector, bool has_upper, struct descriptor *ret);
void descriptor_mark_accessed(struct vcpu *cpu, const struct descriptor *descriptor);
void descriptor_set_busy(struct vcpu *cpu, const struct descriptor *descriptor, bool busy);
void segment_from_descriptor(struct segment *segment, const struct descriptor *descriptor);
void segment_set_null(struct segment *segment, uint16_t selector);
/* The null SS of 64-bit mode; like any SS its DPL is the CPL. */
void segment_set_null_stack(struct segment *segment, uint16_t selector, unsigned cpl);
void segment_set_real(const struct vcpu *cpu, struct segment *segment, uint16_t selector);
/* Flat segments as SYSCALL and its like make them. */
void segment_set_flat(struct segment *segment, uint16_t selector, uint16_t attr);

/*
 * What loading `selector` into a data or stack segment register gives, in the present mode; raises. `index`
 * is not SEG_CS. Nothing is loaded; the descriptor is marked accessed.
 */
void segment_prepare(struct vcpu *cpu, unsigned index, uint16_t selector, struct segment *ret);
/* The stack segment for privilege level `cpl`, faults as `vector` (#TS for stacks from a TSS, #GP for
 * returns) with `ext`. */
void segment_prepare_stack(struct vcpu *cpu, uint16_t selector, unsigned cpl, enum cpu_vector vector,
			   unsigned ext, struct segment *ret);
void segment_prepare_data(struct vcpu *cpu, uint16_t selector, unsigned cpl, enum cpu_vector vector,
			  unsigned ext, struct segment *ret);
/* After a change of level: loads SS and rsp from `stack`, as wide as the frame was made. */
void stack_switch(const struct stack *stack);
/* After a return to an outer level: SS and rsp, of which a 16-bit stack takes only 16 bits. */
void stack_return(struct vcpu *cpu, const struct segment *ss, uint64_t rsp);
/* After a return to an outer level: registers that this level may not use become null. */
void segment_drop_inner(struct vcpu *cpu);

enum code_load { CODE_JUMP /* JMP, CALL */, CODE_RETURN /* RET, IRET: the RPL is the new level */ };
/* Checks of a code segment for direct far transfers (not gates): #GP or #NP with the selector. Marks it
 * accessed. */
void code_check(struct vcpu *cpu, const struct descriptor *code, enum code_load how);
/* Raises when `rip` is outside the code segment (or not canonical when that is a 64-bit one). */
void code_check_rip(struct vcpu *cpu, const struct segment *cs, uint64_t rip);
/* Loads CS, CPL and rip; the selector's RPL is replaced by CPL. */
void code_commit(struct vcpu *cpu, const struct segment *cs, unsigned cpl, uint64_t rip);
/* True when code in that segment runs in 64-bit mode. */
bool code_is_long(const struct vcpu *cpu, const struct segment *cs);

/* SS and SP for an inner level from the TSS. Raises #TS. */
void tss_read_stack(struct vcpu *cpu, unsigned level, unsigned ext, uint16_t *ret_ss, uint64_t *ret_sp);
/* 64-bit TSS: RSP0..2 (index 0..2), IST1..7 (3..9 as 2 + number). */
uint64_t tss_read_stack64(struct vcpu *cpu, unsigned index, unsigned ext);

/* --- tasks (task.c) --------------------------------------------------------------------------- */

enum task_reason { TASK_JMP, TASK_CALL, TASK_IRET, TASK_EVENT };
/*
 * Switches to the task of that TSS selector; `next_rip` is where the old one goes on. On return the new
 * task's state is loaded, or a fault was raised in the old task (before) or the new one (after the switch).
 */
void task_switch(struct vcpu *cpu, uint16_t selector, enum task_reason reason, unsigned ext,
		 uint64_t next_rip);

/* --- events (exception.c, debug.c) ------------------------------------------------------------ */

/* INT n and its kind: `next_rip` is the return address. */
void exception_software(struct vcpu *cpu, unsigned vector, bool check_privilege, uint64_t next_rip);

enum { DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15, DR7_GD = 1 << 13 };
/* Instruction breakpoints at the present rip: raises #DB. */
void debug_check_fetch(struct vcpu *cpu, uint64_t linear);
/* Notes hits of data and port breakpoints; the #DB comes after the instruction. */
void debug_note_data(struct vcpu *cpu, uint64_t linear, unsigned size, bool write);
void debug_note_port(struct vcpu *cpu, uint16_t port, unsigned size);

static inline bool debug_is_active(const struct vcpu *cpu)
{
	return cpu->dr[7] & 0xff;
}

static inline void port_note(struct vcpu *cpu, uint16_t port, unsigned size)
{
	if (debug_is_active(cpu))
		debug_note_port(cpu, port, size);
}

/* --- fetch (fetch.c) ---------------------------------------------------------------------------- */

/* The linear address of the next instruction. */
uint64_t fetch_linear(const struct vcpu *cpu, enum insn_mode mode);
/* Reads and decodes it; raises. The result is valid until the next call; `scratch` is the caller's room for
 * it. */
const struct insn *fetch_insn(struct vcpu *cpu, uint64_t linear, enum insn_mode mode, struct insn *scratch);

/* --- handlers --------------------------------------------------------------------------------- */

bool condition_holds(const struct vcpu *cpu, unsigned condition); /* cc: low four bits of Jcc's opcode */

/* alu.c */
exec_fn exec_add, exec_or, exec_adc, exec_sbb, exec_and, exec_sub, exec_xor, exec_cmp, exec_test, exec_inc,
    exec_dec, exec_neg, exec_not, exec_xadd, exec_xchg, exec_cmpxchg, exec_cmpxchg8b;
/* muldiv.c, bcd.c */
exec_fn exec_mul, exec_imul1, exec_imul2, exec_div, exec_idiv;
exec_fn exec_aaa, exec_aad, exec_aam, exec_aas, exec_daa, exec_das;
/* shift.c */
exec_fn exec_rol, exec_ror, exec_rcl, exec_rcr, exec_shl, exec_shr, exec_sar, exec_shld, exec_shrd;
/* bits.c */
exec_fn exec_bt, exec_bts, exec_btr, exec_btc, exec_bsf, exec_bsr, exec_tzcnt, exec_lzcnt, exec_popcnt,
    exec_crc32, exec_andn, exec_bextr, exec_blsi, exec_blsmsk, exec_blsr, exec_bzhi, exec_mulx, exec_pdep,
    exec_pext, exec_rorx, exec_sarx, exec_shlx, exec_shrx, exec_adcx, exec_adox;
/* move.c */
exec_fn exec_mov, exec_movbe, exec_movzx, exec_movsx, exec_movsxd, exec_lea, exec_bswap, exec_cmovcc,
    exec_setcc, exec_cbw, exec_cwd, exec_xlat, exec_mov_moffs, exec_movnti, exec_lahf, exec_sahf, exec_salc,
    exec_lds, exec_mov_to_seg, exec_mov_from_seg;
/* push.c */
exec_fn exec_push, exec_pop, exec_pusha, exec_popa, exec_pushf, exec_popf, exec_enter, exec_leave,
    exec_push_seg, exec_pop_seg;
/* string.c; they set rip */
exec_fn exec_movs, exec_cmps, exec_stos, exec_lods, exec_scas, exec_ins, exec_outs;
/* control.c, far.c, iret.c; they set rip */
exec_fn exec_jcc, exec_jmp, exec_jmp_ind, exec_call, exec_call_ind, exec_ret, exec_loop, exec_jcxz, exec_int,
    exec_int3, exec_int1, exec_into;
exec_fn exec_jmp_far, exec_jmp_far_ind, exec_call_far, exec_call_far_ind, exec_ret_far, exec_iret;
exec_fn exec_bound, exec_undefined;
/* syscall.c; they set rip */
exec_fn exec_syscall, exec_sysret, exec_sysenter, exec_sysexit;
/* flagops.c */
exec_fn exec_clc, exec_stc, exec_cmc, exec_cld, exec_std, exec_cli, exec_sti, exec_clac, exec_stac, exec_nop,
    exec_pause, exec_clflush, exec_serialize;
/* system.c, table.c */
exec_fn exec_hlt, exec_vmcall, exec_mov_from_cr, exec_mov_to_cr, exec_mov_from_dr, exec_mov_to_dr, exec_clts,
    exec_lmsw, exec_smsw, exec_wbinvd, exec_invlpg, exec_invpcid, exec_xgetbv, exec_xsetbv;
exec_fn exec_lgdt, exec_sgdt, exec_lidt, exec_sidt, exec_lldt, exec_sldt, exec_ltr, exec_str, exec_lar,
    exec_lsl, exec_verr, exec_verw, exec_arpl;
/* identify.c */
exec_fn exec_cpuid, exec_rdtsc, exec_rdtscp, exec_rdpid, exec_rdpmc, exec_rdrand, exec_rdseed, exec_rdmsr,
    exec_wrmsr, exec_swapgs, exec_rdfsbase, exec_rdgsbase, exec_wrfsbase, exec_wrgsbase;
/* io.c */
exec_fn exec_in, exec_out;
/* Raises #GP(0) unless IOPL or the TSS's bitmap allows the port. */
void port_check(struct vcpu *cpu, uint16_t port, unsigned size);
/* vector_execute() with the linear address computed. */
exec_fn exec_vector;

#endif
