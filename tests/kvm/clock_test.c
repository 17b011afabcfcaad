/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock_test: a state that was saved where the clock ran otherwise goes on where KVM scales clocks, at the
 * guest's frequency; where it does not, or not as it is computed here, it is refused. No machine of ours has
 * a processor that scales: this program's own ioctl() answers for one between the engine and whatever
 * /dev/kvm there is. Status 77: there is none.
 */
#include "core/state_priv.h"
#include "core/tsc.h"
#include "engine/kvm/kvm.h"
#include "real_mode_guest.h"

#include <cpuid.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 1 << 16, KHZ = 1000, MSR_TSC = 0x10, PORT = 0x10 };

/* --- a processor that scales ------------------------------------------------------------------------- */

static struct {
	unsigned bits;	     /* of the fraction; 0: KVM cannot scale */
	unsigned used_bits;  /* what it really does */
	uint64_t khz;	     /* asked for; 0: nothing */
	uint64_t offset;     /* the last one set */
	unsigned sets, runs; /* runs before the frequency was set */
} fake;

static uint64_t host_khz(void)
{
	return tsc_host_hz() / KHZ;
}

static uint64_t fake_tsc(void)
{
	uint64_t tsc = tsc_host_read(), ratio;

	if (!fake.khz || !fake.used_bits)
		return tsc + fake.offset;
	ratio = (uint64_t)(((unsigned __int128)fake.khz << fake.used_bits) / host_khz());
	return (uint64_t)((unsigned __int128)tsc * ratio >> fake.used_bits) + fake.offset;
}

static void look_at(unsigned long request, void *argument)
{
	const struct kvm_device_attr *attribute = argument;
	struct kvm_msrs *msrs = argument;

	if (request == KVM_SET_DEVICE_ATTR && attribute->group == KVM_VCPU_TSC_CTRL)
		fake.offset = *(const uint64_t *)attribute->addr;
	if (request == KVM_GET_DEVICE_ATTR &&
	    attribute->group == KVM_VCPU_TSC_CTRL) /* page-table-based KVM says 0 */
		*(uint64_t *)attribute->addr = fake.offset;
	if (request == KVM_GET_MSRS && msrs->nmsrs == 1 && msrs->entries[0].index == MSR_TSC && fake.bits)
		msrs->entries[0].data = fake_tsc();
	if (request == KVM_RUN)
		fake.runs += !fake.khz;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;
	int r;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == KVM_CHECK_EXTENSION && (uintptr_t)argument == KVM_CAP_TSC_CONTROL)
		return fake.bits != 0;
	if (request == KVM_GET_TSC_KHZ)
		return (int)(fake.khz ? fake.khz : host_khz());
	if (request == KVM_SET_TSC_KHZ) {
		fake.khz = (uintptr_t)argument;
		fake.sets++;
		return 0;
	}
	r = (int)syscall(SYS_ioctl, fd, request, argument);
	if (r >= 0)
		look_at(request, argument);
	return r;
}

/* --- cases ------------------------------------------------------------------------------------------- */

static struct state_header *saved;
static size_t size;
static uint64_t hz;

/* In a guest of its own; 0 or what hv_restore() says. */
static int restore(uint64_t at_hz, unsigned bits, unsigned used_bits, char *reason)
{
	memset(&fake, 0, sizeof(fake));
	fake.bits = bits;
	fake.used_bits = used_bits;
	check(guest_new(HV_ENGINE_KVM, MEMORY), "no guest", at_hz);
	fake.runs = 0; /* those of the engine's self-test */
	saved->clock_hz = at_hz;
	*reason = '\0';
	return hv_restore(partition, saved, size, reason);
}

static void sleep_ms(long ms)
{
	struct timespec pause = { 0, ms * 1000000 };

	nanosleep(&pause, NULL);
}

static void goes_on(uint64_t at_hz, unsigned bits, unsigned used_bits, const char *what)
{
	static const uint8_t code[] = { 0xe6, PORT }; /* out 10h, al */
	char reason[HV_STATE_REASON_MAX];
	uint64_t clock, host;
	double rate; /* 1, and what passes between two readings */

	check_text(restore(at_hz, bits, used_bits, reason) == 0, what, reason);
	check(fake.sets == 1 && fake.khz == (at_hz + KHZ / 2) / KHZ && fake.runs == 0, what, fake.khz);
	check(hv_clock_hz(partition) == at_hz, "the clock's frequency", hv_clock_hz(partition));
	clock = hv_clock(partition);
	host = tsc_host_read();
	check(clock - saved->clock < at_hz * 30, "the clock does not go on from where it was", clock);
	check(fake_tsc() - clock < at_hz * 30, "a VP's TSC is not the partition's clock", fake_tsc());
	sleep_ms(20);
	host = tsc_host_read() - host;
	clock = hv_clock(partition) - clock;
	rate = (double)clock / (double)host * (double)hz / (double)at_hz;
	check(rate > 0.999 && rate < 2, "the clock does not run as fast as it says", clock);
	begin(code, sizeof(code), 0);
	run(HV_EXIT_PORT, "it does not run on");
	guest_free();
}

static void is_refused(uint64_t at_hz, unsigned bits, unsigned used_bits, const char *what)
{
	char reason[HV_STATE_REASON_MAX];

	check(restore(at_hz, bits, used_bits, reason) == -EOPNOTSUPP, what, at_hz);
	check_text(strstr(reason, "clock runs at") &&
		       strstr(reason, "does not scale clocks for the KVM engine"),
		   what, reason);
	guest_free();
}

static void same_clock(unsigned bits)
{
	char reason[HV_STATE_REASON_MAX];

	check_text(restore(hz + hz / 10000, bits, bits, reason) == 0, "a clock as near as NTP steers",
		   reason);
	check(fake.sets == 0, "a near clock is scaled", fake.khz);
	guest_free();
}

int main(void)
{
	enum hv_engine_kind chosen;
	const char *reason = "";
	void *bytes = NULL;
	unsigned bits, a, b, c, d;

	bits = __get_cpuid(0x80000001, &a, &b, &c, &d) && c & 1 << 2 /* SVM */ ? 32 : 48;
	if (hv_engine_choose(HV_ENGINE_KVM, &chosen, &reason) < 0) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || !guest_new(HV_ENGINE_KVM, MEMORY) ||
	    hv_save(partition, &bytes, &size) < 0) {
		printf("no guest\n");
		return 1;
	}
	saved = bytes;
	hz = saved->clock_hz;
	guest_free();
	same_clock(bits);
	goes_on(hz + hz / 3, bits, bits, "a faster clock");
	goes_on(hz / 3 * 2, bits, bits, "a slower clock");
	goes_on(hz + hz / 2000, bits, 0, "within KVM's tolerance");
	is_refused(hz + hz / 3, 0, 0, "no scaling");
	is_refused(hz + hz / 3, bits, 16, "scaled otherwise than asked for");
	is_refused(hz + hz / 3, bits, 0, "not scaled though asked for");
	is_refused(0, bits, bits, "no frequency");
	is_refused(UINT64_MAX, bits, bits, "an impossible frequency");
	free(bytes);
	printf("%s: %u failures\n", reason, failures);
	return failures != 0;
}
