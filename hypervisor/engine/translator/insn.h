/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A decoded x86 instruction and the facts about its opcode: what the interpreter, the translator and the tests know
 * about the instruction set stands in one table (decode/optable.c).
 *
 * Source     SDM volume 2 (opcode maps: appendix A; flags: volume 1, appendix A).
 * Trust      The bytes come from the guest. insn_decode() reads at most `avail` bytes and never fails to say what it saw.
 */
#ifndef HV_TRANSLATOR_INSN_H
#define HV_TRANSLATOR_INSN_H

#include <stdbool.h>
#include <stdint.h>

enum insn_map { MAP_ONE, MAP_0F, MAP_0F38, MAP_0F3A };

enum insn_prefix { /* bits of insn.prefixes */
		   /* 66 seen. With PREFIX_VEX these three give VEX.pp: none, OPSIZE = 1, REP = 2, REPNE = 3 */
		   PREFIX_OPSIZE = 1 << 0,
		   PREFIX_ADDRSIZE = 1 << 1, /* 67 */
		   PREFIX_LOCK = 1 << 2,
		   PREFIX_REP = 1 << 3,	  /* F3, the last of F2/F3 */
		   PREFIX_REPNE = 1 << 4, /* F2 */
		   PREFIX_REX = 1 << 5,	  /* a REX byte was there (and counted) */
		   PREFIX_VEX = 1 << 6,
		   PREFIX_VEX_L = 1 << 7, /* 256 bit */
};

/* bits of insn.rex, VEX fields normalised to the same sense */
enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

enum insn_segment { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_NONE };

/* The arithmetic flags at their places in RFLAGS. */
/* clang-format off */
enum insn_flags {
	FLAG_CF = 0x001, FLAG_PF = 0x004, FLAG_AF = 0x010, FLAG_ZF = 0x040, FLAG_SF = 0x080, FLAG_OF = 0x800,
	FLAGS_ALL = 0x8d5,
};
/* clang-format on */

