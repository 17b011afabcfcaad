/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/display_page.h"

#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FILES_MAX = 1000, DEPTH_MAX = 6, NAME_MAX_BYTES = 200, BYTES_MAX = 16 << 20 };

struct page {
	GByteArray *bytes;
	guint files;
};

/* What does not fit is left out: the page then lacks it. */
static void add_file(struct page *page, const char *path, const char *name)
{
	char *content = NULL, *head;
	gsize size = 0;

	if (page->files >= FILES_MAX || strlen(name) > NAME_MAX_BYTES || strchr(name, '\n') ||
	    !g_file_get_contents(path, &content, &size, NULL))
		return;
	if (size <= BYTES_MAX - page->bytes->len) {
		head = g_strdup_printf("%s\n%" G_GSIZE_FORMAT "\n", name, size);
		g_byte_array_append(page->bytes, (const guint8 *)head, (guint)strlen(head));
		g_byte_array_append(page->bytes, (const guint8 *)content, (guint)size);
		page->files++;
		g_free(head);
	}
	g_free(content);
}

static void add_folder(struct page *page, const char *folder, const char *prefix, guint depth)
{
	GDir *dir = depth < DEPTH_MAX ? g_dir_open(folder, 0, NULL) : NULL;
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir))) {
		char *path = g_build_filename(folder, entry, NULL);
		char *name = g_strconcat(prefix, entry, NULL), *inside = g_strconcat(name, "/", NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			add_folder(page, path, inside, depth + 1);
		else if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			add_file(page, path, name);
		g_free(inside);
		g_free(name);
		g_free(path);
	}
	if (dir)
		g_dir_close(dir);
}

static int make(void)
{
	struct page page = { .bytes = g_byte_array_new() };
	int fd = -1;

	add_folder(&page, DISPLAY_PAGE_FOLDER, "", 0);
	if (page.files > 0)
		fd = memfd_create("bulkhead-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 &&
	    (write(fd, page.bytes->data, page.bytes->len) != (gssize)page.bytes->len ||
	     fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)) {
		close(fd);
		fd = -1;
	}
	g_byte_array_unref(page.bytes);
	return fd;
}

/* A package that is installed later is found by the next viewer. */
int display_page_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = make();
	return fd;
}
