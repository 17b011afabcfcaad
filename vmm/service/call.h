/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call of a client, from authorization to its answer.
 *
 * Each method stands in the table of its interface (dispatch.c) with the right that it needs; whatever has no
 * entry is refused. A method that changes something has `options` as its last argument, of which "plan" and "force" are
 * read before.
 */
#ifndef SERVICE_CALL_H
#define SERVICE_CALL_H

#include "service/identity.h"

#include "model/rights.h"

#include <gio/gio.h>

struct service;
struct peer;
struct vm;
struct job;

struct call {
	struct service *service;
	struct peer *peer; /* a reference */
	struct identity *who;
	char *vm_id; /* NULL: not about a machine */
	guint job;   /* 0: not about a job */
	GDBusMethodInvocation *invocation;
	GVariant *parameters;
	gboolean is_change, is_plan, is_forced;
	GPtrArray *steps; /* sentences: what is, or would be, done */
};

struct api_method {
	const char *name;
	enum right right;
	gboolean is_change;
	void (*handle)(struct call *call);
};

extern const struct api_method host_methods[], vm_methods[], job_methods[], disk_methods[], event_methods[],
    admin_methods[], display_methods[], guest_methods[], switch_methods[], checkpoint_methods[];
extern const gsize host_methods_count, vm_methods_count, job_methods_count, disk_methods_count,
    event_methods_count, admin_methods_count, display_methods_count, guest_methods_count,
    switch_methods_count, checkpoint_methods_count;

/* NULL when the machine was deleted since the call came. */
struct vm *call_vm(const struct call *call);
void call_step(struct call *call, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Each of these answers and frees the call. */
void call_return(struct call *call, GVariant *result);	    /* a tuple; floating */
void call_return_steps(struct call *call);		    /* (as), and the audit log gets them */
void call_return_path(struct call *call, const char *path); /* (oas), likewise */
/* (hoas), likewise; takes the descriptor */
void call_return_stream(struct call *call, int fd, const char *path);
void call_return_text(struct call *call, const char *text); /* (sas), likewise */
void call_fail(struct call *call, const GError *error);
void call_fail_text(struct call *call, int api_error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* More rights than the table's. FALSE: refused, logged, answered. */
gboolean call_require(struct call *call, enum right right, const struct vm *vm);

void call_log_refusal(struct call *call, const char *what, const char *why);
void call_free(struct call *call);

#endif
