/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/call.h"
#include "service/authority.h"
#include "service/event_log.h"
#include "service/peer.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"

#include <gio/gunixfdlist.h>
#include <string.h>

struct vm *call_vm(const struct call *call)
{
	return call->vm_id ? vm_by_id(call->service, call->vm_id) : NULL;
}

void call_step(struct call *call, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(call->steps, g_strdup_vprintf(format, args));
	va_end(args);
}

void call_free(struct call *call)
{
	if (call->peer)
		peer_end_call(call->peer);
	identity_free(call->who);
	g_free(call->vm_id);
	g_variant_unref(call->parameters);
	g_ptr_array_unref(call->steps);
	g_free(call);
}

static GVariant *steps_variant(const struct call *call)
{
	return g_variant_new_strv((const char *const *)call->steps->pdata, (gssize)call->steps->len);
}

void call_return(struct call *call, GVariant *result)
{
	g_dbus_method_invocation_return_value(call->invocation, result);
	call_free(call);
}

/* Whoever reads the log wants to know who did what to which machine. */
static void log_change(struct call *call)
{
	struct vm *vm = call_vm(call);
	char *text;

	if (!call->is_change || call->is_plan || call->steps->len == 0)
		return;
	g_ptr_array_add(call->steps, NULL);
	text = g_strjoinv("; ", (char **)call->steps->pdata);
	g_ptr_array_set_size(call->steps, (int)call->steps->len - 1);
	event_log_add(call->service->log, EVENT_CHANGE, call->who->user, call->vm_id,
		      vm ? vm->config->name : NULL, "%s", text);
	g_free(text);
}

void call_return_steps(struct call *call)
{
	log_change(call);
	call_return(call, g_variant_new("(@as)", steps_variant(call)));
}

void call_return_path(struct call *call, const char *path)
{
	log_change(call);
	call_return(call, g_variant_new("(o@as)", path, steps_variant(call)));
}

void call_return_stream(struct call *call, int fd, const char *path)
{
	GUnixFDList *list = g_unix_fd_list_new_from_array(&fd, 1);

	log_change(call);
	g_dbus_method_invocation_return_value_with_unix_fd_list(
	    call->invocation, g_variant_new("(ho@as)", 0, path, steps_variant(call)), list);
	g_object_unref(list);
	call_free(call);
}

void call_return_text(struct call *call, const char *text)
{
	log_change(call);
	call_return(call, g_variant_new("(s@as)", text, steps_variant(call)));
}

static enum api_error code_of(const GError *error)
{
	static const enum api_error codes[] = {
		[MODEL_ERROR_INVALID] = API_ERROR_INVALID_ARGUMENT,
		[MODEL_ERROR_STATE] = API_ERROR_INVALID_STATE,
		[MODEL_ERROR_BROKEN] = API_ERROR_FAILED,
		[MODEL_ERROR_NEWER] = API_ERROR_NOT_SUPPORTED,
		[MODEL_ERROR_NOT_FOUND] = API_ERROR_NOT_FOUND,
		[MODEL_ERROR_EXISTS] = API_ERROR_EXISTS,
		[MODEL_ERROR_IO] = API_ERROR_FAILED,
	};

	if (error->domain == API_ERROR)
		return (enum api_error)error->code;
	if (error->domain == MODEL_ERROR && (gsize)error->code < G_N_ELEMENTS(codes))
		return codes[error->code];
	return API_ERROR_FAILED;
}

static void answer_error(struct call *call, enum api_error code, const char *message)
{
	char *valid = g_utf8_make_valid(message, -1);

	g_dbus_method_invocation_return_dbus_error(call->invocation, api_error_name(code), valid);
	g_free(valid);
	call_free(call);
}

void call_fail(struct call *call, const GError *error)
{
	answer_error(call, code_of(error), error->message);
}

void call_fail_text(struct call *call, int api_error, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	answer_error(call, (enum api_error)api_error, text);
	g_free(text);
}

void call_log_refusal(struct call *call, const char *what, const char *why)
{
	struct vm *vm = call_vm(call);
	guint hidden = 0;

	if (!peer_may_log_refusal(call->peer, &hidden))
		return;
	if (hidden)
		event_log_add(call->service->log, EVENT_REFUSAL, call->who->user, NULL, NULL,
			      "%u more refusals in a short time were not logged one by one", hidden);
	event_log_add(call->service->log, EVENT_REFUSAL, call->who->user, call->vm_id,
		      vm ? vm->config->name : NULL, "%s was refused: %s", what, why);
}

gboolean call_require(struct call *call, enum right right, const struct vm *vm)
{
	char *why = NULL;
	gboolean is_allowed = authority_allows(call->service, call->who, right, vm, &why);

	if (!is_allowed) {
		call_log_refusal(call, g_dbus_method_invocation_get_method_name(call->invocation), why);
		call_fail_text(call, API_ERROR_NOT_AUTHORIZED, "%s may not %s: %s", call->who->user,
			       right_label(right), why);
	}
	g_free(why);
	return is_allowed;
}
