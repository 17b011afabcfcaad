/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What viewers by TCP are let in with, in DATA/display (0700): ID.passwords of a machine; certificate.pem
 * and key.pem of this service, made by a display process when they are needed first. Passwords leave this
 * folder only to display processes: neither settings nor exports have them.
 */
#ifndef SERVICE_DISPLAY_SECRETS_H
#define SERVICE_DISPLAY_SECRETS_H

#include <glib.h>

enum { DISPLAY_PASSWORD_MAX = 128 };

struct vm;
struct service;

struct display_passwords {
	char *full, *view_only; /* "": none */
};

/* Never fails: what cannot be read is none. */
void display_passwords_read(const struct vm *vm, struct display_passwords *ret_passwords);
void display_passwords_clear(struct display_passwords *passwords);
/* NULL or "": takes it away. */
gboolean display_password_set(const struct vm *vm, gboolean is_view_only, const char *password,
			      GError **error);

/* Those of a machine that is gone for ever. 0 when it had none; -errno. */
int display_passwords_remove(const struct service *service, const char *id);

/* FALSE: they are not there yet. The descriptors are the caller's. */
gboolean display_certificate_open(const struct service *service, int *ret_certificate, int *ret_key);
/* Makes them. `done` comes later, with a sentence when it failed; once for each call. */
void display_certificate_make(struct service *service, void (*done)(gpointer opaque, const char *error),
			      gpointer opaque);
/* SHA-256, "AB:CD:...", for people to compare; "" when there is no certificate. Free it. */
char *display_certificate_fingerprint(const struct service *service);

#endif
