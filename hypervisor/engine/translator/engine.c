/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The translator behind the engine table: creation and the calls from outside the VP's thread. */
#include "core/tsc.h"
#include "engine/translator/exclusive.h"
#include "engine/translator/interp/interp.h"
#include "engine/translator/jit/jit.h"
#include "engine/translator/mmu/mmu.h"
#include "engine/translator/remote_flush.h"
#include "engine/translator/signals.h"
#include "engine/translator/translator.h"
#include "engine/translator/vector/vector.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static int translator_probe(const char **ret_reason)
{
	tsc_host_begin();
	*ret_reason = "the translator runs on every x86-64 processor";
	return 0;
}

static void translator_partition_deinit(struct hv_partition *partition)
{
	struct translator *translator = partition->engine;
	if (!translator)
		return;
	jit_free(translator->jit);
	free(translator);
	partition->engine = NULL;
}

static int translator_partition_init(struct hv_partition *partition)
{
	int r = signals_init();
	if (r == 0)
		r = vector_init();
	if (r < 0)
		return r;
	struct translator *translator = calloc(1, sizeof(*translator));
	if (!translator)
		return -ENOMEM;
	partition->engine = translator;
	translator->partition = partition;
	translator->vcpu_count = partition->vp_count;
	translator->interpret_only = partition->interpret_only;
	cpuid_policy_init_translator(&translator->cpuid, tsc_host_hz());
	if (partition->is_enlightened)
		cpuid_policy_enlighten(&translator->cpuid, partition->vp_count);
	if (partition->is_compatible)
		cpuid_policy_make_compatible(&translator->cpuid);
	translator->tsc_base = tsc_host_read();
	apic_bus_init(&translator->bus);
	r = jit_new(translator, partition->code_cache_bytes, &translator->jit);
	if (r < 0)
		translator_partition_deinit(partition);
	return r;
}

static int translator_set_slots(struct hv_partition *partition, struct hv_slots *slots)
{
	struct translator *translator = partition->engine;
	exclusive_begin(translator, NULL);
	int r = jit_slots_changed(translator->jit, slots);
	if (r == 0) {
		atomic_store(&partition->slots, slots);
		for (unsigned i = 0; i < translator->vcpu_count; i++) {
			struct vcpu *cpu = translator->vcpus[i];
			if (!cpu)
				continue;
			cpu->slots = slots;
			tlb_flush_all(cpu);
		}
	}
	exclusive_end(translator, NULL);
	return r;
}

static void translator_memory_written(struct hv_partition *partition, uint64_t gpa, uint64_t size)
{
	struct translator *translator = partition->engine;
	for (uint64_t page = gpa & ~4095ull; page < gpa + size; page += 4096) {
		if (!jit_page_has_code(translator, page))
			continue;
		uint64_t from = page > gpa ? page : gpa;
		uint64_t to = page + 4096 < gpa + size ? page + 4096 : gpa + size;
		jit_code_written(translator, NULL, from, to - from);
	}
}

/* All inline write permissions of the slot go, so that the next write comes through mmu_fill() and marks its
 * page. */
static int translator_sync_dirty(struct hv_partition *partition, const struct hv_slot *slot)
{
	struct translator *translator = partition->engine;
	exclusive_begin(translator, NULL);
	for (unsigned i = 0; i < translator->vcpu_count; i++) {
		if (translator->vcpus[i])
			tlb_flush_all(translator->vcpus[i]);
	}
	exclusive_end(translator, NULL);
	return 0;
}

