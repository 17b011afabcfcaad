/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Model-specific registers (SDM 4, 2.1): those that the CPUID bits on offer imply. Anything else is #GP, as
 * on hardware. */
#include "core/hyperv.h"
#include "engine/translator/interp/exec.h"
#include "engine/translator/upcall.h"

enum msr_index {
	MSR_PLATFORM_ID = 0x17,
	MSR_TSC = 0x10,
	MSR_APIC_BASE = 0x1b,
	MSR_EBL_CR_POWERON = 0x2a,
	MSR_FEATURE_CONTROL = 0x3a,
	MSR_TSC_ADJUST = 0x3b,
	MSR_SPEC_CTRL = 0x48,
	MSR_PRED_CMD = 0x49,
	MSR_UCODE_WRITE = 0x79,
	MSR_UCODE_REV = 0x8b,
	MSR_PLATFORM_INFO = 0xce,
	MSR_MTRR_CAP = 0xfe,
	MSR_ARCH_CAPABILITIES = 0x10a,
	MSR_FLUSH_CMD = 0x10b,
	MSR_SYSENTER_CS = 0x174,
	MSR_SYSENTER_ESP,
	MSR_SYSENTER_EIP,
	MSR_MCG_CAP = 0x179,
	MSR_MCG_STATUS,
	MSR_MISC_ENABLE = 0x1a0,
	MSR_DEBUGCTL = 0x1d9,
	MSR_MTRR_VAR = 0x200,
	MSR_MTRR_VAR_END = 0x210,
	MSR_MTRR_FIX64K = 0x250,
	MSR_MTRR_FIX16K = 0x258,
	MSR_MTRR_FIX16K_A = 0x259,
	MSR_MTRR_FIX4K = 0x268,
	MSR_MTRR_FIX4K_END = 0x270,
	MSR_PAT = 0x277,
	MSR_MTRR_DEF_TYPE = 0x2ff,
	MSR_TSC_DEADLINE = 0x6e0,
	MSR_X2APIC = 0x800,
	MSR_X2APIC_END = 0x900,
};
enum {
	MSR_EFER = 0xc0000080,
	MSR_STAR,
	MSR_LSTAR,
	MSR_CSTAR,
	MSR_SFMASK,
	MSR_FS_BASE = 0xc0000100,
	MSR_GS_BASE,
	MSR_KERNEL_GS_BASE,
	MSR_TSC_AUX,
};

enum { MTRR_VARIABLE_RANGES = 8 };
#define MTRR_CAP	      (MTRR_VARIABLE_RANGES | 1u << 8 /* fixed ranges */ | 1u << 10 /* WC */)
#define MISC_ENABLE_READ_ONLY (1u << 11 | 1u << 12) /* no BTS, no PEBS */
#define MISC_ENABLE_WRITABLE  (1ull << 0 | 1ull << 3 | 1ull << 16 | 1ull << 18 | 1ull << 22 | 1ull << 34)

static bool has_tsc_aux(const struct vcpu *cpu)
{
	return cpu_has(cpu, CPUID_RDTSCP) || cpu_has(cpu, CPUID_RDPID);
}

/* --- memory types: kept for the guest; all its memory is write-back really -------------------- */

static int mtrr_fixed_number(uint32_t index)
{
	if (index == MSR_MTRR_FIX64K)
		return 0;
	if (index == MSR_MTRR_FIX16K || index == MSR_MTRR_FIX16K_A)
		return 1 + (int)(index - MSR_MTRR_FIX16K);
	if (index >= MSR_MTRR_FIX4K && index < MSR_MTRR_FIX4K_END)
		return 3 + (int)(index - MSR_MTRR_FIX4K);
	return -1;
}

static bool mtrr_type_is_valid(unsigned type)
{
	return type == 0 || type == 1 || type == 4 || type == 5 || type == 6; /* UC WC WT WP WB */
}

static bool pat_is_valid(uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned type = value >> i * 8 & 0xff;

		if (!mtrr_type_is_valid(type) && type != 7 /* UC- */)
			return false;
	}
	return true;
}

static bool mtrr_fixed_is_valid(uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) {
		if (!mtrr_type_is_valid(value >> i * 8 & 0xff))
			return false;
	}
	return true;
}

