/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/vm_question.h"
#include "service/api_power.h"
#include "service/call.h"
#include "service/vm.h"

#include "api/api_error.h"

static gboolean on_silence(gpointer opaque)
{
	struct vm_question *question = opaque;

	question->timeout = 0;
	vm_question_fail(question->place, API_ERROR_FAILED, question->silence);
	return G_SOURCE_REMOVE;
}

void vm_question_ask(struct vm_question **place, struct call *call, int kind, struct vm *vm,
		     struct link_message *message, guint limit_s, const char *silence)
{
	struct vm_question *question;
	GError *error = NULL;

	if (!vm_send(vm, message, &error)) {
		api_fail(call, error);
		return;
	}
	question = g_new(struct vm_question, 1);
	*question = (struct vm_question){
		.call = call,
		.kind = kind,
		.vm = vm,
		.place = place,
		.silence = silence,
		.timeout = g_timeout_add_seconds(limit_s, on_silence, question),
	};
	*place = question;
}

struct call *vm_question_take(struct vm_question **place)
{
	struct vm_question *question = g_steal_pointer(place);
	struct call *call = question->call;

	if (question->timeout)
		g_source_remove(question->timeout);
	g_free(question);
	return call;
}

void vm_question_fail(struct vm_question **place, int api_error, const char *text)
{
	const char *name = (*place)->vm->config->name;

	call_fail_text(vm_question_take(place), api_error, "%s: %s", name, text);
}
