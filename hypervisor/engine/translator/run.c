/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run loop of a VP: requests, interrupts, delivery of what was raised, halting; in between, guest code by
 * translation or interpretation. Every way out of the middle of an instruction comes back here by
 * __builtin_longjmp (cpu.h).
 */
#include "engine/translator/bytes.h"
#include "engine/translator/exclusive.h"
#include "engine/translator/interp/interp.h"
#include "engine/translator/jit/jit.h"
#include "engine/translator/mmu/mmu.h"
#include "engine/translator/signals.h"
#include "engine/translator/translator.h"
#include "engine/translator/upcall.h"
#include "engine/translator/vector/vector.h"

#include <errno.h>

/* --- leaving an instruction ------------------------------------------------------------------------- */

/* Separate from callers: __builtin_longjmp may not stand in the function that called __builtin_setjmp. */
static _Noreturn void back_to_loop(struct vcpu *cpu)
{
	__builtin_longjmp(cpu->run_frame, 1);
}

static _Noreturn void raise_filled(struct vcpu *cpu, enum cpu_vector vector)
{
	cpu->exception.vector = (uint8_t)vector;
	cpu->exception.software = false;
	cpu->raised = 1;
	back_to_loop(cpu);
}

_Noreturn void cpu_raise(struct vcpu *cpu, enum cpu_vector vector)
{
	cpu->exception.has_error = false;
	raise_filled(cpu, vector);
}

_Noreturn void cpu_raise_error(struct vcpu *cpu, enum cpu_vector vector, uint32_t error)
{
	cpu->exception.has_error = true;
	cpu->exception.error = error;
	raise_filled(cpu, vector);
}

_Noreturn void cpu_raise_page_fault(struct vcpu *cpu, uint64_t address, uint32_t error)
{
	cpu->exception.address = address;
	cpu_raise_error(cpu, VECTOR_PF, error);
}

_Noreturn void cpu_leave(struct vcpu *cpu)
{
	cpu->leaving = 1;
	back_to_loop(cpu);
}

/* --- requests --------------------------------------------------------------------------------------- */

void vcpu_request(struct vcpu *cpu, uint32_t bits)
{
	atomic_fetch_or(&cpu->request, bits);
	if (atomic_load(&cpu->sleeping))
		sys_futex_wake(&cpu->request, 1);
}

static void stop_running(struct vcpu *cpu, enum hv_exit_reason reason)
{
	cpu->exit->reason = reason;
	cpu->leaving = 1;
}

static bool interrupts_open(const struct vcpu *cpu)
{
	return (cpu->rflags & RFLAGS_IF) && !cpu->interrupt_shadow;
}

static void start_delivery(struct vcpu *cpu, const struct exception *exception, bool external)
{
	cpu->activity = ACTIVITY_RUNNING;
	cpu->first = *exception;
	cpu->external = external;
	cpu->delivering = 1;
	if (!cpu->redelivering) /* else the log holds what the delivery has read from devices so far */
		mmio_log_commit(cpu);
	cpu->redelivering = 0;
	exception_deliver(cpu, exception, external);
	cpu->delivering = 0;
	mmio_log_commit(cpu);
}

static void deliver_external(struct vcpu *cpu, uint8_t vector)
{
	struct exception interrupt = { .vector = vector };
	start_delivery(cpu, &interrupt, true);
}

static void take_init(struct vcpu *cpu)
{
	cpu_reset(cpu, true);
	apic_reset(&cpu->apic, true);
	if (cpu->is_enlightened)
		upcall_vp_reset(cpu);
	cpu->activity = cpu->apic.id == 0 ? ACTIVITY_RUNNING : ACTIVITY_WAIT_SIPI;
}

/* INIT, SIPI and NMI. Returns true when the VP's state was replaced or an NMI delivered. */
static bool take_events(struct vcpu *cpu)
{
	uint32_t events = atomic_load(&cpu->apic.events);
	if (events & APIC_EVENT_INIT) {
		atomic_fetch_and(&cpu->apic.events, ~(uint32_t)APIC_EVENT_INIT);
		take_init(cpu);
		return true;
	}
	if (events & APIC_EVENT_SIPI) {
		atomic_fetch_and(&cpu->apic.events, ~(uint32_t)APIC_EVENT_SIPI);
		if (cpu->activity == ACTIVITY_WAIT_SIPI) {
			cpu_sipi(cpu, atomic_load(&cpu->apic.sipi_vector));
			cpu->activity = ACTIVITY_RUNNING;
			return true;
		}
	}
	if ((events & APIC_EVENT_NMI) && !cpu->nmi_blocked && !cpu->interrupt_shadow &&
	    cpu->activity != ACTIVITY_WAIT_SIPI) {
		atomic_fetch_and(&cpu->apic.events, ~(uint32_t)APIC_EVENT_NMI);
		cpu->nmi_blocked = 1;
		deliver_external(cpu, VECTOR_NMI);
		return true;
	}
	return false;
}

