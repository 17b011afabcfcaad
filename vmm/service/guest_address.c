/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/guest_address.h"
#include "service/api_power.h"
#include "service/call.h"
#include "service/service.h"
#include "service/vm.h"
#include "service/vm_question.h"

#include "api/api_error.h"

#include <string.h>

enum { ANSWER_S = 30 }; /* its daemon runs a script */

static const char *const texts[] = { "address", "netmask", "gateway", "dns" };

/* What the call that waits asked for. */
enum { ADDRESSES_GET, ADDRESSES_SET };

static void fail(struct vm *vm, const char *text)
{
	vm_question_fail(&vm->guest_address, API_ERROR_FAILED, text);
}

/* NULL: answered. */
static const char *find_mac(struct call *call, const struct vm *vm, guint adapter)
{
	GError *error = NULL;

	if (!vm->worker || vm->life.state != VM_RUNNING) {
		call_fail_text(call, API_ERROR_INVALID_STATE, "%s is %s; start it first", vm->config->name,
			       vm_state_name(vm->life.state));
		return NULL;
	}
	if (!vm_guest_check(vm, VM_INTEGRATION_EXCHANGE, &error)) {
		api_fail(call, error);
		return NULL;
	}
	if (!vm_check_verb(vm, "addresses-set", &error)) {
		api_fail(call, error);
		return NULL;
	}
	if (vm->guest_address) {
		call_fail_text(call, API_ERROR_INVALID_STATE,
			       "%s: its guest is being asked already; wait for its answer", vm->config->name);
		return NULL;
	}
	if (adapter >= vm->config->adapters->len) {
		call_fail_text(call, API_ERROR_NOT_FOUND,
			       "%s has no network adapter %u; `bulkhead vm show` lists them",
			       vm->config->name, adapter);
		return NULL;
	}
	return ((struct vm_adapter *)vm->config->adapters->pdata[adapter])->mac;
}

static void ask(struct call *call, struct vm *vm, struct link_message *message, int kind)
{
	vm_question_ask(&vm->guest_address, call, kind, vm, message, ANSWER_S,
			"its guest does not answer; look what it does, and try again");
}

static struct link_message *new_message(struct call *call, const char *verb, const char *mac,
					gboolean is_ipv6)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0) {
		call_fail_text(call, API_ERROR_LIMIT, "there is no memory left; close some consoles");
		return NULL;
	}
	link_add(message, "mac", mac);
	link_add_number(message, "ipv6", (guint64)(is_ipv6 != FALSE));
	return message;
}

void guest_address_get(struct call *call, struct vm *vm, guint adapter, gboolean is_ipv6)
{
	const char *mac = find_mac(call, vm, adapter);
	struct link_message *message = mac ? new_message(call, "addresses-get", mac, is_ipv6) : NULL;

	if (message)
		ask(call, vm, message, ADDRESSES_GET);
}

/* FALSE: it has something that there is not. */
static gboolean add_values(struct link_message *message, GVariant *values)
{
	GVariantIter iter;
	const char *name, *text;
	GVariant *value;
	gboolean is_good = TRUE;

	g_variant_iter_init(&iter, values);
	while (is_good && g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		gboolean is_known = FALSE;

		for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
			is_known |= strcmp(texts[i], name) == 0;
		if (is_known && g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
			text = g_variant_get_string(value, NULL);
			link_add(message, name, text);
		} else if (strcmp(name, "dhcp") == 0 && g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
			link_add_number(message, name, (guint64)(g_variant_get_boolean(value) != FALSE));
		} else {
			is_good = FALSE;
		}
		g_variant_unref(value);
	}
	return is_good;
}

void guest_address_set(struct call *call, struct vm *vm, guint adapter, gboolean is_ipv6, GVariant *values)
{
	const char *mac = find_mac(call, vm, adapter);
	struct link_message *message = mac ? new_message(call, "addresses-set", mac, is_ipv6) : NULL;

	if (!message)
		return;
	call_step(call, "the guest of %s gives its network adapter %u these addresses", vm->config->name,
		  adapter);
	if (!add_values(message, values)) {
		link_message_free(message);
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "give address, netmask, gateway and dns as texts, and dhcp as a boolean");
	} else if (call->is_plan) {
		link_message_free(message);
		call_return_steps(call);
	} else {
		ask(call, vm, message, ADDRESSES_SET);
	}
}

/* --- from the worker --------------------------------------------------------------------------------- */

static void return_addresses(struct call *call, const struct link_message *message)
{
	GVariantBuilder values;
	guint64 dhcp = 0;

	link_get_number(message, "dhcp", 1, &dhcp);
	g_variant_builder_init(&values, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&values, "{sv}", "dhcp", g_variant_new_boolean(dhcp != 0));
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
		const char *text = link_get(message, texts[i]);

		g_variant_builder_add(&values, "{sv}", texts[i],
				      g_variant_new_take_string(g_utf8_make_valid(text ? text : "", -1)));
	}
	call_return(call, g_variant_new("(a{sv})", &values));
}

void guest_address_take(struct vm *vm, const struct link_message *message)
{
	const char *result = link_get(message, "result");

	if (!vm->guest_address || !result)
		return;
	if (strcmp(result, "ok") == 0 && vm->guest_address->kind == ADDRESSES_SET)
		call_return_steps(vm_question_take(&vm->guest_address));
	else if (strcmp(result, "ok") == 0)
		return_addresses(vm_question_take(&vm->guest_address), message);
	else if (strcmp(result, "unavailable") == 0)
		fail(vm, "its guest cannot do this; install and start hv_kvp_daemon in it (Debian: "
			 "hyperv-daemons)");
	else if (strcmp(result, "invalid") == 0)
		fail(vm, "these are no addresses; write them as 192.168.1.2 or fd00::2");
	else
		fail(vm, "its guest refuses; does it have a driver for this adapter, and a script that its "
			 "hv_kvp_daemon can call?");
}

void guest_address_abandon(struct vm *vm)
{
	if (vm->guest_address)
		fail(vm, "it ended before its guest answered; start it again");
}
