/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode_policy.h"

#include <string.h>

/* Sets that the translator does not offer: CPUID hides them, so they are #UD. */
static bool is_hidden(ZydisISASet set)
{
	switch (set) {
	case ZYDIS_ISA_SET_AMD3DNOW:
	case ZYDIS_ISA_SET_AMD_INVLPGB:
	case ZYDIS_ISA_SET_AMX_BF16:
	case ZYDIS_ISA_SET_AMX_INT8:
	case ZYDIS_ISA_SET_AMX_TILE:
	case ZYDIS_ISA_SET_AVX_GFNI:
	case ZYDIS_ISA_SET_AVX_VNNI:
	case ZYDIS_ISA_SET_CET:
	case ZYDIS_ISA_SET_CLZERO:
	case ZYDIS_ISA_SET_ENQCMD:
	case ZYDIS_ISA_SET_FMA4:
	case ZYDIS_ISA_SET_GFNI:
	case ZYDIS_ISA_SET_HRESET:
	case ZYDIS_ISA_SET_KEYLOCKER:
	case ZYDIS_ISA_SET_KEYLOCKER_WIDE:
	case ZYDIS_ISA_SET_KNCE:
	case ZYDIS_ISA_SET_KNCJKBR:
	case ZYDIS_ISA_SET_KNCSTREAM:
	case ZYDIS_ISA_SET_KNCV:
	case ZYDIS_ISA_SET_KNC_MISC:
	case ZYDIS_ISA_SET_KNC_PF_HINT:
	case ZYDIS_ISA_SET_LWP:
	case ZYDIS_ISA_SET_MCOMMIT:
	case ZYDIS_ISA_SET_MONITORX:
	case ZYDIS_ISA_SET_MOVDIR:
	case ZYDIS_ISA_SET_PADLOCK_ACE:
	case ZYDIS_ISA_SET_PADLOCK_PHE:
	case ZYDIS_ISA_SET_PADLOCK_PMM:
	case ZYDIS_ISA_SET_PADLOCK_RNG:
	case ZYDIS_ISA_SET_PCONFIG:
	case ZYDIS_ISA_SET_PKU:
	case ZYDIS_ISA_SET_PT:
	case ZYDIS_ISA_SET_RDPRU:
	case ZYDIS_ISA_SET_RTM:
	case ZYDIS_ISA_SET_SERIALIZE:
	case ZYDIS_ISA_SET_SGX:
	case ZYDIS_ISA_SET_SGX_ENCLV:
	case ZYDIS_ISA_SET_SMX:
	case ZYDIS_ISA_SET_SNP:
	case ZYDIS_ISA_SET_SSE4A:
	case ZYDIS_ISA_SET_TBM:
	case ZYDIS_ISA_SET_TDX:
	case ZYDIS_ISA_SET_TSX_LDTRK:
	case ZYDIS_ISA_SET_UINTR:
	case ZYDIS_ISA_SET_VAES:
	case ZYDIS_ISA_SET_VMFUNC:
	case ZYDIS_ISA_SET_VPCLMULQDQ:
	case ZYDIS_ISA_SET_WAITPKG:
	case ZYDIS_ISA_SET_XOP:
	case ZYDIS_ISA_SET_XSAVES: return true;
	default: return false;
	}
}

static bool is_hidden_instruction(const struct comparison *c)
{
	switch (c->zydis.mnemonic) {
	case ZYDIS_MNEMONIC_RSM: /* #UD outside system management mode, which does not exist here */
		return true;
	default: break;
	}
	/* VMX and SVM but for the two calls; SVM's other instructions have no names of their own set */
	if (c->zydis.meta.isa_set == ZYDIS_ISA_SET_VTX || c->zydis.meta.isa_set == ZYDIS_ISA_SET_SVM)
		return c->zydis.mnemonic != ZYDIS_MNEMONIC_VMCALL &&
		       c->zydis.mnemonic != ZYDIS_MNEMONIC_VMMCALL;
	return c->zydis.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX ||
	       c->zydis.encoding == ZYDIS_INSTRUCTION_ENCODING_MVEX || is_hidden(c->zydis.meta.isa_set) ||
	       strstr(ZydisISASetGetString(c->zydis.meta.isa_set), "AVX512");
}

