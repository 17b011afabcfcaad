/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two-byte opcode map 0F: SDM 2, table A-3, and groups 6, 7, 8, 9, 12 to 16. */
#include "optable.h"

#define LOCK  FACT_LOCKABLE
#define BYTE  FACT_BYTE
#define PRIV  FACT_PRIVILEGED
#define STACK (FACT_IMPLICIT_STACK | FACT_MEM_IMPLICIT)
#define IMP   FACT_MEM_IMPLICIT

/* ps, pd, ss, sd by mandatory prefix: arithmetic and one-operand forms */
#define FP4_OP(n)                                                                                            \
	ROWS(S_OP(PP(NONE), n "ps", MEM_16, AL), S_OP(PP(66), n "pd", MEM_16, AL),                           \
	     S_OP(PP(F3), n "ss", MEM_4, 0), S_OP(PP(F2), n "sd", MEM_8, 0))
#define FP2_OP(n, ...)                                                                                       \
	ROWS(S_OP(PP(NONE), n "ps", MEM_16, AL, ##__VA_ARGS__),                                              \
	     S_OP(PP(66), n "pd", MEM_16, AL, ##__VA_ARGS__))

/* MMX and SSE shifts by immediate: the register is modrm.rm */
#define QS_SHIFT(x, n)                                                                                       \
	IM(EXT_PP_REG(x, NONE), NATIVE, n, 0, DOM(MMX), .facts.rm_kind = KIND_MMX,                           \
	   .facts.rm_access = ACCESS_RW, IM8),                                                               \
	    S_SHIFT(x, n)
#define S_SHIFT(x, n) IM(EXT_PP_REG(x, 66), NATIVE, n, 0, DOM(SSE), U_(ACCESS_RW), IM8)

#define GPR_FROM_VEC(key, o, n, size, ...) IM(key, o, n, 0, DOM(SSE), G_W, W_(ACCESS_R, size), ##__VA_ARGS__)

#define CPUID_REGS		  (AX | BX | CX | DX)
#define HINT_NOP		  ROWS(IM(ANY, NOP, "nop", 0))
#define SELECTOR(x, o, n, a, ...) IM(EXT(x), o, n, a, E_(ACCESS_R, MEM_2), GPR_SIZE(2, 0), ##__VA_ARGS__)
#define TABLE(x, o, n, access, a) IM(EXT_MEM(x), o, n, FACT_FORCE64 | (a), M_(access, MEM_TABLE))
#define RANDOM(x, o, n)                                                                                      \
	IM(KEY(KEY_REG | KEY_MOD3 | KEY_ANY_REP, (x) << 4 | KEY_MOD3), o, n, 0, .facts.rm_kind = KIND_GPR,   \
	   .facts.rm_access = ACCESS_W, SETS(FLAGS_ALL))
#define BASE(x, o, n, access)                                                                                \
	IM(EXT_PP_REG(x, F3), o, n, FACT_ONLY64, .special = SPECIAL_DWORD, .facts.rm_kind = KIND_GPR,        \
	   .facts.rm_access = (access))
#define MOVE_CR(o, n, kind, kind_access, gpr_access)                                                         \
	IM(ANY, o, n, FACT_REG_ONLY | PRIV, .special = SPECIAL_MOD_IGNORED, .facts.reg_kind = (kind),        \
	   .facts.reg_access = (kind_access), .facts.rm_kind = KIND_GPR, .facts.rm_access = (gpr_access))
#define XSAVE_ROW(x, o, n, access)                                                                           \
	IM(EXT_PP_MEM(x, NONE), o, n, 0, DOM(SSE), M_(access, MEM_SPECIAL), USES(AX | DX))
#define PUSH_SEG_ROW(s)                                                                                      \
	ROWS(I(ANY, PUSH_SEG, "push", FACT_DEF64 | STACK, .imm = IMM_SEG + SEG_##s, USES(SP), PUTS(SP)))
#define POP_SEG_ROW(s)                                                                                       \
	ROWS(I(ANY, POP_SEG, "pop", FACT_DEF64 | STACK, .imm = IMM_SEG + SEG_##s, USES(SP), PUTS(SP)))
#define FAR_PTR(seg, n)                                                                                      \
	ROWS(IM(ANY, LDS, n, FACT_MEM_ONLY, G_W, M_(ACCESS_R, MEM_FAR), .imm = IMM_SEG + SEG_##seg))
#define BIT_REG(o, n, access, lock)                                                                          \
	ROWS(IM(ANY, o, n, FACT_BITSTRING | (lock), E_(access, MEM_OP), G_R, SETS(FLAGS_NOT_ZF)))
#define BIT_IMM(x, o, n, access, lock) IM(EXT(x), o, n, lock, E_(access, MEM_OP), IM8, SETS(FLAGS_NOT_ZF))
#define DOUBLE_SHIFT(o, n)                                                                                   \
	ROWS(IM(ANY, o, n, 0, E_RW, G_R, IM8, MAYBE(FLAGS_ALL), .special = SPECIAL_SHIFT_IMM))
#define DOUBLE_SHIFT_CL(o, n) ROWS(IM(ANY, o, n, FACT_SHIFT_CL, E_RW, G_R, USES(CX), MAYBE(FLAGS_ALL)))
#define SCAN(o, n, o_f3, n_f3)                                                                               \
	ROWS(IM(PP(F3), o_f3, n_f3, 0, G_W, E_R, SETS(FLAGS_ALL)),                                           \
	     IM(ANY, o, n, 0, G_RW, E_R, SETS(FLAGS_ALL)))
#define EXTEND(o, n, size) ROWS(IM(ANY, o, n, 0, G_W, E_(ACCESS_R, MEM_##size), GPR_SIZE(size, 0)))

const opcode_map optable_0f = {
	[0x00] = ROWS(IM(EXT(0), SLDT, "sldt", 0, E_(ACCESS_W, MEM_2)),
		      IM(EXT(1), STR, "str", 0, E_(ACCESS_W, MEM_2)), SELECTOR(2, LLDT, "lldt", PRIV),
		      SELECTOR(3, LTR, "ltr", PRIV), SELECTOR(4, VERR, "verr", 0, SETS(FLAG_ZF)),
		      SELECTOR(5, VERW, "verw", 0, SETS(FLAG_ZF))),
	[0x01] = ROWS(TABLE(0, SGDT, "sgdt", ACCESS_W, 0), TABLE(1, SIDT, "sidt", ACCESS_W, 0),
		      TABLE(2, LGDT, "lgdt", ACCESS_R, PRIV), TABLE(3, LIDT, "lidt", ACCESS_R, PRIV),
		      IM(EXT(4), SMSW, "smsw", 0, E_(ACCESS_W, MEM_2)), SELECTOR(6, LMSW, "lmsw", PRIV),
		      IM(EXT_MEM(7), INVLPG, "invlpg", PRIV), IM(EXT_RM_PP(0, 1, NONE), VMCALL, "vmcall", 0),
		      IM(EXT_RM_PP(1, 0, NONE), MONITOR, "monitor", IMP, USES(AX | CX | DX)),
		      IM(EXT_RM_PP(1, 1, NONE), MWAIT, "mwait", 0, USES(AX | CX)),
		      IM(EXT_RM_PP(1, 2, NONE), CLAC, "clac", 0), IM(EXT_RM_PP(1, 3, NONE), STAC, "stac", 0),
		      IM(EXT_RM_PP(2, 0, NONE), XGETBV, "xgetbv", 0, USES(CX), PUTS(AX | DX)),
		      IM(EXT_RM_PP(2, 1, NONE), XSETBV, "xsetbv", PRIV, USES(AX | CX | DX)),
		      IM(EXT_RM(3, 1), VMCALL, "vmmcall", 0),
		      IM(EXT_RM(7, 0), SWAPGS, "swapgs", PRIV | FACT_ONLY64),
		      IM(EXT_RM(7, 1), RDTSCP, "rdtscp", 0, PUTS(AX | CX | DX))),
	[0x02] = ROWS(IM(ANY, LAR, "lar", 0, G_RW, E_(ACCESS_R, MEM_2), SETS(FLAG_ZF))),
	[0x03] = ROWS(IM(ANY, LSL, "lsl", 0, G_RW, E_(ACCESS_R, MEM_2), SETS(FLAG_ZF))),
	[0x05] =
	    ROWS(I(ANY, SYSCALL, "syscall", FACT_JUMP, PUTS(CX | R11), TESTS(FLAGS_ALL), SETS(FLAGS_ALL))),
	[0x06] = ROWS(I(ANY, CLTS, "clts", PRIV)),
	[0x07] = ROWS(I(ANY, SYSRET, "sysret", FACT_JUMP | PRIV, USES(CX | R11), SETS(FLAGS_ALL))),
	[0x08] = ROWS(I(ANY, INVD, "invd", PRIV)),
	[0x09] =
	    ROWS(I(ANY, WBINVD, "wbinvd", PRIV)), /* with F3 WBNOINVD: the same for one who has no cache */
	[0x0b] = ROWS(I(ANY, UD, "ud2", FACT_JUMP)),
	[0x0d] = HINT_NOP, /* PREFETCHW */

	[0x10] = ROWS(S_LD(PP(NONE), "movups", MEM_16, 0), S_LD(PP(66), "movupd", MEM_16, 0),
		      S_LD(PP_MEM(F3), "movss", MEM_4, 0), S_LD(PP_MEM(F2), "movsd", MEM_8, 0),
		      IM(PP(F3), NATIVE, "movss", 0, DOM(SSE), V_(ACCESS_RW), U_(ACCESS_R)),
		      IM(PP(F2), NATIVE, "movsd", 0, DOM(SSE), V_(ACCESS_RW), U_(ACCESS_R))),
	[0x11] = ROWS(S_ST(PP(NONE), "movups", MEM_16, 0), S_ST(PP(66), "movupd", MEM_16, 0),
		      S_ST(PP_MEM(F3), "movss", MEM_4, 0), S_ST(PP_MEM(F2), "movsd", MEM_8, 0),
		      IM(PP(F3), NATIVE, "movss", 0, DOM(SSE), V_(ACCESS_R), U_(ACCESS_RW)),
		      IM(PP(F2), NATIVE, "movsd", 0, DOM(SSE), V_(ACCESS_R), U_(ACCESS_RW))),
	[0x12] = ROWS(S_OP(PP_MEM(NONE), "movlps", MEM_8, 0), S_OP(PP_REG(NONE), "movhlps", MEM_NONE, 0),
		      S_OP(PP_MEM(66), "movlpd", MEM_8, 0), S_LD(PP(F3), "movsldup", MEM_16, AL),
		      S_LD(PP(F2), "movddup", MEM_8, 0)),
	[0x13] = ROWS(S_ST(PP_MEM(NONE), "movlps", MEM_8, 0), S_ST(PP_MEM(66), "movlpd", MEM_8, 0)),
	[0x14] = FP2_OP("unpckl"),
	[0x15] = FP2_OP("unpckh"),
	[0x16] = ROWS(S_OP(PP_MEM(NONE), "movhps", MEM_8, 0), S_OP(PP_REG(NONE), "movlhps", MEM_NONE, 0),
		      S_OP(PP_MEM(66), "movhpd", MEM_8, 0), S_LD(PP(F3), "movshdup", MEM_16, AL)),
	[0x17] = ROWS(S_ST(PP_MEM(NONE), "movhps", MEM_8, 0), S_ST(PP_MEM(66), "movhpd", MEM_8, 0)),
	[0x18 ... 0x1f] = HINT_NOP, /* PREFETCH*, BND* without MPX, CLDEMOTE, ENDBR, RDSSP without CET */

	[0x20] = ROWS(MOVE_CR(MOV_FROM_CR, "mov", KIND_CR, ACCESS_R, ACCESS_W)),
	[0x21] = ROWS(MOVE_CR(MOV_FROM_DR, "mov", KIND_DR, ACCESS_R, ACCESS_W)),
	[0x22] = ROWS(MOVE_CR(MOV_TO_CR, "mov", KIND_CR, ACCESS_W, ACCESS_R)),
	[0x23] = ROWS(MOVE_CR(MOV_TO_DR, "mov", KIND_DR, ACCESS_W, ACCESS_R)),
	[0x28] = ROWS(S_LD(PP(NONE), "movaps", MEM_16, AL), S_LD(PP(66), "movapd", MEM_16, AL)),
	[0x29] = ROWS(S_ST(PP(NONE), "movaps", MEM_16, AL), S_ST(PP(66), "movapd", MEM_16, AL)),
	[0x2a] = ROWS(IM(PP(NONE), NATIVE, "cvtpi2ps", 0, DOM(SSE), V_(ACCESS_RW), Q_(ACCESS_R, MEM_8)),
		      IM(PP(66), NATIVE, "cvtpi2pd", 0, DOM(SSE), V_(ACCESS_W), Q_(ACCESS_R, MEM_8)),
		      IM(PP(F3), NATIVE, "cvtsi2ss", 0, DOM(SSE), V_(ACCESS_RW), E_(ACCESS_R, MEM_YQ)),
		      IM(PP(F2), NATIVE, "cvtsi2sd", 0, DOM(SSE), V_(ACCESS_RW), E_(ACCESS_R, MEM_YQ))),
	[0x2b] = ROWS(S_ST(PP_MEM(NONE), "movntps", MEM_16, AL), S_ST(PP_MEM(66), "movntpd", MEM_16, AL)),
	[0x2c] = ROWS(IM(PP(NONE), NATIVE, "cvttps2pi", 0, DOM(SSE), P_(ACCESS_W), W_(ACCESS_R, MEM_8)),
		      IM(PP(66), NATIVE, "cvttpd2pi", AL, DOM(SSE), P_(ACCESS_W), W_(ACCESS_R, MEM_16)),
		      GPR_FROM_VEC(PP(F3), NATIVE, "cvttss2si", MEM_4),
		      GPR_FROM_VEC(PP(F2), NATIVE, "cvttsd2si", MEM_8)),
	[0x2d] = ROWS(IM(PP(NONE), NATIVE, "cvtps2pi", 0, DOM(SSE), P_(ACCESS_W), W_(ACCESS_R, MEM_8)),
		      IM(PP(66), NATIVE, "cvtpd2pi", AL, DOM(SSE), P_(ACCESS_W), W_(ACCESS_R, MEM_16)),
		      GPR_FROM_VEC(PP(F3), NATIVE, "cvtss2si", MEM_4),
		      GPR_FROM_VEC(PP(F2), NATIVE, "cvtsd2si", MEM_8)),
	[0x2e] = ROWS(S_CMP(PP(NONE), "ucomiss", MEM_4), S_CMP(PP(66), "ucomisd", MEM_8)),
	[0x2f] = ROWS(S_CMP(PP(NONE), "comiss", MEM_4), S_CMP(PP(66), "comisd", MEM_8)),

	[0x30] = ROWS(I(ANY, WRMSR, "wrmsr", PRIV, USES(AX | CX | DX))),
	[0x31] = ROWS(I(ANY, RDTSC, "rdtsc", 0, PUTS(AX | DX))),
	[0x32] = ROWS(I(ANY, RDMSR, "rdmsr", PRIV, USES(CX), PUTS(AX | DX))),
	[0x33] = ROWS(I(ANY, RDPMC, "rdpmc", 0, USES(CX), PUTS(AX | DX))),
	[0x34] = ROWS(I(ANY, SYSENTER, "sysenter", FACT_JUMP, PUTS(SP))),
	[0x35] = ROWS(I(ANY, SYSEXIT, "sysexit", FACT_JUMP | PRIV, USES(CX | DX), PUTS(SP))),
	[0x40 ... 0x4f] = ROWS(IM(ANY, CMOVCC, "cmovcc", 0, G_RW, E_R, .special = SPECIAL_COND)),

	[0x50] = ROWS(IM(PP_REG(NONE), NATIVE, "movmskps", 0, DOM(SSE), G_W, U_(ACCESS_R)),
		      IM(PP_REG(66), NATIVE, "movmskpd", 0, DOM(SSE), G_W, U_(ACCESS_R))),
	[0x51] = ROWS(S_LD(PP(NONE), "sqrtps", MEM_16, AL), S_LD(PP(66), "sqrtpd", MEM_16, AL),
		      S_OP(PP(F3), "sqrtss", MEM_4, 0), S_OP(PP(F2), "sqrtsd", MEM_8, 0)),
	[0x52] = ROWS(S_LD(PP(NONE), "rsqrtps", MEM_16, AL), S_OP(PP(F3), "rsqrtss", MEM_4, 0)),
	[0x53] = ROWS(S_LD(PP(NONE), "rcpps", MEM_16, AL), S_OP(PP(F3), "rcpss", MEM_4, 0)),
	[0x54] = FP2_OP("and"),
	[0x55] = FP2_OP("andn"),
	[0x56] = FP2_OP("or"),
	[0x57] = FP2_OP("xor"),
	[0x58] = FP4_OP("add"),
	[0x59] = FP4_OP("mul"),
	[0x5a] = ROWS(S_LD(PP(NONE), "cvtps2pd", MEM_8, 0), S_LD(PP(66), "cvtpd2ps", MEM_16, AL),
		      S_OP(PP(F3), "cvtss2sd", MEM_4, 0), S_OP(PP(F2), "cvtsd2ss", MEM_8, 0)),
	[0x5b] = ROWS(S_LD(PP(NONE), "cvtdq2ps", MEM_16, AL), S_LD(PP(66), "cvtps2dq", MEM_16, AL),
		      S_LD(PP(F3), "cvttps2dq", MEM_16, AL)),
	[0x5c] = FP4_OP("sub"),
	[0x5d] = FP4_OP("min"),
	[0x5e] = FP4_OP("div"),
	[0x5f] = FP4_OP("max"),

	[0x60] = ROWS(Q_OP("punpcklbw", MEM_4), S_OP(PP(66), "punpcklbw", MEM_16, AL)),
	[0x61] = ROWS(Q_OP("punpcklwd", MEM_4), S_OP(PP(66), "punpcklwd", MEM_16, AL)),
	[0x62] = ROWS(Q_OP("punpckldq", MEM_4), S_OP(PP(66), "punpckldq", MEM_16, AL)),
	[0x63] = QS_OP("packsswb"),
	[0x64] = QS_OP("pcmpgtb"),
	[0x65] = QS_OP("pcmpgtw"),
	[0x66] = QS_OP("pcmpgtd"),
	[0x67] = QS_OP("packuswb"),
	[0x68] = QS_OP("punpckhbw"),
	[0x69] = QS_OP("punpckhwd"),
	[0x6a] = QS_OP("punpckhdq"),
	[0x6b] = QS_OP("packssdw"),
	[0x6c] = ROWS(S_OP(PP(66), "punpcklqdq", MEM_16, AL)),
	[0x6d] = ROWS(S_OP(PP(66), "punpckhqdq", MEM_16, AL)),
	[0x6e] = ROWS(IM(PP_W(NONE), NATIVE, "movq", 0, DOM(MMX), P_(ACCESS_W), E_(ACCESS_R, MEM_YQ)),
		      IM(PP(NONE), NATIVE, "movd", 0, DOM(MMX), P_(ACCESS_W), E_(ACCESS_R, MEM_YQ)),
		      IM(PP_W(66), NATIVE, "movq", 0, DOM(SSE), V_(ACCESS_W), E_(ACCESS_R, MEM_YQ)),
		      IM(PP(66), NATIVE, "movd", 0, DOM(SSE), V_(ACCESS_W), E_(ACCESS_R, MEM_YQ))),
	[0x6f] =
	    ROWS(Q_LD("movq", MEM_8), S_LD(PP(66), "movdqa", MEM_16, AL), S_LD(PP(F3), "movdqu", MEM_16, 0)),

	[0x70] = ROWS(Q_LD("pshufw", MEM_8, IM8), S_LD(PP(66), "pshufd", MEM_16, AL, IM8),
		      S_LD(PP(F3), "pshufhw", MEM_16, AL, IM8), S_LD(PP(F2), "pshuflw", MEM_16, AL, IM8)),
	[0x71] = ROWS(QS_SHIFT(2, "psrlw"), QS_SHIFT(4, "psraw"), QS_SHIFT(6, "psllw")),
	[0x72] = ROWS(QS_SHIFT(2, "psrld"), QS_SHIFT(4, "psrad"), QS_SHIFT(6, "pslld")),
	[0x73] = ROWS(QS_SHIFT(2, "psrlq"), S_SHIFT(3, "psrldq"), QS_SHIFT(6, "psllq"), S_SHIFT(7, "pslldq")),
	[0x74] = QS_OP("pcmpeqb"),
	[0x75] = QS_OP("pcmpeqw"),
	[0x76] = QS_OP("pcmpeqd"),
	[0x77] = ROWS(I(PP(NONE), EMMS, "emms", 0, DOM(MMX))),
	[0x7c] = ROWS(S_OP(PP(66), "haddpd", MEM_16, AL), S_OP(PP(F2), "haddps", MEM_16, AL)),
	[0x7d] = ROWS(S_OP(PP(66), "hsubpd", MEM_16, AL), S_OP(PP(F2), "hsubps", MEM_16, AL)),
	[0x7e] = ROWS(IM(PP_W(NONE), NATIVE, "movq", 0, DOM(MMX), P_(ACCESS_R), E_(ACCESS_W, MEM_YQ)),
		      IM(PP(NONE), NATIVE, "movd", 0, DOM(MMX), P_(ACCESS_R), E_(ACCESS_W, MEM_YQ)),
		      IM(PP_W(66), NATIVE, "movq", 0, DOM(SSE), V_(ACCESS_R), E_(ACCESS_W, MEM_YQ)),
		      IM(PP(66), NATIVE, "movd", 0, DOM(SSE), V_(ACCESS_R), E_(ACCESS_W, MEM_YQ)),
		      S_LD(PP(F3), "movq", MEM_8, 0)),
	[0x7f] = ROWS(IM(PP(NONE), NATIVE, "movq", 0, DOM(MMX), P_(ACCESS_R), Q_(ACCESS_W, MEM_8)),
		      S_ST(PP(66), "movdqa", MEM_16, AL), S_ST(PP(F3), "movdqu", MEM_16, 0)),

	[0x80 ... 0x8f] =
	    ROWS(I(ANY, JCC, "jcc", FACT_FORCE64 | FACT_JUMP, .imm = IMM_Z, .special = SPECIAL_COND)),
	[0x90 ... 0x9f] = ROWS(IM(ANY, SETCC, "setcc", BYTE, E_W, .special = SPECIAL_COND)),
	[0xa0] = PUSH_SEG_ROW(FS),
	[0xa1] = POP_SEG_ROW(FS),
	[0xa2] = ROWS(I(ANY, CPUID, "cpuid", 0, USES(AX | CX), PUTS(CPUID_REGS))),
	[0xa3] = BIT_REG(BT, "bt", ACCESS_R, 0),
	[0xa4] = DOUBLE_SHIFT(SHLD, "shld"),
	[0xa5] = DOUBLE_SHIFT_CL(SHLD, "shld"),
	[0xa8] = PUSH_SEG_ROW(GS),
	[0xa9] = POP_SEG_ROW(GS),
	[0xab] = BIT_REG(BTS, "bts", ACCESS_RW, LOCK),
	[0xac] = DOUBLE_SHIFT(SHRD, "shrd"),
	[0xad] = DOUBLE_SHIFT_CL(SHRD, "shrd"),
	[0xae] =
	    ROWS(IM(EXT_PP_MEM(0, NONE), FXSAVE, "fxsave", 0, DOM(X87), M_(ACCESS_W, MEM_SPECIAL)),
		 IM(EXT_PP_MEM(1, NONE), FXRSTOR, "fxrstor", 0, DOM(X87), M_(ACCESS_R, MEM_SPECIAL)),
		 IM(EXT_PP_MEM(2, NONE), LDMXCSR, "ldmxcsr", 0, DOM(SSE), M_(ACCESS_R, MEM_4)),
		 IM(EXT_PP_MEM(3, NONE), STMXCSR, "stmxcsr", 0, DOM(SSE), M_(ACCESS_W, MEM_4)),
		 XSAVE_ROW(4, XSAVE, "xsave", ACCESS_RW), XSAVE_ROW(5, XRSTOR, "xrstor", ACCESS_R),
		 XSAVE_ROW(6, XSAVEOPT, "xsaveopt", ACCESS_RW),
		 IM(EXT_PP_MEM(7, NONE), CLFLUSH, "clflush", 0, M_(ACCESS_R, MEM_1)),
		 IM(EXT_PP_MEM(6, 66), CLFLUSH, "clwb", 0, M_(ACCESS_R, MEM_1)),
		 IM(EXT_PP_MEM(7, 66), CLFLUSH, "clflushopt", 0, M_(ACCESS_R, MEM_1)),
		 IM(EXT_PP_REG(5, NONE), FENCE, "lfence", 0), IM(EXT_PP_REG(6, NONE), FENCE, "mfence", 0),
		 IM(EXT_PP_REG(7, NONE), FENCE, "sfence", 0), BASE(0, RDFSBASE, "rdfsbase", ACCESS_W),
		 BASE(1, RDGSBASE, "rdgsbase", ACCESS_W), BASE(2, WRFSBASE, "wrfsbase", ACCESS_R),
		 BASE(3, WRGSBASE, "wrgsbase", ACCESS_R)),
	[0xaf] = ROWS(IM(ANY, IMUL2, "imul", 0, G_RW, E_R, SETS(FLAGS_ALL))),

	[0xb0] =
	    ROWS(IM(ANY, CMPXCHG, "cmpxchg", BYTE | LOCK, E_RW, G_R, USES(AX), PUTS(AX), SETS(FLAGS_ALL))),
	[0xb1] = ROWS(IM(ANY, CMPXCHG, "cmpxchg", LOCK, E_RW, G_R, USES(AX), PUTS(AX), SETS(FLAGS_ALL))),
	[0xb2] = FAR_PTR(SS, "lss"),
	[0xb3] = BIT_REG(BTR, "btr", ACCESS_RW, LOCK),
	[0xb4] = FAR_PTR(FS, "lfs"),
	[0xb5] = FAR_PTR(GS, "lgs"),
	[0xb6] = EXTEND(MOVZX, "movzx", 1),
	[0xb7] = EXTEND(MOVZX, "movzx", 2),
	[0xb8] = ROWS(IM(PP(F3), POPCNT, "popcnt", 0, G_W, E_R, SETS(FLAGS_ALL))),
	[0xb9] = ROWS(IM(ANY, UD, "ud1", FACT_JUMP)),
	[0xba] = ROWS(BIT_IMM(4, BT, "bt", ACCESS_R, 0), BIT_IMM(5, BTS, "bts", ACCESS_RW, LOCK),
		      BIT_IMM(6, BTR, "btr", ACCESS_RW, LOCK), BIT_IMM(7, BTC, "btc", ACCESS_RW, LOCK)),
	[0xbb] = BIT_REG(BTC, "btc", ACCESS_RW, LOCK),
	[0xbc] = SCAN(BSF, "bsf", TZCNT, "tzcnt"),
	[0xbd] = SCAN(BSR, "bsr", LZCNT, "lzcnt"),
	[0xbe] = EXTEND(MOVSX, "movsx", 1),
	[0xbf] = EXTEND(MOVSX, "movsx", 2),

	[0xc0] = ROWS(IM(ANY, XADD, "xadd", BYTE | LOCK, E_RW, G_RW, SETS(FLAGS_ALL))),
	[0xc1] = ROWS(IM(ANY, XADD, "xadd", LOCK, E_RW, G_RW, SETS(FLAGS_ALL))),
	[0xc2] = ROWS(S_OP(PP(NONE), "cmpps", MEM_16, AL, IM8), S_OP(PP(66), "cmppd", MEM_16, AL, IM8),
		      S_OP(PP(F3), "cmpss", MEM_4, 0, IM8), S_OP(PP(F2), "cmpsd", MEM_8, 0, IM8)),
	[0xc3] =
	    ROWS(IM(PP_MEM(NONE), MOVNTI, "movnti", 0, .special = SPECIAL_DWORD, G_R, M_(ACCESS_W, MEM_YQ))),
	[0xc4] = ROWS(IM(PP(NONE), NATIVE, "pinsrw", 0, DOM(MMX), P_(ACCESS_RW), E_(ACCESS_R, MEM_2),
			 GPR_SIZE(4, 0), IM8),
		      IM(PP(66), NATIVE, "pinsrw", 0, DOM(SSE), V_(ACCESS_RW), E_(ACCESS_R, MEM_2),
			 GPR_SIZE(4, 0), IM8)),
	[0xc5] = ROWS(IM(PP_REG(NONE), NATIVE, "pextrw", 0, DOM(MMX), G_W, .facts.rm_kind = KIND_MMX,
			 .facts.rm_access = ACCESS_R, IM8),
		      IM(PP_REG(66), NATIVE, "pextrw", 0, DOM(SSE), G_W, U_(ACCESS_R), IM8)),
	[0xc6] = FP2_OP("shuf", IM8),
	[0xc7] = ROWS(IM(KEY(KEY_REG | KEY_MOD3 | KEY_W, 1 << 4 | KEY_W), CMPXCHG16B, "cmpxchg16b",
			 LOCK | FACT_ALIGN, M_(ACCESS_RW, MEM_16), USES(AX | DX | BX | CX), PUTS(AX | DX),
			 SETS(FLAG_ZF)),
		      IM(EXT_MEM(1), CMPXCHG8B, "cmpxchg8b", LOCK, M_(ACCESS_RW, MEM_8),
			 USES(AX | DX | BX | CX), PUTS(AX | DX), SETS(FLAG_ZF)),
		      XSAVE_ROW(4, XSAVEC, "xsavec", ACCESS_RW),
		      IM(EXT_PP_REG(7, F3), RDPID, "rdpid", 0, .special = SPECIAL_NATURAL,
			 .facts.rm_kind = KIND_GPR, .facts.rm_access = ACCESS_W),
		      RANDOM(6, RDRAND, "rdrand"), RANDOM(7, RDSEED, "rdseed")),
	[0xc8 ... 0xcf] = ROWS(I(ANY, BSWAP, "bswap", FACT_REG_IN_OPCODE, G_RW)),

	[0xd0] = ROWS(S_OP(PP(66), "addsubpd", MEM_16, AL), S_OP(PP(F2), "addsubps", MEM_16, AL)),
	[0xd1] = QS_OP("psrlw"),
	[0xd2] = QS_OP("psrld"),
	[0xd3] = QS_OP("psrlq"),
	[0xd4] = QS_OP("paddq"),
	[0xd5] = QS_OP("pmullw"),
	[0xd6] = ROWS(S_ST(PP(66), "movq", MEM_8, 0),
		      IM(PP_REG(F3), NATIVE, "movq2dq", 0, DOM(SSE), V_(ACCESS_W), .facts.rm_kind = KIND_MMX,
			 .facts.rm_access = ACCESS_R),
		      IM(PP_REG(F2), NATIVE, "movdq2q", 0, DOM(SSE), P_(ACCESS_W), U_(ACCESS_R))),
	[0xd7] = ROWS(IM(PP_REG(NONE), NATIVE, "pmovmskb", 0, DOM(MMX), G_W, .facts.rm_kind = KIND_MMX,
			 .facts.rm_access = ACCESS_R),
		      IM(PP_REG(66), NATIVE, "pmovmskb", 0, DOM(SSE), G_W, U_(ACCESS_R))),
	[0xd8] = QS_OP("psubusb"),
	[0xd9] = QS_OP("psubusw"),
	[0xda] = QS_OP("pminub"),
	[0xdb] = QS_OP("pand"),
	[0xdc] = QS_OP("paddusb"),
	[0xdd] = QS_OP("paddusw"),
	[0xde] = QS_OP("pmaxub"),
	[0xdf] = QS_OP("pandn"),
	[0xe0] = QS_OP("pavgb"),
	[0xe1] = QS_OP("psraw"),
	[0xe2] = QS_OP("psrad"),
	[0xe3] = QS_OP("pavgw"),
	[0xe4] = QS_OP("pmulhuw"),
	[0xe5] = QS_OP("pmulhw"),
	[0xe6] = ROWS(S_LD(PP(66), "cvttpd2dq", MEM_16, AL), S_LD(PP(F3), "cvtdq2pd", MEM_8, 0),
		      S_LD(PP(F2), "cvtpd2dq", MEM_16, AL)),
	[0xe7] = ROWS(IM(PP_MEM(NONE), NATIVE, "movntq", 0, DOM(MMX), P_(ACCESS_R), M_(ACCESS_W, MEM_8)),
		      S_ST(PP_MEM(66), "movntdq", MEM_16, AL)),
	[0xe8] = QS_OP("psubsb"),
	[0xe9] = QS_OP("psubsw"),
	[0xea] = QS_OP("pminsw"),
	[0xeb] = QS_OP("por"),
	[0xec] = QS_OP("paddsb"),
	[0xed] = QS_OP("paddsw"),
	[0xee] = QS_OP("pmaxsw"),
	[0xef] = QS_OP("pxor"),
	[0xf0] = ROWS(S_LD(PP_MEM(F2), "lddqu", MEM_16, 0)),
	[0xf1] = QS_OP("psllw"),
	[0xf2] = QS_OP("pslld"),
	[0xf3] = QS_OP("psllq"),
	[0xf4] = QS_OP("pmuludq"),
	[0xf5] = QS_OP("pmaddwd"),
	[0xf6] = QS_OP("psadbw"),
	[0xf7] =
	    ROWS(IM(PP_REG(NONE), MASKMOV, "maskmovq", IMP, DOM(MMX), P_(ACCESS_R), .facts.rm_kind = KIND_MMX,
		    .facts.rm_access = ACCESS_R, USES(DI)),
		 IM(PP_REG(66), MASKMOV, "maskmovdqu", IMP, DOM(SSE), V_(ACCESS_R), U_(ACCESS_R), USES(DI))),
	[0xf8] = QS_OP("psubb"),
	[0xf9] = QS_OP("psubw"),
	[0xfa] = QS_OP("psubd"),
	[0xfb] = QS_OP("psubq"),
	[0xfc] = QS_OP("paddb"),
	[0xfd] = QS_OP("paddw"),
	[0xfe] = QS_OP("paddd"),
	[0xff] = ROWS(IM(ANY, UD, "ud0", FACT_JUMP)),
};
