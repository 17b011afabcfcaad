/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clone, export and import: a configuration and its files to another place, as a job. */
#ifndef SERVICE_TRANSFER_H
#define SERVICE_TRANSFER_H

#include "service/call.h"

struct vm_config;

#define TRANSFER_CONFIG "vm.conf"

/* As it stands beside its disks in `folder`, for who takes it in again with them: those by their plain names. */
char *transfer_config_text(const struct vm_config *config, const char *folder, gsize *ret_size);

/* Each answers the call, later. */
void transfer_clone(struct call *call, struct vm *vm, const char *name);
void transfer_export(struct call *call, struct vm *vm, const char *folder);

/* The machine as it was at a checkpoint, whose configuration this is. */
void transfer_export_checkpoint(struct call *call, struct vm *vm, const struct vm_config *config,
				const char *folder);

enum import_mode { IMPORT_REGISTER, IMPORT_RESTORE, IMPORT_COPY };
void transfer_import(struct call *call, const char *folder, enum import_mode mode, const char *name);

#endif
