/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three-byte opcode maps 0F 38 and 0F 3A: SDM 2, tables. */
#include "optable.h"

#define S66(n, size)	      ROWS(S_OP(PP(66), n, size, size == MEM_16 ? AL : 0))
#define S66_LD(n, size)	      ROWS(S_LD(PP(66), n, size, size == MEM_16 ? AL : 0))
#define SHA(n)		      ROWS(S_OP(PP(NONE), n, MEM_16, AL))
#define CARRY_ADD(p, o, n, f) IM(PP(p), o, n, 0, .special = SPECIAL_DWORD, G_RW, E_R, TESTS(f), SETS(f))

const opcode_map optable_0f38 = {
	[0x00] = QS_OP("pshufb"),
	[0x01] = QS_OP("phaddw"),
	[0x02] = QS_OP("phaddd"),
	[0x03] = QS_OP("phaddsw"),
	[0x04] = QS_OP("pmaddubsw"),
	[0x05] = QS_OP("phsubw"),
	[0x06] = QS_OP("phsubd"),
	[0x07] = QS_OP("phsubsw"),
	[0x08] = QS_OP("psignb"),
	[0x09] = QS_OP("psignw"),
	[0x0a] = QS_OP("psignd"),
	[0x0b] = QS_OP("pmulhrsw"),
	[0x10] = S66("pblendvb", MEM_16),
	[0x14] = S66("blendvps", MEM_16),
	[0x15] = S66("blendvpd", MEM_16),
	[0x17] = ROWS(
	    IM(PP(66), NATIVE, "ptest", AL, DOM(SSE), V_(ACCESS_R), W_(ACCESS_R, MEM_16), SETS(FLAGS_ALL))),
	[0x1c] = QS_LD("pabsb"),
	[0x1d] = QS_LD("pabsw"),
	[0x1e] = QS_LD("pabsd"),
	[0x20] = S66_LD("pmovsxbw", MEM_8),
	[0x21] = S66_LD("pmovsxbd", MEM_4),
	[0x22] = S66_LD("pmovsxbq", MEM_2),
	[0x23] = S66_LD("pmovsxwd", MEM_8),
	[0x24] = S66_LD("pmovsxwq", MEM_4),
	[0x25] = S66_LD("pmovsxdq", MEM_8),
	[0x28] = S66("pmuldq", MEM_16),
	[0x29] = S66("pcmpeqq", MEM_16),
	[0x2a] = ROWS(S_LD(PP_MEM(66), "movntdqa", MEM_16, AL)),
	[0x2b] = S66("packusdw", MEM_16),
	[0x30] = S66_LD("pmovzxbw", MEM_8),
	[0x31] = S66_LD("pmovzxbd", MEM_4),
	[0x32] = S66_LD("pmovzxbq", MEM_2),
	[0x33] = S66_LD("pmovzxwd", MEM_8),
	[0x34] = S66_LD("pmovzxwq", MEM_4),
	[0x35] = S66_LD("pmovzxdq", MEM_8),
	[0x37] = S66("pcmpgtq", MEM_16),
	[0x38] = S66("pminsb", MEM_16),
	[0x39] = S66("pminsd", MEM_16),
	[0x3a] = S66("pminuw", MEM_16),
	[0x3b] = S66("pminud", MEM_16),
	[0x3c] = S66("pmaxsb", MEM_16),
	[0x3d] = S66("pmaxsd", MEM_16),
	[0x3e] = S66("pmaxuw", MEM_16),
	[0x3f] = S66("pmaxud", MEM_16),
	[0x40] = S66("pmulld", MEM_16),
	[0x41] = S66_LD("phminposuw", MEM_16),
	[0x82] = ROWS(IM(PP_MEM(66), INVPCID, "invpcid", FACT_PRIVILEGED, .special = SPECIAL_NATURAL, G_R,
			 M_(ACCESS_R, MEM_16))),
	[0xc8] = ROWS(S_OP(PP(NONE), "sha1nexte", MEM_16, AL)),
	[0xc9] = SHA("sha1msg1"),
	[0xca] = SHA("sha1msg2"),
	[0xcb] = SHA("sha256rnds2"),
	[0xcc] = SHA("sha256msg1"),
	[0xcd] = SHA("sha256msg2"),
	[0xdb] = S66_LD("aesimc", MEM_16),
	[0xdc] = S66("aesenc", MEM_16),
	[0xdd] = S66("aesenclast", MEM_16),
	[0xde] = S66("aesdec", MEM_16),
	[0xdf] = S66("aesdeclast", MEM_16),
	[0xf0] = ROWS(IM(PP_W(F2), CRC32, "crc32", 0, G_RW, E_(ACCESS_R, MEM_1), GPR_SIZE(1, 8)),
		      IM(PP(F2), CRC32, "crc32", 0, G_RW, E_(ACCESS_R, MEM_1), GPR_SIZE(1, 4)),
		      IM(KEY(KEY_ANY_REP | KEY_MOD3, 0), MOVBE, "movbe", 0, G_W, M_(ACCESS_R, MEM_OP))),
	[0xf1] = ROWS(IM(PP_W(F2), CRC32, "crc32", 0, G_RW, E_R),
		      IM(PP(F2), CRC32, "crc32", 0, G_RW, E_R, GPR_SIZE(0, 4)),
		      IM(KEY(KEY_ANY_REP | KEY_MOD3, 0), MOVBE, "movbe", 0, G_R, M_(ACCESS_W, MEM_OP))),
	[0xf6] = ROWS(CARRY_ADD(66, ADCX, "adcx", FLAG_CF), CARRY_ADD(F3, ADOX, "adox", FLAG_OF)),
};

