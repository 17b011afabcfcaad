/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/event_log.h"
#include "service/event_line.h"

#include "model/durable.h"
#include "model/model_error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC	  "#bulkhead-events 1 "
#define NO_HASH	  "0000000000000000000000000000000000000000000000000000000000000000"
#define FILE_NAME "%06u.log"

struct event_log {
	int folder, file, head;
	unsigned first_file, last_file;
	gsize file_size;
	guint64 number; /* of the newest event */
	char hash[EVENT_HASH_SIZE];
	event_fn on_event;
	gpointer opaque;
	gboolean has_failed; /* said once */
	GHashTable *sources; /* who causes events at will -> struct source */
};

struct source {
	gint64 since_us; /* `left` is of this time */
	guint left, hidden;
};

static const char *const kind_names[EVENT_KIND_COUNT] = { "change", "refusal", "state", "warning",
							  "service" };

const char *event_kind_name(enum event_kind kind)
{
	return kind_names[kind];
}

gboolean event_kind_parse(const char *name, enum event_kind *ret_kind)
{
	for (unsigned i = 0; i < EVENT_KIND_COUNT; i++)
		if (strcmp(kind_names[i], name) == 0) {
			*ret_kind = (enum event_kind)i;
			return TRUE;
		}
	return FALSE;
}

/* --- writing --------------------------------------------------------------------------------------- */

static int append(struct event_log *log, const char *text, gsize size)
{
	ssize_t n = pwrite(log->file, text, size, (off_t)log->file_size);

	if (n == (ssize_t)size) {
		log->file_size += size;
		return 0;
	}
	n = n < 0 ? -errno : -EIO;
	/* Not half a line: the next one must find the chain whole. */
	if (ftruncate(log->file, (off_t)log->file_size) < 0)
		return -errno;
	return (int)n;
}

static void write_head(struct event_log *log)
{
	char text[128];
	int size = snprintf(text, sizeof(text), "%020" G_GUINT64_FORMAT " %s\n", log->number, log->hash);

	if (pwrite(log->head, text, (size_t)size, 0) != size)
		log->has_failed = TRUE;
}

