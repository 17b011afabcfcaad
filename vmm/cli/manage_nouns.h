/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nouns, and every verb's function. */
#ifndef CLI_MANAGE_NOUNS_H
#define CLI_MANAGE_NOUNS_H

struct invocation;

extern const struct manage_noun {
	const char *name, *summary;
} manage_nouns[];

int vm_list(struct invocation *invocation);
int vm_show(struct invocation *invocation);
int vm_statistics(struct invocation *invocation);
int vm_why(struct invocation *invocation);
int vm_trash(struct invocation *invocation);
int vm_create(struct invocation *invocation);
int vm_set(struct invocation *invocation);
int vm_resize_disk(struct invocation *invocation);
int vm_start(struct invocation *invocation);
int vm_power(struct invocation *invocation); /* shutdown, off, reset, pause, resume */
int vm_rename(struct invocation *invocation);
int vm_clone(struct invocation *invocation);
int vm_delete(struct invocation *invocation);
int vm_undelete(struct invocation *invocation);
int vm_empty_trash(struct invocation *invocation);
int vm_export(struct invocation *invocation);
int vm_move(struct invocation *invocation);
int vm_import(struct invocation *invocation);
int vm_copy(struct invocation *invocation);
int vm_address(struct invocation *invocation);
int vm_kvp(struct invocation *invocation);
int vm_freeze(struct invocation *invocation);
int vm_thaw(struct invocation *invocation);
int vm_connect(struct invocation *invocation);
/* --com; 1 when it is not given. FALSE: said. */
gboolean vm_com_parse(struct invocation *invocation, guint *ret_port);
int vm_wait(struct invocation *invocation);
/* For who turned the machine off: its worker may take a moment to go. */
int vm_wait_until_off(struct invocation *invocation);
int vm_screenshot(struct invocation *invocation);
int vm_screen(struct invocation *invocation);
int vm_screen_follow(struct invocation *invocation); /* --follow */
int vm_type(struct invocation *invocation);
int vm_key(struct invocation *invocation);
int vm_password(struct invocation *invocation);
int vm_view(struct invocation *invocation);
int admin_list(struct invocation *invocation);
int admin_grant(struct invocation *invocation);
int admin_revoke(struct invocation *invocation);
int admin_search(struct invocation *invocation);
int admin_explain(struct invocation *invocation);
int event_list(struct invocation *invocation);
int event_follow(struct invocation *invocation);
int event_verify(struct invocation *invocation);
int job_list(struct invocation *invocation);
int job_cancel(struct invocation *invocation);
int job_wait(struct invocation *invocation);
int switch_list(struct invocation *invocation);
int switch_show(struct invocation *invocation);
int switch_create(struct invocation *invocation);
int switch_edit(struct invocation *invocation);
int switch_delete(struct invocation *invocation);
int switch_kinds_list(struct invocation *invocation);
int switch_adapters(struct invocation *invocation);
int checkpoint_list(struct invocation *invocation);
int checkpoint_create(struct invocation *invocation);
int checkpoint_apply(struct invocation *invocation);
int checkpoint_revert(struct invocation *invocation);
int checkpoint_rename(struct invocation *invocation);
int checkpoint_delete(struct invocation *invocation);
int checkpoint_export(struct invocation *invocation);
int host_check(struct invocation *invocation);
int host_show(struct invocation *invocation);
int host_start_service(struct invocation *invocation);
int host_stop_service(struct invocation *invocation);
int host_stop_machines(struct invocation *invocation);

#endif
