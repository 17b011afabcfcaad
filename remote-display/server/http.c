/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/http.h"
#include "server/crypto.h"
#include "server/stream_websocket.h"
#include "server/web.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What pages of ours need, and nothing more: scripts of this place only, nobody puts them into a frame. */
#define HEADERS                                                                                              \
	"X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"       \
	"Cache-Control: no-cache\r\n"

struct request {
	char text[RD_HTTP_HEADER_MAX + 1]; /* headers, then what came behind them */
	size_t size, used;		   /* all; of it the headers with their empty line */
	size_t first_line;		   /* with its end */
	const char *path;		   /* without '/' in front and without what follows '?' */
};

/* --- reading ----------------------------------------------------------------------------------------- */

static int read_headers(struct rd_stream *stream, struct request *request, uint64_t deadline_ns)
{
	for (;;) {
		char *end = memmem(request->text, request->size, "\r\n\r\n", 4);
		int n;

		if (end) {
			request->used = (size_t)(end - request->text) + 4;
			return memchr(request->text, '\0', request->used) ? -EPROTO : 0;
		}
		if (request->size == RD_HTTP_HEADER_MAX)
			return -EPROTO;
		n = stream->ops->read(stream, request->text + request->size,
				      RD_HTTP_HEADER_MAX - request->size);
		if (n == -EAGAIN)
			n = rd_stream_wait(stream, POLLIN, deadline_ns);
		if (n < 0)
			return n;
		request->size += (size_t)n;
	}
}

/* "GET /PATH?QUERY HTTP/1.1": the path is cut out in place. */
static int parse_first_line(struct request *request)
{
	char *line = request->text, *end = strstr(line, "\r\n"), *path, *space;

	*end = '\0';
	request->first_line = (size_t)(end + 2 - line);
	if (strncmp(line, "GET /", 5) != 0)
		return -EPROTO;
	path = line + 5;
	space = strchr(path, ' ');
	if (!space || strncmp(space, " HTTP/1.", 8) != 0)
		return -EPROTO;
	*space = '\0';
	path[strcspn(path, "?#")] = '\0';
	request->path = path;
	return 0;
}

/* The value of a header, its white space cut off; false: it is not there, or does not fit. */
static bool find_header(const struct request *request, const char *name, char *ret_value, size_t size)
{
	const char *line = request->text + request->first_line, *end = request->text + request->used;
	size_t name_size = strlen(name);

	while (line < end) {
		const char *line_end = memmem(line, (size_t)(end - line), "\r\n", 2),
			   *value = line + name_size + 1;

		if (!line_end)
			return false;
		if ((size_t)(line_end - line) > name_size && line[name_size] == ':' &&
		    strncasecmp(line, name, name_size) == 0) {
			while (value < line_end && isblank((unsigned char)*value))
				value++;
			while (value < line_end && isblank((unsigned char)line_end[-1]))
				line_end--;
			return snprintf(ret_value, size, "%.*s", (int)(line_end - value), value) < (int)size;
		}
		line = line_end + 2;
	}
	return false;
}

/* --- answering --------------------------------------------------------------------------------------- */

static int answer(struct rd_stream *stream, const char *status, const char *type, const char *body,
		  size_t size)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n" HEADERS "\r\n", status,
			 type, size);
	uint64_t deadline_ns = rd_seconds(RD_HTTP_SECONDS);
	int r = rd_stream_write(stream, head, (size_t)n, deadline_ns);

	return r < 0 ? r : rd_stream_write(stream, body, size, deadline_ns);
}

static int answer_text(struct rd_stream *stream, const char *status, const char *text)
{
	return answer(stream, status, "text/plain; charset=utf-8", text, strlen(text));
}

void rd_http_refuse(struct rd_stream *stream)
{
	(void)answer_text(stream, "403 Forbidden",
			  "This port wants an encrypted connection: use https:// instead of http://.\n");
}

static int serve_file(struct rd_stream *stream, const struct rd_web *web, const char *path)
{
	const char *name = *path ? path : "vnc.html", *bytes;
	size_t size;

	bytes = rd_web_find(web, name, &size);
	if (bytes)
		return answer(stream, "200 OK", rd_web_type(name), bytes, size);
	return answer_text(stream, "404 Not Found",
			   web ? "There is no such page here.\n"
			       : "There is no page here: the package novnc is not installed on the host.\n");
}

/* --- to a WebSocket ---------------------------------------------------------------------------------- */

/* A page from elsewhere: "https://other.example" at "host:5901". Who sends no origin is no browser. */
static bool is_foreign(const struct request *request)
{
	char origin[256], host[256];
	const char *at;

	if (!find_header(request, "Origin", origin, sizeof(origin)))
		return false;
	at = strstr(origin, "://");
	return !at || !find_header(request, "Host", host, sizeof(host)) || strcasecmp(at + 3, host) != 0;
}

static int upgrade(struct rd_stream **stream, const struct request *request, const char *key)
{
	char accept[RD_ACCEPT_CHARACTERS + 1], protocols[256], head[512];
	bool is_binary = find_header(request, "Sec-WebSocket-Protocol", protocols, sizeof(protocols)) &&
			 strstr(protocols, "binary");
	int n, r = rd_websocket_accept(key, accept);

	if (r < 0)
		return r;
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		     "Sec-WebSocket-Accept: %s\r\n%s\r\n",
		     accept, is_binary ? "Sec-WebSocket-Protocol: binary\r\n" : "");
	r = rd_stream_write(*stream, head, (size_t)n, rd_seconds(RD_HTTP_SECONDS));
	return r < 0 ? r
		     : rd_stream_websocket(stream, request->text + request->used,
					   request->size - request->used);
}

/* 1: answered, and more may come. 0: it is a WebSocket now. */
static int handle(struct rd_stream **stream, const struct rd_web *web, struct request *request)
{
	char value[128], key[64];
	int r = parse_first_line(request);

	if (r < 0)
		return r;
	if (!find_header(request, "Upgrade", value, sizeof(value)) || strcasecmp(value, "websocket") != 0) {
		r = serve_file(*stream, web, request->path);
		return r < 0 ? r : 1;
	}
	if (is_foreign(request)) {
		(void)answer_text(*stream, "403 Forbidden",
				  "Pages of other places may not use this screen.\n");
		return -EPROTO;
	}
	if (!find_header(request, "Sec-WebSocket-Version", value, sizeof(value)) ||
	    strcmp(value, "13") != 0 || !find_header(request, "Sec-WebSocket-Key", key, sizeof(key)))
		return -EPROTO;
	return upgrade(stream, request, key);
}

int rd_http_serve(struct rd_stream **stream, const struct rd_web *web)
{
	struct request request = { .size = 0 };
	int r = 1;

	for (unsigned i = 0; r == 1 && i < RD_HTTP_REQUESTS_MAX; i++) {
		r = read_headers(*stream, &request, rd_seconds(RD_HTTP_SECONDS));
		if (r == 0)
			r = handle(stream, web, &request);
		if (r == 1) { /* what came behind it is the next one */
			memmove(request.text, request.text + request.used, request.size - request.used);
			request.size -= request.used;
		}
	}
	return r == 1 ? -EPIPE : r;
}
