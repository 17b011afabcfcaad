/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-vmms: the one struct that holds all, and the limits of all that grows.
 *
 * Threads    All of it belongs to the main thread; GDBus has one of its own that only carries messages;
 *            jobs copy in threads of theirs (job.h). Nothing here waits for a worker, a client or a
 *            file of a caller.
 * Trust      Callers are authenticated by the socket and authorized at each call (authority.h); workers
 *            are not trusted: what they say is checked by vmm/link and shown as text only.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "model/vm_store.h"

#include <gio/gio.h>
#include <sys/types.h>

enum service_limits {
	SERVICE_MACHINES_MAX = 4096,
	SERVICE_PEERS_MAX = 256,
	SERVICE_PEERS_PER_USER_MAX = 48,
	SERVICE_CALLS_PER_PEER_MAX = 64,
	SERVICE_JOBS_RUNNING_MAX = 8,
	SERVICE_JOBS_KEPT_MAX = 64,
	SERVICE_REFUSALS_LOGGED = 20, /* of a peer within SERVICE_REFUSALS_S; the others are counted */
	SERVICE_REFUSALS_S = 10,
	SERVICE_START_TIMEOUT_S = 120,
	SERVICE_RESTORE_TIMEOUT_S = 1800, /* its memory is read from a disk */
	SERVICE_STOP_TIMEOUT_S = 5,
	SERVICE_FILES_TIMEOUT_S = 20,
	SERVICE_AUTHENTICATION_TIMEOUT_S = 10,
};

struct event_log;
struct listener;
struct network;
struct memory_balance;

struct service {
	GMainLoop *loop;
	gboolean is_system; /* else one user's own */
	uid_t uid;
	char *runtime;	/* socket, records of workers */
	int workers_fd; /* the folder of those records */
	struct vm_store *store;
	struct event_log *log;
	struct listener *listener;
	struct network *network;
	GPtrArray *switches; /* struct switch_config, owned (switches.h) */
	int switches_fd;     /* their folder */
	struct memory_balance *balance;
	GHashTable *vms;		/* identity → struct vm, owned */
	GHashTable *privileges;		/* "pass-through user:alice" → itself */
	GPtrArray *peers;		/* struct peer */
	GPtrArray *jobs;		/* struct job, owned */
	gboolean is_making_certificate; /* display_listener.c */
	guint last_job;
	GPtrArray *broken; /* file, reason, file, reason... */
};

struct service *service_new(gboolean is_system, const char *data, const char *runtime, GError **error);
struct service *service_free(struct service *service);
void service_run(struct service *service);

#endif
