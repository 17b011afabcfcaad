/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * real_mode_test kvm | translator: what an engine does for a guest in real mode: registers, ports, memory
 * that is not there, ROMs, dirty pages, interrupts of all kinds, a cancel. That is as far as page-table-based
 * KVM goes (its emulator has no paging below long mode), so this runs on whatever /dev/kvm is; the whole
 * suite (tests/vp) runs on the real one in the bed. Status 77: there is no KVM here.
 */
#include "engine/kvm/kvm.h"
#include "real_mode_guest.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MEMORY = 1 << 20,
	HANDLERS = 0x2000,
	HANDLER_BYTES = 0x40,
	NOTHING = 0x200000, /* no memory */
	ROM = 0x300000,
	TRACKED = 0x400000,
	TRACKED_PAGES = 16,
	LOCAL_APIC = (int)0xfee00000,
	LIMIT_S = 50,
	VECTOR_NMI = 2,
	VECTOR_MSI = 0x30,
	VECTOR_EXTINT = 0x40,
};

static uint64_t get(enum hv_reg name)
{
	union hv_value v = { 0 };

	check(hv_vp_get_regs(vp, &name, 1, &v) == 0, "register", name);
	return v.u64;
}

static void expect_out(uint16_t port, uint8_t size, uint32_t data)
{
	run(HV_EXIT_PORT, "no OUT");
	check(exit_.port.is_write && exit_.port.port == port && exit_.port.size == size, "another OUT",
	      exit_.port.port);
	check(exit_.port.data == data, "its data", exit_.port.data);
}

static void expect_in(uint16_t port, uint8_t size, uint32_t answer)
{
	run(HV_EXIT_PORT, "no IN");
	check(!exit_.port.is_write && exit_.port.port == port && exit_.port.size == size, "another IN",
	      exit_.port.port);
	exit_.port.data = answer;
}

static void expect_mmio(uint64_t gpa, uint8_t size, bool is_write, uint32_t data)
{
	uint32_t value = 0;

	run(HV_EXIT_MMIO, "no MMIO");
	check(exit_.mmio.gpa == gpa && exit_.mmio.size == size && exit_.mmio.is_write == is_write,
	      "another MMIO", exit_.mmio.gpa);
	memcpy(&value, exit_.mmio.data, size);
	if (is_write)
		check(value == data, "its data", value);
	else
		memcpy(exit_.mmio.data, &data, size);
}

/* --- cases --------------------------------------------------------------------------------------------- */

static void registers(void)
{
	for (unsigned name = HV_REG_RAX; name <= HV_REG_R15; name++)
		set(name, 0x0123456789abcdefull * (name + 1));
	for (unsigned name = HV_REG_RAX; name <= HV_REG_R15; name++)
		check(get(name) == 0x0123456789abcdefull * (name + 1), "a register reads otherwise", name);
	set(HV_REG_RFLAGS, 2);
}

static void ports(void)
{
	static const uint8_t code[] = {
		0xe4, 0x20,	  /* in al, 20h */
		0xfe, 0xc0,	  /* inc al */
		0xe6, 0x21,	  /* out 21h, al */
		0xba, 0x34, 0x12, /* mov dx, 1234h */
		0x66, 0xed,	  /* in eax, dx */
		0x66, 0x40,	  /* inc eax */
		0x66, 0xef,	  /* out dx, eax */
	};

	begin(code, sizeof(code), 0);
	expect_in(0x20, 1, 0x41);
	expect_out(0x21, 1, 0x42);
	expect_in(0x1234, 4, 0x89abcdef);
	expect_out(0x1234, 4, 0x89abcdf0);
}

static void no_memory(void)
{
	static const uint8_t code[] = {
		0xa0, 0x10, 0x00,	/* mov al, [10h] */
		0xa2, 0x21, 0x00,	/* mov [21h], al */
		0x66, 0xa1, 0x30, 0x00, /* mov eax, [30h] */
		0x66, 0xa3, 0x40, 0x00, /* mov [40h], eax */
	};

	begin(code, sizeof(code), NOTHING);
	expect_mmio(NOTHING + 0x10, 1, false, 0x77);
	expect_mmio(NOTHING + 0x21, 1, true, 0x77);
	expect_mmio(NOTHING + 0x30, 4, false, 0xcafe1234);
	expect_mmio(NOTHING + 0x40, 4, true, 0xcafe1234);
}

static void rom(uint8_t *page)
{
	static const uint8_t code[] = {
		0xa0, 0x05, 0x00, /* mov al, [5] */
		0xe6, 0x21,	  /* out 21h, al */
		0xa2, 0x06, 0x00, /* mov [6], al */
		0xa0, 0x06, 0x00, /* mov al, [6] */
		0xe6, 0x22,	  /* out 22h, al */
	};

	page[5] = 0x5a;
	page[6] = 0x6b;
	check(hv_map(partition, ROM, page, PAGE, 0) == 0, "no ROM", 0);
	begin(code, sizeof(code), ROM);
	expect_out(0x21, 1, 0x5a);
	expect_mmio(ROM + 6, 1, true, 0x5a);
	expect_out(0x22, 1, 0x6b);
}

