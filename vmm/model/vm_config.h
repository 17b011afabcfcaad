/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of a virtual machine.
 *
 * Purpose    The struct, its tables of fields (vm_settings.c, vm_device.c), its text form (a key file
 *            that people may edit while the machine is off), and its rules (vm_check.c).
 * File       [vm] format=1 id=... name=...; [memory]; [processor]; [boot]; [serial]; [actions]; [disk
 *            0]...; [adapter 0]...; [administrators] user:alice=operator. Keys that we do not know are
 *            kept.
 * Trust      A file is hostile: at most VM_FILE_MAX bytes, every value checked.
 * Threads    The owner's.
 */
#ifndef MODEL_VM_CONFIG_H
#define MODEL_VM_CONFIG_H

#include "model/field.h"
#include "model/model_error.h"

enum vm_limits {
	VM_FILE_MAX = 262144,
	VM_NAME_MAX = 100,
	VM_PATH_MAX = 4095,
	VM_SOCKET_NAME_MAX = 107,
	VM_DISKS_MAX = 68, /* 4 on IDE, 64 on SCSI */
	VM_ADAPTERS_MAX = 8,
	VM_LEGACY_ADAPTERS_MAX = 4,
	VM_COMS = 2,
	VM_GRANTS_MAX = 256,
	VM_PAIRS_MAX = 60, /* and all of them together: */
	VM_PAIRS_BYTES_MAX = 32768,
	VM_PAIR_KEY_MAX = 127, /* characters, also of two UTF-16 units each */
	VM_PAIR_VALUE_MAX = 511,
	VM_FORMAT = 1,
};

enum vm_engine { VM_ENGINE_AUTO, VM_ENGINE_TRANSLATOR, VM_ENGINE_KVM };
/* The processor that the guest sees: all that the host has, or what all hosts and engines have, for machines that move. */
enum vm_compatibility { VM_PROCESSOR_HOST, VM_PROCESSOR_COMPATIBLE };
enum vm_controller { VM_IDE, VM_SCSI };
enum vm_media { VM_HARD_DISK, VM_DVD };
enum vm_boot_first { VM_BOOT_DISK, VM_BOOT_CDROM, VM_BOOT_NETWORK };
/* On the VMBus, or a chip on the PCI bus, from which firmware can boot. */
enum vm_adapter_kind { VM_ADAPTER_SYNTHETIC, VM_ADAPTER_LEGACY };
enum vm_serial { VM_SERIAL_CONSOLE, VM_SERIAL_NONE, VM_SERIAL_FILE, VM_SERIAL_SOCKET };
/* What a guest that knows Hyper-V can be offered besides its devices, in the order in which people see them. */
enum vm_integration {
	VM_INTEGRATION_SHUTDOWN,
	VM_INTEGRATION_TIME,
	VM_INTEGRATION_EXCHANGE,
	VM_INTEGRATION_HEARTBEAT,
	VM_INTEGRATION_BACKUP,
	VM_INTEGRATION_COPY,
	VM_INTEGRATIONS,
};
enum vm_clipboard { VM_CLIPBOARD_ALWAYS, VM_CLIPBOARD_ASKED };
enum vm_auto_start { VM_START_NOTHING, VM_START_IF_RUNNING, VM_START_ALWAYS };
enum vm_auto_stop { VM_STOP_TURN_OFF, VM_STOP_SHUT_DOWN, VM_STOP_SAVE };

/* Of a machine that runs: its guest's file systems stand still for it, or it has the memory (or that, when the guest cannot). */
enum vm_checkpoint_type { VM_CHECKPOINT_PRODUCTION, VM_CHECKPOINT_PRODUCTION_ONLY, VM_CHECKPOINT_STANDARD };

/* When the host cannot write a disk image: the guest gets the error, or the machine stands still until it can. */
enum vm_storage { VM_STORAGE_REPORT, VM_STORAGE_PAUSE_WHEN_FULL, VM_STORAGE_PAUSE_ON_ERRORS };

struct vm_disk {
	unsigned media;
	unsigned controller;
	guint64 controller_number;
	guint64 location;
	char *path; /* "": an empty drive */
	gboolean is_read_only;
	gboolean is_pass_through;
	guint64 min_iops, max_iops;
};

struct vm_adapter {
	unsigned kind;	   /* enum vm_adapter_kind */
	char *switch_name; /* "": not connected */
	char *mac;	   /* "": chosen by the service */
	guint64 vlan;	   /* 0: none */
	gboolean allows_spoofing, has_dhcp_guard, has_router_guard;
	guint64 max_mbps; /* 0: no limit */
};

/* A serial port. The first one is always there, the second one only when it leads somewhere. */
struct vm_com {
	unsigned kind;
	char *path; /* of the file or the socket */
};

struct vm_config {
	char *id; /* a UUID, lower case */
	char *name;
	char *created; /* ISO 8601, UTC */
	char *
	    creator; /* whose rights open its files when it starts by itself: a user's name; "": nobody's (service/creator.h) */
	guint64 generation;
	char *notes;
	char *location; /* the folder that its creator chose for its disks; "": its own in the store */

