/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/translator/exclusive.h"
#include "engine/translator/remote_flush.h"
#include "engine/translator/translator.h"

static uintptr_t this_thread(void)
{
	return (uintptr_t)__builtin_thread_pointer();
}

void exclusive_leave_guest(struct vcpu *cpu)
{
	atomic_store(&cpu->in_guest, 0);
	uint32_t request = atomic_load(&cpu->request);
	if (request & REQUEST_STOP)
		sys_futex_wake(&cpu->in_guest, 1);
	if (request & REQUEST_FLUSH)
		remote_flush_tell(cpu);
}

/* The store of in_guest and the load of request order against exclusive_begin()'s store and load (both
 * seq_cst). */
void exclusive_enter_guest(struct vcpu *cpu)
{
	struct translator *translator = cpu->translator;
	for (;;) {
		if (atomic_load(&cpu->request) & REQUEST_FLUSH)
			remote_flush_serve(cpu);
		atomic_store(&cpu->in_guest, 1);
		uint32_t request = atomic_load(&cpu->request);
		if (!(request & (REQUEST_STOP | REQUEST_FLUSH)))
			return;
		exclusive_leave_guest(cpu);
		if (!(request & REQUEST_STOP))
			continue;
		sys_lock(&translator->exclusive_lock);
		sys_unlock(&translator->exclusive_lock);
	}
}

static void stop_others(struct translator *translator, const struct vcpu *self)
{
	for (unsigned i = 0; i < translator->vcpu_count; i++) {
		struct vcpu *other = translator->vcpus[i];
		if (other && other != self)
			atomic_fetch_or(&other->request, REQUEST_STOP);
	}
	for (unsigned i = 0; i < translator->vcpu_count; i++) {
		struct vcpu *other = translator->vcpus[i];
		if (!other || other == self)
			continue;
		while (atomic_load(&other->in_guest))
			sys_futex_wait(&other->in_guest, 1);
	}
}

void exclusive_begin(struct translator *translator, struct vcpu *cpu)
{
	if (atomic_load(&translator->exclusive_owner) == this_thread()) {
		translator->exclusive_depth++;
		return;
	}
	if (cpu)
		exclusive_leave_guest(cpu);
	sys_lock(&translator->exclusive_lock);
	atomic_store(&translator->exclusive_owner, this_thread());
	translator->exclusive_depth = 1;
	stop_others(translator, cpu);
}

void exclusive_end(struct translator *translator, struct vcpu *cpu)
{
	if (--translator->exclusive_depth)
		return;
	for (unsigned i = 0; i < translator->vcpu_count; i++) {
		struct vcpu *other = translator->vcpus[i];
		if (other && other != cpu)
			atomic_fetch_and(&other->request, ~(uint32_t)REQUEST_STOP);
	}
	atomic_store(&translator->exclusive_owner, 0);
	sys_unlock(&translator->exclusive_lock);
	if (cpu)
		exclusive_enter_guest(cpu);
}
