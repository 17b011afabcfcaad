/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/ic/file_copy.h"
#include "vsp/ic/ic.h"

#include "disk/utf16.h"
#include "state/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum copy_state { STATE_IDLE, STATE_STARTING, STATE_WRITING, STATE_COMPLETING, STATE_CANCELING };

struct file_copy {
	struct ic ic;
	const struct file_copy_ops *ops;
	void *opaque;
	enum copy_state state;
	enum file_copy_result result; /* that a cancel ends with */
	bool is_cancel_wanted;
	int fd;
	uint64_t size, done;
};

static void finish(struct file_copy *copy, enum file_copy_result result)
{
	if (copy->fd >= 0)
		close(copy->fd);
	copy->fd = -1;
	copy->state = STATE_IDLE;
	copy->ops->on_done(copy->opaque, result);
}

/* COMPLETE and CANCEL have a head only. */
static void ask_short(struct file_copy *copy, enum ic_copy_operation operation, enum copy_state state)
{
	struct ic_copy_head body = { .operation = operation };

	copy->state = state;
	if (ic_request(&copy->ic, &body, sizeof(body)) < 0)
		finish(copy, FILE_COPY_FAILED);
}

static void give_up(struct file_copy *copy, enum file_copy_result result)
{
	copy->result = result;
	ask_short(copy, COPY_CANCEL, STATE_CANCELING);
}

static void write_next(struct file_copy *copy)
{
	struct ic_copy_write body = { .head.operation = COPY_WRITE, .offset = copy->done };
	uint64_t rest = copy->size - copy->done;
	ssize_t n = pread(copy->fd, body.data, rest < COPY_CHUNK ? rest : COPY_CHUNK, (off_t)copy->done);

	if (n <= 0) { /* an error, or it has become shorter */
		give_up(copy, FILE_COPY_READ);
		return;
	}
	body.size = (uint32_t)n;
	copy->state = STATE_WRITING;
	if (ic_request(&copy->ic, &body, sizeof(body)) < 0)
		finish(copy, FILE_COPY_FAILED);
	else
		copy->done += (uint64_t)n;
}

static void go_on(struct file_copy *copy)
{
	copy->ops->on_progress(copy->opaque, copy->done, copy->size);
	if (copy->is_cancel_wanted)
		give_up(copy, FILE_COPY_CANCELED);
	else if (copy->done < copy->size)
		write_next(copy);
	else
		ask_short(copy, COPY_COMPLETE, STATE_COMPLETING);
}

static enum file_copy_result result_of(uint32_t status)
{
	switch (status) {
	case IC_OK: return FILE_COPY_DONE;
	case IC_EXISTS: return FILE_COPY_EXISTS;
	case IC_DISK_FULL: return FILE_COPY_FULL;
	}
	return FILE_COPY_FAILED;
}

static void on_answer(void *opaque, uint32_t status, const void *body, size_t size)
{
	struct file_copy *copy = opaque;

	switch (copy->state) {
	case STATE_IDLE: return;
	case STATE_STARTING: /* nothing is there that would have to be canceled */
		if (status != IC_OK)
			finish(copy, result_of(status));
		else
			go_on(copy);
		return;
	case STATE_WRITING:
		if (status != IC_OK)
			give_up(copy, result_of(status));
		else
			go_on(copy);
		return;
	case STATE_COMPLETING: finish(copy, result_of(status)); return;
	case STATE_CANCELING: finish(copy, copy->result); return;
	}
}

static void on_ready(void *opaque, struct ic_version version)
{
	struct file_copy *copy = opaque;

	copy->ops->on_ready(copy->opaque, true);
}

static void on_gone(void *opaque)
{
	struct file_copy *copy = opaque;

	if (copy->state != STATE_IDLE)
		finish(copy, FILE_COPY_GONE);
	copy->ops->on_ready(copy->opaque, false);
}

/* The file is not there any more: the guest is told to give the copy up. */
static void on_state(void *opaque, struct state *state)
{
	struct file_copy *copy = opaque;

	state_enum_max(state, &copy->state, STATE_CANCELING);
	if (!state_is_reading(state))
		return;
	if (!copy->ic.is_waiting)
		copy->state = STATE_IDLE;
	copy->is_cancel_wanted = true;
	copy->result = FILE_COPY_CANCELED;
	copy->size = copy->done = 0;
}

static const struct ic_service service = {
	.type = IC_FILE_COPY,
	.type_guid = "34d14be3-dee4-41c8-9ae7-6b174977c192",
	.instance_guid = "eb765408-105f-49b6-b4aa-c123b64d17d4",
	.framework = { { 3, 0 } },
	.message = { { 1, 1 } },
	.on_ready = on_ready,
	.on_answer = on_answer,
	.on_gone = on_gone,
	.state = on_state,
};

int file_copy_new(struct vmbus *bus, const struct file_copy_ops *ops, void *opaque,
		  struct file_copy **ret_copy)
{
	struct file_copy *copy = calloc(1, sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	copy->ops = ops;
	copy->opaque = opaque;
	copy->fd = -1;
	r = ic_init(&copy->ic, bus, &service, copy);
	if (r < 0) {
		free(copy);
		return r;
	}
	*ret_copy = copy;
	return 0;
}

struct file_copy *file_copy_free(struct file_copy *copy)
{
	if (!copy)
		return NULL;
	ic_deinit(&copy->ic);
	if (copy->fd >= 0)
		close(copy->fd);
	free(copy);
	return NULL;
}

static int encode(const char *text, const char *end, uint16_t to[COPY_NAME_MAX])
{
	char both[4 * COPY_NAME_MAX];
	size_t bytes = 0;

	if (!*text || (size_t)snprintf(both, sizeof(both), "%s%s", text, end) >= sizeof(both))
		return -EINVAL;
	return utf8_to_utf16(both, UTF16_LE, (uint8_t *)to, (COPY_NAME_MAX - 1) * 2, &bytes) >= 0 ? 0
												  : -EINVAL;
}

/* The daemon makes what stands before each slash. */
static const char *folder_end(const char *folder)
{
	return *folder && folder[strlen(folder) - 1] != '/' ? "/" : "";
}

int file_copy_start(struct file_copy *copy, int fd, uint64_t size, const char *folder, const char *name,
		    bool may_overwrite, bool makes_folder)
{
	struct ic_copy_start body = { .head.operation = COPY_START,
				      .flags = (may_overwrite ? COPY_OVERWRITE : 0) |
					       (makes_folder ? COPY_CREATE_PATH : 0),
				      .size = size };
	uint16_t name16[COPY_NAME_MAX] = { 0 }, folder16[COPY_NAME_MAX] = { 0 };
	int r = copy->state == STATE_IDLE ? 0 : -EBUSY;

	if (r == 0 && (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		       encode(name, "", name16) < 0 || encode(folder, folder_end(folder), folder16) < 0))
		r = -EINVAL;
	memcpy(body.name, name16, sizeof(name16));
	memcpy(body.path, folder16, sizeof(folder16));
	if (r == 0)
		r = ic_request(&copy->ic, &body, sizeof(body));
	if (r < 0) {
		close(fd);
		return r;
	}
	copy->fd = fd;
	copy->size = size;
	copy->done = 0;
	copy->is_cancel_wanted = false;
	copy->state = STATE_STARTING;
	return 0;
}

void file_copy_cancel(struct file_copy *copy)
{
	copy->is_cancel_wanted = true;
}

struct ic *file_copy_ic(struct file_copy *copy)
{
	return &copy->ic;
}
