/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/image.h"
#include "worker/gen1.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The worker opens nothing by itself: whoever started it gave it the parents, and looked up which they are. */
static int open_parent(void *userdata, const struct disk_parent_link *link, unsigned depth, int *ret_fd)
{
	struct worker_chain *chain = userdata;

	if (!chain || depth >= chain->count || chain->parents[depth].fd < 0)
		return -EACCES;
	*ret_fd = chain->parents[depth].fd;
	chain->parents[depth].fd = -1;
	return 0;
}

static const char *parent_name(void *userdata, unsigned depth)
{
	const struct worker_chain *chain = userdata;

	return chain && depth < chain->count ? chain->parents[depth].name : NULL;
}

/* disk/ ends its sentences with a full stop and does not always name the file; messages here do it the other
 * way. */
static int fail_open(const char *name, int code, const struct disk_error *text, struct machine_error *error)
{
	const char *remedy = code == -EBUSY ? "stop that, or give another image" : "give another image";
	bool has_name = strstr(text->text, name);
	size_t length = strlen(text->text);

	if (length == 0)
		return machine_fail(error, code, "%s: cannot be used as a disk: %s; %s", name,
				    strerror(-code), remedy);
	while (length > 0 && text->text[length - 1] == '.')
		length--;
	return machine_fail(error, code, "%s%s%.*s; %s", has_name ? "" : name, has_name ? "" : ": ",
			    (int)length, text->text, remedy);
}

int image_open(struct disk_io *io, const struct image_config *config, struct disk **ret_disk,
	       struct machine_error *error)
{
	struct disk_open_options options = {
		.writable = config->is_writable,
		.allow_raw = true,
		.path = config->name,
		.open_parent = open_parent,
		.parent_name = parent_name,
		.userdata = config->chain,
	};
	struct disk_error text = { "" };
	int r;

	if (disk_format_parse(config->format, &options.format) < 0 || options.format == DISK_FORMAT_AUTO) {
		close(config->fd);
		return machine_fail(error, -EINVAL, "%s: there is no image format \"%s\"; convert it to VHDX",
				    config->name, config->format);
	}
	r = disk_open(io, config->fd, &options, ret_disk, &text);
	return r < 0 ? fail_open(config->name, r, &text, error) : 0;
}
