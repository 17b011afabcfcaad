/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs have in common: calls, steps, tables, jobs. */
#include "cli/manage.h"
#include "cli/message.h"
#include "client/json.h"
#include "client/wording.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int manage_fail(GError *error)
{
	gboolean is_usage = error->domain == API_ERROR && error->code == API_ERROR_INVALID_ARGUMENT;

	say("%s", error->message);
	g_error_free(error);
	return is_usage ? STATUS_USAGE : STATUS_FAILED;
}

GVariant *manage_call(struct invocation *invocation, const char *path, const char *interface,
		      const char *method, GVariant *parameters)
{
	GError *error = NULL;
	GVariant *result = vmc_call(invocation->connection, path, interface, method, parameters, &error);

	if (!result)
		invocation->failure = manage_fail(error);
	return result;
}

GVariant *manage_call_vm_on(struct invocation *invocation, const char *name, const char *interface,
			    const char *method, GVariant *parameters)
{
	GError *error = NULL;
	char *path = vmc_find_vm(invocation->connection, name, &error);
	GVariant *result;

	if (!path) {
		if (parameters)
			g_variant_unref(g_variant_ref_sink(parameters));
		invocation->failure = manage_fail(error);
		return NULL;
	}
	result = manage_call(invocation, path, interface, method, parameters);
	g_free(path);
	return result;
}

GVariant *manage_call_vm(struct invocation *invocation, const char *name, const char *method,
			 GVariant *parameters)
{
	return manage_call_vm_on(invocation, name, API_VM_INTERFACE, method, parameters);
}

int manage_print_json(GVariant *value)
{
	char *json = vmc_json(value);

	printf("%s\n", json);
	g_free(json);
	return STATUS_DONE;
}

void manage_print_plain(const char *before, const char *text)
{
	char *plain = vmc_plain_text(text);

	printf("%s%s\n", before, plain);
	g_free(plain);
}

int manage_print_steps(struct invocation *invocation, GVariant *result)
{
	GVariant *steps;
	GVariantIter iter;
	const char *step;

	if (!result)
		return invocation->failure;
	steps = g_variant_get_child_value(result, g_variant_n_children(result) - 1);
	g_variant_iter_init(&iter, steps);
	if (invocation->wants_plan && g_variant_n_children(steps) == 0)
		printf("nothing would be changed\n");
	while ((invocation->wants_plan || isatty(STDOUT_FILENO)) && g_variant_iter_next(&iter, "&s", &step))
		manage_print_plain(invocation->wants_plan ? "would do: " : "", step);
	g_variant_unref(steps);
	g_variant_unref(result);
	return STATUS_DONE;
}

/* --- jobs ------------------------------------------------------------------------------------------ */

static GVariant *job_properties(struct invocation *invocation, const char *path)
{
	GVariant *result = manage_call(invocation, path, "org.freedesktop.DBus.Properties", "GetAll",
				       g_variant_new("(s)", API_JOB_INTERFACE));
	GVariant *properties = NULL;

	if (result) {
		g_variant_get(result, "(@a{sv})", &properties);
		g_variant_unref(result);
	}
	return properties;
}

int manage_wait_for_path(struct invocation *invocation, const char *path)
{
	enum { POLL_US = 100000 };

	for (;;) {
		GVariant *properties = job_properties(invocation, path);
		const char *state = "failed", *error = "";
		double progress = 0;
		gboolean is_running, is_done;

		if (!properties)
			return STATUS_FAILED;
		g_variant_lookup(properties, "State", "&s", &state);
		g_variant_lookup(properties, "Error", "&s", &error);
		g_variant_lookup(properties, "Progress", "d", &progress);
		is_running = strcmp(state, "running") == 0;
		is_done = strcmp(state, "done") == 0;
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%3.0f %%%s", progress * 100, is_running ? "" : "\r      \r");
		if (!is_running && !is_done)
			say("%s", error);
		g_variant_unref(properties);
		if (!is_running)
			return is_done ? STATUS_DONE : STATUS_FAILED;
		g_usleep(POLL_US);
	}
}

