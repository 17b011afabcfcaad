/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands `bulkhead NOUN VERB ...`: one table of them (manage_table.c), from which arguments are parsed,
 * and help, shell completion and man pages are made.
 */
#ifndef CLI_MANAGE_H
#define CLI_MANAGE_H

#include "cli/exit_status.h"
#include "client/connection.h"

enum { OPERANDS_MAX = 32, OPTIONS_MAX = 24 };

struct option {
	const char *name;  /* without dashes */
	const char *value; /* what it is called in help; NULL: none */
	const char *help;
	gboolean is_repeated;
	const char *choices; /* for completion: its values, with a space between; NULL: any */
};

struct invocation;

struct verb {
	const char *noun, *name;
	const char
	    *operands; /* "NAME [FILE]": those in brackets may be missing; "NAME KEY...": one or more */
	const char *summary;
	const char *more;		/* what a summary cannot say, with examples; may be NULL */
	const struct option *options;	/* ends with a NULL name; may be NULL */
	gboolean is_listing, is_change; /* --json; --plan */
	gboolean needs_no_service;
	gboolean runs_there; /* with --host the whole command runs over there (manage_remote.h) */
	gboolean needs_terminal;
	int (*run)(struct invocation *invocation);
};

struct invocation {
	const struct verb *verb;
	struct vmc_connection *connection;
	const char *host;
	gboolean wants_json, wants_plan, wants_help;
	int failure; /* the status of the last call that failed */
	guint operand_count;
	const char *operands[OPERANDS_MAX];
	guint option_count;
	struct {
		const char *name, *value;
	} options[OPTIONS_MAX * 2];
};

extern const struct verb manage_verbs[];
extern const gsize manage_verbs_count;
/* The options that every verb has, and those of listings and changes. */
extern const struct option manage_common_options[], manage_json_option[], manage_plan_option[],
    manage_create_options[], manage_set_options[];

/* argv[0] is the noun. Exit status. */
int command_manage(int argc, char **argv);
int command_why(int argc, char **argv);
int command_completion(int argc, char **argv);
int command_bridge(int argc, char **argv);
int command_stream(int argc, char **argv);
int command_receive(int argc, char **argv);
int command_man(int argc, char **argv);

/* NULL: not given. */
const char *invocation_option(const struct invocation *invocation, const char *name);
gboolean invocation_has(const struct invocation *invocation, const char *name);

void manage_print_help(const char *noun, const struct verb *verb); /* verb NULL: of the noun */

/* --- for the verbs: they say what is wrong and return the exit status ---------------------------------- */

int manage_fail(GError *error); /* frees it */
/* A call about a machine, of VirtualMachine1 or another interface; NULL: said. `parameters` may be floating. */
GVariant *manage_call_vm_on(struct invocation *invocation, const char *name, const char *interface,
			    const char *method, GVariant *parameters);
GVariant *manage_call_vm(struct invocation *invocation, const char *name, const char *method,
			 GVariant *parameters);
GVariant *manage_call(struct invocation *invocation, const char *path, const char *interface,
		      const char *method, GVariant *parameters);
/* A line of the two, of which `text` is a stranger's. */
void manage_print_plain(const char *before, const char *text);
/* Frees `result`: its last part, an array of sentences, is printed for a plan, else only with a terminal. */
int manage_print_steps(struct invocation *invocation, GVariant *result);
int manage_print_json(GVariant *value); /* not freed */
/* Waits for a job that a result (oas) names, with progress on a terminal; frees `result`. */
int manage_wait_for_job(struct invocation *invocation, GVariant *result);

/* The same for its path, which stays the caller's. */
int manage_wait_for_path(struct invocation *invocation, const char *path);

/* A method of the machine that takes a folder and answers with a job: exit status. */
int manage_call_with_folder(struct invocation *invocation, const char *method, const char *folder);
/* The whole path of an operand; free it. */
char *manage_folder(const struct invocation *invocation, const char *path);

/* A result (aa{sv}), which it frees: as JSON, or as a table with a column for each of `names`. */
int manage_print_dicts(struct invocation *invocation, GVariant *result, const char *const *headings,
		       const char *const *names);
/* Rows of texts under headings, each column as wide as its widest. Takes both. */
void manage_print_table(const char *const *headings, GPtrArray *rows);
/* A row for it: g_free() for each text is done there. End with NULL. */
char **manage_row(char *first, ...) G_GNUC_NULL_TERMINATED;

#endif
