/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/connection.h"

#include <errno.h>
#include <stdlib.h>

void connection_table_init(struct connection_table *table)
{
	pthread_mutex_init(&table->lock, NULL);
	pthread_cond_init(&table->idle, NULL);
}

void connection_table_deinit(struct connection_table *table)
{
	for (unsigned i = 0; i < CONNECTION_BUCKETS; i++)
		while (table->buckets[i]) {
			struct connection *connection = table->buckets[i];

			table->buckets[i] = connection->next;
			free(connection);
		}
	pthread_cond_destroy(&table->idle);
	pthread_mutex_destroy(&table->lock);
}

/* Where the pointer to it stands, or the end of its chain. */
static struct connection **find(struct connection_table *table, uint32_t id)
{
	struct connection **at = &table->buckets[(id ^ id >> 8) % CONNECTION_BUCKETS];

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static int add_locked(struct connection_table *table, const struct connection *connection)
{
	struct connection **at = find(table, connection->id), *copy;

	if (*at)
		return -EEXIST;
	if (table->count == HV_CONNECTIONS_MAX)
		return -ENOSPC;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *connection;
	*at = copy;
	table->count++;
	return 0;
}

int connection_add(struct connection_table *table, const struct connection *connection)
{
	int r;

	if (connection->id >> CONNECTION_ID_BITS)
		return -EINVAL;
	pthread_mutex_lock(&table->lock);
	r = add_locked(table, connection);
	pthread_mutex_unlock(&table->lock);
	return r;
}

void connection_remove(struct connection_table *table, uint32_t id)
{
	struct connection **at, *connection;

	pthread_mutex_lock(&table->lock);
	at = find(table, id);
	connection = *at;
	if (connection) {
		*at = connection->next;
		table->count--;
		while (connection->running)
			pthread_cond_wait(&table->idle, &table->lock);
	}
	pthread_mutex_unlock(&table->lock);
	free(connection);
}

/* A connection whose listener may be called, until release(); NULL: there is none of that kind. */
static struct connection *hold(struct connection_table *table, uint32_t id, bool for_event)
{
	struct connection *connection;

	pthread_mutex_lock(&table->lock);
	connection = *find(table, id);
	if (connection && !(for_event ? (bool)connection->on_event : (bool)connection->on_message))
		connection = NULL;
	if (connection)
		connection->running++;
	pthread_mutex_unlock(&table->lock);
	return connection;
}

static void release(struct connection_table *table, struct connection *connection)
{
	pthread_mutex_lock(&table->lock);
	if (--connection->running == 0)
		pthread_cond_broadcast(&table->idle);
	pthread_mutex_unlock(&table->lock);
}

enum hv_status connection_post(struct connection_table *table, uint32_t id, unsigned vp, uint32_t type,
			       const void *payload, size_t size)
{
	struct connection *connection = hold(table, id, false);
	enum hv_status status;

	if (!connection)
		return HV_STATUS_INVALID_CONNECTION_ID;
	status = connection->on_message(connection->opaque, vp, type, payload, size);
	release(table, connection);
	return status;
}

enum hv_status connection_signal(struct connection_table *table, uint32_t id, uint16_t flag)
{
	struct connection *connection = hold(table, id, true);

	if (!connection)
		return HV_STATUS_INVALID_CONNECTION_ID;
	connection->on_event(connection->opaque, flag);
	release(table, connection);
	return HV_STATUS_SUCCESS;
}
