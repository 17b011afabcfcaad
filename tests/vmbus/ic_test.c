/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The integration services and dynamic memory against a simulated guest: exact versions, exact sizes, one
 * request at a time. */
#include "../run/check.h"
#include "guest.h"

#include "vsp/balloon/balloon.h"
#include "vsp/balloon/balloon_proto.h"
#include "vsp/ic/file_copy.h"
#include "vsp/ic/ic.h"
#include "vsp/ic/ic_proto.h"
#include "vsp/ic/shutdown.h"
#include "vsp/ic/kvp.h"
#include "vsp/ic/vss.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct guest *guest;
static struct guest_packet packet;
static unsigned readies, answers, goods;
static enum file_copy_result copied;

static void on_ready(void *opaque, bool is_ready)
{
	readies += is_ready;
}

static void on_answer(void *opaque, bool is_good)
{
	answers++;
	goods += is_good;
}

static struct guest_channel *open_service(const char *type)
{
	struct vmbus_guid guid;

	vmbus_guid_parse(type, &guid);
	return guest_open(guest, guest_offer(guest, &guid, 0), 3, NULL);
}

static struct ic_header header_of(void)
{
	struct ic_header header;

	memcpy(&header, guest_payload(&packet), sizeof(header));
	return header;
}

static void *body(void)
{
	return packet.bytes + packet.head_size + sizeof(struct ic_header);
}

/* Sends what was received back, as an answer. */
static void reply(struct guest_channel *channel, uint32_t status, unsigned wrong_transaction)
{
	struct ic_header header = header_of();

	header.flags = IC_TRANSACTION | IC_RESPONSE;
	header.status = status;
	header.transaction = (uint8_t)(header.transaction + wrong_transaction);
	memcpy(packet.bytes + packet.head_size, &header, sizeof(header));
	guest_send(channel, 0, false, guest_payload(&packet), packet.size);
}

/* Chooses a version, as vmbus_prep_negotiate_resp() of Linux answers. */
static void choose(struct guest_channel *channel, struct ic_version framework, struct ic_version message)
{
	struct {
		uint16_t framework_count, message_count;
		uint32_t reserved;
		struct ic_version versions[2];
	} chosen = { 1, 1, 0, { framework, message } };

	CHECK(guest_receive(channel, &packet) && header_of().type == IC_NEGOTIATE);
	memcpy(body(), &chosen, sizeof(chosen));
	reply(channel, IC_OK, 0);
}

static void test_shutdown(void)
{
	static const struct shutdown_ops ops = { on_ready, on_answer };
	struct shutdown_ic *shutdown;
	struct guest_channel *channel;
	struct ic_shutdown asked;

	guest = guest_new();
	readies = answers = goods = 0;
	CHECK(shutdown_new(guest_bus(guest), &ops, NULL, &shutdown) == 0);
	CHECK(guest_start(guest) == 1);
	CHECK(shutdown_ask(shutdown, false) == -ENOTCONN);
	channel = open_service("0e0b6031-5213-4934-818b-38d90ced39db");
	CHECK(channel && shutdown_ask(shutdown, false) == -ENOTCONN);
	choose(channel, (struct ic_version){ 9, 9 }, (struct ic_version){ 3, 2 }); /* was not offered */
	CHECK(readies == 0);
	guest_close(channel);
	channel = open_service("0e0b6031-5213-4934-818b-38d90ced39db");
	choose(channel, (struct ic_version){ 3, 0 }, (struct ic_version){ 3, 1 });
	CHECK(readies == 1 && shutdown_ask(shutdown, true) == 0 && shutdown_ask(shutdown, true) == -EBUSY);
	CHECK(guest_receive(channel, &packet));
	CHECK(header_of().type == IC_SHUTDOWN && header_of().message_major == 3 &&
	      header_of().message_minor == 1);
	CHECK(header_of().body_size == 2060 && packet.size == 2088);
	memcpy(&asked, body(), sizeof(asked));
	CHECK(asked.flags == 2);
	reply(channel, IC_OK, 1); /* no answer to this */
	CHECK(answers == 0 && shutdown_ask(shutdown, false) == -EBUSY);
	reply(channel, IC_OK, 255);
	reply(channel, IC_OK, 0);
	CHECK(answers == 1 && goods == 1);
	reply(channel, IC_OK, 0); /* twice */
	CHECK(answers == 1);
	guest_reset(guest);
	shutdown_free(shutdown);
	guest_free(guest);
}

