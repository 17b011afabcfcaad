/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls of the service that a view makes: the answer comes later, or never when the view is closed before. */
#ifndef APP_CALL_H
#define APP_CALL_H

#include "app/app.h"

/* `result` and `error` are not the callee's; one of them is NULL. */
typedef void (*tui_answer_fn)(struct tui_view *view, GVariant *result, const GError *error, gpointer opaque);

/* `parameters` floating or NULL. Without a connection the answer is an error, also later. */
void tui_call(struct tui_view *view, VmcHost *host, const char *path, const char *interface,
	      const char *method, GVariant *parameters, tui_answer_fn fn, gpointer opaque);
void tui_call_vm(struct tui_view *view, VmcHost *host, const char *path, const char *method,
		 GVariant *parameters, tui_answer_fn fn, gpointer opaque);
void tui_call_host(struct tui_view *view, VmcHost *host, const char *method, GVariant *parameters,
		   tui_answer_fn fn, gpointer opaque);

/* Why a host that has no connection has none, and what to do. */
const char *tui_not_connected(VmcHost *host);

#endif
