/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one-byte opcode map: SDM 2, table A-2, and groups 1, 1A, 2, 3, 4, 5, 11. */
#include "optable.h"

#define LOCK  FACT_LOCKABLE
#define BYTE  FACT_BYTE
#define NO64  FACT_NO64
#define STACK (FACT_IMPLICIT_STACK | FACT_MEM_IMPLICIT)

/* ADD and its like: rows for opcodes base .. base + 5; CMP writes nothing. */
#define ALU(base, o, n, access, lock, flags_read)                                                            \
	[(base) +                                                                                            \
	    0] =                                                                                             \
	    ROWS(IM(ANY, o, n, BYTE | lock, E_(access, MEM_OP), G_R, TESTS(flags_read), SETS(FLAGS_ALL))),   \
	    [(base) + 1] =                                                                                   \
		ROWS(IM(ANY, o, n, lock, E_(access, MEM_OP), G_R, TESTS(flags_read), SETS(FLAGS_ALL))),      \
	    [(base) + 2] = ROWS(IM(ANY, o, n, BYTE, E_R, G_(access), TESTS(flags_read), SETS(FLAGS_ALL))),   \
	    [(base) + 3] = ROWS(IM(ANY, o, n, 0, E_R, G_(access), TESTS(flags_read), SETS(FLAGS_ALL))),      \
	    [(base) + 4] = ROWS(I(ANY, o, n, BYTE | FACT_ACC, IM8, USES(AX),                                 \
				  PUTS(access == ACCESS_RW ? AX : 0), TESTS(flags_read), SETS(FLAGS_ALL))),  \
	    [(base) + 5] = ROWS(I(ANY, o, n, FACT_ACC, .imm = IMM_Z, USES(AX),                               \
				  PUTS(access == ACCESS_RW ? AX : 0), TESTS(flags_read), SETS(FLAGS_ALL)))

#define GROUP1_ROW(x, o, n, access, attr, i, flags_read)                                                     \
	IM(EXT(x), o, n, attr, E_(access, MEM_OP), .imm = (i), TESTS(flags_read), SETS(FLAGS_ALL))
#define GROUP1(attr, i)                                                                                      \
	ROWS(GROUP1_ROW(0, ADD, "add", ACCESS_RW, (attr) | LOCK, i, 0),                                      \
	     GROUP1_ROW(1, OR, "or", ACCESS_RW, (attr) | LOCK, i, 0),                                        \
	     GROUP1_ROW(2, ADC, "adc", ACCESS_RW, (attr) | LOCK, i, FLAG_CF),                                \
	     GROUP1_ROW(3, SBB, "sbb", ACCESS_RW, (attr) | LOCK, i, FLAG_CF),                                \
	     GROUP1_ROW(4, AND, "and", ACCESS_RW, (attr) | LOCK, i, 0),                                      \
	     GROUP1_ROW(5, SUB, "sub", ACCESS_RW, (attr) | LOCK, i, 0),                                      \
	     GROUP1_ROW(6, XOR, "xor", ACCESS_RW, (attr) | LOCK, i, 0),                                      \
	     GROUP1_ROW(7, CMP, "cmp", ACCESS_R, (attr), i, 0))

/* Shifts: the count is an immediate, 1 or CL; /6 is an alias of SHL (SDM 2, A.4.2 leaves it out, processors
 * have it). */
