/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/run_machine_options.h"
#include "cli/message.h"

#include <stdlib.h>
#include <string.h>

bool run_set_generation(struct run_options *options, const char *value)
{
	if (strcmp(value, "1") == 0) {
		options->generation = 1;
		return true;
	}
	if (strcmp(value, "2") == 0)
		say("--generation 2: there is no generation 2 machine in this version; give 1");
	else
		say("--generation %s: there is no such generation; give 1", value);
	return false;
}

/* The path ends at the first comma that begins an option which we know; other commas belong to the name. */
static const char *find_disk_options(const char *value)
{
	static const char *const known[] = { ",readonly", ",controller=" };

	for (const char *p = value; (p = strchr(p, ',')); p++)
		for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strncmp(p, known[i], strlen(known[i])) == 0)
				return p;
	return value + strlen(value);
}

static bool is_option(const char *text, size_t length, const char *name)
{
	return length == strlen(name) && strncmp(text, name, length) == 0;
}

/* `text` begins with a comma, or is empty. */
static bool parse_disk_options(const char *text, struct run_disk *disk)
{
	while (*text++ == ',') {
		size_t length = strcspn(text, ",");

		if (is_option(text, length, "readonly")) {
			disk->is_read_only = true;
		} else if (is_option(text, length, "controller=scsi")) {
			disk->controller = RUN_CONTROLLER_SCSI;
		} else if (is_option(text, length, "controller=ide")) {
			disk->controller = RUN_CONTROLLER_IDE;
		} else {
			say("--disk: there is no option \"%.*s\"; give readonly, controller=scsi or "
			    "controller=ide",
			    (int)length, text);
			return false;
		}
		text += length;
	}
	return true;
}

bool run_add_disk(struct run_options *options, const char *value)
{
	const char *end = find_disk_options(value);
	struct run_disk disk = { NULL };

	if (options->disk_count == RUN_DISKS_MAX) {
		say("--disk: a machine has at most %d disks; give fewer", RUN_DISKS_MAX);
		return false;
	}
	if (end == value) {
		say("--disk: this is no file name; give the path of a disk image");
		return false;
	}
	if (!parse_disk_options(end, &disk))
		return false;
	disk.path = strndup(value, (size_t)(end - value));
	if (!disk.path) {
		say("no memory; close other programs");
		return false;
	}
	options->disks[options->disk_count++] = disk;
	return true;
}

bool run_add_cdrom(struct run_options *options, const char *value)
{
	if (options->cdrom_count == RUN_CDROMS_MAX) {
		say("--cdrom: a machine has at most %d DVD drives; give fewer", RUN_CDROMS_MAX);
		return false;
	}
	if (!*value) {
		say("--cdrom: this is no file name; give the path of an ISO image");
		return false;
	}
	options->cdroms[options->cdrom_count++] = value;
	return true;
}

bool run_set_boot(struct run_options *options, const char *value)
{
	options->boots_cdrom_first = strcmp(value, "cdrom") == 0;
	options->boots_network_first = strcmp(value, "network") == 0;
	if (options->boots_cdrom_first || options->boots_network_first || strcmp(value, "disk") == 0)
		return true;
	say("--boot %s: nothing boots from that; give disk, cdrom or network", value);
	return false;
}

bool run_set_hvsock(struct run_options *options, const char *value)
{
	options->hvsock_path = strncmp(value, "unix:", 5) == 0 && value[5] ? value + 5 : NULL;
	if (!options->hvsock_path)
		say("--hvsock %s: give unix:PATH, where the host's programs will connect", value);
	return options->hvsock_path;
}

bool run_set_display(struct run_options *options, const char *value)
{
	options->display_path = NULL;
	if (strcmp(value, "none") == 0)
		return true;
	if (strncmp(value, "unix:", 5) == 0 && value[5]) {
		options->display_path = value + 5;
		return true;
	}
	say("--display %s: there is no such display; give none or unix:PATH", value);
	return false;
}

/*
 * TEXT:FILE or SECONDS:FILE. The text may have colons, so the last one counts; "./a:b" names a file with one.
 */
