/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections: ids, limits, and that nobody is called after hv_disconnect() has returned. */
#include "hyperv_guest.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static enum hv_status on_message(void *opaque, unsigned vp, uint32_t type, const void *payload, size_t size)
{
	return HV_STATUS_SUCCESS;
}

static void on_nothing(void *opaque, uint16_t flag)
{
}

static void test_ids(void)
{
	struct hyperv_guest guest;

	guest_new(&guest, 1);
	CHECK(hv_connect_messages(guest.partition, 1 << 24, on_message, NULL) == -EINVAL &&
		  hv_connect_events(guest.partition, UINT32_MAX, on_nothing, NULL) == -EINVAL &&
		  hv_connect_events(guest.partition, 1, NULL, NULL) == -EINVAL &&
		  hv_connect_messages(guest.partition, 1, NULL, NULL) == -EINVAL,
	      "arguments");
	for (uint32_t i = 0; i < HV_CONNECTIONS_MAX; i++)
		CHECK(hv_connect_events(guest.partition, i * 4099, on_nothing, NULL) == 0, "connect %u", i);
	CHECK(hv_connect_events(guest.partition, 1, on_nothing, NULL) == -ENOSPC, "one more");
	CHECK(hv_connect_messages(guest.partition, 4099, on_message, NULL) == -EEXIST, "twice");
	hv_disconnect(guest.partition, 3);
	hv_disconnect(guest.partition, 4099);
	CHECK(hv_connect_messages(guest.partition, 4099, on_message, NULL) == 0, "again, the other kind");
	guest_free(&guest);
}

/* --- disconnecting while the guest signals ----------------------------------------------------------- */

static struct hyperv_guest busy;
static _Atomic bool is_connected, is_over;
static _Atomic unsigned calls, late;

static void on_event(void *opaque, uint16_t flag)
{
	if (!is_connected)
		late++;
	sched_yield();
	if (!is_connected)
		late++;
	calls++;
}

static void *signal_on(void *opaque)
{
	while (!is_over)
		guest_call(&busy, 0, 0x5d | 1 << 16, 7, 0);
	return NULL;
}

static void test_disconnect(void)
{
	pthread_t threads[2];

	guest_new(&busy, 1);
	guest_calls_on(&busy);
	for (unsigned i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, signal_on, NULL);
	for (unsigned i = 0; i < 300; i++) {
		unsigned before = calls;

		is_connected = true;
		CHECK(hv_connect_events(busy.partition, 7, on_event, NULL) == 0, "connect");
		for (unsigned k = 0; k < 10000 && calls == before; k++)
			sched_yield();
		hv_disconnect(busy.partition, 7);
		is_connected = false;
	}
	is_over = true;
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(late == 0 && calls >= 100, "%u late of %u", late, calls);
	guest_free(&busy);
}

int main(void)
{
	test_ids();
	test_disconnect();
	printf("%u failures\n", failures);
	return failures != 0;
}
