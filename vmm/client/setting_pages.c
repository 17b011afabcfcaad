/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of a machine's settings, in the order in which both consoles show them. */
#include "client/setting_pages.h"

#include <string.h>

#define END                                                                                                  \
	{                                                                                                    \
		NULL, NULL, NULL, NULL                                                                       \
	}

/* clang-format off */
static const struct vmc_setting_row firmware[] = {
	{ "boot.first", "Start _first from:", "What the firmware tries first; the network needs a legacy adapter.", "disk=Hard disk|cdrom=DVD drive|network=Network" },
	{ NULL, "Without firmware", NULL, NULL },
	{ "boot.kernel", "Linux _kernel:", "Started directly, instead of the firmware. Empty: the firmware.", NULL },
	{ "boot.initrd", "Initial _RAM disk:", NULL, NULL },
	{ "boot.append", "Co_mmand line:", NULL, NULL },
	{ NULL, "Engine", NULL, NULL },
	{ "boot.engine", "_Engine:", "What executes the guest's code.", "auto=Automatic|translator=Translator (works everywhere)|kvm=KVM (hardware virtualization)" },
	END,
};
static const struct vmc_setting_row memory[] = {
	{ "memory.startup-mib", "_Startup memory (MiB):", "What the machine starts with.", NULL },
	{ NULL, "Dynamic memory", NULL, NULL },
	{ "memory.dynamic", "_Use dynamic memory", "The guest gives back what it does not need, and gets more when it does.", NULL },
	{ "memory.minimum-mib", "M_inimum (MiB):", NULL, NULL },
	{ "memory.maximum-mib", "Ma_ximum (MiB):", NULL, NULL },
	{ "memory.buffer-percent", "_Buffer (%):", "How much more than its present need the guest gets.", NULL },
	{ "memory.weight", "_Weight:", "Who gets memory first when the host has little: 0 to 100.", NULL },
	END,
};
static const struct vmc_setting_row processor[] = {
	{ "processor.count", "_Number of processors:", NULL, NULL },
	{ "processor.compatibility", "Pro_cessor:", "What its guest sees of the processor. A compatible one is the same on all hosts, for machines that move.",
	  "host=As this host has it|compatible=Compatible with all hosts" },
	{ NULL, "Resource control", NULL, NULL },
	{ "processor.reserve-percent", "_Reserve (%):", "It starts only while this host can promise that much of them, beside what other machines have reserved.", NULL },
	{ "processor.limit-percent", "_Limit (%):", "It never gets more than this.", NULL },
	{ "processor.weight", "_Weight:", "Its share when machines compete: 1 to 10000.", NULL },
	END,
};
static const struct vmc_setting_row serial[] = {
	{ "serial.kind", "_COM 1:", "Where its first serial port leads; its console is here, and in `bulkhead vm connect`.",
	  "console=Serial console|none=Nowhere|file=A file|socket=A Unix socket" },
	{ "serial.path", "_File or socket of COM 1:", "What the guest writes is kept in this file; or a program connects to this socket, one at a time.", NULL },
	{ "serial2.kind", "CO_M 2:", "Where its second serial port leads (`bulkhead vm connect --com 2`). Nowhere: it has none.",
	  "console=Serial console|none=Nowhere|file=A file|socket=A Unix socket" },
	{ "serial2.path", "F_ile or socket of COM 2:", "As that of COM 1.", NULL },
	END,
};
static const struct vmc_setting_row display[] = {
	{ "display.maximum", "_Maximum resolution:", "The largest picture that its guest may make.", NULL },
	{ NULL, "Viewers", NULL, NULL },
	{ "display.listen", "_Viewers over the network:", "none, or ADDRESS:PORT such as 127.0.0.1:5901, for VNC viewers of others.", NULL },
	{ "display.tls", "Viewers must use _TLS", "Passwords and the screen travel encrypted.", NULL },
	{ "display.keyboard", "_Keyboard layout of text:", "What the guest makes of its keys: for text that is typed into it.", "us=US|gb=British|de=German|fr=French" },
	{ "display.clipboard", "_Clipboards of viewers:", "Whether what a VNC viewer copies is typed into the guest.", "always=Are typed as they come|asked=Only what a console is told to type" },
	END,
};
static const struct vmc_setting_row checkpoints[] = {
	{ "checkpoints.enabled", "_Allow checkpoints", "Without them its disks are never divided.", NULL },
	{ "checkpoints.type", "_Type of checkpoints:", "Of a machine that runs. Production: its guest's file systems stand still for it, without its memory.",
	  "production=Production, or standard when its guest cannot|production-only=Production only|standard=Standard: with its memory" },
	{ "checkpoints.automatic", "A _new one at each start", "The one of the start before goes with it.", NULL },
	{ "checkpoints.location", "_Folder of their disks:", "Empty: beside each disk, or in the machine's own folder.", NULL },
	END,
};
static const struct vmc_setting_row name_and_notes[] = {
	{ "vm.name", "N_ame:", NULL, NULL },
	{ "vm.notes", "No_tes:", "For people; the guest does not see them.", NULL },
	END,
};
static const struct vmc_setting_row integration[] = {
	{ "integration.shutdown", "Operating system _shutdown", "Its guest can be asked to shut down.", NULL },
	{ "integration.time", "_Time synchronization", "Its clock follows this host's, also after a pause or a save.", NULL },
	{ "integration.exchange", "Data e_xchange", "It tells its system, names and addresses, and reads the data below.", NULL },
	{ "integration.heartbeat", "_Heartbeat", "It says every two seconds that it is alive.", NULL },
	{ "integration.backup", "_Backup (volume checkpoint)", "Its file systems can stand still for a moment.", NULL },
	{ "integration.copy", "_Guest services (file copy)", "Files can be copied into it.", NULL },
	{ "guest.pairs", "_Data for the guest:", "Lines of KEY=VALUE that the guest reads by data exchange (KVP).", NULL },
	END,
};
static const struct vmc_setting_row start_action[] = {
	{ "actions.start", "When the host _starts:", NULL, "nothing=Nothing|if-running=Start it if it was running|always=Start it always" },
	{ "actions.start-delay-s", "_Delay (seconds):", "So that not all machines start at once.", NULL },
	END,
};
static const struct vmc_setting_row stop_action[] = {
	{ "actions.stop", "_When the host stops:", NULL, "turn-off=Turn it off|shut-down=Shut its guest down|save=Save it" },
	{ "actions.storage", "When a disk _image cannot be written:", NULL,
	  "report=Tell the guest of the error|pause-when-full=Pause it when the host's disk is full|pause-on-errors=Pause it on each error" },
	END,
};

