/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the table of states: names, ways in and out, refusals; and the table of rights. */
#include "check.h"

#include "model/model_error.h"
#include "model/rights.h"
#include "model/vm_state.h"

#include <string.h>

static void test_names(void)
{
	for (unsigned i = 0; i < VM_STATE_COUNT; i++) {
		enum vm_state state = VM_STATE_COUNT;

		CHECK_F(vm_state_parse(vm_state_name(i), &state) && state == i,
			"state %u has no name of its own", i);
		CHECK(vm_state_label(i) && *vm_state_label(i));
	}
	for (unsigned i = 0; i < VM_EVENT_COUNT; i++)
		for (unsigned j = 0; j < i; j++)
			CHECK_F(strcmp(vm_event_name(i), vm_event_name(j)) != 0, "events %u and %u", i, j);
	CHECK(!vm_state_parse("on", &(enum vm_state){ 0 }));
}

/* Which states can be reached from one. */
static unsigned reach(enum vm_state from)
{
	unsigned set = 1u << from, before;

	do {
		before = set;
		for (unsigned s = 0; s < VM_STATE_COUNT; s++)
			for (unsigned e = 0; e < VM_EVENT_COUNT; e++) {
				enum vm_state next;

				if ((set >> s & 1) && vm_state_next(s, e, &next))
					set |= 1u << next;
			}
	} while (set != before);
	return set;
}

static void test_ways(void)
{
	unsigned all = (1u << VM_STATE_COUNT) - 1;

	CHECK_F(reach(VM_OFF) == all, "from off only %x", reach(VM_OFF));
	for (unsigned s = 0; s < VM_STATE_COUNT; s++) {
		enum vm_state next = VM_STATE_COUNT;

		CHECK_F(reach(s) >> VM_OFF & 1, "no way back from %s", vm_state_name(s));
		/* A worker can die at any time, and only where there is one. */
		CHECK_F(vm_state_next(s, VM_ENDED, &next) == vm_state_has_worker(s), "worker's end in %s",
			vm_state_name(s));
		/* Whatever has a worker can be turned off, and that leads to where it ends. */
		CHECK_F(vm_state_next(s, VM_TURN_OFF, &next) == vm_state_has_worker(s), "turn off in %s",
			vm_state_name(s));
	}
}

static void test_life(void)
{
	struct vm_life life;
	GError *error = NULL;

	vm_life_init(&life);
	CHECK(!vm_life_move(&life, "web", VM_RESUME, NULL, &error));
	CHECK_F(error && error->domain == MODEL_ERROR && error->code == MODEL_ERROR_STATE &&
		    strstr(error->message, "web is off; it cannot be resumed; "),
		"%s", error ? error->message : "no error");
	g_clear_error(&error);
	CHECK(life.state == VM_OFF && !life.reason);
	CHECK(vm_life_move(&life, "web", VM_START, "alice started it", NULL));
	CHECK(life.state == VM_STARTING && strcmp(life.reason, "alice started it") == 0);
	CHECK(vm_life_move(&life, "web", VM_ENDED, "the kernel is missing", NULL));
	CHECK(life.state == VM_OFF && strcmp(life.reason, "the kernel is missing") == 0);
	vm_life_deinit(&life);
}

static void test_every_refusal_has_a_sentence(void)
{
	for (unsigned s = 0; s < VM_STATE_COUNT; s++)
		for (unsigned e = 0; e < VM_EVENT_COUNT; e++) {
			struct vm_life life = { .state = s };
			enum vm_state next;
			GError *error = NULL;
			gboolean is_allowed = vm_state_next(s, e, &next);

			CHECK(vm_life_move(&life, "x", e, NULL, &error) == is_allowed);
			CHECK(life.state == (is_allowed ? next : (enum vm_state)s));
			CHECK(is_allowed || (error && strlen(error->message) > 20));
			g_clear_error(&error);
		}
}

