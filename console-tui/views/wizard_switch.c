/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New Virtual Switch, and the settings of one: on the client's draft, which knows the rules. */
#include "views/wizards.h"

#include "client/switch_draft.h"
#include "views/dialog.h"
#include "views/form.h"

#include <string.h>

struct subject {
	GVariant *existing; /* a{sv}; NULL: a new one */
	GVariant *kinds;    /* of ListKinds: a(ssbs) */
	GVariant *adapters; /* of ListHostAdapters: aa{sv}; NULL: they cannot be listed */
};

static void subject_free(gpointer opaque)
{
	struct subject *subject = opaque;

	g_clear_pointer(&subject->existing, g_variant_unref);
	g_clear_pointer(&subject->kinds, g_variant_unref);
	g_clear_pointer(&subject->adapters, g_variant_unref);
	g_free(subject);
}

/* Kind goes first: what the others mean goes by it. */
static const struct switch_field {
	const char *name, *label, *help;
	enum form_type type;
} fields[] = {
	{ "kind", "Kind", "It cannot be changed later.", FORM_CHOICE },
	{ "name", "Name", "", FORM_TEXT },
	{ "notes", "Notes", "", FORM_TEXT },
	{ "network", "Network", "addresses of its machines, such as 10.0.2.0/24", FORM_TEXT },
	{ "dhcp", "DHCP", "gives machines their addresses", FORM_TICK },
	{ "ipv6", "IPv6", "", FORM_TICK },
	{ "host-services", "Services of this host",
	  "machines reach what listens on 127.0.0.1 here, at the gateway", FORM_TICK },
	{ "forward", "Port forwards",
	  "[tcp:|udp:][ADDRESS:]PORT:[ADDRESS:]PORT, of this host and of a machine; , between", FORM_TEXT },
	{ "tftp-folder", "Network boot",
	  "a folder whose files machines get that boot from the network; empty: none", FORM_PATH },
	{ "boot-file", "Boot file", "what those start: a file of that folder, or a URL", FORM_TEXT },
	{ "adapter", "Host adapter",
	  "What runs over it now may be interrupted: this host can lose its connection, also the one that "
	  "you use.",
	  FORM_CHOICE },
	{ "shared", "Shared with this host", "else the adapter belongs to machines alone", FORM_TICK },
	{ "address", "Address of this host", "on this switch, such as 192.168.50.1/24; may be empty",
	  FORM_TEXT },
	{ "vlan", "VLAN", "0: none", FORM_TEXT },
	{ "mac-range", "MAC addresses", "FIRST-LAST: of adapters that have none of their own; may be empty",
	  FORM_TEXT },
};

/* --- the draft of what the form has ------------------------------------------------------------------ */

/* As the draft writes it; free it. */
static char *text_of(struct form *form, const struct switch_field *field)
{
	const char *text = form_value(form, field->name);
	char *lines;

	if (field->type == FORM_TICK)
		return g_strdup(strcmp(text, "yes") == 0 ? "on" : "off");
	if (strcmp(field->name, "forward") != 0)
		return g_strdup(text);
	lines = g_strdup(text);
	for (char *at = lines; *at; at++)
		if (*at == ',' || *at == ' ')
			*at = '\n';
	return lines;
}

/* What cannot be a value stays as it was; `ret_error` (may be NULL): the first of them. */
static struct vmc_switch_draft *draft_of(struct form *form, GError **ret_error)
{
	struct subject *subject = form_data(form);
	struct vmc_switch_draft *draft = vmc_switch_draft_new(subject->existing);

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		GError *error = NULL;
		char *text;

		if ((subject->existing && strcmp(fields[i].name, "kind") == 0) ||
		    !vmc_switch_draft_has(draft, fields[i].name))
			continue;
		text = text_of(form, &fields[i]);
		if (!vmc_switch_draft_set(draft, fields[i].name, text, &error) && ret_error && !*ret_error)
			*ret_error = g_steal_pointer(&error);
		g_clear_error(&error);
		g_free(text);
	}
	return draft;
}

