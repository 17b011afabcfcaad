/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Administrators1: who may do what, and why. */
#include "service/account_search.h"
#include "service/authority.h"
#include "service/call.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api.h"
#include "api/api_error.h"

#include <string.h>

static void fail(struct call *call, GError *error)
{
	call_fail(call, error);
	g_error_free(error);
}

/* --- listing --------------------------------------------------------------------------------------- */

static void add_machine(GVariantBuilder *list, const struct vm *vm)
{
	GHashTableIter iter;
	gpointer subject, role;

	g_hash_table_iter_init(&iter, vm->config->grants);
	while (g_hash_table_iter_next(&iter, &subject, &role))
		g_variant_builder_add(list, "(ssss)", subject, role, vm->config->id, vm->config->name);
}

static void add_host(GVariantBuilder *list, const struct service *service)
{
	GHashTableIter iter;
	gpointer key;

	g_variant_builder_add(list, "(ssss)", "group:" ADMINISTRATORS_GROUP, role_name(ROLE_ADMINISTRATOR),
			      "", "");
	g_hash_table_iter_init(&iter, service->privileges);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		char **parts = g_strsplit(key, " ", 2);

		g_variant_builder_add(list, "(ssss)", parts[1], parts[0], "", "");
		g_strfreev(parts);
	}
}

static void list_grants(struct call *call)
{
	char *why = NULL;
	gboolean sees_all = authority_allows(call->service, call->who, RIGHT_AUDIT, NULL, &why);
	GVariantBuilder list;
	GHashTableIter iter;
	gpointer vm;

	g_free(why);
	g_variant_builder_init(&list, G_VARIANT_TYPE("a(ssss)"));
	if (sees_all)
		add_host(&list, call->service);
	g_hash_table_iter_init(&iter, call->service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm)) {
		why = NULL;
		if (sees_all || authority_allows(call->service, call->who, RIGHT_DELEGATE, vm, &why))
			add_machine(&list, vm);
		g_free(why);
	}
	call_return(call, g_variant_new("(a(ssss))", &list));
}

/* --- granting -------------------------------------------------------------------------------------- */

/* Nobody gives what he does not have: a role on a machine at most his own. */
static gboolean check_role(struct call *call, const struct vm *vm, enum role role)
{
	char *why = NULL;
	enum role own = authority_role(call->service, call->who, vm, &why);

	g_free(why);
	if (role <= own)
		return TRUE;
	call_fail_text(call, API_ERROR_NOT_AUTHORIZED, "%s cannot grant more than the own role, %s",
		       call->who->user, role_label(own));
	return FALSE;
}

static void change_machine(struct call *call, struct vm *vm, const char *subject, const char *role)
{
	struct vm_config *config = vm_config_copy(vm->config);
	GError *error = NULL;

	if (role) {
		call_step(call, "%s becomes %s of %s", subject, role, vm->config->name);
		g_hash_table_insert(config->grants, g_strdup(subject), g_strdup(role));
	} else {
		call_step(call, "%s loses the role %s on %s", subject,
			  (const char *)g_hash_table_lookup(config->grants, subject), vm->config->name);
		g_hash_table_remove(config->grants, subject);
	}
	call->vm_id = g_strdup(vm->config->id);
	if (!vm_config_check(config, &error) || (!call->is_plan && !vm_set_config(vm, config, &error))) {
		vm_config_free(config);
		fail(call, error);
		return;
	}
	if (call->is_plan)
		vm_config_free(config);
	call_return_steps(call);
}

static gboolean parse_privilege(struct call *call, const char *name, enum right *ret_right)
{
	if (strcmp(name, role_name(ROLE_ADMINISTRATOR)) == 0)
		call_fail_text(
		    call, API_ERROR_NOT_SUPPORTED,
		    "Bulkhead Administrators are the members of the Unix group " ADMINISTRATORS_GROUP
		    "; change it as root: gpasswd --add USER " ADMINISTRATORS_GROUP);
	else if (!right_parse(name, ret_right) ||
		 (*ret_right != RIGHT_PASS_THROUGH && *ret_right != RIGHT_MOUNT))
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "\"%s\" is no privilege on the host; give pass-through or mount, or name a "
			       "machine with --vm",
			       name);
	else
		return TRUE;
	return FALSE;
}

static void change_host(struct call *call, const char *subject, const char *name, gboolean has)
{
	GError *error = NULL;
	enum right right;

	/* Only whoever has a privilege may hand it on: an administrator does not have it. */
	if (!parse_privilege(call, name, &right) || !call_require(call, RIGHT_HOST_EDIT, NULL) ||
	    !call_require(call, right, NULL))
		return;
	call_step(call, has ? "%s may %s" : "%s may no longer %s", subject, right_label(right));
	if (!call->is_plan && !authority_set_privilege(call->service, subject, right, has, &error))
		fail(call, error);
	else
		call_return_steps(call);
}

