/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit log beside those who would flood it: their events are bounded, nobody else's are lost. */
#include "check.h"

#include "service/event_log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { FLOOD = EVENT_BURST + 500, CHANGES = 20 };

static guint counts[EVENT_KIND_COUNT], others;
static char *last;

static void on_event(gpointer opaque, const struct event *event)
{
	counts[event->kind]++;
	others += strcmp(event->name, "other") == 0;
	g_free(last);
	last = g_strdup(event->text);
}

static void flood(struct event_log *log, enum event_kind kind, const char *user, const char *name,
		  guint count)
{
	for (guint i = 0; i < count; i++)
		event_log_add(log, kind, user, name, name, "event %u", i);
}

/* The budget grows while the test runs, so more than EVENT_BURST may come, on a slow machine; never all. */
static void test_machines(struct event_log *log)
{
	gint64 since = g_get_monotonic_time();
	guint more;

	flood(log, EVENT_STATE, NULL, "loud", FLOOD / 2);
	flood(log, EVENT_WARNING, NULL, "loud", FLOOD / 2);
	flood(log, EVENT_STATE, NULL, "other", 10);
	more = (guint)((g_get_monotonic_time() - since) / (EVENT_PAUSE_MS * 1000)) + 1;
	CHECK_F(counts[EVENT_STATE] + counts[EVENT_WARNING] >= EVENT_BURST + 10, "%u and %u",
		counts[EVENT_STATE], counts[EVENT_WARNING]);
	CHECK_F(counts[EVENT_STATE] + counts[EVENT_WARNING] <= EVENT_BURST + 10 + 2 * more,
		"%u and %u in %u s", counts[EVENT_STATE], counts[EVENT_WARNING], more);
	CHECK_F(others == 10, "%u", others);
}

/* Changes are never left out, also of a machine that is loud; and what was left out is told. */
static void test_changes(struct event_log *log)
{
	flood(log, EVENT_CHANGE, "alice", "loud", CHANGES);
	flood(log, EVENT_REFUSAL, "mallory", "loud", 1);
	CHECK_F(counts[EVENT_CHANGE] == CHANGES && counts[EVENT_REFUSAL] == 1, "%u, %u", counts[EVENT_CHANGE],
		counts[EVENT_REFUSAL]);
	for (guint i = 0; i < 100 && counts[EVENT_WARNING] + counts[EVENT_STATE] < FLOOD; i++) {
		guint before = counts[EVENT_STATE];

		event_log_add(log, EVENT_STATE, NULL, "loud", "loud", "again");
		if (counts[EVENT_STATE] == before + 2) {
			CHECK_F(strcmp(last, "again") == 0, "%s", last);
			return;
		}
		g_usleep(EVENT_PAUSE_MS * 100);
	}
	CHECK_F(false, "what was left out is told");
}

static void remove_folder(const char *folder)
{
	const char *const words[] = { "rm", "-rf", "--", folder, NULL };

	g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

int main(void)
{
	char *folder = g_dir_make_tmp("bulkhead-events-XXXXXX", NULL), *text = NULL;
	int data = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct event_log *log = data < 0 ? NULL : event_log_open(data, on_event, NULL, NULL);
	guint64 count;

	if (CHECK(log != NULL)) {
		test_machines(log);
		test_changes(log);
		CHECK_F(event_log_verify(log, &count, &text), "%s", text);
		event_log_close(log);
	}
	if (data >= 0)
		close(data);
	if (folder)
		remove_folder(folder);
	g_free(text);
	g_free(folder);
	g_free(last);
	return check_result();
}
