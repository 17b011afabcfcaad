/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the page Security of a machine's settings says, in both consoles. */
#ifndef CLIENT_SECURITY_TEXT_H
#define CLIENT_SECURITY_TEXT_H

#include <glib.h>

extern const char vmc_security_owners[]; /* who may use a machine besides those that it is delegated to */
extern const char vmc_security_display[];
extern const char vmc_security_sandbox[];
extern const char vmc_security_password[]; /* beside the field in which one is typed */

/* Where VNC viewers connect, whether passwords are set: of Display1.GetAccess' a{sv}. Free it. */
char *vmc_security_access(GVariant *access);
/* How its worker is confined, a line each: of GetStatistics' a{sv}. g_strfreev(). */
char **vmc_security_protections(GVariant *statistics);

#endif
