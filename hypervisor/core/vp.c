/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual processors: creation, running, and what is asked of one of them. */
#include "core/core_priv.h"
#include "core/hyperv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The place is taken before the engine begins, so that two threads cannot both make the same VP. */
static int vp_claim(struct hv_partition *partition, struct hv_vp *vp)
{
	struct hv_vp *none = NULL;

	return atomic_compare_exchange_strong(&partition->vps[vp->index], &none, vp) ? 0 : -EEXIST;
}

static int vp_init(struct hv_partition *partition, struct hv_vp *vp)
{
	int r = vp_claim(partition, vp);

	if (r < 0)
		return r;
	r = partition->ops->vp_init(vp);
	if (r < 0)
		atomic_store(&partition->vps[vp->index], NULL);
	else
		hyperv_vp_attach(vp);
	return r;
}

int hv_vp_new(struct hv_partition *partition, unsigned index, struct hv_vp **ret_vp)
{
	struct hv_vp *vp;
	int r;

	if (index >= partition->vp_count)
		return -EINVAL;
	vp = calloc(1, sizeof(*vp));
	if (!vp)
		return -ENOMEM;
	vp->partition = partition;
	vp->index = index;
	/* The engine copies `slots`: not while they are being replaced. */
	pthread_mutex_lock(&partition->lock);
	r = vp_init(partition, vp);
	pthread_mutex_unlock(&partition->lock);
	if (r < 0) {
		free(vp);
		return r;
	}
	*ret_vp = vp;
	return 0;
}

struct hv_vp *hv_vp_free(struct hv_vp *vp)
{
	struct hv_partition *partition;

	if (!vp)
		return NULL;
	partition = vp->partition;
	pthread_mutex_lock(&partition->lock);
	atomic_store(&partition->vps[vp->index], NULL);
	hyperv_vp_detach(vp);
	partition->ops->vp_deinit(vp);
	pthread_mutex_unlock(&partition->lock);
	free(vp);
	return NULL;
}

int hv_vp_run(struct hv_vp *vp, struct hv_exit *exit)
{
	return vp->partition->ops->vp_run(vp, exit);
}

void hv_vp_cancel(struct hv_vp *vp)
{
	vp->partition->ops->vp_cancel(vp);
}

void hv_vp_inject_extint(struct hv_vp *vp, uint8_t vector)
{
	vp->partition->ops->inject_extint(vp, vector);
}

void hv_vp_inject_nmi(struct hv_vp *vp)
{
	vp->partition->ops->inject_nmi(vp);
}

void hv_vp_stats(const struct hv_vp *vp, struct hv_stats *ret_stats)
{
	memset(ret_stats, 0, sizeof(*ret_stats));
	vp->partition->ops->stats(vp, ret_stats);
	ret_stats->hypercalls = atomic_load_explicit(&vp->hypercalls, memory_order_relaxed);
	ret_stats->msr_accesses = atomic_load_explicit(&vp->msr_accesses, memory_order_relaxed);
}
