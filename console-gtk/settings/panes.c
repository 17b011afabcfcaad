/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of panes, in the order of the list. */
#include "settings/settings_priv.h"

#define END                                                                                                  \
	{                                                                                                    \
		NULL, NULL, NULL, NULL                                                                       \
	}

/* clang-format off */
static const struct gui_setting_row firmware[] = {
	{ "boot.first", "Start _first from:", "What the firmware tries first.", "Hard disk|DVD drive" },
	{ NULL, "Without firmware", NULL, NULL },
	{ "boot.kernel", "Linux _kernel:", "Started directly, instead of the firmware. Empty: the firmware.", NULL },
	{ "boot.initrd", "Initial _RAM disk:", NULL, NULL },
	{ "boot.append", "Co_mmand line:", NULL, NULL },
	{ NULL, "Engine", NULL, NULL },
	{ "boot.engine", "_Engine:", "What executes the guest's code.", "Automatic|Translator (works everywhere)|KVM (hardware virtualization)" },
	END,
};
static const struct gui_setting_row memory[] = {
	{ "memory.startup-mib", "_Startup memory (MiB):", "What the machine starts with.", NULL },
	{ NULL, "Dynamic memory", NULL, NULL },
	{ "memory.dynamic", "_Use dynamic memory", "The guest gives back what it does not need, and gets more when it does.", NULL },
	{ "memory.minimum-mib", "M_inimum (MiB):", NULL, NULL },
	{ "memory.maximum-mib", "Ma_ximum (MiB):", NULL, NULL },
	{ "memory.buffer-percent", "_Buffer (%):", "How much more than its present need the guest gets.", NULL },
	{ "memory.weight", "_Weight:", "Who gets memory first when the host has little: 0 to 100.", NULL },
	END,
};
static const struct gui_setting_row processor[] = {
	{ "processor.count", "_Number of processors:", NULL, NULL },
	{ "processor.compatibility", "_Processor:", "What its guest sees of the processor. A compatible one is the same on all hosts, for machines that move.",
	  "As this host has it|Compatible with all hosts" },
	{ NULL, "Resource control", NULL, NULL },
	{ "processor.reserve-percent", "_Reserve (%):", "That much of its processors is kept for it.", NULL },
	{ "processor.limit-percent", "_Limit (%):", "It never gets more than this.", NULL },
	{ "processor.weight", "_Weight:", "Its share when machines compete: 1 to 10000.", NULL },
	END,
};
static const struct gui_setting_row serial[] = {
	{ "serial.kind", "_COM 1:", "Where its first serial port leads.", "Console (here and in bulkhead vm connect)|Nowhere|A file" },
	{ "serial.path", "_File:", "What the guest writes is kept in this file.", NULL },
	END,
};
static const struct gui_setting_row display[] = {
	{ "display.listen", "_Viewers over the network:", "none, or ADDRESS:PORT such as 127.0.0.1:5901, for VNC viewers of others.", NULL },
	{ "display.tls", "Viewers must use _TLS", "Passwords and the screen travel encrypted.", NULL },
	{ "display.keyboard", "_Keyboard layout of text:", "What the guest makes of its keys: for text that is typed into it.", "US|British|German|French" },
	{ "display.clipboard", "_Clipboards of viewers:", "Whether what a VNC viewer copies is typed into the guest.", "Are typed as they come|Only what a console is told to type" },
	END,
};
static const struct gui_setting_row checkpoints[] = {
	{ "checkpoints.enabled", "_Allow checkpoints", "Without them its disks are never divided.", NULL },
	{ "checkpoints.automatic", "A _new one at each start", "The one of the start before goes with it.", NULL },
	{ "checkpoints.location", "_Folder of their disks:", "Empty: beside each disk, or in the machine's own folder.", NULL },
	END,
};
static const struct gui_setting_row name[] = {
	{ "vm.name", "N_ame:", NULL, NULL },
	{ "vm.notes", "N_otes:", "For people; the guest does not see them.", NULL },
	END,
};
static const struct gui_setting_row integration[] = {
	{ "guest.pairs", "_Data for the guest:", "Lines of KEY=VALUE that the guest reads by data exchange (KVP).", NULL },
	END,
};
static const struct gui_setting_row start_action[] = {
	{ "actions.start", "When the host _starts:", NULL, "Nothing|Start it if it was running|Start it always" },
	{ "actions.start-delay-s", "_Delay (seconds):", "So that not all machines start at once.", NULL },
	END,
};
static const struct gui_setting_row stop_action[] = {
	{ "actions.stop", "When the host sto_ps:", NULL, "Turn it off|Shut its guest down|Save it" },
	{ "actions.storage", "When a disk _image cannot be written:", NULL,
	  "Tell the guest of the error|Pause it when the host's disk is full|Pause it on each error" },
	END,
};

const struct gui_setting_pane gui_setting_panes[] = {
	{ "Firmware", "What it starts from.", firmware, NULL, NULL },
	{ "Memory", NULL, memory, NULL, NULL },
	{ "Processor", NULL, processor, NULL, NULL },
	{ "Controllers", NULL, NULL, NULL, gui_drives_add },
	{ "Network Adapters", NULL, NULL, NULL, gui_adapters_add },
	{ "COM Ports", NULL, serial, NULL, NULL },
	{ "Display", NULL, display, NULL, NULL },
	{ "Name and Notes", NULL, name, NULL, NULL },
	{ "Integration Services", "Heartbeat, shutdown, time, data exchange, backup and file copy are offered to each guest that knows Hyper-V.",
	  integration, NULL, NULL },
	{ "Checkpoints", "Points in time that the machine can go back to; the main window shows them as a tree.", checkpoints, NULL, NULL },
	{ "Automatic Start", NULL, start_action, NULL, NULL },
	{ "Automatic Stop", NULL, stop_action, NULL, NULL },
	{ "Security", NULL, NULL, gui_security_make, NULL },
};
/* clang-format on */
const unsigned gui_setting_panes_count = G_N_ELEMENTS(gui_setting_panes);
