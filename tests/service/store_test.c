/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory: loading, setting aside, the trash; and a writer that is killed at random moments.
 * store_test [ROUNDS [SEED]]
 */
#include "check.h"

#include "model/vm_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MACHINES = 4 };

static char *folder;

struct loaded {
	GHashTable *configs; /* id → config */
	unsigned duplicates, broken;
	char *last_reason;
};

static void on_config(gpointer opaque, struct vm_config *config)
{
	struct loaded *loaded = opaque;

	loaded->duplicates += g_hash_table_contains(loaded->configs, config->id);
	g_hash_table_insert(loaded->configs, config->id, config);
}

static void on_broken(gpointer opaque, const char *file, const char *reason)
{
	struct loaded *loaded = opaque;

	loaded->broken++;
	g_free(loaded->last_reason);
	loaded->last_reason = g_strdup_printf("%s: %s", file, reason);
}

static void free_config(gpointer config)
{
	vm_config_free(config);
}

static struct vm_store *open_and_load(struct loaded *loaded)
{
	GError *error = NULL;
	struct vm_store *store = vm_store_open(folder, &error);

	*loaded =
	    (struct loaded){ .configs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_config) };
	if (!CHECK_F(store != NULL, "%s", error ? error->message : ""))
		exit(1);
	CHECK(vm_store_load(store, on_config, on_broken, loaded, NULL));
	return store;
}

static void unload(struct vm_store *store, struct loaded *loaded)
{
	g_hash_table_unref(loaded->configs);
	g_free(loaded->last_reason);
	vm_store_close(store);
}

static struct vm_config *make(const char *name)
{
	struct vm_config *config = vm_config_new();

	g_free(config->name);
	config->name = g_strdup(name);
	return config;
}

static void write_file(const char *id, const char *text)
{
	char *path = g_strdup_printf("%s/vms/%s.conf", folder, id);

	CHECK(g_file_set_contents(path, text, -1, NULL));
	g_free(path);
}

static void test_basics(void)
{
	struct vm_config *config = make("one");
	struct loaded loaded;
	struct vm_store *store = open_and_load(&loaded);
	GError *error = NULL;
	char *id = g_strdup(config->id);
	GPtrArray *trash;

	CHECK(g_hash_table_size(loaded.configs) == 0);
	CHECK(!vm_store_open(folder, &error) && error->code == MODEL_ERROR_EXISTS); /* the lock */
	g_clear_error(&error);
	CHECK(vm_store_save(store, config, NULL));
	CHECK(vm_store_trash(store, id, NULL));
	CHECK(!vm_store_trash(store, id, &error) && error->code == MODEL_ERROR_NOT_FOUND);
	g_clear_error(&error);
	trash = vm_store_list_trash(store);
	CHECK(trash->len == 1 && vm_store_deleted_at(store, id) > 0);
	g_ptr_array_unref(trash);
	CHECK(vm_store_undelete(store, id, NULL) && vm_store_deleted_at(store, id) == 0);
	CHECK(!vm_store_purge(store, id, NULL)); /* only from the trash */
	close(vm_store_open_storage(store, id, TRUE));
	CHECK(vm_store_trash(store, id, NULL) && vm_store_purge(store, id, NULL));
	CHECK(vm_store_open_storage(store, id, FALSE) == -ENOENT);
	CHECK(!vm_store_trash(store, "../../etc/passwd", NULL));
	config->name[0] = '\0';
	CHECK(!vm_store_save(store, config, NULL)); /* never a file that cannot be loaded again */
	unload(store, &loaded);
	vm_config_free(config);
	g_free(id);
}

static void test_broken(void)
{
	const char *id = "12345678-1234-1234-1234-123456789abc",
		   *newer = "22345678-1234-1234-1234-123456789abc";
	struct loaded loaded;
	struct vm_store *store;
	char *path;

	unload(open_and_load(&loaded), &loaded);
	for (unsigned i = 0; i < 2; i++) { /* the second one must not overwrite the first */
		write_file(id, "[vm]\nformat=1\nname=broken\n");
		store = open_and_load(&loaded);
		CHECK_F(loaded.broken == 1 && strstr(loaded.last_reason, "UUID"), "%s", loaded.last_reason);
		unload(store, &loaded);
	}
	path = g_strdup_printf("%s/broken/%s.conf.1", folder, id);
	CHECK(g_file_test(path, G_FILE_TEST_EXISTS));
	g_free(path);
	write_file(newer, "[vm]\nformat=2\n");
	for (unsigned i = 0; i < 2; i++) { /* stays where it is */
		store = open_and_load(&loaded);
		CHECK_F(loaded.broken == 1 && strstr(loaded.last_reason, "newer"), "%s", loaded.last_reason);
		unload(store, &loaded);
	}
	path = g_strdup_printf("%s/vms/%s.conf", folder, newer);
	unlink(path);
	CHECK(symlink("/etc/passwd", path) == 0);
	store = open_and_load(&loaded);
	CHECK(loaded.broken == 1 && g_hash_table_size(loaded.configs) == 0);
	unload(store, &loaded);
	unlink(path);
	g_free(path);
}

