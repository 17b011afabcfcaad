/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One instruction: fetch, decode, dispatch; around it traps, breakpoints and the interrupt shadow. */
#include "engine/translator/interp/exec.h"

/* Handlers after which the next instruction follows. */
static exec_fn *const handlers[OP_COUNT] = {
	[OP_INVALID] = exec_undefined,
	[OP_UD] = exec_undefined,
	[OP_ADD] = exec_add,
	[OP_OR] = exec_or,
	[OP_ADC] = exec_adc,
	[OP_SBB] = exec_sbb,
	[OP_AND] = exec_and,
	[OP_SUB] = exec_sub,
	[OP_XOR] = exec_xor,
	[OP_CMP] = exec_cmp,
	[OP_TEST] = exec_test,
	[OP_INC] = exec_inc,
	[OP_DEC] = exec_dec,
	[OP_NEG] = exec_neg,
	[OP_NOT] = exec_not,
	[OP_MUL] = exec_mul,
	[OP_IMUL1] = exec_imul1,
	[OP_IMUL2] = exec_imul2,
	[OP_IMUL3] = exec_imul2,
	[OP_DIV] = exec_div,
	[OP_IDIV] = exec_idiv,
	[OP_ROL] = exec_rol,
	[OP_ROR] = exec_ror,
	[OP_RCL] = exec_rcl,
	[OP_RCR] = exec_rcr,
	[OP_SHL] = exec_shl,
	[OP_SHR] = exec_shr,
	[OP_SAR] = exec_sar,
	[OP_SHLD] = exec_shld,
	[OP_SHRD] = exec_shrd,
	[OP_BT] = exec_bt,
	[OP_BTS] = exec_bts,
	[OP_BTR] = exec_btr,
	[OP_BTC] = exec_btc,
	[OP_BSF] = exec_bsf,
	[OP_BSR] = exec_bsr,
	[OP_TZCNT] = exec_tzcnt,
	[OP_LZCNT] = exec_lzcnt,
	[OP_POPCNT] = exec_popcnt,
	[OP_CRC32] = exec_crc32,
	[OP_ANDN] = exec_andn,
	[OP_BEXTR] = exec_bextr,
	[OP_BLSI] = exec_blsi,
	[OP_BLSMSK] = exec_blsmsk,
	[OP_BLSR] = exec_blsr,
	[OP_BZHI] = exec_bzhi,
	[OP_MULX] = exec_mulx,
	[OP_PDEP] = exec_pdep,
	[OP_PEXT] = exec_pext,
	[OP_RORX] = exec_rorx,
	[OP_SARX] = exec_sarx,
	[OP_SHLX] = exec_shlx,
	[OP_SHRX] = exec_shrx,
	[OP_ADCX] = exec_adcx,
	[OP_ADOX] = exec_adox,
	[OP_AAA] = exec_aaa,
	[OP_AAD] = exec_aad,
	[OP_AAM] = exec_aam,
	[OP_AAS] = exec_aas,
	[OP_DAA] = exec_daa,
	[OP_DAS] = exec_das,
	[OP_MOV] = exec_mov,
	[OP_MOVBE] = exec_movbe,
	[OP_MOVZX] = exec_movzx,
	[OP_MOVSX] = exec_movsx,
	[OP_MOVSXD] = exec_movsxd,
	[OP_LEA] = exec_lea,
	[OP_XCHG] = exec_xchg,
	[OP_XADD] = exec_xadd,
	[OP_CMPXCHG] = exec_cmpxchg,
	[OP_CMPXCHG8B] = exec_cmpxchg8b,
	[OP_CMPXCHG16B] = exec_cmpxchg8b,
	[OP_BSWAP] = exec_bswap,
	[OP_CMOVCC] = exec_cmovcc,
	[OP_SETCC] = exec_setcc,
	[OP_CBW] = exec_cbw,
	[OP_CWD] = exec_cwd,
	[OP_XLAT] = exec_xlat,
	[OP_MOV_MOFFS] = exec_mov_moffs,
	[OP_MOVNTI] = exec_movnti,
	[OP_PUSH] = exec_push,
	[OP_POP] = exec_pop,
	[OP_PUSHA] = exec_pusha,
	[OP_POPA] = exec_popa,
	[OP_PUSHF] = exec_pushf,
	[OP_POPF] = exec_popf,
	[OP_ENTER] = exec_enter,
	[OP_LEAVE] = exec_leave,
	[OP_LAHF] = exec_lahf,
	[OP_SAHF] = exec_sahf,
	[OP_SALC] = exec_salc,
	[OP_LDS] = exec_lds,
	[OP_MOV_TO_SEG] = exec_mov_to_seg,
	[OP_MOV_FROM_SEG] = exec_mov_from_seg,
	[OP_PUSH_SEG] = exec_push_seg,
	[OP_POP_SEG] = exec_pop_seg,
	[OP_BOUND] = exec_bound,
	[OP_CLC] = exec_clc,
	[OP_STC] = exec_stc,
	[OP_CMC] = exec_cmc,
	[OP_CLD] = exec_cld,
	[OP_STD] = exec_std,
	[OP_CLI] = exec_cli,
	[OP_STI] = exec_sti,
	[OP_CLAC] = exec_clac,
	[OP_STAC] = exec_stac,
	[OP_NOP] = exec_nop,
	[OP_PAUSE] = exec_pause,
	[OP_FENCE] = exec_serialize,
	[OP_CLFLUSH] = exec_clflush,
	[OP_SERIALIZE] = exec_undefined /* not offered */,
	[OP_HLT] = exec_hlt,
	[OP_IN] = exec_in,
	[OP_OUT] = exec_out,
	[OP_CPUID] = exec_cpuid,
	[OP_RDTSC] = exec_rdtsc,
	[OP_RDTSCP] = exec_rdtscp,
	[OP_RDPID] = exec_rdpid,
	[OP_RDPMC] = exec_rdpmc,
	[OP_RDMSR] = exec_rdmsr,
	[OP_WRMSR] = exec_wrmsr,
	[OP_RDRAND] = exec_rdrand,
	[OP_RDSEED] = exec_rdseed,
	[OP_MOV_FROM_CR] = exec_mov_from_cr,
	[OP_MOV_TO_CR] = exec_mov_to_cr,
	[OP_MOV_FROM_DR] = exec_mov_from_dr,
	[OP_MOV_TO_DR] = exec_mov_to_dr,
	[OP_CLTS] = exec_clts,
	[OP_LMSW] = exec_lmsw,
	[OP_SMSW] = exec_smsw,
	[OP_LGDT] = exec_lgdt,
	[OP_SGDT] = exec_sgdt,
	[OP_LIDT] = exec_lidt,
	[OP_SIDT] = exec_sidt,
	[OP_LLDT] = exec_lldt,
	[OP_SLDT] = exec_sldt,
	[OP_LTR] = exec_ltr,
	[OP_STR] = exec_str,
	[OP_LAR] = exec_lar,
	[OP_LSL] = exec_lsl,
	[OP_VERR] = exec_verr,
	[OP_VERW] = exec_verw,
	[OP_ARPL] = exec_arpl,
	[OP_INVD] = exec_wbinvd,
	[OP_WBINVD] = exec_wbinvd,
	[OP_INVLPG] = exec_invlpg,
	[OP_INVPCID] = exec_invpcid,
	[OP_SWAPGS] = exec_swapgs,
	[OP_RDFSBASE] = exec_rdfsbase,
	[OP_RDGSBASE] = exec_rdgsbase,
	[OP_WRFSBASE] = exec_wrfsbase,
	[OP_WRGSBASE] = exec_wrgsbase,
	[OP_MONITOR] = exec_undefined,
	[OP_MWAIT] = exec_undefined,
	[OP_VMCALL] = exec_vmcall,
	[OP_XGETBV] = exec_xgetbv,
	[OP_XSETBV] = exec_xsetbv,
	[OP_FXSAVE... OP_NATIVE] = exec_vector,
};

