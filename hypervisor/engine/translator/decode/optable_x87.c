/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x87 opcodes D8..DF: SDM 2, tables, with the undocumented aliases that processors execute.
 */
#include "optable.h"

#define F(key, n, ...)	       IM(key, NATIVE, n, 0, DOM(X87), ##__VA_ARGS__)
#define F_MEM(n, access, size) ROWS(F(ANY, n, M_(access, size)))
#define F_STATE(o, n, access)  ROWS(IM(ANY, o, n, 0, DOM(X87), M_(access, MEM_SPECIAL)))
#define LD(n, size)	       F_MEM(n, ACCESS_R, size)
#define ST(n, size)	       F_MEM(n, ACCESS_W, size)
#define STI(access)	       .facts.rm_kind = KIND_X87, .facts.rm_access = (access)
#define F_R(n)		       ROWS(F(ANY, n, STI(ACCESS_R)))
#define F_W(n)		       ROWS(F(ANY, n, STI(ACCESS_W)))
#define F_RW(n)		       ROWS(F(ANY, n, STI(ACCESS_RW)))
#define F_CMOV(n, f)	       ROWS(F(ANY, n, STI(ACCESS_R), TESTS(f)))
#define F_COMI(n)                                                                                            \
	ROWS(F(ANY, n, STI(ACCESS_R), SETS(FLAG_CF | FLAG_ZF | FLAG_PF), MAYBE(FLAG_AF | FLAG_SF | FLAG_OF)))
#define RM(r, n, ...) F(KEY(KEY_RM, (r) << 8), n, ##__VA_ARGS__)
#define REG	      8 /* + modrm.reg: the register forms */