static int start_file(struct event_log *log, unsigned number)
{
	char name[32], line[128];
	int fd, size;

	snprintf(name, sizeof(name), FILE_NAME, number);
	fd = openat(log->folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (log->file >= 0)
		close(log->file);
	log->file = fd;
	log->file_size = 0;
	log->last_file = number;
	size = snprintf(line, sizeof(line), MAGIC "%s\n", log->hash);
	fsync(log->folder);
	return append(log, line, (gsize)size);
}

static void rotate(struct event_log *log)
{
	char name[32];

	if (start_file(log, log->last_file + 1) < 0)
		return; /* the old one grows on */
	while (log->last_file - log->first_file >= EVENT_FILES_KEPT) {
		snprintf(name, sizeof(name), FILE_NAME, log->first_file++);
		durable_remove(log->folder, name);
	}
}

static int write_event(struct event_log *log, const struct event *event)
{
	char hash[EVENT_HASH_SIZE];
	char *line = event_line_format(event, log->hash, hash);
	int r = append(log, line, strlen(line));

	g_free(line);
	if (r < 0)
		return r;
	memcpy(log->hash, hash, sizeof(hash));
	log->number = event->number;
	write_head(log);
	if (event->kind == EVENT_CHANGE || event->kind == EVENT_REFUSAL)
		return fdatasync(log->file) < 0 ? -errno : 0;
	return 0;
}

/* --- too many of one ---------------------------------------------------------------------------------------- */

/* NULL: somebody who may do so has done something. */
static char *source_name(enum event_kind kind, const char *user, const char *vm)
{
	if (kind == EVENT_CHANGE || kind == EVENT_SERVICE)
		return NULL;
	if (kind == EVENT_REFUSAL && user)
		return g_strconcat("user ", user, NULL);
	return vm ? g_strconcat("machine ", vm, NULL) : NULL;
}

static struct source *find_source(struct event_log *log, const char *name, gint64 now_us)
{
	struct source *source = g_hash_table_lookup(log->sources, name);

	if (source)
		return source;
	if (g_hash_table_size(log->sources) >= EVENT_SOURCES_MAX)
		g_hash_table_remove_all(log->sources);
	source = g_new0(struct source, 1);
	source->since_us = now_us;
	source->left = EVENT_BURST;
	g_hash_table_insert(log->sources, g_strdup(name), source);
	return source;
}

/* FALSE: it is counted only. `ret_hidden`: how many were, since the last one that was not. */
static gboolean may_add(struct event_log *log, enum event_kind kind, const char *user, const char *vm,
			guint *ret_hidden)
{
	char *name = source_name(kind, user, vm);
	gint64 now_us = g_get_monotonic_time(), more;
	struct source *source;
	gboolean may = TRUE;

	if (!name)
		return TRUE;
	source = find_source(log, name, now_us);
	g_free(name);
	more = (now_us - source->since_us) / (EVENT_PAUSE_MS * 1000);
	source->since_us += more * EVENT_PAUSE_MS * 1000;
	source->left = (guint)MIN(source->left + more, EVENT_BURST);
	if (source->left > 0) {
		source->left--;
		*ret_hidden = source->hidden;
		source->hidden = 0;
	} else {
		source->hidden++;
		may = FALSE;
	}
	return may;
}

/* `text` is cut. */
static void add(struct event_log *log, enum event_kind kind, const char *user, const char *vm,
		const char *name, char *text)
{
	struct event event = { .number = log->number + 1,
			       .time_us = g_get_real_time(),
			       .kind = kind,
			       .user = (char *)(user ? user : ""),
			       .vm = (char *)(vm ? vm : ""),
			       .name = (char *)(name ? name : "") };
	int r;

	if (strlen(text) > EVENT_TEXT_MAX)
		text[EVENT_TEXT_MAX] = '\0';
	event.text = g_utf8_make_valid(text, -1);
	if (log->file_size >= EVENT_FILE_MAX)
		rotate(log);
	r = write_event(log, &event);
	if (r < 0 && !log->has_failed)
		g_printerr("bulkhead-vmms: the event log cannot be written: %s; check the disk\n",
			   g_strerror(-r));
	log->has_failed = r < 0;
	if (log->on_event)
		log->on_event(log->opaque, &event);
	g_free(event.text);
}

void event_log_add(struct event_log *log, enum event_kind kind, const char *user, const char *vm,
		   const char *name, const char *format, ...)
{
	guint hidden = 0;
	va_list args;
	char *text;

	if (!may_add(log, kind, user, vm, &hidden))
		return;
	if (hidden > 0) {
		text = g_strdup_printf("%u more events in a short time were not logged one by one", hidden);
		add(log, kind, user, vm, name, text);
		g_free(text);
	}
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	add(log, kind, user, vm, name, text);
	g_free(text);
}

/* --- reading --------------------------------------------------------------------------------------- */

/* The whole lines of a file; NULL: it is not there. */
static char *read_file(const struct event_log *log, unsigned number)
{
	char name[32], *data = NULL;
	gsize size = 0;

	snprintf(name, sizeof(name), FILE_NAME, number);
	/* A file passes its maximum by at most one line, if the disk let us rotate. */
	if (durable_read(log->folder, name, 4 * (gsize)EVENT_FILE_MAX, &data, &size) < 0)
		return NULL;
	return data;
}

static void free_event(gpointer event)
{
	event_line_free(event);
}

static void query_file(const struct event_log *log, unsigned number, guint limit, event_filter_fn wants,
		       gpointer opaque, GPtrArray *newest_first)
{
	char *data = read_file(log, number);
	char **lines = data ? g_strsplit(data, "\n", 0) : NULL;
	guint count = lines ? g_strv_length(lines) : 0;

	g_free(data);
	for (guint i = count; i > 0 && newest_first->len < limit; i--) {
		struct event *event = event_line_parse(lines[i - 1], NULL);

		if (event && wants(opaque, event))
			g_ptr_array_add(newest_first, event);
		else
			event_line_free(event);
	}
	g_strfreev(lines);
}

GPtrArray *event_log_query(struct event_log *log, guint limit, event_filter_fn wants, gpointer opaque)
{
	GPtrArray *events = g_ptr_array_new_with_free_func(free_event);

	limit = MIN(limit, EVENT_QUERY_MAX);
	for (unsigned i = log->last_file + 1; i > log->first_file && events->len < limit; i--)
		query_file(log, i - 1, limit, wants, opaque, events);
	for (guint i = 0; i < events->len / 2; i++) {
		gpointer event = events->pdata[i];

		events->pdata[i] = events->pdata[events->len - 1 - i];
		events->pdata[events->len - 1 - i] = event;
	}
	return events;
}

/* --- the chain ------------------------------------------------------------------------------------- */

struct walk {
	char hash[EVENT_HASH_SIZE];
	guint64 number, count;
	gboolean is_first;
	guint64 head_number; /* what "head" says */
	char head_hash[EVENT_HASH_SIZE];
	gboolean has_head;
	char *problem;
};

static void walk_line(struct walk *walk, const char *line, unsigned file)
{
	char stated[EVENT_HASH_SIZE], computed[EVENT_HASH_SIZE];
	struct event *event = event_line_parse(line, stated);

	if (!event) {
		walk->problem = g_strdup_printf(
		    "a line of file %u after event %" G_GUINT64_FORMAT " is no event", file, walk->number);
		return;
	}
	event_line_hash(line, walk->hash, computed);
	if (strcmp(stated, computed) != 0)
		walk->problem = g_strdup_printf(
		    "event %" G_GUINT64_FORMAT " was changed, or one before it removed", event->number);
	else if (!walk->is_first && event->number != walk->number + 1)
		walk->problem = g_strdup_printf("events between %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT
						" are missing",
						walk->number, event->number);
	walk->is_first = FALSE;
	walk->number = event->number;
	walk->count++;
	memcpy(walk->hash, computed, sizeof(computed));
	if (event->number == walk->head_number)
		walk->has_head = strcmp(computed, walk->head_hash) == 0;
	event_line_free(event);
}

static void walk_file(struct event_log *log, struct walk *walk, unsigned file)
{
	char *data = read_file(log, file);
	char **lines = data ? g_strsplit(data, "\n", 0) : NULL;
	const char *first = lines && lines[0] ? lines[0] : "";

	if (!g_str_has_prefix(first, MAGIC) || strlen(first) != strlen(MAGIC) + EVENT_HASH_SIZE - 1)
		walk->problem = g_strdup_printf("file %u is missing, or its first line was changed", file);
	else if (file == log->first_file)
		memcpy(walk->hash, first + strlen(MAGIC), EVENT_HASH_SIZE);
	else if (strcmp(first + strlen(MAGIC), walk->hash) != 0)
		walk->problem = g_strdup_printf("file %u does not follow the one before", file);
	for (unsigned i = 1; lines && lines[i] && *lines[i] && !walk->problem; i++)
		walk_line(walk, lines[i], file);
	g_strfreev(lines);
	g_free(data);
}

static void read_head(struct event_log *log, struct walk *walk)
{
	char text[128] = "";
	unsigned long long number = 0;

	if (pread(log->head, text, sizeof(text) - 1, 0) > 0 &&
	    sscanf(text, "%llu %64s", &number, walk->head_hash) == 2)
		walk->head_number = number;
	else
		walk->head_number = 0;
}

static void walk_all(struct event_log *log, struct walk *walk)
{
	*walk = (struct walk){ .hash = NO_HASH, .is_first = TRUE };
	read_head(log, walk);
	walk->has_head = walk->head_number == 0;
	for (unsigned i = log->first_file; i <= log->last_file && !walk->problem; i++)
		walk_file(log, walk, i);
	if (!walk->problem && !walk->has_head)
		walk->problem = g_strdup_printf(
		    "the log ends before event %" G_GUINT64_FORMAT ", which it had", walk->head_number);
}

gboolean event_log_verify(struct event_log *log, guint64 *ret_count, char **ret_text)
{
	struct walk walk;

	walk_all(log, &walk);
	*ret_count = walk.count;
	if (walk.problem) {
		*ret_text = g_strdup_printf("the event log is not whole: %s", walk.problem);
		g_free(walk.problem);
		return FALSE;
	}
	*ret_text = g_strdup_printf("the event log is whole: %" G_GUINT64_FORMAT " events", walk.count);
	return TRUE;
}

/* --- opening --------------------------------------------------------------------------------------- */

static void find_files(struct event_log *log)
{
	int copy = openat(log->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	unsigned number;

	log->first_file = UINT_MAX;
	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "%6u.log", &number) == 1 && strlen(entry->d_name) == 10) {
			log->first_file = MIN(log->first_file, number);
			log->last_file = MAX(log->last_file, number);
		}
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
}

