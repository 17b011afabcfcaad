/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation between whoever starts a virtual machine and its worker (bulkhead-vmwp), over descriptor
 * WORKER_LINK_FD of the worker.
 *
 *   to the worker
 *     start         the configuration, once and first: struct worker_config
 *     disk          one of the synthetic disks, ports: as many as "start" told follow it at once
 *     port
 *     power-button  presses it
 *     stop          ends the machine at once; the worker answers "ended" and exits
 *     reset         as if the reset line was pulled; "running" follows
 *     pause         the VPs stand still; "paused" follows
 *     resume        and go on; "resumed" follows
 *     save          fd: an empty file, for reading and writing. The VPs stand still, memory and devices go there; "saving" comes now
 *                   and then, at last "ended" (saved): all of it is on the disk, and the images are closed. Or "save-failed": the
 *                   machine goes on as it was. save-cancel: gives up
 *     checkpoint    id, disks; fd as with "save" (without it its memory is not kept): "checkpoint" follows with each step.
 *                   held: it stands still, and children of its disks are to be made; so many (disks) follow, each as "disk" with
 *                   checkpoint: 1 (and unit, of a generation 1 machine's own controller), and take the places of their parents.
 *                   ready: checkpoint-keep makes that last; then comes done, and it goes on. writing: done, size. checkpoint-cancel,
 *                   and whatever fails: "checkpoint-failed" as "save-failed". A service that comes later is told what is ready
 *     merge         id, child, parent (descriptors for writing): the image that is `child` goes into its parent while the machine runs
 *                   (disk/live_merge.h); relative, absolute: what the image above it, if there is one, is to say of that parent; above:
 *                   that image, for writing, when the machine only reads it; copied: 1 when an earlier merge was ready. "merge" follows
 *                   with each step, and the id: writing: done, size; ready: merge-keep (id) decides; then done. merge-cancel, and whatever
 *                   fails: "merge-failed", with id, text, canceled, and later: 1 when the guest writes too fast. A service that
 *                   comes later is told what is ready and cannot be undone without its word
 *     serial        one more client of a WORKER_SERIAL_HUB. com: 0 (or missing) COM 1, 1 COM 2; fd: a connected stream
 *                   socket; write: 0 it only looks, 1 it may type when nobody else does, 2 it takes that over, 3 what it
 *                   says is typed as one piece, and it hears nothing; history: so many bytes of earlier output come first
 *     display       one more who looks at the screen. fd: a connected SOCK_SEQPACKET socket
 *                   (ui/display_proto.h); closed at once where there is no screen
 *     fit-screen    width, height: the guest's screen gets the largest size within them that its driver shows, now; "screen-fitted"
 *                   follows (worker/console_fit.h)
 *     disk          another disc, or none, for a DVD drive of a SCSI controller (force: 1 even when its guest has
 *                   locked it), or one more unit of it;
 *                   remove-disk: controller, lun; "disk-changed" follows. grow-disk: controller, lun, size (bytes)
 *     disk-limits   controller, lun (or unit, of a generation 1 machine); min-iops, max-iops: of a disk, from now on
 *     drive         another disc, or none, for a DVD drive of a generation 1 machine. unit, kind, name, format, fd;
 *                   force: 1 even when its guest has locked it; "drive-changed" follows
 *     network-connect  index, and fd: the adapter's end of another port; without fd the cable is pulled
 *     network-show  "network" follows for each adapter
 *     shutdown      asks the guest's kernel to shut down (restart: 1, to restart); "shutdown" follows
 *     services      mask: the integration services that the guest has from now on; of enum worker_service the balloon stays
 *     set-clock     sets the guest's clock
 *     memory        mib: so much memory the guest is to have: it gives away the rest, or is given more, as far as
 *                   it can
 *     kvp-set       key, value: for the guest to read; "kvp-changed" follows, also after kvp-delete (key)
 *     kvp-read      reads the guest's facts and pairs again now
 *     addresses-get mac, ipv6 (0, 1): of an adapter of the guest; addresses-set: the same with dhcp (0, 1), address, netmask,
 *                   gateway, dns (several with ';' between); "addresses" follows
 *     freeze        the guest's file systems stand still, for limit-s seconds at most (60; up to 600); "frozen"
 *                   follows. thaw: "thawed" follows
 *     hvsock        fd: a connected stream socket that does not block, whose client says what it wants
 *                   (worker/synthetic_hvsock.c)
 *     copy-in       fd (a regular file), folder, name, overwrite, make-folder: copies it into the guest; "copying"
 *                   comes now and then, "copied" at the end. copy-cancel gives up
 *   from the worker
 *     hello         first, to each service. verbs: those above that it knows, with a space between. One that never says this is older
 *                   than it, and knows what was known then
 *     running       the VPs run. engine, reason: which engine and why; start-ns: CLOCK_MONOTONIC just
 *                   before the first guest instruction. Comes again after each reset
 *     warning       text: a sentence for the user
 *     guest         what is known of the guest, one field as it changes. heartbeat: none, ok, lost; shutdown,
 *                   freeze, copy, exchange: ready or none (exchange: read, when all pairs were read once
 *                   more); os-name, os-version, os-build, host-name, ipv4, ipv6 (both with ';' between),
 *                   architecture; dynamic-memory: ready or none; memory-demand-mib, memory-available-mib,
 *                   memory-assigned-mib
 *     kvp           pool (vsp/ic/kvp.h), key, value: a pair that the guest has; kvp-gone: pool, key: has no more
 *     kvp-changed   key, result: ok, refused, unavailable
 *     addresses     result: ok, refused, unavailable, busy, invalid; with ok: mac, dhcp, address, netmask, gateway, dns
 *     frozen        result: ok, failed (its daemon could not), busy (it stands still), waiting (it has not answered the last time),
 *                   silent (it does not answer at all), unavailable (nobody there does it)
 *     thawed        result: ok, expired (nobody thawed it in time), not-frozen
 *     copying       done, size: bytes
 *     copied        result: ok, exists, disk-full, failed, unreadable, gone, canceled, unavailable, busy, invalid
 *     guest-crash   its kernel gave up. summary: the line that tells most; text: the end of its log, printable;
 *                   p0..p4: its crash registers
 *     shutdown      result: accepted, refused, unavailable (the guest has no driver for it)
 *     disk-changed  controller, lun; error: a sentence, or empty
 *     disk-ejected  controller, lun: the guest opened the drive, whose image is closed
 *     drive-changed unit; error. drive-ejected: unit
 *     disk-critical disk (the name of its file), error (ENOSPC, EIO), text: a sentence. The host cannot write what the
 *                   guest wrote (struct worker_config: hold): the VPs stand still, as after "pause", which nothing else
 *                   tells. "resume" tries again: "resumed" follows, and "disk-critical" once more if it fails. A service
 *                   that comes later is told after "paused"
 *     network       index, frames-in, bytes-in, frames-out, bytes-out, dropped-in, dropped-out: as the guest sees it
 *     saving        done, size: bytes
 *     save-failed   text: a sentence; canceled: 0, 1
 *     ended         cause: enum worker_cause by name; text: a sentence. Nothing follows
 *
 * Without a control socket the worker ends when the link closes. With one it outlives its service: whoever
 * connects there next has the link, and is told first how it stands: "running", then "paused" if it is. How
 * it ended goes into the result file too: "CAUSE\nTEXT\n", for a service that was not there.
 */
#ifndef LINK_WORKER_LINK_H
#define LINK_WORKER_LINK_H

#include "link/worker_chain.h"

enum { WORKER_LINK_FD = 3 };

enum worker_limits {
	WORKER_NAME_MAX = 100,	     /* bytes of the VM's name, and */
	WORKER_FILE_NAME_MAX = 4096, /* of the names of files, both only for messages */
	WORKER_CMDLINE_MAX = 65535,
	WORKER_PROCESSORS_MAX = 64,
	WORKER_SCREEN_MAX = 16384, /* pixels; devices have their own limits below it */
	WORKER_MEMORY_MIN_MIB = 8,
	WORKER_MEMORY_MAX_MIB = 1 << 19, /* 512 GiB: guest-physical addresses have 40 bits */
};

enum worker_serial {
	WORKER_SERIAL_NONE,   /* output is thrown away */
	WORKER_SERIAL_STREAM, /* a connected stream socket, both ways */
	WORKER_SERIAL_LISTEN, /* a listening stream socket; one client at a time */
	WORKER_SERIAL_FILE,   /* output only */
	WORKER_SERIAL_HUB,    /* any number of clients that come over the link */
	/* a listening stream socket; one client at a time, which never holds up the guest */
	WORKER_SERIAL_SOCKET,
	WORKER_SERIAL_COUNT,
};

enum { WORKER_COMS = 2 };

/* A serial port. The second one is not there when it is WORKER_SERIAL_NONE. */
struct worker_com {
	enum worker_serial kind;
	int fd; /* -1 for WORKER_SERIAL_NONE and _HUB */
};

enum worker_drive_kind {
	WORKER_DRIVE_NONE,
	WORKER_DRIVE_DISK,
	WORKER_DRIVE_CDROM,
	WORKER_DRIVE_COUNT,
};

enum { WORKER_DRIVES = 4 }; /* of the IDE controller: primary master and slave, secondary master and slave */

enum { WORKER_IOPS_MAX = 1000000 };

/* I/O operations a second that a disk may have at most, and is to have at least; 0: no such limit. */
struct worker_qos {
	uint64_t min_iops, max_iops;
};

/* A drive of a generation 1 machine. */
struct worker_drive {
	enum worker_drive_kind kind;
	char *name;   /* of the image's file, for messages */
	char *format; /* "raw", "iso", "vhd", "vhdx": never guessed from what a guest could have written */
	int fd;	      /* -1: a DVD drive without a disc */
	bool is_read_only;
	struct worker_chain chain;
	struct worker_qos qos;
};

enum {
	WORKER_CONTROLLERS = 4,	     /* synthetic SCSI controllers */
	WORKER_LUNS = 64,	     /* of one controller */
	WORKER_DISKS_MAX = 64,	     /* of all controllers */
	WORKER_PORTS_MAX = 8,	     /* network adapters */
	WORKER_LEGACY_PORTS_MAX = 4, /* of them on the PCI bus */
};

/* A disk or DVD drive of a synthetic SCSI controller. */
struct worker_disk {
	enum worker_drive_kind kind;
	unsigned controller, lun;
	char *name;   /* of the image's file, for messages */
	char *format; /* as in struct worker_drive */
	int fd;	      /* -1: a DVD drive without a disc */
	bool is_read_only;
	struct worker_chain chain;
	struct worker_qos qos;
};

/* A network adapter. */
struct worker_port {
	unsigned index; /* 0..WORKER_PORTS_MAX-1: which adapter; stays the same for the VM's life */
	uint8_t mac[6];
	int fd;	       /* of the switch's port; -1: not connected */
	uint16_t vlan; /* 0: none */
	bool allows_spoofing;
	bool is_legacy; /* an RTL8139 of a generation 1 machine; else synthetic */
};

/* When the host cannot do what the guest asks of a disk: the guest gets the error, or the machine waits. */
enum worker_hold {
	WORKER_HOLD_NONE,
	WORKER_HOLD_FULL,   /* no space left (or a quota) */
	WORKER_HOLD_ERRORS, /* and any I/O error */
	WORKER_HOLD_COUNT,
};

struct worker_config {
	char *name;
	char *engine; /* "auto", "translator", "kvm" */
	uint64_t memory_mib;
	uint64_t memory_max_mib; /* what dynamic memory may add to that; 0: nothing */
	unsigned processors;
	char *cmdline;
	char *kernel_name;
	/* a saved machine, which goes on where it was: all else is as it was then; -1: it begins */
	int state_fd;
	int kernel_fd; /* -1: the firmware boots */
	char *initrd_name;
	int initrd_fd; /* -1: none */
	struct worker_com coms[WORKER_COMS];
	int control_fd;	    /* a listening SOCK_SEQPACKET socket; -1: none */
	int result_fd;	    /* a file; -1: none */
	int counters_fd;    /* link/worker_counters.h; -1: none */
	int kvm_fd;	    /* /dev/kvm (worker_kvm_open()); -1: none */
	unsigned kvm_error; /* errno: why it is not there though it is wanted */
	/* Hyper-V's interface and a VMBus; what the firmware tells the guest depends on it too. */
	bool is_enlightened;
	bool is_compatible; /* the processor is the same on all hosts and engines (hv.h) */

	/*
	 * A generation 1 machine: PCI, IDE, VGA, PS/2. 0: the smallest machine, which only a kernel can use.
	 */
	unsigned generation;
	int bios_fd, vga_bios_fd; /* SeaBIOS and its VGA BIOS */
	int pxe_rom_fd;		  /* what boots from legacy network adapters; -1: nothing */
	struct worker_drive drives[WORKER_DRIVES];
	bool boots_cdrom_first, boots_network_first; /* the network before both others */
	int display_fd; /* a listening SOCK_SEQPACKET socket for displays (ui/display_proto.h); -1: none */
	bool
	    has_screen; /* also without those two: "display" comes later; a generation 1 machine always has one */
	int viewer_fd;				      /* a connected one; -1: none */
	unsigned screen_width_max, screen_height_max; /* 0: those of the devices */
	int firmware_log_fd;			      /* where the firmware's log goes; -1: nowhere */

	/* Synthetic devices of an enlightened machine. */
	struct worker_disk *disks; /* worker_config_add_disk() */
	unsigned disk_count;
	struct worker_port ports[WORKER_PORTS_MAX];
	unsigned port_count;
	/* What a service may ask and tell the guest by itself: one bit for each enum worker_service. */
	unsigned services;
	enum worker_hold hold; /* all its disks */
	int hvsock_fd;	       /* a listening stream socket (worker/synthetic_hvsock.c); -1: none */
};

/* Integration services, each a bit of `services`. */
enum worker_service {
	WORKER_HEARTBEAT = 1 << 0,
	WORKER_SHUTDOWN = 1 << 1,
	WORKER_TIME = 1 << 2,
	WORKER_KVP = 1 << 3,
	WORKER_VSS = 1 << 4,
	WORKER_FILE_COPY = 1 << 5,
	WORKER_BALLOON = 1 << 6,
	WORKER_SERVICES_ALL = (1 << 7) - 1,
};

enum { WORKER_HOT_UNIT_MIB = 128 }; /* what a guest adds memory in */

/* The memory that may come while the machine runs: whole units. */
uint64_t worker_config_hot_mib(const struct worker_config *config);

/* All descriptors -1, all else zero. */
void worker_config_init(struct worker_config *config);
/* Frees the texts and closes the descriptors. */
void worker_config_deinit(struct worker_config *config);

/* Makes "start". The config keeps its descriptors. */
int worker_config_encode(const struct worker_config *config, struct link_message **ret_message);
/* Reads "start", checking all; `ret_config` owns what it holds then. -EBADMSG. */
int worker_config_decode(struct link_message *message, struct worker_config *ret_config);

/*
 * "start" and what follows it. Sending: 0, LINK_CLOSED or negative errno. Receiving checks all; `ret_config`
 * owns what it holds then; -ECONNRESET when nobody sends any more.
 */
int worker_config_send(int socket, const struct worker_config *config);
int worker_config_receive(int socket, struct worker_config *ret_config);

/* A copy of `disk` (which gives its texts and its descriptor away) becomes the last. -ENOSPC, -EEXIST, -ENOMEM. */
int worker_config_add_disk(struct worker_config *config, struct worker_disk *disk);
int worker_config_add_port(struct worker_config *config, const struct worker_port *port);
void worker_disk_deinit(struct worker_disk *disk);
/* "disk" and "port". The decoded one owns its descriptor; -EBADMSG. */
int worker_disk_encode(const struct worker_disk *disk, struct link_message **ret_message);
int worker_disk_decode(struct link_message *message, struct worker_disk *ret_disk);
/* "drive": the same for IDE, with the place of the drive. */
int worker_drive_encode(unsigned unit, const struct worker_drive *drive, struct link_message **ret_message);
int worker_drive_decode(struct link_message *message, unsigned *ret_unit, struct worker_drive *ret_drive);
void worker_drive_deinit(struct worker_drive *drive);
/* Limits in a message: "PREFIXmin-iops" and "PREFIXmax-iops", left out when there are none. */
void worker_qos_encode(const struct worker_qos *qos, const char *prefix, struct link_message *message);
int worker_qos_decode(const struct link_message *message, const char *prefix, struct worker_qos *ret_qos);
int worker_port_encode(const struct worker_port *port, struct link_message **ret_message);
int worker_port_decode(struct link_message *message, struct worker_port *ret_port);

enum worker_cause {
	WORKER_POWER_OFF, /* the guest switched itself off */
	WORKER_STOPPED,	  /* "stop" */
	WORKER_CRASH,	  /* triple fault or the like: the guest's fault */
	WORKER_FAILURE,	  /* ours, or of what we were given */
	WORKER_SAVED,	  /* "save": it can go on from the file */
	WORKER_CAUSE_COUNT,
};

const char *worker_cause_name(enum worker_cause cause);
int worker_cause_parse(const char *text, enum worker_cause *ret_cause); /* -EINVAL */

#endif
