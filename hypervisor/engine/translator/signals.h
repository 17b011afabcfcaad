/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host signals and per-thread set-up. Apart from cpu.h because <signal.h> and cpu.h both name registers. */
#ifndef HV_TRANSLATOR_SIGNALS_H
#define HV_TRANSLATOR_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

int signals_init(void); /* process-wide handlers, once */
/* This thread runs `cpu` from now on: signal stack, GS base. *ret_stack is for signals_unbind(). */
int signals_bind_thread(struct vcpu *cpu, void **ret_stack);
void signals_unbind(struct vcpu *cpu, void *stack);
/* A POSIX timer that calls vcpu_on_timer() on this thread. 0, -errno. */
int signals_timer_create(struct vcpu *cpu, int *ret_timer);

/* Called from the handlers; in fault.c. */
void vcpu_on_timer(struct vcpu *cpu);
bool vcpu_on_fault(struct vcpu *cpu, uint64_t pc, int signal, uint64_t host_flags, uint64_t *ret_pc);

#endif
