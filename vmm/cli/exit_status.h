/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exit statuses of `bulkhead`; documented in run's help. */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

enum exit_status {
	STATUS_DONE = 0, /* run: the guest switched itself off */
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_GUEST_CRASHED = 3,
	STATUS_TIME_LIMIT = 124,
	STATUS_SIGNAL = 128, /* + its number; 130 also for leaving by the keys */
	STATUS_INTERRUPTED = 130,
};

#endif
