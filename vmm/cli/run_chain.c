/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/run_chain.h"
#include "cli/disk_image.h"
#include "cli/disk_spawn.h"
#include "cli/message.h"
#include "link/disk_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct search {
	const char *path;
	struct worker_chain *found;
};

static int open_parent(void *userdata, const char *path, bool is_writable)
{
	struct search *search = userdata;
	int fd = disk_image_open(path, false), copy;

	if (fd < 0)
		return fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy >= 0 && worker_chain_add(search->found, path, copy) == 0)
		return fd;
	close(fd);
	return copy < 0 ? -errno : -ENOSPC;
}

static const char *reason(void *userdata, int error, bool is_writable)
{
	switch (error) {
	case EACCES:
	case EPERM: return "you may not read it; ask its owner for the right, or run this as one who may";
	case EISDIR:
	case EINVAL: return "this is no disk image; reconnect its child with the right parent";
	default: return strerror(error);
	}
}

static int send_request(int link, const struct search *search, const char *format, int fd)
{
	struct link_message *request;
	int r = link_message_new("chain", &request);

	if (r < 0)
		return r;
	link_add_fd(request, "file", fd);
	link_add(request, "file-name", search->path);
	link_add(request, "file-format", format);
	r = link_send(link, request);
	link_message_free(request);
	return r;
}

/* True when all of them are there; else it is said. */
static bool read_result(const struct search *search, const struct link_message *message)
{
	const char *text = link_get(message, "text");
	uint64_t error = 0;

	link_get_number(message, "error", UINT32_MAX, &error);
	if (error == 0)
		return true;
	if (text && *text)
		say("--disk %s: %.*s", search->path, (int)(strlen(text) - (text[strlen(text) - 1] == '.')),
		    text);
	else
		say("--disk %s: its parents cannot be opened: %s; `bulkhead disk check` tells more",
		    search->path, strerror((int)error));
	return false;
}

static bool converse(struct search *search, struct disk_chain *chain, int link)
{
	struct link_message *message;
	bool is_over = false, is_good = false;

	while (!is_over && link_receive(link, &message) == 0) {
		is_over = strcmp(link_verb(message), "result") == 0;
		if (is_over)
			is_good = read_result(search, message);
		else if (strcmp(link_verb(message), "open-parent") == 0)
			disk_chain_answer(chain, NULL, link, message);
		link_message_free(message);
	}
	if (!is_over)
		say("--disk %s: the program that looks for its parents ended early; try again", search->path);
	return is_good;
}

bool run_find_parents(const char *path, const char *format, int fd, struct worker_chain *chain)
{
	struct search search = { .path = path, .found = chain };
	struct disk_chain images = { .open = open_parent, .reason = reason, .userdata = &search };
	bool is_good = false;
	int link, r;
	pid_t pid;

	if (strcmp(format, "vhdx") != 0 && strcmp(format, "vhd") != 0)
		return true;
	r = disk_spawn(&pid, &link);
	if (r == -ENOENT)
		return true;
	if (r < 0) {
		say("--disk %s: its parents cannot be looked for: %s; raise the limit of processes", path,
		    strerror(-r));
		return false;
	}
	disk_chain_set(&images, 0, path, fd);
	if (send_request(link, &search, format, fd) == 0)
		is_good = converse(&search, &images, link);
	disk_chain_clear(&images);
	close(link);
	kill(pid, SIGKILL); /* it has nothing more to do */
	waitpid(pid, NULL, 0);
	return is_good;
}