const struct opcode_row *const optable_x87[8][16] = {
	[0] = { LD("fadd", MEM_4), LD("fmul", MEM_4), LD("fcom", MEM_4), LD("fcomp", MEM_4),
		LD("fsub", MEM_4), LD("fsubr", MEM_4), LD("fdiv", MEM_4), LD("fdivr", MEM_4), F_R("fadd"),
		F_R("fmul"), F_R("fcom"), F_R("fcomp"), F_R("fsub"), F_R("fsubr"), F_R("fdiv"),
		F_R("fdivr") },
	[1] = { [0] = LD("fld", MEM_4),
		[2] = ST("fst", MEM_4),
		[3] = ST("fstp", MEM_4),
		[4] = F_STATE(FLDENV, "fldenv", ACCESS_R),
		[5] = LD("fldcw", MEM_2),
		[6] = F_STATE(FNSTENV, "fnstenv", ACCESS_W),
		[7] = ST("fnstcw", MEM_2),
		[REG + 0] = F_R("fld"),
		[REG + 1] = F_RW("fxch"),
		[REG + 2] = ROWS(RM(0, "fnop")),
		[REG + 3] = F_W("fstpnce"),
		[REG + 4] = ROWS(RM(0, "fchs"), RM(1, "fabs"), RM(4, "ftst"), RM(5, "fxam")),
		[REG + 5] = ROWS(RM(0, "fld1"), RM(1, "fldl2t"), RM(2, "fldl2e"), RM(3, "fldpi"),
				 RM(4, "fldlg2"), RM(5, "fldln2"), RM(6, "fldz")),
		[REG + 6] = ROWS(RM(0, "f2xm1"), RM(1, "fyl2x"), RM(2, "fptan"), RM(3, "fpatan"),
				 RM(4, "fxtract"), RM(5, "fprem1"), RM(6, "fdecstp"), RM(7, "fincstp")),
		[REG + 7] = ROWS(RM(0, "fprem"), RM(1, "fyl2xp1"), RM(2, "fsqrt"), RM(3, "fsincos"),
				 RM(4, "frndint"), RM(5, "fscale"), RM(6, "fsin"), RM(7, "fcos")) },
	[2] = { LD("fiadd", MEM_4), LD("fimul", MEM_4), LD("ficom", MEM_4), LD("ficomp", MEM_4),
		LD("fisub", MEM_4), LD("fisubr", MEM_4), LD("fidiv", MEM_4), LD("fidivr", MEM_4),
		F_CMOV("fcmovb", FLAG_CF), F_CMOV("fcmove", FLAG_ZF), F_CMOV("fcmovbe", FLAG_CF | FLAG_ZF),
		F_CMOV("fcmovu", FLAG_PF), [REG + 5] = ROWS(RM(1, "fucompp")) },
	[3] = { [0] = LD("fild", MEM_4),
		[1] = ST("fisttp", MEM_4),
		[2] = ST("fist", MEM_4),
		[3] = ST("fistp", MEM_4),
		[5] = LD("fld", MEM_10),
		[7] = ST("fstp", MEM_10),
		[REG + 0] = F_CMOV("fcmovnb", FLAG_CF),
		[REG + 1] = F_CMOV("fcmovne", FLAG_ZF),
		[REG + 2] = F_CMOV("fcmovnbe", FLAG_CF | FLAG_ZF),
		[REG + 3] = F_CMOV("fcmovnu", FLAG_PF),
		[REG + 4] = ROWS(RM(0, "feni8087_nop"), RM(1, "fdisi8087_nop"), RM(2, "fnclex"),
				 RM(3, "fninit"), RM(4, "fsetpm287_nop")),
		[REG + 5] = F_COMI("fucomi"),
		[REG + 6] = F_COMI("fcomi") },
	[4] = { LD("fadd", MEM_8), LD("fmul", MEM_8), LD("fcom", MEM_8), LD("fcomp", MEM_8),
		LD("fsub", MEM_8), LD("fsubr", MEM_8), LD("fdiv", MEM_8), LD("fdivr", MEM_8), F_RW("fadd"),
		F_RW("fmul"), F_R("fcom"), F_R("fcomp"), F_RW("fsubr"), F_RW("fsub"), F_RW("fdivr"),
		F_RW("fdiv") },
	[5] = { [0] = LD("fld", MEM_8),
		[1] = ST("fisttp", MEM_8),
		[2] = ST("fst", MEM_8),
		[3] = ST("fstp", MEM_8),
		[4] = F_STATE(FRSTOR, "frstor", ACCESS_R),
		[6] = F_STATE(FNSAVE, "fnsave", ACCESS_W),
		[7] = ST("fnstsw", MEM_2),
		[REG + 0] = F_W("ffree"),
		[REG + 1] = F_RW("fxch"),
		[REG + 2] = F_W("fst"),
		[REG + 3] = F_W("fstp"),
		[REG + 4] = F_R("fucom"),
		[REG + 5] = F_R("fucomp") },
	[6] = { LD("fiadd", MEM_2), LD("fimul", MEM_2), LD("ficom", MEM_2), LD("ficomp", MEM_2),
		LD("fisub", MEM_2), LD("fisubr", MEM_2), LD("fidiv", MEM_2), LD("fidivr", MEM_2),
		F_RW("faddp"), F_RW("fmulp"), F_R("fcomp"), ROWS(RM(1, "fcompp")), F_RW("fsubrp"),
		F_RW("fsubp"), F_RW("fdivrp"), F_RW("fdivp") },
	[7] = { LD("fild", MEM_2), ST("fisttp", MEM_2), ST("fist", MEM_2), ST("fistp", MEM_2),
		LD("fbld", MEM_10), LD("fild", MEM_8), ST("fbstp", MEM_10), ST("fistp", MEM_8),
		[REG + 0] = F_W("ffreep"), [REG + 1] = F_RW("fxch"), [REG + 2] = F_W("fstp"),
		[REG + 3] = F_W("fstp"), [REG + 4] = ROWS(RM(0, "fnstsw", PUTS(AX), GPR_SIZE(2, 0))),
		[REG + 5] = F_COMI("fucomip"), [REG + 6] = F_COMI("fcomip") },
};
