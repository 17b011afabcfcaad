/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both consoles say of a job. Free the texts. */
#ifndef CLIENT_JOB_TEXT_H
#define CLIENT_JOB_TEXT_H

#include "client/inventory.h"

gboolean vmc_job_is_running(VmcObject *job);
/* "2 min left", from what was done in the time so far; "" as long as that cannot be told. */
char *vmc_job_left(VmcObject *job);
/* "Export of web: 2 min left", and what became of it. */
char *vmc_job_text(VmcObject *job);

#endif
