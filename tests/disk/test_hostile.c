/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images that are wrong in one known way: the refusal and its reason; and that all else still opens. */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "disk/crc32c.h"
#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "disk/vhd.h"
#include "fault.h"
#include "hostile.h"

static struct disk_io *io;

enum { VHDX = 0, UNCLOSED = 1, CHILD = 2, VHD = 4, VHD_FIXED = 6 };

/* Where the structures of our own images are. */
enum {
	AT_LOG = 1 << 20,
	AT_METADATA = 2 << 20,
	AT_TABLE = 3 << 20,
	AT_ITEMS = AT_METADATA + 65536,
};

struct copy {
	uint8_t *bytes;
	uint64_t size;
	enum disk_format format;
};

static struct copy take(unsigned base)
{
	struct copy copy = { malloc(base_images[base].size + 4096), base_images[base].size,
			     base_images[base].format };
	memcpy(copy.bytes, base_images[base].bytes, copy.size);
	return copy;
}

/* The sentence must contain `reason`; NULL: it opens. */
static void expect(struct copy *copy, const char *what, int code, const char *reason)
{
	char text[512];
	hostile_seal(copy->bytes, copy->size, copy->format);
	for (unsigned is_writable = 0; is_writable < 2; is_writable++) {
		int result = hostile_use(io, copy->bytes, copy->size, is_writable, text);
		if (result != code || (reason && !strstr(text, reason))) {
			fprintf(stderr, "%s: got %d \"%s\", expected %d \"%s\"\n", what, result, text, code,
				reason ? reason : "");
			CHECK(!"the refusal that was expected");
		}
	}
	free(copy->bytes);
}

static void set_entry(struct copy *copy, unsigned index, uint64_t entry)
{
	put_le64(copy->bytes + AT_TABLE + index * 8, entry);
}

static void test_tables(void)
{
	struct copy copy = take(VHDX);
	uint64_t first = get_le64(copy.bytes + AT_TABLE);
	set_entry(&copy, 1, first);
	expect(&copy, "two blocks in one place", -EUCLEAN, "overlaps");
	copy = take(VHDX);
	set_entry(&copy, 1, (uint64_t)AT_LOG | 6);
	expect(&copy, "a block over the log", -EUCLEAN, "overlaps");
	copy = take(VHDX);
	set_entry(&copy, 1, 6);
	expect(&copy, "a block over the headers", -EUCLEAN, "overlaps");
	copy = take(VHDX);
	set_entry(&copy, 1, UINT64_MAX << 20 | 6);
	expect(&copy, "a block far outside", -EUCLEAN, "outside");
	copy = take(VHDX);
	set_entry(&copy, 1, 100 * DISK_MIB | 6);
	expect(&copy, "a block behind the end", -EUCLEAN, "outside");
	copy = take(VHDX);
	set_entry(&copy, 1, first | 7);
	expect(&copy, "partial without a parent", -EUCLEAN, "impossible state");
	copy = take(VHDX);
	set_entry(&copy, 1, 5);
	expect(&copy, "a state that does not exist", -EUCLEAN, "impossible state");
	copy = take(VHDX);
	set_entry(&copy, 1, 100 * DISK_MIB | 3);
	expect(&copy, "unmapped with a leftover place", 0, NULL);
}

static void test_metadata(void)
{
	static const struct {
		const char *what;
		unsigned offset, length;
		uint64_t value;
		const char *reason;
	} cases[] = {
		{ "block size 0", 0, 4, 0, "block size" },
		{ "block size 3 MiB", 0, 4, 3 << 20, "block size" },
		{ "block size 512 MiB", 0, 4, 512 << 20, "block size" },
		{ "block size 512", 0, 4, 512, "block size" },
		{ "a parent without a locator", 4, 4, 2, "parent" },
		{ "disk size 0", 8, 8, 0, "disk size" },
		{ "disk size not of sectors", 8, 8, 3 * 1048576 + 1, "disk size" },
		{ "disk size of 65 TiB", 8, 8, (uint64_t)65 << 40, "disk size" },
		{ "disk size of almost everything", 8, 8, UINT64_MAX - 511, "disk size" },
		{ "disk size too large for the table", 8, 8, (uint64_t)60 << 40, "too short" },
		{ "sectors of 0", 32, 4, 0, "sectors" },
		{ "sectors of 1024", 32, 4, 1024, "sectors" },
		{ "physical sectors of 77", 40, 4, 77, "physical" },
	};
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct copy copy = take(VHDX);
		uint8_t value[8];
		put_le64(value, cases[i].value);
		memcpy(copy.bytes + AT_ITEMS + cases[i].offset, value, cases[i].length);
		expect(&copy, cases[i].what, -EUCLEAN, cases[i].reason);
	}
	struct copy copy = take(VHDX);
	put_le16(copy.bytes + AT_METADATA + 10, 65535);
	expect(&copy, "65535 items", -EUCLEAN, "metadata table");
	copy = take(VHDX);
	put_le32(copy.bytes + AT_METADATA + 32 + 16, 0xfffffff0);
	expect(&copy, "an item far away", -EUCLEAN, "metadata table");
	copy = take(VHDX);
	memcpy(copy.bytes + AT_METADATA + 64, copy.bytes + AT_METADATA + 32, 32);
	expect(&copy, "an item twice", -EUCLEAN, "metadata table");
	copy = take(VHDX);
	copy.bytes[AT_METADATA + 32] ^= 1;
	expect(&copy, "an unknown required item", -EPROTONOSUPPORT, "not known");
}