/* --- killing the writer -------------------------------------------------------------------------------- */

struct progress { /* shared with the writer; what it was told is done */
	volatile guint64 done[MACHINES];
	volatile guint64 begun[MACHINES];
	volatile unsigned writers; /* that came as far as writing */
};

__attribute__((noreturn)) static void write_for_ever(char **ids, struct progress *progress)
{
	struct vm_store *store = vm_store_open(folder, NULL);

	if (!store)
		_exit(1);
	progress->writers++;
	for (guint64 number = progress->done[0] + 1;; number++)
		for (unsigned i = 0; i < MACHINES; i++) {
			struct vm_config *config = make("writer");

			g_free(config->id);
			config->id = g_strdup(ids[i]);
			g_free(config->notes);
			config->notes = g_strnfill((gsize)(number * 37 % 4000), 'x');
			config->memory_mib = 8 + number % 500000;
			progress->begun[i] = number;
			if (!vm_store_save(store, config, NULL))
				_exit(1);
			progress->done[i] = number;
			vm_config_free(config);
		}
}

static void check_machine(const struct loaded *loaded, const char *id, guint64 done, guint64 begun,
			  unsigned round)
{
	const struct vm_config *config = g_hash_table_lookup(loaded->configs, id);
	guint64 number;

	if (!CHECK_F(config || done == 0, "round %u: %s is lost", round, id) || !config)
		return;
	number = config->memory_mib - 8;
	CHECK_F(number == done || number == begun,
		"round %u: %s has %" G_GUINT64_FORMAT ", not %" G_GUINT64_FORMAT " or %" G_GUINT64_FORMAT,
		round, id, number, done, begun);
	CHECK_F(strlen(config->notes) == number * 37 % 4000, "round %u: %s is half-written", round, id);
}

static void test_kill(unsigned rounds, unsigned seed)
{
	struct progress *progress =
	    mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	GRand *rand = g_rand_new_with_seed(seed);
	char *ids[MACHINES];
	guint64 total = 0;

	for (unsigned i = 0; i < MACHINES; i++)
		ids[i] = g_uuid_string_random();
	for (unsigned round = 0; round < rounds && check_failures < 10; round++) {
		unsigned writers = progress->writers;
		pid_t pid = fork();
		struct vm_store *store;
		struct loaded loaded;

		if (pid == 0)
			write_for_ever(ids, progress);
		/* On a busy host the writer may not have come to anything by now. */
		for (unsigned ms = 0; progress->writers == writers && ms < 10000; ms++)
			g_usleep(1000);
		g_usleep((gulong)g_rand_int_range(rand, 0, 8000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		store = open_and_load(&loaded);
		CHECK_F(loaded.broken == 0 && loaded.duplicates == 0, "round %u: %s", round,
			loaded.last_reason);
		for (unsigned i = 0; i < MACHINES; i++)
			check_machine(&loaded, ids[i], progress->done[i], progress->begun[i], round);
		/* What was begun and is there, is done. */
		for (unsigned i = 0; i < MACHINES; i++) {
			const struct vm_config *config = g_hash_table_lookup(loaded.configs, ids[i]);

			progress->done[i] = config ? config->memory_mib - 8 : 0;
		}
		total = progress->done[0];
		unload(store, &loaded);
	}
	CHECK_F(total > rounds / 10, "the writer wrote only %" G_GUINT64_FORMAT " times", total);
	printf("%u kills, %" G_GUINT64_FORMAT " writes of each file, seed %u\n", rounds, total, seed);
	for (unsigned i = 0; i < MACHINES; i++)
		g_free(ids[i]);
	g_rand_free(rand);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 200;
	unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : g_random_int();
	char *top = g_dir_make_tmp("bulkhead-store-XXXXXX", NULL), *command;

	folder = g_build_filename(top, "a", "b", NULL);
	test_basics();
	test_broken();
	test_kill(rounds, seed);
	command = g_strdup_printf("rm -rf '%s'", top);
	if (system(command) != 0)
		printf("%s is left over\n", top);
	g_free(command);
	g_free(folder);
	g_free(top);
	return check_result();
}
