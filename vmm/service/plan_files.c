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

static enum file_need asked(enum file_need need)
{
	switch (need) {
	case FILE_NEW:
	case FILE_NEW_FOLDER: return FILE_CAN_BE_MADE;
	case FILE_APPEND: return FILE_CAN_APPEND;
	case FILE_SOCKET: return FILE_CAN_LISTEN;
	default: return need;
	}
}

void plan_files_ask(GPtrArray *files)
{
	for (guint i = 0; i < files->len;) {
		struct caller_file *file = files->pdata[i];

		file->need = asked(file->need);
		if (is_in_new_folder(files, file))
			g_ptr_array_remove_index(files, i);
		else
			i++;
	}
}

void plan_files_check(struct call *call, GPtrArray *files, const char *prefix,
		      void (*answer)(struct call *call))
{
	struct plan *plan = g_new0(struct plan, 1);

	*plan = (struct plan){ .call = call, .prefix = g_strdup(prefix ? prefix : ""), .answer = answer };
	plan_files_ask(files);
	caller_files_open(call->who, files, on_files, plan);
}
