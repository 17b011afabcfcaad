/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service keeps and reads about its workers: user IDs, and how they are confined, from made-up
 * processes. */
#include "link/worker_identity.h"
#include "service/confinement.h"
#include "service/worker_uid.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char root[64];
static unsigned failures;

static void check(gboolean is_good, const char *what)
{
	if (is_good)
		return;
	printf("FAILED: %s\n", what);
	failures++;
}

static void put(const char *path, const char *text)
{
	char *full = g_build_filename(root, path, NULL), *folder = g_path_get_dirname(full);

	check(g_mkdir_with_parents(folder, 0755) == 0 && g_file_set_contents(full, text, -1, NULL), path);
	g_free(full);
	g_free(folder);
}

static void put_link(const char *path, const char *target)
{
	char *full = g_build_filename(root, path, NULL), *folder = g_path_get_dirname(full);

	g_remove(full);
	check(g_mkdir_with_parents(folder, 0755) == 0 && symlink(target, full) == 0, path);
	g_free(full);
	g_free(folder);
}

/* --- user IDs ---------------------------------------------------------------------------------------- */

static gboolean knows_all(gpointer opaque, const char *id)
{
	return TRUE;
}

static gboolean knows_not_b(gpointer opaque, const char *id)
{
	return strcmp(id, "b") != 0;
}

static uid_t uid_of(const char *id)
{
	uid_t uid = 0;

	check(worker_uid_get(id, &uid) == 0, "a user ID is given");
	return uid;
}

static void check_uids(void)
{
	int folder = open(root, O_RDONLY | O_DIRECTORY);
	uid_t a, b, other;

	check(worker_uid_get("a", &a) == -EINVAL, "none before the table is read");
	worker_uid_init(folder, knows_all, NULL);
	a = uid_of("a");
	b = uid_of("b");
	check(a != b && a == uid_of("a") && a >= WORKER_UID_FIRST, "each machine keeps its own");
	worker_uid_init(folder, knows_all, NULL);
	check(uid_of("b") == b && uid_of("a") == a && uid_of("c") != b, "also after a restart");
	worker_uid_init(folder, knows_not_b, NULL);
	check(uid_of("d") == b, "that of a machine that is gone is given again");
	put("worker-uids", "a 1795162115\nb 1795162115\nroot 0\nx 99\nnonsense\n\ny 4294967295999\nz -1\n");
	worker_uid_init(folder, knows_all, NULL);
	check(uid_of("a") == 1795162115 && uid_of("b") != 1795162115, "one that two have is the first's");
	other = uid_of("root");
	check(other >= WORKER_UID_FIRST && other < WORKER_UID_FIRST + WORKER_UID_COUNT,
	      "none outside of the range");
	close(folder);
}

/* --- how a worker is confined ------------------------------------------------------------------------ */

static void put_process(const char *uid)
{
	static const char *const namespaces[] = { "user", "net", "mnt", "ipc", "pid" };
	char *status = g_strdup_printf(
	    "Name:\tx\nUid:\t%s\t%s\nGroups:\t \nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
	    "CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2\n",
	    uid, uid);

	put("7/status", status);
	put("7/task/7/status", "Seccomp:\t2\nSeccomp_filters:\t2\n");
	put("7/task/8/status", "Seccomp:\t2\nSeccomp_filters:\t3\n");
	put("7/limits", "Limit                     Soft Limit           Hard Limit           Units\n"
			"Max core file size        0                    0                    bytes\n"
			"Max open files            1024                 1024                 files\n"
			"Max address space         4294967296           4294967296           bytes\n");
	put("7/cgroup", "1:name=x:/y\n0::/system.slice/bulkhead-vm-1234-7.scope\n");
	for (unsigned i = 0; i < G_N_ELEMENTS(namespaces); i++) {
		char *own = g_strdup_printf("self/ns/%s", namespaces[i]),
		     *its = g_strdup_printf("7/ns/%s", namespaces[i]);

		put_link(own, "a:[1]");
		put_link(its, "a:[2]");
		g_free(own);
		g_free(its);
	}
	g_free(status);
}

static void expect(unsigned landlock, const char *expected)
{
	struct confinement confinement;
	char *summary;

	confinement_read(root, 7, landlock, &confinement);
	summary = confinement_summary(&confinement);
	if (strcmp(summary, expected) != 0) {
		printf("FAILED: \"%s\" instead of \"%s\"\n", summary, expected);
		failures++;
	}
	for (unsigned i = 0; i < CONFINEMENT_PARTS; i++)
		check(confinement.parts[i].text &&
			  (confinement.parts[i].remedy == NULL) == confinement.parts[i].is_on,
		      "what is missing has a remedy, and nothing else has");
	g_free(summary);
	confinement_clear(&confinement);
}

static void check_confinement(void)
{
	const char *uid = geteuid() == 0 ? "1795162112" : "1000";

	put_process(uid);
	expect(3, "7/7");
	expect(0, "6/7; without landlock");
	put("7/task/8/status", "Seccomp:\t2\nSeccomp_filters:\t1\n");
	expect(3, "6/7; without system calls");
	put_link("7/ns/net", "a:[1]");
	put("7/cgroup", "0::/user.slice/session-1.scope\n");
	expect(3, "4/7; without system calls, namespaces, cgroup");
	put_process(uid);
	put("7/limits", "Max core file size        unlimited            unlimited            bytes\n");
	put("7/status", "Uid:\t0\t0\nCapPrm:\t1\nNoNewPrivs:\t1\n");
	expect(3, "4/7; without privileges, limits, identity");
}

static void clear(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		char *path = g_build_filename(folder, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
			clear(path);
		g_remove(path);
		g_free(path);
	}
	if (dir)
		g_dir_close(dir);
}

int main(void)
{
	snprintf(root, sizeof(root), "/tmp/service-parts-XXXXXX");
	if (!mkdtemp(root))
		return 1;
	check_uids();
	check_confinement();
	clear(root);
	rmdir(root);
	printf("%u failures\n", failures);
	return failures ? 1 : 0;
}
