/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile client of a running service. hostile SOCKET SECONDS [SEED]
 * It sends broken authentication, messages that claim to be huge, calls of every method with values of its
 * own making, and such calls with bytes changed; it floods without reading. Afterwards the service must
 * answer a good call. Prints what was done; exit status 1 with the seed when the service does not answer any
 * more.
 */
#include "api/api.h"
#include "api_interfaces.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MS = 15000, CALLS_PER_CONNECTION = 40, FLOOD = 10000 };

static const char *socket_path;
static guint calls, connections, mutations;

static int connect_raw(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, socket_path, sizeof(address.sun_path));
	for (unsigned i = 0; i < 100; i++) {
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
			connections++;
			return fd;
		}
		g_usleep(10000); /* its places are taken by those that we left behind */
	}
	close(fd);
	return -1;
}

/* Never waits for a service that does not read. */
static gboolean put(int fd, const void *data, gsize size)
{
	while (size > 0) {
		struct pollfd ready = { .fd = fd, .events = POLLOUT };
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN && poll(&ready, 1, 200) > 0)
			continue;
		if (n <= 0)
			return FALSE;
		data = (const char *)data + n;
		size -= (gsize)n;
	}
	return TRUE;
}

static void drain(int fd, int wait_ms)
{
	char buffer[65536];
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	while (poll(&ready, 1, wait_ms) > 0 && recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		wait_ms = 0;
}

static gboolean authenticate(int fd)
{
	char hex[40] = "", line[80], uid[16];
	int size;

	snprintf(uid, sizeof(uid), "%u", (unsigned)getuid());
	for (const char *p = uid; *p; p++)
		snprintf(hex + strlen(hex), sizeof(hex) - strlen(hex), "%02x", (unsigned char)*p);
	size = snprintf(line, sizeof(line), "AUTH EXTERNAL %s\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n", hex);
	if (!put(fd, "", 1) || !put(fd, line, (gsize)size))
		return FALSE;
	drain(fd, 2000);
	return TRUE;
}

/* --- values ---------------------------------------------------------------------------------------- */

static const char *random_text(GRand *rand)
{
	static const char *const texts[] = {
		"",
		"web",
		"/",
		"..",
		"../../etc/passwd",
		"/etc/shadow",
		"none",
		"viewer",
		"user:root",
		"plan",
		"change",
		"memory.startup-mib",
		"disks",
		"\x01\x7f",
		"look",
		"a/b",
		"%s%n",
		"register",
		"text",
		"power",
		"00000000-0000-0000-0000-000000000000",
		"18446744073709551616",
		"-1",
		"/dev/zero",
		"/proc/self/mem",
	};

	return texts[g_rand_int_range(rand, 0, G_N_ELEMENTS(texts))];
}

static GVariant *random_value(GRand *rand, unsigned depth);

static GVariant *random_dict(GRand *rand, unsigned depth)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (int i = g_rand_int_range(rand, 0, 4); i > 0; i--)
		g_variant_builder_add(&builder, "{sv}", random_text(rand), random_value(rand, depth + 1));
	return g_variant_builder_end(&builder);
}

static GVariant *random_value(GRand *rand, unsigned depth)
{
	switch (g_rand_int_range(rand, 0, depth < 3 ? 8 : 6)) {
	case 0: return g_variant_new_string(random_text(rand));
	case 1: return g_variant_new_uint64(((guint64)g_rand_int(rand) << 32) | g_rand_int(rand));
	case 2: return g_variant_new_boolean(g_rand_boolean(rand));
	case 3: return g_variant_new_int64(-(gint64)g_rand_int(rand));
	case 4: return g_variant_new_double(g_rand_double(rand));
	case 5: return g_variant_new_object_path("/org/bulkhead");
	case 6: return random_dict(rand, depth);
	default: {
		GVariantBuilder builder;

		g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
		for (int i = g_rand_int_range(rand, 0, 80); i > 0; i--)
			g_variant_builder_add_value(&builder, random_dict(rand, depth + 1));
		return g_variant_builder_end(&builder);
	}
	}
}

