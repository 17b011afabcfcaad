/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/rfb_priv.h"
#include "keys/keys.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum {
	SILENCE_SECONDS = 30, /* in the middle of a message: the server is gone */
	AUTHENTICATIONS_MAX = 2,
	MESSAGE_SET_DESKTOP_SIZE = 251,
	QEMU_E0 = 0x80,
	QEMU_PAUSE = 0xc6,
	QEMU_PRINT = 0x54,
	NAME_MAX_BYTES = 200,
};

static char tag; /* its address marks our data at the library's client */

struct rd_rfb_client *rd_rfb_client_of(rfbClient *library)
{
	return rfbClientGetClientData(library, &tag);
}

/* --- why it ended -------------------------------------------------------------------------------------- */

static __thread struct rd_rfb_client *talking; /* who the library's complaints are about */

static const char *const said_reason = "VNC connection failed: ";

/*
 * The library tells its reasons to a log only. Of those, what the server said is worth showing.
 */
static void on_log(const char *format, ...)
{
	char text[320];
	va_list arguments;

	if (!talking || talking->reason[0])
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (strncmp(text, said_reason, strlen(said_reason)) != 0)
		return;
	text[strcspn(text, "\r\n")] = '\0';
	snprintf(talking->reason, sizeof(talking->reason), "The screen's server refuses: %s",
		 text + strlen(said_reason));
}

static bool fail(struct rd_rfb_client *rfb, const char *reason)
{
	if (!rfb->reason[0])
		snprintf(rfb->reason, sizeof(rfb->reason), "%s", reason);
	return false;
}

const char *rd_rfb_client_reason(const struct rd_rfb_client *rfb)
{
	return rfb->reason[0] ? rfb->reason
			      : "The screen's server ended the connection; connect again if the machine runs";
}

/* --- from the server ----------------------------------------------------------------------------------- */

static rfbBool on_size(rfbClient *library)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);
	unsigned width = (unsigned)library->width, height = (unsigned)library->height;

	free(library->frameBuffer);
	library->frameBuffer = NULL;
	if (width > RD_CLIENT_SIDE_MAX || height > RD_CLIENT_SIDE_MAX)
		return fail(rfb, "The screen's server tells of a screen that is too large to be shown");
	library->frameBuffer = calloc((size_t)width * height + 1, 4);
	if (!library->frameBuffer || !rfb->ops->resized(rfb->opaque, width, height))
		return fail(rfb, "There is no memory for the screen's picture; close other programs");
	library->updateRect.x = library->updateRect.y = 0;
	library->updateRect.w = rfb->is_hidden ? 0 : (int)width;
	library->updateRect.h = rfb->is_hidden ? 0 : (int)height;
	return TRUE;
}

static void on_drawn(rfbClient *library, int x, int y, int width, int height)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);
	struct rd_client_rect rect = { (unsigned)x, (unsigned)y, (unsigned)width, (unsigned)height };

	rfb->ops->drawn(rfb->opaque, rect);
}

static void on_finished(rfbClient *library)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);

	rfb->ops->update_finished(rfb->opaque);
}

void rd_rfb_client_tell_shape(struct rd_rfb_client *rfb, unsigned hot_x, unsigned hot_y, unsigned width,
			      unsigned height)
{
	struct rd_client_pointer pointer = {
		.width = height ? width : 0,
		.height = width ? height : 0,
		.hot_x = hot_x < width ? hot_x : 0,
		.hot_y = hot_y < height ? hot_y : 0,
		.pixels = rfb->shape,
	};

	rfb->ops->pointer_changed(rfb->opaque, &pointer);
}

/* Colours and a mask, a byte a pixel. */
static void on_shape(rfbClient *library, int hot_x, int hot_y, int width, int height, int bytes)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);
	size_t count = (size_t)width * (size_t)height;

	if (width > RD_CLIENT_POINTER_SIDE_MAX || height > RD_CLIENT_POINTER_SIDE_MAX || bytes != 4)
		return;
	free(rfb->shape);
	rfb->shape = malloc(count * 4 + 1);
	if (!rfb->shape)
		return;
	memcpy(rfb->shape, library->rcSource, count * 4);
	for (size_t i = 0; i < count; i++)
		rfb->shape[i] = library->rcMask[i] ? 0xff000000u | rfb->shape[i] : 0;
	rd_rfb_client_tell_shape(rfb, (unsigned)hot_x, (unsigned)hot_y, (unsigned)width, (unsigned)height);
}

static rfbBool on_pointer(rfbClient *library, int x, int y)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);

	rfb->ops->pointer_moved(rfb->opaque, (unsigned)x, (unsigned)y);
	return TRUE;
}

static void on_clipboard(rfbClient *library, const char *text, int size)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);

	if (size > 0 && size <= RD_CLIENT_CLIPBOARD_MAX)
		rfb->ops->clipboard(rfb->opaque, text, (size_t)size);
}

static void on_bell(rfbClient *library)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);

	rfb->ops->bell(rfb->opaque);
}

/* --- proving who we are -------------------------------------------------------------------------------- */