/* Even: base and type; odd: mask and the valid bit. */
static bool mtrr_variable_is_valid(const struct vcpu *cpu, uint32_t index, uint64_t value)
{
	uint64_t address = ((1ull << cpu->cpuid->physical_bits) - 1) & ~0xfffull;

	if (index & 1)
		return !(value & ~(address | 1u << 11));
	return !(value & ~(address | 0xff)) && mtrr_type_is_valid(value & 0xff);
}

static bool mtrr_write(struct vcpu *cpu, uint32_t index, uint64_t value)
{
	int fixed = mtrr_fixed_number(index);

	if (!cpu_has(cpu, FEATURE_MTRR))
		return false;
	if (fixed >= 0) {
		if (!mtrr_fixed_is_valid(value))
			return false;
		cpu->mtrr_fixed[fixed] = value;
	} else if (index == MSR_MTRR_DEF_TYPE) {
		if ((value & ~0xcffull) || !mtrr_type_is_valid(value & 0xff))
			return false;
		cpu->mtrr_def_type = value;
	} else {
		if (!mtrr_variable_is_valid(cpu, index, value))
			return false;
		cpu->mtrr_var[index - MSR_MTRR_VAR] = value;
	}
	return true;
}

static bool is_mtrr(uint32_t index)
{
	return mtrr_fixed_number(index) >= 0 || index == MSR_MTRR_DEF_TYPE ||
	       (index >= MSR_MTRR_VAR && index < MSR_MTRR_VAR_END);
}

static uint64_t mtrr_read(const struct vcpu *cpu, uint32_t index)
{
	int fixed = mtrr_fixed_number(index);

	if (fixed >= 0)
		return cpu->mtrr_fixed[fixed];
	return index == MSR_MTRR_DEF_TYPE ? cpu->mtrr_def_type : cpu->mtrr_var[index - MSR_MTRR_VAR];
}

/* --- registers that are only a word ----------------------------------------------------------- */

enum word_rule { ANY, CANONICAL, LOW32 };

static uint64_t *word_of(struct vcpu *cpu, uint32_t index, enum word_rule *rule)
{
	*rule = ANY;
	switch (index) {
	case MSR_STAR: return &cpu->star;
	case MSR_SYSENTER_CS: *rule = LOW32; return &cpu->sysenter_cs;
	case MSR_SFMASK: *rule = LOW32; return &cpu->sfmask;
	}
	*rule = CANONICAL;
	switch (index) {
	case MSR_LSTAR: return &cpu->lstar;
	case MSR_CSTAR: return &cpu->cstar;
	case MSR_FS_BASE: return &cpu->seg[SEG_FS].base;
	case MSR_GS_BASE: return &cpu->seg[SEG_GS].base;
	case MSR_KERNEL_GS_BASE: return &cpu->kernel_gs_base;
	case MSR_SYSENTER_ESP: return &cpu->sysenter_esp;
	case MSR_SYSENTER_EIP: return &cpu->sysenter_eip;
	}
	return NULL;
}

static bool word_accepts(enum word_rule rule, uint64_t value)
{
	return rule == ANY || (rule == LOW32 ? !(value >> 32) : is_canonical(value));
}

/* --- time ------------------------------------------------------------------------------------- */

static void tsc_move(struct vcpu *cpu, uint64_t by)
{
	cpu->tsc_offset += by;
	cpu->tsc_adjust += by;
	apic_tsc_jumped(&cpu->apic, by);
}

/* --- speculation control: accepted where CPUID offers it, without effect ---------------------- */