/* Switched off and on again while the guest uses it: freed where it is released, and offered once more. */
static void on_released(void *opaque)
{
	struct shutdown_ic **shutdown = opaque;

	*shutdown = shutdown_free(*shutdown);
}

static void test_rescind(void)
{
	static const char type[] = "0e0b6031-5213-4934-818b-38d90ced39db";
	static const struct shutdown_ops ops = { on_ready, on_answer };
	struct vmbus_relid_message rescind, released = { .header.type = VMBUS_RELID_RELEASED };
	struct shutdown_ic *shutdown;
	struct guest_channel *channel;

	guest = guest_new();
	readies = answers = goods = 0;
	CHECK(shutdown_new(guest_bus(guest), &ops, NULL, &shutdown) == 0);
	CHECK(guest_start(guest) == 1);
	channel = open_service(type);
	choose(channel, (struct ic_version){ 3, 0 }, (struct ic_version){ 3, 1 });
	CHECK(readies == 1 && shutdown_ask(shutdown, false) == 0);
	ic_rescind(shutdown_channel(shutdown), on_released, &shutdown);
	guest_run(guest);
	CHECK(guest_take(guest, VMBUS_RESCIND_OFFER, &rescind, sizeof(rescind)) &&
	      rescind.relid == channel->relid);
	CHECK(shutdown && shutdown_ask(shutdown, false) == -ENOTCONN && answers == 0);
	released.relid = rescind.relid;
	guest_post(guest, VMBUS_CONNECTION, &released, sizeof(released));
	guest_run(guest);
	CHECK(!shutdown);
	guest_forget(channel);
	CHECK(shutdown_new(guest_bus(guest), &ops, NULL, &shutdown) == 0);
	guest_run(guest);
	channel = open_service(type);
	CHECK(channel);
	choose(channel, (struct ic_version){ 3, 0 }, (struct ic_version){ 3, 1 });
	CHECK(shutdown_ask(shutdown, false) == 0);
	/* by a guest that never lets go: with its reset */
	ic_rescind(shutdown_channel(shutdown), on_released, &shutdown);
	guest_run(guest);
	CHECK(shutdown);
	guest_forget(channel);
	CHECK(guest_reset(guest));
	guest_run(guest);
	CHECK(!shutdown);
	guest_free(guest);
}

/* --- addresses of the guest's adapters --------------------------------------------------------------- */

static struct kvp_addresses told;

static void on_addresses(void *opaque, bool is_good, const struct kvp_addresses *addresses)
{
	answers++;
	goods += is_good;
	told = *addresses;
}

static void nothing_read(void *opaque)
{
}

static void nothing_told(void *opaque, enum kvp_pool pool, const char *key, const char *value)
{
}

static void put_words(size_t offset, const char *text)
{
	uint8_t *bytes = (uint8_t *)body() + offset;

	for (size_t i = 0; i <= strlen(text); i++)
		memcpy(bytes + 2 * i, (uint8_t[]){ (uint8_t)text[i], 0 }, 2);
}