/* What the interpreter does. Every instruction that is not named here but allowed is OP_NATIVE or invalid. */
/* clang-format off */
enum insn_op {
	OP_INVALID, /* #UD: unknown, not offered, or not allowed in this mode */
	/* arithmetic, logic */
	OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR, OP_CMP, OP_TEST, OP_INC, OP_DEC, OP_NEG, OP_NOT,
	OP_MUL, OP_IMUL1, OP_IMUL2, OP_IMUL3, OP_DIV, OP_IDIV,
	OP_ROL, OP_ROR, OP_RCL, OP_RCR, OP_SHL, OP_SHR, OP_SAR, OP_SHLD, OP_SHRD,
	OP_BT, OP_BTS, OP_BTR, OP_BTC, OP_BSF, OP_BSR, OP_TZCNT, OP_LZCNT, OP_POPCNT, OP_CRC32,
	OP_ANDN, OP_BEXTR, OP_BLSI, OP_BLSMSK, OP_BLSR, OP_BZHI, OP_MULX, OP_PDEP, OP_PEXT, OP_RORX, OP_SARX, OP_SHLX,
	OP_SHRX, OP_ADCX, OP_ADOX,
	OP_AAA, OP_AAD, OP_AAM, OP_AAS, OP_DAA, OP_DAS,
	/* data movement */
	OP_MOV, OP_MOVBE, OP_MOVZX, OP_MOVSX, OP_MOVSXD, OP_LEA, OP_XCHG, OP_XADD, OP_CMPXCHG, OP_CMPXCHG8B, OP_CMPXCHG16B,
	OP_BSWAP, OP_CMOVCC, OP_SETCC, OP_CBW /* CBW/CWDE/CDQE */, OP_CWD /* CWD/CDQ/CQO */, OP_XLAT, OP_MOV_MOFFS, OP_MOVNTI,
	OP_PUSH, OP_POP, OP_PUSHA, OP_POPA, OP_PUSHF, OP_POPF, OP_ENTER, OP_LEAVE, OP_LAHF, OP_SAHF, OP_SALC,
	/* segment in modrm.reg, or insn.imm */
	OP_LDS /* LES LDS LSS LFS LGS: insn.imm = segment */, OP_MOV_TO_SEG, OP_MOV_FROM_SEG, OP_PUSH_SEG, OP_POP_SEG,
	/* strings (REP/REPE by prefixes) */
	OP_MOVS, OP_CMPS, OP_STOS, OP_LODS, OP_SCAS, OP_INS, OP_OUTS,
	/* control */
	OP_JCC, OP_JMP, OP_JMP_IND, OP_JMP_FAR, OP_JMP_FAR_IND, OP_CALL, OP_CALL_IND, OP_CALL_FAR, OP_CALL_FAR_IND,
	OP_RET, OP_RET_FAR, OP_IRET, OP_LOOP, OP_LOOPE, OP_LOOPNE, OP_JCXZ,
	OP_INT, OP_INT3, OP_INT1, OP_INTO, OP_BOUND, OP_UD /* UD0/1/2: #UD on purpose */,
	OP_SYSCALL, OP_SYSRET, OP_SYSENTER, OP_SYSEXIT,
	/* flags, nothing */
	OP_CLC, OP_STC, OP_CMC, OP_CLD, OP_STD, OP_CLI, OP_STI, OP_CLAC, OP_STAC,
	OP_NOP /* also ENDBR, PREFETCH*, hint NOPs, CLDEMOTE, SERIALIZE's cousins without effect */, OP_PAUSE, OP_FENCE /* LFENCE MFENCE SFENCE */,
	OP_CLFLUSH /* CLFLUSH CLFLUSHOPT CLWB: touches its operand */, OP_SERIALIZE,
	/* system */
	OP_HLT, OP_IN, OP_OUT, OP_CPUID, OP_RDTSC, OP_RDTSCP, OP_RDPID, OP_RDPMC, OP_RDMSR, OP_WRMSR, OP_RDRAND, OP_RDSEED,
	OP_MOV_FROM_CR, OP_MOV_TO_CR, OP_MOV_FROM_DR, OP_MOV_TO_DR, OP_CLTS, OP_LMSW, OP_SMSW,
	OP_LGDT, OP_SGDT, OP_LIDT, OP_SIDT, OP_LLDT, OP_SLDT, OP_LTR, OP_STR, OP_LAR, OP_LSL, OP_VERR, OP_VERW, OP_ARPL,
	OP_INVD, OP_WBINVD, OP_INVLPG, OP_INVPCID, OP_SWAPGS, OP_RDFSBASE, OP_RDGSBASE, OP_WRFSBASE, OP_WRGSBASE,
	OP_MONITOR, OP_MWAIT, OP_VMCALL /* VMCALL, VMMCALL: a hypercall, or #UD where none is offered */, OP_XGETBV, OP_XSETBV,
	/* x87, SSE, AVX state */
	OP_FXSAVE, OP_FXRSTOR, OP_XSAVE, OP_XSAVEOPT, OP_XSAVEC, OP_XRSTOR, OP_LDMXCSR, OP_STMXCSR, OP_EMMS,
	OP_FWAIT, OP_FNSTENV, OP_FLDENV, OP_FNSAVE, OP_FRSTOR, /* 14..108 bytes, size by mode */
	OP_MASKMOV /* MASKMOVQ, MASKMOVDQU: implicit [rDI] */, OP_GATHER /* VGATHER*, VPGATHER*: VSIB */,
	OP_VMASKMOV /* VMASKMOVPS/PD, VPMASKMOV: partial access, no fault for masked elements */,
	/* any other x87/MMX/SSE/AVX/AES/SHA/F16C/FMA instruction: executed as it is, its memory operand apart */
	OP_NATIVE,
	OP_COUNT
};
/* clang-format on */

/* clang-format off */
enum insn_kind { /* what an operand field names */
	KIND_NONE, /* field unused, or an opcode extension */
	KIND_GPR,  /* size: opsize, or 1 with FACT_BYTE, or facts->gpr_size */
	KIND_VEC,  /* xmm/ymm */
	KIND_MMX,
	KIND_SEG, KIND_CR, KIND_DR,
	KIND_X87,
};
/* clang-format on */

