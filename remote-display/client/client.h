/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The viewer core: one machine's screen, keyboard and mouse, as both consoles use them.
 *
 * Purpose    Connects over a socket that somebody opened, and keeps a picture of the screen. It never
 *            blocks its caller: a thread of its own speaks RFB and decodes; the caller hears of changes
 *            on its GLib main context, many changes as one when it is slow.
 * Use        rd_client_new() with callbacks; on damaged(): rd_client_lock(), copy the rectangles,
 *            unlock. After ended() nothing more comes; connecting again is the caller's: a new one with
 *            a new socket.
 * Threads    All calls and callbacks: the thread that made it, whose thread-default main context must
 *            run.
 * Ownership  rd_client_new() takes the socket and copies the texts. rd_client_free() is allowed inside
 *            callbacks; none comes after it.
 * Limits     RD_CLIENT_SIDE_MAX pixels a side, RD_CLIENT_RECTS_MAX rectangles a callback (more become
 *            one that covers them), RD_CLIENT_CLIPBOARD_MAX bytes of clipboard, RD_CLIENT_QUEUE_MAX
 *            actions that wait for the server (pointer movements become one; what is above the limit is
 *            dropped).
 * Trust      The server may be hostile: sizes and texts are checked, texts are valid UTF-8 without
 *            control characters but line feed and tab.
 * Errors     ended() has one sentence that can be shown as it is.
 */
#ifndef RD_CLIENT_H
#define RD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RD_CLIENT_SIDE_MAX = 8192,
	RD_CLIENT_RECTS_MAX = 64,
	RD_CLIENT_CLIPBOARD_MAX = 256 << 10,
	RD_CLIENT_QUEUE_MAX = 1024,
	RD_CLIENT_POINTER_SIDE_MAX = 256,
};

/* As RFC 6143, 7.5.5 counts them: a wheel's step is a button that is pressed and released. */
enum rd_client_buttons {
	RD_BUTTON_LEFT = 1 << 0,
	RD_BUTTON_MIDDLE = 1 << 1,
	RD_BUTTON_RIGHT = 1 << 2,
	RD_BUTTON_WHEEL_UP = 1 << 3,
	RD_BUTTON_WHEEL_DOWN = 1 << 4,
	RD_BUTTON_WHEEL_LEFT = 1 << 5,
	RD_BUTTON_WHEEL_RIGHT = 1 << 6,
};

enum rd_client_leds {
	RD_LED_SCROLL_LOCK = 1 << 0,
	RD_LED_NUM_LOCK = 1 << 1,
	RD_LED_CAPS_LOCK = 1 << 2,
};

struct rd_client_rect {
	unsigned x, y, width, height;
};

/* 0x00RRGGBB; `stride` pixels a line. */
struct rd_client_frame {
	const uint32_t *pixels;
	unsigned width, height;
	size_t stride;
};

/* The guest's pointer shape, to be drawn where the user's pointer is. width 0: it is invisible. */
struct rd_client_pointer {
	unsigned width, height, hot_x, hot_y;
	const uint32_t *pixels; /* width * height, 0xAARRGGBB, premultiplied */
};

/* Each may be NULL. */
struct rd_client_ops {
	/* The server let us in; resized() and damaged() follow. `name`: what it calls the screen. */
	void (*connected)(void *opaque, const char *name);
	void (*resized)(void *opaque, unsigned width, unsigned height);
	/* Inside of the frame's present size. */
	void (*damaged)(void *opaque, const struct rd_client_rect *rects, unsigned count);
	void (*pointer_changed)(void *opaque, const struct rd_client_pointer *pointer);
	/* The guest, or another viewer, moved it. */
	void (*pointer_moved)(void *opaque, unsigned x, unsigned y);
	void (*clipboard)(void *opaque, const char *text);
	void (*leds)(void *opaque, unsigned leds); /* enum rd_client_leds */
	void (*bell)(void *opaque);
	/* The last one. `reason`: a sentence. */
	void (*ended)(void *opaque, const char *reason);
};

enum rd_client_link {
	RD_LINK_LOCAL,	 /* a unix socket: time counts, not bytes */
	RD_LINK_NETWORK, /* bytes count */
};

struct rd_client_config {
	int socket; /* connected */
	enum rd_client_link link;
	/* RFB's encodings in the order of preference, such as "tight raw"; NULL: what suits the link. */
	const char *encodings;
	bool is_view_only; /* keys, pointer, clipboard and sizes are not sent */
	/*
	 * What proves that we may look; NULL where it is not needed. Without `certificates` a password goes
	 * over the socket as it is (RFB's challenge): give one only for sockets that nobody else can read.
	 */
	const char *user, *password;
	/* TLS is demanded: a PEM file with the server's certificate or its authority, and the name in it. */
	const char *certificates, *host;
	const struct rd_client_ops *ops;
	void *opaque;
};

struct rd_client;

struct rd_client *rd_client_new(const struct rd_client_config *config);
/* Disconnects: the server releases the keys that are held. NULL is fine; returns NULL. */
struct rd_client *rd_client_free(struct rd_client *client);

/* Between these two the picture does not change; hold it for the time of a copy. 0 x 0 before the first. */
void rd_client_lock(struct rd_client *client, struct rd_client_frame *ret_frame);
void rd_client_unlock(struct rd_client *client);
/* Unseen: the server sends no pictures; what changed meanwhile comes when it is seen again. */
void rd_client_set_visible(struct rd_client *client, bool is_visible);

/*
 * A key by its place on the keyboard (keys/keys.h: make code of set 1, E000h | code with the E0 prefix);
 * `keysym`: what the user's layout makes of it, for servers that know no codes; 0: unknown.
 */
void rd_client_key(struct rd_client *client, uint16_t code, uint32_t keysym, bool is_down);
/* All keys and buttons that are held: when the window loses the keyboard. */
void rd_client_release(struct rd_client *client);
/* Pixels of the frame. */
void rd_client_pointer(struct rd_client *client, unsigned x, unsigned y, unsigned buttons);
/* Steps: right and down are positive. */
void rd_client_scroll(struct rd_client *client, unsigned x, unsigned y, int right, int down);
/* UTF-8; the server types it into the guest. Characters outside of Latin-1 become question marks. */
void rd_client_set_clipboard(struct rd_client *client, const char *text);
/* Asks the guest for another size: resized() comes when it follows, nothing when it does not. */
void rd_client_resize(struct rd_client *client, unsigned width, unsigned height);
/* Whether the server passes such a wish on; known after the first picture. */
bool rd_client_can_resize(struct rd_client *client);

struct rd_client_statistics {
	uint64_t bytes;		     /* received; 0 where the system does not count them */
	uint64_t updates, rects;     /* received */
	unsigned updates_per_second; /* of the last second in which one came */
	unsigned latency_us;	     /* to the server and back; 0: it cannot tell */
};
void rd_client_get_statistics(struct rd_client *client, struct rd_client_statistics *ret_statistics);

#endif