/* A lane of a vector register to a general register or memory, and back. */
#define EXTRACT(n, size)                                                                                     \
	ROWS(IM(PP(66), NATIVE, n, 0, DOM(SSE), V_(ACCESS_R), E_(ACCESS_W, MEM_##size), GPR_SIZE(4, 0), IM8))
#define S66_8(n, size)	 ROWS(S_OP(PP(66), n, size, size == MEM_16 ? AL : 0, IM8))
#define S66_LD8(n, size) ROWS(S_LD(PP(66), n, size, size == MEM_16 ? AL : 0, IM8))
/* No alignment is asked for: SDM 2, 2.7 (Type 4 without the alignment check) */
#define STRING_COMPARE(n, uses, puts)                                                                        \
	ROWS(IM(PP(66), NATIVE, n, 0, DOM(SSE), V_(ACCESS_R), W_(ACCESS_R, MEM_16), IM8, USES(uses),         \
		PUTS(puts), SETS(FLAGS_ALL)))

const opcode_map optable_0f3a = {
	[0x08] = S66_LD8("roundps", MEM_16),
	[0x09] = S66_LD8("roundpd", MEM_16),
	[0x0a] = S66_8("roundss", MEM_4),
	[0x0b] = S66_8("roundsd", MEM_8),
	[0x0c] = S66_8("blendps", MEM_16),
	[0x0d] = S66_8("blendpd", MEM_16),
	[0x0e] = S66_8("pblendw", MEM_16),
	[0x0f] = QS_OP("palignr", IM8),
	[0x14] = EXTRACT("pextrb", 1),
	[0x15] = EXTRACT("pextrw", 2),
	[0x16] = ROWS(IM(PP_W(66), NATIVE, "pextrq", 0, DOM(SSE), V_(ACCESS_R), E_(ACCESS_W, MEM_YQ), IM8),
		      IM(PP(66), NATIVE, "pextrd", 0, DOM(SSE), V_(ACCESS_R), E_(ACCESS_W, MEM_YQ), IM8)),
	[0x17] = EXTRACT("extractps", 4),
	[0x20] = ROWS(IM(PP(66), NATIVE, "pinsrb", 0, DOM(SSE), V_(ACCESS_RW), E_(ACCESS_R, MEM_1),
			 GPR_SIZE(4, 0), IM8)),
	[0x21] = S66_8("insertps", MEM_4),
	[0x22] = ROWS(IM(PP_W(66), NATIVE, "pinsrq", 0, DOM(SSE), V_(ACCESS_RW), E_(ACCESS_R, MEM_YQ), IM8),
		      IM(PP(66), NATIVE, "pinsrd", 0, DOM(SSE), V_(ACCESS_RW), E_(ACCESS_R, MEM_YQ), IM8)),
	[0x40] = S66_8("dpps", MEM_16),
	[0x41] = S66_8("dppd", MEM_16),
	[0x42] = S66_8("mpsadbw", MEM_16),
	[0x44] = S66_8("pclmulqdq", MEM_16),
	[0x60] = STRING_COMPARE("pcmpestrm", AX | DX, 0),
	[0x61] = STRING_COMPARE("pcmpestri", AX | DX, CX),
	[0x62] = STRING_COMPARE("pcmpistrm", 0, 0),
	[0x63] = STRING_COMPARE("pcmpistri", 0, CX),
	[0xcc] = ROWS(S_OP(PP(NONE), "sha1rnds4", MEM_16, AL, IM8)),
	[0xdf] = S66_LD8("aeskeygenassist", MEM_16),
};