static void *map_vcpu(void)
{
	void *memory =
	    mmap(NULL, sizeof(struct vcpu), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static int translator_vp_init(struct hv_vp *vp)
{
	struct translator *translator = vp->partition->engine;
	struct vcpu *cpu = map_vcpu();
	if (!cpu)
		return -ENOMEM;
	cpu->vp = vp;
	cpu->self = cpu;
	cpu->translator = translator;
	cpu->cpuid = &translator->cpuid;
	cpu->slots = atomic_load(&vp->partition->slots);
	cpu->timer_deadline = cpu->synthetic_deadline = UINT64_MAX;
	cpu->tsc_base = translator->tsc_base;
	cpu->is_enlightened = vp->partition->is_enlightened;
	apic_init(&cpu->apic, &translator->bus, vp->index, &vcpu_apic_ops, cpu);
	cpu_reset(cpu, false);
	vector_reset(cpu, false);
	tlb_flush_all(cpu);
	cpu->activity = vp->index == 0 ? ACTIVITY_RUNNING : ACTIVITY_WAIT_SIPI;
	vp->engine = cpu;
	exclusive_begin(translator, NULL);
	translator->vcpus[vp->index] = cpu;
	exclusive_end(translator, NULL);
	return 0;
}

static void translator_vp_deinit(struct hv_vp *vp)
{
	struct vcpu *cpu = vp->engine;
	if (!cpu)
		return;
	exclusive_begin(cpu->translator, NULL);
	cpu->translator->vcpus[vp->index] = NULL;
	apic_deinit(&cpu->apic);
	exclusive_end(cpu->translator, NULL);
	timer_unbind(cpu);
	signals_unbind(cpu, cpu->signal_stack);
	munmap(cpu, sizeof(*cpu));
	vp->engine = NULL;
}

static int translator_vp_run(struct hv_vp *vp, struct hv_exit *exit)
{
	return vcpu_run(vp->engine, exit);
}

static void translator_vp_cancel(struct hv_vp *vp)
{
	vcpu_request(vp->engine, REQUEST_CANCEL);
}

static int translator_interrupt(struct hv_partition *partition, uint64_t address, uint32_t data)
{
	struct translator *translator = partition->engine;
	apic_deliver_msi(&translator->bus, address, data);
	return 0;
}

static void translator_set_extint(struct hv_vp *vp, bool level)
{
	struct vcpu *cpu = vp->engine;
	apic_set_extint_level(&cpu->apic, level);
}

static void translator_inject_extint(struct hv_vp *vp, uint8_t vector)
{
	struct vcpu *cpu = vp->engine;
	cpu->extint_vector = vector;
	cpu->extint_ready = 1;
	vcpu_request(cpu, REQUEST_INTERRUPT);
}

static void translator_inject_nmi(struct hv_vp *vp)
{
	struct vcpu *cpu = vp->engine;
	apic_post_event(&cpu->apic, APIC_EVENT_NMI);
}

static int translator_get_msr(struct hv_vp *vp, uint32_t index, uint64_t *ret_value)
{
	return cpu_rdmsr(vp->engine, index, ret_value) ? 0 : -ENOENT;
}

static int translator_set_msr(struct hv_vp *vp, uint32_t index, uint64_t value)
{
	return cpu_wrmsr(vp->engine, index, value) ? 0 : -ENOENT;
}

static void translator_stats(const struct hv_vp *vp, struct hv_stats *ret_stats)
{
	const struct vcpu *cpu = vp->engine;
	*ret_stats = cpu->stats;
}

static const struct cpuid_policy *translator_cpuid(const struct hv_partition *partition)
{
	const struct translator *translator = partition->engine;
	return &translator->cpuid;
}

/* --- for the Hyper-V interface --------------------------------------------------------------------- */

static uint64_t translator_read_tsc(const struct hv_partition *partition)
{
	const struct translator *translator = partition->engine;
	return tsc_host_read() - translator->tsc_base;
}

static uint64_t translator_tsc_hz(const struct hv_partition *partition)
{
	const struct translator *translator = partition->engine;
	return translator->cpuid.tsc_hz;
}

/* No VP is in guest code; who waits for the exclusive state stands still, too. */
static int translator_set_clock(struct hv_partition *partition, uint64_t tsc)
{
	struct translator *translator = partition->engine;
	exclusive_begin(translator, NULL);
	uint64_t base = tsc_host_read() - tsc, delta = base - translator->tsc_base;
	translator->tsc_base = base;
	for (unsigned i = 0; i < translator->vcpu_count; i++) {
		struct vcpu *cpu = translator->vcpus[i];
		if (!cpu)
			continue;
		cpu->tsc_base = base;
		cpu->tsc_offset -= delta;
		vcpu_request(cpu, REQUEST_TIMER); /* its thread sets the host's timer anew */
	}
	exclusive_end(translator, NULL);
	return 0;
}

static void translator_set_timer(struct hv_vp *vp, uint64_t tsc)
{
	timer_set_synthetic(vp->engine, tsc);
}

static void translator_post_vector(struct hv_vp *vp, uint8_t vector)
{
	struct vcpu *cpu = vp->engine;
	apic_post_vector(&cpu->apic, vector, false);
}

static void translator_set_auto_eoi(struct hv_vp *vp, const uint64_t vectors[4])
{
	struct vcpu *cpu = vp->engine;
	for (unsigned i = 0; i < 4; i++)
		cpu->apic.auto_eoi[i] = vectors[i];
}

static void translator_flush_tlbs(struct hv_vp *vp, uint64_t vps, const uint64_t *pages, unsigned count)
{
	remote_flush(vp->partition->engine, vps, pages, count);
}

static void translator_stop(struct hv_vp *vp)
{
	struct vcpu *cpu = vp->engine;
	cpu->activity = ACTIVITY_STOPPED;
}

const struct hv_engine_ops hv_translator_ops = {
	.kind = HV_ENGINE_TRANSLATOR,
	.probe = translator_probe,
	.partition_init = translator_partition_init,
	.partition_deinit = translator_partition_deinit,
	.set_slots = translator_set_slots,
	.memory_written = translator_memory_written,
	.sync_dirty = translator_sync_dirty,
	.vp_init = translator_vp_init,
	.vp_deinit = translator_vp_deinit,
	.vp_run = translator_vp_run,
	.vp_cancel = translator_vp_cancel,
	.interrupt = translator_interrupt,
	.set_extint = translator_set_extint,
	.inject_extint = translator_inject_extint,
	.inject_nmi = translator_inject_nmi,
	.get_reg = regs_get,
	.set_reg = regs_set,
	.get_msr = translator_get_msr,
	.set_msr = translator_set_msr,
	.get_state = translator_get_state,
	.set_state = translator_set_state,
	.cpuid = translator_cpuid,
	.stats = translator_stats,
	.hypercall_code = { 0x0f, 0x01, 0xc1, 0xc3 }, /* vmcall; ret */
	.apic_hz = APIC_BUS_HZ,
	.read_tsc = translator_read_tsc,
	.set_clock = translator_set_clock,
	.tsc_hz = translator_tsc_hz,
	.set_timer = translator_set_timer,
	.post_vector = translator_post_vector,
	.set_auto_eoi = translator_set_auto_eoi,
	.flush_tlbs = translator_flush_tlbs,
	.stop = translator_stop,
};
