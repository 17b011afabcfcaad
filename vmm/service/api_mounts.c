/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/api_mounts.h"
#include "service/disk_helper.h"
#include "service/disk_settings.h"
#include "service/mounts.h"
#include "service/nbd_netlink.h"
#include "service/service.h"

#include "api/api_error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYS	  "/sys"
#define MOUNTINFO "/proc/self/mountinfo"

/* One that is being attached. */
struct attaching {
	gboolean is_read_only;
	struct disk_served served;
	char *device; /* NULL: not yet */
};

/* --- attaching, in the job's thread ------------------------------------------------------------------ */

static gboolean fail_attach(GError **error, const char *file, int code)
{
	if (code == -ENOENT)
		return api_refuse(
		    error, API_ERROR_FAILED,
		    "%s cannot be attached: this kernel has no network block devices; load its module (as "
		    "root: modprobe nbd), which most distributions' kernels have",
		    file);
	if (code == -EPERM || code == -EACCES)
		return api_refuse(
		    error, API_ERROR_FAILED,
		    "%s cannot be attached: the service may not make block devices here; run it on the "
		    "host, not in a container",
		    file);
	return api_refuse(error, API_ERROR_FAILED, "%s cannot be attached: %s; look into the kernel's log",
			  file, g_strerror(-code));
}

/* The device belongs to who asked: it holds what is in the caller's own file. */
static void give_device(const char *device, const struct identity *who)
{
	if (chmod(device, 0600) < 0 || chown(device, who->uid, (gid_t)-1) < 0)
		g_warning("%s: cannot be given to %s: %s", device, who->user, g_strerror(errno));
}

static gboolean attach(struct disk_task *task, struct attaching *attaching, int socket, GError **error)
{
	const char *file = task->files[0].name;
	char *identifier = mounts_identifier(task->who->user, file);
	const struct nbd_device device = { .socket = socket,
					   .size = attaching->served.size,
					   .block = attaching->served.sector,
					   .flags = attaching->served.flags,
					   .identifier = identifier };
	unsigned index = 0;
	int r = nbd_netlink_attach(&device, &index);

	g_free(identifier);
	if (r < 0)
		return fail_attach(error, file, r);
	attaching->device = g_strdup_printf("/dev/nbd%u", index);
	give_device(attaching->device, task->who);
	return TRUE;
}

static gboolean mount_work(struct disk_task *task, struct job *job, GError **error)
{
	struct attaching *attaching = task->opaque;
	const struct disk_run run = { .cancellable = job->cancellable,
				      .request = task->request,
				      .chain = &task->chain };
	gboolean is_good;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return api_refuse(error, API_ERROR_FAILED, "no socket can be made: %s; end other programs",
				  g_strerror(errno));
	link_add_fd(task->request, "nbd", pair[1]);
	is_good = disk_helper_serve(&run, &attaching->served, error);
	close(pair[1]);
	is_good = is_good && attach(task, attaching, pair[0], error);
	close(pair[0]); /* the kernel has its own; without one the helper ends */
	return is_good;
}

static void on_helper_gone(GPid pid, int status, gpointer opaque)
{
	g_spawn_close_pid(pid);
}

static void free_attaching(gpointer pointer)
{
	struct attaching *attaching = pointer;

	if (attaching->served.pid > 0)
		g_child_watch_add(attaching->served.pid, on_helper_gone, NULL);
	g_free(attaching->device);
	g_free(attaching);
}

static void mount_answer(struct disk_task *task, struct call *call)
{
	const struct attaching *attaching = task->opaque;

	if (attaching->device)
		call_step(call, "it is %s now, which belongs to %s", attaching->device, task->who->user);
	call_return_text(call, attaching->device ? attaching->device : "");
}

void api_mount(struct call *call)
{
	struct attaching *attaching;
	struct disk_settings settings;
	struct disk_task *task;
	GError *error = NULL;
	const char *file;

	if (geteuid() != 0) {
		call_fail_text(
		    call, API_ERROR_NOT_SUPPORTED,
		    "a disk can be attached to this computer only by the system's service, and this one is "
		    "a user's own; ask that one, as who has the privilege mount");
		return;
	}
	task = disk_settings_begin(call, "serve-nbd", 1, DISK_READ | DISK_READ_ONLY, &settings);
	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	attaching = g_new0(struct attaching, 1);
	attaching->is_read_only = settings.is_read_only;
	task->opaque = attaching;
	task->free_opaque = free_attaching;
	task->end = DISK_TASK_ANSWER;
	task->work = mount_work;
	task->answer = mount_answer;
	if (!disk_settings_add_image(task, &settings, file, settings.is_read_only ? FILE_READ : FILE_WRITE,
				     &error)) {
		disk_settings_drop(call, task, error);
		return;
	}
	link_add_number(task->request, "read-only", settings.is_read_only != 0);
	call_step(call, "%s is attached to this computer as a block device%s", file,
		  settings.is_read_only ? ", read-only" : "");
	disk_settings_start(task, "Mount", file);
}

