/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk images through the service, by the library that the consoles use.
 *
 * disks_client [plan|start] VERB FIELD=VALUE...
 *   Prints "command: ...", the steps, and how the job ended: "done", or its error. "start" does not wait
 *   for it, and prints its path; inspect and check print what was found. Exit status 0: done, 1: not, 2:
 *   the draft was refused.
 */
#include "client/disks.h"

#include <stdio.h>
#include <string.h>

struct run {
	struct vmc_connection *connection;
	GMainLoop *loop;
	gboolean is_inspect, waits;
	char *job;
	int status;
};

static void end(struct run *run, int status)
{
	run->status = status;
	g_main_loop_quit(run->loop);
}

static void fail(struct run *run, GError *error)
{
	printf("%s\n", error->message);
	g_error_free(error);
	end(run, 1);
}

static void print_images(GVariant *images)
{
	for (gsize i = 0; i < g_variant_n_children(images); i++) {
		GVariant *image = g_variant_get_child_value(images, i);
		char *text = g_variant_print(image, FALSE), **lines = vmc_disk_image_lines(image);

		printf("image: %s\n", text);
		for (char **line = lines; *line; line += 2)
			printf("  %s: %s\n", line[0], line[1]);
		g_strfreev(lines);
		g_free(text);
		g_variant_unref(image);
	}
}

static gboolean look_at_job(gpointer opaque)
{
	struct run *run = opaque;
	const char *state = "", *text = "";
	GVariant *value, *properties, *images;
	GError *error = NULL;

	value = vmc_call(run->connection, run->job, "org.freedesktop.DBus.Properties", "GetAll",
			 g_variant_new("(s)", API_JOB_INTERFACE), &error);
	if (!value) {
		fail(run, error);
		return G_SOURCE_REMOVE;
	}
	properties = g_variant_get_child_value(value, 0);
	g_variant_lookup(properties, "State", "&s", &state);
	g_variant_lookup(properties, "Error", "&s", &text);
	if (strcmp(state, "running") != 0) {
		printf("%s%s%s\n", state, *text ? ": " : "", text);
		images = g_variant_lookup_value(properties, "Result", G_VARIANT_TYPE("aa{sv}"));
		if (images)
			print_images(images);
		g_clear_pointer(&images, g_variant_unref);
		end(run, strcmp(state, "done") == 0 ? 0 : 1);
	}
	g_variant_unref(properties);
	g_variant_unref(value);
	return run->status < 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct run *run = opaque;
	GError *error = NULL;
	GVariant *images;
	char **steps;

	if (run->is_inspect) {
		images = vmc_disks_inspect_finish(run->connection, result, &error);
		if (images)
			print_images(images);
		g_clear_pointer(&images, g_variant_unref);
	} else if (vmc_disks_start_finish(run->connection, result, &run->job, &steps, &error)) {
		for (char **step = steps; *step; step++)
			printf("step: %s\n", *step);
		g_strfreev(steps);
	}
	if (error) {
		fail(run, error);
	} else if (run->waits && run->job && strcmp(run->job, "/") != 0) {
		g_timeout_add(20, look_at_job, run);
	} else {
		if (run->job)
			printf("job: %s\n", run->job);
		end(run, 0);
	}
}

static struct vmc_disk_draft *make_draft(int count, char **words)
{
	struct vmc_disk_draft *draft = vmc_disk_draft_new(words[0], FALSE);
	const char *field = "";
	GError *error = NULL;
	char *command;

	for (int i = 1; i < count && !error; i++) {
		char **pair = g_strsplit(words[i], "=", 2);

		vmc_disk_draft_set(draft, pair[0], pair[1], &error);
		g_strfreev(pair);
	}
	if (!error)
		vmc_disk_draft_check(draft, &field, &error);
	command = vmc_disk_draft_command(draft, "");
	printf("command: %s\n", command);
	g_free(command);
	if (!error)
		return draft;
	printf("%s%s%s\n", field, *field ? ": " : "", error->message);
	g_error_free(error);
	return vmc_disk_draft_free(draft);
}

int main(int argc, char **argv)
{
	gboolean is_plan = argc > 1 && strcmp(argv[1], "plan") == 0;
	gboolean is_start = argc > 1 && strcmp(argv[1], "start") == 0;
	int first = is_plan || is_start ? 2 : 1;
	struct run run = { .status = -1, .waits = !is_start };
	struct vmc_disk_draft *draft;
	GError *error = NULL;

	if (argc <= first)
		return 2;
	draft = make_draft(argc - first, argv + first);
	if (!draft)
		return 2;
	run.connection = vmc_connect(NULL, &error);
	if (!run.connection) {
		printf("%s\n", error->message);
		return 1;
	}
	run.loop = g_main_loop_new(NULL, FALSE);
	run.is_inspect = strcmp(argv[first], "inspect") == 0;
	if (run.is_inspect)
		vmc_disks_inspect(run.connection, draft, on_answer, &run);
	else
		vmc_disks_start(run.connection, draft, is_plan, on_answer, &run);
	vmc_disk_draft_free(draft);
	g_main_loop_run(run.loop);
	g_main_loop_unref(run.loop);
	g_free(run.job);
	vmc_disconnect(run.connection);
	return run.status;
}
