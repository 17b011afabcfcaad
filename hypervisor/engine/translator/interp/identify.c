/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUID, time stamps, random numbers, segment bases. */
#include "engine/translator/interp/exec.h"

void exec_cpuid(struct vcpu *cpu, const struct insn *insn)
{
	struct cpuid_context context = {
		.apic_id = cpu->apic.id,
		.vp_count = cpu->apic.bus ? cpu->apic.bus->count : 1,
		.cr4_osxsave = cpu->cr4 & CR4_OSXSAVE,
		.apic_enabled = atomic_load(&cpu->apic.base_msr) & 1 << 11,
		.xcr0 = cpu->xcr0,
	};
	struct cpuid_regs regs;

	cpuid_query(cpu->cpuid, &context, (uint32_t)cpu->gpr[REG_RAX], (uint32_t)cpu->gpr[REG_RCX], &regs);
	cpu->gpr[REG_RAX] = regs.eax;
	cpu->gpr[REG_RBX] = regs.ebx;
	cpu->gpr[REG_RCX] = regs.ecx;
	cpu->gpr[REG_RDX] = regs.edx;
}

static void read_tsc(struct vcpu *cpu)
{
	uint64_t tsc;

	if ((cpu->cr4 & CR4_TSD) && cpu->cpl > 0)
		raise_gp0(cpu);
	tsc = cpu_read_tsc(cpu);
	gpr_write(cpu, REG_RAX, 4, tsc);
	gpr_write(cpu, REG_RDX, 4, tsc >> 32);
}

void exec_rdtsc(struct vcpu *cpu, const struct insn *insn)
{
	read_tsc(cpu);
}

void exec_rdtscp(struct vcpu *cpu, const struct insn *insn)
{
	require_feature(cpu, CPUID_RDTSCP);
	read_tsc(cpu);
	gpr_write(cpu, REG_RCX, 4, cpu->tsc_aux);
}

void exec_rdpid(struct vcpu *cpu, const struct insn *insn)
{
	require_feature(cpu, CPUID_RDPID);
	gpr_write(cpu, insn_rm(insn), insn->mode == MODE_64 ? 8 : 4, cpu->tsc_aux);
}

/* CPUID offers no performance counters. */
void exec_rdpmc(struct vcpu *cpu, const struct insn *insn)
{
	raise_gp0(cpu);
}

/* CF says whether there was a number; the other flags are cleared. Some hosts give all ones for ever: the
 * guest sees what they give. */
static void random_number(struct vcpu *cpu, const struct insn *insn, uint64_t value, bool valid)
{
	gpr_write(cpu, insn_rm(insn), insn->opsize, valid ? value : 0);
	flags_set(cpu, FLAGS_ALL, valid ? FLAG_CF : 0);
}

void exec_rdrand(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t value;
	uint8_t valid;

	require_feature(cpu, FEATURE_RDRAND);
	__asm__ volatile("rdrand %0\n\tsetc %1" : "=r"(value), "=qm"(valid) : : "cc");
	random_number(cpu, insn, value, valid);
}

void exec_rdseed(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t value;
	uint8_t valid;

	require_feature(cpu, FEATURE_RDSEED);
	__asm__ volatile("rdseed %0\n\tsetc %1" : "=r"(value), "=qm"(valid) : : "cc");
	random_number(cpu, insn, value, valid);
}

/* --- segment bases ---------------------------------------------------------------------------- */

void exec_swapgs(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t base = cpu->seg[SEG_GS].base;

	if (cpu_mode(cpu) != MODE_64)
		cpu_raise(cpu, VECTOR_UD);
	require_cpl0(cpu);
	cpu->seg[SEG_GS].base = cpu->kernel_gs_base;
	cpu->kernel_gs_base = base;
}

static void require_fsgsbase(struct vcpu *cpu)
{
	if (cpu_mode(cpu) != MODE_64 || !(cpu->cr4 & CR4_FSGSBASE))
		cpu_raise(cpu, VECTOR_UD);
}

static void base_read(struct vcpu *cpu, const struct insn *insn, unsigned segment)
{
	require_fsgsbase(cpu);
	gpr_write(cpu, insn_rm(insn), insn->rex & REX_W ? 8 : 4, cpu->seg[segment].base);
}

static void base_write(struct vcpu *cpu, const struct insn *insn, unsigned segment)
{
	uint64_t base = gpr_read(cpu, insn_rm(insn), insn->rex & REX_W ? 8 : 4);

	require_fsgsbase(cpu);
	if (!is_canonical(base))
		raise_gp0(cpu);
	cpu->seg[segment].base = base;
}

void exec_rdfsbase(struct vcpu *cpu, const struct insn *insn)
{
	base_read(cpu, insn, SEG_FS);
}

void exec_rdgsbase(struct vcpu *cpu, const struct insn *insn)
{
	base_read(cpu, insn, SEG_GS);
}

void exec_wrfsbase(struct vcpu *cpu, const struct insn *insn)
{
	base_write(cpu, insn, SEG_FS);
}

void exec_wrgsbase(struct vcpu *cpu, const struct insn *insn)
{
	base_write(cpu, insn, SEG_GS);
}
