/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/confinement.h"
#include "service/cgroup.h"

#include "link/worker_identity.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 1024, THREAD_FILTERS = 2 /* that of all threads, and its own */ };

static const char *const names[CONFINEMENT_PARTS] = {
	[CONFINEMENT_PRIVILEGES] = "privileges", [CONFINEMENT_CALLS] = "system calls",
	[CONFINEMENT_LANDLOCK] = "landlock",	 [CONFINEMENT_NAMESPACES] = "namespaces",
	[CONFINEMENT_LIMITS] = "limits",	 [CONFINEMENT_CGROUP] = "cgroup",
	[CONFINEMENT_IDENTITY] = "identity",
};

const char *confinement_part_name(enum confinement_part part)
{
	return names[part];
}

struct reader {
	const char *proc;
	pid_t pid;
	char *status; /* "" when it cannot be read */
	struct confinement *result;
};

static char *read_file(const struct reader *reader, const char *name)
{
	char *path = g_strdup_printf("%s/%d/%s", reader->proc, (int)reader->pid, name), *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		text = g_strdup("");
	g_free(path);
	return text;
}

/* What stands behind "Key:" in a file as proc(5) has it; NULL. */
static const char *value_of(const char *status, const char *key)
{
	gsize size = strlen(key);

	for (const char *line = status; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, key, size) == 0 && line[size] == ':')
			return line + size + 1 + strspn(line + size + 1, " \t");
	return NULL;
}

static guint64 number_of(const char *status, const char *key, guint base)
{
	const char *value = value_of(status, key);

	return value ? g_ascii_strtoull(value, NULL, base) : G_MAXUINT64;
}

static void set(struct reader *reader, enum confinement_part part, gboolean is_on, char *text,
		const char *remedy)
{
	reader->result->parts[part].is_on = is_on;
	reader->result->parts[part].text = text;
	reader->result->parts[part].remedy = is_on ? NULL : g_strdup(remedy);
}

/* --- each part --------------------------------------------------------------------------------------- */

static void read_privileges(struct reader *reader)
{
	gboolean has_none = number_of(reader->status, "CapPrm", 16) == 0 &&
			    number_of(reader->status, "CapEff", 16) == 0 &&
			    number_of(reader->status, "CapInh", 16) == 0;
	gboolean gains_none = number_of(reader->status, "NoNewPrivs", 10) == 1;

	set(reader, CONFINEMENT_PRIVILEGES, has_none && gains_none,
	    g_strdup(has_none && gains_none ? "no capability, and none to be had"
		     : has_none		    ? "programs that it starts could have more rights"
					    : "it has capabilities"),
	    "this is a defect; please report it");
}

static guint count_threads(struct reader *reader, guint *ret_filtered)
{
	char *folder = g_strdup_printf("%s/%d/task", reader->proc, (int)reader->pid);
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *thread;
	guint count = 0;

	*ret_filtered = 0;
	while (dir && (thread = g_dir_read_name(dir))) {
		char *name = g_strdup_printf("task/%s/status", thread), *status = read_file(reader, name);

		if (*status) { /* else it has ended meanwhile */
			count++;
			if (number_of(status, "Seccomp", 10) == 2 &&
			    number_of(status, "Seccomp_filters", 10) >= THREAD_FILTERS)
				(*ret_filtered)++;
		}
		g_free(name);
		g_free(status);
	}
	if (dir)
		g_dir_close(dir);
	g_free(folder);
	return count;
}

static void read_calls(struct reader *reader)
{
	guint filtered, threads = count_threads(reader, &filtered);
	gboolean is_on = threads > 0 && filtered == threads;

	set(reader, CONFINEMENT_CALLS, is_on,
	    is_on ? g_strdup_printf("each of its %u threads may make only the calls of its kind", threads)
		  : g_strdup_printf("only %u of its %u threads have a list of their own", filtered, threads),
	    "a machine that is starting has not got there yet; else this is a defect, please report it");
}

static void read_landlock(struct reader *reader, unsigned version)
{
	set(reader, CONFINEMENT_LANDLOCK, version > 0,
	    version > 0 ? g_strdup_printf("version %u: no file can be opened", version)
			: g_strdup("the kernel has no landlock"),
	    "use a kernel since 5.13 with \"landlock\" in its list of security modules (lsm=)");
}

static char *namespace_of(const struct reader *reader, const char *who, const char *name)
{
	char *path = g_strdup_printf("%s/%s/ns/%s", reader->proc, who, name);
	char *target = g_file_read_link(path, NULL);

	g_free(path);
	return target;
}

static void read_namespaces(struct reader *reader)
{
	static const char *const wanted[][2] = {
		{ "user", "user" }, { "net", "network" }, { "mnt", "mount" },
		{ "ipc", "IPC" },   { "pid", "PID" },
	};
	GString *missing = g_string_new(NULL);
	char *pid = g_strdup_printf("%d", (int)reader->pid);

	for (unsigned i = 0; i < G_N_ELEMENTS(wanted); i++) {
		char *ours = namespace_of(reader, "self", wanted[i][0]);
		char *its = namespace_of(reader, pid, wanted[i][0]);

		if (!ours || !its || strcmp(ours, its) == 0) /* what cannot be read counts as missing */
			g_string_append_printf(missing, "%s%s", missing->len ? ", " : "", wanted[i][1]);
		g_free(ours);
		g_free(its);
	}
	set(reader, CONFINEMENT_NAMESPACES, missing->len == 0,
	    missing->len == 0 ? g_strdup("sees no network, no file, no other process")
			      : g_strdup_printf("not its own: %s", missing->str),
	    "let users make user namespaces; `bulkhead host check` tells what forbids it");
	g_string_free(missing, TRUE);
	g_free(pid);
}

