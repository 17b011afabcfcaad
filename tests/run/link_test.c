/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages: there and back, hostile packets, descriptors that must not leak. */
#include "check.h"

#include "link/worker_link.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int pair[2];

static unsigned count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned n = 0;

	while (folder && readdir(folder))
		n++;
	closedir(folder);
	return n;
}

static void test_round_trip(void)
{
	struct link_message *out, *in;
	uint64_t n = 0;
	char high[8] = "\xff\x80%\n\t=";
	int fd;

	CHECK(link_message_new("start", &out) == 0);
	link_add(out, "text", high);
	link_add(out, "empty", "");
	link_add_number(out, "number", UINT64_MAX);
	link_add_fd(out, "file", pair[0]);
	CHECK(link_send(pair[0], out) == 0);
	link_message_free(out);
	if (!CHECK(link_receive(pair[1], &in) == 0))
		return;
	CHECK(strcmp(link_verb(in), "start") == 0);
	CHECK(link_get(in, "text") && strcmp(link_get(in, "text"), high) == 0);
	CHECK(link_get(in, "empty") && !*link_get(in, "empty"));
	CHECK(!link_get(in, "tex"));
	CHECK(link_get_number(in, "number", UINT64_MAX, &n) == 0 && n == UINT64_MAX);
	CHECK(link_get_number(in, "number", 5, &n) == -ERANGE);
	CHECK(link_get_number(in, "text", 5, &n) == -EINVAL);
	CHECK(link_get_number(in, "empty", 5, &n) == -EINVAL);
	CHECK(link_get_number(in, "none", 5, &n) == -ENOENT);
	CHECK(link_take_fd(in, "file", &fd) == 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	close(fd);
	CHECK(link_take_fd(in, "file", &fd) == -EBADF);
	link_message_free(in);
}

static void test_too_much(void)
{
	struct link_message *m;
	char *big = malloc(LINK_PACKET_MAX + 1);

	memset(big, 'x', LINK_PACKET_MAX);
	big[LINK_PACKET_MAX] = '\0';
	CHECK(link_message_new("Bad Verb", &m) == -EINVAL);
	CHECK(link_message_new("", &m) == -EINVAL);
	CHECK(link_message_new("a", &m) == 0);
	link_add(m, "big", big);
	CHECK(link_send(pair[0], m) == -E2BIG);
	link_message_free(m);
	CHECK(link_message_new("a", &m) == 0);
	for (unsigned i = 0; i < LINK_FIELDS_MAX + 1; i++)
		link_add(m, "k", "v");
	CHECK(link_send(pair[0], m) == -E2BIG);
	link_message_free(m);
	CHECK(link_message_new("a", &m) == 0);
	link_add(m, "a=b", "v");
	CHECK(link_send(pair[0], m) == -EINVAL);
	link_message_free(m);
	free(big);
}

static int receive_raw(const char *text, size_t size)
{
	struct link_message *in;
	int r;

	if (send(pair[0], text, size, 0) < 0)
		return -errno;
	r = link_receive(pair[1], &in);
	if (r == 0)
		link_message_free(in);
	return r;
}

static void test_bad_packets(void)
{
	static const char *const bad[] = {
		"x",
		"\n",
		"bulkhead 1 ",
		"bulkhead 1 \n",
		"bulkhead 1 a",
		"bulkhead 2 a\n",
		"bulkhead 1 A\n",
		"bulkhead 1 a\nx\n",
		"bulkhead 1 a\n=x\n",
		"bulkhead 1 a\nX=x\n",
		"bulkhead 1 a\nx=1\nx=2\n",
		"bulkhead 1 a\nx=%0\n",
		"bulkhead 1 a\nx=%\n",
		"bulkhead 1 a\nx=%zz\n",
		"bulkhead 1 a\nx=%00\n",
		"bulkhead 1 a\nx=%0a\n",
		"bulkhead 1 a\nx=\t\n",
		"bulkhead 1 a\n\n",
		"bulkhead 1 a\nx=1",
		"bulkhead 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	};
	static char big[LINK_PACKET_MAX + 100];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(receive_raw(bad[i], strlen(bad[i])) == -EBADMSG))
			printf("  packet %zu: \"%s\"\n", i, bad[i]);
	CHECK(receive_raw("bulkhead 1 a\nx=\0y\n", 18) == -EBADMSG);
	CHECK(receive_raw("bulkhead 1 a\nx=1\n", 17) == 0);
	memset(big, 'x', sizeof(big));
	memcpy(big, "bulkhead 1 a\nx=", 15);
	big[LINK_PACKET_MAX - 1] = '\n';
	CHECK(receive_raw(big, LINK_PACKET_MAX) == 0);
	big[sizeof(big) - 1] = '\n';
	CHECK(receive_raw(big, sizeof(big)) == -EBADMSG);
}

/* More descriptors than a message may have, and a bad text with some: all are closed again. */
static void test_descriptor_leak(void)
{
	unsigned before = count_descriptors();
	int fds[LINK_FDS_MAX + 4];
	const char *texts[2] = { "bulkhead 1 a\n", "nonsense" };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		fds[i] = pair[0];
	for (int i = 0; i < 2; i++) {
		size_t count = i ? 3 : sizeof(fds) / sizeof(fds[0]);
		struct iovec part = { (void *)texts[i], strlen(texts[i]) };
		char control[CMSG_SPACE(sizeof(fds))] = { 0 };
		struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control };
		struct cmsghdr *c = (struct cmsghdr *)control;
		struct link_message *in;

		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, count * sizeof(int));
		CHECK(sendmsg(pair[0], &header, 0) > 0);
		CHECK(link_receive(pair[1], &in) == -EBADMSG);
	}
	CHECK(count_descriptors() == before);
}

