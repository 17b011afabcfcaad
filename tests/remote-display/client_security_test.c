/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The viewer core proves who it is: passwords and TLS at bulkhead-display, the right ones and wrong ones,
 * servers that are not the expected ones. usage: client_security_test PROGRAM
 */
#include "hand_machine.h"
#include "../run/check.h"

#include "client/client.h"
#include "link/spawn.h"

#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60000 };

static struct hand_machine machine;
static const char *program;
static unsigned last_id;

struct certificate {
	int certificate, key;
	char path[40]; /* of the certificate, for this process */
};

/* libvncclient 0.9.14 forgets the certificates of each TLS connection: some 20 KiB. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libgnutls\nleak:libtasn1\nleak:libvncclient\n";
}

/* By a process of its own, as the service has it made. */
static void make_certificate(struct certificate *made)
{
	struct link_message *message = hand_message("make-certificate"), *heard;
	struct hand_machine maker = { .service = -1 };
	struct spawn spawn;
	struct spawned spawned;
	uint64_t error = 1;

	made->certificate = memfd_create("certificate", MFD_CLOEXEC);
	made->key = memfd_create("key", MFD_CLOEXEC);
	snprintf(made->path, sizeof(made->path), "/proc/self/fd/%d", made->certificate);
	spawn_init(&spawn, program);
	spawn.is_isolated = true;
	if (spawn_process(&spawn, &spawned) < 0)
		exit(1);
	maker.service = spawned.link;
	link_add(message, "name", "host.example");
	link_add_fd(message, "certificate", made->certificate);
	link_add_fd(message, "key", made->key);
	hand_tell(&maker, message);
	heard = hand_hear(&maker, "certificate");
	CHECK(link_get_number(heard, "error", 1000, &error) == 0 && error == 0);
	link_message_free(heard);
	close(spawned.link);
	waitpid(spawned.pid, NULL, 0);
}

static void set_security(const struct certificate *certificate, bool needs_tls)
{
	struct link_message *message = hand_message("security");

	link_add_number(message, "needs-tls", needs_tls);
	link_add(message, "password", "secret");
	link_add(message, "view-password", "look");
	link_add_fd(message, "certificate", certificate->certificate);
	link_add_fd(message, "key", certificate->key);
	hand_tell(&machine, message);
}

/* --- viewers ----------------------------------------------------------------------------------------- */

struct viewer {
	bool is_connected, is_late;
	char *reason;
};

static void on_connected(void *opaque, const char *name)
{
	(void)name;
	((struct viewer *)opaque)->is_connected = true;
}

static void on_ended(void *opaque, const char *reason)
{
	((struct viewer *)opaque)->reason = g_strdup(reason);
}

static gboolean on_timeout(gpointer viewer)
{
	((struct viewer *)viewer)->is_late = true;
	return G_SOURCE_REMOVE;
}

/* What becomes of a viewer with this to prove. The caller frees it: NULL: it is let in; else the reason. */
static char *try(const char *password, const char *certificates, const char *host)
{
	static const struct rd_client_ops ops = { .connected = on_connected, .ended = on_ended };
	struct viewer viewer = { 0 };
	struct rd_client_config config = { .socket = hand_viewer(&machine, ++last_id, false, true),
					   .link = RD_LINK_NETWORK,
					   .user = "somebody",
					   .password = password,
					   .certificates = certificates,
					   .host = host,
					   .ops = &ops,
					   .opaque = &viewer };
	guint timer = g_timeout_add(TIMEOUT_MS, on_timeout, &viewer);
	struct rd_client *client = rd_client_new(&config);

	while (!viewer.is_connected && !viewer.reason && !viewer.is_late)
		g_main_context_iteration(NULL, TRUE);
	rd_client_free(client);
	if (CHECK(!viewer.is_late))
		g_source_remove(timer);
	return viewer.reason;
}

static void expect_in(const char *password, const char *certificates, const char *host)
{
	char *reason = try(password, certificates, host);

	if (!CHECK(!reason))
		printf("%s, %s, %s: %s\n", password, certificates, host, reason);
	g_free(reason);
}

static void expect_refused(const char *password, const char *certificates, const char *host, const char *word)
{
	char *reason = try(password, certificates, host);

	if (!CHECK(reason && strstr(reason, word)))
		printf("%s, %s, %s: %s, without \"%s\"\n", password, certificates, host,
		       reason ? reason : "is let in", word);
	g_free(reason);
}

int main(int argc, char **argv)
{
	struct certificate ours, other;

	if (argc != 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	program = argv[1];
	hand_machine_init(&machine, program);
	make_certificate(&ours);
	make_certificate(&other);

	set_security(&ours, false);
	expect_in("secret", NULL, NULL);
	expect_refused("wrong", NULL, NULL, "password");
	expect_refused(NULL, NULL, NULL, "password");
	expect_in("secret", ours.path, "host.example");

	set_security(&ours, true);
	expect_in("secret", ours.path, "host.example");
	expect_in("look", ours.path, "host.example");
	expect_refused("wrong", ours.path, "host.example", "password");
	expect_refused(NULL, ours.path, "host.example", "password");
	expect_refused("secret", other.path, "host.example", "certificate");
	expect_refused("secret", ours.path, "other.example", "certificate");
	expect_refused("secret", NULL, NULL, "safe");
	expect_in("secret", ours.path, "host.example"); /* again */
	hand_machine_deinit(&machine);
	return check_result();
}