static void test_addresses(void)
{
	static const struct kvp_ops ops = { .on_ready = on_ready,
					    .on_value = nothing_told,
					    .on_read = nothing_read,
					    .on_addresses = on_addresses };
	static const struct kvp_addresses bad[] = {
		{ .mac = "00:15:5d:01:02:03" },
		{ .device = "{0a746e65-107a-4b7e-8e00-00155d01020g}" },
		{ .device = "{0a746e65-107a-4b7e-8e00-00155d010203}", .address = "10.0.0.1\nX=1" },
		{ .device = "{0a746e65-107a-4b7e-8e00-00155d010203}", .dns = "$(id)" }
	};
	struct kvp_addresses which = { .mac = "00:15:5d:0a:02:03",
				       .device = "{0a746e65-107a-4b7e-8e00-00155d010203}" };
	const struct kvp_addresses no_mac = { .mac = "00-15-5d-01-02-03" };
	struct guest_channel *channel;
	struct ic_kvp_address *asked;
	struct kvp *kvp;

	guest = guest_new();
	answers = goods = 0;
	CHECK(kvp_new(guest_bus(guest), guest_loop(guest), &ops, NULL, &kvp) == 0 && guest_start(guest) == 1);
	CHECK(kvp_get_addresses(kvp, &which) == -ENOTCONN);
	channel = open_service("a9a0f4e7-5a45-4d96-b827-8a841e8c03e6");
	choose(channel, (struct ic_version){ 3, 0 }, (struct ic_version){ 4, 0 });
	CHECK(guest_receive(channel, &packet)); /* it reads what the guest has: no answer yet */
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(kvp_set_addresses(kvp, &bad[i]) == -EINVAL);
	CHECK(kvp_get_addresses(kvp, &no_mac) == -EINVAL);
	CHECK(kvp_get_addresses(kvp, &which) == 0 && kvp_get_addresses(kvp, &which) == -EBUSY);
	reply(channel, IC_FAILED, 0);
	CHECK(guest_receive(channel, &packet));
	asked = body();
	CHECK(asked->operation == KVP_GET_IP && asked->family == 1 && asked->adapter[6] == '5' &&
	      asked->adapter[7] == 'D' && asked->adapter[9] == '0' && asked->adapter[10] == 'A' &&
	      asked->adapter[17] == 0);
	put_words(offsetof(struct ic_kvp_address, address), "10.0.2.15;10.0.3.1");
	put_words(offsetof(struct ic_kvp_address, gateway), "not an address");
	memset(asked->dns, 'x', sizeof(asked->dns)); /* without an end */
	asked->has_dhcp = 7;
	reply(channel, IC_OK, 0);
	CHECK(answers == 1 && goods == 1 && strcmp(told.address, "10.0.2.15;10.0.3.1") == 0 &&
	      told.has_dhcp && !*told.gateway && !*told.dns && !*told.netmask &&
	      strcmp(told.mac, which.mac) == 0);
	CHECK(guest_receive(channel, &packet)); /* it reads on */
	which.has_dhcp = true;
	strcpy(which.address, "192.168.1.2");
	strcpy(which.netmask, "255.255.255.0");
	CHECK(kvp_set_addresses(kvp, &which) == 0);
	reply(channel, IC_FAILED, 0);
	CHECK(guest_receive(channel, &packet));
	asked = body();
	CHECK(asked->operation == KVP_SET_IP && asked->has_dhcp == 1 && asked->adapter[0] == '{' &&
	      asked->adapter[37] == '}' && asked->address[0] == '1' && asked->netmask[12] == '0');
	reply(channel, IC_FAILED, 0);
	CHECK(answers == 2 && goods == 1);
	guest_reset(guest);
	kvp_free(kvp);
	guest_free(guest);
}

static void on_frozen(void *opaque, int result)
{
	on_answer(opaque, result == 0);
}

static void test_vss(void)
{
	static const struct vss_ops ops = { on_ready, on_frozen, on_answer };
	static const uint8_t operations[] = { VSS_HOT_BACKUP, VSS_FREEZE, VSS_THAW };
	struct guest_channel *channel;
	struct vss *vss;

	guest = guest_new();
	answers = goods = 0;
	CHECK(vss_new(guest_bus(guest), guest_loop(guest), &ops, NULL, &vss) == 0 && guest_start(guest) == 1);
	channel = open_service("35fa2e29-ea23-4236-96ae-3a6ebacba440");
	choose(channel, (struct ic_version){ 3, 0 }, (struct ic_version){ 5, 0 });
	CHECK(vss_thaw(vss) == -EALREADY && vss_freeze(vss, VSS_FROZEN_MS) == 0 &&
	      vss_freeze(vss, VSS_FROZEN_MS) == -EINPROGRESS);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(guest_receive(channel, &packet) && *(uint8_t *)body() == operations[i]);
		reply(channel, IC_OK, 0);
		if (i == 1)
			CHECK(answers == 1 && goods == 1 && vss_freeze(vss, VSS_FROZEN_MS) == -EBUSY &&
			      vss_thaw(vss) == 0);
	}
	CHECK(answers == 2 && vss_freeze(vss, VSS_FROZEN_MS) == 0);
	CHECK(guest_receive(channel, &packet));
	reply(channel, IC_FAILED, 0);
	CHECK(answers == 3 && goods == 1);
	guest_reset(guest);
	vss_free(vss);
	guest_free(guest);
}

