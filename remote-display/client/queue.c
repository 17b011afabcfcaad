/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/queue.h"

/* A movement between two that have the same buttons says nothing; a press or a release does. */
static bool replace_movement(struct rd_action_queue *queue, const struct rd_action *action)
{
	struct rd_action *last = g_queue_peek_tail(&queue->actions);
	struct rd_action *before =
	    g_queue_get_length(&queue->actions) < 2
		? NULL
		: g_queue_peek_nth(&queue->actions, g_queue_get_length(&queue->actions) - 2);

	if (!before || action->kind != RD_ACTION_POINTER || last->kind != RD_ACTION_POINTER ||
	    before->kind != RD_ACTION_POINTER || last->c != action->c || before->c != action->c)
		return false;
	*last = *action;
	return true;
}

void rd_action_queue_add(struct rd_action_queue *queue, struct rd_action action)
{
	if (replace_movement(queue, &action))
		return;
	if (g_queue_get_length(&queue->actions) >= RD_CLIENT_QUEUE_MAX) {
		g_free(action.text);
		return;
	}
	g_queue_push_tail(&queue->actions, g_memdup2(&action, sizeof(action)));
}

bool rd_action_queue_take(struct rd_action_queue *queue, struct rd_action *ret_action)
{
	struct rd_action *action = g_queue_pop_head(&queue->actions);

	if (!action)
		return false;
	*ret_action = *action;
	g_free(action);
	return true;
}

void rd_action_queue_clear(struct rd_action_queue *queue)
{
	struct rd_action action;

	while (rd_action_queue_take(queue, &action))
		g_free(action.text);
}
