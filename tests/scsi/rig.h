/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SCSI target on images in memory files, and commands that are waited for. */
#ifndef TESTS_SCSI_RIG_H
#define TESTS_SCSI_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "disk/disk.h"
#include "scsi/scsi.h"

enum { RIG_DISK_SIZE = 8 << 20, RIG_DVD_SIZE = 1 << 20 };

struct rig {
	struct disk_io *io;
	struct scsi_target *target;
	struct disk *disk, *thin, *read_only, *medium;
};

/* LUN 0: raw, 512/512; LUN 1: dynamic VHDX; LUN 2: raw, read only; LUN 5: a DVD drive with a medium. Dies
 * when there is no memory. */
enum { RIG_RAW, RIG_THIN, RIG_READ_ONLY, RIG_DVD = 5, RIG_ABSENT = 9 };
void rig_init(struct rig *rig);
void rig_deinit(struct rig *rig);
/* Opens a new raw image of that size whose block n is full of bytes n. */
struct disk *rig_open_raw(struct rig *rig, uint64_t size, bool is_iso);

struct rig_result {
	enum scsi_status status;
	unsigned key, code; /* of the sense data */
	uint64_t information;
	uint32_t transferred;
	bool is_overrun;
	unsigned done; /* times on_done() came: must be 1 */
};

/* `data` in three pieces of odd sizes, with guards around that die when written. */
struct rig_result rig_run(struct rig *rig, unsigned lun, const uint8_t *cdb, unsigned cdb_size,
			  enum scsi_direction direction, void *data, uint32_t length);
#define RIG_CDB(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })
/* Takes the attentions that wait. */
void rig_clear_attentions(struct rig *rig, unsigned lun);

#endif