static void test_headers(void)
{
	struct copy copy = take(VHDX);
	for (unsigned i = 0; i < 2; i++)
		put_le32(copy.bytes + VHDX_HEADER_OFFSET(i) + 68, 0xfff00000);
	expect(&copy, "a log of 4 GiB", -EUCLEAN, "impossible log");
	copy = take(VHDX);
	for (unsigned i = 0; i < 2; i++)
		put_le64(copy.bytes + VHDX_HEADER_OFFSET(i) + 72, 2 << 20);
	expect(&copy, "the log over the metadata", -EUCLEAN, "overlap");
	copy = take(VHDX);
	for (unsigned i = 0; i < 2; i++)
		put_le16(copy.bytes + VHDX_HEADER_OFFSET(i) + 66, 2);
	expect(&copy, "version 2", -EPROTONOSUPPORT, "version");
	copy = take(VHDX);
	for (unsigned i = 0; i < 2; i++)
		memset(copy.bytes + VHDX_HEADER_OFFSET(i), 0, 4096);
	expect(&copy, "no header", -EUCLEAN, "headers");
	copy = take(VHDX);
	for (unsigned i = 0; i < 2; i++)
		memset(copy.bytes + VHDX_REGION_TABLE_OFFSET(i), 0, 4096);
	expect(&copy, "no region table", -EUCLEAN, "region tables");
	copy = take(VHDX);
	memset(copy.bytes + VHDX_HEADER_OFFSET(0), 0xaa, 4096);
	expect(&copy, "one header lost", 0, NULL);
	copy = take(VHDX);
	memset(copy.bytes + VHDX_REGION_TABLE_OFFSET(0), 0xaa, 65536);
	expect(&copy, "one region table lost", 0, NULL);
	copy = take(VHDX);
	for (unsigned i = 0; i < 2; i++)
		put_le32(copy.bytes + VHDX_REGION_TABLE_OFFSET(i) + 8, 0xffffffff);
	expect(&copy, "4 billion regions", -EUCLEAN, "entries");
	copy = take(VHDX);
	for (unsigned i = 0; i < 2; i++)
		put_le64(copy.bytes + VHDX_REGION_TABLE_OFFSET(i) + 16 + 16, UINT64_MAX << 20);
	expect(&copy, "a region far away", -EUCLEAN, "impossible region");
}

/* The entry that the writer who vanished left: the only one in use, wherever it is. */
static uint64_t find_last_entry(const struct copy *copy)
{
	uint64_t best = 0, best_at = AT_LOG;
	for (uint64_t at = AT_LOG; at < AT_METADATA; at += 4096) {
		if (!memcmp(copy->bytes + at, "loge", 4) && get_le64(copy->bytes + at + 16) > best) {
			best = get_le64(copy->bytes + at + 16);
			best_at = at;
		}
	}
	return best_at;
}

static void test_log(void)
{
	struct copy copy = take(UNCLOSED);
	uint64_t entry = find_last_entry(&copy);
	expect(&copy, "a log to replay", 0, NULL);
	copy = take(UNCLOSED);
	put_le64(copy.bytes + entry + 64 + 16, 0);
	expect(&copy, "the log writes over the headers", -EUCLEAN, "impossible places");
	copy = take(UNCLOSED);
	put_le64(copy.bytes + entry + 64 + 16, AT_LOG);
	expect(&copy, "the log writes over itself", -EUCLEAN, "impossible places");
	copy = take(UNCLOSED);
	put_le64(copy.bytes + entry + 64 + 16, (uint64_t)1 << 50);
	expect(&copy, "the log writes far outside", -EUCLEAN, "impossible places");
	copy = take(UNCLOSED);
	put_le64(copy.bytes + entry + 56, (uint64_t)1 << 60);
	expect(&copy, "the log wants a huge file", -EUCLEAN, "absurd");
	copy = take(UNCLOSED);
	put_le64(copy.bytes + entry + 48, 1 << 30);
	expect(&copy, "the log saw a longer file", -EUCLEAN, "cut off");
	copy = take(UNCLOSED);
	memset(copy.bytes + AT_LOG, 0, 1 << 20);
	expect(&copy, "an empty log that is needed", -EUCLEAN, "log is damaged");
	copy = take(UNCLOSED);
	put_le32(copy.bytes + entry + 24, 0xffffffff);
	memset(copy.bytes + AT_LOG, 0, entry - AT_LOG);
	expect(&copy, "4 billion descriptors", -EUCLEAN, "log is damaged");
}

