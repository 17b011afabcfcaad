/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/state_priv.h"
#include "core/vp_state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = { 'B', 'u', 'l', 'k', 'S', 't', 'a', 't' };

/* MSRs of a VP beside those that are registers in hv.h or belong to the APIC, the TSC or the Hyper-V interface (SDM 4, 2.1). */
static const uint32_t
    msrs
	[] = {
		0x48,			       /* SPEC_CTRL */
		0x174,	    0x175,	0x176, /* SYSENTER */
		0x17a,			       /* MCG_STATUS */
		0x1a0,	    0x1d9,	       /* MISC_ENABLE, DEBUGCTL */
		0x200,	    0x201,	0x202,	    0x203,	0x204, 0x205, 0x206, 0x207, /* MTRRs */
		0x208,	    0x209,	0x20a,	    0x20b,	0x20c, 0x20d, 0x20e, 0x20f,
		0x250,	    0x258,	0x259,	    0x268,	0x269, 0x26a, 0x26b, 0x26c,
		0x26d,	    0x26e,	0x26f,	    0x277,	0x2ff, /* PAT, MTRR_DEF_TYPE */
		0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,	       /* STAR, LSTAR, CSTAR, SFMASK */
		0xc0000102, 0xc0000103,				       /* KERNEL_GS_BASE, TSC_AUX */
	};
enum { MSRS = sizeof(msrs) / sizeof(msrs[0]) };

struct saved_msr {
	uint32_t index, reserved;
	uint64_t value;
};

struct saved_register { /* a word in `base`, or a segment */
	uint64_t base;
	uint32_t limit;
	uint16_t selector, attr;
};

static bool is_segment(enum hv_reg name)
{
	return name >= HV_REG_ES && name <= HV_REG_IDTR;
}

/* --- writing ------------------------------------------------------------------------------------------- */

void state_put(struct state_writer *writer, const void *data, size_t size)
{
	if (writer->error == 0 && writer->size + size > writer->room) {
		size_t room = (writer->size + size) * 2;
		uint8_t *bytes = room > HV_STATE_BYTES_MAX ? NULL : realloc(writer->bytes, room);

		if (bytes) {
			writer->bytes = bytes;
			writer->room = room;
		} else {
			writer->error = -ENOMEM;
		}
	}
	if (writer->error < 0)
		return;
	memcpy(writer->bytes + writer->size, data, size);
	writer->size += size;
}

void state_put_section(struct state_writer *writer, enum state_kind kind, uint32_t index, const void *data,
		       size_t size)
{
	struct state_section section = { .kind = kind, .index = index, .size = (uint32_t)size };

	state_put(writer, &section, sizeof(section));
	state_put(writer, data, size);
}

static void put_header(struct state_writer *writer, struct hv_partition *partition)
{
	struct state_header header = {
		.version = HV_STATE_VERSION,
		.vp_count = partition->vp_count,
		.is_enlightened = partition->is_enlightened,
		.engine = partition->ops->kind,
		.clock = hv_clock(partition),
		.clock_hz = hv_clock_hz(partition),
		.apic_hz = partition->ops->apic_hz,
	};

	memcpy(header.magic, magic, sizeof(magic));
	state_get_features(partition->ops->cpuid(partition), header.features);
	state_put(writer, &header, sizeof(header));
}

static int put_registers(struct state_writer *writer, struct hv_vp *vp)
{
	struct saved_register saved[HV_REG_COUNT] = { 0 };

	for (unsigned name = 0; name < HV_REG_COUNT; name++) {
		union hv_value value;
		int r = vp->partition->ops->get_reg(vp, name, &value);

		if (r < 0)
			return r;
		if (is_segment(name))
			saved[name] = (struct saved_register){ value.segment.base, value.segment.limit,
							       value.segment.selector, value.segment.attr };
		else
			saved[name].base = value.u64;
	}
	state_put_section(writer, STATE_REGISTERS, vp->index, saved, sizeof(saved));
	return 0;
}

