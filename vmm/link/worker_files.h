/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What whoever opens the files of a machine must know, the command line and the service alike: where the
 * firmware is, and which format a disk image has.
 */
#ifndef LINK_WORKER_FILES_H
#define LINK_WORKER_FILES_H

/* Of the Debian package seabios. */
#define WORKER_BIOS	"bios-256k.bin"
#define WORKER_VGA_BIOS "vgabios-stdvga.bin"

/* Of ipxe-qemu: what the firmware boots from the network with. */
#define WORKER_PXE_ROM "pxe-rtl8139.rom"

/* Opened for reading; -errno. `ret_path` (static) is for messages, also when it fails. */
int worker_firmware_open(const char *name, const char **ret_path);

/*
 * "vhdx", "vhd" or "raw", by the ending of the name only: what stands in a raw disk was written by its guest,
 * which could make it look like any format and so have another file of the host read as its parent.
 */
const char *worker_disk_format(const char *path);

/*
 * /dev/kvm for a machine with this engine (worker_config.engine), since a worker may open nothing: -1 where
 * the machine will not use it, or it cannot be opened; with an errno then, by which the hypervisor explains it.
 */
int worker_kvm_open(const char *engine, unsigned *ret_error);

#endif