/* A line that a crash left half-written goes. TRUE: there was one. */
static gboolean cut_torn_line(struct event_log *log)
{
	char *data = read_file(log, log->last_file), *end = data ? strrchr(data, '\n') : NULL;
	gsize size = end ? (gsize)(end + 1 - data) : 0;
	gboolean is_torn = data && strlen(data) != size;

	log->file_size = size;
	if (is_torn && ftruncate(log->file, (off_t)size) < 0)
		g_printerr("bulkhead-vmms: the event log cannot be repaired: %s\n", g_strerror(errno));
	g_free(data);
	return is_torn;
}

static int open_files(struct event_log *log, gboolean *ret_is_torn)
{
	char name[32];
	struct walk walk;
	int r;

	*ret_is_torn = FALSE;
	log->head = openat(log->folder, "head", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->head < 0)
		return -errno;
	find_files(log);
	g_strlcpy(log->hash, NO_HASH, sizeof(log->hash));
	if (log->first_file == UINT_MAX) {
		log->first_file = 1;
		return start_file(log, 1);
	}
	snprintf(name, sizeof(name), FILE_NAME, log->last_file);
	log->file = openat(log->folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (log->file < 0)
		return -errno;
	*ret_is_torn = cut_torn_line(log);
	walk_all(log, &walk);
	log->number = MAX(walk.number, walk.head_number);
	memcpy(log->hash, walk.hash, sizeof(log->hash));
	if (!walk.problem)
		return 0;
	/* A chain that was broken by somebody else is kept as it is, and a new file begins. */
	g_printerr("bulkhead-vmms: the event log is not whole: %s\n", walk.problem);
	g_free(walk.problem);
	r = start_file(log, log->last_file + 1);
	return r;
}

struct event_log *event_log_open(int data, event_fn on_event, gpointer opaque, GError **error)
{
	struct event_log *log = g_new0(struct event_log, 1);
	gboolean is_torn = FALSE;
	int r = 0;

	log->file = log->head = -1;
	log->sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	log->on_event = on_event;
	log->opaque = opaque;
	if (mkdirat(data, "events", 0700) < 0 && errno != EEXIST)
		r = -errno;
	log->folder = openat(data, "events", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (r == 0 && log->folder < 0)
		r = -errno;
	if (r == 0)
		r = open_files(log, &is_torn);
	if (r < 0) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO,
			    "the event log cannot be opened: %s; check the disk", g_strerror(-r));
		return event_log_close(log);
	}
	if (is_torn)
		event_log_add(
		    log, EVENT_WARNING, NULL, NULL, NULL,
		    "a half-written last line of this log was removed; the service or the host had crashed");
	return log;
}

struct event_log *event_log_close(struct event_log *log)
{
	if (!log)
		return NULL;
	if (log->file >= 0)
		close(log->file);
	if (log->head >= 0)
		close(log->head);
	if (log->folder >= 0)
		close(log->folder);
	g_hash_table_unref(log->sources);
	g_free(log);
	return NULL;
}
