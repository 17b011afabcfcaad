/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb.h"
#include "server/encode.h"
#include "server/rfb_cursor.h"
#include "server/rfb_extension.h"
#include "server/rfb_flow.h"
#include "server/rfb_leds.h"
#include "server/rfb_message.h"
#include "server/rfb_order.h"
#include "server/rfb_qemu_key.h"
#include "server/rfb_tight.h"
#include "server/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SERVER_INIT_MAX = 24 + 256,
	CLIPBOARD_MAX = 256 << 10, /* bytes */
	RECTS_MAX = 4000,	   /* of an update */
	SIZE_MIN = 64,
	REQUEST_FORWARDED = 4,	   /* of ExtendedDesktopSize; the library has no name for it */
	STALLED_VIEWER_MS = 20000, /* it takes no byte for so long: it is gone */
};

struct rd_rfb {
	struct rd_rfb_config config;
	struct rd_damage *damage;
	rfbScreenInfoPtr screen;
	rfbClientPtr client; /* NULL: gone */
	int width, height;
	bool takes_size; /* the guest does */
	bool goes_up;	 /* the next update (rfb_order.h) */
	struct rd_flow flow;
	struct rd_leds leds;
	struct rd_cursor *cursor;
};

/* --- from the viewer --------------------------------------------------------------------------------- */

static struct rd_rfb *of(rfbClientPtr client)
{
	return client->screen->screenData;
}

void rd_rfb_on_scan_code(struct _rfbClientRec *client, uint16_t code, bool is_down)
{
	struct rd_rfb *rfb = of(client);

	if (!rfb->config.is_view_only)
		rfb->config.ops->key(rfb->config.opaque, code, is_down);
}

static void on_keysym(rfbBool is_down, rfbKeySym keysym, rfbClientPtr client)
{
	struct rd_rfb *rfb = of(client);

	if (!rfb->config.is_view_only)
		rfb->config.ops->keysym(rfb->config.opaque, (uint32_t)keysym, is_down);
}

static void on_pointer(int buttons, int x, int y, rfbClientPtr client)
{
	struct rd_rfb *rfb = of(client);

	if (rfb->config.is_view_only || x < 0 || y < 0)
		return;
	rfb->config.ops->pointer(rfb->config.opaque, (uint32_t)x, (uint32_t)y, (unsigned)buttons);
}

/* ISO 8859-1, as RFC 6143, 7.5.6 has it. */
static void on_latin1(char *text, int size, rfbClientPtr client)
{
	struct rd_rfb *rfb = of(client);
	char *utf8 = size > 0 && size <= CLIPBOARD_MAX ? malloc(2 * (size_t)size) : NULL;
	size_t end = 0;

	for (int i = 0; utf8 && i < size; i++) {
		unsigned char character = (unsigned char)text[i];

		if (character >= 0x80)
			utf8[end++] = (char)(0xc0 | character >> 6);
		utf8[end++] = (char)(character >= 0x80 ? 0x80 | (character & 0x3f) : character);
	}
	if (utf8 && !rfb->config.is_view_only)
		rfb->config.ops->text(rfb->config.opaque, utf8, end);
	free(utf8);
}

static void on_utf8(char *text, int size, rfbClientPtr client)
{
	struct rd_rfb *rfb = of(client);

	if (size > 0 && size <= CLIPBOARD_MAX && !rfb->config.is_view_only)
		rfb->config.ops->text(rfb->config.opaque, text, strnlen(text, (size_t)size));
}

/* An answer for the viewer (ExtendedDesktopSize): a guest that takes sizes takes its time, or does not. */
static int on_size(int width, int height, int count, struct rfbExtDesktopScreen *screens, rfbClientPtr client)
{
	struct rd_rfb *rfb = of(client);

	(void)screens;
	if (rfb->config.is_view_only || !rfb->takes_size)
		return rfbExtDesktopSize_ResizeProhibited;
	if (count != 1)
		return rfbExtDesktopSize_InvalidScreenLayout;
	if (width < SIZE_MIN || height < SIZE_MIN || width > RD_WIDTH_MAX || height > RD_HEIGHT_MAX)
		return rfbExtDesktopSize_OutOfResources;
	rfb->config.ops->size(rfb->config.opaque, (uint32_t)width, (uint32_t)height);
	return REQUEST_FORWARDED;
}

struct rd_flow *rd_rfb_flow(struct _rfbClientRec *client)
{
	return &of(client)->flow;
}

struct rd_leds *rd_rfb_leds(struct _rfbClientRec *client)
{
	return &of(client)->leds;
}

static rfbCursorPtr get_cursor(rfbClientPtr client)
{
	return rd_rfb_cursor_get(of(client)->cursor);
}

static void on_gone(rfbClientPtr client)
{
	rd_rfb_qemu_key_detach(client);
	rd_rfb_flow_detach(client);
	rd_rfb_leds_detach(client);
	of(client)->client = NULL;
}

static enum rfbNewClientAction on_new(rfbClientPtr client)
{
	client->clientGoneHook = on_gone;
	return RFB_CLIENT_ACCEPT;
}

