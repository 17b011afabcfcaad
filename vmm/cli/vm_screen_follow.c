/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead vm screen --follow`: each line as it appears, for a screen reader, or a log. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "cli/screen_reader.h"
#include "cli/vm_display.h"
#include "text/text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { WATCH_MS = 250 };

/* FALSE: nobody listens any more. Takes `text`, which may be NULL; *before becomes it. */
static gboolean print_news(char **before, char *text)
{
	char *news = text ? rd_text_news(*before ? *before : "", text) : NULL;

	if (news)
		fputs(news, stdout); /* of fonts' characters: no control characters are left in it */
	free(news);
	if (text) {
		free(*before);
		*before = text;
	}
	return fflush(stdout) == 0;
}

/* 0, or the viewer's error. */
static int look(struct viewer_link *viewer, struct screen_reader *reader, char **before)
{
	struct screen screen;
	int r = viewer_receive(viewer);

	if (r == DISPLAY_HELLO) {
		viewer_send(viewer, DISPLAY_WATCH, WATCH_MS, 0, 0, 0);
		vm_display_ask(viewer);
	} else if (r == DISPLAY_DRAWN && viewer->view) {
		if (framebuffer_view_copy(viewer->view, TRUE, &screen) < 0)
			return 0; /* the next time */
		r = print_news(before, screen_reader_read(reader, &screen)) ? 0 : -EIO;
		screen_deinit(&screen);
		return r;
	}
	return r < 0 && r != -EAGAIN ? r : 0;
}

int vm_screen_follow(struct invocation *invocation)
{
	struct screen_reader *reader = screen_reader_new();
	struct viewer_link viewer;
	char *before = NULL;
	gboolean was_there;
	int r = reader ? 0 : -ENOMEM;

	if (!vm_display_open(invocation, &viewer)) {
		screen_reader_free(reader);
		return invocation->failure;
	}
	while (r == 0) {
		struct pollfd ready = { .fd = viewer.fd, .events = POLLIN };

		if (poll(&ready, 1, -1) > 0)
			r = look(&viewer, reader, &before);
	}
	was_there = viewer.view != NULL;
	vm_display_close(&viewer);
	screen_reader_free(reader);
	free(before);
	if (was_there && r == -EPIPE)
		return STATUS_DONE; /* it ended, and with it its screen */
	if (r == -EPIPE)
		say("%s: it has no screen; its serial console may tell more: bulkhead vm connect %s",
		    invocation->operands[0], invocation->operands[0]);
	else
		say("%s: its screen cannot be followed: %s; try again", invocation->operands[0],
		    g_strerror(-r));
	return STATUS_FAILED;
}