static void test_worker_config(void)
{
	struct worker_config config, got;
	struct link_message *out, *in;

	worker_config_init(&config);
	config.name = strdup("a b");
	config.engine = strdup("auto");
	config.cmdline = strdup("x=\"1 2\"");
	config.kernel_name = strdup("/boot/v");
	config.initrd_name = strdup("");
	config.kernel_fd = dup(pair[0]);
	config.memory_mib = 64;
	config.processors = 2;
	for (unsigned processors = 0; processors <= 65; processors++) {
		bool is_good = processors >= 1 && processors <= 64;

		config.processors = processors;
		config.is_compatible = processors & 1;
		CHECK(worker_config_encode(&config, &out) == 0 && link_send(pair[0], out) == 0);
		link_message_free(out);
		CHECK(link_receive(pair[1], &in) == 0);
		CHECK(worker_config_decode(in, &got) == (is_good ? 0 : -EBADMSG));
		link_message_free(in);
		if (!is_good)
			continue;
		CHECK(got.processors == processors && got.memory_mib == 64 && got.initrd_fd == -1);
		CHECK(got.is_compatible == (processors & 1));
		CHECK(got.kernel_fd >= 0 && strcmp(got.cmdline, config.cmdline) == 0);
		worker_config_deinit(&got);
	}
	worker_config_deinit(&config);
}

/* A generation 1 machine, through the socket and back; then with each thing that must be there missing. */
static void test_generation1(void)
{
	struct worker_config config, got;
	struct link_message *out, *in;

	for (unsigned missing = 0; missing < 3; missing++) {
		worker_config_init(&config);
		config.name = strdup("g1");
		config.engine = strdup("auto");
		config.cmdline = strdup("");
		config.kernel_name = strdup("");
		config.memory_mib = 64;
		config.processors = 1;
		config.generation = missing == 2 ? 2 : 1;
		config.bios_fd = missing == 1 ? -1 : dup(pair[0]);
		config.vga_bios_fd = dup(pair[0]);
		config.display_fd = dup(pair[0]);
		config.boots_cdrom_first = true;
		config.hold = WORKER_HOLD_ERRORS;
		config.drives[0] = (struct worker_drive){ WORKER_DRIVE_DISK, strdup("d\n"), strdup("vhdx"),
							  dup(pair[0]), true };
		config.drives[0].qos = (struct worker_qos){ 5, WORKER_IOPS_MAX };
		config.coms[0].kind = WORKER_SERIAL_HUB;
		config.coms[1] = (struct worker_com){ WORKER_SERIAL_SOCKET, dup(pair[0]) };
		config.screen_width_max = 1280;
		config.screen_height_max = 1024;
		config.drives[2] =
		    (struct worker_drive){ WORKER_DRIVE_CDROM, strdup(""), strdup("iso"), -1, false };
		CHECK(worker_config_encode(&config, &out) == 0 && link_send(pair[0], out) == 0);
		link_message_free(out);
		CHECK(link_receive(pair[1], &in) == 0);
		CHECK(worker_config_decode(in, &got) == (missing == 0 ? 0 : -EBADMSG));
		link_message_free(in);
		if (missing == 0) {
			CHECK(got.generation == 1 && got.bios_fd >= 0 && got.vga_bios_fd >= 0 &&
			      got.display_fd >= 0);
			CHECK(got.kernel_fd < 0 && got.viewer_fd < 0 && got.boots_cdrom_first &&
			      got.hold == WORKER_HOLD_ERRORS);
			CHECK(got.drives[0].kind == WORKER_DRIVE_DISK && got.drives[0].fd >= 0 &&
			      got.drives[0].is_read_only && strcmp(got.drives[0].name, "d\n") == 0 &&
			      strcmp(got.drives[0].format, "vhdx") == 0);
			CHECK(got.drives[0].qos.min_iops == 5 &&
			      got.drives[0].qos.max_iops == WORKER_IOPS_MAX && !got.drives[2].qos.max_iops);
			CHECK(got.coms[0].kind == WORKER_SERIAL_HUB && got.coms[0].fd < 0 &&
			      got.coms[1].kind == WORKER_SERIAL_SOCKET && got.coms[1].fd >= 0);
			CHECK(got.screen_width_max == 1280 && got.screen_height_max == 1024);
			CHECK(got.drives[2].kind == WORKER_DRIVE_CDROM && got.drives[2].fd < 0);
			CHECK(got.drives[1].kind == WORKER_DRIVE_NONE &&
			      got.drives[3].kind == WORKER_DRIVE_NONE);
			worker_config_deinit(&got);
		}
		worker_config_deinit(&config);
	}
}

