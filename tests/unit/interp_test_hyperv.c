/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which instructions reach Hyper-V's interface, from which modes and privileges; all others fault as on
 * hardware. */
#include "interp_guest.h"

static void test_calls(void)
{
	static const struct {
		const char *name;
		enum guest_mode mode;
		bool is_user, is_v86, is_enlightened, reaches;
	} cases[] = {
		{ "64-bit", GUEST_64, false, false, true, true },
		{ "64-bit user", GUEST_64, true, false, true, false },
		{ "64-bit, plain", GUEST_64, false, false, false, false },
		{ "compatibility", GUEST_COMPAT, false, false, true, true },
		{ "compatibility user", GUEST_COMPAT, true, false, true, false },
		{ "32-bit", GUEST_32, false, false, true, true },
		{ "32-bit user", GUEST_32, true, false, true, false },
		{ "real mode", GUEST_REAL, false, false, true, false },
		{ "virtual-8086", GUEST_32, false, true, true, false },
	};

	for (unsigned i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned n = i / 2;

		guest_reset(cases[n].mode);
		if (cases[n].is_user)
			guest_to_user();
		if (cases[n].is_v86)
			guest_set_v86(3);
		cpu->is_enlightened = cases[n].is_enlightened;
		upcalls = 0;
		if (i % 2)
			STEP(0x0f, 0x01, 0xc1); /* vmcall */
		else
			STEP(0x0f, 0x01, 0xd9); /* vmmcall */
		CHECK(upcalls == cases[n].reaches, "%s: %u calls", cases[n].name, upcalls);
		if (cases[n].reaches)
			CHECK(seen.outcome == DONE, "%s: outcome %d", cases[n].name, seen.outcome);
		else
			CHECK(seen.outcome == RAISED && seen.vector == VECTOR_UD, "%s: vector %d",
			      cases[n].name, seen.vector);
	}
}

/* RDMSR and WRMSR in the range, beside it, without enlightenments, in user mode. */
static void test_msrs(void)
{
	static const struct {
		uint32_t index;
		bool is_user, is_enlightened, reaches;
	} cases[] = {
		{ 0x40000000, false, true, true },  { 0x400001ff, false, true, true },
		{ 0x3fffffff, false, true, false }, { 0x40000200, false, true, false },
		{ 0x40000000, true, true, false },  { 0x40000000, false, false, false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned write = 0; write < 2; write++) {
			guest_reset(GUEST_64);
			if (cases[i].is_user)
				guest_to_user();
			cpu->is_enlightened = cases[i].is_enlightened;
			cpu->gpr[REG_RCX] = cases[i].index;
			upcalls = 0;
			if (write)
				STEP(0x0f, 0x30);
			else
				STEP(0x0f, 0x32);
			CHECK(upcalls == cases[i].reaches, "case %u: %u calls", i, upcalls);
			CHECK(cases[i].reaches ? seen.outcome == DONE
					       : seen.outcome == RAISED && seen.vector == VECTOR_GP,
			      "case %u: outcome %d vector %d", i, seen.outcome, seen.vector);
		}
	}
}

/* The idle MSR never goes up: the run loop waits. A guest that moves its TSC is told of. */
static void test_idle_and_tsc(void)
{
	guest_reset(GUEST_64);
	cpu->is_enlightened = true;
	cpu->gpr[REG_RCX] = 0x400000f0;
	upcalls = 0;
	STEP(0x0f, 0x32);
	CHECK(seen.outcome == DONE && upcalls == 0 && cpu->activity == ACTIVITY_IDLE, "idle: activity %u",
	      cpu->activity);
	guest_reset(GUEST_64);
	cpu->is_enlightened = true;
	cpu->gpr[REG_RCX] = 0x3b; /* IA32_TSC_ADJUST */
	cpu->gpr[REG_RAX] = cpu->gpr[REG_RDX] = 0;
	upcalls = 0;
	STEP(0x0f, 0x30);
	CHECK(seen.outcome == DONE && upcalls == 0, "the same value: %u", upcalls);
	cpu->gpr[REG_RAX] = 5;
	STEP(0x0f, 0x30);
	CHECK(seen.outcome == DONE && upcalls == 1, "another one: %u", upcalls);
}

int main(void)
{
	test_calls();
	test_msrs();
	test_idle_and_tsc();
	printf("%u failures\n", failures);
	return failures != 0;
}