/* Handlers that set rip. */
static exec_fn *const transfers[OP_COUNT] = {
	[OP_MOVS] = exec_movs,	       [OP_CMPS] = exec_cmps,
	[OP_STOS] = exec_stos,	       [OP_LODS] = exec_lods,
	[OP_SCAS] = exec_scas,	       [OP_INS] = exec_ins,
	[OP_OUTS] = exec_outs,	       [OP_JCC] = exec_jcc,
	[OP_JMP] = exec_jmp,	       [OP_JMP_IND] = exec_jmp_ind,
	[OP_JMP_FAR] = exec_jmp_far,   [OP_JMP_FAR_IND] = exec_jmp_far_ind,
	[OP_CALL] = exec_call,	       [OP_CALL_IND] = exec_call_ind,
	[OP_CALL_FAR] = exec_call_far, [OP_CALL_FAR_IND] = exec_call_far_ind,
	[OP_RET] = exec_ret,	       [OP_RET_FAR] = exec_ret_far,
	[OP_IRET] = exec_iret,	       [OP_LOOP] = exec_loop,
	[OP_LOOPE] = exec_loop,	       [OP_LOOPNE] = exec_loop,
	[OP_JCXZ] = exec_jcxz,	       [OP_INT] = exec_int,
	[OP_INT3] = exec_int3,	       [OP_INT1] = exec_int1,
	[OP_INTO] = exec_into,	       [OP_SYSCALL] = exec_syscall,
	[OP_SYSRET] = exec_sysret,     [OP_SYSENTER] = exec_sysenter,
	[OP_SYSEXIT] = exec_sysexit,
};

