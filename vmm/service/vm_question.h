/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A question to a running machine's worker that a call waits for: the worker's answer, its end and a limit of
 * time each answer the call, whichever is first. The asker has a place in the machine for each kind of question,
 * so that one waits at a time. Main thread only.
 */
#ifndef SERVICE_VM_QUESTION_H
#define SERVICE_VM_QUESTION_H

#include <glib.h>

struct call;
struct vm;
struct link_message;

struct vm_question {
	struct call *call;
	int kind; /* the asker's */
	/* private */
	struct vm *vm;
	struct vm_question **place;
	const char *silence;
	guint timeout;
};

/*
 * Takes `message`, also NULL: there was no memory for it. From here on *place waits, or the call is answered with
 * why not. `silence`: how the sentence about this machine goes on when no answer comes in `limit_s` seconds.
 */
void vm_question_ask(struct vm_question **place, struct call *call, int kind, struct vm *vm,
		     struct link_message *message, guint limit_s, const char *silence);
/* Empties the place; the call is the caller's to answer. */
struct call *vm_question_take(struct vm_question **place);
/* Empties the place; the call fails with "MACHINE: text". */
void vm_question_fail(struct vm_question **place, int api_error, const char *text);

#endif