static bool any_irr(const struct vcpu *cpu)
{
	uint64_t any = 0;
	for (unsigned i = 0; i < 4; i++)
		any |= atomic_load(&cpu->apic.irr[i]);
	return any;
}

/* Tells the caller of a level-triggered EOI; one at a time. */
static bool take_eoi(struct vcpu *cpu)
{
	for (unsigned i = 0; i < 4; i++) {
		if (!cpu->eoi_pending[i])
			continue;
		unsigned bit = (unsigned)__builtin_ctzll(cpu->eoi_pending[i]);
		cpu->eoi_pending[i] &= cpu->eoi_pending[i] - 1;
		cpu->exit->eoi.vector = (uint8_t)(i * 64 + bit);
		stop_running(cpu, HV_EXIT_EOI);
		atomic_fetch_or(&cpu->request, REQUEST_INTERRUPT); /* there may be more */
		return true;
	}
	return false;
}

/* TLFS 7.9: the idle state ends with the arrival of an interrupt, masked or not. */
static void wake_idle(struct vcpu *cpu)
{
	if (cpu->activity == ACTIVITY_IDLE && cpu->irq_masked)
		cpu->activity = ACTIVITY_RUNNING;
}

static void take_interrupt(struct vcpu *cpu)
{
	if (cpu->mmio.count) { /* an instruction is half done (it was intercepted): finish it first */
		atomic_fetch_or(&cpu->request, REQUEST_INTERRUPT);
		return;
	}
	if (cpu->activity == ACTIVITY_STOPPED || take_eoi(cpu))
		return;
	if (take_events(cpu)) { /* INIT and SIPI may have come together: look again */
		atomic_fetch_or(&cpu->request, REQUEST_INTERRUPT);
		return;
	}
	bool extint = cpu->extint_ready || apic_extint_pending(&cpu->apic);
	if (cpu->activity == ACTIVITY_WAIT_SIPI)
		return;
	if (!interrupts_open(cpu)) {
		cpu->irq_masked = extint || any_irr(cpu) || (atomic_load(&cpu->apic.events) & APIC_EVENT_NMI);
		wake_idle(cpu);
		return;
	}
	int vector = apic_pending_vector(&cpu->apic);
	if (cpu->extint_ready) {
		cpu->extint_ready = 0;
		deliver_external(cpu, cpu->extint_vector);
	} else if (vector >= 0) {
		apic_accept(&cpu->apic, (uint8_t)vector);
		deliver_external(cpu, (uint8_t)vector);
	} else if (extint) {
		stop_running(cpu, HV_EXIT_EXTINT);
	}
	/* what IF, the TPR or a higher priority in service holds back is looked at again when C code runs
	 * next */
	cpu->irq_masked =
	    any_irr(cpu) || cpu->extint_ready || apic_extint_pending(&cpu->apic) ||
	    (atomic_load(&cpu->apic.events) & (APIC_EVENT_NMI | APIC_EVENT_INIT | APIC_EVENT_SIPI));
	wake_idle(cpu);
}

static void handle_requests(struct vcpu *cpu)
{
	uint32_t request = atomic_load(&cpu->request);
	if (request & (REQUEST_STOP | REQUEST_FLUSH)) {
		exclusive_leave_guest(cpu);
		exclusive_enter_guest(cpu);
		cpu->slots = atomic_load(&cpu->vp->partition->slots);
	}
	if ((request & REQUEST_CANCEL) && !cpu->mmio.count) {
		atomic_fetch_and(&cpu->request, ~(uint32_t)REQUEST_CANCEL);
		stop_running(cpu, HV_EXIT_CANCELED);
		return;
	}
	if (request & REQUEST_TIMER) {
		atomic_fetch_and(&cpu->request, ~(uint32_t)REQUEST_TIMER);
		timer_poll(cpu);
	}
	if (atomic_load(&cpu->request) & REQUEST_INTERRUPT) {
		atomic_fetch_and(&cpu->request, ~(uint32_t)REQUEST_INTERRUPT);
		take_interrupt(cpu);
	}
}

/* --- one turn of the loop ---------------------------------------------------------------------------- */

/* A fault during delivery: double fault, or the end. */
static bool combine_raised(struct vcpu *cpu)
{
	struct exception next;
	cpu->delivering = 0;
	if (cpu->external) /* an interrupt counts as benign (SDM 3, table 6-5) */
		cpu->first.vector = VECTOR_DB;
	if (!exception_combine(&cpu->first, &cpu->exception, &next))
		return false;
	cpu->exception = next;
	return true;
}