bool policy_only_ours(const struct comparison *c)
{
	return false;
}

bool policy_only_theirs(const struct comparison *c)
{
	return is_hidden_instruction(c);
}

/* Our names leave out the operand-size letter where one operation covers all sizes. */
static bool is_sized_name(enum insn_op op)
{
	switch (op) {
	case OP_MOVS:
	case OP_CMPS:
	case OP_STOS:
	case OP_LODS:
	case OP_SCAS:
	case OP_INS:
	case OP_OUTS:
	case OP_IRET:
	case OP_PUSHA:
	case OP_POPA:
	case OP_PUSHF:
	case OP_POPF:
	case OP_FXSAVE:
	case OP_FXRSTOR:
	case OP_XSAVE:
	case OP_XSAVEOPT:
	case OP_XSAVEC:
	case OP_XRSTOR: return true;
	default: return false;
	}
}

bool policy_name(const struct comparison *c, const char *theirs)
{
	const char *ours = c->ours.facts->name;
	unsigned size = c->ours.opsize;

	switch (c->ours.facts->op) {
	case OP_JCC: return theirs[0] == 'j';
	case OP_SETCC: return !strncmp(theirs, "set", 3);
	case OP_CMOVCC: return !strncmp(theirs, "cmov", 4);
	case OP_CBW: return !strcmp(theirs, size == 2 ? "cbw" : size == 4 ? "cwde" : "cdqe");
	case OP_CWD: return !strcmp(theirs, size == 2 ? "cwd" : size == 4 ? "cdq" : "cqo");
	case OP_JCXZ:
		return !strcmp(theirs, c->ours.addrsize == 2   ? "jcxz"
				       : c->ours.addrsize == 4 ? "jecxz"
							       : "jrcxz");
	case OP_NOP: return !strcmp(theirs, "nop") || !strncmp(theirs, "prefetch", 8);
	default: break;
	}
	if (is_sized_name(c->ours.facts->op))
		return !strncmp(theirs, ours, strlen(ours));
	return !strcmp(ours, theirs);
}

bool policy_access(const struct comparison *c, const ZydisDecodedOperand *operand, unsigned access)
{
	switch (c->zydis.mnemonic) {
	case ZYDIS_MNEMONIC_BSF: /* with a source of 0 the destination stays */
	case ZYDIS_MNEMONIC_BSR: return access == ACCESS_RW;
	case ZYDIS_MNEMONIC_FFREE: /* the tag changes */
	case ZYDIS_MNEMONIC_FFREEP: return access == ACCESS_W;
	/* the rest of the XMM register stays, which Zydis does not call a read */
	case ZYDIS_MNEMONIC_CVTPI2PS:
	case ZYDIS_MNEMONIC_CVTSD2SS:
	case ZYDIS_MNEMONIC_CVTSS2SD:
	case ZYDIS_MNEMONIC_CVTSI2SD:
	case ZYDIS_MNEMONIC_CVTSI2SS:
	case ZYDIS_MNEMONIC_MOVHLPS:
	case ZYDIS_MNEMONIC_MOVLHPS:
	case ZYDIS_MNEMONIC_MOVHPS:
	case ZYDIS_MNEMONIC_MOVHPD:
	case ZYDIS_MNEMONIC_MOVLPS:
	case ZYDIS_MNEMONIC_MOVLPD:
	case ZYDIS_MNEMONIC_MOVSS:
	case ZYDIS_MNEMONIC_MOVSD:
	case ZYDIS_MNEMONIC_RCPSS:
	case ZYDIS_MNEMONIC_RSQRTSS:
	case ZYDIS_MNEMONIC_SQRTSS:
	case ZYDIS_MNEMONIC_SQRTSD:
	case ZYDIS_MNEMONIC_ROUNDSS:
	case ZYDIS_MNEMONIC_ROUNDSD: return access == ACCESS_RW;
	default: return false;
	}
}