/* --- detaching --------------------------------------------------------------------------------------- */

struct detaching {
	struct call *call;
	guint index;
	char *device;
};

static void free_detaching(gpointer pointer)
{
	struct detaching *detaching = pointer;

	g_free(detaching->device);
	g_free(detaching);
}

static gboolean detach_work(struct job *job, gpointer work, GError **error)
{
	const struct detaching *detaching = work;
	int r = nbd_netlink_detach(detaching->index);

	if (r < 0)
		return api_refuse(error, API_ERROR_FAILED,
				  "%s cannot be detached: %s; look into the kernel's log", detaching->device,
				  g_strerror(-r));
	if (chown(detaching->device, 0, (gid_t)-1) < 0)
		g_warning("%s: cannot be taken back: %s", detaching->device, g_strerror(errno));
	return TRUE;
}

static gboolean detach_finish(struct job *job, gpointer work, gboolean is_done, const GError *failure,
			      GError **error)
{
	struct detaching *detaching = work;

	if (is_done)
		call_return_steps(detaching->call);
	else
		call_fail(detaching->call, failure);
	return is_done;
}

static void detach(struct call *call, const struct mount *mount)
{
	struct detaching *detaching = g_new0(struct detaching, 1);
	GError *error = NULL;
	struct job *job;

	*detaching =
	    (struct detaching){ .call = call, .index = mount->index, .device = g_strdup(mount->device) };
	job = job_start(call->service, call->who->user, NULL, "Unmount", detaching, detach_work,
			detach_finish, free_detaching, &error);
	if (job) {
		job->is_passing = TRUE;
		return;
	}
	call_fail(call, error);
	g_error_free(error);
}

/* Answered when it is FALSE. */
static gboolean check_detach(struct call *call, const struct mount *mount, const char *name)
{
	char *user;

	if (!mount) {
		call_fail_text(call, API_ERROR_NOT_FOUND,
			       "%s: no such disk is attached; `bulkhead disk mounts` lists those that are",
			       name);
		return FALSE;
	}
	if (call->who->uid != 0 && strcmp(mount->user, call->who->user) != 0) {
		call_log_refusal(call, "Unmount", "another has attached it");
		call_fail_text(call, API_ERROR_NOT_AUTHORIZED,
			       "%s was attached by %s; only %s and root may detach it", mount->device,
			       mount->user, mount->user);
		return FALSE;
	}
	user = mounts_user_of(mount, SYS, MOUNTINFO);
	if (user)
		call_fail_text(call, API_ERROR_INVALID_STATE,
			       "%s is in use by %s; end that (umount %s), then try again", mount->device,
			       user, user);
	g_free(user);
	return user == NULL;
}

void api_unmount(struct call *call)
{
	GPtrArray *mounts = mounts_list(SYS);
	const struct mount *mount;
	const char *name;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	mount = mounts_find(mounts, name);
	if (check_detach(call, mount, name)) {
		call_step(call, "%s (%s) is detached from this computer", mount->file, mount->device);
		if (call->is_plan)
			call_return_steps(call);
		else
			detach(call, mount);
	}
	g_ptr_array_unref(mounts);
}

/* --- the list ---------------------------------------------------------------------------------------- */

static GVariant *mount_variant(const struct mount *mount)
{
	char *user = mounts_user_of(mount, SYS, MOUNTINFO);
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&builder, "{sv}", "device", g_variant_new_string(mount->device));
	g_variant_builder_add(&builder, "{sv}", "file",
			      g_variant_new_take_string(g_utf8_make_valid(mount->file, -1)));
	g_variant_builder_add(&builder, "{sv}", "user",
			      g_variant_new_take_string(g_utf8_make_valid(mount->user, -1)));
	g_variant_builder_add(&builder, "{sv}", "read-only", g_variant_new_boolean(mount->is_read_only));
	g_variant_builder_add(&builder, "{sv}", "used-by",
			      g_variant_new_take_string(g_utf8_make_valid(user ? user : "", -1)));
	g_free(user);
	return g_variant_builder_end(&builder);
}

void api_list_mounts(struct call *call)
{
	GPtrArray *mounts = mounts_list(SYS);
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < mounts->len; i++)
		g_variant_builder_add_value(&list, mount_variant(mounts->pdata[i]));
	call_return(call, g_variant_new("(@aa{sv})", g_variant_builder_end(&list)));
	g_ptr_array_unref(mounts);
}
