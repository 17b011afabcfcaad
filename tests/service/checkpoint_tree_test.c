/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model/checkpoint_tree.h: the text form, hostile files, what is to be removed and merged. */
#include "model/checkpoint_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failed;

static void check(gboolean is_good, const char *what)
{
	if (is_good)
		return;
	printf("FAILED: %s\n", what);
	failed++;
}

static struct vm_config *config_of(const char *path)
{
	struct vm_config *config = vm_config_new();
	struct vm_disk *disk = vm_disk_new();

	g_free(config->name);
	config->name = g_strdup("web");
	g_free(disk->path);
	disk->path = g_strdup(path);
	g_ptr_array_add(config->disks, disk);
	return config;
}

static struct checkpoint *add(struct checkpoint_tree *tree, const char *name, const char *parent,
			      const char *path)
{
	struct checkpoint *checkpoint = checkpoint_new(tree, name, parent);

	checkpoint->is_pending = FALSE;
	checkpoint->config = config_of(path);
	return checkpoint;
}

static void add_file(struct checkpoint_tree *tree, const char *path, const char *parent)
{
	checkpoint_file_add(tree, path, parent)->is_made = *parent != '\0';
}

/* one (base) ─ two (c1) ─ Now (c2). */
static void test_deletion(void)
{
	struct checkpoint_tree *tree = checkpoint_tree_new();
	struct checkpoint *one = add(tree, "one", "", "base.vhdx"),
			  *two = add(tree, "two", one->id, "c1.avhdx");
	struct vm_config *now = config_of("c2.avhdx");
	const struct checkpoint_file *merge;

	add_file(tree, "base.vhdx", "");
	add_file(tree, "c1.avhdx", "base.vhdx");
	add_file(tree, "c2.avhdx", "c1.avhdx");
	check(!checkpoint_next_unused(tree, now) && !checkpoint_next_merge(tree, now),
	      "nothing to do at first");
	check(checkpoint_depth(tree, two) == 1 && checkpoint_count(tree) == 2, "depth and count");
	one->is_deleted = TRUE;
	checkpoint_drop_files(tree, one->config);
	merge = checkpoint_next_merge(tree, now);
	check(merge && strcmp(merge->path, "c1.avhdx") == 0, "c1 goes into the base");
	check(strcmp(checkpoint_alive(tree, two->parent), "") == 0 && checkpoint_depth(tree, two) == 0,
	      "two is a root");
	add_file(tree, "c3.avhdx", "base.vhdx");
	check(!checkpoint_next_merge(tree, now), "a parent of two waits");
	checkpoint_file_find(tree, "c3.avhdx")->is_dropped = TRUE;
	check(g_strcmp0(checkpoint_next_unused(tree, now), "c3.avhdx") == 0, "what nothing uses goes");
	checkpoint_file_find(tree, "c2.avhdx")->is_dropped = TRUE;
	checkpoint_files_tidy(tree, now);
	check(!checkpoint_file_find(tree, "c2.avhdx")->is_dropped, "what Now uses is not dropped");
	vm_config_free(now);
	checkpoint_tree_free(tree);
}

static void test_text(void)
{
	struct checkpoint_tree *tree = checkpoint_tree_new(), *again;
	struct checkpoint *one = add(tree, "é = [x] # \\", "", "base.vhdx");
	gsize size;
	char *text;

	add(tree, "two", one->id, "c1.avhdx")->is_automatic = TRUE;
	add_file(tree, "/some where/base.vhdx", "");
	add_file(tree, "c1.avhdx", "/some where/base.vhdx");
	tree->merging_child = g_strdup("c1.avhdx");
	tree->merging_parent = g_strdup("/some where/base.vhdx");
	text = checkpoint_tree_format(tree, &size);
	again = checkpoint_tree_parse(text, size, NULL);
	check(again && again->checkpoints->len == 2 && again->files->len == 2, "all is read");
	check(again && strcmp(checkpoint_by_id(again, one->id)->name, one->name) == 0, "the name");
	check(again && g_strcmp0(again->merging_child, "c1.avhdx") == 0, "what is being merged");
	checkpoint_tree_free(again);
	checkpoint_tree_free(tree);
	g_free(text);
}

static void refuse(const char *text, const char *what)
{
	struct checkpoint_tree *tree = checkpoint_tree_parse(text, strlen(text), NULL);

	check(!tree, what);
	checkpoint_tree_free(tree);
}

#define HEAD "[checkpoints]\nformat=1\n"
#define A    "11111111-1111-4111-8111-111111111111"
#define B    "22222222-2222-4222-8222-222222222222"

static void test_hostile(void)
{
	const char *circle =
	    HEAD "[checkpoint " A "]\nname=a\nparent=" B "\n[checkpoint " B "]\nname=b\nparent=" A "\n";
	struct checkpoint_tree *tree = checkpoint_tree_parse(circle, strlen(circle), NULL);
	GPtrArray *order;

	refuse("", "an empty file");
	refuse("[checkpoints]\nformat=2\n", "a newer one");
	refuse(HEAD "[checkpoint ../../x]\nname=a\n", "no identity");
	refuse(HEAD "[checkpoint " A "]\nname=\n", "no name");
	refuse(HEAD "[file 0]\npath=../../etc/passwd\n", "a way out");
	refuse(HEAD "[file 0]\npath=a\n[file 1]\npath=a\n", "twice the same");
	refuse(HEAD "merging-child=a\nmerging-parent=b\n", "what is not there cannot be merged");
	check(tree != NULL, "a circle is read");
	for (guint i = 0; tree && i < tree->checkpoints->len; i++)
		((struct checkpoint *)tree->checkpoints->pdata[i])->config = config_of("x.vhdx");
	order = tree ? checkpoint_order(tree) : g_ptr_array_new();
	check(order->len <= 2, "and ends");
	check(!tree || checkpoint_depth(tree, tree->checkpoints->pdata[0]) <= 2, "with a depth");
	g_ptr_array_unref(order);
	checkpoint_tree_free(tree);
}

/* Whatever bytes change: no crash, and what is read can be written and read again. */
static void test_changed(unsigned seed)
{
	const char *text = HEAD
	    "[checkpoint " A "]\nname=a\nparent=\nkind=standard\ncreated=5\n[checkpoint " B
	    "]\nname=b\nparent=" A "\npending=true\n[file 0]\npath=a.vhdx\nparent=\n[file 1]\npath=b.avhdx\n"
	    "parent=a.vhdx\nmade=true\n";
	GRand *random = g_rand_new_with_seed(seed);

	for (unsigned i = 0; i < 20000; i++) {
		char *copy = g_strdup(text), *written;
		gsize size = strlen(copy), length;
		struct checkpoint_tree *tree, *again;

		for (unsigned n = 1 + g_rand_int(random) % 3; n > 0; n--)
			copy[g_rand_int(random) % size] = (char)g_rand_int(random);
		tree = checkpoint_tree_parse(copy, size, NULL);
		written = tree ? checkpoint_tree_format(tree, &length) : NULL;
		again = tree ? checkpoint_tree_parse(written, length, NULL) : NULL;
		if (tree && !again) {
			printf("FAILED: seed %u, change %u: it is not read again\n%s\n", seed, i, written);
			failed++;
			i = 20000;
		}
		checkpoint_tree_free(tree);
		checkpoint_tree_free(again);
		g_free(written);
		g_free(copy);
	}
	g_rand_free(random);
}

int main(void)
{
	test_deletion();
	test_text();
	test_hostile();
	test_changed(1);
	return failed ? 1 : 0;
}