/* A minimum above the maximum, and what is no number of operations. */
static void test_bad_limits(void)
{
	static const char *const cases[][2] = { { "9", "4" }, { "-1", "" }, { "", "1000001" }, { "x", "" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct worker_qos qos = { 1, 2 };
		struct link_message *out, *in;

		CHECK(link_message_new("disk-limits", &out) == 0);
		if (*cases[i][0])
			link_add(out, "min-iops", cases[i][0]);
		if (*cases[i][1])
			link_add(out, "max-iops", cases[i][1]);
		CHECK(link_send(pair[0], out) == 0);
		link_message_free(out);
		CHECK(link_receive(pair[1], &in) == 0);
		CHECK(worker_qos_decode(in, "", &qos) == -EBADMSG && qos.min_iops == 1 && qos.max_iops == 2);
		link_message_free(in);
	}
}

/* A chain of `count` for an IDE drive and for a synthetic disk: names and descriptors in their order. */
static void test_chains(void)
{
	static const unsigned counts[] = { 0, 1, 30, WORKER_PARENTS_MAX };

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct worker_disk disk = { .kind = WORKER_DRIVE_DISK, .lun = 3, .fd = dup(pair[0]) }, got;
		struct link_message *out, *in;
		bool is_good = true;
		char name[32];

		for (unsigned i = 0; i < counts[c]; i++) {
			snprintf(name, sizeof(name), "/disks/parent %u", i);
			CHECK(worker_chain_add(&disk.chain, name, dup(pair[0])) == 0);
		}
		CHECK(counts[c] < WORKER_PARENTS_MAX ||
		      worker_chain_add(&disk.chain, "one more", dup(pair[0])) == -ENOSPC);
		CHECK(worker_disk_encode(&disk, &out) == 0 && link_send(pair[0], out) == 0);
		link_message_free(out);
		CHECK(link_receive(pair[1], &in) == 0);
		CHECK(worker_disk_decode(in, &got) == 0);
		link_message_free(in);
		CHECK(got.chain.count == counts[c]);
		for (unsigned i = 0; i < got.chain.count; i++) {
			snprintf(name, sizeof(name), "/disks/parent %u", i);
			is_good = is_good && strcmp(got.chain.parents[i].name, name) == 0 &&
				  got.chain.parents[i].fd >= 0;
		}
		CHECK(is_good);
		worker_disk_deinit(&got);
		worker_disk_deinit(&disk);
	}
}

/* What says less or more than it brings: refused, and nothing stays open. */
static void test_bad_chains(void)
{
	static const struct {
		const char *count, *name;
		bool has_fd;
	} cases[] = { { "1", "/a", false },
		      { "1", NULL, true },
		      { "2", "/a", true },
		      { "65", "/a", true },
		      { "x", "/a", true } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct worker_chain chain = { 0 };
		struct link_message *out, *in;

		CHECK(link_message_new("disk", &out) == 0);
		link_add(out, "parents", cases[i].count);
		if (cases[i].name)
			link_add(out, "parent-0-name", cases[i].name);
		if (cases[i].has_fd)
			link_add_fd(out, "parent-0-fd", pair[0]);
		CHECK(link_send(pair[0], out) == 0);
		link_message_free(out);
		CHECK(link_receive(pair[1], &in) == 0);
		CHECK(worker_chain_decode(in, "", &chain) == -EBADMSG);
		link_message_free(in);
		worker_chain_deinit(&chain);
	}
}

int main(void)
{
	unsigned before, after;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return 1;
	before = count_descriptors();
	test_round_trip();
	test_too_much();
	test_bad_packets();
	test_descriptor_leak();
	test_worker_config();
	test_generation1();
	test_bad_limits();
	test_chains();
	test_bad_chains();
	after = count_descriptors();
	CHECK(before == after);
	close(pair[0]);
	{
		struct link_message *in;

		CHECK(link_receive(pair[1], &in) == LINK_CLOSED);
	}
	return check_result();
}
