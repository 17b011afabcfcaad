/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VEX-encoded instructions of maps 0F 38 and 0F 3A: AVX, AVX2, FMA, F16C, BMI1, BMI2 and the 128-bit AES and
 * PCLMULQDQ. */
#include "optable.h"

#define X66(n)		ROWS(X_OP(PP(66), n, MEM_VL, 0))
#define X66_L0(n)	ROWS(X_OP(PP_L(66, 0), n, MEM_VL, 0))
#define X66_W0(n)	ROWS(X_OP(PP_W01(66, 0), n, MEM_VL, 0))
#define X66_W01(n)	ROWS(X_OP(PP_W01(66, 0), n "d", MEM_VL, 0), X_OP(PP_W01(66, 1), n "q", MEM_VL, 0))
#define X66_LD(n, size) ROWS(X_LD(PP(66), n, size, 0))
#define X66_TEST(n)	ROWS(X_CMP(PP_W01(66, 0), n, MEM_VL))
#define W0_MEM(p)	KEY(KEY_PP | KEY_W | KEY_MOD3, PP_##p)
#define W1_MEM(p)	KEY(KEY_PP | KEY_W | KEY_MOD3, PP_##p | KEY_W)
#define L1_W0_MEM(p)	KEY(KEY_PP | KEY_L | KEY_W | KEY_MOD3, PP_##p | KEY_L)
#define FMA_P(n)	ROWS(X_FMA(PP_W01(66, 0), n "ps", MEM_VL), X_FMA(PP_W01(66, 1), n "pd", MEM_VL))
#define FMA_S(n)	ROWS(X_FMA(PP_W01(66, 0), n "ss", MEM_4), X_FMA(PP_W01(66, 1), n "sd", MEM_8))
#define MASK_LD(key, n)                                                                                      \
	IM(key, VMASKMOV, n, 0, DOM(AVX), V_(ACCESS_W), H_(ACCESS_R), M_(ACCESS_R, MEM_SPECIAL))
#define MASK_ST(key, n)                                                                                      \
	IM(key, VMASKMOV, n, 0, DOM(AVX), V_(ACCESS_R), H_(ACCESS_R), M_(ACCESS_W, MEM_SPECIAL))
#define GATHER_ROW(key, n)                                                                                   \
	IM(key, GATHER, n, FACT_VSIB, DOM(AVX), V_(ACCESS_RW), H_(ACCESS_RW), M_(ACCESS_R, MEM_SPECIAL))
#define GATHER(n0, n1) ROWS(GATHER_ROW(W0_MEM(66), n0), GATHER_ROW(W1_MEM(66), n1))

/* BMI: general registers in a VEX encoding, always L = 0 */
#define BMI_GBE(p, o, n, ...) IM(PP_L(p, 0), o, n, 0, G_W, B_(ACCESS_R), E_R, ##__VA_ARGS__)
#define BMI_BLS(x, o, n)                                                                                     \
	IM(KEY(KEY_REG | KEY_PP | KEY_L, (x) << 4), o, n, 0, B_(ACCESS_W), E_R, SETS(FLAGS_ALL))