static void dirty_pages(uint8_t *pages)
{
	static const uint8_t code[] = {
		0xa2, 0x00, 0x30, /* mov [3000h], al */
		0xa2, 0xff, 0x5f, /* mov [5fffh], al */
		0xa0, 0x00, 0x70, /* mov al, [7000h] */
		0xe6, 0x21,	  /* out 21h, al */
	};
	uint64_t bits = 0;

	check(hv_map(partition, TRACKED, pages, TRACKED_PAGES * PAGE, HV_MAP_WRITE | HV_MAP_TRACK) == 0,
	      "no tracked memory", 0);
	for (unsigned i = 0; i < 3; i++) {
		begin(code, sizeof(code), TRACKED);
		expect_out(0x21, 1, 0);
		check(hv_query_dirty(partition, TRACKED, TRACKED_PAGES * PAGE, &bits, sizeof(bits)) == 0,
		      "no dirty pages", 0);
		check((bits & 0xffff) == (1 << 3 | 1 << 5), "other pages are dirty", bits);
		check(hv_query_dirty(partition, TRACKED, TRACKED_PAGES * PAGE, &bits, sizeof(bits)) == 0 &&
			  bits == 0,
		      "pages stay dirty", bits);
	}
}

/* A handler that says its vector at port 50h. */
static void set_handler(uint8_t vector)
{
	unsigned at = HANDLERS + vector * HANDLER_BYTES;
	const uint16_t entry[2] = { (uint16_t)at, 0 };
	const uint8_t code[] = {
		0xb0, vector,						/* mov al, vector */
		0xe6, 0x50,						/* out 50h, al */
		0x66, 0xc7,   0x06, 0xb0, 0x00, 0x00, 0x00, 0x00, 0x00, /* mov dword [b0h], 0: EOI */
		0xcf,							/* iret */
	};

	memcpy(memory + vector * sizeof(entry), entry, sizeof(entry));
	memcpy(memory + at, code, sizeof(code));
	hv_memory_written(partition, 0, STACK);
}

static void interrupts(void)
{
	static const uint8_t code[] = {
		0x66, 0xc7, 0x06, 0xf0, 0x00,
		0xff, 0x01, 0x00, 0x00, /* mov dword [f0h], 1ffh: the local APIC is on */
		0x66, 0xc7, 0x06, 0x50, 0x03,
		0x00, 0x07, 0x00, 0x00, /* mov dword [350h], 700h: LINT0 is ExtINT */
		0xb0, 0x01, 0xe6, 0x51, /* mov al, 1; out 51h, al */
		0xfb, 0xf4, 0xfa,	/* sti; hlt; cli */
		0xb0, 0x02, 0xe6, 0x51, /* mov al, 2; out 51h, al */
		0xb9, 0x00, 0x40,	/* mov cx, 4000h */
		0xfb, 0xe2, 0xfe, 0xfa, /* sti; loop $; cli: an emulator does not look after each instruction
					 */
		0xb0, 0x03, 0xe6, 0x51, /* mov al, 3; out 51h, al */
		0xb0, 0x04, 0xe6, 0x51, /* mov al, 4; out 51h, al */
	};

	set_handler(VECTOR_NMI);
	set_handler(VECTOR_MSI);
	set_handler(VECTOR_EXTINT);
	begin(code, sizeof(code), (uint32_t)LOCAL_APIC);
	expect_out(0x51, 1, 1);
	check(hv_interrupt(partition, (uint32_t)LOCAL_APIC, VECTOR_MSI) == 0, "no MSI", 0);
	expect_out(0x50, 1, VECTOR_MSI);
	expect_out(0x51, 1, 2);
	hv_set_extint(partition, 0, true);
	run(HV_EXIT_EXTINT, "no ExtINT");
	hv_set_extint(partition, 0, false);
	hv_vp_inject_extint(vp, VECTOR_EXTINT);
	expect_out(0x50, 1, VECTOR_EXTINT);
	expect_out(0x51, 1, 3);
	hv_vp_inject_nmi(vp);
	expect_out(0x50, 1, VECTOR_NMI);
	expect_out(0x51, 1, 4);
}

static void *cancel(void *argument)
{
	usleep(20000);
	hv_vp_cancel(argument);
	return NULL;
}

static void cancels(void)
{
	static const uint8_t code[] = { 0xeb, 0xfe }; /* jmp $ */
	pthread_t thread;

	begin(code, sizeof(code), 0);
	pthread_create(&thread, NULL, cancel, vp);
	run(HV_EXIT_CANCELED, "not canceled");
	pthread_join(thread, NULL);
	check(get(HV_REG_RIP) == CODE, "canceled elsewhere", get(HV_REG_RIP));
}

/* --- all ----------------------------------------------------------------------------------------------- */

/* Where the processor has no virtualization, KVM emulates, and its self-test must see that by itself. */
static void self_test(void)
{
	bool is_emulated = false;
	int r = kvm_self_test(kvm_device(), &is_emulated);

	if (r == 0 && is_emulated == !hv_kvm_is_real())
		return;
	failures++;
	printf("the self-test: %d, %s\n", r, is_emulated ? "emulated" : "not emulated");
}

int main(int argc, char **argv)
{
	bool is_kvm = argc > 1 && strcmp(argv[1], "kvm") == 0;
	enum hv_engine_kind engine = is_kvm ? HV_ENGINE_KVM : HV_ENGINE_TRANSLATOR, chosen;
	const char *reason = "";
	uint8_t *more;

	alarm(LIMIT_S);
	if (hv_engine_choose(engine, &chosen, &reason) < 0) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	memory = mmap(NULL, 2 * MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || !guest_new(chosen, MEMORY)) {
		printf("no guest\n");
		return 1;
	}
	more = memory + MEMORY;
	if (is_kvm)
		self_test();
	registers();
	ports();
	no_memory();
	rom(more);
	dirty_pages(more + PAGE);
	interrupts();
	cancels();
	guest_free();
	printf("%s: %u failures\n", reason, failures);
	return failures != 0;
}
