/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drives of a machine: a guest's thread reads from the DVD drive without pause while discs are changed;
 * it ejects one itself; partition tables that want more than there is.
 */
#include "../run/check.h"

#include "worker/gen1.h"
#include "worker/gen1_drives.h"
#include "worker/gen1_partitions.h"

#include "chipset/io_bus.h"
#include "disk/disk.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	CD = 0x170,
	CD_UNIT = 2,
	DISC_SIZE = 1 << 20,
	READ_SECTORS = 40,
	READ_SIZE = READ_SECTORS * 2048,
	CHANGES = 300,
};

static struct loop *loop;
static struct pc *pc;
static struct gen1_drives *drives;
static struct loop_timer *timer;
static unsigned changes, ejects, warnings;
static char warning[512];
static atomic_bool is_over, shall_eject;
static atomic_uint reads[256], failed_reads;
static atomic_uint wrong_reads;

int machine_fail(struct machine_error *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

static int disc_fd(uint8_t content)
{
	static uint8_t data[DISC_SIZE];
	int fd = memfd_create("disc", MFD_CLOEXEC);

	memset(data, content, sizeof(data));
	if (fd < 0 || write(fd, data, sizeof(data)) != sizeof(data))
		abort();
	return fd;
}

static struct worker_drive disc(uint8_t content)
{
	return (struct worker_drive){ .kind = WORKER_DRIVE_CDROM,
				      .name = "disc.iso",
				      .format = "raw",
				      .fd = content ? disc_fd(content) : -1,
				      .is_read_only = true };
}

/* --- the guest ---------------------------------------------------------------------------------------- */

static uint8_t wait_status(void)
{
	uint8_t status;

	while ((status = (uint8_t)pc_port_read(pc, CD + 7, 1)) & 0x80 && !is_over)
		sched_yield();
	return status;
}

static void send_packet(const uint8_t *packet)
{
	pc_port_write(pc, CD + 6, 1, 0xa0);
	pc_port_write(pc, CD + 1, 1, 0);
	pc_port_write(pc, CD + 4, 1, 0);
	pc_port_write(pc, CD + 5, 1, 0x80); /* 32 KiB at a time */
	pc_port_write(pc, CD + 7, 1, 0xa0);
	for (unsigned i = 0; i < 12; i += 2)
		pc_port_write(pc, CD, 2, packet[i] | (uint32_t)packet[i + 1] << 8);
}

/* What came is of one disc. */
static void check_data(const uint8_t *data, size_t size)
{
	for (size_t i = 1; i < size; i++)
		if (data[i] != data[0]) {
			wrong_reads++;
			return;
		}
	reads[data[0]]++;
}

static void read_once(void)
{
	static const uint8_t read10[12] = { 0x28, 0, 0, 0, 0, 5, 0, 0, READ_SECTORS };
	static uint8_t data[READ_SIZE];
	size_t length = 0;
	uint8_t status;

	send_packet(read10);
	while ((status = wait_status()) & 8 && length < sizeof(data)) {
		size_t size = pc_port_read(pc, CD + 4, 1) | pc_port_read(pc, CD + 5, 1) << 8;

		for (size_t i = 0; i < size && length + 4 <= sizeof(data); i += 4, length += 4) {
			uint32_t value = pc_port_read(pc, CD, 4);

			memcpy(data + length, &value, 4);
		}
	}
	if (length == sizeof(data) && !(status & 1))
		check_data(data, length);
	else
		failed_reads++;
}

static void *run_guest(void *opaque)
{
	static const uint8_t eject[12] = { 0x1b, 0, 0, 0, 2 };

	while (!is_over) {
		read_once();
		if (shall_eject) {
			send_packet(eject);
			wait_status();
		}
	}
	return NULL;
}

/* --- the host ------------------------------------------------------------------------------------------ */

static bool set_disc(uint8_t content)
{
	struct worker_drive config = disc(content);
	struct machine_error error = { "" };
	int r = gen1_drives_set_medium(drives, CD_UNIT, &config, changes % 2, &error);

	CHECK(config.fd == -1);
	CHECK(r == 0 || (r == -EBUSY && error.text[0])); /* the one before still waits */
	return r == 0;
}

static void on_timer(void *opaque)
{
	if (ejects) {
		loop_quit(loop);
		return;
	}
	if (changes < CHANGES)
		set_disc("ABC\0"[changes % 4]);
	else if (changes == CHANGES && !set_disc('D'))
		changes--;
	else if (reads['D'] > 3)
		shall_eject = true;
	changes++;
	loop_timer_set(timer, loop_now() + 300000);
}

static void on_warning(void *opaque, const char *text)
{
	warnings++;
	snprintf(warning, sizeof(warning), "%s", text);
}

static void on_eject(void *opaque, unsigned unit)
{
	CHECK(unit == CD_UNIT);
	ejects++;
}

static const struct gen1_drives_ops drives_ops = { .on_warning = on_warning, .on_eject = on_eject };

static void ide_eject(void *opaque, unsigned unit)
{
	gen1_drives_on_eject(drives, unit);
}

static void ide_change(void *opaque, unsigned unit)
{
	gen1_drives_on_change(drives, unit);
}

static void set_extint(void *opaque, bool level)
{
}

static void interrupt(void *opaque, uint64_t address, uint32_t data)
{
}

static void nothing(void *opaque)
{
}

static int no_memory(void *opaque, uint64_t gpa, void *buffer, size_t size)
{
	return -EFAULT;
}

static int no_memory_to_write(void *opaque, uint64_t gpa, const void *buffer, size_t size)
{
	return -EFAULT;
}

static int begin(struct worker_drive config[WORKER_DRIVES])
{
	static const struct pc_ops pc_ops = { set_extint, interrupt, nothing, nothing };
	static const struct ide_ops ide_ops = { ide_eject, ide_change };
	static const struct dma dma = { no_memory, no_memory_to_write, NULL };
	struct pc_config pc_config = { .ops = &pc_ops, .has_pci = true, .dma = &dma, .ide_ops = &ide_ops };
	static const struct gen1_shared_disk no_shared[WORKER_DRIVES];
	struct machine_error error = { "" };
	int r;

	loop_new(&loop);
	pc_config.loop = loop;
	warnings = 0;
	CHECK(pc_new(&pc_config, &pc) == 0);
	CHECK(gen1_drives_new(loop, pc->bus, pc->ide, &drives_ops, NULL, &drives) == 0);
	r = gen1_drives_connect(drives, config, no_shared, &error);
	if (r < 0)
		printf("%s\n", error.text);
	return r;
}

static void end(void)
{
	CHECK(gen1_drives_drain(drives));
	pc->ide = ide_free(pc->ide);
	gen1_drives_free(drives);
	pc_free(pc);
	loop_free(loop);
}

static void test_changes(void)
{
	struct worker_drive config[WORKER_DRIVES] = { [CD_UNIT] = disc('A') };
	pthread_t guest;

	if (!CHECK(begin(config) == 0))
		return;
	CHECK(loop_timer_new(loop, on_timer, NULL, &timer) == 0);
	loop_timer_set(timer, loop_now());
	pthread_create(&guest, NULL, run_guest, NULL);
	loop_run(loop);
	is_over = true;
	pthread_join(guest, NULL);
	loop_timer_free(timer);
	CHECK(ejects == 1);
	CHECK(wrong_reads == 0);
	CHECK(reads['A'] && reads['D'] && failed_reads);
	CHECK(reads['A'] + reads['B'] + reads['C'] + reads['D'] > 0);
	end();
}

static void test_no_dvd(void)
{
	struct worker_drive config[WORKER_DRIVES] = { [CD_UNIT] = disc(0) }, other = disc('A');
	struct machine_error error = { "" };

	if (!CHECK(begin(config) == 0))
		return;
	CHECK(gen1_drives_set_medium(drives, 0, &other, true, &error) == -EINVAL);
	CHECK(other.fd == -1 && strstr(error.text, "no DVD drive"));
	other = disc('A');
	other.format = "floppy";
	CHECK(gen1_drives_set_medium(drives, CD_UNIT, &other, true, &error) == -EINVAL);
	CHECK(other.fd == -1);
	end();
}

/* --- partition tables ----------------------------------------------------------------------------------- */

static void check_table(const char *what, uint64_t disk_sectors, uint8_t status, uint8_t type, uint32_t first,
			uint32_t count, const char *expected)
{
	uint8_t sector[512] = { [510] = 0x55, [511] = 0xaa };
	struct worker_drive config[WORKER_DRIVES] = {
		{ .kind = WORKER_DRIVE_DISK, .name = "disk.img", .format = "raw" }
	};
	int fd = memfd_create("disk", MFD_CLOEXEC);

	sector[446 + 16] = status;
	sector[446 + 16 + 4] = type;
	memcpy(sector + 446 + 16 + 8, &first, 4);
	memcpy(sector + 446 + 16 + 12, &count, 4);
	if (fd < 0 || ftruncate(fd, (off_t)disk_sectors * 512) < 0 || pwrite(fd, sector, 512, 0) != 512)
		abort();
	config[0].fd = fd;
	for (unsigned i = 1; i < WORKER_DRIVES; i++)
		config[i].fd = -1;
	warning[0] = '\0';
	CHECK(begin(config) == 0);
	if (!CHECK(warnings == !!expected && (!expected || strstr(warning, expected))))
		printf("    %s: \"%s\"\n", what, warning);
	end();
}

/* A disc whose volume descriptor has this name, or with NULL ends before it. */
static void check_disc(const char *name, bool is_good)
{
	struct worker_drive config[WORKER_DRIVES] = { [CD_UNIT] = disc('X') };

	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (i != CD_UNIT)
			config[i].fd = -1;
	if (name ? pwrite(config[CD_UNIT].fd, name, 5, 16 * 2048 + 1) != 5
		 : ftruncate(config[CD_UNIT].fd, 16 * 2048) < 0)
		abort();
	config[CD_UNIT].format = "iso";
	CHECK(begin(config) == 0);
	if (!CHECK(warnings == !is_good && (is_good || strstr(warning, "disc.iso: this is no ISO image"))))
		printf("    %s: \"%s\"\n", name ? name : "short", warning);
	end();
}

static void test_discs(void)
{
	check_disc("CD001", true);
	check_disc("BEA01", true);
	check_disc("XXXXX", false);
	check_disc(NULL, false);
}

static void test_partitions(void)
{
	check_table("fits", 4096, 0x80, 0x83, 2048, 2048, NULL);
	check_table("one too many", 4096, 0x80, 0x83, 2048, 2049, "wants 3 MiB, but the disk has 2 MiB");
	check_table("not used", 4096, 0x80, 0, 2048, 1 << 30, NULL);
	check_table("protective", 4096, 0, 0xee, 1, 4095, NULL);
	check_table("protective, of a longer disk", 4096, 0, 0xee, 1, 2097151, "wants 1024 MiB");
	check_table("protective, of a huge disk", 4096, 0, 0xee, 1, UINT32_MAX, NULL);
	check_table("boot code", 4096, 0x31, 0x83, 2048, 1 << 30, NULL);
	check_table("the highest numbers", 4096, 0, 7, UINT32_MAX, UINT32_MAX - 1, "wants 4194304 MiB");
	check_table("one sector", 1, 0, 7, 1, 1, "wants 1 MiB, but the disk has 0 MiB");
}

int main(void)
{
	test_changes();
	test_no_dvd();
	test_partitions();
	test_discs();
	return check_result();
}
