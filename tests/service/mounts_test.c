/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is attached to the host, as /sys has it; who uses it; the message that attaches a disk. */
#include "check.h"

#include "service/mounts.h"
#include "service/nbd_netlink.h"

#include <glib/gstdio.h>
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>
#include <linux/netlink.h>
#include <string.h>

static char *sys;

static void put(const char *path, const char *text)
{
	char *full = g_build_filename(sys, path, NULL), *folder = g_path_get_dirname(full);

	g_mkdir_with_parents(folder, 0700);
	CHECK_F(g_file_set_contents(full, text, -1, NULL), "%s", full);
	g_free(folder);
	g_free(full);
}

/* A computer with two disks of ours, one of somebody else's, one that is free, and a real one. */
static void make_sys(void)
{
	put("block/nbd0/backend", "bulkhead alice /disks/my web.vhdx\n");
	put("block/nbd0/dev", "43:0\n");
	put("block/nbd0/ro", "0\n");
	put("block/nbd0/nbd0p1/dev", "43:1\n");
	put("block/nbd12/backend", "bulkhead bob /disks/b.raw\n");
	put("block/nbd12/dev", "43:192\n");
	put("block/nbd12/ro", "1\n");
	put("block/nbd12/holders/dm-3", "");
	put("block/nbd3/backend", "qemu something\n");
	put("block/nbd4/size", "0\n");
	put("block/nbd5/backend", "bulkhead \n");
	put("block/sda/backend", "bulkhead eve /dev/sda\n");
	put("mountinfo", "36 35 98:0 / / rw,noatime shared:1 - ext4 /dev/root rw\n"
			 "40 36 43:1 / /mnt/my\\040disk rw - ext4 /dev/nbd0p1 rw\n");
	put("empty", "36 35 98:0 / / rw - ext4 /dev/root rw\n");
}

static void test_list(void)
{
	GPtrArray *mounts = mounts_list(sys);
	const struct mount *mount = mounts_find(mounts, "/dev/nbd12");

	CHECK_F(mounts->len == 2, "%u mounts", mounts->len);
	CHECK(mount && mount->index == 12 && mount->is_read_only && strcmp(mount->user, "bob") == 0);
	mount = mounts_find(mounts, "/disks/my web.vhdx");
	CHECK(mount && mount->index == 0 && !mount->is_read_only && strcmp(mount->user, "alice") == 0);
	CHECK(!mounts_find(mounts, "/dev/nbd3") && !mounts_find(mounts, "/dev/sda") &&
	      !mounts_find(mounts, ""));
	g_ptr_array_unref(mounts);
	mounts = mounts_list("/nonexistent");
	CHECK(mounts->len == 0);
	g_ptr_array_unref(mounts);
}

static void check_user(const char *name, const char *mountinfo, const char *wanted)
{
	char *path = g_build_filename(sys, mountinfo, NULL);
	GPtrArray *mounts = mounts_list(sys);
	char *user = mounts_user_of(mounts_find(mounts, name), sys, path);

	CHECK_F(g_strcmp0(user, wanted) == 0, "%s with %s is used by %s", name, mountinfo,
		user ? user : "nobody");
	g_free(user);
	g_ptr_array_unref(mounts);
	g_free(path);
}

static void test_identifier(void)
{
	char *text = mounts_identifier("alice", "/disks/my web.vhdx");

	CHECK(strcmp(text, "bulkhead alice /disks/my web.vhdx") == 0);
	g_free(text);
}

/* The attribute of this type in a message; NULL. */
static const struct nlattr *attribute(const uint8_t *bytes, size_t at, size_t size, unsigned type)
{
	while (at + NLA_HDRLEN <= size) {
		const struct nlattr *head = (const struct nlattr *)(bytes + at);

		if (head->nla_len < NLA_HDRLEN || head->nla_len > size - at)
			return NULL;
		if ((head->nla_type & NLA_TYPE_MASK) == type)
			return head;
		at += NLA_ALIGN(head->nla_len);
	}
	return NULL;
}

static guint64 number(const struct nlattr *head)
{
	guint64 value = 0;

	if (head)
		memcpy(&value, head + 1, MIN(sizeof(value), (size_t)(head->nla_len - NLA_HDRLEN)));
	return value;
}

static void test_message(void)
{
	_Alignas(8) uint8_t bytes[NBD_MESSAGE_MAX];
	struct nbd_device device = {
		.socket = 7, .size = 40 << 20, .block = 512, .flags = 5, .identifier = "bulkhead a /x"
	};
	size_t size = nbd_netlink_build_attach(&device, 0x1b, bytes), at = NLMSG_HDRLEN + GENL_HDRLEN;
	const struct nlmsghdr *head = (const struct nlmsghdr *)bytes;
	const struct nlattr *list = attribute(bytes, at, size, NBD_ATTR_SOCKETS),
			    *item = list ? list + 1 : NULL;
	char *large = g_strnfill(NBD_MESSAGE_MAX, 'x');

	CHECK(size > at && head->nlmsg_len == size && head->nlmsg_type == 0x1b);
	CHECK(number(attribute(bytes, at, size, NBD_ATTR_SIZE_BYTES)) == 40 << 20);
	CHECK(number(attribute(bytes, at, size, NBD_ATTR_BLOCK_SIZE_BYTES)) == 512);
	CHECK(number(attribute(bytes, at, size, NBD_ATTR_SERVER_FLAGS)) == 5);
	CHECK(!attribute(bytes, at, size, NBD_ATTR_INDEX));
	CHECK(list && list->nla_len == 3 * NLA_HDRLEN + 4 && item->nla_len == 2 * NLA_HDRLEN + 4 &&
	      (item->nla_type & NLA_TYPE_MASK) == NBD_SOCK_ITEM && number(item + 1) == 7);
	device.identifier = large;
	CHECK(nbd_netlink_build_attach(&device, 0x1b, bytes) == 0);
	g_free(large);
}

int main(void)
{
	sys = g_dir_make_tmp("mounts-test.XXXXXX", NULL);
	make_sys();
	test_list();
	check_user("/dev/nbd0", "mountinfo", "/mnt/my disk");
	check_user("/dev/nbd0", "empty", NULL);
	check_user("/dev/nbd12", "empty", "/dev/dm-3");
	test_identifier();
	test_message();
	{
		char *argv[] = { (char *)"rm", (char *)"-rf", sys, NULL };

		g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
	}
	g_free(sys);
	return check_result();
}
