/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One VMCALL in each mode that a processor has, with the parameters of an event signal as TLFS 3.7 passes
 * them there. The code behind it writes the result to port 0xf4, the handler of #UD writes to port 0xf5.
 */
#include "hv/synic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MEMORY = 1 << 20, CODE = 0x1000, HANDLER = 0x1800, PAGE_MSR = 0x40000001, CONNECTION = 9, FLAG = 77 };
enum { SIGNAL_EVENT = 0x1005d /* fast */ };

enum mode { REAL, PROTECTED_32, PROTECTED_16, COMPATIBILITY, LONG, MODES };
static const char *const names[MODES] = { "real", "32-bit", "16-bit protected", "compatibility", "64-bit" };

static uint8_t *memory;
static struct hv_partition *partition;
static struct hv_vp *vp;
static unsigned events, failures;

static void on_event(void *opaque, uint16_t flag)
{
	events += flag == FLAG;
}

static void set(enum hv_reg name, uint64_t value)
{
	union hv_value v = { .u64 = value };

	if (hv_vp_set_regs(vp, &name, 1, &v) < 0)
		abort();
}

static void set_segment(enum hv_reg name, uint16_t selector, uint32_t limit, uint16_t attr)
{
	union hv_value v = { .segment = { 0, limit, selector, attr } };

	if (hv_vp_set_regs(vp, &name, 1, &v) < 0)
		abort();
}

static uint64_t get(enum hv_reg name)
{
	union hv_value v;

	return hv_vp_get_regs(vp, &name, 1, &v) < 0 ? 0xbad : v.u64;
}

static void put_code(void)
{
	static const uint8_t code[] = { 0x0f, 0x01, 0xc1, 0xe7, 0xf4 }; /* vmcall; out %eax, $0xf4 */
	static const uint8_t handler[] = { 0xb0, 2, 0xe6, 0xf5, 0xf4 }; /* mov $2, %al; out %al, $0xf5; hlt */

	memcpy(memory + CODE, code, sizeof(code));
	memcpy(memory + HANDLER, handler, sizeof(handler));
	*(uint32_t *)(memory + 6 * 4) = HANDLER; /* real mode: vector 6 */
	*(uint64_t *)(memory + 0x5000) = 0x6003; /* identity map of the first 1 GiB */
	*(uint64_t *)(memory + 0x6000) = 0x83;
}

static void set_mode(enum mode mode)
{
	static const uint16_t code_attr[MODES] = { 0x9b, 0xc09b, 0x809b, 0xc09b, 0xa09b };
	uint16_t data_attr = mode == REAL ? 0x93 : 0xc093;
	uint32_t limit = mode == REAL ? 0xffff : 0xffffffff;

	if (mode >= COMPATIBILITY) {
		set(HV_REG_CR3, 0x5000);
		set(HV_REG_CR4, 0x20);
		set(HV_REG_EFER, 0x500);
	}
	set(HV_REG_CR0, mode == REAL ? 0x10 : mode >= COMPATIBILITY ? 0x80000011 : 0x11);
	set_segment(HV_REG_CS, mode == REAL ? 0 : 8, limit, code_attr[mode]);
	for (enum hv_reg name = HV_REG_ES; name <= HV_REG_GS; name++)
		if (name != HV_REG_CS)
			set_segment(name, mode == REAL ? 0 : 16, limit, data_attr);
	set(HV_REG_RIP, CODE);
	set(HV_REG_RSP, 0x4000);
	set(HV_REG_RFLAGS, 2);
}

static void set_parameters(enum mode mode)
{
	const uint64_t input = CONNECTION | (uint64_t)FLAG << 32;

	if (mode == LONG) {
		set(HV_REG_RCX, SIGNAL_EVENT);
		set(HV_REG_RDX, input);
		set(HV_REG_R8, 0);
		return;
	}
	set(HV_REG_RAX, SIGNAL_EVENT); /* EDX:EAX control, EBX:ECX input, EDI:ESI output */
	set(HV_REG_RDX, 0);
	set(HV_REG_RCX, (uint32_t)input);
	set(HV_REG_RBX, input >> 32);
	set(HV_REG_RSI, 0);
	set(HV_REG_RDI, 0);
}

