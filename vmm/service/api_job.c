/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Job1. */
#include "service/call.h"
#include "service/job.h"
#include "service/service.h"

#include "api/api.h"
#include "api/api_error.h"

#include <string.h>

/* Whoever started it may cancel it, and whoever may change the host. */

static void cancel_job(struct call *call)
{
	struct job *job = job_by_number(call->service, call->job);

	if (!job || job->state != JOB_RUNNING) {
		call_fail_text(call, API_ERROR_INVALID_STATE, "this job is over already");
		return;
	}
	if (strcmp(job->user, call->who->user) != 0 && !call_require(call, RIGHT_HOST_EDIT, NULL))
		return;
	call_step(call, "job %u (%s) is cancelled", job->number, job->title);
	if (!call->is_plan)
		job_cancel(job);
	call_return_steps(call);
}

const struct api_method job_methods[] = {
	{ "Cancel", RIGHT_NONE, TRUE, cancel_job },
};
const gsize job_methods_count = G_N_ELEMENTS(job_methods);