/* Those that the processor has. */
static void put_msrs(struct state_writer *writer, struct hv_vp *vp)
{
	struct saved_msr saved[MSRS];
	unsigned count = 0;

	for (unsigned i = 0; i < MSRS; i++) {
		struct saved_msr *msr = &saved[count];

		*msr = (struct saved_msr){ .index = msrs[i] };
		count += vp->partition->ops->get_msr(vp, msrs[i], &msr->value) == 0;
	}
	state_put_section(writer, STATE_MSRS, vp->index, saved, count * sizeof(saved[0]));
}

static int put_vp(struct state_writer *writer, struct hv_vp *vp)
{
	struct vp_state state;
	int r = vp->partition->ops->get_state(vp, &state);

	if (r == 0)
		r = put_registers(writer, vp);
	if (r < 0)
		return r;
	put_msrs(writer, vp);
	state_put_section(writer, STATE_VP, vp->index, &state, sizeof(state));
	return 0;
}

static int put_partition(struct state_writer *writer, struct hv_partition *partition)
{
	int r = 0;

	put_header(writer, partition);
	if (partition->hyperv)
		state_put_offers(writer, partition);
	for (unsigned i = 0; r == 0 && i < partition->vp_count; i++) {
		struct hv_vp *vp = atomic_load(&partition->vps[i]);

		r = vp ? put_vp(writer, vp) : -EINVAL;
	}
	if (partition->hyperv)
		state_put_hyperv(writer, partition);
	return r < 0 ? r : writer->error;
}

int hv_save(struct hv_partition *partition, void **ret_bytes, size_t *ret_size)
{
	struct state_writer writer = { 0 };
	int r;

	if (!partition->ops->get_state)
		return -EOPNOTSUPP;
	pthread_mutex_lock(&partition->lock);
	r = put_partition(&writer, partition);
	pthread_mutex_unlock(&partition->lock);
	if (r < 0) {
		free(writer.bytes);
		return r;
	}
	*ret_bytes = writer.bytes;
	*ret_size = writer.size;
	return 0;
}

/* --- reading ------------------------------------------------------------------------------------------- */

static int refuse(char reason[HV_STATE_REASON_MAX], int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(char reason[HV_STATE_REASON_MAX], int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, HV_STATE_REASON_MAX, format, args);
	va_end(args);
	return error;
}

/* A guest has measured its clocks once and for all. */
static bool is_same_clock(uint64_t saved, uint64_t here)
{
	uint64_t difference = saved > here ? saved - here : here - saved;

	return difference < here / 4000; /* 250 ppm: what NTP can steer away */
}

/* At the saved frequency, whatever it is here. */
static bool follow_clock(struct hv_partition *partition, uint64_t saved_hz)
{
	if (is_same_clock(saved_hz, hv_clock_hz(partition)))
		return true;
	return partition->ops->set_clock_hz && partition->ops->set_clock_hz(partition, saved_hz) == 0;
}

static int check_header(struct hv_partition *partition, const struct state_header *header,
			char reason[HV_STATE_REASON_MAX])
{
	uint64_t hz = hv_clock_hz(partition);

	if (memcmp(header->magic, magic, sizeof(magic)) != 0)
		return refuse(reason, -EINVAL, "this is no saved state");
	if (header->version != HV_STATE_VERSION)
		return refuse(reason, -EOPNOTSUPP,
			      "it was saved in format %u, this version of Bulkhead reads format %u",
			      header->version, HV_STATE_VERSION);
	if (header->vp_count != partition->vp_count || !header->is_enlightened != !partition->is_enlightened)
		return refuse(reason, -EINVAL,
			      "it is of a machine with %u processors, %s Hyper-V's interface",
			      header->vp_count, header->is_enlightened ? "with" : "without");
	if (!state_check_features(partition->ops->cpuid(partition), header->features, reason))
		return -EOPNOTSUPP;
	if (!is_same_clock(header->apic_hz, partition->ops->apic_hz) ||
	    !follow_clock(partition, header->clock_hz))
		return refuse(
		    reason, -EOPNOTSUPP,
		    "this processor's clock runs at %llu MHz, the guest has measured %llu MHz, and this host does not scale clocks for the %s",
		    (unsigned long long)hz / 1000000, (unsigned long long)header->clock_hz / 1000000,
		    partition->ops->kind == HV_ENGINE_KVM ? "KVM engine" : "translator");
	return 0;
}

