/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shape of the opcode table. Each opcode of each map has a short list of rows; the first row whose key
 * matches is the instruction, and the list ends with a row of OP_INVALID that matches everything. The fact
 * macros keep one instruction on one or two lines.
 *
 * Source     SDM 2, appendix A and the instruction pages. Names as Intel writes them (in lower case),
 *            without operand-size letters.
 */
#ifndef HV_TRANSLATOR_OPTABLE_H
#define HV_TRANSLATOR_OPTABLE_H

#include "engine/translator/insn.h"

enum opcode_key {		     /* what can select a row, as bits of a number */
		  KEY_PP = 3 << 0,   /* mandatory prefix; the VEX.pp encoding */
		  KEY_L = 1 << 2,    /* VEX.L */
		  KEY_W = 1 << 3,    /* REX.W, VEX.W */
		  KEY_REG = 7 << 4,  /* modrm.reg */
		  KEY_MOD3 = 1 << 7, /* modrm names a register */
		  KEY_RM = 7 << 8,
		  KEY_64 = 1 << 11, /* 64-bit mode */
};
enum { PP_NONE, PP_66, PP_F3, PP_F2 };
enum { KEY_ANY_REP = 2 }; /* the bit of KEY_PP that F2 and F3 share */

enum opcode_imm {
	IMM_NONE,
	IMM_8,
	IMM_16,
	IMM_Z,	   /* 2 or 4 by operand size; 4 for 8 */
	IMM_V,	   /* as operand size, 8 too: MOV reg, imm */
	IMM_MOFFS, /* an address */
	IMM_FAR,   /* offset, selector */
	IMM_ENTER, /* imm16, imm8 */
	IMM_SEG,   /* not encoded: the opcode names segment imm - IMM_SEG */
};

/* clang-format off */
enum opcode_special { /* what the decoder does beyond the facts */
		      SPECIAL_NONE,
		      SPECIAL_COND,	   /* opcode bits 0..3 are a condition */
		      SPECIAL_MOD_IGNORED, /* MOV CR/DR: modrm is a register whatever mod is; operand size as
					      SPECIAL_NATURAL */
		      SPECIAL_NATURAL,	   /* operand size 8 in 64-bit mode, else 4; 66 does not count */
		      SPECIAL_DWORD,	   /* operand size 4, or 8 with REX.W; 66 does not count */
		      SPECIAL_SHIFT_IMM,   /* an immediate count that is not 0 surely writes the flags */
		      SPECIAL_ROTATE_IMM,  /* the same, but a multiple of the rotated width may leave OF (RCL,
					      RCR) */
};
/* clang-format on */

struct opcode_row {
	uint32_t match;	 /* mask << 16 | value: the row is meant when (key & mask) == value */
	uint8_t imm;	 /* enum opcode_imm */
	uint8_t special; /* enum opcode_special */
	struct insn_facts facts;
};

