/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every maximum of the disk code in one place. An image that asks for more is refused. */
#ifndef DISK_LIMITS_H
#define DISK_LIMITS_H

#include <stdint.h>

#define DISK_KIB ((uint64_t)1 << 10)
#define DISK_MIB ((uint64_t)1 << 20)
#define DISK_GIB ((uint64_t)1 << 30)
#define DISK_TIB ((uint64_t)1 << 40)

#define DISK_CHAIN_MAX	 64		 /* images in one differencing chain */
#define DISK_EXTENT_MAX	 (16 * DISK_MIB) /* bytes in one file operation */
#define DISK_REQUEST_MAX (64 * DISK_MIB) /* bytes in one read or write request */
#define DISK_IOV_MAX	 1024		 /* elements of a scatter/gather list */
/* requests that wait for the host to have space again */
#define DISK_KEPT_MAX 4096
/* extents that one request handles before others get a turn */
#define DISK_STEPS_MAX 256
/* file operations in the kernel at a time, per engine */
#define DISK_OPS_IN_FLIGHT 256
#define DISK_THREADS	   8 /* threads of the fallback engine */

/* clean metadata pages kept in memory, per image */
#define META_PAGES_MAX 8192
/* dirty pages that start a commit without being asked */
#define META_DIRTY_MAX 1024

#define RAW_SIZE_MAX ((uint64_t)1 << 62)

#define VHDX_SIZE_MAX (64 * DISK_TIB) /* MS-VHDX 2.6.2.2 */
/* payload, sector bitmaps, BAT, and room for leaks */
#define VHDX_FILE_MAX	  (80 * DISK_TIB)
#define VHDX_BLOCK_MIN	  DISK_MIB /* MS-VHDX 2.6.2.1 */
#define VHDX_BLOCK_MAX	  (256 * DISK_MIB)
#define VHDX_LOG_MAX	  (64 * DISK_MIB) /* the format allows 4 GiB; writers use 1 MiB */
#define VHDX_METADATA_MAX (64 * DISK_MIB) /* length of the metadata region */
#define VHDX_LOCATOR_MAX  (64 * DISK_KIB) /* bytes of a parent locator */
/* pages of a log that is replayed in memory only */
#define VHDX_OVERLAY_MAX 16384

#define VHD_SIZE_MAX	(2040 * DISK_GIB)
#define VHD_BLOCK_MAX	(256 * DISK_MIB)
#define VHD_LOCATOR_MAX (64 * DISK_KIB)

#define DISK_PATH_MAX 4096

#endif