/* XCR0 first: it says which vector state there is. */
static int take_registers(struct hv_vp *vp, const struct state_section *section, const uint8_t *data)
{
	struct saved_register saved[HV_REG_COUNT];
	int r = 0;

	if (section->size != sizeof(saved))
		return -EINVAL;
	memcpy(saved, data, sizeof(saved));
	for (unsigned name = 0; r == 0 && name < HV_REG_COUNT; name++) {
		union hv_value value = { .u64 = saved[name].base };

		if (is_segment(name))
			value.segment = (struct hv_segment){ saved[name].base, saved[name].limit,
							     saved[name].selector, saved[name].attr };
		r = vp->partition->ops->set_reg(vp, name, &value);
	}
	return r;
}

static int take_msrs(struct hv_vp *vp, const struct state_section *section, const uint8_t *data)
{
	if (section->size % sizeof(struct saved_msr) || section->size > sizeof(struct saved_msr) * MSRS)
		return -EINVAL;
	for (uint32_t at = 0; at < section->size; at += sizeof(struct saved_msr)) {
		struct saved_msr msr;

		memcpy(&msr, data + at, sizeof(msr));
		/* What this processor lacks does no harm while it is zero, as after a reset. */
		if (vp->partition->ops->set_msr(vp, msr.index, msr.value) < 0 && msr.value)
			return -EINVAL;
	}
	return 0;
}

static int take_state(struct hv_vp *vp, const struct state_section *section, const uint8_t *data)
{
	struct vp_state state;

	if (section->size != sizeof(state))
		return -EINVAL;
	memcpy(&state, data, sizeof(state));
	return vp->partition->ops->set_state(vp, &state);
}

static int take_section(struct hv_partition *partition, const struct state_section *section,
			const uint8_t *data, char reason[HV_STATE_REASON_MAX])
{
	struct hv_vp *vp =
	    section->index < partition->vp_count ? atomic_load(&partition->vps[section->index]) : NULL;

	if (!vp)
		return -EINVAL;
	switch (section->kind) {
	case STATE_REGISTERS: return take_registers(vp, section, data);
	case STATE_MSRS: return take_msrs(vp, section, data);
	case STATE_VP: return take_state(vp, section, data);
	case STATE_HYPERV_OFFERS:
		return partition->hyperv ? state_check_offers(partition, data, section->size, reason)
					 : -EINVAL;
	default: return partition->hyperv ? state_take_hyperv(partition, section, data) : -EINVAL;
	}
}

static int take_sections(struct hv_partition *partition, const uint8_t *bytes, size_t size,
			 char reason[HV_STATE_REASON_MAX])
{
	struct state_section section;

	for (size_t at = 0; at < size; at += sizeof(section) + section.size) {
		int r;

		if (size - at < sizeof(section))
			return refuse(reason, -EINVAL, "it ends in the middle");
		memcpy(&section, bytes + at, sizeof(section));
		if (section.size > size - at - sizeof(section))
			return refuse(reason, -EINVAL, "it ends in the middle");
		r = take_section(partition, &section, bytes + at + sizeof(section), reason);
		if (r < 0 && *reason)
			return r;
		if (r < 0)
			return refuse(
			    reason, r,
			    "what it says of processor %u (part %u) is nothing that this processor can have",
			    section.index, section.kind);
	}
	return 0;
}

int hv_restore(struct hv_partition *partition, const void *bytes, size_t size,
	       char reason[HV_STATE_REASON_MAX])
{
	struct state_header header;
	int r;

	*reason = 0;
	if (!partition->ops->set_state)
		return refuse(reason, -EOPNOTSUPP, "this engine cannot go on with a saved state");
	if (size < sizeof(header) || size > HV_STATE_BYTES_MAX)
		return refuse(reason, -EINVAL, "this is no saved state");
	memcpy(&header, bytes, sizeof(header));
	pthread_mutex_lock(&partition->lock);
	r = check_header(partition, &header, reason);
	/* Before the timers, which are set against it. */
	if (r == 0)
		r = partition->ops->set_clock(partition, header.clock);
	if (r == 0)
		r = take_sections(partition, (const uint8_t *)bytes + sizeof(header), size - sizeof(header),
				  reason);
	if (r == 0 && partition->hyperv)
		state_start_hyperv(partition);
	pthread_mutex_unlock(&partition->lock);
	return r;
}
