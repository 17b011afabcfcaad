/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of the command line. */
#include "cli/disk_verbs.h"
#include "cli/manage.h"
#include "cli/manage_nouns.h"

const struct manage_noun manage_nouns[] = {
	{ "vm", "virtual machines: create, start, connect, change, delete" },
	{ "disk", "disk images: create, convert, inspect, compact, resize, merge, check" },
	{ "switch", "virtual switches: what network adapters are connected to" },
	{ "checkpoint", "points in time of a machine: make, go back to, delete" },
	{ "admin", "who may do what, and why" },
	{ "event", "what happened, and who did it" },
	{ "job", "long work under way" },
	{ "host", "this host and its management service" },
	{ NULL, NULL },
};

const struct option manage_common_options[] = {
	{ "host", "USER@HOST", "another computer, through ssh", FALSE },
	{ "help", NULL, "this text", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
const struct option manage_json_option[] = {
	{ "json", NULL, "as JSON", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
const struct option manage_plan_option[] = {
	{ "plan", NULL, "change nothing, only tell what would be done", FALSE },
	{ NULL, NULL, NULL, FALSE },
};

/* What a machine is made of: for create and set. */
/* clang-format off */
#define MACHINE_OPTIONS \
	{ "memory", "SIZE", "startup memory: 512M, 2G, or a number of MiB", FALSE }, \
	{ "memory-max", "SIZE", "dynamic memory: at most so much, when its guest needs it and the host has it", FALSE }, \
	{ "memory-min", "SIZE", "dynamic memory: at least so much (512M)", FALSE }, \
	{ "memory-buffer", "PERCENT", "what it is given above its demand (20)", FALSE }, \
	{ "memory-weight", "N", "0 to 100: its share when the host has too little for all (50)", FALSE }, \
	{ "memory-dynamic", "on|off", "whether its memory changes while it runs", FALSE, "on off" }, \
	{ "processors", "N", "1 to 64", FALSE }, \
	{ "cpu", "WHICH", "the processor that its guest sees: host, or compatible (the same on all hosts and engines, for machines that " \
	  "move)", FALSE, "host compatible" }, \
	{ "kernel", "FILE", "start this Linux kernel instead of the firmware", FALSE }, \
	{ "initrd", "FILE", "its initial RAM disk", FALSE }, \
	{ "append", "TEXT", "its command line, such as console=ttyS0", FALSE }, \
	{ "disk", "DISK", "a hard disk: the FILE of an image, or new:SIZE makes a dynamically expanding VHDX in the " \
			  "machine's folder; ,readonly ,controller=ide|scsi[:NUMBER] or ,physical (a disk of the host, such as /dev/sdb, " \
			  "for those with the privilege pass-through) may follow", TRUE }, \
	{ "cdrom", "FILE", "a DVD drive with this image, or none for an empty one; a drive that is there gets the image; ,controller=ide|scsi[:NUMBER] may follow", \
	  TRUE }, \
	{ "boot", "WHAT", "disk, cdrom or network first; firmware boots from a legacy network adapter, which a new one " \
	  "becomes with network", FALSE, "disk cdrom network" }, \
	{ "switch", "NAME", "a network adapter on this virtual switch (nat: the Default Switch); ,legacy may follow: one that firmware boots from, and " \
	  "that systems without Hyper-V's drivers know; none takes all adapters away", TRUE, "nat none" }, \
	{ "serial", "WHERE", "COM 1: console, none, file:PATH or socket:PATH (a Unix socket of its starter, for one program at a " \
	  "time)", FALSE, "console none file: socket:" }, \
	{ "serial2", "WHERE", "COM 2: the same (none: there is no such port)", FALSE, "console none file: socket:" }, \
	{ "engine", "ENGINE", "auto, translator or kvm", FALSE, "auto translator kvm" }, \
	{ "notes", "TEXT", "notes", FALSE }, \
	{ "auto-start", "ACTION", "when the host starts: nothing, if-running, always", FALSE, "nothing if-running always" }, \
	{ "auto-stop", "ACTION", "when the host stops: save, shut-down or turn-off", FALSE, "save shut-down turn-off" }, \
	{ "storage", "ACTION", "when a disk image cannot be written: pause-when-full, pause-on-errors, or report (to the guest)", \
	  FALSE, "pause-when-full pause-on-errors report" }, \
	{ "integration", "SERVICE=on|off", "what its guest is offered: shutdown, time, exchange (pairs and addresses), heartbeat, " \
	  "backup (freeze) or copy", TRUE, "shutdown=off time=off exchange=off heartbeat=off backup=off copy=off shutdown=on time=on " \
	  "exchange=on heartbeat=on backup=on copy=on" }, \
	{ "checkpoints", "on|off", "whether checkpoints may be made", FALSE, "on off" }, \
	{ "checkpoint-type", "TYPE", "of a machine that runs: production (its guest's file systems stand still for it, or with its memory when the guest " \
	  "cannot), production-only, or standard (with its memory)", FALSE, "production production-only standard" }, \
	{ "auto-checkpoint", "on|off", "a checkpoint at each start", FALSE, "on off" }, \
	{ "checkpoint-location", "FOLDER", "where new disks of checkpoints go; \"\" is the machine's own folder", FALSE }, \
	{ "display-maximum", "WxH", "the largest resolution of its screen, 640x480 to 2560x1600", FALSE, \
	  "1024x768 1280x1024 1920x1080 1920x1200 2560x1440 2560x1600" }, \
	{ "display-listen", "PLACE", "offer the screen to VNC viewers: none, a port such as 5901 of this computer only, or " \
	  "ADDRESS:PORT; `bulkhead vm password` sets who may look", FALSE }, \
	{ "display-tls", "on|off", "whether they need TLS (always, for those of other computers)", FALSE, "on off" }, \
	{ "display-keyboard", "LAYOUT", "the guest's keyboard layout, in which a viewer's clipboard is typed", FALSE, \
	  "us gb de fr" }, \
	{ "display-clipboard", "WHEN", "when a VNC viewer's clipboard is typed: always (as it comes), or asked (only what a " \
	  "console or `bulkhead vm type` is told to type)", FALSE, "always asked" }, \
	{ "set", "NAME=VALUE", "any setting of the list below", TRUE }
/* clang-format on */

const struct option manage_create_options[] = {
	MACHINE_OPTIONS,
	{ "location", "FOLDER",
	  "store its disks in a new folder of its name in this one, with a copy of its configuration",
	  FALSE },
	{ "generation", "N",
	  "1: a PC with BIOS; 2: UEFI, which this version cannot run yet; never to be changed", FALSE, "1" },
	{ NULL, NULL, NULL, FALSE },
};
const struct option manage_set_options[] = {
	MACHINE_OPTIONS,
	{ "detach", "DRIVE", "take this drive off: its file, or its place such as ide:0:1; the file stays",
	  TRUE },
	{ "drive", "CHANGE",
	  "change a drive that is there: ide:0:1,max-iops=200 and the like (controller, controller-number, "
	  "location, read-only, min-iops, max-iops; path= at the end)",
	  TRUE },
	{ "adapter", "CHANGE",
	  "change a network adapter, from 0: 0,switch=nat,vlan=7 and the like (kind, mac, spoofing, dhcp-guard, "
	  "router-guard, max-mbps), or 0,remove",
	  TRUE },
	{ "force", NULL, "take a disc out even when the guest has locked its drive", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option resize_options[] = {
	{ "force", NULL, "make it smaller even when data is cut off: that data is lost", FALSE },
	{ NULL, NULL, NULL, FALSE },
};

static const struct option checkpoint_apply_options[] = {
	{ "checkpoint-first", NULL,
	  "first make a checkpoint of the machine as it is now, so that nothing is lost", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option checkpoint_delete_options[] = {
	{ "subtree", NULL, "with all that were made after it on its branch", FALSE },
	{ NULL, NULL, NULL, FALSE },
};

static const struct option list_options[] = {
	{ "names", NULL, "only the names", FALSE },
	{ "confinement", NULL, "with how many of seven protections hold each running worker", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option start_options[] = {
	{ "force", NULL,
	  "a saved machine goes on even when its disks were changed since: its guest may damage file systems on them",
	  FALSE },
	{ "connect", NULL, "and attach its serial console to this terminal", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
#define COM_OPTION(help)                                                                                     \
	{                                                                                                    \
		"com", "N", help, FALSE, "1 2"                                                               \
	}

static const struct option connect_options[] = {
	COM_OPTION("1 (COM 1) or 2 (COM 2, which the setting serial2.kind makes a console)"),
	{ "look", NULL, "only look, do not type", FALSE },
	{ "take-over", NULL, "type even when somebody else does", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option wait_options[] = {
	COM_OPTION("look at this serial port, 1 or 2"),
	{ "for", "STATE|TEXT",
	  "a state such as running (default off), or a text on its serial port or its screen; text:TEXT "
	  "where TEXT is "
	  "the name of a state",
	  FALSE },
	{ "timeout", "SECONDS", "give up after this time", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option screen_options[] = {
	{ "text", NULL, "as text (default)", FALSE },
	{ "follow", NULL, "go on: each line as it appears or changes, for screen readers; Ctrl-C ends it",
	  FALSE },
	{ "fit", "WxH", "instead: the largest size within WxH that its driver shows, at once", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option type_options[] = {
	{ "enter", NULL, "and press Enter", FALSE },
	{ "serial", NULL, "into the serial port instead of the keyboard", FALSE },
	COM_OPTION("into this serial port, 1 or 2"),
	{ NULL, NULL, NULL, FALSE },
};
static const struct option copy_options[] = {
	{ "force", NULL, "replace a file that is there", FALSE },
	{ "create-path", NULL, "make the folder in the guest when it is missing", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option kvp_options[] = {
	{ "pool", "POOL", "only host, guest, guest-facts or host-facts", FALSE,
	  "host guest guest-facts host-facts" },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option address_options[] = {
	{ "adapter", "N", "which network adapter (0)", FALSE },
	{ "ipv6", NULL, "show those of IPv6", FALSE },
	{ "gateway", "ADDRESS", "set this router, too", FALSE },
	{ "dns", "ADDRESS", "and this resolver", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option freeze_options[] = {
	{ "limit", "SECONDS", "the guest goes on by itself after this time (60; at most 600)", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option view_options[] = {
	{ "view-only", NULL, "only look: no keyboard, no mouse", FALSE },
	{ "with", "PROGRAM", "this viewer instead of the first one that is there", FALSE,
	  "xtigervncviewer vncviewer gvncviewer remmina bulkhead-gtk" },
	{ "socket", NULL, "open no window, but print a socket that a viewer of yours may use until Ctrl-C",
	  FALSE },
	{ "list", NULL, "who looks", FALSE },
	{ "disconnect", "ID", "disconnect this viewer of the list", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option password_options[] = {
	{ "view-only", NULL, "of those who only look", FALSE },
	{ "remove", NULL, "take it away", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const char password_text[] =
    "It is read from the terminal, or from standard input. Viewers without TLS send its first 8 characters only. "
    "Example:\n"
    "  bulkhead vm password web && bulkhead vm set web --display-listen '[::]:5901'";
static const struct option move_options[] = {
	{ "back", NULL, "into the machine's own folder of the inventory", FALSE },
	{ "to", "HOST[:FOLDER]",
	  "to another host that ssh reaches, with its checkpoints; there into its inventory, or into FOLDER/NAME",
	  FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option import_options[] = {
	{ "mode", "MODE", "register (files stay there), restore (copied, same identity), copy (default)",
	  FALSE, "register restore copy" },
	{ "name", "NAME", "a new name", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option admin_list_options[] = {
	{ "matrix", NULL, "a table of who may do what", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option admin_options[] = {
	{ "vm", "NAME", "on this machine (otherwise: on the host)", FALSE },
	{ "right", "RIGHT", "only this right", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const struct option grant_options[] = {
	{ "vm", "NAME", "on this machine (otherwise: a privilege on the host)", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
#define EVENT_OPTIONS                                                                                        \
	{ "vm", "NAME", "only of this machine", FALSE },                                                     \
	{                                                                                                    \
		"kind", "KIND", "only change, refusal, state, warning or service", FALSE,                    \
		    "change refusal state warning service"                                                   \
	}

static const struct option follow_options[] = {
	EVENT_OPTIONS,
	{ NULL, NULL, NULL, FALSE },
};
static const struct option event_options[] = {
	EVENT_OPTIONS,
	{ "limit", "N", "at most so many (default 100)", FALSE },
	{ NULL, NULL, NULL, FALSE },
};

/* clang-format off */
#define SWITCH_OPTIONS \
	{ "notes", "TEXT", "notes", FALSE }, \
	{ "network", "NETWORK", "nat: its network, such as 192.168.50.0/24", FALSE }, \
	{ "dhcp", "on|off", "nat: give machines addresses", FALSE, "on off" }, \
	{ "ipv6", "on|off", "nat: IPv6 as well", FALSE, "on off" }, \
	{ "host-services", "on|off", "nat: machines reach this host's own services at the gateway's address", FALSE, "on off" }, \
	{ "forward", "PORT", "nat: [tcp:|udp:][ADDRESS:]PORT:[ADDRESS:]PORT, of this host and of a guest, such as 2222:22; none " \
	  "for none", TRUE }, \
	{ "tftp-folder", "FOLDER", "nat: machines that boot from the network get this folder's files, which everybody must be able to " \
	  "read; \"\" for none", FALSE }, \
	{ "boot-file", "NAME", "nat: what those are told to boot: a file of that folder, or a URL", FALSE }, \
	{ "vlan", "N", "the VLAN of the switch's way out: of the gateway, of this host, of the network; 0 for none", FALSE }, \
	{ "adapter", "NAME", "external: this host's adapter, such as eth0, or a bridge", FALSE }, \
	{ "shared", "on|off", "external: whether this host goes on to use the adapter", FALSE, "on off" }, \
	{ "address", "ADDRESS", "internal: this host's address on it, such as 192.168.50.1/24", FALSE }, \
	{ "mac-range", "FIRST-LAST", "the MAC addresses for adapters that have none of their own", FALSE }
/* clang-format on */

static const struct option switch_create_options[] = {
	{ "kind", "KIND", "nat, private, internal or external", FALSE, "nat private internal external" },
	SWITCH_OPTIONS,
	{ NULL, NULL, NULL, FALSE },
};
static const struct option switch_edit_options[] = {
	{ "name", "NAME", "a new name", FALSE },
	SWITCH_OPTIONS,
	{ NULL, NULL, NULL, FALSE },
};
static const struct option switch_delete_options[] = {
	{ "force", NULL, "also when machines use it: their adapters become unplugged", FALSE },
	{ NULL, NULL, NULL, FALSE },
};
static const char switch_create_text[] =
    "Examples:\n"
    "  bulkhead switch create lab --kind private\n"
    "  bulkhead switch create web --network 192.168.50.0/24 --forward 8080:80\n"
    "  bulkhead switch create lan --kind external --adapter br0";
static const char switch_edit_text[] =
    "What is not named stays; running machines follow. --forward names all that are to be. Example:\n"
    "  bulkhead switch edit nat --forward 2222:22 --forward udp:5353:53";

#define LISTING .is_listing = TRUE
#define CHANGE	.is_change = TRUE

static const char create_text[] =
    "It is off afterwards. Examples:\n"
    "  bulkhead vm create web --memory 2G --processors 2 --disk new:40G --cdrom debian.iso --boot cdrom\n"
    "  bulkhead vm create old --disk /srv/old.vhdx\n"
    "  bulkhead vm create tiny --kernel vmlinuz --initrd initrd --append console=ttyS0 --memory 256M";
static const char checkpoint_text[] =
    "Without a name it gets the machine's and the time. Its hard disks must be VHDX or VHD images. Examples:\n"
    "  bulkhead checkpoint create web 'before the update'\n"
    "  bulkhead checkpoint revert web\n";
static const char set_text[] =
    "Names, notes and actions can be changed at any time; while the machine runs also the disc of a DVD drive, and disks\n"
    "of SCSI controllers come and go, one at a time; all else while it is off. Examples:\n"
    "  bulkhead vm set web --memory 4G --cdrom none\n"
    "  bulkhead vm set web --disk new:20G,controller=scsi\n"
    "  bulkhead vm set web --auto-start always --set actions.start-delay-s=30";
static const char shutdown_text[] =
    "Presses its power button, and does not wait: `bulkhead vm wait NAME` does. A guest may not listen;\n"
    "`bulkhead vm off` then pulls the plug.";
static const char pause_text[] =
    "Its processors stand still, and so does time for its guest; its memory stays. When it goes on, its integration\n"
    "component sets its clock to the host's.";
static const char save_text[] =
    "Waits until that is done; `bulkhead job list` shows how far it is, and `bulkhead job cancel` lets the machine go on. While it\n"
    "is saved its disks must not be changed. `bulkhead vm start` goes on, `bulkhead vm delete-saved` gives it up.";
static const char mount_text[] =
    "Needs the privilege mount (`bulkhead admin grant user:NAME mount`, by root) and a kernel with network block devices.\n"
    "What is on the disk is not looked at: to mount a file system that somebody else has made is a risk of its own.";
static const char delete_text[] = "`bulkhead vm undelete` brings it back, until `bulkhead vm empty-trash`. "
				  "Disks that lie elsewhere than in the\n"
				  "machine's own folder are not touched by any of these.";
static const char connect_text[] =
    "Several can be connected at once; the first one types, the others look (`vm type --serial` types\n"
    "beside them). Ctrl-A X leaves, and the machine runs on; Ctrl-A H lists the keys.";
static const char wait_text[] = "Exit status 124: the time was over. Examples:\n"
				"  bulkhead vm wait web                    until it is off, or saved\n"
				"  bulkhead vm wait web --for 'login:' --timeout 2m";
static const char screen_text[] =
    "With --fit its driver starts again: a text console comes back as it was; programs that draw on the screen themselves,\n"
    "such as a desktop, lose it until they start again. Example: bulkhead vm screen web --fit 1600x900";
static const char type_text[] =
    "In the layout of the guest's keyboard: bulkhead vm set web --display-keyboard de\n"
    "Example: bulkhead vm type web 'ls -l' --enter";
static const char copy_text[] =
    "The guest's hv_fcopy_daemon writes it, as its root. With --host the files are that computer's. Examples:\n"
    "  bulkhead vm copy web setup.sh :/tmp/\n"
    "  bulkhead vm copy web new.conf :/etc/app.conf --force";
static const char kvp_text[] =
    "Pairs of the host (set, delete) are kept in its settings, and the guest's hv_kvp_daemon puts them into its pool\n"
    "0; what the guest's users write into its pool 1, and what its daemon tells of it, can be read. Examples:\n"
    "  bulkhead vm kvp web\n"
    "  bulkhead vm kvp web get OSName\n"
    "  bulkhead vm kvp web set role frontend";
static const char address_text[] =
    "As its hv_kvp_daemon tells, or hands to a script of its distribution. Examples:\n"
    "  bulkhead vm address web\n"
    "  bulkhead vm address web 192.168.1.2/24 --gateway 192.168.1.1 --dns 192.168.1.1\n"
    "  bulkhead vm address web dhcp";
static const char freeze_text[] =
    "By its hv_vss_daemon, for a backup of its disks that a running guest would change. Example:\n"
    "  bulkhead vm freeze web --limit 30 && cp web.vhdx backup.vhdx; bulkhead vm thaw web";
static const char move_text[] =
    "Its disks, those of its checkpoints and what else is in its own folder; physical disks and what other machines use too stay, and the "
    "plan says so. A machine that runs is saved at the end and goes on by itself. Until all of it is there, and whenever it fails or is "
    "cancelled, the old files are the ones that count. Examples:\n"
    "  bulkhead vm move web /srv/fast --plan\n"
    "  bulkhead vm move web --back\n"
    "To another host a machine goes with its memory, too: one that runs goes on there. Here it is kept until that host has all of it, and "
    "then goes to the trash, from where `bulkhead vm undelete` brings it back. Example:\n"
    "  bulkhead vm move web --to alice@lab:/srv/vms";
static const char grant_text[] =
    "On a machine: viewer (see it), operator (use, start and stop it), vm-administrator (all of it).\n"
    "On the host: the privileges pass-through (attach physical disks) and mount (mount virtual disks). "
    "Examples:\n"
    "  bulkhead admin grant user:alice operator --vm web\n"
    "  bulkhead admin grant user:bob pass-through";
static const char explain_text[] = "Example: bulkhead admin explain alice --vm web --right edit";

const struct verb manage_verbs[] = {
	{ "vm", "list", "", "Lists the virtual machines", .options = list_options, LISTING, .run = vm_list },
	{ "vm", "show", "NAME", "Shows state and settings", LISTING, .run = vm_show },
	{ "vm", "statistics", "NAME",
	  "Shows what it uses and has done since its start: processor, memory, disks, network, exits",
	  LISTING, .run = vm_statistics },
	{ "vm", "why", "NAME", "Tells why it is in its state, and what to do", LISTING, .run = vm_why },
	{ "vm", "create", "NAME", "Makes a virtual machine", .more = create_text,
	  .options = manage_create_options, CHANGE, .run = vm_create },
	{ "vm", "set", "NAME", "Changes its settings; what is not named stays", .more = set_text,
	  .options = manage_set_options, CHANGE, .run = vm_set },
	{ "vm", "resize-disk", "NAME DISK SIZE",
	  "Changes the size of a disk: its file, or its place such as scsi:0:0; larger "
	  "also while it runs",
	  .options = resize_options, CHANGE, .run = vm_resize_disk },
	{ "vm", "start", "NAME", "Starts it, and waits until its processors run", .options = start_options,
	  CHANGE, .needs_terminal = TRUE, .run = vm_start },
	{ "vm", "shutdown", "NAME", "Asks its guest to shut down", .more = shutdown_text, CHANGE,
	  .run = vm_power },
	{ "vm", "off", "NAME", "Turns it off, as if the plug was pulled", CHANGE, .run = vm_power },
	{ "vm", "reset", "NAME", "Resets it, as its reset button would", CHANGE, .run = vm_power },
	{ "vm", "pause", "NAME", "Pauses it", .more = pause_text, CHANGE, .run = vm_power },
	{ "vm", "resume", "NAME", "Lets a paused machine go on", CHANGE, .run = vm_power },
	{ "vm", "save", "NAME", "Writes memory and devices to the disk; the next start goes on from there",
	  .more = save_text, CHANGE, .run = vm_power },
	{ "vm", "delete-saved", "NAME", "Throws its saved state away: it is off then", CHANGE,
	  .run = vm_power },
	{ "vm", "rename", "NAME NEW-NAME", "Renames it", CHANGE, .run = vm_rename },
	{ "vm", "clone", "NAME NEW-NAME", "Makes a copy with copies of its disks", CHANGE, .run = vm_clone },
	{ "vm", "delete", "NAME", "Puts it into the trash", .more = delete_text, CHANGE, .run = vm_delete },
	{ "vm", "undelete", "NAME", "Takes it out of the trash", CHANGE, .run = vm_undelete },
	{ "vm", "trash", "", "Lists the trash", LISTING, .run = vm_trash },
	{ "vm", "empty-trash", "", "Removes for ever what is in the trash", CHANGE, .run = vm_empty_trash },
	{ "vm", "export", "NAME FOLDER", "Copies it with its files into FOLDER/NAME", CHANGE,
	  .run = vm_export },
	{ "vm", "move", "NAME [FOLDER]", "Moves its files into FOLDER/NAME, also while it runs",
	  .more = move_text, .options = move_options, CHANGE, .run = vm_move },
	{ "vm", "import", "FOLDER", "Takes an exported machine in", .options = import_options, CHANGE,
	  .run = vm_import },
	{ "vm", "connect", "NAME", "Attaches its serial console to this terminal", .more = connect_text,
	  .options = connect_options, .runs_there = TRUE, .needs_terminal = TRUE, .run = vm_connect },
	{ "vm", "copy", "NAME FILE... :PATH", "Copies files into its guest", .more = copy_text,
	  .options = copy_options, CHANGE, .run = vm_copy },
	{ "vm", "kvp", "NAME [get|set|delete] [KEY] [VALUE]", "Exchanges small data with its guest",
	  .more = kvp_text, .options = kvp_options, LISTING, CHANGE, .run = vm_kvp },
	{ "vm", "address", "NAME [ADDRESS]", "Shows or sets the addresses that its guest has",
	  .more = address_text, .options = address_options, LISTING, CHANGE, .run = vm_address },
	{ "vm", "freeze", "NAME", "Lets its guest's file systems stand still", .more = freeze_text,
	  .options = freeze_options, CHANGE, .run = vm_freeze },
	{ "vm", "thaw", "NAME", "Lets them go on", CHANGE, .run = vm_thaw },
	{ "vm", "password", "NAME", "Sets the password of viewers that come by TCP", .more = password_text,
	  .options = password_options, CHANGE, .run = vm_password },
	{ "vm", "view", "NAME", "Opens its screen in a VNC viewer, or tells who looks",
	  .options = view_options, LISTING, CHANGE, .run = vm_view },
	{ "vm", "wait", "NAME", "Waits for a state or a text", .more = wait_text, .options = wait_options,
	  .runs_there = TRUE, .run = vm_wait },
	{ "vm", "screenshot", "NAME FILE", "Writes a picture of its screen (PNG; - for standard output)",
	  .runs_there = TRUE, .run = vm_screenshot },
	{ "vm", "screen", "NAME", "Prints the text on its screen, or gives it another size",
	  .more = screen_text, .options = screen_options, CHANGE, .runs_there = TRUE, .run = vm_screen },
	{ "vm", "type", "NAME TEXT", "Types a text on its keyboard", .more = type_text,
	  .options = type_options, .runs_there = TRUE, .run = vm_type },
	{ "vm", "key", "NAME KEY...", "Presses keys, such as enter or ctrl-alt-del", .runs_there = TRUE,
	  .run = vm_key },
	{ "disk", "create", "FILE", "Makes a disk image", .options = disk_create_options, CHANGE,
	  .needs_no_service = TRUE, .run = disk_verb_create },
	{ "disk", "convert", "FROM TO",
	  "Makes a new image with the content of FROM, an image or a physical disk",
	  .options = disk_convert_options, CHANGE, .needs_no_service = TRUE, .run = disk_verb_convert },
	{ "disk", "inspect", "FILE", "Shows what an image is, its parents and where its data lies",
	  .options = disk_inspect_options, LISTING, .needs_no_service = TRUE, .run = disk_verb_inspect },
	{ "disk", "compact", "FILE", "Gives the space of blocks of zeros back",
	  .options = disk_compact_options, CHANGE, .needs_no_service = TRUE, .run = disk_verb_compact },
	{ "disk", "resize", "FILE SIZE", "Makes a disk larger or smaller", .options = disk_resize_options,
	  CHANGE, .needs_no_service = TRUE, .run = disk_verb_resize },
	{ "disk", "merge", "FILE", "Writes a differencing disk into its parent, or its chain into a new disk",
	  .options = disk_merge_options, CHANGE, .needs_no_service = TRUE, .run = disk_verb_merge },
	{ "disk", "reconnect", "FILE PARENT", "Tells a differencing disk where its parent is now",
	  .options = disk_reconnect_options, CHANGE, .needs_no_service = TRUE, .run = disk_verb_reconnect },
	{ "disk", "check", "FILE", "Looks for errors, and repairs", .options = disk_check_options, LISTING,
	  CHANGE, .needs_no_service = TRUE, .run = disk_verb_check },
	{ "disk", "mount", "FILE", "Attaches a disk to this computer, as a block device of yours",
	  .more = mount_text, .options = disk_mount_options, CHANGE, .run = disk_verb_mount },
	{ "disk", "unmount", "NAME", "Detaches it, by its file or its device", CHANGE,
	  .run = disk_verb_unmount },
	{ "disk", "mounts", "", "Lists the disks that are attached to this computer", LISTING,
	  .run = disk_verb_mounts },
	{ "switch", "list", "", "Lists the virtual switches", LISTING, .run = switch_list },
	{ "switch", "show", "NAME", "Shows its settings, and who uses it", LISTING, .run = switch_show },
	{ "switch", "create", "NAME", "Makes a virtual switch", .more = switch_create_text,
	  .options = switch_create_options, CHANGE, .run = switch_create },
	{ "switch", "edit", "NAME", "Changes its settings; running machines follow", .more = switch_edit_text,
	  .options = switch_edit_options, CHANGE, .run = switch_edit },
	{ "switch", "delete", "NAME", "Deletes a virtual switch that no machine uses",
	  .options = switch_delete_options, CHANGE, .run = switch_delete },
	{ "switch", "kinds", "", "Tells which kinds there are, and which are possible here", LISTING,
	  .run = switch_kinds_list },
	{ "switch", "adapters", "", "Lists this host's adapters that an external switch can use", LISTING,
	  .run = switch_adapters },
	{ "checkpoint", "list", "NAME", "Shows the checkpoints of a machine as a tree that ends in \"Now\"",
	  LISTING, .run = checkpoint_list },
	{ "checkpoint", "create", "NAME [CHECKPOINT]", "Keeps this point in time of a machine",
	  .more = checkpoint_text, CHANGE, .run = checkpoint_create },
	{ "checkpoint", "apply", "NAME CHECKPOINT", "Lets the machine go on from a checkpoint",
	  .options = checkpoint_apply_options, CHANGE, .run = checkpoint_apply },
	{ "checkpoint", "revert", "NAME", "Goes back to the last checkpoint; what came after it is lost",
	  CHANGE, .run = checkpoint_revert },
	{ "checkpoint", "rename", "NAME CHECKPOINT NEW-NAME", "Gives a checkpoint another name", CHANGE,
	  .run = checkpoint_rename },
	{ "checkpoint", "delete", "NAME CHECKPOINT",
	  "Deletes a checkpoint, and merges the disks that nothing else needs",
	  .options = checkpoint_delete_options, CHANGE, .run = checkpoint_delete },
	{ "checkpoint", "export", "NAME CHECKPOINT FOLDER", "Copies the machine as it was then into a folder",
	  CHANGE, .run = checkpoint_export },
	{ "admin", "list", "", "Lists who has which role", .options = admin_list_options, LISTING,
	  .run = admin_list },
	{ "admin", "grant", "SUBJECT ROLE", "Gives user:NAME or group:NAME a role or a privilege",
	  .more = grant_text, .options = grant_options, CHANGE, .run = admin_grant },
	{ "admin", "revoke", "SUBJECT [PRIVILEGE]", "Takes it away", .options = grant_options, CHANGE,
	  .run = admin_revoke },
	{ "admin", "search", "TEXT", "Finds users and groups of the host by a part of their name", LISTING,
	  .run = admin_search },
	{ "admin", "explain", "[USER]", "Tells what a user may do, and why", .more = explain_text,
	  .options = admin_options, LISTING, .run = admin_explain },
	{ "event", "list", "", "Lists the latest events", .options = event_options, LISTING,
	  .run = event_list },
	{ "event", "follow", "", "Prints events as they come, until it is interrupted",
	  .options = follow_options, LISTING, .run = event_follow },
	{ "event", "verify", "", "Checks the hash chain of the event log", .run = event_verify },
	{ "job", "list", "", "Lists the jobs", LISTING, .run = job_list },
	{ "job", "cancel", "NUMBER", "Cancels a job; what it has made so far goes", CHANGE,
	  .run = job_cancel },
	{ "job", "wait", "NUMBER", "Waits for the end of a job, with its progress", .run = job_wait },
	{ "host", "check", "", "Tells what this host has for machines, what that means and how to get it",
	  LISTING, .needs_no_service = TRUE, .run = host_check },
	{ "host", "show", "", "Shows the management service and what you may do", LISTING, .run = host_show },
	{ "host", "start-service", "", "Starts this user's own management service", CHANGE,
	  .needs_no_service = TRUE, .run = host_start_service },
	{ "host", "stop-service", "", "Stops the management service; machines run on", CHANGE,
	  .run = host_stop_service },
	{ "host", "stop-machines", "", "Applies each machine's automatic stop action", CHANGE,
	  .run = host_stop_machines },
};
const gsize manage_verbs_count = G_N_ELEMENTS(manage_verbs);