/* Whole lives: each step is possible, and leads where it should. */
static void test_stories(void)
{
	static const struct {
		enum vm_event event;
		enum vm_state state;
	} stories[][8] = {
		{ { VM_START, VM_STARTING },
		  { VM_STARTED, VM_RUNNING },
		  { VM_SAVE, VM_SAVING },
		  { VM_SAVE_DONE, VM_SAVED },
		  { VM_START, VM_STARTING },
		  { VM_STARTED, VM_RUNNING },
		  { VM_TURN_OFF, VM_STOPPING },
		  { VM_ENDED, VM_OFF } },
		/* saving fails: it goes on; its worker dies while it saves: it is off */
		{ { VM_START, VM_STARTING },
		  { VM_STARTED, VM_RUNNING },
		  { VM_PAUSE, VM_PAUSED },
		  { VM_SAVE, VM_SAVING },
		  { VM_SAVE_FAILED, VM_RUNNING },
		  { VM_SAVE, VM_SAVING },
		  { VM_ENDED, VM_OFF },
		  { VM_START, VM_STARTING } },
		/* a saved state that cannot be read */
		{ { VM_START, VM_STARTING },
		  { VM_STARTED, VM_RUNNING },
		  { VM_SAVE, VM_SAVING },
		  { VM_SAVE_DONE, VM_SAVED },
		  { VM_NEEDS_HELP, VM_SAVED_CRITICAL },
		  { VM_HELPED, VM_SAVED },
		  { VM_NEEDS_HELP, VM_SAVED_CRITICAL },
		  { VM_DISCARD, VM_OFF } },
		/* a full disk: twice, then reset in that state, then it is turned off in it */
		{ { VM_START, VM_STARTING },
		  { VM_STARTED, VM_RUNNING },
		  { VM_NEEDS_HELP, VM_PAUSED_CRITICAL },
		  { VM_RESUME, VM_RUNNING },
		  { VM_NEEDS_HELP, VM_PAUSED_CRITICAL },
		  { VM_RESUME, VM_RUNNING },
		  { VM_NEEDS_HELP, VM_PAUSED_CRITICAL },
		  { VM_TURN_OFF, VM_STOPPING } },
		/* found by a service that starts anew; the guest's last writes find no room */
		{ { VM_FOUND, VM_RUNNING },
		  { VM_PAUSE, VM_PAUSED },
		  { VM_NEEDS_HELP, VM_PAUSED_CRITICAL },
		  { VM_NEEDS_HELP, VM_PAUSED_CRITICAL },
		  { VM_RESUME, VM_RUNNING },
		  { VM_SHUT_DOWN, VM_STOPPING },
		  { VM_NEEDS_HELP, VM_PAUSED_CRITICAL },
		  { VM_ENDED, VM_OFF } },
	};

	for (unsigned s = 0; s < G_N_ELEMENTS(stories); s++) {
		struct vm_life life;

		vm_life_init(&life);
		for (unsigned i = 0; i < G_N_ELEMENTS(stories[s]); i++) {
			CHECK_F(vm_life_move(&life, "web", stories[s][i].event, NULL, NULL),
				"story %u, step %u", s, i);
			CHECK_F(life.state == stories[s][i].state, "story %u, step %u: %s", s, i,
				vm_state_name(life.state));
		}
		vm_life_deinit(&life);
	}
}

/* What must not be possible where it would lose something. */
static void test_never(void)
{
	static const struct {
		enum vm_state state;
		enum vm_event event;
	} never[] = { { VM_SAVING, VM_PAUSE },
		      { VM_SAVING, VM_SAVE },
		      { VM_SAVING, VM_RESUME },
		      { VM_SAVED, VM_PAUSE },
		      { VM_SAVED, VM_TURN_OFF },
		      { VM_SAVED, VM_ENDED },
		      { VM_OFF, VM_SAVE },
		      { VM_OFF, VM_DISCARD },
		      { VM_STARTING, VM_SAVE },
		      { VM_STOPPING, VM_SAVE },
		      { VM_PAUSED_CRITICAL, VM_SAVE },
		      { VM_PAUSED_CRITICAL, VM_PAUSE },
		      { VM_SAVED_CRITICAL, VM_START } };

	for (unsigned i = 0; i < G_N_ELEMENTS(never); i++) {
		enum vm_state next;

		CHECK_F(!vm_state_next(never[i].state, never[i].event, &next), "%s in %s",
			vm_event_name(never[i].event), vm_state_name(never[i].state));
	}
	CHECK(vm_state_has_worker(VM_SAVING) && !vm_state_has_worker(VM_SAVED) && !vm_state_is_off(VM_SAVED));
}

static void test_rights(void)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		enum role parsed;

		CHECK(role_parse(role_name(role), &parsed) && parsed == role);
		for (unsigned right = 0; right < RIGHT_COUNT; right++)
			/* each role has what the one below it has */
			CHECK_F(role == 0 || !role_has(role - 1, right) || role_has(role, right),
				"%s lost %s", role_name(role), right_name(right));
	}
	for (unsigned right = 0; right < RIGHT_COUNT; right++) {
		enum right parsed;

		CHECK(right_parse(right_name(right), &parsed) && parsed == (enum right)right);
		CHECK(!role_has(ROLE_NOBODY, right) && role_has(ROLE_OWNER, right));
	}
	CHECK(!role_has(ROLE_ADMINISTRATOR, RIGHT_PASS_THROUGH) &&
	      !role_has(ROLE_ADMINISTRATOR, RIGHT_MOUNT));
	CHECK(role_has(ROLE_VIEWER, RIGHT_VIEW) && !role_has(ROLE_VIEWER, RIGHT_CONSOLE));
	CHECK(role_has(ROLE_OPERATOR, RIGHT_POWER) && !role_has(ROLE_OPERATOR, RIGHT_EDIT));
	CHECK(!role_has(ROLE_VM_ADMINISTRATOR, RIGHT_CREATE));
	CHECK(!role_is_of_vm(ROLE_ADMINISTRATOR) && !role_is_of_vm(ROLE_OWNER) &&
	      !role_is_of_vm(ROLE_NOBODY));
	CHECK(subject_check("user:alice", NULL) && subject_check("group:lab", NULL));
	CHECK(!subject_check("alice", NULL) && !subject_check("user:", NULL) &&
	      !subject_check("user:a b", NULL));
}

int main(void)
{
	test_names();
	test_ways();
	test_life();
	test_every_refusal_has_a_sentence();
	test_stories();
	test_never();
	test_rights();
	return check_result();
}