bool policy_gpr_size(const struct comparison *c, const ZydisDecodedOperand *operand, unsigned size)
{
	switch (c->zydis.mnemonic) {
	case ZYDIS_MNEMONIC_LSL:
		return true; /* only 16 bits count */
	/* a mask that fits in 32 bits: with REX.W zero-extended all the same */
	case ZYDIS_MNEMONIC_PEXTRW:
	case ZYDIS_MNEMONIC_VPEXTRW:
	case ZYDIS_MNEMONIC_PMOVMSKB:
	case ZYDIS_MNEMONIC_VPMOVMSKB:
	case ZYDIS_MNEMONIC_MOVMSKPS:
	case ZYDIS_MNEMONIC_MOVMSKPD:
	case ZYDIS_MNEMONIC_VMOVMSKPS:
	case ZYDIS_MNEMONIC_VMOVMSKPD: return size == 8 && operand->size == 32;
	default: return false;
	}
}

bool policy_memory(const struct comparison *c, const ZydisDecodedOperand *operand)
{
	switch (c->ours.facts->op) {
	case OP_MOVSXD:
		return c->ours.opsize == 2 && c->ours.mem_size == 2; /* 66: a processor reads two bytes */
	case OP_LEA:
	case OP_INVLPG: return c->ours.mem_size == 0;  /* an address only */
	case OP_CLFLUSH: return c->ours.mem_size == 1; /* any byte of the line */
	default: return false;
	}
}

bool policy_operands(const struct comparison *c)
{
	return false;
}

bool policy_implicit(const struct comparison *c)
{
	switch (c->ours.facts->op) {
	/* Zydis does not say for all of them that the index registers move; tested by running them
	 * (diff_native) */
	case OP_MOVS:
	case OP_CMPS:
	case OP_STOS:
	case OP_LODS:
	case OP_SCAS:
	case OP_INS:
	case OP_OUTS: return true;
	case OP_XLAT: return c->ours.facts->implicit_read == (1 << 0 | 1 << 3); /* [rBX + AL] */
	case OP_LEAVE:
		return c->ours.facts->implicit_read == 1 << 5; /* rSP = rBP: the old rSP does not matter */
	default: return false;
	}
}

bool policy_flags(const struct comparison *c)
{
	switch (c->ours.facts->op) {
	/* they push, or save in R11, what Zydis calls unread */
	case OP_INT:
	case OP_INT3:
	case OP_INT1:
	case OP_INTO:
	case OP_SYSCALL: return c->ours.flags_read == FLAGS_ALL;
	case OP_VMCALL:
		return !c->ours.flags_written; /* as VMX root mode sees it; here the hypervisor decides */
	/* with REPE Zydis calls ZF an input; only the ZF that the comparison just made is one */
	case OP_CMPS:
	case OP_SCAS:
		return (c->ours.flags_written | c->ours.flags_maybe) == FLAGS_ALL && !c->ours.flags_read;
	default: break;
	}
	switch (c->zydis.mnemonic) {
	case ZYDIS_MNEMONIC_VPTEST: /* SDM: the other flags are cleared */
	case ZYDIS_MNEMONIC_VTESTPS:
	case ZYDIS_MNEMONIC_VTESTPD: return c->ours.flags_written == FLAGS_ALL;
	default: return false;
	}
}

bool policy_address_size(const struct comparison *c)
{
	return false;
}

unsigned policy_segment(const struct comparison *c)
{
	static const struct {
		ZydisInstructionAttributes attribute;
		unsigned segment;
	} segments[] = {
		{ ZYDIS_ATTRIB_HAS_SEGMENT_ES, SEG_ES }, { ZYDIS_ATTRIB_HAS_SEGMENT_CS, SEG_CS },
		{ ZYDIS_ATTRIB_HAS_SEGMENT_SS, SEG_SS }, { ZYDIS_ATTRIB_HAS_SEGMENT_DS, SEG_DS },
		{ ZYDIS_ATTRIB_HAS_SEGMENT_FS, SEG_FS }, { ZYDIS_ATTRIB_HAS_SEGMENT_GS, SEG_GS },
	};

	if (c->ours.facts->mem == MEM_NONE) /* nothing is accessed: Zydis drops the override */
		return c->ours.segment;
	for (unsigned i = 0; i < 6; i++)
		if (c->zydis.attributes & segments[i].attribute)
			return segments[i].segment;
	return SEG_NONE;
}