enum insn_access { ACCESS_NONE, ACCESS_R, ACCESS_W, ACCESS_RW };

/* clang-format off */
enum insn_domain { /* which state must be enabled, see SDM 3, 2.5 and 13 */
	DOMAIN_INT, DOMAIN_X87, DOMAIN_MMX, DOMAIN_SSE, DOMAIN_AVX,
};
/* clang-format on */

enum insn_attr { /* bits of insn_facts.attr */
		 FACT_MODRM = 1 << 0,
		 FACT_BYTE = 1 << 1,	 /* byte operands (modrm.rm, modrm.reg, accumulator) */
		 FACT_MEM_ONLY = 1 << 2, /* a register form is #UD */
		 FACT_REG_ONLY = 1 << 3, /* a memory form is #UD, or modrm is always a register (MOV CR) */
		 FACT_LOCKABLE = 1 << 4, /* with a memory destination */
		 FACT_DEF64 = 1 << 5,	 /* 64-bit mode: operand size 8 by default (66: 2), never 4 */
		 FACT_FORCE64 = 1 << 6,	 /* 64-bit mode: operand size always 8 */
		 FACT_NO64 = 1 << 7,	 /* #UD in 64-bit mode */
		 FACT_ONLY64 = 1 << 8,
		 FACT_REG_IN_OPCODE = 1 << 9, /* register in opcode bits 0..2 + REX.B */
		 FACT_ACC = 1 << 10,	      /* operates on AL/rAX without naming it */
		 FACT_JUMP = 1 << 11,	      /* ends straight-line code (JCC too) */
		 FACT_PRIVILEGED = 1 << 12,   /* #GP(0) unless CPL 0 */
		 FACT_SHIFT_CL = 1 << 13,     /* count in CL: writes flags only when it is not 0 */
		 FACT_IMPLICIT_STACK = 1 << 14,
		 FACT_STRING = 1 << 15,
		 /* touches memory that modrm does not name (XLAT, MASKMOV, strings, stack) */
		 FACT_MEM_IMPLICIT = 1 << 16,
		 FACT_VSIB = 1 << 17,
		 FACT_BITSTRING = 1 << 18, /* BT* with a register bit offset: reaches beyond the operand */
		 /* memory operand must be aligned to its size, else #GP(0) (MOVAPS, legacy SSE) */
		 FACT_ALIGN = 1 << 19,
		 FACT_EVEX_HIDDEN = 1 << 20,
};

/* clang-format off */
enum insn_mem { /* size of the memory operand; the actual number is in insn.mem_size */
	MEM_NONE, /* no access: LEA, NOP, PREFETCH, INVLPG */
	MEM_OP,	  /* operand size (1 with FACT_BYTE) */
	MEM_1, MEM_2, MEM_4, MEM_8, MEM_10, MEM_16, MEM_32,
	MEM_VL,	    /* 16, or 32 with VEX.L */
	MEM_VL_2, MEM_VL_4, MEM_VL_8, /* half, quarter, eighth of that (conversions, broadcasts of parts) */
	MEM_OP_2OP, /* two operand sizes: BOUND, CMPXCHG8B/16B */
	MEM_FAR,    /* 2 + operand size: far pointers */
	MEM_TABLE,  /* 6 or 10: LGDT and its like */
	MEM_YQ,	    /* 4, or 8 with REX.W / VEX.W (MOVD/MOVQ, PINSR, CVTSI2SD) */
	MEM_OP_MIN4, /* 16-bit with 66, else 4 or 8 */
	MEM_SPECIAL, /* FXSAVE, XSAVE, FNSAVE, gathers, masked moves: the handler knows */
};
/* clang-format on */

