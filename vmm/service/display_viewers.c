/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/display_viewers.h"
#include "service/display_listener.h"
#include "service/display_page.h"
#include "service/display_process.h"
#include "service/display_secrets.h"
#include "service/event_log.h"
#include "service/objects.h"
#include "service/service.h"

#include "api/api_error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct vm_display {
	struct vm *vm;
	struct display_process *process;
	GPtrArray *viewers;    /* struct viewer, owned, oldest first */
	gboolean has_security; /* the process was told what strangers must prove */
	guint linger;
};

struct viewer {
	guint id;
	char *user;
	char *address; /* "local", or whence by TCP */
	gboolean is_view_only;
	gboolean is_stranger, is_by_tcp; /* by TCP, with its proof to come; or with any */
	gint64 since;			 /* seconds since 1970 */
};

static void viewer_free(gpointer viewer)
{
	g_free(((struct viewer *)viewer)->user);
	g_free(((struct viewer *)viewer)->address);
	g_free(viewer);
}

/* --- the end ----------------------------------------------------------------------------------------- */

static struct vm_display *vm_display_free(struct vm_display *display)
{
	if (display->linger)
		g_source_remove(display->linger);
	display_process_free(display->process);
	g_ptr_array_unref(display->viewers);
	g_free(display);
	return NULL;
}

void display_end(struct vm *vm)
{
	if (vm->display)
		vm->display = vm_display_free(vm->display);
}

static gboolean on_linger(gpointer opaque)
{
	struct vm *vm = opaque;

	vm->display->linger = 0;
	display_end(vm);
	return G_SOURCE_REMOVE;
}

static void linger(struct vm_display *display)
{
	if (display->viewers->len == 0 && !display->linger)
		display->linger = g_timeout_add_seconds(DISPLAY_LINGER_S, on_linger, display->vm);
}

/* --- what the process says --------------------------------------------------------------------------- */

static struct viewer *find(const struct vm_display *display, guint id, guint *ret_index)
{
	for (guint i = 0; display && i < display->viewers->len; i++) {
		struct viewer *viewer = display->viewers->pdata[i];

		if (viewer->id == id) {
			*ret_index = i;
			return viewer;
		}
	}
	return NULL;
}

static void on_viewer_in(gpointer opaque, guint id, gboolean is_view_only)
{
	struct vm *vm = opaque;
	guint index;
	struct viewer *viewer = find(vm->display, id, &index);

	if (!viewer || !viewer->is_stranger)
		return;
	viewer->is_stranger = FALSE;
	viewer->is_view_only = is_view_only;
	display_listener_judge(vm, viewer->address, TRUE);
	event_log_add(vm->service->log, EVENT_CHANGE, NULL, vm->config->id, vm->config->name,
		      "viewer %u from %s knew the password and %s", id, viewer->address,
		      is_view_only ? "looks at the screen" : "has the screen, keyboard and mouse");
	objects_vm_changed(vm);
}

static void on_viewer_gone(gpointer opaque, guint id, gboolean was_password_wrong)
{
	struct vm *vm = opaque;
	guint index;
	struct viewer *viewer = find(vm->display, id, &index);

	if (!viewer)
		return;
	if (viewer->is_by_tcp && was_password_wrong)
		display_listener_judge(vm, viewer->address, FALSE);
	g_ptr_array_remove_index(vm->display->viewers, index);
	linger(vm->display);
	objects_vm_changed(vm);
}

static void on_gone(gpointer opaque, const char *why)
{
	struct vm *vm = opaque;
	guint viewers = vm->display->viewers->len;

	display_end(vm);
	if (viewers == 0)
		return;
	/* When the machine ends, its end is told already, or will be at once. */
	if (vm_state_is_up(vm->life.state))
		event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
			      "the display process: %s; %u viewer%s %s disconnected", why, viewers,
			      viewers == 1 ? "" : "s", viewers == 1 ? "was" : "were");
	objects_vm_changed(vm);
}

static const struct display_process_ops process_ops = { .on_viewer_in = on_viewer_in,
							.on_viewer_gone = on_viewer_gone,
							.on_gone = on_gone };

/* --- a new viewer ------------------------------------------------------------------------------------ */

static void set_keyboard(struct vm *vm)
{
	display_process_set_keyboard(vm->display->process, vm_keyboards[vm->config->display_keyboard],
				     vm->config->display_clipboard == VM_CLIPBOARD_ALWAYS);
}

static gboolean need_process(struct vm *vm, GError **error)
{
	struct display_process *process;
	int screen;

	if (vm->display)
		return TRUE;
	screen = vm_open_display(vm, error);
	if (screen < 0)
		return FALSE;
	process = display_process_start(vm->config->id, vm->config->name, screen, &process_ops, vm, error);
	close(screen);
	if (!process)
		return FALSE;
	vm->display = g_new0(struct vm_display, 1);
	vm->display->vm = vm;
	vm->display->process = process;
	vm->display->viewers = g_ptr_array_new_with_free_func(viewer_free);
	set_keyboard(vm);
	return TRUE;
}

static gboolean need_security(struct vm *vm, GError **error)
{
	struct display_security security = { .certificate = -1, .key = -1, .page = display_page_fd() };
	struct display_passwords passwords;

	if (vm->display->has_security)
		return TRUE;
	display_passwords_read(vm, &passwords);
	security.needs_tls = vm->config->display_tls;
	security.password = passwords.full;
	security.view_password = passwords.view_only;
	display_certificate_open(vm->service, &security.certificate, &security.key);
	if (security.certificate >= 0 && (*passwords.full || *passwords.view_only))
		vm->display->has_security = display_process_set_security(vm->display->process, &security);
	if (security.certificate >= 0) {
		close(security.certificate);
		close(security.key);
	}
	display_passwords_clear(&passwords);
	return vm->display->has_security ||
	       api_refuse(error, API_ERROR_FAILED,
			  "its password or certificate is gone; set the password again");
}