const opcode_map optable_vex_0f38 = {
	[0x00] = X66("vpshufb"),
	[0x01] = X66("vphaddw"),
	[0x02] = X66("vphaddd"),
	[0x03] = X66("vphaddsw"),
	[0x04] = X66("vpmaddubsw"),
	[0x05] = X66("vphsubw"),
	[0x06] = X66("vphsubd"),
	[0x07] = X66("vphsubsw"),
	[0x08] = X66("vpsignb"),
	[0x09] = X66("vpsignw"),
	[0x0a] = X66("vpsignd"),
	[0x0b] = X66("vpmulhrsw"),
	[0x0c] = X66_W0("vpermilps"),
	[0x0d] = X66_W0("vpermilpd"),
	[0x0e] = X66_TEST("vtestps"),
	[0x0f] = X66_TEST("vtestpd"),
	[0x13] = ROWS(X_LD(PP_W01(66, 0), "vcvtph2ps", MEM_VL_2, 0)),
	[0x16] = ROWS(X_OP(PP_LW(66, 1, 0), "vpermps", MEM_32, 0)),
	[0x17] = ROWS(X_CMP(PP(66), "vptest", MEM_VL)),
	[0x18] = ROWS(X_LD(PP_W01(66, 0), "vbroadcastss", MEM_4, 0)),
	[0x19] = ROWS(X_LD(PP_LW(66, 1, 0), "vbroadcastsd", MEM_8, 0)),
	[0x1a] = ROWS(X_LD(L1_W0_MEM(66), "vbroadcastf128", MEM_16, 0)),
	[0x1c] = X66_LD("vpabsb", MEM_VL),
	[0x1d] = X66_LD("vpabsw", MEM_VL),
	[0x1e] = X66_LD("vpabsd", MEM_VL),
	[0x20] = X66_LD("vpmovsxbw", MEM_VL_2),
	[0x21] = X66_LD("vpmovsxbd", MEM_VL_4),
	[0x22] = X66_LD("vpmovsxbq", MEM_VL_8),
	[0x23] = X66_LD("vpmovsxwd", MEM_VL_2),
	[0x24] = X66_LD("vpmovsxwq", MEM_VL_4),
	[0x25] = X66_LD("vpmovsxdq", MEM_VL_2),
	[0x28] = X66("vpmuldq"),
	[0x29] = X66("vpcmpeqq"),
	[0x2a] = ROWS(X_LD(PP_MEM(66), "vmovntdqa", MEM_VL, AL)),
	[0x2b] = X66("vpackusdw"),
	[0x2c] = ROWS(MASK_LD(W0_MEM(66), "vmaskmovps")),
	[0x2d] = ROWS(MASK_LD(W0_MEM(66), "vmaskmovpd")),
	[0x2e] = ROWS(MASK_ST(W0_MEM(66), "vmaskmovps")),
	[0x2f] = ROWS(MASK_ST(W0_MEM(66), "vmaskmovpd")),
	[0x30] = X66_LD("vpmovzxbw", MEM_VL_2),
	[0x31] = X66_LD("vpmovzxbd", MEM_VL_4),
	[0x32] = X66_LD("vpmovzxbq", MEM_VL_8),
	[0x33] = X66_LD("vpmovzxwd", MEM_VL_2),
	[0x34] = X66_LD("vpmovzxwq", MEM_VL_4),
	[0x35] = X66_LD("vpmovzxdq", MEM_VL_2),
	[0x36] = ROWS(X_OP(PP_LW(66, 1, 0), "vpermd", MEM_32, 0)),
	[0x37] = X66("vpcmpgtq"),
	[0x38] = X66("vpminsb"),
	[0x39] = X66("vpminsd"),
	[0x3a] = X66("vpminuw"),
	[0x3b] = X66("vpminud"),
	[0x3c] = X66("vpmaxsb"),
	[0x3d] = X66("vpmaxsd"),
	[0x3e] = X66("vpmaxuw"),
	[0x3f] = X66("vpmaxud"),
	[0x40] = X66("vpmulld"),
	[0x41] = ROWS(X_LD(PP_L(66, 0), "vphminposuw", MEM_16, 0)),
	[0x45] = X66_W01("vpsrlv"),
	[0x46] = X66_W0("vpsravd"),
	[0x47] = X66_W01("vpsllv"),
	[0x58] = ROWS(X_LD(PP_W01(66, 0), "vpbroadcastd", MEM_4, 0)),
	[0x59] = ROWS(X_LD(PP_W01(66, 0), "vpbroadcastq", MEM_8, 0)),
	[0x5a] = ROWS(X_LD(L1_W0_MEM(66), "vbroadcasti128", MEM_16, 0)),
	[0x78] = ROWS(X_LD(PP_W01(66, 0), "vpbroadcastb", MEM_1, 0)),
	[0x79] = ROWS(X_LD(PP_W01(66, 0), "vpbroadcastw", MEM_2, 0)),
	[0x8c] = ROWS(MASK_LD(W0_MEM(66), "vpmaskmovd"), MASK_LD(W1_MEM(66), "vpmaskmovq")),
	[0x8e] = ROWS(MASK_ST(W0_MEM(66), "vpmaskmovd"), MASK_ST(W1_MEM(66), "vpmaskmovq")),
	[0x90] = GATHER("vpgatherdd", "vpgatherdq"),
	[0x91] = GATHER("vpgatherqd", "vpgatherqq"),
	[0x92] = GATHER("vgatherdps", "vgatherdpd"),
	[0x93] = GATHER("vgatherqps", "vgatherqpd"),
	[0x96] = FMA_P("vfmaddsub132"),
	[0x97] = FMA_P("vfmsubadd132"),
	[0x98] = FMA_P("vfmadd132"),
	[0x99] = FMA_S("vfmadd132"),
	[0x9a] = FMA_P("vfmsub132"),
	[0x9b] = FMA_S("vfmsub132"),
	[0x9c] = FMA_P("vfnmadd132"),
	[0x9d] = FMA_S("vfnmadd132"),
	[0x9e] = FMA_P("vfnmsub132"),
	[0x9f] = FMA_S("vfnmsub132"),
	[0xa6] = FMA_P("vfmaddsub213"),
	[0xa7] = FMA_P("vfmsubadd213"),
	[0xa8] = FMA_P("vfmadd213"),
	[0xa9] = FMA_S("vfmadd213"),
	[0xaa] = FMA_P("vfmsub213"),
	[0xab] = FMA_S("vfmsub213"),
	[0xac] = FMA_P("vfnmadd213"),
	[0xad] = FMA_S("vfnmadd213"),
	[0xae] = FMA_P("vfnmsub213"),
	[0xaf] = FMA_S("vfnmsub213"),
	[0xb6] = FMA_P("vfmaddsub231"),
	[0xb7] = FMA_P("vfmsubadd231"),
	[0xb8] = FMA_P("vfmadd231"),
	[0xb9] = FMA_S("vfmadd231"),
	[0xba] = FMA_P("vfmsub231"),
	[0xbb] = FMA_S("vfmsub231"),
	[0xbc] = FMA_P("vfnmadd231"),
	[0xbd] = FMA_S("vfnmadd231"),
	[0xbe] = FMA_P("vfnmsub231"),
	[0xbf] = FMA_S("vfnmsub231"),
	[0xdb] = ROWS(X_LD(PP_L(66, 0), "vaesimc", MEM_16, 0)),
	[0xdc] = X66_L0("vaesenc"),
	[0xdd] = X66_L0("vaesenclast"),
	[0xde] = X66_L0("vaesdec"),
	[0xdf] = X66_L0("vaesdeclast"),
	[0xf2] = ROWS(BMI_GBE(NONE, ANDN, "andn", SETS(FLAGS_ALL))),
	[0xf3] = ROWS(BMI_BLS(1, BLSR, "blsr"), BMI_BLS(2, BLSMSK, "blsmsk"), BMI_BLS(3, BLSI, "blsi")),
	[0xf5] = ROWS(BMI_GBE(NONE, BZHI, "bzhi", SETS(FLAGS_ALL)), BMI_GBE(F3, PEXT, "pext"),
		      BMI_GBE(F2, PDEP, "pdep")),
	[0xf6] = ROWS(IM(PP_L(F2, 0), MULX, "mulx", 0, G_W, B_(ACCESS_W), E_R, USES(DX))),
	[0xf7] = ROWS(BMI_GBE(NONE, BEXTR, "bextr", SETS(FLAGS_ALL)), BMI_GBE(66, SHLX, "shlx"),
		      BMI_GBE(F3, SARX, "sarx"), BMI_GBE(F2, SHRX, "shrx")),
};

