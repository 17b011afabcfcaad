/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the consoles' Host Settings tell, as pairs of a name and a text, NULL-terminated; g_strfreev() them.
 */
#ifndef CLIENT_HOST_FACTS_H
#define CLIENT_HOST_FACTS_H

#include "client/host.h"

/* Computer, service, where machines are kept, files that could not be read. */
char **vmc_host_facts(VmcHost *host);
/* Who the caller is to it: of Host1.WhoAmI's answer, (ssass). */
char **vmc_who_facts(GVariant *answer);

#endif
