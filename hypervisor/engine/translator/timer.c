/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time for a VP: the guest's TSC is the host's plus an offset; the APIC timer is a POSIX timer that signals
 * the VP's own thread, which interrupts a futex wait (HLT) and is seen by the poll in translated code.
 */
#include "core/tsc.h"
#include "engine/translator/signals.h"
#include "engine/translator/translator.h"
#include "engine/translator/upcall.h"

#include <time.h>

uint64_t cpu_read_tsc(struct vcpu *cpu)
{
	return __builtin_ia32_rdtsc() + cpu->tsc_offset;
}

static struct vcpu *apic_vcpu(struct apic *apic)
{
	return apic->owner;
}

static void arm(struct vcpu *cpu, uint64_t ns)
{
	struct itimerspec spec = { .it_value = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) } };
	sys_call4(SYS_timer_settime, cpu->timer_id, 0, (long)&spec, 0);
}

/* Ticks until the deadline in nanoseconds, rounded up; clipped to an hour, after which timer_poll() arms
 * again. */
static uint64_t ticks_to_ns(uint64_t ticks, uint64_t hz)
{
	const uint64_t hour_ns = 3600ull * 1000000000;
	if (ticks / hz >= 3600)
		return hour_ns;
	return (uint64_t)((unsigned __int128)ticks * 1000000000 / hz) + 1;
}

/* Partition TSC: what the guest's own writes to its TSC do not move. */
static uint64_t partition_tsc(const struct vcpu *cpu)
{
	return __builtin_ia32_rdtsc() - cpu->tsc_base;
}

/* UINT64_MAX: never. */
static uint64_t ticks_left(uint64_t deadline, uint64_t now)
{
	if (deadline == UINT64_MAX)
		return UINT64_MAX;
	return deadline > now ? deadline - now : 0;
}

static void rearm(struct vcpu *cpu)
{
	uint64_t apic = ticks_left(cpu->timer_deadline, cpu_read_tsc(cpu));
	uint64_t synthetic = ticks_left(cpu->synthetic_deadline, partition_tsc(cpu));
	uint64_t next = apic < synthetic ? apic : synthetic;
	if (next == UINT64_MAX)
		return; /* a late signal finds nothing to do: cheaper than disarming each time */
	if (next == 0)
		atomic_fetch_or(&cpu->request, REQUEST_TIMER);
	else
		arm(cpu, ticks_to_ns(next, cpu->cpuid->tsc_hz));
}

void timer_poll(struct vcpu *cpu)
{
	bool is_armed = false; /* whoever set the next deadline has armed for both */
	if (ticks_left(cpu->timer_deadline, cpu_read_tsc(cpu)) == 0) {
		cpu->timer_deadline = UINT64_MAX;
		apic_timer_expired(&cpu->apic);
		is_armed = cpu->timer_deadline != UINT64_MAX;
	}
	if (ticks_left(cpu->synthetic_deadline, partition_tsc(cpu)) == 0) {
		cpu->synthetic_deadline = UINT64_MAX;
		upcall_timer_expired(cpu);
		is_armed = true;
	}
	if (!is_armed)
		rearm(cpu);
}

void timer_set_synthetic(struct vcpu *cpu, uint64_t tsc)
{
	cpu->synthetic_deadline = tsc;
	if (cpu->bound)
		rearm(cpu);
}

int timer_bind_thread(struct vcpu *cpu)
{
	int r = signals_timer_create(cpu, &cpu->timer_id);
	if (r == 0)
		rearm(cpu);
	return r;
}

void timer_unbind(struct vcpu *cpu)
{
	if (cpu->bound)
		sys_call4(SYS_timer_delete, cpu->timer_id, 0, 0, 0);
}

static void on_kick(struct apic *apic)
{
	vcpu_request(apic_vcpu(apic), REQUEST_INTERRUPT);
}

static uint64_t on_read_tsc(struct apic *apic)
{
	return cpu_read_tsc(apic_vcpu(apic));
}

static uint64_t on_tsc_hz(struct apic *apic)
{
	return apic_vcpu(apic)->cpuid->tsc_hz;
}

static void on_set_timer(struct apic *apic, uint64_t deadline)
{
	struct vcpu *cpu = apic_vcpu(apic);
	cpu->timer_deadline = deadline;
	if (cpu->bound)
		rearm(cpu);
}

/*
 * The I/O APIC must hear of it before the guest goes on: hv_vp_run() returns after the present instruction.
 */
static void on_eoi(struct apic *apic, uint8_t vector)
{
	struct vcpu *cpu = apic_vcpu(apic);
	cpu->eoi_pending[vector >> 6] |= 1ull << (vector & 63);
	atomic_fetch_or(&cpu->request, REQUEST_INTERRUPT);
}

const struct apic_ops vcpu_apic_ops = {
	.kick = on_kick,
	.read_tsc = on_read_tsc,
	.tsc_hz = on_tsc_hz,
	.set_timer = on_set_timer,
	.eoi = on_eoi,
};
