/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `bulkhead run`: parsed and checked as far as that goes without looking at the host. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum run_serial {
	RUN_SERIAL_STDIO,
	RUN_SERIAL_NONE,
	RUN_SERIAL_UNIX,
	RUN_SERIAL_FILE,
};

enum {
	RUN_DISKS_MAX = 60, /* on all controllers; with the discs no more than one SCSI controller takes */
	RUN_CDROMS_MAX = 4,
	RUN_IDE_DISKS_MAX = 2,
	RUN_IDE_CDROMS_MAX = 2,
	RUN_SCREENSHOTS_MAX = 8,
};

enum run_controller {
	RUN_CONTROLLER_DEFAULT, /* only while options are being parsed */
	RUN_CONTROLLER_IDE,
	RUN_CONTROLLER_SCSI, /* synthetic: needs the VMBus */
};

struct run_disk {
	const char *path; /* belongs to the options */
	enum run_controller controller;
	bool is_read_only;
};

/* A picture of the screen, at a time or when a text is on it. */
struct run_screenshot {
	char *text; /* NULL: at a time */
	uint64_t ms;
	const char *path;
};

enum run_switch {
	RUN_SWITCH_NAT, /* a switch of this run's own */
	RUN_SWITCH_NONE,
	RUN_SWITCH_FD, /* a port that somebody else made */
};

enum { RUN_FORWARDS_MAX = 16 };

struct run_forward {
	char *text; /* what `host` points into */
	const char *host;
	bool is_udp;
	unsigned host_port, guest_port;
};

struct run_options { /* texts point into argv */
	const char *name;
	const char *kernel;
	const char *initrd; /* NULL: none */
	const char *append;
	const char *engine;
	uint64_t memory_mib;
	unsigned processors;
	bool is_compatible;
	enum run_serial serial;
	const char *serial_path;
	unsigned generation; /* 0: not said; the smallest machine */
	bool is_enlightened; /* Hyper-V's interface and a VMBus */
	struct run_disk disks[RUN_DISKS_MAX];
	unsigned disk_count;
	const char *cdroms[RUN_CDROMS_MAX];
	unsigned cdrom_count;
	enum run_controller cdrom_controller;
	bool boots_cdrom_first, boots_network_first;
	bool has_legacy_adapter;  /* what firmware boots from, on the PCI bus; else a synthetic one */
	bool waits_when_full;	  /* the host's disk: else the guest gets an error */
	const char *display_path; /* NULL: none */
	const char *hvsock_path;  /* the same */
	struct run_screenshot screenshots[RUN_SCREENSHOTS_MAX];
	unsigned screenshot_count;
	const char *firmware_log;
	enum run_switch network;
	bool has_switch; /* somebody asked for one */
	int switch_fd;
	uint8_t mac[6];
	bool has_mac;
	bool may_spoof;			     /* the guest may take another */
	const char *tftp_folder, *boot_file; /* what machines boot from; NULL: nothing */
	struct run_forward forwards[RUN_FORWARDS_MAX];
	unsigned forward_count;
	uint64_t timeout_ms; /* 0: none */
	bool trace_start;
	bool wants_help;
};

/* argv[0] is "run". False after a sentence on stderr. */
bool run_options_parse(int argc, char **argv, struct run_options *ret_options);
void run_options_deinit(struct run_options *options);
/* "512M", "2G", "1024" (MiB). False for anything else, for 0, and for what does not fit. */
bool run_parse_memory(const char *text, uint64_t *ret_mib);
/* "90", "1.5", "2m", "1h". */
bool run_parse_seconds(const char *text, uint64_t *ret_ms);

#endif