static void update(struct form *form)
{
	struct subject *subject = form_data(form);
	struct vmc_switch_draft *draft = draft_of(form, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (!subject->existing || strcmp(fields[i].name, "kind") != 0)
			form_hide(form, fields[i].name, !vmc_switch_draft_has(draft, fields[i].name));
	vmc_switch_draft_free(draft);
}

/* What is wrong with the text itself, or with how it goes together with the others. */
/* Without the name of the setting, which stands beside it: "switch.name: a virtual switch needs a name". */
static const char *sentence_of(const char *message)
{
	const char *colon = strstr(message, ": ");

	return colon && memchr(message, '.', (size_t)(colon - message)) &&
		       !memchr(message, ' ', (size_t)(colon - message))
		   ? colon + 2
		   : message;
}

static char *check(struct form *form, const char *name, const char *unused)
{
	struct subject *subject = form_data(form);
	struct vmc_switch_draft *draft = draft_of(form, NULL);
	const char *wrong = NULL;
	GError *error = NULL;
	char *problem = NULL, *text;

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (strcmp(fields[i].name, name) == 0 && !(subject->existing && strcmp(name, "kind") == 0)) {
			text = text_of(form, &fields[i]);
			vmc_switch_draft_set(draft, name, text, &error);
			g_free(text);
		}
	if (!error && !vmc_switch_draft_check(draft, &wrong, &error) && g_strcmp0(wrong, name) != 0)
		g_clear_error(&error); /* it is said beside that one */
	if (error)
		problem = g_strdup(sentence_of(error->message));
	g_clear_error(&error);
	vmc_switch_draft_free(draft);
	return problem;
}

static char *command(struct form *form)
{
	struct vmc_switch_draft *draft = draft_of(form, NULL);
	char *line = vmc_switch_draft_is_changed(draft) || vmc_switch_draft_is_new(draft)
			 ? vmc_switch_draft_command(draft, vmc_host_place(form_host(form)))
			 : NULL;

	vmc_switch_draft_free(draft);
	return line;
}

static void call(struct form *form, gboolean is_plan, tui_answer_fn fn)
{
	GError *error = NULL;
	struct vmc_switch_draft *draft = draft_of(form, &error);

	if (!error && !vmc_switch_draft_check(draft, NULL, &error) && !error)
		g_set_error(&error, API_ERROR, API_ERROR_INVALID_ARGUMENT, "something is not right yet");
	if (!error && !vmc_switch_draft_is_new(draft) && !vmc_switch_draft_is_changed(draft))
		g_set_error(&error, API_ERROR, API_ERROR_INVALID_ARGUMENT, "nothing is changed");
	if (error)
		fn(form_view(form), NULL, error, NULL);
	else
		tui_call(form_view(form), form_host(form), API_SWITCHES_PATH, API_SWITCHES_INTERFACE,
			 vmc_switch_draft_method(draft), vmc_switch_draft_parameters(draft, is_plan), fn,
			 NULL);
	g_clear_error(&error);
	vmc_switch_draft_free(draft);
}

static const struct form_kind create_kind = {
	.update = update,
	.check = check,
	.command = command,
	.button = "Create",
	.call = call,
	.done = "the switches are changed",
};
static const struct form_kind edit_kind = {
	.update = update,
	.check = check,
	.command = command,
	.button = "Apply",
	.call = call,
	.done = "the switches are changed",
};

/* --- fields ------------------------------------------------------------------------------------------ */

static char *kind_choices(const struct subject *subject)
{
	GString *choices = g_string_new(NULL);
	const char *kind, *text, *why;
	gboolean can;
	GVariantIter iter;

	g_variant_iter_init(&iter, subject->kinds);
	while (g_variant_iter_next(&iter, "(&s&sb&s)", &kind, &text, &can, &why))
		if (can)
			g_string_append_printf(choices, "%s%s", choices->len ? "|" : "", kind);
	return g_string_free(choices, FALSE);
}

/* What each kind is; of those that cannot be made here, why. */
static void add_kinds(struct form *form, const struct subject *subject)
{
	const char *kind, *text, *why;
	gboolean can;
	GVariantIter iter;
	char *note;

	g_variant_iter_init(&iter, subject->kinds);
	while (g_variant_iter_next(&iter, "(&s&sb&s)", &kind, &text, &can, &why)) {
		note = g_strdup_printf("%s: %s.%s%s%s", kind, text, can ? "" : " Not here: ", can ? "" : why,
				       can ? "" : ".");
		form_note(form, note);
		g_free(note);
	}
}

static char *adapter_choices(const struct subject *subject, const char *now)
{
	GString *choices = g_string_new(*now ? now : "=None");
	gsize count = subject->adapters ? g_variant_n_children(subject->adapters) : 0;

	for (gsize i = 0; i < count; i++) {
		GVariant *adapter = g_variant_get_child_value(subject->adapters, i);
		const char *name = "", *used_by = "", *mac = "";

		g_variant_lookup(adapter, "name", "&s", &name);
		g_variant_lookup(adapter, "mac", "&s", &mac);
		g_variant_lookup(adapter, "used-by", "&s", &used_by);
		if (*name && !*used_by && strcmp(name, now) != 0 && !strpbrk(name, "|="))
			g_string_append_printf(choices, "|%s=%s %s", name, name, mac);
		g_variant_unref(adapter);
	}
	return g_string_free(choices, FALSE);
}

static void add_field(struct form *form, const struct switch_field *field, const char *text)
{
	struct subject *subject = form_data(form);
	char *choices, *value;

	if (strcmp(field->name, "kind") == 0) {
		choices = kind_choices(subject);
		form_choice(form, field->name, field->label, choices, text, field->help);
	} else if (field->type == FORM_CHOICE) {
		choices = adapter_choices(subject, text);
		form_choice(form, field->name, field->label, choices, text, field->help);
	} else if (field->type == FORM_TICK) {
		form_tick(form, field->name, field->label, strcmp(text, "on") == 0, field->help);
		return;
	} else {
		value = g_strdelimit(g_strdup(text), "\n", ',');
		(field->type == FORM_PATH ? form_path : form_text)(form, field->name, field->label, value,
								   field->help);
		g_free(value);
		return;
	}
	g_free(choices);
}

/* The default of a field is that of the first kind that has it. */
static char *value_of(const struct subject *subject, const char *field)
{
	const char *kind;
	GVariantIter iter;
	char *value = NULL;

	if (subject->existing) {
		struct vmc_switch_draft *draft = vmc_switch_draft_new(subject->existing);

		value = vmc_switch_draft_get(draft, field);
		vmc_switch_draft_free(draft);
	}
	g_variant_iter_init(&iter, subject->kinds);
	while (!value && g_variant_iter_next(&iter, "(&s&sb&s)", &kind, NULL, NULL, NULL)) {
		struct vmc_switch_draft *draft = vmc_switch_draft_new(NULL);

		if (vmc_switch_draft_set(draft, "kind", kind, NULL) && vmc_switch_draft_has(draft, field))
			value = vmc_switch_draft_get(draft, field);
		vmc_switch_draft_free(draft);
	}
	return value ? value : g_strdup("");
}

static void open_form(struct tui_view *owner, struct subject *subject)
{
	gboolean is_new = !subject->existing;
	struct form *form =
	    form_new(owner->app, tui_host(owner->app), is_new ? "New Virtual Switch" : "Virtual Switch",
		     is_new ? &create_kind : &edit_kind, subject, subject_free);

	if (is_new) {
		form_page(form, "Kind");
		add_kinds(form, subject);
	}
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
		char *text = value_of(subject, fields[i].name);

		if (strcmp(fields[i].name, "name") == 0)
			form_page(form, "Name and Notes");
		else if (strcmp(fields[i].name, "network") == 0)
			form_page(form, "Network");
		if (is_new || strcmp(fields[i].name, "kind") != 0)
			add_field(form, &fields[i], text);
		g_free(text);
	}
	form_open(form);
}