static void on_progress(void *opaque, uint64_t done, uint64_t size)
{
}

static void on_copied(void *opaque, enum file_copy_result result)
{
	copied = result;
	answers++;
}

static void test_copy(void)
{
	static const struct file_copy_ops ops = { on_ready, on_progress, on_copied };
	struct guest_channel *channel;
	struct file_copy *copy = NULL;
	struct ic_copy_write write_body;
	uint64_t got = 0;
	int fd = memfd_create("file", MFD_CLOEXEC);

	guest = guest_new();
	answers = 0;
	CHECK(ftruncate(fd, 10000) == 0 && file_copy_new(guest_bus(guest), &ops, NULL, &copy) == 0);
	CHECK(guest_start(guest) == 1);
	CHECK(file_copy_start(copy, dup(fd), 10000, "/tmp", "a", false, false) == -ENOTCONN);
	channel = open_service("34d14be3-dee4-41c8-9ae7-6b174977c192");
	choose(channel, (struct ic_version){ 3, 0 }, (struct ic_version){ 1, 1 });
	CHECK(file_copy_start(copy, dup(fd), 10000, "/tmp", "..", false, false) == -EINVAL);
	CHECK(file_copy_start(copy, dup(fd), 10000, "/tmp", "a/b", false, false) == -EINVAL);
	CHECK(file_copy_start(copy, dup(fd), 10000, "/tmp", "a", false, false) == 0);
	CHECK(file_copy_start(copy, dup(fd), 10000, "/tmp", "b", false, false) == -EBUSY);
	CHECK(guest_receive(channel, &packet) && header_of().body_size == 1088);
	reply(channel, IC_OK, 0);
	while (guest_receive(channel, &packet) && header_of().body_size == sizeof(write_body)) {
		memcpy(&write_body, body(), sizeof(write_body));
		CHECK(write_body.offset == got && write_body.size <= COPY_CHUNK);
		got += write_body.size;
		reply(channel, IC_OK, 0);
	}
	CHECK(got == 10000 && *(uint32_t *)body() == COPY_COMPLETE && answers == 0);
	reply(channel, IC_OK, 0);
	CHECK(answers == 1 && copied == FILE_COPY_DONE);
	CHECK(file_copy_start(copy, dup(fd), 10000, "/tmp", "a", false, false) == 0 &&
	      guest_receive(channel, &packet));
	reply(channel, IC_EXISTS, 0);
	CHECK(answers == 2 && copied == FILE_COPY_EXISTS);
	/* a file that has become shorter */
	CHECK(file_copy_start(copy, dup(fd), 20000, "/tmp", "a", false, false) == 0);
	while (guest_receive(channel, &packet))
		reply(channel, IC_OK, 0);
	CHECK(answers == 3 && copied == FILE_COPY_READ);
	CHECK(file_copy_start(copy, dup(fd), 10000, "/tmp", "a", false, false) == 0 && guest_reset(guest));
	CHECK(answers == 4 && copied == FILE_COPY_GONE);
	file_copy_free(copy);
	guest_free(guest);
	close(fd);
}

/* --- dynamic memory ---------------------------------------------------------------------------------- */

enum { UNIT_PAGES = 0x8000 }; /* 128 MiB */

static uint64_t dropped, ballooned, added, backed;

static void on_status(void *opaque, const struct balloon_status *status)
{
	answers++;
}

static void on_ballooned(void *opaque, uint64_t pages)
{
	ballooned = pages;
}

static bool on_discard(void *opaque, uint64_t gpa, uint64_t size)
{
	if (gpa + size > GUEST_MEMORY)
		return false;
	dropped += size / 4096;
	return true;
}

static void say(struct guest_channel *channel, void *message, size_t size, enum dm_type type)
{
	struct dm_header header = { .type = (uint16_t)type, .size = (uint16_t)size };

	memcpy(message, &header, sizeof(header));
	guest_send(channel, 0, false, message, size);
}

static uint16_t heard(struct guest_channel *channel)
{
	struct dm_header header = { 0 };

	if (guest_receive(channel, &packet))
		memcpy(&header, guest_payload(&packet), sizeof(header));
	return header.type;
}