/* What holds for all instructions and the decoder cannot know. */
static void check_allowed(struct vcpu *cpu, const struct insn *insn)
{
	if ((insn->facts->attr & FACT_PRIVILEGED) && cpu->cpl != 0)
		raise_gp0(cpu);
	if ((insn->prefixes & PREFIX_VEX) &&
	    !cpu_is_protected(cpu)) /* SDM 2, 2.3.8: no VEX in real and virtual-8086 mode */
		cpu_raise(cpu, VECTOR_UD);
}

void interp_execute(struct vcpu *cpu, const struct insn *insn)
{
	unsigned op = insn->facts->op;
	uint64_t rip = cpu->rip;

	check_allowed(cpu, insn);
	if (transfers[op]) {
		transfers[op](cpu, insn);
	} else {
		handlers[op](cpu, insn);
		cpu->rip = insn_next_rip(insn, cpu->rip);
	}
	if (op != OP_IRET)
		cpu->rflags &= ~(uint64_t)RFLAGS_RF;
	/* interrupts and traps between iterations: SDM 3, 17.3.1.1 */
	if ((insn->facts->attr & FACT_STRING) && cpu->rip == rip)
		cpu->rflags |= RFLAGS_RF;
	cpu->interrupt_shadow >>= 1;
	mmio_log_commit(cpu);
	if (cpu->irq_masked && (cpu->rflags & RFLAGS_IF))
		atomic_fetch_or(&cpu->request, REQUEST_INTERRUPT);
}

/* --- a step ----------------------------------------------------------------------------------- */

static bool loads_ss(const struct insn *insn)
{
	switch (insn->facts->op) {
	case OP_MOV_TO_SEG: return (insn->modrm >> 3 & 7) == SEG_SS;
	case OP_POP_SEG: return insn->imm == SEG_SS;
	default: return false;
	}
}

/* A single step looks at TF as it was before the instruction (POPF, IRET); but what enters the kernel with TF
 * cleared is not followed by a trap. */
static bool single_step_traps(const struct vcpu *cpu, const struct insn *insn)
{
	switch (insn->facts->op) {
	case OP_INT:
	case OP_INT1:
	case OP_INT3:
	case OP_INTO:
	case OP_SYSCALL: return cpu->single_step && (cpu->rflags & RFLAGS_TF);
	default: return cpu->single_step;
	}
}

/* Traps after the instruction: data breakpoints, single step. MOV SS and POP SS put them off (the single step
 * is lost). */
static void raise_traps(struct vcpu *cpu, const struct insn *insn)
{
	if (loads_ss(insn))
		return;
	if (single_step_traps(cpu, insn))
		cpu->debug_hits |= DR6_BS;
	if (!cpu->debug_hits)
		return;
	cpu->dr[6] = (cpu->dr[6] & ~0xfull) | cpu->debug_hits;
	cpu->debug_hits = 0;
	cpu_raise(cpu, VECTOR_DB);
}

void interp_step(struct vcpu *cpu)
{
	enum insn_mode mode = cpu_mode(cpu);
	uint64_t linear = fetch_linear(cpu, mode);
	struct insn scratch;
	const struct insn *insn;

	if (cpu->interrupt_shadow == 0 && cpu->mmio.count == 0)
		cpu->debug_hits = 0;
	cpu->single_step = !!(cpu->rflags & RFLAGS_TF);
	if (debug_is_active(cpu) && !(cpu->rflags & RFLAGS_RF) && cpu->mmio.count == 0)
		debug_check_fetch(cpu, linear);
	insn = fetch_insn(cpu, linear, mode, &scratch);
	interp_execute(cpu, insn);
	raise_traps(cpu, insn);
}