/* --- what must be known before ----------------------------------------------------------------------- */

/* Who may not list the host's adapters chooses among none. */
static void on_adapters(struct tui_view *owner, GVariant *result, const GError *error, gpointer opaque)
{
	struct subject *subject = opaque;

	if (result && g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})")))
		subject->adapters = g_variant_get_child_value(result, 0);
	open_form(owner, subject);
}

static void on_kinds(struct tui_view *owner, GVariant *result, const GError *error, gpointer opaque)
{
	struct subject *subject = opaque;

	if (error || !g_variant_is_of_type(result, G_VARIANT_TYPE("(a(ssbs))"))) {
		if (error)
			dialog_error(owner->app, error);
		subject_free(subject);
		return;
	}
	subject->kinds = g_variant_get_child_value(result, 0);
	tui_call(owner, tui_host(owner->app), API_SWITCHES_PATH, API_SWITCHES_INTERFACE, "ListHostAdapters",
		 NULL, on_adapters, subject);
}

void wizard_switch_open(struct tui_view *owner, GVariant *existing)
{
	struct subject *subject = g_new0(struct subject, 1);

	subject->existing = existing ? g_variant_ref(existing) : NULL;
	tui_call(owner, tui_host(owner->app), API_SWITCHES_PATH, API_SWITCHES_INTERFACE, "ListKinds", NULL,
		 on_kinds, subject);
}