#define GROUP2(attr, rot, rotc, shift, ...)                                                                  \
	ROWS(IM(EXT(0), ROL, "rol", attr, E_RW, rot(FLAGS_ROTATE), ##__VA_ARGS__),                           \
	     IM(EXT(1), ROR, "ror", attr, E_RW, rot(FLAGS_ROTATE), ##__VA_ARGS__),                           \
	     IM(EXT(2), RCL, "rcl", attr, E_RW, TESTS(FLAG_CF), rotc(FLAGS_ROTATE), ##__VA_ARGS__),          \
	     IM(EXT(3), RCR, "rcr", attr, E_RW, TESTS(FLAG_CF), rotc(FLAGS_ROTATE), ##__VA_ARGS__),          \
	     IM(EXT(4), SHL, "shl", attr, E_RW, shift(FLAGS_ALL), ##__VA_ARGS__),                            \
	     IM(EXT(5), SHR, "shr", attr, E_RW, shift(FLAGS_ALL), ##__VA_ARGS__),                            \
	     IM(EXT(6), SHL, "shl", attr, E_RW, shift(FLAGS_ALL), ##__VA_ARGS__),                            \
	     IM(EXT(7), SAR, "sar", attr, E_RW, shift(FLAGS_ALL), ##__VA_ARGS__))
#define MAYBE_SHIFT(f)	MAYBE(f), .special = SPECIAL_SHIFT_IMM
#define MAYBE_ROTATE(f) MAYBE(f), .special = SPECIAL_ROTATE_IMM

#define GROUP3(attr, i, mul_puts, div_puts, in)                                                              \
	ROWS(IM(EXT(0), TEST, "test", attr, E_R, .imm = (i), SETS(FLAGS_ALL)),                               \
	     IM(EXT(1), TEST, "test", attr, E_R, .imm = (i), SETS(FLAGS_ALL)),                               \
	     IM(EXT(2), NOT, "not", (attr) | LOCK, E_RW),                                                    \
	     IM(EXT(3), NEG, "neg", (attr) | LOCK, E_RW, SETS(FLAGS_ALL)),                                   \
	     IM(EXT(4), MUL, "mul", (attr) | FACT_ACC, E_R, USES(AX), PUTS(mul_puts), SETS(FLAGS_ALL)),      \
	     IM(EXT(5), IMUL1, "imul", (attr) | FACT_ACC, E_R, USES(AX), PUTS(mul_puts), SETS(FLAGS_ALL)),   \
	     IM(EXT(6), DIV, "div", (attr) | FACT_ACC, E_R, USES(in), PUTS(div_puts), SETS(FLAGS_ALL)),      \
	     IM(EXT(7), IDIV, "idiv", (attr) | FACT_ACC, E_R, USES(in), PUTS(div_puts), SETS(FLAGS_ALL)))

#define INCDEC(attr)                                                                                         \
	IM(EXT(0), INC, "inc", (attr) | LOCK, E_RW, SETS(FLAGS_NOT_CF)),                                     \
	    IM(EXT(1), DEC, "dec", (attr) | LOCK, E_RW, SETS(FLAGS_NOT_CF))

#define ZREG(o, n, attr, access, ...)                                                                        \
	ROWS(I(ANY, o, n, FACT_REG_IN_OPCODE | (attr), G_(access), ##__VA_ARGS__))
#define PUSH_SEG_ROW(s)                                                                                      \
	ROWS(I(ANY, PUSH_SEG, "push", NO64 | STACK, .imm = IMM_SEG + SEG_##s, USES(SP), PUTS(SP)))
#define POP_SEG_ROW(s)                                                                                       \
	ROWS(I(ANY, POP_SEG, "pop", NO64 | STACK, .imm = IMM_SEG + SEG_##s, USES(SP), PUTS(SP)))
#define BCD(o, n, ...) ROWS(I(ANY, o, n, NO64 | FACT_ACC, USES(AX), PUTS(AX), SETS(FLAGS_ALL), ##__VA_ARGS__))

/* A string instruction without and with a repeat prefix, which adds rCX. */
/* With a count of 0 nothing is written: what would be is an input then. */
#define STRING(o, n, attr, uses, puts, ...)                                                                  \
	ROWS(I(KEY(KEY_ANY_REP, 0), o, n, FACT_STRING | FACT_MEM_IMPLICIT | (attr), USES(uses), PUTS(puts),  \
	       ##__VA_ARGS__),                                                                               \
	     I(KEY(KEY_ANY_REP, KEY_ANY_REP), o, n, FACT_STRING | FACT_MEM_IMPLICIT | (attr),                \
	       USES((uses) | (puts) | CX), PUTS((puts) | CX), ##__VA_ARGS__))
#define STRING_CMP(o, n, attr, uses, puts)                                                                   \
	ROWS(I(KEY(KEY_ANY_REP, 0), o, n, FACT_STRING | FACT_MEM_IMPLICIT | (attr), USES(uses), PUTS(puts),  \
	       SETS(FLAGS_ALL)),                                                                             \
	     I(KEY(KEY_ANY_REP, KEY_ANY_REP), o, n, FACT_STRING | FACT_MEM_IMPLICIT | (attr),                \
	       USES((uses) | CX), PUTS((puts) | CX), MAYBE(FLAGS_ALL)))

#define SREG_STORE(x)                                                                                        \
	IM(EXT(x), MOV_FROM_SEG, "mov", 0, .facts.reg_kind = KIND_SEG, .facts.reg_access = ACCESS_R,         \
	   E_(ACCESS_W, MEM_2))
#define SREG_LOAD(x)                                                                                         \
	IM(EXT(x), MOV_TO_SEG, "mov", 0, .facts.reg_kind = KIND_SEG, .facts.reg_access = ACCESS_W,           \
	   E_(ACCESS_R, MEM_2), GPR_SIZE(2, 0))

#define FAR_PTR(seg, o, n)                                                                                   \
	IM(ANY, o, n, NO64 | FACT_MEM_ONLY, G_W, M_(ACCESS_R, MEM_FAR), .imm = IMM_SEG + SEG_##seg)

const opcode_map optable_one = {
	ALU(0x00, ADD, "add", ACCESS_RW, LOCK, 0),
	ALU(0x08, OR, "or", ACCESS_RW, LOCK, 0),
	ALU(0x10, ADC, "adc", ACCESS_RW, LOCK, FLAG_CF),
	ALU(0x18, SBB, "sbb", ACCESS_RW, LOCK, FLAG_CF),
	ALU(0x20, AND, "and", ACCESS_RW, LOCK, 0),
	ALU(0x28, SUB, "sub", ACCESS_RW, LOCK, 0),
	ALU(0x30, XOR, "xor", ACCESS_RW, LOCK, 0),
	ALU(0x38, CMP, "cmp", ACCESS_R, 0, 0),
	[0x06] = PUSH_SEG_ROW(ES),
	[0x07] = POP_SEG_ROW(ES),
	[0x0e] = PUSH_SEG_ROW(CS),
	[0x16] = PUSH_SEG_ROW(SS),
	[0x17] = POP_SEG_ROW(SS),
	[0x1e] = PUSH_SEG_ROW(DS),
	[0x1f] = POP_SEG_ROW(DS),
	[0x27] = BCD(DAA, "daa", TESTS(FLAG_CF | FLAG_AF)),
	[0x2f] = BCD(DAS, "das", TESTS(FLAG_CF | FLAG_AF)),
	[0x37] = BCD(AAA, "aaa", TESTS(FLAG_AF)),
	[0x3f] = BCD(AAS, "aas", TESTS(FLAG_AF)),

	/* 40..4F are REX in 64-bit mode and never get here */
	[0x40 ... 0x47] = ZREG(INC, "inc", NO64, ACCESS_RW, SETS(FLAGS_NOT_CF)),
	[0x48 ... 0x4f] = ZREG(DEC, "dec", NO64, ACCESS_RW, SETS(FLAGS_NOT_CF)),
	[0x50 ... 0x57] = ZREG(PUSH, "push", FACT_DEF64 | STACK, ACCESS_R, USES(SP), PUTS(SP)),
	[0x58 ... 0x5f] = ZREG(POP, "pop", FACT_DEF64 | STACK, ACCESS_W, USES(SP), PUTS(SP)),
	[0x60] = ROWS(I(ANY, PUSHA, "pusha", NO64 | STACK, USES(0xff), PUTS(SP))),
	[0x61] = ROWS(I(ANY, POPA, "popa", NO64 | STACK, USES(SP), PUTS(0xff))),
	[0x62] = ROWS(
	    IM(ANY, BOUND, "bound", NO64 | FACT_MEM_ONLY | FACT_EVEX_HIDDEN, G_R, M_(ACCESS_R, MEM_OP_2OP))),
	[0x63] = ROWS(
	    IM(KEY(KEY_64, 0), ARPL, "arpl", 0, E_(ACCESS_RW, MEM_2), G_R, GPR_SIZE(2, 2), SETS(FLAG_ZF)),
	    IM(KEY(KEY_W, KEY_W), MOVSXD, "movsxd", 0, E_(ACCESS_R, MEM_4), G_W, GPR_SIZE(4, 0)),
	    IM(ANY, MOVSXD, "movsxd", 0, E_R, G_W)),
	[0x68] = ROWS(I(ANY, PUSH, "push", FACT_DEF64 | STACK, .imm = IMM_Z, USES(SP), PUTS(SP))),
	[0x69] = ROWS(IM(ANY, IMUL3, "imul", 0, G_W, E_R, .imm = IMM_Z, SETS(FLAGS_ALL))),
	[0x6a] = ROWS(I(ANY, PUSH, "push", FACT_DEF64 | STACK, IM8, USES(SP), PUTS(SP))),
	[0x6b] = ROWS(IM(ANY, IMUL3, "imul", 0, G_W, E_R, IM8, SETS(FLAGS_ALL))),
	[0x6c] = STRING(INS, "ins", BYTE, DX | DI, DI),
	[0x6d] = STRING(INS, "ins", 0, DX | DI, DI),
	[0x6e] = STRING(OUTS, "outs", BYTE, DX | SI, SI),
	[0x6f] = STRING(OUTS, "outs", 0, DX | SI, SI),

	[0x70 ... 0x7f] = ROWS(I(ANY, JCC, "jcc", FACT_FORCE64 | FACT_JUMP, IM8, .special = SPECIAL_COND)),
	[0x80] = GROUP1(BYTE, IMM_8),
	[0x81] = GROUP1(0, IMM_Z),
	[0x82] = GROUP1(BYTE | NO64, IMM_8),
	[0x83] = GROUP1(0, IMM_8),
	[0x84] = ROWS(IM(ANY, TEST, "test", BYTE, E_R, G_R, SETS(FLAGS_ALL))),
	[0x85] = ROWS(IM(ANY, TEST, "test", 0, E_R, G_R, SETS(FLAGS_ALL))),
	[0x86] = ROWS(IM(ANY, XCHG, "xchg", BYTE | LOCK, E_RW, G_RW)),
	[0x87] = ROWS(IM(ANY, XCHG, "xchg", LOCK, E_RW, G_RW)),
	[0x88] = ROWS(IM(ANY, MOV, "mov", BYTE, E_W, G_R)),
	[0x89] = ROWS(IM(ANY, MOV, "mov", 0, E_W, G_R)),
	[0x8a] = ROWS(IM(ANY, MOV, "mov", BYTE, E_R, G_W)),
	[0x8b] = ROWS(IM(ANY, MOV, "mov", 0, E_R, G_W)),
	[0x8c] =
	    ROWS(SREG_STORE(0), SREG_STORE(1), SREG_STORE(2), SREG_STORE(3), SREG_STORE(4), SREG_STORE(5)),
	[0x8d] = ROWS(IM(ANY, LEA, "lea", FACT_MEM_ONLY, G_W)),
	[0x8e] = ROWS(SREG_LOAD(0), SREG_LOAD(2), SREG_LOAD(3), SREG_LOAD(4), SREG_LOAD(5)),
	[0x8f] = ROWS(IM(EXT(0), POP, "pop", FACT_DEF64 | STACK, E_W, USES(SP), PUTS(SP))),

	/* 90 with REX.B is XCHG r8, rAX: the decoder turns it into the row of 91 */
	[0x90] = ROWS(I(PP(F3), PAUSE, "pause", 0), I(ANY, NOP, "nop", 0)),
	[0x91 ... 0x97] = ZREG(XCHG, "xchg", FACT_ACC, ACCESS_RW, USES(AX), PUTS(AX)),
	[0x98] = ROWS(I(ANY, CBW, "cbw", FACT_ACC, USES(AX), PUTS(AX))),
	[0x99] = ROWS(I(ANY, CWD, "cwd", FACT_ACC, USES(AX), PUTS(DX))),
	[0x9a] = ROWS(I(ANY, CALL_FAR, "call", NO64 | FACT_JUMP | STACK, .imm = IMM_FAR, USES(SP), PUTS(SP))),
	[0x9b] = ROWS(I(ANY, FWAIT, "fwait", 0, DOM(X87))),
	[0x9c] = ROWS(I(ANY, PUSHF, "pushf", FACT_DEF64 | STACK, USES(SP), PUTS(SP), TESTS(FLAGS_ALL))),
	[0x9d] = ROWS(I(ANY, POPF, "popf", FACT_DEF64 | STACK, USES(SP), PUTS(SP), SETS(FLAGS_ALL))),
	[0x9e] = ROWS(I(ANY, SAHF, "sahf", 0, USES(AX), SETS(FLAGS_LOW))),
	[0x9f] = ROWS(I(ANY, LAHF, "lahf", 0, PUTS(AX), TESTS(FLAGS_LOW))),

	[0xa0] =
	    ROWS(I(ANY, MOV_MOFFS, "mov", BYTE | FACT_ACC | FACT_MEM_IMPLICIT, .imm = IMM_MOFFS, PUTS(AX))),
	[0xa1] = ROWS(I(ANY, MOV_MOFFS, "mov", FACT_ACC | FACT_MEM_IMPLICIT, .imm = IMM_MOFFS, PUTS(AX))),
	[0xa2] =
	    ROWS(I(ANY, MOV_MOFFS, "mov", BYTE | FACT_ACC | FACT_MEM_IMPLICIT, .imm = IMM_MOFFS, USES(AX))),
	[0xa3] = ROWS(I(ANY, MOV_MOFFS, "mov", FACT_ACC | FACT_MEM_IMPLICIT, .imm = IMM_MOFFS, USES(AX))),
	[0xa4] = STRING(MOVS, "movs", BYTE, SI | DI, SI | DI),
	[0xa5] = STRING(MOVS, "movs", 0, SI | DI, SI | DI),
	[0xa6] = STRING_CMP(CMPS, "cmps", BYTE, SI | DI, SI | DI),
	[0xa7] = STRING_CMP(CMPS, "cmps", 0, SI | DI, SI | DI),
	[0xa8] = ROWS(I(ANY, TEST, "test", BYTE | FACT_ACC, IM8, USES(AX), SETS(FLAGS_ALL))),
	[0xa9] = ROWS(I(ANY, TEST, "test", FACT_ACC, .imm = IMM_Z, USES(AX), SETS(FLAGS_ALL))),
	[0xaa] = STRING(STOS, "stos", BYTE | FACT_ACC, AX | DI, DI),
	[0xab] = STRING(STOS, "stos", FACT_ACC, AX | DI, DI),
	[0xac] = STRING(LODS, "lods", BYTE | FACT_ACC, SI, AX | SI),
	[0xad] = STRING(LODS, "lods", FACT_ACC, SI, AX | SI),
	[0xae] = STRING_CMP(SCAS, "scas", BYTE | FACT_ACC, AX | DI, DI),
	[0xaf] = STRING_CMP(SCAS, "scas", FACT_ACC, AX | DI, DI),

	[0xb0 ... 0xb7] = ZREG(MOV, "mov", BYTE, ACCESS_W, IM8),
	[0xb8 ... 0xbf] = ZREG(MOV, "mov", 0, ACCESS_W, .imm = IMM_V),

	[0xc0] = GROUP2(BYTE, MAYBE_SHIFT, MAYBE_ROTATE, MAYBE_SHIFT, IM8),
	[0xc1] = GROUP2(0, MAYBE_SHIFT, MAYBE_ROTATE, MAYBE_SHIFT, IM8),
	[0xc2] =
	    ROWS(I(ANY, RET, "ret", FACT_FORCE64 | FACT_JUMP | STACK, .imm = IMM_16, USES(SP), PUTS(SP))),
	[0xc3] = ROWS(I(ANY, RET, "ret", FACT_FORCE64 | FACT_JUMP | STACK, USES(SP), PUTS(SP))),
	/* C4, C5: VEX in 64-bit mode and for register forms */
	[0xc4] = ROWS(FAR_PTR(ES, LDS, "les")),
	[0xc5] = ROWS(FAR_PTR(DS, LDS, "lds")),
	[0xc6] = ROWS(IM(EXT(0), MOV, "mov", BYTE, E_W, IM8)),
	[0xc7] = ROWS(IM(EXT(0), MOV, "mov", 0, E_W, .imm = IMM_Z)),
	[0xc8] =
	    ROWS(I(ANY, ENTER, "enter", FACT_DEF64 | STACK, .imm = IMM_ENTER, USES(SP | BP), PUTS(SP | BP))),
	[0xc9] = ROWS(I(ANY, LEAVE, "leave", FACT_DEF64 | STACK, USES(BP), PUTS(SP | BP))),
	[0xca] = ROWS(I(ANY, RET_FAR, "ret", FACT_JUMP | STACK, .imm = IMM_16, USES(SP), PUTS(SP))),
	[0xcb] = ROWS(I(ANY, RET_FAR, "ret", FACT_JUMP | STACK, USES(SP), PUTS(SP))),
	[0xcc] = ROWS(I(ANY, INT3, "int3", FACT_JUMP, TESTS(FLAGS_ALL))),
	[0xcd] = ROWS(I(ANY, INT, "int", FACT_JUMP, IM8, TESTS(FLAGS_ALL))),
	[0xce] = ROWS(I(ANY, INTO, "into", FACT_JUMP | NO64, TESTS(FLAGS_ALL))),
	[0xcf] = ROWS(I(ANY, IRET, "iret", FACT_JUMP | STACK, USES(SP), PUTS(SP), SETS(FLAGS_ALL))),

	[0xd0] = GROUP2(BYTE, SETS, SETS, SETS),
	[0xd1] = GROUP2(0, SETS, SETS, SETS),
	[0xd2] = GROUP2(BYTE | FACT_SHIFT_CL, MAYBE, MAYBE, MAYBE, USES(CX)),
	[0xd3] = GROUP2(FACT_SHIFT_CL, MAYBE, MAYBE, MAYBE, USES(CX)),
	[0xd4] = BCD(AAM, "aam", IM8),
	[0xd5] = BCD(AAD, "aad", IM8),
	[0xd6] = ROWS(I(ANY, SALC, "salc", NO64 | FACT_ACC, PUTS(AX), TESTS(FLAG_CF))),
	[0xd7] = ROWS(I(ANY, XLAT, "xlat", FACT_MEM_IMPLICIT | FACT_ACC | BYTE, USES(AX | BX), PUTS(AX))),
	/* D8..DF: optable_x87 */

	[0xe0] =
	    ROWS(I(ANY, LOOPNE, "loopne", FACT_FORCE64 | FACT_JUMP, IM8, USES(CX), PUTS(CX), TESTS(FLAG_ZF))),
	[0xe1] =
	    ROWS(I(ANY, LOOPE, "loope", FACT_FORCE64 | FACT_JUMP, IM8, USES(CX), PUTS(CX), TESTS(FLAG_ZF))),
	[0xe2] = ROWS(I(ANY, LOOP, "loop", FACT_FORCE64 | FACT_JUMP, IM8, USES(CX), PUTS(CX))),
	[0xe3] = ROWS(I(ANY, JCXZ, "jcxz", FACT_FORCE64 | FACT_JUMP, IM8, USES(CX))),
	[0xe4] = ROWS(I(ANY, IN, "in", BYTE | FACT_ACC, IM8, PUTS(AX))),
	[0xe5] = ROWS(I(ANY, IN, "in", FACT_ACC, IM8, PUTS(AX))),
	[0xe6] = ROWS(I(ANY, OUT, "out", BYTE | FACT_ACC, IM8, USES(AX))),
	[0xe7] = ROWS(I(ANY, OUT, "out", FACT_ACC, IM8, USES(AX))),
	[0xe8] =
	    ROWS(I(ANY, CALL, "call", FACT_FORCE64 | FACT_JUMP | STACK, .imm = IMM_Z, USES(SP), PUTS(SP))),
	[0xe9] = ROWS(I(ANY, JMP, "jmp", FACT_FORCE64 | FACT_JUMP, .imm = IMM_Z)),
	[0xea] = ROWS(I(ANY, JMP_FAR, "jmp", NO64 | FACT_JUMP, .imm = IMM_FAR)),
	[0xeb] = ROWS(I(ANY, JMP, "jmp", FACT_FORCE64 | FACT_JUMP, IM8)),
	[0xec] = ROWS(I(ANY, IN, "in", BYTE | FACT_ACC, USES(DX), PUTS(AX))),
	[0xed] = ROWS(I(ANY, IN, "in", FACT_ACC, USES(DX), PUTS(AX))),
	[0xee] = ROWS(I(ANY, OUT, "out", BYTE | FACT_ACC, USES(AX | DX))),
	[0xef] = ROWS(I(ANY, OUT, "out", FACT_ACC, USES(AX | DX))),

	[0xf1] = ROWS(I(ANY, INT1, "int1", FACT_JUMP, TESTS(FLAGS_ALL))),
	[0xf4] = ROWS(I(ANY, HLT, "hlt", FACT_PRIVILEGED)),
	[0xf5] = ROWS(I(ANY, CMC, "cmc", 0, TESTS(FLAG_CF), SETS(FLAG_CF))),
	[0xf6] = GROUP3(BYTE, IMM_8, AX, AX, AX),
	[0xf7] = GROUP3(0, IMM_Z, AX | DX, AX | DX, AX | DX),
	[0xf8] = ROWS(I(ANY, CLC, "clc", 0, SETS(FLAG_CF))),
	[0xf9] = ROWS(I(ANY, STC, "stc", 0, SETS(FLAG_CF))),
	[0xfa] = ROWS(I(ANY, CLI, "cli", 0)),
	[0xfb] = ROWS(I(ANY, STI, "sti", 0)),
	[0xfc] = ROWS(I(ANY, CLD, "cld", 0)),
	[0xfd] = ROWS(I(ANY, STD, "std", 0)),
	[0xfe] = ROWS(INCDEC(BYTE)),
	[0xff] = ROWS(INCDEC(0),
		      IM(EXT(2), CALL_IND, "call", FACT_FORCE64 | FACT_JUMP | STACK, E_R, USES(SP), PUTS(SP)),
		      IM(EXT_MEM(3), CALL_FAR_IND, "call", FACT_JUMP | STACK, M_(ACCESS_R, MEM_FAR), USES(SP),
			 PUTS(SP)),
		      IM(EXT(4), JMP_IND, "jmp", FACT_FORCE64 | FACT_JUMP, E_R),
		      IM(EXT_MEM(5), JMP_FAR_IND, "jmp", FACT_JUMP, M_(ACCESS_R, MEM_FAR)),
		      IM(EXT(6), PUSH, "push", FACT_DEF64 | STACK, E_R, USES(SP), PUTS(SP))),
};
