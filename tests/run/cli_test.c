/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line's own parts: sizes, times, options, keys. */
#include "check.h"

#include "cli/chord.h"
#include "cli/run_options.h"

#include <string.h>

static void test_memory(void)
{
	static const struct {
		const char *text;
		uint64_t mib; /* 0: refused */
	} cases[] = {
		{ "1024", 1024 },
		{ "512M", 512 },
		{ "2G", 2048 },
		{ "2g", 2048 },
		{ "64m", 64 },
		{ "1GiB", 1024 },
		{ "1MB", 1 },
		{ "", 0 },
		{ "0", 0 },
		{ "G", 0 },
		{ "-1", 0 },
		{ "1.5G", 0 },
		{ "1T", 0 },
		{ "1 G", 0 },
		{ "0x10", 0 },
		{ "1GG", 0 },
		{ "18446744073709551616", 0 },
		{ "18446744073709551615G", 0 },
		{ " 1", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t mib = 0;
		bool r = run_parse_memory(cases[i].text, &mib);

		if (!CHECK(r == (cases[i].mib != 0) && (!r || mib == cases[i].mib)))
			printf("  case: \"%s\"\n", cases[i].text);
	}
}

static void test_seconds(void)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} cases[] = {
		{ "1", 1000 },	   { "1.5", 1500 }, { "0.25", 250 }, { "2m", 120000 },
		{ "1h", 3600000 }, { "3s", 3000 },  { "0", 0 },	     { "", 0 },
		{ "x", 0 },	   { "-1", 0 },	    { "1x", 0 },     { "99999999999999999999", 0 },
		{ "5000000", 0 },  { "0.0001", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ms = 0;
		bool r = run_parse_seconds(cases[i].text, &ms);

		if (!CHECK(r == (cases[i].ms != 0) && (!r || ms == cases[i].ms)))
			printf("  case: \"%s\": %llu\n", cases[i].text, (unsigned long long)ms);
	}
}

/* All ways to cut the input must give the same. */
static void test_chord(void)
{
	static const struct {
		const char *in, *out;
		enum chord_action action; /* the first one */
	} cases[] = {
		{ "hello", "hello", CHORD_NONE },
		{ "a\001ab", "a\001b", CHORD_NONE },
		{ "\001\001", "\001", CHORD_NONE },
		{ "ab\001x", "ab", CHORD_LEAVE },
		{ "ab\001X", "ab", CHORD_LEAVE },
		{ "ab\001\030", "ab", CHORD_LEAVE },
		{ "1\001h2\001?3", "123", CHORD_HELP },
		{ "\001q.", ".", CHORD_NONE },
		{ "\001", "", CHORD_NONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece <= 4; piece++) {
			struct chord chord = { false };
			enum chord_action first = CHORD_NONE;
			char out[64] = "";
			size_t length = strlen(cases[i].in), n = 0, at = 0;

			while (at < length) {
				uint8_t bytes[4];
				size_t size = length - at < piece ? length - at : piece, kept, used;
				enum chord_action action;

				memcpy(bytes, cases[i].in + at, size);
				action = chord_filter(&chord, bytes, size, &kept, &used);
				memcpy(out + n, bytes, kept);
				n += kept;
				at += used;
				if (first == CHORD_NONE)
					first = action;
				if (action == CHORD_LEAVE)
					break;
			}
			out[n] = '\0';
			if (!CHECK(strcmp(out, cases[i].out) == 0 && first == cases[i].action))
				printf("  case %zu, pieces of %zu\n", i, piece);
		}
}

static bool parses(char *const argv[], struct run_options *options)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return run_options_parse(argc, (char **)argv, options);
}

#define PARSES(options, ...) parses((char *[]){ (char *)"run", __VA_ARGS__, NULL }, options)

static void test_options(void)
{
	struct run_options o;

	CHECK(PARSES(&o, "--kernel", "k", "--memory=2G", "--processors", "4", "--serial", "unix:/x",
		     "--timeout=2") &&
	      o.memory_mib == 2048 && o.processors == 4 && o.serial == RUN_SERIAL_UNIX &&
	      strcmp(o.serial_path, "/x") == 0 && o.timeout_ms == 2000 && strcmp(o.kernel, "k") == 0);
	CHECK(PARSES(&o, "--kernel", "k") && o.memory_mib == 1024 && o.processors == 1 &&
	      o.serial == RUN_SERIAL_STDIO && !o.initrd && strcmp(o.engine, "auto") == 0);
	CHECK(!PARSES(&o, "--memory", "1G"));
	CHECK(!PARSES(&o, "--kernel"));
	CHECK(!PARSES(&o, "--kernel="));
	CHECK(!PARSES(&o, "--kernel", "k", "extra"));
	CHECK(!PARSES(&o, "--kernel", "k", "--kernels", "x"));
	CHECK(!PARSES(&o, "--kernel", "k", "--processors", "0"));
	CHECK(!PARSES(&o, "--kernel", "k", "--processors", "1000"));
	CHECK(!PARSES(&o, "--kernel", "k", "--processors", "4x"));
	CHECK(!PARSES(&o, "--kernel", "k", "--serial", "tcp:1"));
	CHECK(!PARSES(&o, "--kernel", "k", "--serial", "unix:"));
	CHECK(!PARSES(&o, "--kernel", "k", "--engine", "xen"));
	CHECK(!PARSES(&o, "--kernel", "k", "--cpu", "486"));
	CHECK(!PARSES(&o, "--kernel", "k", "--memory", "1M"));
	CHECK(!PARSES(&o, "--kernel", "k", "--memory", "1024G"));
}

