/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/plan_files.h"

#include "api/api_error.h"

struct plan {
	struct call *call;
	char *prefix;
	void (*answer)(struct call *call);
};

void plan_files_no_job(struct call *call)
{
	call_return_path(call, "/");
}

static void on_files(gpointer opaque, GPtrArray *files)
{
	struct plan *plan = opaque;
	char *problem = caller_files_problem(files, plan->call->who);

	g_ptr_array_unref(files);
	if (problem)
		call_fail_text(plan->call, API_ERROR_FAILED, "%s%s", plan->prefix, problem);
	else
		plan->answer(plan->call);
	g_free(problem);
	g_free(plan->prefix);
	g_free(plan);
}

static gboolean is_in_new_folder(const GPtrArray *files, const struct caller_file *file)
{
	for (guint i = 0; i < files->len; i++) {
		const struct caller_file *other = files->pdata[i];

		if (other->need == FILE_CAN_BE_MADE && g_strcmp0(other->path, file->folder) == 0)
			return TRUE;
	}
	return FALSE;
}

void plan_files_check(struct call *call, GPtrArray *files, const char *prefix, void (*answer)(struct call *call))
{
	struct plan *plan = g_new0(struct plan, 1);

	*plan = (struct plan){ .call = call, .prefix = g_strdup(prefix ? prefix : ""), .answer = answer };
	for (guint i = 0; i < files->len;) {
		struct caller_file *file = files->pdata[i];

		if (file->need == FILE_NEW || file->need == FILE_NEW_FOLDER)
			file->need = FILE_CAN_BE_MADE;
		if (file->need == FILE_SOCKET || file->need == FILE_APPEND || is_in_new_folder(files, file))
			g_ptr_array_remove_index(files, i);
		else
			i++;
	}
	caller_files_open(call->who, files, on_files, plan);
}
