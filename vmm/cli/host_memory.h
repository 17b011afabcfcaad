/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory the host can give without pushing something else out. */
#ifndef CLI_HOST_MEMORY_H
#define CLI_HOST_MEMORY_H

#include <stdint.h>

/* MemAvailable of /proc/meminfo in MiB; 0 when it is unknown. */
uint64_t host_memory_available_mib(void);

#endif