const struct vmc_setting_page vmc_setting_pages[] = {
	{ "Firmware", "What it starts from.", firmware, "Hardware" },
	{ "Memory", NULL, memory, NULL },
	{ "Processor", NULL, processor, NULL },
	{ "Controllers", NULL, NULL, NULL },
	{ "Network Adapters", NULL, NULL, NULL },
	{ "COM Ports", NULL, serial, NULL },
	{ "Display", NULL, display, NULL },
	{ "Name and Notes", NULL, name_and_notes, "Management" },
	{ "Integration Services", "What is offered to a guest that knows Hyper-V.",
	  integration, NULL },
	{ "Checkpoints", "Points in time that the machine can go back to; the main window shows them as a tree.", checkpoints, NULL },
	{ "Automatic Start", NULL, start_action, NULL },
	{ "Automatic Stop", NULL, stop_action, NULL },
	{ "Security", NULL, NULL, NULL },
};
/* clang-format on */
const unsigned vmc_setting_pages_count = G_N_ELEMENTS(vmc_setting_pages);

const struct vmc_setting_row *vmc_setting_row_find(const char *name)
{
	for (unsigned i = 0; i < vmc_setting_pages_count; i++)
		for (const struct vmc_setting_row *row = vmc_setting_pages[i].rows; row && row->label; row++)
			if (row->name && strcmp(row->name, name) == 0)
				return row;
	return NULL;
}

char *vmc_setting_label(const struct vmc_setting_row *row)
{
	char **parts = g_strsplit(row->label, "_", -1), *label = g_strjoinv("", parts);

	if (g_str_has_suffix(label, ":"))
		label[strlen(label) - 1] = '\0';
	g_strfreev(parts);
	return label;
}

char *vmc_setting_words(const struct vmc_setting_row *row, const char *value)
{
	char **all = g_strsplit(row->choices ? row->choices : "", "|", -1), *words = NULL;
	size_t size = strlen(value);

	for (char **choice = all; *choice && !words; choice++)
		if (g_str_has_prefix(*choice, value) && (*choice)[size] == '=')
			words = g_strdup(*choice + size + 1);
	g_strfreev(all);
	return words ? words : g_strdup(value);
}
