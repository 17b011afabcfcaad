/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One virtual switch as a process: started by its configuration, its ports, its forwards, its end.
 *
 * Waiting    Each request waits for the answer of the switch, a process of ours that answers within about a
 *            millisecond; one that does not answer within two seconds counts as broken.
 */
#ifndef SERVICE_SWITCH_RUNNER_H
#define SERVICE_SWITCH_RUNNER_H

#include "link/switch_link.h"
#include "model/switch_config.h"

struct service;
struct switch_runner;

/* `on_end`: the process ended by itself; the owner frees the runner then or later. NULL: a sentence. */
struct switch_runner *switch_runner_new(struct service *service, const struct switch_config *config,
					void (*on_end)(gpointer opaque, struct switch_runner *runner),
					gpointer opaque, GError **error);
/* Ends the process. */
struct switch_runner *switch_runner_free(struct switch_runner *runner);

const char *switch_runner_id(const struct switch_runner *runner);	    /* of the configuration */
const char *switch_runner_host_adapter(const struct switch_runner *runner); /* ""; else of this host */
gboolean switch_runner_has_ended(const struct switch_runner *runner);

/* The adapter's end; -1 with a sentence. */
int switch_runner_add_port(struct switch_runner *runner, const struct switch_port *port, GError **error);
gboolean switch_runner_change_port(struct switch_runner *runner, const struct switch_port *port,
				   GError **error);
void switch_runner_remove_port(struct switch_runner *runner, guint32 id);
/* Its forwarded ports are these now; what cannot be forwarded is told to the event log, and added to
 * `problems` (may be NULL) as a sentence. */
void switch_runner_set_forwards(struct switch_runner *runner, const struct switch_config *config,
				GPtrArray *problems);

#endif
