/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/ic/shutdown.h"
#include "vsp/ic/ic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FLAG_FORCE = 1, FLAG_RESTART = 2 };

struct shutdown_ic {
	struct ic ic;
	const struct shutdown_ops *ops;
	void *opaque;
};

static void on_ready(void *opaque, struct ic_version version)
{
	struct shutdown_ic *shutdown = opaque;

	shutdown->ops->on_ready(shutdown->opaque, true);
}

static void on_answer(void *opaque, uint32_t status, const void *body, size_t size)
{
	struct shutdown_ic *shutdown = opaque;

	shutdown->ops->on_answer(shutdown->opaque, status == IC_OK);
}

static void on_gone(void *opaque)
{
	struct shutdown_ic *shutdown = opaque;

	shutdown->ops->on_ready(shutdown->opaque, false);
}

/* Restart by flag is understood from 3.1 on. */
static const struct ic_service service = {
	.type = IC_SHUTDOWN,
	.type_guid = "0e0b6031-5213-4934-818b-38d90ced39db",
	.instance_guid = "b6650ff7-33bc-4840-8048-e0676786f393",
	.framework = { { 3, 0 }, { 1, 0 } },
	.message = { { 3, 2 }, { 3, 1 }, { 3, 0 }, { 1, 0 } },
	.on_ready = on_ready,
	.on_answer = on_answer,
	.on_gone = on_gone,
};

int shutdown_new(struct vmbus *bus, const struct shutdown_ops *ops, void *opaque,
		 struct shutdown_ic **ret_shutdown)
{
	struct shutdown_ic *shutdown = calloc(1, sizeof(*shutdown));
	int r;

	if (!shutdown)
		return -ENOMEM;
	shutdown->ops = ops;
	shutdown->opaque = opaque;
	r = ic_init(&shutdown->ic, bus, &service, shutdown);
	if (r < 0) {
		free(shutdown);
		return r;
	}
	*ret_shutdown = shutdown;
	return 0;
}

struct shutdown_ic *shutdown_free(struct shutdown_ic *shutdown)
{
	if (!shutdown)
		return NULL;
	ic_deinit(&shutdown->ic);
	free(shutdown);
	return NULL;
}

int shutdown_ask(struct shutdown_ic *shutdown, bool is_restart)
{
	/* All 2060 bytes: the guest answers in place. Not by force: its programs may finish. */
	struct ic_shutdown body = { .flags = is_restart ? FLAG_RESTART : 0 };

	snprintf(body.text, sizeof(body.text), "%s",
		 is_restart ? "restart from the host" : "shut down from the host");
	return ic_request(&shutdown->ic, &body, sizeof(body));
}

struct ic *shutdown_channel(struct shutdown_ic *shutdown)
{
	return &shutdown->ic;
}
