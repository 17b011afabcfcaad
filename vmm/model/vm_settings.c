/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of single settings. Their names are those of the files, the API and `bulkhead vm set`. */
#include "model/vm_config.h"

#include <stddef.h>
#include <string.h>

static const char *const engines[] = { "auto", "translator", "kvm", NULL };
static const char *const compatibilities[] = { "host", "compatible", NULL };
static const char *const firsts[] = { "disk", "cdrom", "network", NULL };
static const char *const serials[] = { "console", "none", "file", "socket", NULL };
static const char *const starts[] = { "nothing", "if-running", "always", NULL };
static const char *const storages[] = { "report", "pause-when-full", "pause-on-errors", NULL };
static const char *const checkpoint_types[] = { "production", "production-only", "standard", NULL };
static const char *const stops[] = { "turn-off", "shut-down", "save", NULL };

const char *const vm_keyboards[] = { "us", "gb", "de", "fr", NULL };
/* What synthetic video offers; the last one is its limit, and that of the VGA adapter. */
static const char *const resolutions[] = {
	"640x480",   "800x600",	  "1024x768",  "1152x864",  "1280x720",	 "1280x800",  "1280x1024",
	"1366x768",  "1400x1050", "1440x900",  "1600x900",  "1600x1200", "1680x1050", "1920x1080",
	"1920x1200", "2048x1152", "2048x1536", "2560x1080", "2560x1440", "2560x1600", NULL,
};
static const char *const clipboards[] = { "always", "asked", NULL };

#define AT(member)	     offsetof(struct vm_config, member)
#define INTEGRATION(service) AT(integration[VM_INTEGRATION_##service])

