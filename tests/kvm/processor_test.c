/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * processor_test: the processor that a guest has on KVM. It offers no virtualization of its own, by what it
 * says and by what it does; all of its vector state can be taken and set; a state that was saved where the
 * clock ran otherwise is refused where KVM does not scale clocks; an instruction that KVM cannot emulate is told with its bytes. The guest is
 * in real mode, so that it runs on page-table-based KVM, too. Status 77: there is no KVM here.
 */
#include "core/state_priv.h"
#include "core/vp_state.h"
#include "engine/kvm/kvm.h"
#include "real_mode_guest.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MEMORY = 1 << 16,
	HANDLER = 0x2000,
	WORDS = 0x500,
	NOTHING = 0x200000, /* no memory */
	PORT = 0x10,
	PORT_GP = 0x20,
	VECTOR_GP = 13,
	LIMIT_S = 50,
};

static void expect_out(uint16_t port)
{
	run(HV_EXIT_PORT, "no OUT");
	check(exit_.port.port == port, "another port", exit_.port.port);
}

/* --- cases ------------------------------------------------------------------------------------------- */

static void no_virtualization(void)
{
	static const uint8_t ask[] = {
		0x66, 0xb8, 0x01, 0x00, 0x00, 0x00, /* mov eax, 1 */
		0x0f, 0xa2,			    /* cpuid */
		0x66, 0x89, 0x0e, 0x00, 0x05,	    /* mov [500h], ecx */
		0x66, 0xb8, 0x01, 0x00, 0x00, 0x80, /* mov eax, 80000001h */
		0x0f, 0xa2,			    /* cpuid */
		0x66, 0x89, 0x0e, 0x04, 0x05,	    /* mov [504h], ecx */
		0xe6, PORT,			    /* out 10h, al */
	};
	static const uint8_t enable[] = {
		0x66, 0xb9, 0x80, 0x00, 0x00, 0xc0, /* mov ecx, c0000080h: EFER */
		0x66, 0x31, 0xd2,		    /* xor edx, edx */
		0x66, 0xb8, 0x00, 0x10, 0x00, 0x00, /* mov eax, 1000h: SVME */
		0x0f, 0x30,			    /* wrmsr */
		0xe6, PORT,			    /* out 10h, al */
	};
	static const uint8_t handler[] = { 0xe6, PORT_GP };
	uint32_t words[2];

	begin(ask, sizeof(ask), 0);
	expect_out(PORT);
	memcpy(words, memory + WORDS, sizeof(words));
	check(words[0] != 0 && !(words[0] & 1 << 5), "CPUID says VMX", words[0]);
	check(!(words[1] & 1 << 2), "CPUID says SVM", words[1]);
	memcpy(memory + VECTOR_GP * 4, &(uint16_t[2]){ HANDLER, 0 }, 4);
	memcpy(memory + HANDLER, handler, sizeof(handler));
	begin(enable, sizeof(enable), 0);
	expect_out(PORT_GP);
}

/* Between two instructions: nothing of an intercept is left. */
static void stop(void)
{
	static const uint8_t code[] = { 0xeb, 0xfe }; /* jmp $ */

	hv_vp_cancel(vp);
	run(HV_EXIT_CANCELED, "not canceled");
	begin(code, sizeof(code), 0);
}

/* x87, SSE, and AVX where the host has it: each byte of the registers (SDM 1, 13.4). */
static void vector_state(void)
{
	enum { XSTATE_BV = 512, AVX = 576, XMM = 160 };
	struct vp_state state, again;
	uint64_t components = 3;

	if (kvm_partition_of(partition)->policy.xcr0_allowed & 4)
		components = 7;
	stop();
	if (components & 4) /* without XSAVE there is no XCR0 */
		set(HV_REG_XCR0, components);
	check(kvm_get_state(vp, &state) == 0, "vector state cannot be taken", 0);
	for (unsigned i = 0; i < 256; i++) {
		state.xsave[XMM + i] = (uint8_t)(i * 7 + 1);
		if (components & 4)
			state.xsave[AVX + i] = (uint8_t)(i * 5 + 3);
	}
	memcpy(state.xsave + XSTATE_BV, &components, 8);
	check(kvm_set_state(vp, &state) == 0, "vector state cannot be set", 0);
	check(kvm_get_state(vp, &again) == 0, "vector state cannot be taken again", 0);
	check(memcmp(state.xsave + XMM, again.xsave + XMM, 256) == 0, "other XMM registers come back", 0);
	check(!(components & 4) || memcmp(state.xsave + AVX, again.xsave + AVX, 256) == 0,
	      "other YMM registers come back", 0);
	printf("components %#llx\n", (unsigned long long)components);
}

static void *take_state(size_t *ret_size)
{
	void *bytes = NULL;

	check(hv_save(partition, &bytes, ret_size) == 0, "not saved", 0);
	return bytes;
}

static void other_clock(void)
{
	char reason[HV_STATE_REASON_MAX] = "";
	size_t size = 0;
	struct state_header *header = take_state(&size);
	uint64_t hz;

	if (!header)
		return;
	hz = header->clock_hz;
	guest_free();
	check(guest_new(HV_ENGINE_KVM, MEMORY), "no second guest", 0);
	header->clock_hz = hz + hz / 100;
	/* clock_test.c has the rest */
	if (ioctl(kvm_device(), KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL) > 0) {
		check_text(hv_restore(partition, header, size, reason) == 0, "another clock", reason);
		guest_free();
		check(guest_new(HV_ENGINE_KVM, MEMORY), "no third guest", 0);
	} else {
		check(hv_restore(partition, header, size, reason) == -EOPNOTSUPP, "another clock is taken",
		      header->clock_hz);
		check_text(strstr(reason, "clock runs at") && strstr(reason, "the guest has measured"),
			   "another clock", reason);
	}
	header->clock_hz = hz;
	check_text(hv_restore(partition, header, size, reason) == 0, "the same clock", reason);
	free(header);
}

/* POPCNT with an operand where no memory is: KVM would have to do it itself. */
static void internal_error(void)
{
	static const uint8_t code[] = { 0xf3, 0x0f, 0xb8, 0x06, 0x34, 0x12 }; /* popcnt ax, [1234h] */

	begin(code, sizeof(code), NOTHING);
	run(HV_EXIT_FAILURE, "no failure");
	if (exit_.reason != HV_EXIT_FAILURE)
		return;
	check_text(strstr(exit_.failure,
			  "cannot emulate an instruction of the guest at 1000, bytes f3 0f b8 06 34 12"),
		   "internal error", exit_.failure);
	check_text(strstr(exit_.failure, "--engine translator"), "its remedy", exit_.failure);
}

int main(void)
{
	enum hv_engine_kind chosen;
	const char *reason = "";

	alarm(LIMIT_S);
	if (hv_engine_choose(HV_ENGINE_KVM, &chosen, &reason) < 0) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || !guest_new(HV_ENGINE_KVM, MEMORY)) {
		printf("no guest\n");
		return 1;
	}
	no_virtualization();
	vector_state();
	other_clock();
	internal_error();
	guest_free();
	printf("%s: %u failures\n", reason, failures);
	return failures != 0;
}
