/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/display_secrets.h"
#include "service/display_process.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"
#include "model/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER	    "display"
#define CERTIFICATE "certificate.pem"
#define KEY	    "key.pem"
#define FINGERPRINT "fingerprint"

enum { FILE_MAX = 1024, FINGERPRINT_CHARACTERS = 95 };

/* -errno. */
static int open_folder(const struct service *service)
{
	int fd;

	if (mkdirat(vm_store_fd(service->store), FOLDER, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(vm_store_fd(service->store), FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

/* --- passwords --------------------------------------------------------------------------------------- */

static char *file_of(const struct vm *vm)
{
	return g_strconcat(vm->config->id, ".passwords", NULL);
}

/* Two lines. */
void display_passwords_read(const struct vm *vm, struct display_passwords *ret_passwords)
{
	int folder = open_folder(vm->service);
	char *name = file_of(vm), *text = NULL, **lines = NULL;
	gsize size = 0;

	if (folder >= 0 && durable_read(folder, name, FILE_MAX, &text, &size) == 0)
		lines = g_strsplit(text, "\n", 3);
	ret_passwords->full = g_strdup(lines && lines[0] ? lines[0] : "");
	ret_passwords->view_only = g_strdup(lines && lines[0] && lines[1] ? lines[1] : "");
	g_strfreev(lines);
	if (text)
		explicit_bzero(text, size);
	g_free(text);
	g_free(name);
	if (folder >= 0)
		close(folder);
}

void display_passwords_clear(struct display_passwords *passwords)
{
	explicit_bzero(passwords->full, strlen(passwords->full));
	explicit_bzero(passwords->view_only, strlen(passwords->view_only));
	g_clear_pointer(&passwords->full, g_free);
	g_clear_pointer(&passwords->view_only, g_free);
}

int display_passwords_remove(const struct service *service, const char *id)
{
	char *name = g_strconcat(id, ".passwords", NULL);
	int folder = open_folder(service), r = folder;

	if (folder >= 0) {
		r = durable_remove(folder, name);
		close(folder);
	}
	g_free(name);
	return r;
}

static gboolean check_password(const char *password, GError **error)
{
	if (strlen(password) <= DISPLAY_PASSWORD_MAX && g_utf8_validate(password, -1, NULL) &&
	    !strpbrk(password, "\n\r"))
		return TRUE;
	g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
		    "the password is longer than %d bytes or has line breaks; give another",
		    DISPLAY_PASSWORD_MAX);
	return FALSE;
}

static int write_passwords(const struct vm *vm, const struct display_passwords *passwords)
{
	gboolean is_none = !*passwords->full && !*passwords->view_only;
	char *text = g_strdup_printf("%s\n%s\n", passwords->full, passwords->view_only), *name = file_of(vm);
	int folder = open_folder(vm->service), r = folder;

	if (folder >= 0) {
		r = is_none ? durable_remove(folder, name) : durable_write(folder, name, text, strlen(text));
		close(folder);
	}
	explicit_bzero(text, strlen(text));
	g_free(text);
	g_free(name);
	return r;
}

gboolean display_password_set(const struct vm *vm, gboolean is_view_only, const char *password,
			      GError **error)
{
	struct display_passwords passwords;
	char **place = is_view_only ? &passwords.view_only : &passwords.full;
	int r;

	if (!check_password(password, error))
		return FALSE;
	display_passwords_read(vm, &passwords);
	g_free(*place);
	*place = g_strdup(password);
	r = write_passwords(vm, &passwords);
	display_passwords_clear(&passwords);
	if (r < 0)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "the password cannot be kept: %s; look whether the "
			    "disk is full",
			    g_strerror(-r));
	return r == 0;
}

/* --- the certificate --------------------------------------------------------------------------------- */

gboolean display_certificate_open(const struct service *service, int *ret_certificate, int *ret_key)
{
	int folder = open_folder(service), certificate, key;

	if (folder < 0)
		return FALSE;
	certificate = openat(folder, CERTIFICATE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	key = openat(folder, KEY, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	close(folder);
	if (certificate >= 0 && key >= 0) {
		*ret_certificate = certificate;
		*ret_key = key;
		return TRUE;
	}
	if (certificate >= 0)
		close(certificate);
	if (key >= 0)
		close(key);
	return FALSE;
}

struct making {
	int folder;
	void (*done)(gpointer opaque, const char *error);
	gpointer opaque;
};

/* The certificate last: where it is, the key is. */
static const char *keep(int folder)
{
	if (renameat(folder, DURABLE_TEMPORARY KEY, folder, KEY) < 0 || fsync(folder) < 0 ||
	    renameat(folder, DURABLE_TEMPORARY CERTIFICATE, folder, CERTIFICATE) < 0 || fsync(folder) < 0)
		return g_strerror(errno);
	return NULL;
}

static gboolean is_fingerprint(const char *text)
{
	return strlen(text) == FINGERPRINT_CHARACTERS && strspn(text, "0123456789ABCDEF:") == strlen(text);
}

static void on_made(gpointer opaque, const char *error, const char *fingerprint)
{
	struct making *making = opaque;

	if (!error && (!fingerprint || !is_fingerprint(fingerprint)))
		error = "the display process said no fingerprint";
	if (!error && durable_write(making->folder, FINGERPRINT, fingerprint, strlen(fingerprint)) < 0)
		error = "its fingerprint cannot be kept; look whether the disk is full";
	if (!error)
		error = keep(making->folder);
	making->done(making->opaque, error);
	close(making->folder);
	g_free(making);
}

char *display_certificate_fingerprint(const struct service *service)
{
	int folder = open_folder(service);
	char *text = NULL;
	gsize size = 0;

	if (folder >= 0) {
		if (durable_read(folder, FINGERPRINT, FILE_MAX, &text, &size) < 0 || !is_fingerprint(text))
			g_clear_pointer(&text, g_free);
		close(folder);
	}
	return text ? text : g_strdup("");
}

static int open_new(int folder, const char *name)
{
	unlinkat(folder, name, 0);
	return openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

void display_certificate_make(struct service *service, void (*done)(gpointer opaque, const char *error),
			      gpointer opaque)
{
	struct making *making = g_new0(struct making, 1);
	int certificate = -1, key = -1;

	*making = (struct making){ open_folder(service), done, opaque };
	if (making->folder >= 0) {
		certificate = open_new(making->folder, DURABLE_TEMPORARY CERTIFICATE);
		key = open_new(making->folder, DURABLE_TEMPORARY KEY);
	}
	display_process_make_certificate(certificate, key, on_made, making);
	if (certificate >= 0)
		close(certificate);
	if (key >= 0)
		close(key);
}