static GVariant *value_of_type(GRand *rand, const char *signature)
{
	if (strcmp(signature, "a{sv}") == 0)
		return random_dict(rand, 0);
	if (strcmp(signature, "t") == 0)
		return g_variant_new_uint64(g_rand_int(rand));
	return g_variant_new_string(random_text(rand)); /* "s" is the only other one */
}

/* --- calls ----------------------------------------------------------------------------------------- */

static const struct {
	const char *path;
	const GDBusInterfaceInfo *info;
} places[] = {
	{ API_HOST_PATH, &org_bulkhead_host1_interface },
	{ API_VM_PREFIX "00000000_0000_0000_0000_000000000000", &org_bulkhead_virtual_machine1_interface },
	{ API_VM_PREFIX "00000000_0000_0000_0000_000000000000", &org_bulkhead_display1_interface },
	{ API_JOB_PREFIX "1", &org_bulkhead_job1_interface },
	{ API_DISKS_PATH, &org_bulkhead_disks1_interface },
	{ API_EVENTS_PATH, &org_bulkhead_events1_interface },
	{ API_ADMINS_PATH, &org_bulkhead_administrators1_interface },
};

/* It ends the service, or every machine of the test: that is what they are for. */
static gboolean is_left_out(const char *method)
{
	return strcmp(method, "StopService") == 0;
}

static GDBusMessage *random_call(GRand *rand, const char *vm_path)
{
	unsigned place = (unsigned)g_rand_int_range(rand, 0, G_N_ELEMENTS(places));
	const GDBusInterfaceInfo *info = places[place].info;
	const char *path =
	    (place == 1 || place == 2) && vm_path && g_rand_boolean(rand) ? vm_path : places[place].path;
	guint count = 0;
	const GDBusMethodInfo *method;
	GVariantBuilder arguments;
	GDBusMessage *message;

	while (info->methods[count])
		count++;
	do
		method = info->methods[g_rand_int_range(rand, 0, (gint)count)];
	while (is_left_out(method->name));
	g_variant_builder_init(&arguments, G_VARIANT_TYPE_TUPLE);
	for (guint i = 0; method->in_args && method->in_args[i]; i++)
		g_variant_builder_add_value(&arguments,
					    g_rand_int_range(rand, 0, 8)
						? value_of_type(rand, method->in_args[i]->signature)
						: random_value(rand, 0));
	message = g_dbus_message_new_method_call(NULL, path, info->name, method->name);
	g_dbus_message_set_body(message, g_variant_builder_end(&arguments));
	g_dbus_message_set_serial(message, 1 + calls);
	return message;
}

static gboolean send_call(int fd, GRand *rand, const char *vm_path, gboolean changes_bytes)
{
	GDBusMessage *message = random_call(rand, vm_path);
	gsize size = 0;
	guchar *blob = g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
	gboolean is_good = TRUE;

	if (blob && changes_bytes) {
		mutations++;
		for (int i = g_rand_int_range(rand, 1, 6); i > 0; i--)
			blob[g_rand_int_range(rand, 0, (gint)size)] = (guchar)g_rand_int(rand);
	}
	if (blob)
		is_good = put(fd, blob, size);
	calls++;
	g_free(blob);
	g_object_unref(message);
	return is_good;
}

static void attack_with_calls(GRand *rand, const char *vm_path, gboolean changes_bytes, gboolean reads)
{
	int fd = connect_raw();

	if (fd < 0)
		return;
	if (authenticate(fd))
		for (unsigned i = 0; i < CALLS_PER_CONNECTION && send_call(fd, rand, vm_path, changes_bytes);
		     i++)
			if (reads)
				drain(fd, 0);
	if (reads)
		drain(fd, 50);
	close(fd);
}

/* --- many calls before the first answer is read -------------------------------------------------------- */