/* The soft limit of a line of /proc/PID/limits; "unlimited" is G_MAXUINT64. */
static guint64 limit_of(const char *limits, const char *name)
{
	const char *line = strstr(limits, name);

	line = line ? line + strlen(name) : "";
	line += strspn(line, " ");
	return g_ascii_isdigit(*line) ? g_ascii_strtoull(line, NULL, 10) : G_MAXUINT64;
}

static void read_limits(struct reader *reader)
{
	char *limits = read_file(reader, "limits");
	guint64 core = limit_of(limits, "Max core file size"), files = limit_of(limits, "Max open files"),
		memory = limit_of(limits, "Max address space");
	gboolean is_on = core == 0 && files <= DESCRIPTORS_MAX && memory != G_MAXUINT64;

	set(reader, CONFINEMENT_LIMITS, is_on,
	    is_on ? g_strdup_printf("%" G_GUINT64_FORMAT " MiB of addresses, %" G_GUINT64_FORMAT
				    " descriptors, no core file",
				    memory >> 20, files)
		  : g_strdup("some are not set"),
	    "a machine that is starting has not got there yet; else this is a defect, please report it");
	g_free(limits);
}

/* Its own when the last part of the path names a machine (service/cgroup.h). */
static void read_cgroup(struct reader *reader)
{
	char *text = read_file(reader, "cgroup");
	const char *line = g_str_has_prefix(text, "0::") ? text : strstr(text, "\n0::");
	gboolean is_on = FALSE;

	if (line) {
		gsize length = strcspn(line + (*line == '\n'), "\n");
		char *path = g_strndup(line + (*line == '\n'), length), *slash = strrchr(path, '/');

		is_on = slash && g_str_has_prefix(slash, "/" CGROUP_PREFIX);
		g_free(path);
	}
	set(reader, CONFINEMENT_CGROUP, is_on,
	    g_strdup(is_on ? "its memory and processor time are bounded by the host's kernel"
			   : "no cgroup of its own: systemd gave none"),
	    "use a host with systemd and cgroup v2; `bulkhead host check` tells what is missing");
	g_free(text);
}

static void read_identity(struct reader *reader)
{
	guint64 uid = number_of(reader->status, "Uid", 10);
	gboolean is_own = uid >= WORKER_UID_FIRST && uid < (guint64)WORKER_UID_RUN + WORKER_UID_RUN_COUNT;
	gboolean is_on = geteuid() == 0 ? is_own : uid != 0 && uid != G_MAXUINT64;
	const char *groups = value_of(reader->status, "Groups");

	if (is_on && is_own && groups && g_ascii_isdigit(*groups))
		is_on = FALSE;
	set(reader, CONFINEMENT_IDENTITY, is_on,
	    !is_on ? g_strdup(is_own ? "it has groups" : "it runs as root, or as whoever started the service")
	    : is_own ? g_strdup_printf("user %" G_GUINT64_FORMAT ", which is no other machine's", uid)
		     : g_strdup("the user's own; only the system service has one for each machine"),
	    "run the service outside of a container that has only one user");
}

/* --- all of it --------------------------------------------------------------------------------------- */

void confinement_read(const char *proc, pid_t pid, unsigned landlock, struct confinement *ret_confinement)
{
	struct reader reader = { .proc = proc, .pid = pid, .result = ret_confinement };

	memset(ret_confinement, 0, sizeof(*ret_confinement));
	reader.status = read_file(&reader, "status");
	read_privileges(&reader);
	read_calls(&reader);
	read_landlock(&reader, landlock);
	read_namespaces(&reader);
	read_limits(&reader);
	read_cgroup(&reader);
	read_identity(&reader);
	g_free(reader.status);
}

void confinement_clear(struct confinement *confinement)
{
	for (unsigned i = 0; i < CONFINEMENT_PARTS; i++) {
		g_clear_pointer(&confinement->parts[i].text, g_free);
		g_clear_pointer(&confinement->parts[i].remedy, g_free);
	}
}

char *confinement_summary(const struct confinement *confinement)
{
	GString *missing = g_string_new(NULL);
	unsigned count = 0;
	char *summary;

	for (unsigned i = 0; i < CONFINEMENT_PARTS; i++) {
		count += confinement->parts[i].is_on;
		if (!confinement->parts[i].is_on)
			g_string_append_printf(missing, "%s%s", missing->len ? ", " : "; without ", names[i]);
	}
	summary = g_strdup_printf("%u/%u%s", count, (unsigned)CONFINEMENT_PARTS, missing->str);
	g_string_free(missing, TRUE);
	return summary;
}

GVariant *confinement_to_variant(const struct confinement *confinement)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(sbss)"));
	for (unsigned i = 0; i < CONFINEMENT_PARTS; i++)
		g_variant_builder_add(&builder, "(sbss)", names[i], confinement->parts[i].is_on,
				      confinement->parts[i].text,
				      confinement->parts[i].remedy ? confinement->parts[i].remedy : "");
	return g_variant_builder_end(&builder);
}