int manage_wait_for_job(struct invocation *invocation, GVariant *result)
{
	char *path;
	int status;

	if (!result)
		return invocation->failure;
	g_variant_get_child(result, 0, "o", &path);
	status = manage_print_steps(invocation, result);
	if (status == STATUS_DONE && strcmp(path, "/") != 0)
		status = manage_wait_for_path(invocation, path);
	g_free(path);
	return status;
}

/* --- tables ---------------------------------------------------------------------------------------- */

char **manage_row(char *first, ...)
{
	GPtrArray *row = g_ptr_array_new();
	va_list args;

	va_start(args, first);
	for (char *text = first; text; text = va_arg(args, char *))
		g_ptr_array_add(row, text);
	va_end(args);
	g_ptr_array_add(row, NULL);
	return (char **)g_ptr_array_free(row, FALSE);
}

static void print_row(const char *const *texts, const glong *widths)
{
	GString *line = g_string_new(NULL);

	for (guint i = 0; texts[i]; i++) {
		g_string_append(line, texts[i]);
		for (glong n = g_utf8_strlen(texts[i], -1); texts[i + 1] && n < widths[i] + 2; n++)
			g_string_append_c(line, ' ');
	}
	printf("%s\n", line->str);
	g_string_free(line, TRUE);
}

/* "one, two" */
static char *list_text(GVariant *list)
{
	const char **items = g_variant_get_strv(list, NULL);
	char *joined = g_strjoinv(", ", (char **)items), *text = vmc_plain_text(joined);

	g_free(joined);
	g_free(items);
	return text;
}

static char *cell(GVariant *dict, const char *name)
{
	GVariant *value = g_variant_lookup_value(dict, name, NULL);
	char *text = NULL;

	if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
		text = vmc_plain_text(g_variant_get_string(value, NULL));
	else if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
		text = g_strdup(g_variant_get_boolean(value) ? "yes" : "no");
	else if (value && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY))
		text = list_text(value);
	else if (value)
		text = g_variant_print(value, FALSE);
	g_clear_pointer(&value, g_variant_unref);
	return text ? text : g_strdup("");
}

int manage_print_dicts(struct invocation *invocation, GVariant *result, const char *const *headings,
		       const char *const *names)
{
	GVariant *list;
	GPtrArray *rows;

	if (!result)
		return invocation->failure;
	list = g_variant_get_child_value(result, 0);
	rows = g_ptr_array_new();
	for (gsize i = 0; i < g_variant_n_children(list) && !invocation->wants_json; i++) {
		GVariant *dict = g_variant_get_child_value(list, i);
		char **row = g_new0(char *, g_strv_length((char **)names) + 1);

		for (guint c = 0; names[c]; c++)
			row[c] = cell(dict, names[c]);
		g_ptr_array_add(rows, row);
		g_variant_unref(dict);
	}
	if (invocation->wants_json) {
		manage_print_json(list);
		g_ptr_array_unref(rows);
	} else {
		manage_print_table(headings, rows);
	}
	g_variant_unref(list);
	g_variant_unref(result);
	return STATUS_DONE;
}

void manage_print_table(const char *const *headings, GPtrArray *rows)
{
	guint columns = g_strv_length((char **)headings);
	glong *widths = g_new0(glong, columns + 1);

	for (guint c = 0; c < columns; c++) {
		widths[c] = g_utf8_strlen(headings[c], -1);
		for (guint r = 0; r < rows->len; r++)
			widths[c] = MAX(widths[c], g_utf8_strlen(((char **)rows->pdata[r])[c], -1));
	}
	print_row(headings, widths);
	for (guint r = 0; r < rows->len; r++)
		print_row((const char *const *)rows->pdata[r], widths);
	for (guint r = 0; r < rows->len; r++)
		g_strfreev(rows->pdata[r]);
	g_ptr_array_unref(rows);
	g_free(widths);
}