/* Calls of which each asks for a long answer, the odd ones for none. */
static GByteArray *long_calls(void)
{
	GByteArray *bytes = g_byte_array_new();

	for (guint32 i = 0; i < FLOOD; i++) {
		GDBusMessage *message = g_dbus_message_new_method_call(
		    NULL, API_HOST_PATH, "org.freedesktop.DBus.Introspectable", "Introspect");
		gsize size;
		guchar *blob;

		g_dbus_message_set_serial(message, i + 1);
		if (i % 2)
			g_dbus_message_set_flags(message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
		blob = g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
		g_byte_array_append(bytes, blob, (guint)size);
		g_free(blob);
		g_object_unref(message);
	}
	return bytes;
}

/* What is left of the authentication, whose lines begin with neither mark of a message. */
static void skip_lines(GByteArray *bytes)
{
	const guint8 *end;

	while (bytes->len > 0 && bytes->data[0] != 'l' && bytes->data[0] != 'B') {
		end = memchr(bytes->data, '\n', bytes->len);
		if (!end)
			return;
		g_byte_array_remove_range(bytes, 0, (guint)(end - bytes->data) + 1);
	}
}

/* Takes the whole messages off the front; how many of them are answers. */
static guint count_answers(GByteArray *bytes)
{
	guint count = 0;

	skip_lines(bytes);
	while (bytes->len >= 16) {
		gssize size = g_dbus_message_bytes_needed(bytes->data, bytes->len, NULL);

		if (size < 0 || (gsize)size > bytes->len)
			break;
		count += bytes->data[1] == G_DBUS_MESSAGE_TYPE_METHOD_RETURN ||
			 bytes->data[1] == G_DBUS_MESSAGE_TYPE_ERROR;
		g_byte_array_remove_range(bytes, 0, (guint)size);
	}
	return count;
}

/* Sends the rest of the calls and reads meanwhile, until all is answered or nothing comes any more. */
static guint exchange(int fd, const GByteArray *calls_left, gsize at)
{
	static guint8 buffer[1 << 16];
	GByteArray *in = g_byte_array_new();
	guint answers = 0;

	while (answers < FLOOD) {
		struct pollfd ready = { .fd = fd,
					.events = (short)(POLLIN | (at < calls_left->len ? POLLOUT : 0)) };
		ssize_t n;

		if (poll(&ready, 1, ANSWER_MS) <= 0)
			break;
		n = ready.revents & POLLOUT
			? send(fd, calls_left->data + at, calls_left->len - at, MSG_NOSIGNAL | MSG_DONTWAIT)
			: 0;
		at += n > 0 ? (gsize)n : 0;
		n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		g_byte_array_append(in, buffer, n > 0 ? (guint)n : 0);
		answers += count_answers(in);
	}
	g_byte_array_unref(in);
	return answers;
}

/* The service must stop reading long before it has all calls, and go on when the answers are taken. */
static gboolean flood(void)
{
	GByteArray *bytes = long_calls();
	int fd = connect_raw();
	guint answers = 0;
	gsize at = 0;
	gboolean is_good;

	if (fd >= 0 && authenticate(fd)) {
		while (at < bytes->len) {
			struct pollfd ready = { .fd = fd, .events = POLLOUT };
			ssize_t n = send(fd, bytes->data + at, bytes->len - at, MSG_NOSIGNAL | MSG_DONTWAIT);

			if (n <= 0 && (errno != EAGAIN || poll(&ready, 1, 1000) <= 0))
				break;
			at += n > 0 ? (gsize)n : 0;
		}
		answers = exchange(fd, bytes, at);
	}
	is_good = answers == FLOOD && at < bytes->len;
	if (!is_good)
		printf("FAILED: a flood: %u of %u calls answered, %zu of %u bytes taken at first\n", answers,
		       FLOOD, (size_t)at, bytes->len);
	close(fd);
	g_byte_array_unref(bytes);
	return is_good;
}

/* --- below the calls ------------------------------------------------------------------------------- */

static void attack_authentication(GRand *rand)
{
	static const char *const lines[] = { "AUTH EXTERNAL 30\r\n",
					     "AUTH ANONYMOUS\r\n",
					     "AUTH\r\n",
					     "DATA\r\n",
					     "BEGIN\r\n",
					     "NEGOTIATE_UNIX_FD\r\n",
					     "CANCEL\r\n",
					     "\r\n",
					     "AUTH EXTERNAL 3939393939\r\n",
					     "AUTH DBUS_COOKIE_SHA1 30\r\n" };
	int fd = connect_raw();

	if (fd < 0)
		return;
	if (g_rand_boolean(rand))
		put(fd, "", 1);
	for (int i = g_rand_int_range(rand, 0, 40); i > 0; i--) {
		const char *line = lines[g_rand_int_range(rand, 0, G_N_ELEMENTS(lines))];

		put(fd, line, strlen(line));
	}
	for (int i = g_rand_int_range(rand, 0, 400); i > 0; i--) {
		guchar byte = (guchar)g_rand_int(rand);

		put(fd, &byte, 1);
	}
	close(fd);
}

/* A header that announces 100 MiB, and as much of it as the service takes. */
static void attack_with_size(GRand *rand)
{
	guchar header[16] = { 'l', 1, 0, 1, 0, 0, 0x40, 6, 1, 0, 0, 0, 0, 0, 0, 0 };
	static char zeros[65536];
	int fd = connect_raw();

	if (fd < 0)
		return;
	if (g_rand_boolean(rand))
		header[15] = 0x7f;
	if (authenticate(fd) && put(fd, header, sizeof(header)))
		for (unsigned i = 0; i < 1600 && put(fd, zeros, sizeof(zeros)); i++)
			;
	close(fd);
}

static const char *attack(GRand *rand, const char *vm_path)
{
	switch (g_rand_int_range(rand, 0, 8)) {
	case 0: attack_authentication(rand); return "authentication";
	case 1: attack_with_size(rand); return "size";
	case 2: attack_with_calls(rand, vm_path, FALSE, FALSE); return "flood";
	case 3:
	case 4: attack_with_calls(rand, vm_path, TRUE, TRUE); return "mutated calls";
	default: attack_with_calls(rand, vm_path, FALSE, TRUE); return "calls";
	}
}

/* --- the service afterwards ------------------------------------------------------------------------ */

/* Makes a machine to be attacked; its path. NULL: the service does not answer. */
static char *ask(const char *method, GVariant *parameters)
{
	char *address = g_strdup_printf("unix:path=%s", socket_path), *path = NULL;
	GError *error = NULL;
	GDBusConnection *bus = g_dbus_connection_new_for_address_sync(
	    address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, &error);
	GVariant *result = bus ? g_dbus_connection_call_sync(bus, NULL, API_HOST_PATH, API_HOST_INTERFACE,
							     method, parameters, NULL, G_DBUS_CALL_FLAGS_NONE,
							     ANSWER_MS, NULL, &error)
			       : NULL;

	if (result)
		path = g_variant_print(g_variant_get_child_value(result, 0), FALSE);
	else if (error && g_dbus_error_is_remote_error(error))
		path = g_strdup(error->message);
	else
		printf("FAILED: %s: %s\n", method, error ? error->message : "no answer");
	g_clear_error(&error);
	if (bus) {
		g_dbus_connection_close_sync(bus, NULL, NULL);
		g_object_unref(bus);
	}
	g_free(address);
	return path;
}

int main(int argc, char **argv)
{
	guint32 seed = argc > 3 ? (guint32)strtoul(argv[3], NULL, 10) : g_random_int();
	GRand *rand = g_rand_new_with_seed(seed);
	gint64 end;
	char *made, *vm_path, *answer;
	const char *last = "nothing";

	if (argc < 3)
		return 2;
	socket_path = argv[1];
	end = g_get_monotonic_time() + (gint64)(atof(argv[2]) * 1e6);
	made = ask("CreateVirtualMachine",
		   g_variant_new("(s@a{sv}@a{sv})", "target", g_variant_new_parsed("@a{sv} {}"),
				 g_variant_new_parsed("@a{sv} {}")));
	if (!made)
		return 1;
	vm_path = g_strndup(made + 1, strlen(made) - 2); /* without its quotes */
	while (g_get_monotonic_time() < end)
		last = attack(rand, g_str_has_prefix(vm_path, "/") ? vm_path : NULL);
	g_usleep(100000);
	answer = flood() ? ask("WhoAmI", NULL) : NULL;
	printf("%u connections, %u calls, %u of them with changed bytes; seed %u; last: %s\n", connections,
	       calls, mutations, seed, last);
	g_rand_free(rand);
	g_free(made);
	g_free(vm_path);
	g_free(answer);
	return answer ? 0 : 1;
}