#define ROWS(...)	 ((const struct opcode_row[]){ __VA_ARGS__, { .facts.op = OP_INVALID } })
#define KEY(mask, value) ((uint32_t)(mask) << 16 | (value))
#define ANY		 KEY(0, 0)
#define PP(p)		 KEY(KEY_PP, PP_##p)
#define PP_W(p)		 KEY(KEY_PP | KEY_W, PP_##p | KEY_W)
#define PP_MEM(p)	 KEY(KEY_PP | KEY_MOD3, PP_##p)
#define PP_REG(p)	 KEY(KEY_PP | KEY_MOD3, PP_##p | KEY_MOD3)
#define PP_L(p, l)	 KEY(KEY_PP | KEY_L, PP_##p | ((l) ? KEY_L : 0))
#define PP_LW(p, l, w)	 KEY(KEY_PP | KEY_L | KEY_W, PP_##p | ((l) ? KEY_L : 0) | ((w) ? KEY_W : 0))
#define PP_W01(p, w)	 KEY(KEY_PP | KEY_W, PP_##p | ((w) ? KEY_W : 0))
#define EXT(n)		 KEY(KEY_REG, (n) << 4)
#define EXT_MEM(n)	 KEY(KEY_REG | KEY_MOD3, (n) << 4)
#define EXT_REG(n)	 KEY(KEY_REG | KEY_MOD3, (n) << 4 | KEY_MOD3)
#define EXT_PP(n, p)	 KEY(KEY_REG | KEY_PP, (n) << 4 | PP_##p)
#define EXT_PP_MEM(n, p) KEY(KEY_REG | KEY_PP | KEY_MOD3, (n) << 4 | PP_##p)
#define EXT_PP_REG(n, p) KEY(KEY_REG | KEY_PP | KEY_MOD3, (n) << 4 | PP_##p | KEY_MOD3)
#define EXT_RM(n, rm)	 KEY(KEY_REG | KEY_MOD3 | KEY_RM, (n) << 4 | KEY_MOD3 | (rm) << 8)
#define EXT_RM_PP(n, rm, p)                                                                                  \
	KEY(KEY_REG | KEY_MOD3 | KEY_RM | KEY_PP, (n) << 4 | KEY_MOD3 | (rm) << 8 | PP_##p)

/* An instruction: key, operation, name, attributes, then facts. */
#define I(key, o, n, a, ...)                                                                                 \
	{                                                                                                    \
		.match = (key), .facts.op = OP_##o, .facts.name = n, .facts.attr = (a), ##__VA_ARGS__        \
	}
#define IM(key, o, n, a, ...) I(key, o, n, FACT_MODRM | (a), ##__VA_ARGS__)

/* Operand facts. E: modrm.rm, register or memory; G: modrm.reg; Z: register in the opcode; B: VEX.vvvv. */
#define E_(access, size)                                                                                     \
	.facts.mem = (size), .facts.mem_access = (access), .facts.rm_kind = KIND_GPR,                        \
	.facts.rm_access = (access)
#define E_R		  E_(ACCESS_R, MEM_OP)
#define E_W		  E_(ACCESS_W, MEM_OP)
#define E_RW		  E_(ACCESS_RW, MEM_OP)
#define G_(access)	  .facts.reg_kind = KIND_GPR, .facts.reg_access = (access)
#define G_R		  G_(ACCESS_R)
#define G_W		  G_(ACCESS_W)
#define G_RW		  G_(ACCESS_RW)
#define B_(access)	  .facts.vvvv_kind = KIND_GPR, .facts.vvvv_access = (access)
#define M_(access, size)  .facts.mem = (size), .facts.mem_access = (access)
#define GPR_SIZE(rm, reg) .facts.gpr_size = (rm) << 4 | (reg)
#define SETS(f)		  .facts.flags_written = (f)
#define MAYBE(f)	  .facts.flags_maybe = (f)
#define TESTS(f)	  .facts.flags_read = (f)
#define USES(r)		  .facts.implicit_read = (r)
#define PUTS(r)		  .facts.implicit_written = (r)
#define DOM(d)		  .facts.domain = DOMAIN_##d
#define IM8		  .imm = IMM_8

enum {
	AX = 1,
	CX = 2,
	DX = 4,
	BX = 8,
	SP = 16,
	BP = 32,
	SI = 64,
	DI = 128,
	R11 = 2048
}; /* bits of the implicit sets */
enum {
	FLAGS_NOT_CF = FLAGS_ALL & ~FLAG_CF,
	FLAGS_ROTATE = FLAG_CF | FLAG_OF,
	FLAGS_NOT_ZF = FLAGS_ALL & ~FLAG_ZF,
	FLAGS_LOW = FLAGS_ALL & ~FLAG_OF,
};

/* Vector operand facts. V: modrm.reg, W: modrm.rm, H: vvvv. */
#define V_(access) .facts.reg_kind = KIND_VEC, .facts.reg_access = (access)
#define W_(access, size)                                                                                     \
	.facts.mem = (size), .facts.mem_access = (access), .facts.rm_kind = KIND_VEC,                        \
	.facts.rm_access = (access)
#define H_(access) .facts.vvvv_kind = KIND_VEC, .facts.vvvv_access = (access)
#define P_(access) .facts.reg_kind = KIND_MMX, .facts.reg_access = (access)
#define Q_(access, size)                                                                                     \
	.facts.mem = (size), .facts.mem_access = (access), .facts.rm_kind = KIND_MMX,                        \
	.facts.rm_access = (access)
#define U_(access) .facts.rm_kind = KIND_VEC, .facts.rm_access = (access)

/* Legacy SSE: xmm op= xmm/mem; xmm = f(xmm/mem); xmm/mem = xmm. AL marks those whose memory operand must be
 * aligned. */
#define S_OP(key, n, size, a, ...)                                                                           \
	IM(key, NATIVE, n, a, DOM(SSE), V_(ACCESS_RW), W_(ACCESS_R, size), ##__VA_ARGS__)
#define S_LD(key, n, size, a, ...)                                                                           \
	IM(key, NATIVE, n, a, DOM(SSE), V_(ACCESS_W), W_(ACCESS_R, size), ##__VA_ARGS__)
#define S_ST(key, n, size, a, ...)                                                                           \
	IM(key, NATIVE, n, a, DOM(SSE), V_(ACCESS_R), W_(ACCESS_W, size), ##__VA_ARGS__)
#define S_CMP(key, n, size) IM(key, NATIVE, n, 0, DOM(SSE), V_(ACCESS_R), W_(ACCESS_R, size), SETS(FLAGS_ALL))
#define AL		    FACT_ALIGN
/* MMX, the same. */
#define Q_OP(n, size, ...)                                                                                   \
	IM(PP(NONE), NATIVE, n, 0, DOM(MMX), P_(ACCESS_RW), Q_(ACCESS_R, size), ##__VA_ARGS__)
#define Q_LD(n, size, ...)                                                                                   \
	IM(PP(NONE), NATIVE, n, 0, DOM(MMX), P_(ACCESS_W), Q_(ACCESS_R, size), ##__VA_ARGS__)
/* The packed-integer opcodes, which have an MMX and an SSE form. */
#define QS_OP(n, ...) ROWS(Q_OP(n, MEM_8, ##__VA_ARGS__), S_OP(PP(66), n, MEM_16, AL, ##__VA_ARGS__))
#define QS_LD(n, ...) ROWS(Q_LD(n, MEM_8, ##__VA_ARGS__), S_LD(PP(66), n, MEM_16, AL, ##__VA_ARGS__))

/* AVX: three operands; load or convert; store. */
#define X_OP(key, n, size, a, ...)                                                                           \
	IM(key, NATIVE, n, a, DOM(AVX), V_(ACCESS_W), H_(ACCESS_R), W_(ACCESS_R, size), ##__VA_ARGS__)
#define X_FMA(key, n, size) IM(key, NATIVE, n, 0, DOM(AVX), V_(ACCESS_RW), H_(ACCESS_R), W_(ACCESS_R, size))
#define X_LD(key, n, size, a, ...)                                                                           \
	IM(key, NATIVE, n, a, DOM(AVX), V_(ACCESS_W), W_(ACCESS_R, size), ##__VA_ARGS__)
#define X_ST(key, n, size, a, ...)                                                                           \
	IM(key, NATIVE, n, a, DOM(AVX), V_(ACCESS_R), W_(ACCESS_W, size), ##__VA_ARGS__)
#define X_CMP(key, n, size) IM(key, NATIVE, n, 0, DOM(AVX), V_(ACCESS_R), W_(ACCESS_R, size), SETS(FLAGS_ALL))

typedef const struct opcode_row *opcode_map[256]; /* NULL: not an instruction */
extern const opcode_map optable_one, optable_0f, optable_0f38, optable_0f3a;
extern const opcode_map optable_vex_0f, optable_vex_0f38, optable_vex_0f3a;
extern const struct opcode_row
    *const optable_x87[8][16]; /* by opcode D8..DF; modrm.reg, + 8 for register forms */

#endif
