/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's side of a viewer: news on its main context, and what it does. */
#include "client/client_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- references: rd_client_free() may be called inside of a callback ------------------------------------ */

static void unref(struct rd_client *client)
{
	if (--client->references > 0)
		return;
	rd_action_queue_clear(&client->queue);
	g_free((gpointer)client->news.shape.pixels);
	g_free(client->news.clipboard);
	g_free(client->news.reason);
	g_free(client->name);
	g_free((gpointer)client->config.encodings);
	g_free((gpointer)client->config.user);
	g_free((gpointer)client->config.password);
	g_free((gpointer)client->config.certificates);
	g_free((gpointer)client->config.host);
	free(client->pixels);
	close(client->wake_fd);
	g_mutex_clear(&client->lock);
	g_free(client);
}

/* --- news ---------------------------------------------------------------------------------------------- */

#define TELL(client, function, ...)                                                                          \
	do {                                                                                                 \
		if (!(client)->is_freed && (client)->config.ops->function)                                   \
			(client)->config.ops->function((client)->config.opaque, ##__VA_ARGS__);              \
	} while (0)

static void tell_picture(struct rd_client *client, const struct rd_client_news *news, unsigned width,
			 unsigned height)
{
	if (news->has_size)
		TELL(client, resized, width, height);
	if (news->damage.count)
		TELL(client, damaged, news->damage.rects, news->damage.count);
}

static void tell_rest(struct rd_client *client, const struct rd_client_news *news)
{
	if (news->has_shape)
		TELL(client, pointer_changed, &news->shape);
	if (news->has_position)
		TELL(client, pointer_moved, news->x, news->y);
	if (news->clipboard)
		TELL(client, clipboard, news->clipboard);
	if (news->has_leds)
		TELL(client, leds, news->leds);
	if (news->has_bell)
		TELL(client, bell);
	if (news->reason)
		TELL(client, ended, news->reason);
}

static gboolean dispatch(GSource *source, GSourceFunc unused, gpointer opaque)
{
	struct rd_client *client = opaque;
	struct rd_client_news news;
	unsigned width, height;

	g_source_set_ready_time(source, -1);
	g_mutex_lock(&client->lock);
	news = client->news;
	memset(&client->news, 0, sizeof(client->news));
	width = client->width;
	height = client->height;
	g_mutex_unlock(&client->lock);

	client->references++;
	if (news.is_connected)
		TELL(client, connected, client->name);
	tell_picture(client, &news, width, height);
	tell_rest(client, &news);
	g_free((gpointer)news.shape.pixels);
	g_free(news.clipboard);
	g_free(news.reason);
	unref(client);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_functions = { .dispatch = dispatch };

/* --- life ---------------------------------------------------------------------------------------------- */

struct rd_client *rd_client_new(const struct rd_client_config *config)
{
	struct rd_client *client = g_new0(struct rd_client, 1);

	client->config = *config;
	client->config.encodings = g_strdup(config->encodings);
	client->config.user = g_strdup(config->user);
	client->config.password = g_strdup(config->password);
	client->config.certificates = g_strdup(config->certificates);
	client->config.host = g_strdup(config->host);
	client->references = 1;
	client->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g_mutex_init(&client->lock);
	g_queue_init(&client->queue.actions);
	client->source = g_source_new(&source_functions, sizeof(GSource));
	g_source_set_callback(client->source, NULL, client, NULL);
	g_source_set_static_name(client->source, "viewer");
	g_source_attach(client->source, g_main_context_get_thread_default());
	client->thread = g_thread_new("viewer", rd_client_run, client);
	return client;
}

static void wake_thread(struct rd_client *client)
{
	uint64_t one = 1;

	(void)!write(client->wake_fd, &one, sizeof(one));
}

struct rd_client *rd_client_free(struct rd_client *client)
{
	if (!client)
		return NULL;
	client->is_freed = true;
	g_mutex_lock(&client->lock);
	client->is_over = true;
	g_mutex_unlock(&client->lock);
	wake_thread(client);
	shutdown(client->config.socket, SHUT_RDWR); /* ends whatever the thread waits for */
	g_thread_join(client->thread);
	if (client->rfb)
		rd_rfb_client_free(client->rfb);
	else
		close(client->config.socket);
	g_source_destroy(client->source);
	g_source_unref(client->source);
	unref(client);
	return NULL;
}

/* --- the picture --------------------------------------------------------------------------------------- */

void rd_client_lock(struct rd_client *client, struct rd_client_frame *ret_frame)
{
	g_mutex_lock(&client->lock);
	*ret_frame = (struct rd_client_frame){
		.pixels = client->pixels,
		.width = client->width,
		.height = client->height,
		.stride = client->width,
	};
}

void rd_client_unlock(struct rd_client *client)
{
	g_mutex_unlock(&client->lock);
}

bool rd_client_can_resize(struct rd_client *client)
{
	bool can;

	g_mutex_lock(&client->lock);
	can = client->can_resize && !client->config.is_view_only;
	g_mutex_unlock(&client->lock);
	return can;
}

/* --- what the user does -------------------------------------------------------------------------------- */

/* Takes the text. */
static void add_action(struct rd_client *client, struct rd_action action)
{
	g_mutex_lock(&client->lock);
	rd_action_queue_add(&client->queue, action);
	g_mutex_unlock(&client->lock);
	wake_thread(client);
}

void rd_client_set_visible(struct rd_client *client, bool is_visible)
{
	add_action(client, (struct rd_action){ .kind = RD_ACTION_VISIBLE, .a = is_visible });
}

static void remember_key(struct rd_client *client, uint16_t code, uint32_t keysym, bool is_down)
{
	unsigned i = 0;

	while (i < client->held_key_count && client->held_keys[i].code != code)
		i++;
	if (!is_down && i < client->held_key_count) {
		client->held_keys[i] = client->held_keys[--client->held_key_count];
	} else if (is_down && i == client->held_key_count && i < G_N_ELEMENTS(client->held_keys)) {
		client->held_keys[client->held_key_count].code = code;
		client->held_keys[client->held_key_count++].keysym = keysym;
	}
}

void rd_client_key(struct rd_client *client, uint16_t code, uint32_t keysym, bool is_down)
{
	if (client->config.is_view_only)
		return;
	if (code)
		remember_key(client, code, keysym, is_down);
	add_action(client, (struct rd_action){ .kind = RD_ACTION_KEY, .a = code, .b = keysym, .c = is_down });
}

void rd_client_pointer(struct rd_client *client, unsigned x, unsigned y, unsigned buttons)
{
	if (client->config.is_view_only)
		return;
	client->x = x;
	client->y = y;
	client->buttons = buttons;
	add_action(client, (struct rd_action){ .kind = RD_ACTION_POINTER, .a = x, .b = y, .c = buttons });
}

static void scroll(struct rd_client *client, unsigned x, unsigned y, unsigned button, unsigned steps)
{
	unsigned held = client->buttons & (RD_BUTTON_LEFT | RD_BUTTON_MIDDLE | RD_BUTTON_RIGHT);

	for (unsigned i = 0; i < steps && i < 32; i++) {
		rd_client_pointer(client, x, y, held | button);
		rd_client_pointer(client, x, y, held);
	}
}

void rd_client_scroll(struct rd_client *client, unsigned x, unsigned y, int right, int down)
{
	scroll(client, x, y, right < 0 ? RD_BUTTON_WHEEL_LEFT : RD_BUTTON_WHEEL_RIGHT, (unsigned)abs(right));
	scroll(client, x, y, down < 0 ? RD_BUTTON_WHEEL_UP : RD_BUTTON_WHEEL_DOWN, (unsigned)abs(down));
}

void rd_client_release(struct rd_client *client)
{
	while (client->held_key_count > 0) {
		unsigned last = client->held_key_count - 1;

		rd_client_key(client, client->held_keys[last].code, client->held_keys[last].keysym, false);
	}
	if (client->buttons)
		rd_client_pointer(client, client->x, client->y, 0);
}

void rd_client_set_clipboard(struct rd_client *client, const char *text)
{
	GString *latin;

	if (client->config.is_view_only || !g_utf8_validate(text, -1, NULL))
		return;
	latin = g_string_new(NULL);
	for (const char *at = text; *at && latin->len < RD_CLIENT_CLIPBOARD_MAX; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (c != '\r' || at[1] != '\n') /* RFC 6143, 7.5.6: lines end with a line feed */
			g_string_append_c(latin, (char)(c <= 0xff ? c : '?'));
	}
	add_action(client, (struct rd_action){ .kind = RD_ACTION_CLIPBOARD,
					       .a = (uint32_t)latin->len,
					       .text = g_string_free(latin, FALSE) });
}

void rd_client_resize(struct rd_client *client, unsigned width, unsigned height)
{
	if (client->config.is_view_only || width == 0 || height == 0 || width > RD_CLIENT_SIDE_MAX ||
	    height > RD_CLIENT_SIDE_MAX)
		return;
	add_action(client, (struct rd_action){ .kind = RD_ACTION_RESIZE, .a = width, .b = height });
}
