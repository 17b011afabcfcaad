/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verbs that need a descriptor (screens, consoles), with --host: the whole command runs on the other
 * computer, through ssh, which is the best carrier for terminals and bytes.
 */
#ifndef CLI_MANAGE_REMOTE_H
#define CLI_MANAGE_REMOTE_H

struct invocation;

/* Its output goes to `output` (-1: ours). The exit status. */
int manage_run_there(const struct invocation *invocation, int output);

#endif
