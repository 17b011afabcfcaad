/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libraries say on stderr, which is the system's journal or a file: one line each, and only so many a
 * minute. GDBus tells of each broken message of a client with all its bytes.
 */
#ifndef SERVICE_MESSAGE_LOG_H
#define SERVICE_MESSAGE_LOG_H

/* Before threads are started. */
void message_log_limit(void);

#endif
