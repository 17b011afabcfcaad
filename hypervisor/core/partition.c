/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partitions: creation, destruction, and interrupts from devices. */
#include "core/core_priv.h"
#include "core/hyperv.h"

#include <errno.h>
#include <stdlib.h>

static int config_check(const struct hv_partition_config *config)
{
	if (config->vp_count < 1 || config->vp_count > HV_MAX_VPS)
		return -EINVAL;
	return 0;
}

/* A device thread that takes it for reading again and again must not keep a change of the memory waiting. */
static void locks_init(struct hv_partition *partition)
{
	pthread_rwlockattr_t attr;

	pthread_mutex_init(&partition->lock, NULL);
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&partition->memory_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

static void partition_destroy(struct hv_partition *partition)
{
	memory_deinit(partition);
	pthread_rwlock_destroy(&partition->memory_lock);
	pthread_mutex_destroy(&partition->lock);
	free(partition);
}

static int engine_init(struct hv_partition *partition)
{
	int r = partition->ops->partition_init(partition);

	if (r < 0 || !partition->is_enlightened)
		return r;
	r = hyperv_new(partition);
	if (r < 0)
		partition->ops->partition_deinit(partition);
	return r;
}

int hv_partition_new(const struct hv_partition_config *config, struct hv_partition **ret_partition)
{
	const struct hv_engine_ops *ops;
	struct hv_partition *partition;
	const char *reason;
	int r = config_check(config);

	if (r == 0)
		r = engine_choose_ops(config->engine, &ops, &reason);
	if (r < 0)
		return r;
	partition = calloc(1, sizeof(*partition));
	if (!partition)
		return -ENOMEM;
	partition->ops = ops;
	partition->vp_count = config->vp_count;
	partition->code_cache_bytes = config->code_cache_bytes;
	partition->interpret_only = config->interpret_only;
	partition->is_enlightened = config->is_enlightened;
	partition->is_compatible = config->is_compatible;
	locks_init(partition);
	r = memory_init(partition);
	if (r == 0)
		r = engine_init(partition);
	if (r < 0) {
		partition_destroy(partition);
		return r;
	}
	*ret_partition = partition;
	return 0;
}

struct hv_partition *hv_partition_free(struct hv_partition *partition)
{
	if (!partition)
		return NULL;
	for (unsigned i = 0; i < HV_MAX_VPS; i++)
		hv_vp_free(atomic_load(&partition->vps[i]));
	hyperv_free(partition);
	partition->ops->partition_deinit(partition);
	partition_destroy(partition);
	return NULL;
}

enum hv_engine_kind hv_partition_engine(const struct hv_partition *partition)
{
	return partition->ops->kind;
}

uint64_t hv_clock(const struct hv_partition *partition)
{
	return partition->ops->read_tsc(partition);
}

uint64_t hv_clock_hz(const struct hv_partition *partition)
{
	return partition->ops->tsc_hz(partition);
}

int hv_set_clock(struct hv_partition *partition, uint64_t tsc)
{
	int r;

	pthread_mutex_lock(&partition->lock);
	r = partition->ops->set_clock(partition, tsc);
	pthread_mutex_unlock(&partition->lock);
	return r;
}

int hv_interrupt(struct hv_partition *partition, uint64_t msi_address, uint32_t msi_data)
{
	if (msi_address >> 20 != 0xfee)
		return -EINVAL;
	return partition->ops->interrupt(partition, msi_address, msi_data);
}

void hv_set_extint(struct hv_partition *partition, unsigned index, bool level)
{
	struct hv_vp *vp = index < HV_MAX_VPS ? atomic_load(&partition->vps[index]) : NULL;

	if (vp)
		partition->ops->set_extint(vp, level);
}