bool run_add_screenshot(struct run_options *options, const char *value)
{
	const char *colon = strrchr(value, ':');
	struct run_screenshot shot = { NULL };

	if (options->screenshot_count == RUN_SCREENSHOTS_MAX) {
		say("--screenshot-at: at most %d pictures; give fewer", RUN_SCREENSHOTS_MAX);
		return false;
	}
	if (!colon || colon == value || !colon[1]) {
		say("--screenshot-at %s: give a text on the screen or seconds, a colon, and a file, such as "
		    "\"10:screen.png\"",
		    value);
		return false;
	}
	shot.path = colon + 1;
	shot.text = strndup(value, (size_t)(colon - value));
	if (!shot.text) {
		say("no memory; close other programs");
		return false;
	}
	if (run_parse_seconds(shot.text, &shot.ms)) {
		free(shot.text);
		shot.text = NULL;
	}
	options->screenshots[options->screenshot_count++] = shot;
	return true;
}

bool run_set_firmware_log(struct run_options *options, const char *value)
{
	options->firmware_log = value;
	if (*value)
		return true;
	say("--firmware-log: this is no file name; give a file, or - for standard error");
	return false;
}

static unsigned count_ide_disks(const struct run_options *options)
{
	unsigned count = 0;

	for (unsigned i = 0; i < options->disk_count; i++)
		count += options->disks[i].controller == RUN_CONTROLLER_IDE;
	return count;
}

/*
 * Firmware boots from IDE only: without a kernel the first disks are there, and discs. All else is on a
 * synthetic SCSI controller where there is a VMBus.
 */
static void choose_controllers(struct run_options *options)
{
	bool is_scsi_first = options->is_enlightened && options->kernel && options->generation != 1;

	options->cdrom_controller = is_scsi_first ? RUN_CONTROLLER_SCSI : RUN_CONTROLLER_IDE;
	for (unsigned i = 0; i < options->disk_count; i++) {
		bool has_ide = !is_scsi_first && count_ide_disks(options) < RUN_IDE_DISKS_MAX;

		if (options->disks[i].controller == RUN_CONTROLLER_DEFAULT)
			options->disks[i].controller =
			    has_ide || !options->is_enlightened ? RUN_CONTROLLER_IDE : RUN_CONTROLLER_SCSI;
	}
}

static bool check_controllers(const struct run_options *options)
{
	for (unsigned i = 0; i < options->disk_count; i++)
		if (options->disks[i].controller == RUN_CONTROLLER_SCSI && !options->is_enlightened) {
			say("--disk: a SCSI controller needs the VMBus, which this machine does not have; "
			    "give "
			    "controller=ide");
			return false;
		}
	if (count_ide_disks(options) > RUN_IDE_DISKS_MAX ||
	    (options->cdrom_controller == RUN_CONTROLLER_IDE && options->cdrom_count > RUN_IDE_CDROMS_MAX)) {
		say("--disk: an IDE controller takes %d disks beside %d DVD drives; give fewer, or "
		    "controller=scsi",
		    RUN_IDE_DISKS_MAX, RUN_IDE_CDROMS_MAX);
		return false;
	}
	return true;
}

static bool has_screen(const struct run_options *options)
{
	return options->display_path || options->screenshot_count > 0;
}

/* A kernel that is enlightened has a synthetic screen. */
static bool needs_generation1(const struct run_options *options)
{
	bool has_synthetic = options->kernel && options->is_enlightened;

	return count_ide_disks(options) > 0 || options->has_legacy_adapter ||
	       (options->cdrom_count > 0 && options->cdrom_controller == RUN_CONTROLLER_IDE) ||
	       (has_screen(options) && !has_synthetic) || options->firmware_log;
}

bool run_check_machine(struct run_options *options)
{
	options->has_legacy_adapter |= options->boots_network_first;
	choose_controllers(options);
	if (!check_controllers(options))
		return false;
	if (needs_generation1(options))
		options->generation = 1;
	if (!options->kernel && options->generation == 0) {
		say("run: there is no kernel; give one with --kernel FILE, or something to boot with --disk, "
		    "--cdrom or --boot network; see `bulkhead run --help`");
		return false;
	}
	if (!options->kernel && options->initrd) {
		say("--initrd: an initial RAM disk needs a kernel; give one with --kernel FILE");
		return false;
	}
	if (count_ide_disks(options) == 0)
		options->boots_cdrom_first = true;
	return true;
}