static void give(struct guest_channel *channel, const uint64_t *ranges, unsigned count, bool has_more)
{
	struct {
		struct dm_ranges head;
		uint64_t ranges[4];
	} message = { { .more_and_count = count << 1 | has_more }, { 0 } };

	memcpy(message.ranges, ranges, count * 8);
	say(channel, &message, sizeof(message.head) + count * 8, DM_BALLOON_RESPONSE);
}

static bool on_back(void *opaque, uint64_t pages)
{
	backed = pages;
	return pages <= 4 * UNIT_PAGES;
}

static void on_added(void *opaque, uint64_t pages)
{
	added = pages;
}

static const struct balloon_ops hot_ops = {
	on_ready, on_status, on_ballooned, on_discard, on_back, on_added
};

/* The driver's part until it is ready; what it hears first. */
static struct guest_channel *come_up(uint64_t can)
{
	struct dm_version_request version = { .version = DM_VERSION_2_0 };
	struct dm_capabilities capabilities = { .capabilities = can };
	struct guest_channel *channel = open_service("525074dc-8985-46e2-8057-a307dc18a502");

	say(channel, &version, sizeof(version), DM_VERSION_REQUEST);
	CHECK(heard(channel) == DM_VERSION_RESPONSE);
	say(channel, &capabilities, sizeof(capabilities), DM_CAPABILITIES);
	CHECK(heard(channel) == DM_CAPABILITIES_RESPONSE && heard(channel) == DM_INFO);
	return channel;
}

/* It is asked to add `pages` from the page `first` on, and says how many it did. */
static void add(struct guest_channel *channel, uint64_t first, uint64_t pages, uint32_t done,
		uint32_t is_good)
{
	struct dm_hot_add_response response = { .pages = done, .is_good = is_good };
	uint64_t range = 0;

	CHECK(heard(channel) == DM_HOT_ADD);
	memcpy(&range, (const uint8_t *)guest_payload(&packet) + 8, 8);
	CHECK(range == (first | pages << 40));
	say(channel, &response, sizeof(response), DM_HOT_ADD_RESPONSE);
}

static void test_hot_add(void)
{
	const uint64_t pages = GUEST_MEMORY / 4096, first = 0x80000;
	const uint64_t part = first | (uint64_t)(UNIT_PAGES - 100) << 40;
	struct balloon_config config = { .memory_end = GUEST_MEMORY,
					 .pages = pages,
					 .hot_first_page = first,
					 .hot_pages = 4 * UNIT_PAGES,
					 .ops = &hot_ops };
	struct guest_channel *channel;
	struct balloon *balloon;

	guest = guest_new();
	CHECK(balloon_new(guest_bus(guest), guest_loop(guest), &config, &balloon) == 0 &&
	      guest_start(guest) == 1);
	balloon_set_size(balloon, pages + 100);
	channel = come_up(DM_CAN_BALLOON | DM_CAN_HOT_ADD | 7 << 2);
	/* a whole unit, of which what is not wanted is given away; more than was asked for counts as that */
	add(channel, first, UNIT_PAGES, 9 * UNIT_PAGES, 1);
	CHECK(added == UNIT_PAGES && backed == UNIT_PAGES);
	dropped = 0;
	CHECK(heard(channel) == DM_BALLOON &&
	      ((const uint32_t *)guest_payload(&packet))[2] == UNIT_PAGES - 100);
	give(channel, &part, 1, false);
	CHECK(dropped == 0 && heard(channel) == 0); /* on_discard() of this test has no hot memory */
	/* what was not answered does not come twice; part of it is taken; not now means later */
	balloon_set_size(balloon, pages + 4 * UNIT_PAGES);
	add(channel, first + UNIT_PAGES, 3 * UNIT_PAGES, 2 * UNIT_PAGES, 1);
	CHECK(added == 3 * UNIT_PAGES);
	add(channel, first + 3 * UNIT_PAGES, UNIT_PAGES, 0, 0);
	CHECK(heard(channel) == 0 && added == 3 * UNIT_PAGES);
	balloon_set_size(balloon, pages + 4 * UNIT_PAGES);
	/* no pages and "good": never again */
	add(channel, first + 3 * UNIT_PAGES, UNIT_PAGES, 0, 1);
	balloon_set_size(balloon, pages + 4 * UNIT_PAGES);
	CHECK(heard(channel) == 0);
	/* a new driver of the same machine: all that was added is there */
	guest_reset(guest);
	CHECK(guest_start(guest) == 1);
	channel = come_up(DM_CAN_BALLOON | DM_CAN_HOT_ADD | 7 << 2);
	add(channel, first + 3 * UNIT_PAGES, UNIT_PAGES, UNIT_PAGES, 1);
	CHECK(added == 4 * UNIT_PAGES && heard(channel) == 0);
	/* a machine that begins anew has none; one that cannot add is not asked; nor one with units beyond
	 * reason */
	guest_reset(guest);
	balloon_restarted(balloon);
	CHECK(guest_start(guest) == 1);
	channel = come_up(DM_CAN_BALLOON);
	CHECK(heard(channel) == 0);
	guest_reset(guest);
	CHECK(guest_start(guest) == 1);
	channel = come_up(DM_CAN_HOT_ADD | 12 << 2);
	CHECK(heard(channel) == 0);
	guest_reset(guest);
	balloon_free(balloon);
	guest_free(guest);
}