/* --- making it --------------------------------------------------------------------------------------- */

static void no_log(const char *format, ...)
{
	(void)format;
}

/*
 * Making a screen sets a lock up anew that all screens share (0.9.14): so all are made before any is used,
 * and each is used by one viewer after the other.
 */
static struct {
	pthread_mutex_t lock; /* a leaf */
	rfbScreenInfoPtr screens[RD_VIEWERS_MAX];
	unsigned count;
} unused = { .lock = PTHREAD_MUTEX_INITIALIZER };

static rfbScreenInfoPtr take_screen(void)
{
	rfbScreenInfoPtr screen = NULL;

	pthread_mutex_lock(&unused.lock);
	if (unused.count > 0)
		screen = unused.screens[--unused.count];
	pthread_mutex_unlock(&unused.lock);
	return screen;
}

static void put_screen(rfbScreenInfoPtr screen)
{
	pthread_mutex_lock(&unused.lock);
	unused.screens[unused.count++] = screen;
	pthread_mutex_unlock(&unused.lock);
}

/* Once for the process. */
static void set_library_up(void)
{
	rfbLog = no_log;
	rfbErr = no_log;
	rfbMaxClientWait = STALLED_VIEWER_MS;
	rd_rfb_qemu_key_register();
	rd_rfb_flow_register();
	rd_rfb_leds_register();
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++) {
		rfbScreenInfoPtr screen = rfbGetScreen(NULL, NULL, 1, 1, 8, 3, 4);

		if (screen)
			put_screen(screen);
	}
}

static void set_format(rfbPixelFormat *format)
{
	format->bitsPerPixel = 32;
	format->depth = 24;
	format->trueColour = 1; /* the library's TRUE is -1 */
	format->bigEndian = FALSE;
	format->redMax = format->greenMax = format->blueMax = 255;
	format->redShift = 16;
	format->greenShift = 8;
	format->blueShift = 0;
}

static int make_screen(struct rd_rfb *rfb)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	rfbScreenInfoPtr screen;

	pthread_once(&once, set_library_up);
	screen = take_screen();
	if (!screen)
		return -ENOMEM;
	rfb->screen = screen;
	rfbNewFramebuffer(screen, (char *)rd_screen_pixels(rfb->config.screen), rfb->width, rfb->height, 8, 3,
			  4);
	screen->pointerClient = NULL;
	screen->cursorX = screen->cursorY = 0;
	screen->screenData = rfb;
	screen->paddedWidthInBytes = RD_WIDTH_MAX * 4;
	set_format(&screen->serverFormat);
	screen->desktopName = rfb->config.name;
	screen->alwaysShared = TRUE;
	screen->cursor = NULL; /* the library would draw it into the pixels, which are everybody's */
	screen->getCursorPtr = get_cursor;
	screen->setXCutText = on_latin1;
	screen->setXCutTextUTF8 = on_utf8;
	screen->setDesktopSizeHook = on_size;
	screen->deferUpdateTime = 0;
	screen->maxRectsPerUpdate = 2 * RECTS_MAX; /* with more the library sends the box around them */
	screen->permitFileTransfer = FALSE;
	screen->handleEventsEagerly = TRUE;
	screen->newClientHook = on_new;
	screen->kbdAddEvent = on_keysym;
	screen->ptrAddEvent = on_pointer;
	return 0;
}

/* What a viewer would say: RFB 3.8, no security, shared. */
static const char answers[] = "RFB 003.008\n\1\1";

static int greet_library(struct rd_rfb *rfb, int inner, char *init, size_t *ret_size)
{
	char skip[12 + 2 + 4];
	ssize_t n;

	for (unsigned i = 0; i < 8 && rfb->client && rfb->client->state != RFB_NORMAL; i++)
		rfbProcessClientMessage(rfb->client);
	if (!rfb->client || rfb->client->state != RFB_NORMAL)
		return -EIO;
	if (recv(inner, skip, sizeof(skip), MSG_DONTWAIT) != (ssize_t)sizeof(skip))
		return -EIO;
	n = recv(inner, init, SERVER_INIT_MAX, MSG_DONTWAIT);
	if (n < 24)
		return -EIO;
	*ret_size = (size_t)n;
	return 0;
}

