/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/program.h"

#include <signal.h>
#include <string.h>

enum { CHUNK = 16384 };

struct program {
	int references;
	gboolean is_gone;
	GSubprocess *process;
	GInputStream *output;
	program_fn fn;
	gpointer opaque;
	char buffer[CHUNK];
};

/*
 * Beside this program, where both are installed; in the folder of a build; else wherever the shell finds it.
 */
char *program_path(void)
{
	static const char *const places[] = { "bulkhead", "../vmm/cli/bulkhead" };
	char *self = g_file_read_link("/proc/self/exe", NULL), *folder, *path = NULL;
	const char *given = g_getenv("BULKHEAD_PROGRAM");

	if (given) {
		g_free(self);
		return g_strdup(given);
	}
	folder = self ? g_path_get_dirname(self) : g_strdup("/nonexistent");
	for (guint i = 0; i < G_N_ELEMENTS(places) && !path; i++) {
		path = g_build_filename(folder, places[i], NULL);
		if (!g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
			g_clear_pointer(&path, g_free);
	}
	g_free(folder);
	g_free(self);
	return path ? path : g_strdup("bulkhead");
}

static void release(struct program *program)
{
	if (--program->references > 0)
		return;
	g_object_unref(program->process);
	g_free(program);
}

static void on_ended(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct program *program = opaque;
	int status;

	g_subprocess_wait_finish(program->process, result, NULL);
	status = g_subprocess_get_if_exited(program->process)
		     ? g_subprocess_get_exit_status(program->process)
		     : 128 + g_subprocess_get_term_sig(program->process);
	if (!program->is_gone)
		program->fn(program->opaque, "", 0, status);
	release(program);
}

static void on_read(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct program *program = opaque;
	gssize n = g_input_stream_read_finish(program->output, result, NULL);

	if (n > 0 && !program->is_gone) {
		program->fn(program->opaque, program->buffer, (gsize)n, 0);
		g_input_stream_read_async(program->output, program->buffer, CHUNK, G_PRIORITY_DEFAULT, NULL,
					  on_read, program);
		return;
	}
	g_subprocess_wait_async(program->process, NULL, on_ended, program);
}

struct program *program_start(const char *const *words, program_fn fn, gpointer opaque, GError **error)
{
	GPtrArray *argv = g_ptr_array_new();
	char *path = program_path();
	GSubprocess *process;
	struct program *program = NULL;

	g_ptr_array_add(argv, path);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	process = g_subprocess_newv((const char *const *)argv->pdata,
				    G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, error);
	if (process) {
		program = g_new0(struct program, 1);
		program->references = 2; /* the caller's, and the reading's */
		program->process = process;
		program->output = g_subprocess_get_stdout_pipe(process);
		program->fn = fn;
		program->opaque = opaque;
		g_input_stream_read_async(program->output, program->buffer, CHUNK, G_PRIORITY_DEFAULT, NULL,
					  on_read, program);
	}
	g_ptr_array_unref(argv);
	g_free(path);
	return program;
}

struct program *program_free(struct program *program)
{
	if (!program)
		return NULL;
	if (!program->is_gone)
		g_subprocess_send_signal(program->process, SIGTERM);
	program->is_gone = TRUE;
	release(program);
	return NULL;
}
