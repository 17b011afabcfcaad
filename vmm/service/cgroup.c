/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	WORKER_MIB =
	    512, /* what a worker may need beside its guest's memory: code cache, images, page cache */
	THREADS_MAX = 256,
	PERIOD_US = 100000,
};

#define OWN "vmms" /* where the service itself sits: a cgroup with children has no processes (cgroups(7)) */

/* --- where we are ------------------------------------------------------------------------------------ */

static char *mount_point(void)
{
	char *text = NULL, *found = NULL, **lines;

	if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line && !found; line++) {
		char **fields = strstr(*line, " - cgroup2 ") ? g_strsplit(*line, " ", 6) : NULL;

		if (fields && g_strv_length(fields) == 6)
			found = g_strdup(fields[4]);
		g_strfreev(fields);
	}
	g_strfreev(lines);
	g_free(text);
	return found;
}

/* That of the service as a whole: its unit's. */
static char *own_folder(void)
{
	char *text = NULL, *mount = mount_point(), *folder = NULL, *line;

	if (mount && g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL)) {
		line = g_str_has_prefix(text, "0::") ? text : strstr(text, "\n0::");
		line = line ? strstr(line, "0::") + 3 : NULL;
		if (line) {
			line[strcspn(line, "\n")] = '\0';
			folder = g_build_filename(mount, line, NULL);
			if (g_str_has_suffix(folder, "/" OWN))
				folder[strlen(folder) - strlen("/" OWN)] = '\0';
		}
	}
	g_free(mount);
	g_free(text);
	return folder;
}

static char *read_file(const char *folder, const char *name)
{
	char *path = g_build_filename(folder, name, NULL), *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		text = g_strdup("");
	g_free(path);
	return text;
}

/* Root may write to all, which does not make it ours: systemd marks what it hands over. */
static gboolean is_handed_over(const char *folder)
{
	struct stat st;
	char value[2] = "";

	if (getxattr(folder, "user.delegate", value, 1) == 1 ||
	    getxattr(folder, "trusted.delegate", value, 1) == 1)
		return value[0] == '1';
	return geteuid() != 0 && stat(folder, &st) == 0 && st.st_uid == geteuid();
}

enum cgroup_state cgroup_state(char **ret_path)
{
	char *folder = own_folder(), *controllers = folder ? read_file(folder, "cgroup.controllers") : NULL;
	enum cgroup_state state = CGROUP_NOT_DELEGATED;

	if (!controllers || !strstr(controllers, "memory"))
		state = CGROUP_NO_V2;
	else if (is_handed_over(folder))
		state = CGROUP_DELEGATED;
	g_free(controllers);
	if (ret_path)
		*ret_path = g_steal_pointer(&folder);
	g_free(folder);
	return state;
}

/* --- our own part ------------------------------------------------------------------------------------- */

static gboolean write_file(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CLOEXEC);
	gboolean is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return is_written;
}

static gboolean move_process(int folder, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return write_file(folder, "cgroup.procs", text);
}

static int make_folder(int parent, const char *name)
{
	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* This one, and workers that have none of their own. They may be in OWN already. */
static void move_all(const char *from, int to)
{
	char *text = read_file(from, "cgroup.procs"), **pids = g_strsplit(text, "\n", -1);

	move_process(to, getpid());
	for (char **pid = pids; *pid; pid++)
		if (**pid)
			(void)write_file(to, "cgroup.procs", *pid);
	g_strfreev(pids);
	g_free(text);
}

/* The service moves into a folder of its own, so that the others may have limits. -1. */
static int open_folder(void)
{
	char *path;
	int folder = -1, own;

	if (cgroup_state(&path) == CGROUP_DELEGATED)
		folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own = folder < 0 ? -1 : make_folder(folder, OWN);
	if (own >= 0)
		move_all(path, own);
	g_free(path);
	if (own < 0 || !write_file(folder, "cgroup.subtree_control", "+memory +pids")) {
		if (folder >= 0)
			close(folder);
		folder = -1;
	}
	if (folder >= 0)
		(void)write_file(folder, "cgroup.subtree_control",
				 "+cpu"); /* not every host gives it to users */
	if (own >= 0)
		close(own);
	return folder;
}

/* Of machines that are off: rmdir() leaves what has a process alone. */
static void remove_empty(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (g_str_has_prefix(entry->d_name, "vm-"))
			unlinkat(folder, entry->d_name, AT_REMOVEDIR);
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
}

static void set_limits(int folder, const struct cgroup_limits *limits)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)(limits->memory_mib + WORKER_MIB) << 20);
	(void)write_file(folder, "memory.max", text);
	(void)write_file(folder, "memory.oom.group", "1");
	snprintf(text, sizeof(text), "%d", THREADS_MAX);
	(void)write_file(folder, "pids.max", text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)CLAMP(limits->weight, 1, 10000));
	(void)write_file(folder, "cpu.weight", text);
	if (limits->limit_percent == 0 || limits->limit_percent >= 100)
		snprintf(text, sizeof(text), "max");
	else
		snprintf(text, sizeof(text), "%llu %d",
			 (unsigned long long)(limits->limit_percent * limits->processors * (PERIOD_US / 100)),
			 PERIOD_US);
	(void)write_file(folder, "cpu.max", text);
}

gboolean cgroup_enter(const char *id, pid_t pid, const struct cgroup_limits *limits)
{
	static int folder = -2;
	char *name;
	int own;
	gboolean is_in;

	if (folder == -2)
		folder = open_folder();
	if (folder < 0)
		return FALSE;
	remove_empty(folder);
	name = g_strconcat("vm-", id, NULL);
	own = make_folder(folder, name);
	g_free(name);
	if (own < 0)
		return FALSE;
	set_limits(own, limits);
	is_in = move_process(own, pid);
	close(own);
	return is_in;
}