/* Every page of the log claims to be an entry as long as the log: the work to see through it is bounded. */
static void test_log_flood(void)
{
	struct copy copy = take(UNCLOSED);
	char text[512];
	uint8_t guid[16];
	memcpy(guid, copy.bytes + find_last_entry(&copy) + 32, 16);
	for (uint64_t at = AT_LOG; at < AT_METADATA; at += 4096) {
		memset(copy.bytes + at, 0, 4096);
		memcpy(copy.bytes + at, "loge", 4);
		put_le32(copy.bytes + at + 8, 1 << 20);
		put_le64(copy.bytes + at + 16, at);
		memcpy(copy.bytes + at + 32, guid, 16);
	}
	clock_t before = clock();
	CHECK(hostile_use(io, copy.bytes, copy.size, true, text) == -EUCLEAN);
	CHECK((clock() - before) / CLOCKS_PER_SEC < 5);
	free(copy.bytes);
}

/* An entry of zeros and nothing else: one page of all, as often as 32 bytes fit in, or 64 MiB each time. */
static void test_log_zeros(void)
{
	enum { LENGTH = 1 << 20, COUNT = (LENGTH - 64) / 32 };
	for (unsigned is_writable = 0; is_writable < 2; is_writable++) {
		struct copy copy = take(UNCLOSED);
		uint8_t guid[16], *entry = copy.bytes + AT_LOG;
		uint64_t length = copy.size / 4096 * 4096 - (3 << 20);
		char text[512];
		memcpy(guid, copy.bytes + find_last_entry(&copy) + 32, 16);
		memset(entry, 0, LENGTH);
		memcpy(entry, "loge", 4);
		put_le32(entry + 8, LENGTH);
		put_le64(entry + 16, 1);
		put_le32(entry + 24, COUNT);
		memcpy(entry + 32, guid, 16);
		put_le64(entry + 48, copy.size);
		put_le64(entry + 56, copy.size);
		for (unsigned i = 0; i < COUNT; i++) {
			uint8_t *descriptor = entry + 64 + 32 * (size_t)i;
			memcpy(descriptor, "zero", 4);
			put_le64(descriptor + 8, length);
			put_le64(descriptor + 16, 3 << 20);
			put_le64(descriptor + 24, 1);
		}
		hostile_seal(copy.bytes, copy.size, copy.format);
		clock_t before = clock();
		int result = hostile_use(io, copy.bytes, copy.size, is_writable, text);
		if (is_writable ? result == -EFBIG : result != -EFBIG)
			CHECK(!"the end of a log of zeros");
		CHECK((clock() - before) / CLOCKS_PER_SEC < 5);
		free(copy.bytes);
	}
}

static void test_vhd(void)
{
	struct copy copy = take(VHD);
	put_be32(copy.bytes + 1536 + 4, get_be32(copy.bytes + 1536));
	expect(&copy, "two VHD blocks in one place", -EUCLEAN, "overlap");
	copy = take(VHD);
	put_be32(copy.bytes + 1536, 1);
	expect(&copy, "a VHD block over the header", -EUCLEAN, "overlap");
	copy = take(VHD); /* the same with the table elsewhere: where the footer was */
	memmove(copy.bytes + copy.size, copy.bytes + copy.size - 512, 512);
	memset(copy.bytes + copy.size - 512, 0xff, 512);
	put_be32(copy.bytes + copy.size - 512, 1);
	put_be64(copy.bytes + 512 + 16, copy.size - 512);
	copy.size += 512;
	expect(&copy, "a VHD block over the header alone", -EUCLEAN, "overlap");
	copy = take(VHD);
	put_be32(copy.bytes + 1536, 0xfffffffe);
	expect(&copy, "a VHD block outside", -EUCLEAN, "outside");
	copy = take(VHD);
	put_be32(copy.bytes + 512 + 32, 1000);
	expect(&copy, "VHD block size", -EUCLEAN, "block size");
	copy = take(VHD);
	put_be32(copy.bytes + 512 + 28, 1);
	expect(&copy, "VHD table too short", -EUCLEAN, "too short");
	copy = take(VHD);
	put_be64(copy.bytes + 512 + 16, UINT64_MAX & ~511ull);
	expect(&copy, "VHD table outside", -EUCLEAN, "outside");
	copy = take(VHD);
	memset(copy.bytes + copy.size - 512, 0, 512);
	copy.format = DISK_FORMAT_RAW; /* no sealing */
	expect(&copy, "VHD without the footer at the end", 0, NULL);
	copy = take(VHD_FIXED);
	put_be64(copy.bytes + copy.size - 512 + 48, 2000 * DISK_GIB);
	expect(&copy, "a fixed VHD that claims more than it has", -EUCLEAN, "shorter");
	copy = take(VHD_FIXED);
	put_be32(copy.bytes + copy.size - 512 + 60, 9);
	expect(&copy, "VHD type 9", -EPROTONOSUPPORT, "type");
}

