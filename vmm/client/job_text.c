/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/job_text.h"

#include "client/wording.h"

#include <string.h>

enum { TELLS_AFTER_S = 2, LONG_S = 90 };
static const double tells_after = 0.02;

gboolean vmc_job_is_running(VmcObject *job)
{
	return strcmp(vmc_object_text(job, "State"), "running") == 0;
}

char *vmc_job_left(VmcObject *job)
{
	gint64 passed = g_get_real_time() / G_USEC_PER_SEC - (gint64)vmc_object_number(job, "StartedAt");
	double done = vmc_object_fraction(job, "Progress");
	gint64 left;

	if (!vmc_job_is_running(job) || passed < TELLS_AFTER_S || done < tells_after)
		return g_strdup("");
	left = (gint64)((double)passed * (1 - done) / done);
	return left >= LONG_S ? g_strdup_printf("%d min left", (int)((left + 30) / 60))
			      : g_strdup_printf("%d s left", (int)left + 1);
}

char *vmc_job_text(VmcObject *job)
{
	char *title = vmc_plain_text(vmc_object_text(job, "Title")), *rest, *text;
	const char *state = vmc_object_text(job, "State");

	if (vmc_job_is_running(job))
		rest = vmc_job_left(job);
	else if (strcmp(state, "failed") == 0)
		rest = vmc_plain_text(vmc_object_text(job, "Error"));
	else
		rest = g_strdup(state);
	text = g_strdup_printf("%s%s%s", title, *rest ? ": " : "", rest);
	g_free(title);
	g_free(rest);
	return text;
}