/* clang-format off */
const struct model_field vm_settings[] = {
	{ "vm.id", MODEL_TEXT, AT(id), 0, 36, NULL, "", MODEL_FIXED, "the identity", NULL },
	{ "vm.name", MODEL_TEXT, AT(name), 0, VM_NAME_MAX, NULL, "", MODEL_LIVE, "the name", NULL },
	{ "vm.created", MODEL_TEXT, AT(created), 0, 32, NULL, "", MODEL_FIXED, "the time of creation", NULL },
	{ "vm.creator", MODEL_TEXT, AT(creator), 0, 256, NULL, "", MODEL_FIXED, "the creator", NULL },
	{ "vm.generation", MODEL_NUMBER, AT(generation), 1, 2, NULL, "1", MODEL_FIXED, "the generation", NULL },
	{ "vm.location", MODEL_TEXT, AT(location), 0, VM_PATH_MAX, NULL, "", MODEL_FIXED | MODEL_PATH, "the folder of its disks", NULL },
	{ "vm.notes", MODEL_TEXT, AT(notes), 0, 8192, NULL, "", MODEL_LIVE | MODEL_LINES, "the notes", NULL },

	{ "memory.startup-mib", MODEL_NUMBER, AT(memory_mib), 8, 524288, NULL, "1024", 0, "startup memory", "MiB" },
	{ "memory.dynamic", MODEL_BOOL, AT(has_dynamic_memory), 0, 0, NULL, "false", 0, "dynamic memory", NULL },
	{ "memory.minimum-mib", MODEL_NUMBER, AT(memory_min_mib), 8, 524288, NULL, "512", 0, "minimum memory", "MiB" },
	{ "memory.maximum-mib", MODEL_NUMBER, AT(memory_max_mib), 8, 524288, NULL, "524288", 0, "maximum memory", "MiB" },
	{ "memory.buffer-percent", MODEL_NUMBER, AT(memory_buffer_percent), 5, 2000, NULL, "20", MODEL_LIVE, "the memory buffer", "%" },
	{ "memory.weight", MODEL_NUMBER, AT(memory_weight), 0, 100, NULL, "50", MODEL_LIVE, "the memory weight", NULL },

	{ "processor.count", MODEL_NUMBER, AT(processors), 1, 64, NULL, "1", 0, "the number of processors", NULL },
	{ "processor.reserve-percent", MODEL_NUMBER, AT(processor_reserve_percent), 0, 100, NULL, "0", 0, "the processor reserve", "%" },
	{ "processor.limit-percent", MODEL_NUMBER, AT(processor_limit_percent), 1, 100, NULL, "100", 0, "the processor limit", "%" },
	{ "processor.weight", MODEL_NUMBER, AT(processor_weight), 1, 10000, NULL, "100", 0, "the processor weight", NULL },
	{ "processor.compatibility", MODEL_CHOICE, AT(compatibility), 0, 0, compatibilities, "host", 0, "the processor that the guest sees", NULL },

	{ "boot.engine", MODEL_CHOICE, AT(engine), 0, 0, engines, "auto", MODEL_SAVED, "the engine", NULL },
	{ "boot.kernel", MODEL_TEXT, AT(kernel), 0, VM_PATH_MAX, NULL, "", MODEL_PATH, "the kernel", NULL },
	{ "boot.initrd", MODEL_TEXT, AT(initrd), 0, VM_PATH_MAX, NULL, "", MODEL_PATH, "the initial RAM disk", NULL },
	{ "boot.append", MODEL_TEXT, AT(append), 0, 32768, NULL, "", 0, "the kernel command line", NULL },
	{ "boot.first", MODEL_CHOICE, AT(boot_first), 0, 0, firsts, "disk", 0, "what to boot from first", NULL },

	{ "serial.kind", MODEL_CHOICE, AT(coms[0].kind), 0, 0, serials, "console", 0, "the serial port COM 1", NULL },
	{ "serial.path", MODEL_TEXT, AT(coms[0].path), 0, VM_PATH_MAX, NULL, "", MODEL_PATH, "the file or socket of COM 1", NULL },
	{ "serial2.kind", MODEL_CHOICE, AT(coms[1].kind), 0, 0, serials, "none", 0, "the serial port COM 2", NULL },
	{ "serial2.path", MODEL_TEXT, AT(coms[1].path), 0, VM_PATH_MAX, NULL, "", MODEL_PATH, "the file or socket of COM 2", NULL },

	{ "integration.shutdown", MODEL_BOOL, INTEGRATION(SHUTDOWN), 0, 0, NULL, "true", MODEL_LIVE, "operating system shutdown", NULL },
	{ "integration.time", MODEL_BOOL, INTEGRATION(TIME), 0, 0, NULL, "true", MODEL_LIVE, "time synchronization", NULL },
	{ "integration.exchange", MODEL_BOOL, INTEGRATION(EXCHANGE), 0, 0, NULL, "true", MODEL_LIVE, "data exchange", NULL },
	{ "integration.heartbeat", MODEL_BOOL, INTEGRATION(HEARTBEAT), 0, 0, NULL, "true", MODEL_LIVE, "heartbeat", NULL },
	{ "integration.backup", MODEL_BOOL, INTEGRATION(BACKUP), 0, 0, NULL, "true", MODEL_LIVE, "backup (volume checkpoint)", NULL },
	{ "integration.copy", MODEL_BOOL, INTEGRATION(COPY), 0, 0, NULL, "true", MODEL_LIVE, "guest services (file copy)", NULL },
	{ "guest.pairs", MODEL_TEXT, AT(guest_pairs), 0, VM_PAIRS_BYTES_MAX, NULL, "", MODEL_LIVE | MODEL_LINES, "the pairs for the guest", NULL },

	{ "display.maximum", MODEL_CHOICE, AT(display_maximum), 0, 0, resolutions, "2560x1600", 0, "the maximum resolution", NULL },
	{ "display.listen", MODEL_TEXT, AT(display_listen), 0, 64, NULL, "none", MODEL_LIVE, "where viewers connect", NULL },
	{ "display.tls", MODEL_BOOL, AT(display_tls), 0, 0, NULL, "true", MODEL_LIVE, "TLS for viewers", NULL },
	{ "display.keyboard", MODEL_CHOICE, AT(display_keyboard), 0, 0, vm_keyboards, "us", MODEL_LIVE, "the keyboard layout of text", NULL },
	{ "display.clipboard", MODEL_CHOICE, AT(display_clipboard), 0, 0, clipboards, "always", MODEL_LIVE, "when a viewer's clipboard is typed", NULL },

	{ "actions.start", MODEL_CHOICE, AT(auto_start), 0, 0, starts, "nothing", MODEL_LIVE, "the automatic start action", NULL },
	{ "actions.start-delay-s", MODEL_NUMBER, AT(auto_start_delay_s), 0, 86400, NULL, "0", MODEL_LIVE, "the start delay", "s" },
	{ "actions.stop", MODEL_CHOICE, AT(auto_stop), 0, 0, stops, "shut-down", MODEL_LIVE, "the automatic stop action", NULL },
	{ "actions.storage", MODEL_CHOICE, AT(storage), 0, 0, storages, "pause-when-full", 0, "what follows when a disk image cannot be written", NULL },
	{ "actions.was-running", MODEL_BOOL, AT(was_running), 0, 0, NULL, "false", MODEL_FIXED, "whether it ran at last", NULL },

	{ "checkpoints.enabled", MODEL_BOOL, AT(has_checkpoints), 0, 0, NULL, "true", MODEL_LIVE, "checkpoints", NULL },
	{ "checkpoints.type", MODEL_CHOICE, AT(checkpoint_type), 0, 0, checkpoint_types, "production", MODEL_LIVE, "the type of its checkpoints", NULL },
	{ "checkpoints.automatic", MODEL_BOOL, AT(has_automatic_checkpoint), 0, 0, NULL, "false", MODEL_LIVE, "an automatic checkpoint at each start", NULL },
	{ "checkpoints.location", MODEL_TEXT, AT(checkpoint_location), 0, VM_PATH_MAX - 400, NULL, "", MODEL_LIVE, "the folder of new checkpoint disks", NULL },
	{ "checkpoints.present", MODEL_TEXT, AT(checkpoint), 0, 36, NULL, "", MODEL_FIXED, "the checkpoint that it goes on from", NULL },
};
/* clang-format on */
const gsize vm_settings_count = G_N_ELEMENTS(vm_settings);

const struct model_field *vm_integration_field(enum vm_integration service)
{
	gsize offset = AT(integration) + service * sizeof(gboolean);

	for (gsize i = 0; i < vm_settings_count; i++)
		if (vm_settings[i].offset == offset)
			return &vm_settings[i];
	return NULL;
}

void vm_resolution(const struct vm_config *config, unsigned *ret_width, unsigned *ret_height)
{
	const char *text = resolutions[config->display_maximum];

	*ret_width = (unsigned)g_ascii_strtoull(text, NULL, 10);
	*ret_height = (unsigned)g_ascii_strtoull(strchr(text, 'x') + 1, NULL, 10);
}