struct insn_facts {
	uint16_t op;			/* enum insn_op */
	uint8_t domain;			/* enum insn_domain */
	uint8_t mem;			/* enum insn_mem */
	uint8_t mem_access;		/* enum insn_access, of the modrm memory operand when it is memory */
	uint8_t reg_kind, reg_access;	/* modrm.reg (or the opcode's register with FACT_REG_IN_OPCODE) */
	uint8_t rm_kind, rm_access;	/* modrm.rm when it is a register */
	uint8_t vvvv_kind, vvvv_access; /* VEX.vvvv */
	/* size of GPR operands where it differs from opsize: reg in bits 0..3, rm in bits 4..7; 0 = opsize */
	uint8_t gpr_size;
	uint16_t
	    flags_read; /* FLAG_* that may be read; JCC and its like: filled in by the decoder per condition */
	uint16_t flags_written; /* FLAG_* surely overwritten (also those left undefined) */
	uint16_t flags_maybe;	/* FLAG_* perhaps overwritten (shifts by CL, REP CMPS) */
	/* GPRs by number that no field names (rAX = bit 0, rCX = bit 1, …) */
	uint16_t implicit_read, implicit_written;
	uint32_t attr;	  /* enum insn_attr */
	const char *name; /* mnemonic, for traces */
};

struct insn {
	uint8_t len; /* 1..15 */
	uint8_t map; /* enum insn_map */
	uint8_t opcode;
	uint8_t opcode_at; /* offset of the (last) opcode byte within the instruction */
	uint8_t modrm, sib;
	uint8_t rex;		     /* REX_* */
	uint8_t vvvv;		     /* 0..15 */
	uint16_t prefixes;	     /* enum insn_prefix */
	uint8_t segment;	     /* override that counts in this mode, else SEG_NONE */
	uint8_t opsize;		     /* 1 (FACT_BYTE), 2, 4, 8 */
	uint8_t addrsize;	     /* 2, 4, 8 */
	uint8_t imm_size, disp_size; /* in bytes as encoded */
	uint8_t mem_size;    /* bytes accessed through modrm; 0 = none, register form, or MEM_SPECIAL */
	uint8_t has_mem;     /* modrm names memory (also for LEA) */
	uint8_t mode;	     /* enum insn_mode it was decoded in */
	uint16_t flags_read; /* facts->flags_read narrowed by the condition code */
	/* as in facts; a shift by an immediate writes for sure when its count is not 0 */
	uint16_t flags_written, flags_maybe;
	int32_t disp;
	/* sign-extended to 64 bits (moffs: the address; far pointer: offset | selector << 32; ENTER: size | level << 32) */
	uint64_t imm;
	const struct insn_facts *facts;
};

enum insn_mode { MODE_16, MODE_32, MODE_64 }; /* by CS.D and CS.L */

enum insn_result {
	INSN_OK,
	INSN_INVALID,	/* #UD; insn->len is how far it was read */
	INSN_TOO_LONG,	/* over 15 bytes: #GP(0) */
	INSN_TRUNCATED, /* needs more than `avail` bytes */
};

/*
 * Decodes what the policy of the translator offers (no EVEX, no XOP/3DNow, no TSX, no CET but ENDBR/NOP space, no VMX/SVM but VMCALL, no
 * PKU, no AMX, no MOVDIR64B). LOCK where it is not allowed gives INSN_INVALID. `insn` is complete only with INSN_OK.
 */
enum insn_result insn_decode(struct insn *insn, const uint8_t *bytes, unsigned avail, enum insn_mode mode);

/* Numbers of the registers that the fields name, REX applied. */
static inline unsigned insn_reg(const struct insn *insn)
{
	return (insn->modrm >> 3 & 7) | (insn->rex & REX_R) << 1;
}

static inline unsigned insn_rm(const struct insn *insn)
{
	return (insn->modrm & 7) | (insn->rex & REX_B) << 3;
}

/* Uses an MMX register, so that a pending x87 error comes first; CVTPI2PS and CVTPI2PD from memory do not (SDM 2A). */
static inline bool insn_touches_mmx(const struct insn *insn)
{
	return insn->facts->reg_kind == KIND_MMX || (insn->facts->rm_kind == KIND_MMX && !insn->has_mem);
}

static inline unsigned insn_opcode_reg(const struct insn *insn)
{
	return (insn->opcode & 7) | (insn->rex & REX_B) << 3;
}

#endif
