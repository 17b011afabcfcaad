/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a VP thread leaves KVM_RUN: others set a flag, then `immediate_exit`, then send the thread a signal.
 * The signal's handler sets `immediate_exit` too, so that a timer's signal just before KVM_RUN is not lost.
 */
#include "engine/kvm/kvm.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Thread_local struct kvm_run *current_run;

/*
 * Not the translator's signal: its handlers are installed once, run on a stack of their own and must stay what they are, since a frame would
 * come to lie where a guest's RSP points.
 */
static int kick_signal(void)
{
	return SIGRTMIN + 6;
}

static void on_kick(int signal)
{
	struct kvm_run *run = current_run;

	(void)signal;
	if (run)
		run->immediate_exit = 1;
}

int kvm_kick_init(void)
{
	struct sigaction action = { .sa_handler = on_kick, .sa_flags = SA_ONSTACK };

	sigfillset(&action.sa_mask);
	return sigaction(kick_signal(), &action, NULL) < 0 ? -errno : 0;
}

static int make_timer(struct kvm_vp *vp)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = kick_signal() };

	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &vp->timer) < 0)
		return -errno;
	vp->has_timer = true;
	return 0;
}

int kvm_bind_thread(struct kvm_vp *vp)
{
	sigset_t mask;

	if (current_run == vp->run)
		return 0;
	current_run = vp->run;
	/* all others are for the process's main thread */
	sigfillset(&mask);
	sigdelset(&mask, kick_signal());
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	atomic_store(&vp->thread, (pid_t)syscall(SYS_gettid));
	return vp->has_timer ? 0 : make_timer(vp);
}

void kvm_arm_timer(struct kvm_vp *vp)
{
	if (vp->is_timer_stale)
		kvm_set_timer(vp->vp, vp->deadline);
}

void kvm_unbind(struct kvm_vp *vp)
{
	if (vp->has_timer)
		syscall(SYS_timer_delete, vp->timer);
	vp->has_timer = false;
	if (current_run == vp->run)
		current_run = NULL;
}

void kvm_kick(struct kvm_vp *vp)
{
	pid_t thread = atomic_load(&vp->thread);

	vp->run->immediate_exit = 1;
	if (thread)
		syscall(SYS_tgkill, getpid(), thread, kick_signal());
}

/* Until some flag may have changed. */
void kvm_wait_for_kick(struct kvm_vp *vp)
{
	sigset_t all, open;

	sigfillset(&all);
	open = all;
	sigdelset(&open, kick_signal());
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	if (!vp->run->immediate_exit)
		sigsuspend(&open);
	vp->run->immediate_exit = 0;
	pthread_sigmask(SIG_SETMASK, &open, NULL);
}

static bool has_interrupt(struct kvm_vp *vp)
{
	enum { APIC_IRR = 0x200, APIC_IRR_END = 0x280 };
	struct kvm_lapic_state lapic;
	char irr = 0;

	if (kvm_ioctl(vp->fd, KVM_GET_LAPIC, &lapic) < 0)
		return true;
	for (unsigned at = APIC_IRR; at < APIC_IRR_END; at++)
		irr |= lapic.regs[at];
	return irr || atomic_load(&vp->extint) || atomic_load(&vp->nmi);
}

/*
 * Until an interrupt comes, whether or not it can be taken (TLFS 10.1.4). The kernel tells nobody of those that it makes itself, the local
 * timer's and IPIs: so it is a short time only, after which the guest looks by itself and waits again.
 */
void kvm_guest_idle(struct kvm_vp *vp)
{
	const struct kvm_partition *partition = kvm_partition_of(vp->vp->partition);
	uint64_t deadline = vp->deadline, end = kvm_clock_read(partition) + partition->tsc_hz / 1000;

	if (has_interrupt(vp))
		return;
	kvm_set_timer(vp->vp, deadline < end ? deadline : end);
	kvm_wait_for_kick(vp);
	kvm_set_timer(vp->vp, deadline);
}

void kvm_set_timer(struct hv_vp *vp, uint64_t tsc)
{
	struct kvm_vp *kvm = vp->engine;
	const struct kvm_partition *partition = kvm_partition_of(vp->partition);
	struct itimerspec when = { 0 };
	uint64_t now = kvm_clock_read(partition), ns;

	kvm->deadline = tsc;
	/* The timer is its thread's: a main thread, which saves the machine, may not even touch it (seccomp). It sets it before it runs on. */
	kvm->is_timer_stale = current_run != kvm->run || !kvm->has_timer;
	if (kvm->is_timer_stale)
		return;
	if (tsc != UINT64_MAX) {
		ns = tsc > now
			 ? (uint64_t)((unsigned __int128)(tsc - now) * 1000000000u / partition->tsc_hz) + 1
			 : 1;
		when.it_value.tv_sec = (time_t)(ns / 1000000000u);
		when.it_value.tv_nsec = (long)(ns % 1000000000u);
	}
	syscall(SYS_timer_settime, kvm->timer, 0, &when, NULL);
}