static void test_machine_options(void)
{
	struct run_options o;

	if (CHECK(PARSES(&o, "--disk", "a,b.img,readonly", "--disk", "c.vhdx,controller=ide", "--cdrom",
			 "d.iso"))) {
		CHECK(o.generation == 1 && o.disk_count == 2 && !o.boots_cdrom_first && !o.kernel);
		CHECK(strcmp(o.disks[0].path, "a,b.img") == 0 && o.disks[0].is_read_only);
		CHECK(strcmp(o.disks[1].path, "c.vhdx") == 0 && !o.disks[1].is_read_only);
		run_options_deinit(&o);
	}
	CHECK(PARSES(&o, "--kernel", "k", "--cpu", "compatible") && o.is_compatible);
	CHECK(PARSES(&o, "--kernel", "k", "--cpu", "host") && !o.is_compatible);
	CHECK(PARSES(&o, "--disk", "a", "--boot", "cdrom") && o.boots_cdrom_first);
	run_options_deinit(&o);
	CHECK(PARSES(&o, "--cdrom", "a") && o.boots_cdrom_first && o.cdrom_count == 1);
	CHECK(PARSES(&o, "--boot", "network", "--tftp", "/", "--boot-file", "a") && o.boots_network_first &&
	      o.has_legacy_adapter && o.generation == 1 && strcmp(o.tftp_folder, "/") == 0);
	CHECK(PARSES(&o, "--kernel", "k", "--switch", "nat,legacy", "--no-enlightenments") &&
	      o.generation == 1);
	CHECK(!PARSES(&o, "--boot", "network", "--switch", "none") && !PARSES(&o, "--boot", "floppy"));
	CHECK(!PARSES(&o, "--kernel", "k", "--tftp", "/nowhere") &&
	      !PARSES(&o, "--kernel", "k", "--switch", "nat,old"));
	CHECK(!PARSES(&o, "--kernel", "k", "--tftp", "/", "--switch", "none"));
	CHECK(PARSES(&o, "--kernel", "k") && o.generation == 0);
	if (CHECK(PARSES(&o, "--screenshot-at", "a: b:c.png", "--screenshot-at", "1.5:d.png"))) {
		CHECK(strcmp(o.screenshots[0].text, "a: b") == 0 &&
		      strcmp(o.screenshots[0].path, "c.png") == 0);
		CHECK(!o.screenshots[1].text && o.screenshots[1].ms == 1500 && o.generation == 1);
		run_options_deinit(&o);
	}
	if (CHECK(PARSES(&o, "--kernel", "k", "--disk", "a", "--disk", "b,controller=ide", "--cdrom", "c"))) {
		CHECK(o.disks[0].controller == RUN_CONTROLLER_SCSI &&
		      o.disks[1].controller == RUN_CONTROLLER_IDE);
		CHECK(o.cdrom_controller == RUN_CONTROLLER_SCSI && o.generation == 1);
		run_options_deinit(&o);
	}
	if (CHECK(PARSES(&o, "--disk", "a", "--disk", "b", "--disk", "c", "--cdrom", "d"))) {
		CHECK(o.disks[0].controller == RUN_CONTROLLER_IDE &&
		      o.disks[1].controller == RUN_CONTROLLER_IDE);
		CHECK(o.disks[2].controller == RUN_CONTROLLER_SCSI &&
		      o.cdrom_controller == RUN_CONTROLLER_IDE);
		run_options_deinit(&o);
	}
	if (CHECK(PARSES(&o, "--kernel", "k", "--disk", "a", "--no-enlightenments"))) {
		CHECK(o.disks[0].controller == RUN_CONTROLLER_IDE && o.generation == 1);
		run_options_deinit(&o);
	}
	CHECK(!PARSES(&o, "--disk", "a,controller=scsi", "--no-enlightenments"));
	if (CHECK(PARSES(&o, "--disk", "a", "--on-full=wait"))) {
		CHECK(o.waits_when_full);
		run_options_deinit(&o);
	}
	CHECK(!PARSES(&o, "--disk", "a", "--on-full", "stop"));
	CHECK(!PARSES(&o, "--disk", "a,controller=nvme"));
	CHECK(!PARSES(&o, "--disk", "a,readonly,fast"));
	CHECK(!PARSES(&o, "--disk", ",readonly"));
	CHECK(!PARSES(&o, "--disk", "a", "--disk", "b", "--disk", "c", "--no-enlightenments"));
	CHECK(!PARSES(&o, "--disk", "a,controller=ide", "--disk", "b,controller=ide", "--disk",
		      "c,controller=ide"));
	CHECK(!PARSES(&o, "--cdrom", ""));
	CHECK(!PARSES(&o, "--cdrom", "a", "--boot", "floppy"));
	CHECK(!PARSES(&o, "--generation", "2"));
	CHECK(!PARSES(&o, "--generation", "1", "--initrd", "i"));
	CHECK(!PARSES(&o, "--display", "tcp:1"));
	CHECK(!PARSES(&o, "--screenshot-at", "a.png"));
	CHECK(!PARSES(&o, "--screenshot-at", ":a.png"));
	CHECK(!PARSES(&o, "--screenshot-at", "5:"));
}

int main(void)
{
	test_memory();
	test_seconds();
	test_chord();
	test_options();
	test_machine_options();
	return check_result();
}