static bool is_by_certificate(const rfbClient *library)
{
	return library->authScheme == rfbVeNCrypt && library->subAuthScheme >= rfbVeNCryptX509None &&
	       library->subAuthScheme <= rfbVeNCryptX509Plain;
}

/* TLS without a certificate hides the password from everyone but the one in the middle. */
static bool may_tell_password(struct rd_rfb_client *rfb)
{
	if (rfb->config->certificates && !is_by_certificate(rfb->library))
		return fail(rfb, "The screen's server does not show a certificate, so that the password is "
				 "not sent to it");
	if (!rfb->config->password)
		return fail(rfb, "The screen's server wants a password; give one");
	return true;
}

static char *on_password(rfbClient *library)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);

	return strdup(may_tell_password(rfb) ? rfb->config->password : "");
}

/* The library frees it. */
static rfbCredential *on_credential(rfbClient *library, int kind)
{
	struct rd_rfb_client *rfb = rd_rfb_client_of(library);
	rfbCredential *credential;

	if (kind == rfbCredentialTypeUser && !may_tell_password(rfb))
		return NULL;
	credential = calloc(1, sizeof(*credential));
	if (!credential)
		return NULL;
	if (kind == rfbCredentialTypeX509) {
		credential->x509Credential.x509CACertFile = strdup(rfb->config->certificates);
	} else {
		credential->userCredential.username = strdup(rfb->config->user ? rfb->config->user : "");
		credential->userCredential.password = strdup(rfb->config->password);
	}
	return credential;
}

/* --- life ---------------------------------------------------------------------------------------------- */

static void set_library_up(void)
{
	rfbClientLog = on_log;
	rfbClientErr = on_log;
	rd_rfb_extension_register();
}

static void set_format(rfbClient *library)
{
	library->format.redShift = 16;
	library->format.greenShift = 8;
	library->format.blueShift = 0;
}

static void set_hooks(rfbClient *library)
{
	library->MallocFrameBuffer = on_size;
	library->GotFrameBufferUpdate = on_drawn;
	library->FinishedFrameBufferUpdate = on_finished;
	library->GotCursorShape = on_shape;
	library->HandleCursorPos = on_pointer;
	library->GotXCutText = on_clipboard;
	library->Bell = on_bell;
	library->GetPassword = on_password;
	library->GetCredential = on_credential;
}

static void set_wishes(struct rd_rfb_client *rfb)
{
	static const uint32_t by_certificate[] = { rfbVeNCrypt }, plain[] = { rfbNoAuth, rfbVncAuth };
	rfbClient *library = rfb->library;

	library->appData.encodingsString = rfb->config->encodings;
	if (!rfb->config->encodings)
		library->appData.encodingsString = rfb->config->link == RD_LINK_LOCAL
						       ? "copyrect raw tight zrle zlib hextile"
						       : "copyrect tight zrle zlib hextile raw";
	library->appData.enableJPEG = FALSE; /* pictures are exact */
	library->appData.compressLevel = 6;
	library->appData.useRemoteCursor = TRUE;
	library->canHandleNewFBSize = TRUE;
	library->readTimeout = SILENCE_SECONDS;
	if (rfb->config->certificates) {
		SetClientAuthSchemes(library, by_certificate, 1);
		free(library->serverHost);
		library->serverHost = strdup(rfb->config->host ? rfb->config->host : "");
	} else {
		SetClientAuthSchemes(library, plain, 2);
	}
}

struct rd_rfb_client *rd_rfb_client_new(const struct rd_client_config *config,
					const struct rd_rfb_client_ops *ops, void *opaque)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct rd_rfb_client *rfb = calloc(1, sizeof(*rfb));

	pthread_once(&once, set_library_up);
	if (!rfb)
		return NULL;
	rfb->library = rfbGetClient(8, 3, 4);
	if (!rfb->library) {
		free(rfb);
		return NULL;
	}
	rfb->config = config;
	rfb->ops = ops;
	rfb->opaque = opaque;
	rfb->library->sock = config->socket;
	rfbClientSetClientData(rfb->library, &tag, rfb);
	set_format(rfb->library);
	set_hooks(rfb->library);
	set_wishes(rfb);
	return rfb;
}

struct rd_rfb_client *rd_rfb_client_free(struct rd_rfb_client *rfb)
{
	if (!rfb)
		return NULL;
	free(rfb->library->frameBuffer);
	rfb->library->frameBuffer = NULL;
	free(rfb->library->rcSource); /* which the library forgets (0.9.14) */
	free(rfb->library->rcMask);
	rfb->library->rcSource = rfb->library->rcMask = NULL;
	rfbClientCleanup(rfb->library); /* closes the socket, too */
	free(rfb->shape);
	free(rfb);
	return NULL;
}

/* --- running ------------------------------------------------------------------------------------------- */

