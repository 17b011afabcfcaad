/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noVNC's page from the host's package, read once into a sealed memory file (remote-display/server/web.h)
 * which every display process gets: there is no folder behind it that a browser could leave.
 */
#ifndef SERVICE_DISPLAY_PAGE_H
#define SERVICE_DISPLAY_PAGE_H

#define DISPLAY_PAGE_FOLDER "/usr/share/novnc"

/* -1: the package is not there. Stays ours. */
int display_page_fd(void);

#endif