#define X66_8(n) ROWS(X_OP(PP(66), n, MEM_VL, 0, IM8))
/* also the register in imm8[7:4] (is4) */
#define X66_8_W0(n)	ROWS(X_OP(PP_W01(66, 0), n, MEM_VL, 0, IM8))
#define X66_LD8(n, key) ROWS(X_LD(key, n, MEM_VL, 0, IM8))
#define HALF_INSERT(n)	ROWS(X_OP(PP_LW(66, 1, 0), n, MEM_16, 0, IM8))
#define HALF_EXTRACT(n) ROWS(X_ST(PP_LW(66, 1, 0), n, MEM_16, 0, IM8))
#define HALF_PERMUTE(n) ROWS(X_OP(PP_LW(66, 1, 0), n, MEM_32, 0, IM8))
#define EXTRACT(key, n, size, ...)                                                                           \
	IM(key, NATIVE, n, 0, DOM(AVX), V_(ACCESS_R), E_(ACCESS_W, size), IM8, ##__VA_ARGS__)
#define INSERT(key, n, size, ...)                                                                            \
	IM(key, NATIVE, n, 0, DOM(AVX), V_(ACCESS_W), H_(ACCESS_R), E_(ACCESS_R, size), IM8, ##__VA_ARGS__)
#define L0_W1_64 KEY(KEY_PP | KEY_L | KEY_W | KEY_64, PP_66 | KEY_W | KEY_64)
#define STRING_COMPARE(n, uses, puts)                                                                        \
	ROWS(IM(PP_L(66, 0), NATIVE, n, 0, DOM(AVX), V_(ACCESS_R), W_(ACCESS_R, MEM_16), IM8, USES(uses),    \
		PUTS(puts), SETS(FLAGS_ALL)))

const opcode_map optable_vex_0f3a = {
	[0x00] = ROWS(X_LD(PP_LW(66, 1, 1), "vpermq", MEM_32, 0, IM8)),
	[0x01] = ROWS(X_LD(PP_LW(66, 1, 1), "vpermpd", MEM_32, 0, IM8)),
	[0x02] = X66_8_W0("vpblendd"),
	[0x04] = X66_LD8("vpermilps", PP_W01(66, 0)),
	[0x05] = X66_LD8("vpermilpd", PP_W01(66, 0)),
	[0x06] = HALF_PERMUTE("vperm2f128"),
	[0x08] = X66_LD8("vroundps", PP(66)),
	[0x09] = X66_LD8("vroundpd", PP(66)),
	[0x0a] = ROWS(X_OP(PP(66), "vroundss", MEM_4, 0, IM8)),
	[0x0b] = ROWS(X_OP(PP(66), "vroundsd", MEM_8, 0, IM8)),
	[0x0c] = X66_8("vblendps"),
	[0x0d] = X66_8("vblendpd"),
	[0x0e] = X66_8("vpblendw"),
	[0x0f] = X66_8("vpalignr"),
	[0x14] = ROWS(EXTRACT(PP_L(66, 0), "vpextrb", MEM_1, GPR_SIZE(4, 0))),
	[0x15] = ROWS(EXTRACT(PP_L(66, 0), "vpextrw", MEM_2, GPR_SIZE(4, 0))),
	[0x16] = ROWS(EXTRACT(L0_W1_64, "vpextrq", MEM_YQ), EXTRACT(PP_L(66, 0), "vpextrd", MEM_YQ)),
	[0x17] = ROWS(EXTRACT(PP_L(66, 0), "vextractps", MEM_4, GPR_SIZE(4, 0))),
	[0x18] = HALF_INSERT("vinsertf128"),
	[0x19] = HALF_EXTRACT("vextractf128"),
	[0x1d] = ROWS(X_ST(PP_W01(66, 0), "vcvtps2ph", MEM_VL_2, 0, IM8)),
	[0x20] = ROWS(INSERT(PP_L(66, 0), "vpinsrb", MEM_1, GPR_SIZE(4, 0))),
	[0x21] = ROWS(X_OP(PP_L(66, 0), "vinsertps", MEM_4, 0, IM8)),
	[0x22] = ROWS(INSERT(L0_W1_64, "vpinsrq", MEM_YQ), INSERT(PP_L(66, 0), "vpinsrd", MEM_YQ)),
	[0x38] = HALF_INSERT("vinserti128"),
	[0x39] = HALF_EXTRACT("vextracti128"),
	[0x40] = X66_8("vdpps"),
	[0x41] = ROWS(X_OP(PP_L(66, 0), "vdppd", MEM_16, 0, IM8)),
	[0x42] = X66_8("vmpsadbw"),
	[0x44] = ROWS(X_OP(PP_L(66, 0), "vpclmulqdq", MEM_16, 0, IM8)),
	[0x46] = HALF_PERMUTE("vperm2i128"),
	[0x4a] = X66_8_W0("vblendvps"),
	[0x4b] = X66_8_W0("vblendvpd"),
	[0x4c] = X66_8_W0("vpblendvb"),
	[0x60] = STRING_COMPARE("vpcmpestrm", AX | DX, 0),
	[0x61] = STRING_COMPARE("vpcmpestri", AX | DX, CX),
	[0x62] = STRING_COMPARE("vpcmpistrm", 0, 0),
	[0x63] = STRING_COMPARE("vpcmpistri", 0, CX),
	[0xdf] = ROWS(X_LD(PP_L(66, 0), "vaeskeygenassist", MEM_16, 0, IM8)),
	[0xf0] = ROWS(IM(PP_L(F2, 0), RORX, "rorx", 0, G_W, E_R, IM8)),
};
