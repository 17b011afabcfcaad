/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions on control and debug registers, the TLB, XCR0; HLT. (FACT_PRIVILEGED was checked before:
 * step.c.) */
#include "engine/translator/interp/exec.h"
#include "engine/translator/jit/jit.h"
#include "engine/translator/upcall.h"

static void check(struct vcpu *cpu, bool accepted)
{
	if (!accepted)
		raise_gp0(cpu);
}

static unsigned control_size(const struct insn *insn)
{
	return insn->mode == MODE_64 ? 8 : 4;
}

void exec_mov_from_cr(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t value = 0;

	require_cpl0(cpu);
	switch (insn_reg(insn)) {
	case 0: value = cpu->cr0; break;
	case 2: value = cpu->cr2; break;
	case 3: value = cpu->cr3; break;
	case 4: value = cpu->cr4; break;
	case 8: value = apic_get_cr8(&cpu->apic); break;
	default: cpu_raise(cpu, VECTOR_UD);
	}
	gpr_write(cpu, insn_rm(insn), control_size(insn), value);
}

static void set_cr8(struct vcpu *cpu, uint64_t value)
{
	check(cpu, value < 16);
	apic_set_cr8(&cpu->apic, (uint8_t)value);
}

void exec_mov_to_cr(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t value = gpr_read(cpu, insn_rm(insn), control_size(insn));

	require_cpl0(cpu);
	switch (insn_reg(insn)) {
	case 0: check(cpu, cpu_set_cr0(cpu, value)); break;
	case 2: cpu->cr2 = value; break;
	case 3: check(cpu, cpu_set_cr3(cpu, value)); break;
	case 4: check(cpu, cpu_set_cr4(cpu, value)); break;
	case 8: set_cr8(cpu, value); break;
	default: cpu_raise(cpu, VECTOR_UD);
	}
}

void exec_clts(struct vcpu *cpu, const struct insn *insn)
{
	require_cpl0(cpu);
	cpu->cr0 &= ~CR0_TS;
}

/* PE, MP, EM, TS only; PE can be set but not cleared. */
void exec_lmsw(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t value = rm_read(cpu, insn, 2);

	require_cpl0(cpu);
	check(cpu, cpu_set_cr0(cpu, (cpu->cr0 & ~0xeull) | (value & 0xf)));
}

void exec_smsw(struct vcpu *cpu, const struct insn *insn)
{
	if ((cpu->cr4 & CR4_UMIP) && cpu->cpl > 0)
		raise_gp0(cpu);
	rm_write(cpu, insn, insn->has_mem ? 2 : insn->opsize, cpu->cr0);
}

/* --- debug registers -------------------------------------------------------------------------- */

/* DR4 and DR5 are other names of DR6 and DR7 unless CR4.DE is set. */
static unsigned debug_register(struct vcpu *cpu, const struct insn *insn)
{
	unsigned number = insn_reg(insn);

	if (number > 7 || ((number == 4 || number == 5) && (cpu->cr4 & CR4_DE)))
		cpu_raise(cpu, VECTOR_UD);
	require_cpl0(cpu);
	if (cpu->dr[7] & DR7_GD) {
		cpu->dr[6] |= DR6_BD;
		cpu_raise(cpu, VECTOR_DB);
	}
	return number == 4 || number == 5 ? number + 2 : number;
}

void exec_mov_from_dr(struct vcpu *cpu, const struct insn *insn)
{
	unsigned number = debug_register(cpu, insn);

	gpr_write(cpu, insn_rm(insn), control_size(insn), cpu->dr[number]);
}

void exec_mov_to_dr(struct vcpu *cpu, const struct insn *insn)
{
	unsigned number = debug_register(cpu, insn);
	uint64_t value = gpr_read(cpu, insn_rm(insn), control_size(insn));

	if (number >= 6 && value >> 32)
		raise_gp0(cpu);
	if (number == 6)
		value = (value & 0xe00f) | 0xffff0ff0;
	else if (number == 7)
		value = (value & 0xffff23ff) | 0x400;
	cpu->dr[number] = value;
}