static int start_client(struct rd_rfb *rfb, int socket)
{
	char init[SERVER_INIT_MAX];
	size_t size = 0;
	int pair[2], r = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	if (send(pair[0], answers, sizeof(answers) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(answers) - 1)
		r = -EIO;
	rfb->client = rfbNewClient(rfb->screen, pair[1]); /* takes its end */
	if (r == 0)
		r = rfb->client ? greet_library(rfb, pair[0], init, &size) : -ENOMEM;
	close(pair[0]);
	if (r < 0)
		return r;
	if (send(socket, init, size, MSG_NOSIGNAL) != (ssize_t)size)
		return -EPIPE;
	fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
	return dup3(socket, rfb->client->sock, O_CLOEXEC) < 0 ? -errno : 0;
}

int rd_rfb_new(const struct rd_rfb_config *config, int socket, struct rd_rfb **ret_rfb)
{
	struct rd_rfb *rfb = calloc(1, sizeof(*rfb));
	struct rd_change *change = malloc(sizeof(*change));
	int r = -ENOMEM;

	if (rfb && change) {
		rfb->config = *config;
		r = rd_damage_new(config->screen, &rfb->damage);
	}
	if (r == 0) {
		rfb->cursor = rd_rfb_cursor_new();
		r = rfb->cursor ? 0 : -ENOMEM;
	}
	if (r == 0) {
		rd_damage_look(rfb->damage, change);
		rfb->width = (int)change->width;
		rfb->height = (int)change->height;
		r = make_screen(rfb);
	}
	if (r == 0)
		r = start_client(rfb, socket);
	free(change);
	if (r < 0) {
		rd_rfb_free(rfb);
		return r;
	}
	*ret_rfb = rfb;
	return 0;
}

struct rd_rfb *rd_rfb_free(struct rd_rfb *rfb)
{
	if (!rfb)
		return NULL;
	if (rfb->client) {
		rfbCloseClient(rfb->client);
		rfbClientConnectionGone(rfb->client);
	}
	if (rfb->screen)
		put_screen(rfb->screen);
	rd_damage_free(rfb->damage);
	rd_rfb_cursor_free(rfb->cursor);
	rd_encode_release();
	free(rfb);
	return NULL;
}

/* --- running ----------------------------------------------------------------------------------------- */

static void take_size(struct rd_rfb *rfb, const struct rd_change *change)
{
	if ((int)change->width == rfb->width && (int)change->height == rfb->height)
		return;
	rfb->width = (int)change->width;
	rfb->height = (int)change->height;
	rfbNewFramebuffer(rfb->screen, rfb->screen->frameBuffer, rfb->width, rfb->height, 8, 3, 4);
	rfb->screen->paddedWidthInBytes = RD_WIDTH_MAX * 4;
	set_format(&rfb->screen->serverFormat);
}

/* The pointer's place only matters to viewers that ask for it. */
static void take_console(struct rd_rfb *rfb)
{
	struct framebuffer_console console;

	rd_screen_console(rfb->config.screen, &console, NULL);
	rfb->takes_size = console.takes_size;
	if (console.has_leds)
		rd_rfb_leds_set(rfb->client, console.leds);
	if (rd_rfb_cursor_set(rfb->cursor, rfb->config.screen))
		rfb->client->cursorWasChanged = TRUE;
	if (console.pointer.has_shape && (rfb->screen->cursorX != (int)console.pointer.x ||
					  rfb->screen->cursorY != (int)console.pointer.y)) {
		rfb->screen->cursorX = (int)console.pointer.x;
		rfb->screen->cursorY = (int)console.pointer.y;
		rfb->client->cursorWasMoved = TRUE;
	}
}

static void take_changes(struct rd_rfb *rfb, struct rd_change *change)
{
	struct rd_rect rect;

	rd_damage_take(rfb->damage, change);
	take_size(rfb, change);
	if (change->is_console_new)
		take_console(rfb);
	for (unsigned i = 0; i < RECTS_MAX && rd_change_next(change, &rect); i++)
		rfbMarkRectAsModified(rfb->screen, (int)rect.x, (int)rect.y, (int)(rect.x + rect.width),
				      (int)(rect.y + rect.height));
	if (!change->is_empty) /* a pattern that is made of splinters */
		rfbMarkRectAsModified(rfb->screen, 0, (int)change->first_row, rfb->width, rfb->height);
}

/*
 * Changes are taken only when the viewer asks for an update: what it cannot take now adds up in the damage
 * and costs nothing.
 */
static bool wants_update(const struct rd_rfb *rfb)
{
	return rfb->client && (!sraRgnEmpty(rfb->client->requestedRegion) || rd_rfb_flow_is_open(&rfb->flow));
}

static void update(struct rd_rfb *rfb, struct rd_change *change)
{
	bool is_continuous = rd_rfb_flow_is_open(&rfb->flow);

	take_changes(rfb, change);
	rd_rfb_tight_prepare(rfb->client);
	if (is_continuous)
		rd_rfb_flow_before(rfb->client);
	rd_rfb_order_set(rfb->goes_up);
	rfbUpdateClient(rfb->client);
	rd_rfb_order_set(false);
	if (rfb->client && sraRgnEmpty(rfb->client->requestedRegion)) /* there was something to send */
		rfb->goes_up = !rfb->goes_up;
	if (is_continuous && rfb->client)
		rd_rfb_flow_after(rfb->client);
}

void rd_rfb_run(struct rd_rfb *rfb)
{
	struct rd_change *change = malloc(sizeof(*change));

	while (change && rfb->client && rfb->client->sock != RFB_INVALID_SOCKET) {
		struct pollfd fds[2] = { { .fd = rfb->client->sock, .events = POLLIN },
					 { .fd = wants_update(rfb) ? rd_damage_fd(rfb->damage) : -1,
					   .events = POLLIN } };

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			rd_rfb_process_message(rfb->client);
		if (wants_update(rfb) && rfb->client->sock != RFB_INVALID_SOCKET)
			update(rfb, change);
	}
	free(change);
}