static bool greet(struct rd_rfb_client *rfb)
{
	rfbClient *library = rfb->library;

	if (!InitialiseRFBConnection(library))
		return fail(
		    rfb, library->authScheme == rfbVeNCrypt && !library->tlsSession
			     ? "The encrypted connection to the screen's server failed: its certificate is "
			       "not the expected one; compare it with the server's"
			 : library->authScheme != 0 && library->authScheme != rfbNoAuth
			     ? "The screen's server did not take the password; try again"
			     : "The screen's server did not greet as a VNC server does, or it offers no "
			       "way to log in that is safe; see the machine's display settings");
	if (rfb->config->certificates && !is_by_certificate(library))
		return fail(rfb, "The screen's server does not show a certificate; see the machine's display "
				 "settings");
	library->width = library->si.framebufferWidth;
	library->height = library->si.framebufferHeight;
	if (!on_size(library))
		return false;
	return SetFormatAndEncodings(library) &&
	       SendFramebufferUpdateRequest(library, 0, 0, library->width, library->height, FALSE);
}

bool rd_rfb_client_connect(struct rd_rfb_client *rfb)
{
	int fd = rfb->library->sock;

	if (fd >= FD_SETSIZE) /* the library's select() */
		return fail(rfb, "Too many files are open in this program; close some windows");
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	talking = rfb;
	rfb->is_connected = greet(rfb);
	talking = NULL;
	return rfb->is_connected;
}

bool rd_rfb_client_receive(struct rd_rfb_client *rfb)
{
	bool is_good;

	talking = rfb;
	is_good = HandleRFBServerMessage(rfb->library);
	talking = NULL;
	/* A server's list of messages, which may come later, does not name it. */
	rfb->has_qemu_keys |= SupportsClient2Server(rfb->library, rfbQemuEvent);
	return is_good && rfb->library->frameBuffer;
}

bool rd_rfb_client_has_more(const struct rd_rfb_client *rfb)
{
	return rfb->library->buffered > 0;
}

const char *rd_rfb_client_name(const struct rd_rfb_client *rfb)
{
	return rfb->library->desktopName ? rfb->library->desktopName : "";
}

const uint32_t *rd_rfb_client_pixels(const struct rd_rfb_client *rfb)
{
	return (const uint32_t *)(const void *)rfb->library->frameBuffer;
}

/* --- to the server ------------------------------------------------------------------------------------- */

/* QEMU's extended key event has the E0 prefix in bit 7. */
static uint32_t qemu_code(uint16_t code)
{
	if (code == RD_KEY_PAUSE)
		return QEMU_PAUSE;
	if (code == RD_KEY_PRINT)
		return QEMU_PRINT;
	return (code & 0x7f) | (code >> 8 ? QEMU_E0 : 0);
}

bool rd_rfb_client_key(struct rd_rfb_client *rfb, uint16_t code, uint32_t keysym, bool is_down)
{
	if (!keysym)
		keysym = rd_keysym_of_key(code);
	if (code && rfb->has_qemu_keys) {
		rfb->library->supportedMessages.client2server[rfbQemuEvent / 8] |= 1 << rfbQemuEvent % 8;
		return SendExtendedKeyEvent(rfb->library, keysym, qemu_code(code), is_down);
	}
	return !keysym || SendKeyEvent(rfb->library, keysym, is_down);
}

bool rd_rfb_client_pointer(struct rd_rfb_client *rfb, unsigned x, unsigned y, unsigned buttons)
{
	return SendPointerEvent(rfb->library, (int)x, (int)y, (int)buttons);
}

bool rd_rfb_client_clipboard(struct rd_rfb_client *rfb, const char *text, size_t size)
{
	char *copy = malloc(size + 1);
	bool is_good = copy != NULL;

	if (copy) {
		memcpy(copy, text, size);
		is_good = SendClientCutText(rfb->library, copy, (int)size);
	}
	free(copy);
	return is_good;
}

bool rd_rfb_client_can_resize(const struct rd_rfb_client *rfb)
{
	return rfb->library->screen.width != 0;
}

/*
 * Not by SendExtDesktopSize(): that one asks for no more pictures until the server answers, which a server
 * need not do.
 */
bool rd_rfb_client_resize(struct rd_rfb_client *rfb, unsigned width, unsigned height)
{
	struct __attribute__((packed)) {
		uint8_t type, padding;
		uint16_t width, height;
		uint8_t screens, padding2;
		rfbExtDesktopScreen screen;
	} message = { .type = MESSAGE_SET_DESKTOP_SIZE, .screens = 1 };

	if (!rd_rfb_client_can_resize(rfb))
		return true;
	message.width = message.screen.width = htons((uint16_t)width);
	message.height = message.screen.height = htons((uint16_t)height);
	message.screen.id = rfb->library->screen.id; /* as it came */
	return WriteToRFBServer(rfb->library, (const char *)&message, sizeof(message));
}

/* Requests of an empty rectangle are never answered. */
bool rd_rfb_client_set_visible(struct rd_rfb_client *rfb, bool is_visible)
{
	rfbClient *library = rfb->library;

	rfb->is_hidden = !is_visible;
	library->updateRect.w = is_visible ? library->width : 0;
	library->updateRect.h = is_visible ? library->height : 0;
	return SendIncrementalFramebufferUpdateRequest(library);
}