	guint64 memory_mib;
	gboolean has_dynamic_memory;
	guint64 memory_min_mib, memory_max_mib, memory_buffer_percent, memory_weight;

	guint64 processors;
	guint64 processor_reserve_percent, processor_limit_percent, processor_weight;
	unsigned compatibility;

	unsigned engine;
	char *kernel, *initrd, *append;
	unsigned boot_first; /* of the firmware; a machine without hard disks looks for a disc anyway */
	struct vm_com coms[VM_COMS];

	gboolean integration[VM_INTEGRATIONS];
	char *guest_pairs; /* lines of KEY=VALUE that the guest is to have (data exchange) */

	unsigned display_maximum; /* vm_resolution() */
	char *display_listen;	  /* vm_listen.h */
	gboolean display_tls;
	unsigned display_clipboard;
	unsigned display_keyboard; /* the guest's layout, in which text is typed: index into vm_keyboards */

	unsigned auto_start;
	guint64 auto_start_delay_s;
	unsigned auto_stop;
	unsigned storage;
	gboolean was_running; /* kept by the service for "if-running" */

	gboolean has_checkpoints;	   /* they may be made */
	unsigned checkpoint_type;	   /* enum vm_checkpoint_type */
	gboolean has_automatic_checkpoint; /* one at each start */
	char *checkpoint_location;	   /* where new differencing disks go; "": the machine's own folder */
	char *checkpoint;		   /* the one that it goes on from; "": none. Kept by the service */

	GPtrArray *disks;    /* struct vm_disk, owned */
	GPtrArray *adapters; /* struct vm_adapter, owned */
	GHashTable *grants;  /* "user:alice" or "group:lab" → name of a role */
};

extern const char *const vm_keyboards[]; /* names of layouts, as remote-display/keys has them */
extern const struct model_field vm_settings[];
extern const gsize vm_settings_count;
extern const struct model_field vm_disk_fields[];
extern const gsize vm_disk_fields_count;
extern const struct model_field vm_adapter_fields[];
extern const gsize vm_adapter_fields_count;

/* With defaults, a new id, and no name. */
struct vm_config *vm_config_new(void);
struct vm_config *vm_config_copy(const struct vm_config *config);
struct vm_config *vm_config_free(struct vm_config *config);
void vm_config_renew_id(struct vm_config *config);

struct vm_disk *vm_disk_new(void);
struct vm_disk *vm_disk_free(struct vm_disk *disk);
struct vm_adapter *vm_adapter_new(void);
/* Its switch by its full name (switch_full_name()). */
void vm_adapter_settle(struct vm_adapter *adapter);
struct vm_adapter *vm_adapter_free(struct vm_adapter *adapter);

/* Parses and checks. MODEL_ERROR_BROKEN or MODEL_ERROR_NEWER. */
struct vm_config *vm_config_parse(const char *data, gsize size, GError **error);
/* `old`: what the file held before, whose comments and unknown keys stay; may be NULL or nonsense. */
char *vm_config_format(const struct vm_config *config, const char *old, gsize *ret_size);

/* Every rule that concerns more than one value, or what no range can say. The first broken one. */
gboolean vm_config_check(const struct vm_config *config, GError **error);
gboolean vm_name_check(const char *name, GError **error);
gboolean vm_is_id(const char *text);
/* "integration.heartbeat" and the like. */
const struct model_field *vm_integration_field(enum vm_integration service);
/* The largest picture that its guest may make, in pixels. */
void vm_resolution(const struct vm_config *config, unsigned *ret_width, unsigned *ret_height);
/* A name of a file: absolute and without "..", or a plain name inside the machine's own folder. */
gboolean vm_path_check(const char *path, GError **error);
gboolean vm_path_is_own(const char *path);
gboolean vm_config_has_legacy_adapter(const struct vm_config *config);

/* The drive of a configuration at the same place as another one; NULL. */
const struct vm_disk *vm_disk_at_place(const struct vm_config *config, const struct vm_disk *place);

/*
 * As the API has it: a{sv} of "memory.startup-mib" and the like, "disks" and "adapters" (aa{sv}, always the
 * whole list). Applies `changes` to the configuration; `is_new` allows what is fixed later, `when` what
 * needs that. On failure the configuration may be half changed: work on a copy.
 */
GVariant *vm_config_to_variant(const struct vm_config *config);
enum vm_change_time { VM_CHANGES_RUNNING, VM_CHANGES_OFF, VM_CHANGES_SAVED };
gboolean vm_config_change(struct vm_config *config, GVariant *changes, gboolean is_new,
			  enum vm_change_time when, GError **error);
/* One sentence per difference: "startup memory: 1024 MiB → 2048 MiB". */
GPtrArray *vm_config_differences(const struct vm_config *before, const struct vm_config *after);

#endif
