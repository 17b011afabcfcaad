/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_engine.h"

#include "core/hyperv.h"

#include <errno.h>
#include <string.h>

unsigned failures;
struct fake_engine fake;

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
}

void fake_advance(struct hv_vp *vp, uint64_t reference_units)
{
	fake.tsc += reference_units * FAKE_TICKS;
	if (fake.timer[vp->index] <= fake.tsc)
		hyperv_timer_expired(vp);
}

static int fail_or_ok(void)
{
	int r = fake.next_error;

	fake.next_error = 0;
	return r;
}

static int fake_probe(const char **ret_reason)
{
	*ret_reason = "fake";
	return fake.probe_error;
}

static int fake_partition_init(struct hv_partition *partition)
{
	int r = fail_or_ok();

	if (r == 0)
		fake.partitions++;
	CHECK(atomic_load(&partition->slots) && atomic_load(&partition->slots)->count == 0,
	      "slots before the engine");
	return r;
}

static void fake_partition_deinit(struct hv_partition *partition)
{
	fake.partitions--;
}

static int fake_set_slots(struct hv_partition *partition, struct hv_slots *slots)
{
	int r = fail_or_ok();

	fake.set_slots++;
	if (r < 0)
		return r;
	atomic_store(&partition->slots, slots);
	fake.published = *slots;
	return 0;
}

static void fake_memory_written(struct hv_partition *partition, uint64_t gpa, uint64_t size)
{
	if (fake.written < 8) {
		fake.written_gpa[fake.written] = gpa;
		fake.written_size[fake.written] = size;
	}
	fake.written++;
}

static int fake_sync_dirty(struct hv_partition *partition, const struct hv_slot *slot)
{
	fake.sync_dirty++;
	/* A VP that writes while its permissions are being taken. */
	atomic_fetch_or(&slot->dirty[0], 4);
	return 0;
}

static int fake_vp_init(struct hv_vp *vp)
{
	int r = fail_or_ok();

	if (r == 0)
		fake.vps++;
	return r;
}

static void fake_vp_deinit(struct hv_vp *vp)
{
	fake.vps--;
}

static int fake_vp_run(struct hv_vp *vp, struct hv_exit *exit)
{
	fake.runs++;
	exit->reason = HV_EXIT_SHUTDOWN;
	return 0;
}

static void fake_vp_cancel(struct hv_vp *vp)
{
}

static int fake_interrupt(struct hv_partition *partition, uint64_t address, uint32_t data)
{
	fake.interrupt_address = address;
	fake.interrupt_data = data;
	return 0;
}

static void fake_set_extint(struct hv_vp *vp, bool level)
{
	fake.extint[vp->index] = level;
}

static void fake_inject_extint(struct hv_vp *vp, uint8_t vector)
{
}

static void fake_inject_nmi(struct hv_vp *vp)
{
}

static int fake_get_reg(struct hv_vp *vp, enum hv_reg name, union hv_value *ret_value)
{
	ret_value->u64 = 100u + name;
	return 0;
}

static int fake_set_reg(struct hv_vp *vp, enum hv_reg name, const union hv_value *value)
{
	return value->u64 == 100u + name ? 0 : -EINVAL;
}

static int fake_get_msr(struct hv_vp *vp, uint32_t index, uint64_t *ret_value)
{
	return -ENOENT;
}

static int fake_set_msr(struct hv_vp *vp, uint32_t index, uint64_t value)
{
	return 0;
}

static void fake_stats(const struct hv_vp *vp, struct hv_stats *ret_stats)
{
	ret_stats->exits = fake.runs;
}

static int fake_set_clock(struct hv_partition *partition, uint64_t tsc)
{
	fake.tsc = tsc;
	return fail_or_ok();
}

static uint64_t fake_read_tsc(const struct hv_partition *partition)
{
	return fake.tsc;
}

static uint64_t fake_tsc_hz(const struct hv_partition *partition)
{
	return FAKE_TSC_HZ;
}

static void fake_set_timer(struct hv_vp *vp, uint64_t tsc)
{
	fake.timer[vp->index] = tsc;
	fake.timers_set++;
}

static void fake_post_vector(struct hv_vp *vp, uint8_t vector)
{
	fake.posted[vp->index][vector]++;
}

static void fake_set_auto_eoi(struct hv_vp *vp, const uint64_t vectors[4])
{
	memcpy(fake.auto_eoi, vectors, sizeof(fake.auto_eoi));
}

static void fake_flush_tlbs(struct hv_vp *vp, uint64_t vps, const uint64_t *pages, unsigned count)
{
	fake.flushes++;
	fake.flush_vps = vps;
	fake.flush_count = count;
	memcpy(fake.flush_pages, pages, count * sizeof(*pages));
}

static void fake_stop(struct hv_vp *vp)
{
	fake.stopped++;
}

const struct hv_engine_ops hv_translator_ops = {
	.kind = HV_ENGINE_TRANSLATOR,
	.probe = fake_probe,
	.partition_init = fake_partition_init,
	.partition_deinit = fake_partition_deinit,
	.set_slots = fake_set_slots,
	.memory_written = fake_memory_written,
	.sync_dirty = fake_sync_dirty,
	.vp_init = fake_vp_init,
	.vp_deinit = fake_vp_deinit,
	.vp_run = fake_vp_run,
	.vp_cancel = fake_vp_cancel,
	.interrupt = fake_interrupt,
	.set_extint = fake_set_extint,
	.inject_extint = fake_inject_extint,
	.inject_nmi = fake_inject_nmi,
	.get_reg = fake_get_reg,
	.set_reg = fake_set_reg,
	.get_msr = fake_get_msr,
	.set_msr = fake_set_msr,
	.stats = fake_stats,
	.apic_hz = 200000000,
	.hypercall_code = { 0x0f, 0x01, 0xc1, 0xc3 },
	.read_tsc = fake_read_tsc,
	.set_clock = fake_set_clock,
	.tsc_hz = fake_tsc_hz,
	.set_timer = fake_set_timer,
	.post_vector = fake_post_vector,
	.set_auto_eoi = fake_set_auto_eoi,
	.flush_tlbs = fake_flush_tlbs,
	.stop = fake_stop,
};

/* --- the other engine: this machine does not have it ------------------------------------------------- */

static int no_kvm(const char **ret_reason)
{
	*ret_reason = "fake: no KVM";
	return -ENODEV;
}

const struct hv_engine_ops hv_kvm_ops = { .kind = HV_ENGINE_KVM, .probe = no_kvm };

bool hv_kvm_is_real(void)
{
	return false;
}

const char *hv_kvm_why_not(void)
{
	return "fake hardware";
}