static bool spec_ctrl_write(struct vcpu *cpu, uint64_t value)
{
	uint64_t valid = (cpu_has(cpu, FEATURE_SPEC_CTRL) ? 1 : 0) | (cpu_has(cpu, FEATURE_STIBP) ? 2 : 0) |
			 (cpu_has(cpu, FEATURE_SSBD) ? 4 : 0);

	valid |= cpu->cpuid->leaf7[2].edx & 1 << 4 ? 1 << 10 : 0; /* BHI_DIS_S with BHI_CTRL */
	if (!valid || (value & ~valid))
		return false;
	cpu->spec_ctrl = value;
	return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool read_feature(struct vcpu *cpu, uint32_t index, uint64_t *ret_value)
{
	switch (index) {
	case MSR_TSC_ADJUST: *ret_value = cpu->tsc_adjust; return cpu_has(cpu, FEATURE_TSC_ADJUST);
	case MSR_TSC_AUX: *ret_value = cpu->tsc_aux; return has_tsc_aux(cpu);
	case MSR_SPEC_CTRL:
		*ret_value = cpu->spec_ctrl;
		return cpu_has(cpu, FEATURE_SPEC_CTRL) || cpu_has(cpu, FEATURE_STIBP) ||
		       cpu_has(cpu, FEATURE_SSBD);
	case MSR_ARCH_CAPABILITIES:
		*ret_value = cpu->cpuid->arch_capabilities;
		return cpu_has(cpu, FEATURE_ARCH_CAPABILITIES);
	case MSR_MTRR_CAP: *ret_value = MTRR_CAP; return cpu_has(cpu, FEATURE_MTRR);
	default: return false;
	}
}

static bool read_simple(struct vcpu *cpu, uint32_t index, uint64_t *ret_value)
{
	switch (index) {
	case MSR_TSC: *ret_value = cpu_read_tsc(cpu); return true;
	case MSR_PLATFORM_ID:
	case MSR_EBL_CR_POWERON:
	case MSR_PLATFORM_INFO:
	case MSR_MCG_CAP: *ret_value = 0; return true;	       /* no machine-check banks */
	case MSR_FEATURE_CONTROL: *ret_value = 1; return true; /* locked */
	case MSR_UCODE_REV: *ret_value = cpu->ucode_rev; return true;
	case MSR_MCG_STATUS: *ret_value = cpu->mcg_status; return true;
	case MSR_MISC_ENABLE: *ret_value = cpu->misc_enable; return true;
	case MSR_DEBUGCTL: *ret_value = cpu->debugctl; return true;
	case MSR_PAT: *ret_value = cpu->pat; return true;
	case MSR_EFER: *ret_value = cpu->efer; return true;
	default: return read_feature(cpu, index, ret_value);
	}
}

static bool is_apic_msr(uint32_t index)
{
	return index == MSR_APIC_BASE || index == MSR_TSC_DEADLINE ||
	       (index >= MSR_X2APIC && index < MSR_X2APIC_END);
}

bool cpu_rdmsr(struct vcpu *cpu, uint32_t index, uint64_t *ret_value)
{
	enum word_rule rule;
	const uint64_t *word = word_of(cpu, index, &rule);

	if (word) {
		*ret_value = *word;
		return true;
	}
	if (is_apic_msr(index))
		return apic_msr_read(&cpu->apic, index, ret_value) == 0;
	if (is_mtrr(index)) {
		*ret_value = mtrr_read(cpu, index);
		return cpu_has(cpu, FEATURE_MTRR);
	}
	return read_simple(cpu, index, ret_value);
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool write_feature(struct vcpu *cpu, uint32_t index, uint64_t value)
{
	switch (index) {
	case MSR_TSC_ADJUST:
		if (!cpu_has(cpu, FEATURE_TSC_ADJUST))
			return false;
		tsc_move(cpu, value - cpu->tsc_adjust);
		return true;
	case MSR_TSC_AUX:
		if (!has_tsc_aux(cpu) || value >> 32)
			return false;
		cpu->tsc_aux = value;
		return true;
	case MSR_SPEC_CTRL: return spec_ctrl_write(cpu, value);
	case MSR_PRED_CMD: return cpu_has(cpu, FEATURE_SPEC_CTRL) && !(value & ~1ull);
	case MSR_FLUSH_CMD: return cpu_has(cpu, FEATURE_FLUSH_L1D) && !(value & ~1ull);
	default: return false;
	}
}

static bool write_simple(struct vcpu *cpu, uint32_t index, uint64_t value)
{
	switch (index) {
	case MSR_TSC: tsc_move(cpu, value - cpu_read_tsc(cpu)); return true;
	case MSR_EFER: return cpu_set_efer(cpu, value);
	case MSR_PLATFORM_ID:
	case MSR_EBL_CR_POWERON:
	case MSR_UCODE_WRITE: return true;     /* ignored */
	case MSR_UCODE_REV: return value == 0; /* software clears it before CPUID 1 */
	case MSR_MCG_STATUS: cpu->mcg_status = value & 7; return true;
	case MSR_PAT:
		if (!pat_is_valid(value))
			return false;
		cpu->pat = value;
		return true;
	case MSR_MISC_ENABLE:
		cpu->misc_enable = (value & MISC_ENABLE_WRITABLE) | MISC_ENABLE_READ_ONLY;
		return true;
	case MSR_DEBUGCTL: /* LBR and BTF can be written; neither does anything */
		if (value & ~3ull)
			return false;
		cpu->debugctl = value;
		return true;
	default: return write_feature(cpu, index, value);
	}
}

static bool apic_write(struct vcpu *cpu, uint32_t index, uint64_t value)
{
	if (apic_msr_write(&cpu->apic, index, value) != 0)
		return false;
	if (index == MSR_APIC_BASE)
		tlb_flush_all(cpu); /* the APIC's page may have moved onto memory or off it */
	return true;
}

bool cpu_wrmsr(struct vcpu *cpu, uint32_t index, uint64_t value)
{
	enum word_rule rule;
	uint64_t *word = word_of(cpu, index, &rule);

	if (word) {
		if (!word_accepts(rule, value))
			return false;
		*word = value;
		return true;
	}
	if (is_apic_msr(index))
		return apic_write(cpu, index, value);
	return is_mtrr(index) ? mtrr_write(cpu, index, value) : write_simple(cpu, index, value);
}

/* --- instructions ----------------------------------------------------------------------------- */

static bool is_synthetic(const struct vcpu *cpu, uint32_t index)
{
	return cpu->is_enlightened && hyperv_is_msr(index);
}

/* The run loop does the waiting; what has arrived already ends it at once. */
static bool guest_idle(struct vcpu *cpu, uint64_t *ret_value)
{
	*ret_value = 0;
	cpu->activity = ACTIVITY_IDLE;
	atomic_fetch_or(&cpu->request, REQUEST_INTERRUPT);
	return true;
}

static bool synthetic_read(struct vcpu *cpu, uint32_t index, uint64_t *ret_value)
{
	switch (index) {
	case HYPERV_GUEST_IDLE: return guest_idle(cpu, ret_value);
	case HYPERV_EOI:
	case HYPERV_ICR:
	case HYPERV_TPR: return apic_synthetic_read(&cpu->apic, index, ret_value) == 0;
	default: return upcall_rdmsr(cpu, index, ret_value);
	}
}

static bool synthetic_write(struct vcpu *cpu, uint32_t index, uint64_t value)
{
	switch (index) {
	case HYPERV_EOI:
	case HYPERV_ICR:
	case HYPERV_TPR: return apic_synthetic_write(&cpu->apic, index, value) == 0;
	default: return upcall_wrmsr(cpu, index, value);
	}
}

void exec_rdmsr(struct vcpu *cpu, const struct insn *insn)
{
	uint32_t index = (uint32_t)cpu->gpr[REG_RCX];
	uint64_t value;

	require_cpl0(cpu);
	if (!(is_synthetic(cpu, index) ? synthetic_read(cpu, index, &value) : cpu_rdmsr(cpu, index, &value)))
		raise_gp0(cpu);
	gpr_write(cpu, REG_RAX, 4, value);
	gpr_write(cpu, REG_RDX, 4, value >> 32);
}

void exec_wrmsr(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t value = (cpu->gpr[REG_RAX] & 0xffffffff) | cpu->gpr[REG_RDX] << 32;
	uint64_t offset = cpu->tsc_offset;
	uint32_t index = (uint32_t)cpu->gpr[REG_RCX];

	require_cpl0(cpu);
	if (!(is_synthetic(cpu, index) ? synthetic_write(cpu, index, value) : cpu_wrmsr(cpu, index, value)))
		raise_gp0(cpu);
	if (cpu->is_enlightened && cpu->tsc_offset != offset)
		upcall_tsc_written(cpu);
}