/* --- TLB -------------------------------------------------------------------------------------- */

void exec_wbinvd(struct vcpu *cpu, const struct insn *insn)
{
	require_cpl0(cpu);
}

/* A non-canonical address does nothing. */
void exec_invlpg(struct vcpu *cpu, const struct insn *insn)
{
	unsigned segment = operand_segment(insn);
	uint64_t linear = operand_offset(cpu, insn);

	require_cpl0(cpu);
	if (insn->mode != MODE_64)
		linear = (uint32_t)(linear + cpu->seg[segment].base);
	else if (segment == SEG_FS || segment == SEG_GS)
		linear += cpu->seg[segment].base;
	if (is_canonical(linear))
		tlb_flush_page(cpu, linear);
}

/* SDM 2, INVPCID: the operand is PCID (12 bits), 52 reserved bits, address. The TLB holds the present PCID
 * only. */
void exec_invpcid(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t type = gpr_read(cpu, insn_reg(insn), control_size(insn));
	uint64_t operand[2];

	require_feature(cpu, CPUID_INVPCID);
	require_cpl0(cpu);
	mem_read(cpu, operand_linear(cpu, insn, 16, MEM_READ), operand, 16, operand_access(insn));
	if (type > 3 || (type < 2 && operand[0] >> 12) || (type == 0 && !is_canonical(operand[1])))
		raise_gp0(cpu);
	if (type < 2 && !(cpu->cr4 & CR4_PCIDE) && operand[0] & 0xfff)
		raise_gp0(cpu);
	if (type < 2)
		jit_drop_context(cpu, operand[0]);
	switch (type) {
	case 0: tlb_flush_page(cpu, operand[1]); break;
	case 2: tlb_flush_all(cpu); break;
	case 3:
		jit_flush_jumps(cpu); /* all contexts */
		__attribute__((fallthrough));
	default: tlb_flush_non_global(cpu); break;
	}
}

/* --- XCR0, HLT -------------------------------------------------------------------------------- */

/* ECX 1: which components are in use; the guest's are the host's own at this moment. */
static uint64_t components_in_use(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
	return low | (uint64_t)high << 32;
}

void exec_xgetbv(struct vcpu *cpu, const struct insn *insn)
{
	uint32_t index = (uint32_t)cpu->gpr[REG_RCX];
	uint64_t value = cpu->xcr0;

	if (!(cpu->cr4 & CR4_OSXSAVE))
		cpu_raise(cpu, VECTOR_UD);
	if (index > 1 || (index == 1 && !cpu_has(cpu, FEATURE_XGETBV1)))
		raise_gp0(cpu);
	if (index == 1)
		value &= components_in_use();
	gpr_write(cpu, REG_RAX, 4, value);
	gpr_write(cpu, REG_RDX, 4, value >> 32);
}

void exec_xsetbv(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t value = (cpu->gpr[REG_RAX] & 0xffffffff) | cpu->gpr[REG_RDX] << 32;

	if (!(cpu->cr4 & CR4_OSXSAVE))
		cpu_raise(cpu, VECTOR_UD);
	require_cpl0(cpu);
	check(cpu, (uint32_t)cpu->gpr[REG_RCX] == 0 && cpu_set_xcr0(cpu, value));
}

/* --- hypercalls ------------------------------------------------------------------------------- */

/* VMCALL and VMMCALL: without Hyper-V's interface there is no hypervisor to call. */
void exec_vmcall(struct vcpu *cpu, const struct insn *insn)
{
	if (!cpu->is_enlightened || cpu->cpl != 0 || !cpu_is_protected(cpu) || !upcall_hypercall(cpu))
		cpu_raise(cpu, VECTOR_UD);
}

/* The run loop does the waiting. */
void exec_hlt(struct vcpu *cpu, const struct insn *insn)
{
	require_cpl0(cpu);
	cpu->activity = ACTIVITY_HALTED;
}