void display_forget_security(struct vm *vm)
{
	if (!vm->display)
		return;
	vm->display->has_security = FALSE;
	set_keyboard(vm);
}

/* Takes none of the texts. */
static guint remember(struct vm *vm, const char *user, const char *address, gboolean is_view_only,
		      gboolean is_stranger)
{
	static guint last_id;
	struct viewer *viewer = g_new0(struct viewer, 1);

	last_id = last_id % G_MAXINT + 1;
	viewer->id = last_id;
	viewer->user = g_strdup(user);
	viewer->address = g_strdup(address);
	viewer->is_view_only = is_view_only;
	viewer->is_stranger = viewer->is_by_tcp = is_stranger;
	viewer->since = g_get_real_time() / G_USEC_PER_SEC;
	g_ptr_array_add(vm->display->viewers, viewer);
	return viewer->id;
}

static gboolean check_room(struct vm *vm, GError **error)
{
	if (!vm->display || vm->display->viewers->len < DISPLAY_VIEWERS_LIMIT)
		return TRUE;
	return api_refuse(error, API_ERROR_LIMIT,
			  "%s: %u viewers look at it already; disconnect one: bulkhead vm view %s --list",
			  vm->config->name, vm->display->viewers->len, vm->config->name);
}

/* The socket stays the caller's. */
static gboolean add(struct vm *vm, const char *user, const char *address, gboolean is_view_only,
		    gboolean is_stranger, int socket, guint *ret_id, GError **error)
{
	guint id;

	if (!check_room(vm, error) || !need_process(vm, error))
		return FALSE;
	if (is_stranger && !need_security(vm, error)) {
		linger(vm->display);
		return FALSE;
	}
	id = remember(vm, user, address, is_view_only, is_stranger);
	if (!display_process_add(vm->display->process, id, is_view_only, is_stranger, socket)) {
		g_ptr_array_set_size(vm->display->viewers, (gint)vm->display->viewers->len - 1);
		linger(vm->display);
		return api_refuse(error, API_ERROR_FAILED,
				  "%s: its display process does not listen; try again", vm->config->name);
	}
	if (vm->display->linger) {
		g_source_remove(vm->display->linger);
		vm->display->linger = 0;
	}
	*ret_id = id;
	objects_vm_changed(vm);
	return TRUE;
}

int display_open_viewer(struct vm *vm, const struct identity *who, gboolean is_view_only, guint *ret_id,
			GError **error)
{
	gboolean is_good;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		api_refuse(error, API_ERROR_LIMIT, "no socket: %s; close some consoles", g_strerror(errno));
		return -1;
	}
	is_good = add(vm, who->user, "local", is_view_only, FALSE, pair[1], ret_id, error);
	close(pair[1]);
	if (is_good)
		return pair[0];
	close(pair[0]);
	return -1;
}

gboolean display_add_stranger(struct vm *vm, const char *address, int socket, GError **error)
{
	guint id;

	return add(vm, "(password)", address, FALSE, TRUE, socket, &id, error);
}

/* --- the list ---------------------------------------------------------------------------------------- */

guint display_count_strangers(const struct vm *vm, const char *address)
{
	guint count = 0;

	for (guint i = 0; vm->display && i < vm->display->viewers->len; i++) {
		const struct viewer *viewer = vm->display->viewers->pdata[i];

		count += viewer->is_stranger && (!address || strcmp(viewer->address, address) == 0);
	}
	return count;
}

guint display_count_viewers(const struct vm *vm)
{
	return vm->display ? vm->display->viewers->len - display_count_strangers(vm, NULL) : 0;
}

static GVariant *to_variant(const struct viewer *viewer)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&builder, "{sv}", "id", g_variant_new_uint32(viewer->id));
	g_variant_builder_add(&builder, "{sv}", "user", g_variant_new_string(viewer->user));
	g_variant_builder_add(&builder, "{sv}", "address", g_variant_new_string(viewer->address));
	g_variant_builder_add(&builder, "{sv}", "view-only", g_variant_new_boolean(viewer->is_view_only));
	g_variant_builder_add(&builder, "{sv}", "since", g_variant_new_int64(viewer->since));
	return g_variant_builder_end(&builder);
}

GVariant *display_list_viewers(const struct vm *vm)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; vm->display && i < vm->display->viewers->len; i++) {
		const struct viewer *viewer = vm->display->viewers->pdata[i];

		if (!viewer->is_stranger)
			g_variant_builder_add_value(&builder, to_variant(viewer));
	}
	return g_variant_builder_end(&builder);
}

char *display_describe_viewer(const struct vm *vm, guint id)
{
	guint index;
	const struct viewer *viewer = find(vm->display, id, &index);

	if (!viewer)
		return NULL;
	return g_strdup_printf("%s (%s)%s", viewer->user, viewer->address,
			       viewer->is_view_only ? ", who only looks" : "");
}

gboolean display_disconnect_viewer(struct vm *vm, guint id, GError **error)
{
	if (display_process_disconnect(vm->display->process, id))
		return TRUE;
	return api_refuse(error, API_ERROR_FAILED, "%s: its display process does not listen; try again",
			  vm->config->name);
}