static void test_balloon(void)
{
	static const struct balloon_ops ops = { on_ready, on_status, on_ballooned, on_discard };
	static const uint64_t ranges[] = { 100 | UINT64_C(50) << 40, 120 | UINT64_C(50) << 40,
					   (GUEST_MEMORY / 4096) | UINT64_C(5) << 40,
					   UINT64_C(0xffffffffff) | UINT64_C(9) << 40 };
	struct balloon_config config = { .memory_end = GUEST_MEMORY,
					 .pages = GUEST_MEMORY / 4096,
					 .ops = &ops };
	struct dm_version_request version = { .version = 0x30000 };
	struct dm_capabilities capabilities = { .capabilities = DM_CAN_BALLOON };
	struct dm_header done;
	struct guest_channel *channel;
	struct dm_unballoon back;
	struct balloon *balloon;
	uint64_t range;

	guest = guest_new();
	readies = answers = 0;
	CHECK(balloon_new(guest_bus(guest), guest_loop(guest), &config, &balloon) == 0 &&
	      guest_start(guest) == 1);
	channel = open_service("525074dc-8985-46e2-8057-a307dc18a502");
	balloon_set_size(balloon, config.pages - 70);
	say(channel, &version, sizeof(version), DM_VERSION_REQUEST);
	CHECK(heard(channel) == DM_VERSION_RESPONSE && ((const uint8_t *)guest_payload(&packet))[8] == 0);
	version.version = DM_VERSION_2_0;
	say(channel, &version, sizeof(version), DM_VERSION_REQUEST);
	CHECK(heard(channel) == DM_VERSION_RESPONSE && ((const uint8_t *)guest_payload(&packet))[8] == 1);
	say(channel, &capabilities, sizeof(capabilities), DM_CAPABILITIES);
	CHECK(heard(channel) == DM_CAPABILITIES_RESPONSE && heard(channel) == DM_INFO && readies == 1);
	CHECK(heard(channel) == DM_BALLOON && ((const uint32_t *)guest_payload(&packet))[2] == 70);
	/* overlapping ranges count once; what is no memory counts not at all */
	give(channel, ranges, 4, true);
	CHECK(dropped == 70 && heard(channel) == 0);
	give(channel, ranges, 0, false);
	CHECK(ballooned == 70 && heard(channel) == 0);
	balloon_set_size(balloon, config.pages - 10);
	CHECK(heard(channel) == DM_UNBALLOON && ballooned == 10);
	memcpy(&back, guest_payload(&packet), sizeof(back));
	memcpy(&range, (const uint8_t *)guest_payload(&packet) + sizeof(back), 8);
	CHECK(back.range_count == 1 && range == (100 | UINT64_C(60) << 40));
	say(channel, &done, sizeof(done), DM_UNBALLOON_RESPONSE);
	CHECK(heard(channel) == 0);
	guest_reset(guest);
	balloon_free(balloon);
	guest_free(guest);
}

int main(void)
{
	test_shutdown();
	test_rescind();
	test_addresses();
	test_vss();
	test_copy();
	test_balloon();
	test_hot_add();
	return check_result();
}