static void check(enum mode mode, bool interpret, const struct hv_exit *exit)
{
	bool is_call = exit->reason == HV_EXIT_PORT && exit->port.port == 0xf4 && exit->port.data == 0;
	bool is_fault = exit->reason == HV_EXIT_PORT && exit->port.port == 0xf5;
	bool is_right = mode == REAL ? is_fault && events == 0 : is_call && events == 1;

	if (mode != LONG && mode != REAL && get(HV_REG_RDX) != 0)
		is_right = false;
	if (is_right)
		return;
	failures++;
	printf("%s%s: exit %d, port %x, data %x, %u events, rip %llx\n", names[mode],
	       interpret ? ", interpreted" : "", exit->reason, exit->port.port, exit->port.data, events,
	       (unsigned long long)get(HV_REG_RIP));
}

static void guest_new(bool interpret)
{
	struct hv_partition_config config = { .engine = HV_ENGINE_TRANSLATOR,
					      .vp_count = 1,
					      .interpret_only = interpret,
					      .is_enlightened = true };

	memset(memory, 0, MEMORY);
	put_code();
	if (hv_partition_new(&config, &partition) < 0 ||
	    hv_map(partition, 0, memory, MEMORY, HV_MAP_WRITE) < 0 || hv_vp_new(partition, 0, &vp) < 0 ||
	    hv_connect_events(partition, CONNECTION, on_event, NULL) < 0 ||
	    hv_vp_set_msr(vp, PAGE_MSR - 1, 1) < 0 || hv_vp_set_msr(vp, PAGE_MSR, 0x8001) < 0)
		abort();
}

static void guest_free(void)
{
	hv_vp_free(vp);
	hv_partition_free(partition);
}

static void run_mode(enum mode mode, bool interpret)
{
	struct hv_exit exit = { 0 };

	guest_new(interpret);
	set_mode(mode);
	set_parameters(mode);
	events = 0;
	if (hv_vp_run(vp, &exit) < 0)
		abort();
	check(mode, interpret, &exit);
	guest_free();
}

/* --- the reset MSR ----------------------------------------------------------------------------------- */

static unsigned resets;

static void on_reset(void *opaque)
{
	resets++;
	hv_vp_cancel(vp); /* or hv_vp_run() would not come back */
}

/* Behind the WRMSR nothing is executed, however often the VP is run, not even for an interrupt. */
static void run_reset(bool interpret)
{
	static const struct hv_guest_ops ops = { .reset = on_reset };
	static const uint8_t code[] = { 0x0f, 0x30, 0xe7, 0xf4 }; /* wrmsr; out %eax, $0xf4 */
	struct hv_exit exit = { 0 };

	guest_new(interpret);
	hv_set_guest_ops(partition, &ops, NULL);
	memcpy(memory + CODE, code, sizeof(code));
	set_mode(LONG);
	set(HV_REG_RCX, 0x40000003);
	set(HV_REG_RAX, 1);
	set(HV_REG_RDX, 0);
	set(HV_REG_RFLAGS, 0x202);
	resets = 0;
	for (unsigned i = 0; i < 3; i++) {
		if (hv_vp_run(vp, &exit) < 0 || exit.reason != HV_EXIT_CANCELED || resets != 1) {
			failures++;
			printf("reset, run %u: exit %d, port %x, %u resets\n", i, exit.reason, exit.port.port,
			       resets);
		}
		hv_vp_inject_nmi(vp);
		hv_interrupt(partition, 0xfee00000, 0x500); /* INIT */
		hv_vp_cancel(vp);
	}
	guest_free();
}

int main(void)
{
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	for (enum mode mode = REAL; mode < MODES; mode++)
		for (unsigned interpret = 0; interpret < 2; interpret++)
			run_mode(mode, interpret);
	run_reset(false);
	run_reset(true);
	printf("%u failures\n", failures);
	return failures != 0;
}
