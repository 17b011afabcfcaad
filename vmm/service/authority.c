/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/authority.h"
#include "service/service.h"
#include "service/vm.h"

#include "model/durable.h"

#include <errno.h>
#include <string.h>

#define PRIVILEGES_FILE "privileges.conf"
enum { PRIVILEGES_FILE_MAX = 65536, PRIVILEGES_MAX = 512 };

static gboolean is_subject(const struct identity *who, const char *subject)
{
	if (g_str_has_prefix(subject, "user:"))
		return strcmp(subject + strlen("user:"), who->user) == 0;
	return identity_is_member(who, subject + strlen("group:"));
}

/* The best that the machine's own list grants. */
static enum role granted_role(const struct identity *who, const struct vm *vm, const char **ret_subject)
{
	enum role best = ROLE_NOBODY, role;
	GHashTableIter iter;
	gpointer subject, name;

	g_hash_table_iter_init(&iter, vm->config->grants);
	while (g_hash_table_iter_next(&iter, &subject, &name))
		if (role_parse(name, &role) && role > best && is_subject(who, subject)) {
			best = role;
			*ret_subject = subject;
		}
	return best;
}

/* On the host, whoever has a role on some machine is its viewer: it may see what the host is. */
static enum role role_by_machines(const struct service *service, const struct identity *who, char **ret_why)
{
	GHashTableIter iter;
	gpointer vm;

	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm)) {
		const char *subject = NULL;

		if (granted_role(who, vm, &subject) != ROLE_NOBODY) {
			*ret_why = g_strdup_printf("%s has a role on a virtual machine here (%s)", who->user,
						   subject);
			return ROLE_VIEWER;
		}
	}
	return ROLE_NOBODY;
}

enum role authority_role(const struct service *service, const struct identity *who, const struct vm *vm,
			 char **ret_why)
{
	const char *subject = NULL;
	enum role role = ROLE_NOBODY;

	*ret_why = NULL;
	if (who->uid == 0 || (!service->is_system && who->uid == service->uid)) {
		*ret_why = who->uid == 0 ? g_strdup("root has every right")
					 : g_strdup_printf("%s owns this service", who->user);
		return ROLE_OWNER;
	}
	if (identity_is_member(who, ADMINISTRATORS_GROUP)) {
		*ret_why = g_strdup_printf("%s is a member of the group " ADMINISTRATORS_GROUP, who->user);
		return ROLE_ADMINISTRATOR;
	}
	if (vm)
		role = granted_role(who, vm, &subject);
	else
		role = role_by_machines(service, who, ret_why);
	if (subject)
		*ret_why = g_strdup_printf("%s is %s of %s (granted to %s)", who->user, role_label(role),
					   vm->config->name, subject);
	if (role == ROLE_NOBODY)
		*ret_why = g_strdup_printf("%s has no role %s%s", who->user, vm ? "on " : "here",
					   vm ? vm->config->name : "");
	return role;
}

static const char *find_privilege(const struct service *service, const struct identity *who, enum right right)
{
	GHashTableIter iter;
	gpointer key;
	gsize length = strlen(right_name(right));

	g_hash_table_iter_init(&iter, service->privileges);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (strncmp(key, right_name(right), length) == 0 && ((char *)key)[length] == ' ' &&
		    is_subject(who, (char *)key + length + 1))
			return (char *)key + length + 1;
	return NULL;
}

gboolean authority_allows(const struct service *service, const struct identity *who, enum right right,
			  const struct vm *vm, char **ret_why)
{
	char *why;
	enum role role = authority_role(service, who, right_is_of_vm(right) ? vm : NULL, &why);
	gboolean is_allowed = role_has(role, right);
	const char *subject = NULL;

	if (!is_allowed && (right == RIGHT_PASS_THROUGH || right == RIGHT_MOUNT))
		subject = find_privilege(service, who, right);
	if (subject)
		*ret_why = g_strdup_printf("the privilege is granted to %s", subject);
	else if (is_allowed || right == RIGHT_NONE)
		*ret_why = g_strdup(why);
	else if (role == ROLE_NOBODY)
		*ret_why = g_strdup_printf("%s; an administrator can grant one: bulkhead admin grant", why);
	else
		*ret_why =
		    g_strdup_printf("%s, and %s may not %s", why, role_label(role), right_label(right));
	g_free(why);
	return is_allowed || subject;
}

/* --- the file of privileges ------------------------------------------------------------------------ */

gboolean authority_load(struct service *service, GError **error)
{
	char *data = NULL, **lines;
	gsize size = 0;
	int r = durable_read(vm_store_fd(service->store), PRIVILEGES_FILE, PRIVILEGES_FILE_MAX, &data, &size);

	if (r == -ENOENT)
		return TRUE;
	if (r < 0) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO,
			    "%s/" PRIVILEGES_FILE ": cannot be read: %s; nobody has privileges",
			    vm_store_path(service->store), g_strerror(-r));
		return FALSE;
	}
	lines = g_strsplit(data, "\n", PRIVILEGES_MAX);
	for (unsigned i = 0; lines[i]; i++) {
		const char *space = strchr(lines[i], ' ');

		if (space && lines[i][0] != '#' && subject_check(space + 1, NULL))
			g_hash_table_add(service->privileges, g_strdup(lines[i]));
	}
	g_strfreev(lines);
	g_free(data);
	return TRUE;
}

static int save(const struct service *service)
{
	GString *text =
	    g_string_new("# Privileges beyond the roles: PRIVILEGE SUBJECT; see `bulkhead admin grant`\n");
	GList *keys = g_list_sort(g_hash_table_get_keys(service->privileges), (GCompareFunc)strcmp);
	int r;

	for (GList *i = keys; i; i = i->next)
		g_string_append_printf(text, "%s\n", (char *)i->data);
	r = durable_write(vm_store_fd(service->store), PRIVILEGES_FILE, text->str, text->len);
	g_list_free(keys);
	g_string_free(text, TRUE);
	return r;
}

gboolean authority_set_privilege(struct service *service, const char *subject, enum right right, gboolean has,
				 GError **error)
{
	char *key = g_strdup_printf("%s %s", right_name(right), subject);
	int r;

	if (has && g_hash_table_size(service->privileges) >= PRIVILEGES_MAX) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_INVALID,
			    "there are too many privileges; grant them to groups");
		g_free(key);
		return FALSE;
	}
	if (has)
		g_hash_table_add(service->privileges, g_strdup(key));
	else
		g_hash_table_remove(service->privileges, key);
	r = save(service);
	if (r < 0) { /* as it was */
		if (has)
			g_hash_table_remove(service->privileges, key);
		else
			g_hash_table_add(service->privileges, g_strdup(key));
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO,
			    "the privilege cannot be written: %s; check the disk", g_strerror(-r));
	}
	g_free(key);
	return r == 0;
}
