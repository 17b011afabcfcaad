/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/disk_chain.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 1024 };

static void truncate_chain(struct disk_chain *chain, unsigned count)
{
	while (chain->count > count) {
		free(chain->images[--chain->count].path);
		chain->images[chain->count].path = NULL;
	}
}

void disk_chain_clear(struct disk_chain *chain)
{
	truncate_chain(chain, 0);
}

void disk_chain_set(struct disk_chain *chain, unsigned depth, const char *path, int fd)
{
	struct stat st = { 0 };

	truncate_chain(chain, depth);
	if (depth != chain->count || depth > DISK_LINK_CHAIN_MAX)
		return;
	fstat(fd, &st);
	chain->images[depth].path = strdup(path);
	chain->images[depth].device = st.st_dev;
	chain->images[depth].inode = st.st_ino;
	chain->count++;
}

static bool is_in_chain(const struct disk_chain *chain, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	for (unsigned i = 0; i < chain->count; i++)
		if (chain->images[i].device == st.st_dev && chain->images[i].inode == st.st_ino)
			return true;
	return false;
}

/* --- finding ----------------------------------------------------------------------------------------- */

static int make_beside(const char *child, const char *relative, char ret_path[PATH_MAX])
{
	const char *slash = strrchr(child, '/');
	int folder = slash ? (int)(slash - child) + 1 : 0, length;

	if (strncmp(relative, "./", 2) == 0)
		relative += 2;
	length = snprintf(ret_path, PATH_MAX, "%.*s%s", folder, child, relative);
	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* ret_path: what was opened, or what was tried last; "" for nothing. */
static int open_by_paths(struct disk_chain *chain, const char *child, const char *relative,
			 const char *absolute, bool is_writable, char ret_path[PATH_MAX])
{
	int fd = -ENOENT;

	ret_path[0] = '\0';
	if (*relative) {
		fd = make_beside(child, relative, ret_path);
		if (fd == 0)
			fd = chain->open(chain->userdata, ret_path, is_writable);
	}
	if (fd < 0 && absolute[0] == '/' && strlen(absolute) < PATH_MAX) {
		int second = chain->open(chain->userdata, absolute, is_writable);

		if (second >= 0 || !*relative) {
			strcpy(ret_path, absolute);
			fd = second;
		}
	}
	return fd;
}

static const char *text_of(const struct link_message *message, const char *key)
{
	const char *value = link_get(message, key);

	return value ? value : "";
}

static int open_parent(struct disk_chain *chain, bool is_merge, const struct link_message *question,
		       char ret_path[PATH_MAX], char ret_text[TEXT_MAX])
{
	uint64_t depth = 0, is_writable = 0;
	const char *child;
	int fd;

	link_get_number(question, "writable", 1, &is_writable);
	if (link_get_number(question, "depth", DISK_LINK_CHAIN_MAX, &depth) < 0 || depth < 1 ||
	    depth > chain->count || (is_writable && (!is_merge || depth > 1)))
		return -EBADMSG;
	child = chain->images[depth - 1].path ? chain->images[depth - 1].path : "";
	fd = open_by_paths(chain, child, text_of(question, "relative"), text_of(question, "absolute"),
			   is_writable, ret_path);
	truncate_chain(chain, (unsigned)depth);
	if (fd >= 0 && is_in_chain(chain, fd)) {
		close(fd);
		fd = -ELOOP;
		snprintf(ret_text, TEXT_MAX,
			 "%s is its own parent: its chain is a circle; reconnect %s with the right parent",
			 ret_path, child);
	} else if (fd < 0) {
		snprintf(
		    ret_text, TEXT_MAX, "%s, the parent of %s: %s", *ret_path ? ret_path : "(no path)", child,
		    fd == -ENOENT ? "there is no such file; if it was moved, use `bulkhead disk reconnect "
				    "CHILD PARENT`"
				  : chain->reason(chain->userdata, -fd, is_writable));
	} else {
		disk_chain_set(chain, (unsigned)depth, ret_path, fd);
	}
	return fd;
}

int disk_chain_answer(struct disk_chain *chain, const struct link_message *request, int link,
		      const struct link_message *question)
{
	char path[PATH_MAX] = "", text[TEXT_MAX] = "";
	struct link_message *answer;
	int fd, r = link_message_new("parent", &answer);

	if (r < 0)
		return r; /* the helper ends when the link does */
	fd = open_parent(chain, request && link_has_verb(request, "merge"), question, path, text);
	if (fd >= 0) {
		link_add_fd(answer, "file", fd);
		link_add(answer, "file-name", path);
	} else {
		link_add_number(answer, "error", (uint64_t)-fd);
		link_add(answer, "text", text);
	}
	r = link_send(link, answer);
	link_message_free(answer);
	if (fd >= 0)
		close(fd);
	return r;
}

/* --- what a child says about its parent -------------------------------------------------------------- */

char *disk_chain_relative(const char *folder, const char *file)
{
	size_t common = 0, ups = 0, folder_size = strlen(folder);
	bool is_root = strcmp(folder, "/") == 0;
	char *text, *end;

	/* As if the folder ended with a slash. */
	for (size_t i = 0; file[i] && i <= folder_size; i++) {
		char c = i < folder_size ? folder[i] : '/';

		if (c != file[i] || (is_root && i == 1))
			break;
		if (c == '/')
			common = i + 1;
	}
	if (!is_root && common <= folder_size) {
		ups = 1;
		for (size_t i = common; i < folder_size; i++)
			ups += folder[i] == '/';
	}
	text = malloc(3 * ups + 3 + strlen(file + common));
	if (!text)
		return NULL;
	end = text;
	for (size_t i = 0; i < ups; i++)
		end = stpcpy(end, "../");
	if (ups == 0)
		end = stpcpy(end, "./");
	strcpy(end, file + common);
	return text;
}