/* Cut anywhere: refused with a reason or opened, nothing else. */
static void test_truncated(void)
{
	for (unsigned base = 0; base < BASE_COUNT; base++) {
		for (unsigned i = 0; i < 40; i++) {
			struct copy copy = take(base);
			char text[512];
			uint64_t size = i < 20 ? copy.size / 20 * i : test_random_below(copy.size);
			hostile_use(io, copy.bytes, size, i & 1, text);
			free(copy.bytes);
		}
	}
}

/* a -> b -> a, and a chain that is too long. */
static void test_circle(void)
{
	char a[256], b[256], base[256];
	struct disk_create_options options = { .format = DISK_FORMAT_VHDX, .size = DISK_MIB };
	struct disk_open_options open_options = { 0 };
	struct disk_error error;
	struct disk *disk;
	snprintf(base, sizeof(base), "%s/base", test_directory());
	snprintf(a, sizeof(a), "%s/a", test_directory());
	snprintf(b, sizeof(b), "%s/b", test_directory());
	options.type = DISK_TYPE_DYNAMIC;
	CHECK_OK(disk_create_path(io, base, &options, NULL, NULL, &error));
	options.type = DISK_TYPE_DIFFERENCING;
	CHECK_OK(disk_create_path(io, a, &options, base, NULL, &error));
	CHECK_OK(disk_create_path(io, b, &options, a, NULL, &error));
	/* By force, without opening the chain: as a hostile image would be. */
	struct disk_open_options alone = { .writable = true, .no_parent = true, .no_lock = true };
	struct disk *child, *parent;
	CHECK_OK(disk_open_path(io, a, &alone, &child, &error));
	alone.writable = false;
	CHECK_OK(disk_open_path(io, b, &alone, &parent, &error));
	CHECK_OK(disk_reconnect(child, parent, "./b", b, true, &error));
	disk_close(parent);
	CHECK_OK(disk_close(child));
	CHECK(disk_open_path(io, b, &open_options, &disk, &error) == -ELOOP);
	CHECK(strstr(error.text, "circle") || strstr(error.text, "own parent"));
	alone.writable = true;
	CHECK_OK(disk_open_path(io, a, &alone, &child, &error));
	CHECK_OK(disk_reconnect(child, child, "./a", a, true, &error));
	CHECK_OK(disk_close(child));
	CHECK(disk_open_path(io, a, &open_options, &disk, &error) == -ELOOP);
}

/* A locator that points at a file of another kind gives away nothing of it. */
static void test_locator(void)
{
	char child[256], secret[256], base[256];
	struct disk_create_options options = { .format = DISK_FORMAT_VHDX,
					       .size = DISK_MIB,
					       .type = DISK_TYPE_DYNAMIC };
	struct disk_open_options open_options = { 0 };
	struct disk_error error;
	struct disk *disk;
	snprintf(base, sizeof(base), "%s/base2", test_directory());
	snprintf(child, sizeof(child), "%s/child2", test_directory());
	int fd = test_file(secret);
	CHECK(write(fd, "secret\n", 7) == 7);
	close(fd);
	CHECK_OK(disk_create_path(io, base, &options, NULL, NULL, &error));
	options.type = DISK_TYPE_DIFFERENCING;
	CHECK_OK(disk_create_path(io, child, &options, base, NULL, &error));
	CHECK(!rename(secret, base));
	CHECK(disk_open_path(io, child, &open_options, &disk, &error) == -EMEDIUMTYPE);
	CHECK(!unlink(base));
	CHECK(!symlink("/dev/zero", base));
	CHECK(disk_open_path(io, child, &open_options, &disk, &error) == -EINVAL);
}

int main(int argc, char **argv)
{
	struct fault_engine *engine;
	test_seed_from(argc, argv);
#ifndef __SANITIZE_ADDRESS__
	/* no image makes us ask for much memory */
	setrlimit(RLIMIT_AS, &(struct rlimit){ 512 << 20, 512 << 20 });
#endif
	CHECK_OK(fault_new(&io, &engine));
	hostile_init(io);
	test_tables();
	test_metadata();
	test_headers();
	test_log();
	test_log_flood();
	test_log_zeros();
	test_vhd();
	test_truncated();
	test_circle();
	test_locator();
	disk_io_free(io);
	hostile_deinit();
	return test_end();
}
