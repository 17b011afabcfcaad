/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvncserver walks through an update with sraRgnGetIterator(), and offers no choice. This definition of it comes
 * before the library's own in the order in which symbols are looked up, for the library's calls, too.
 */
#include "server/rfb_order.h"

#include <dlfcn.h>
#include <pthread.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sraRectangleIterator *(*library_iterator)(sraRegion *region);
static _Thread_local bool is_upward;
static _Thread_local sraRegion *walked;
static _Thread_local unsigned walks;

static void find_library(void)
{
	*(void **)&library_iterator = dlsym(RTLD_NEXT, "sraRgnGetIterator");
}

void rd_rfb_order_set(bool is_now_upward)
{
	pthread_once(&once, find_library);
	is_upward = is_now_upward && library_iterator;
}

unsigned rd_rfb_order_walks(void)
{
	return walks;
}

sraRectangleIterator *rd_rfb_order_again(void)
{
	return walked ? library_iterator(walked) : NULL;
}

/* The library's reverse iterator begins as a usual one, which it gets here. */
sraRectangleIterator *sraRgnGetIterator(sraRegion *region)
{
	sraRectangleIterator *iterator;

	pthread_once(&once, find_library);
	walked = region;
	walks++;
	if (!is_upward)
		return library_iterator(region);
	is_upward = false;
	iterator = sraRgnGetReverseIterator(region, FALSE, TRUE);
	is_upward = true;
	return iterator;
}