static void shut_down(struct vcpu *cpu)
{
	cpu->activity = ACTIVITY_SHUTDOWN;
	stop_running(cpu, HV_EXIT_SHUTDOWN);
}

static void deliver_raised(struct vcpu *cpu)
{
	if (cpu->delivering && !combine_raised(cpu)) {
		cpu->raised = 0;
		shut_down(cpu);
		return;
	}
	cpu->raised = 0;
	struct exception exception = cpu->exception;
	start_delivery(cpu, &exception, cpu->redelivering && cpu->external);
}

static void sleep_until_request(struct vcpu *cpu)
{
	exclusive_leave_guest(cpu);
	atomic_store(&cpu->sleeping, 1);
	sys_futex_wait(&cpu->request, 0);
	atomic_store(&cpu->sleeping, 0);
	exclusive_enter_guest(cpu);
	cpu->slots = atomic_load(&cpu->vp->partition->slots);
}

/* Instructions that must be stepped: TF, hardware breakpoints, alignment checks, and a shadow from STI or MOV
 * SS. */
bool vcpu_must_step(const struct vcpu *cpu)
{
	return cpu->translator->interpret_only || (cpu->rflags & RFLAGS_TF) || (cpu->dr[7] & 0xff) ||
	       cpu->interrupt_shadow || cpu->mmio.count ||
	       (cpu->cpl == 3 && (cpu->cr0 & CR0_AM) && (cpu->rflags & RFLAGS_AC));
}

static void execute(struct vcpu *cpu)
{
	if (!vcpu_must_step(cpu) && jit_run(cpu))
		return;
	interp_step(cpu);
	mmio_log_commit(cpu);
	cpu->stats.insns_interpreted++;
}

static void turn(struct vcpu *cpu)
{
	if (cpu->raised) {
		deliver_raised(cpu);
		return;
	}
	if (cpu->irq_masked && (interrupts_open(cpu) || !cpu->nmi_blocked)) {
		cpu->irq_masked = 0;
		atomic_fetch_or(&cpu->request, REQUEST_INTERRUPT);
	}
	if (atomic_load_explicit(&cpu->request, memory_order_relaxed)) {
		handle_requests(cpu);
		if (cpu->leaving)
			return;
	}
	if (cpu->activity == ACTIVITY_RUNNING)
		execute(cpu);
	else if (!atomic_load(&cpu->request))
		sleep_until_request(cpu);
}

/* All that longjmps comes back to the top; `cpu` survives because the frame does. */
__attribute__((noinline)) static void run_loop(struct vcpu *volatile self)
{
	(void)__builtin_setjmp(self->run_frame);
	struct vcpu *cpu = self;
	while (!cpu->leaving)
		turn(cpu);
}

/* --- hv_vp_run --------------------------------------------------------------------------------------- */

static int bind_thread(struct vcpu *cpu)
{
	if (cpu->bound)
		return 0;
	int r = signals_bind_thread(cpu, &cpu->signal_stack);
	if (r == 0)
		r = timer_bind_thread(cpu);
	if (r == 0)
		cpu->bound = 1;
	return r;
}

/* The caller's answer to the last intercept goes into the log; the instruction then starts again and finds
 * it. */
static void complete_intercept(struct vcpu *cpu, const struct hv_exit *exit)
{
	struct mmio_log *log = &cpu->mmio;
	if (!log->pending || !log->count)
		return;
	struct mmio_access *access = &log->access[log->count - 1];
	if (!access->is_write)
		bytes_copy(access->data, access->is_port ? (const void *)&exit->port.data : exit->mmio.data,
			   access->size);
	log->pending = false;
	log->next = 0;
}

int vcpu_run(struct vcpu *cpu, struct hv_exit *exit)
{
	if (cpu->activity == ACTIVITY_SHUTDOWN) {
		exit->reason = HV_EXIT_SHUTDOWN;
		return 0;
	}
	int r = bind_thread(cpu);
	if (r < 0)
		return r;
	complete_intercept(cpu, exit);
	cpu->exit = exit;
	exit->reason = HV_EXIT_NONE;
	cpu->leaving = 0;
	if (cpu->delivering) { /* delivery itself was intercepted: start it again */
		cpu->delivering = 0;
		cpu->redelivering = 1;
		cpu->raised = 1;
		cpu->exception = cpu->first;
	}
	exclusive_enter_guest(cpu);
	cpu->slots = atomic_load(&cpu->vp->partition->slots);
	vector_enter(cpu);
	run_loop(cpu);
	vector_leave(cpu);
	exclusive_leave_guest(cpu);
	cpu->stats.exits++;
	return 0;
}