/* Answered when FALSE. `ret_vm` NULL: the host. */
static gboolean get_target(struct call *call, const char **ret_subject, const char **ret_role,
			   struct vm **ret_vm)
{
	const char *name;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&s&s&s@a{sv})", ret_subject, ret_role, &name, NULL);
	*ret_vm = NULL;
	if (!subject_check(*ret_subject, &error) ||
	    (*name && !(*ret_vm = vm_find(call->service, name, &error)))) {
		fail(call, error);
		return FALSE;
	}
	return !*ret_vm || call_require(call, RIGHT_DELEGATE, *ret_vm);
}

static void grant_role(struct call *call)
{
	const char *subject, *name;
	enum role role;
	struct vm *vm;

	if (!get_target(call, &subject, &name, &vm))
		return;
	if (!vm) {
		change_host(call, subject, name, TRUE);
		return;
	}
	if (!role_parse(name, &role) || !role_is_of_vm(role))
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "\"%s\" is no role on a machine; give viewer, operator or vm-administrator",
			       name);
	else if (check_role(call, vm, role))
		change_machine(call, vm, subject, name);
}

static void revoke_role(struct call *call)
{
	const char *subject, *name;
	struct vm *vm;

	if (!get_target(call, &subject, &name, &vm))
		return;
	if (!vm)
		change_host(call, subject, name, FALSE);
	else if (!g_hash_table_contains(vm->config->grants, subject))
		call_fail_text(call, API_ERROR_NOT_FOUND, "%s has no role on %s", subject, vm->config->name);
	else
		change_machine(call, vm, subject, NULL);
}

/* --- explaining ------------------------------------------------------------------------------------ */

static void add_answer(struct call *call, GVariantBuilder *answers, const struct identity *who,
		       enum right right, struct vm *vm)
{
	char *why = NULL;
	gboolean may = authority_allows(call->service, who, right, vm, &why);

	g_variant_builder_add(answers, "(sbs)", right_name(right), may, why);
	g_free(why);
}

static gboolean may_ask_about(struct call *call, const char *user, const struct vm *vm)
{
	char *why = NULL;
	gboolean may = !*user || strcmp(user, call->who->user) == 0 ||
		       (vm && authority_allows(call->service, call->who, RIGHT_DELEGATE, vm, &why));

	g_free(why);
	return may || call_require(call, RIGHT_AUDIT, NULL);
}

static void answer_all(struct call *call, const struct identity *who, const char *name, struct vm *vm)
{
	GVariantBuilder answers;
	enum right one = RIGHT_NONE;

	if (*name && !right_parse(name, &one)) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT, "\"%s\": there is no such right", name);
		return;
	}
	if (one != RIGHT_NONE && right_is_of_vm(one) && !vm) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%s is a right on a machine; name it with --vm", name);
		return;
	}
	g_variant_builder_init(&answers, G_VARIANT_TYPE("a(sbs)"));
	for (unsigned i = 0; i < RIGHT_COUNT; i++) {
		enum right right = (enum right)i;

		if (one == right || (one == RIGHT_NONE && (vm != NULL) == right_is_of_vm(right)))
			add_answer(call, &answers, who, right, vm);
	}
	call_return(call, g_variant_new("(a(sbs))", &answers));
}

static void explain(struct call *call)
{
	const char *user, *right, *name;
	struct identity *who;
	struct vm *vm = NULL;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&s&s&s)", &user, &right, &name);
	if (*name)
		vm = vm_find(call->service, name, &error);
	if (error) {
		fail(call, error);
		return;
	}
	if (!may_ask_about(call, user, vm))
		return;
	who = *user ? identity_of_name(user) : identity_copy(call->who);
	if (!who) {
		call_fail_text(call, API_ERROR_NOT_FOUND, "%s: this host has no such user", user);
		return;
	}
	answer_all(call, who, right, vm);
	identity_free(who);
}

const struct api_method admin_methods[] = {
	{ "List", RIGHT_NONE, FALSE, list_grants },
	/* delegate on the machine, or host-edit: asked for there */
	{ "Grant", RIGHT_NONE, TRUE, grant_role },
	{ "Revoke", RIGHT_NONE, TRUE, revoke_role },
	{ "Explain", RIGHT_NONE, FALSE, explain },
	{ "Search", RIGHT_HOST_VIEW, FALSE, account_search },
};
const gsize admin_methods_count = G_N_ELEMENTS(admin_methods);
