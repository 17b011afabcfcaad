/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87 environments in memory: FNSTENV, FLDENV, FNSAVE, FRSTOR in their 16- and 32-bit layouts (SDM
 * 1, 8.1.10). With the pointers always zero, the protected and real mode layouts are the same.
 */
#include "engine/translator/interp/exec.h"
#include "engine/translator/vector/vector_priv.h"

enum { REGISTERS_BYTES = 80 };

struct environment32 {
	uint32_t cw, sw, tags, fip, fcs_opcode, fdp, fds;
};

struct environment16 {
	uint16_t cw, sw, tags, fip, fcs, fdp, fds;
};

struct x87_image {
	struct environment32 env;
	uint8_t st[REGISTERS_BYTES];
};

static bool is_16bit(const struct insn *insn)
{
	return insn->opsize == 2;
}

static unsigned environment_size(const struct insn *insn)
{
	return is_16bit(insn) ? sizeof(struct environment16) : sizeof(struct environment32);
}

uint16_t x87_status_fixed(uint16_t sw, uint16_t cw)
{
	sw &= (uint16_t) ~(X87_SW_ES | X87_SW_BUSY);
	return sw & ~cw & 0x3f ? sw | X87_SW_ES | X87_SW_BUSY : sw;
}

static void check_pending(struct vcpu *cpu)
{
	if (x87_status() & X87_SW_ES)
		cpu_raise(cpu, VECTOR_MF);
}

void vector_fwait(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	check_pending(cpu);
}

static void environment_to_guest(const struct insn *insn, const struct environment32 *env, uint8_t *guest)
{
	if (is_16bit(insn)) {
		struct environment16 small = { (uint16_t)env->cw, (uint16_t)env->sw, (uint16_t)env->tags };
		bytes_copy(guest, &small, sizeof(small));
	} else { /* what is above 16-bit fields reads as ones */
		struct environment32 large = { env->cw, env->sw, env->tags, .fds = 0xffff0000 };
		bytes_copy(guest, &large, sizeof(large));
	}
}

static void environment_from_guest(const struct insn *insn, const uint8_t *guest, struct environment32 *env)
{
	struct environment16 small;
	if (is_16bit(insn)) {
		bytes_copy(&small, guest, sizeof(small));
		*env = (struct environment32){ small.cw, small.sw, small.tags };
	} else {
		bytes_copy(env, guest, sizeof(*env));
		env->fip = env->fcs_opcode = env->fdp = env->fds = 0;
	}
	env->sw = x87_status_fixed((uint16_t)env->sw, (uint16_t)env->cw);
}

static bool produce_environment(struct vcpu *cpu, const struct insn *insn, struct x87_store *store)
{
	struct environment32 env;
	__asm__ volatile("fnstenv %0" : "=m"(env));
	environment_to_guest(insn, &env, store->buffer);
	return true;
}

void vector_fnstenv(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	uint8_t guest[sizeof(struct environment32)];
	struct x87_store store = { guest, environment_size(insn), produce_environment };
	x87_store(cpu, insn, linear, &store);
}

void vector_fldenv(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	uint8_t guest[sizeof(struct environment32)];
	struct environment32 env;
	check_pending(cpu);
	mem_read(cpu, linear, guest, environment_size(insn), MEM_READ | operand_access(insn));
	environment_from_guest(insn, guest, &env);
	__asm__ volatile("fldenv %0" : : "m"(env));
}

static bool produce_image(struct vcpu *cpu, const struct insn *insn, struct x87_store *store)
{
	struct x87_image image;
	__asm__ volatile("fnsave %0" : "=m"(image));
	environment_to_guest(insn, &image.env, store->buffer);
	bytes_copy(store->buffer + environment_size(insn), image.st, sizeof(image.st));
	return true;
}

void vector_fnsave(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	uint8_t guest[sizeof(struct x87_image)];
	struct x87_store store = { guest, environment_size(insn) + REGISTERS_BYTES, produce_image };
	x87_store(cpu, insn, linear, &store);
}

void vector_frstor(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	uint8_t guest[sizeof(struct x87_image)];
	struct x87_image image;
	check_pending(cpu);
	mem_read(cpu, linear, guest, environment_size(insn) + REGISTERS_BYTES,
		 MEM_READ | operand_access(insn));
	environment_from_guest(insn, guest, &image.env);
	bytes_copy(image.st, guest + environment_size(insn), sizeof(image.st));
	__asm__ volatile("frstor %0" : : "m"(image));
}
