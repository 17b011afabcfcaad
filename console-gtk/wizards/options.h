/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was filled in, as options of `bulkhead`: from them come both the settings of the API and the command
 * line. */
#ifndef GUI_OPTIONS_H
#define GUI_OPTIONS_H

#include <glib.h>

struct gui_options;

struct gui_options *gui_options_new(void);
void gui_options_free(struct gui_options *options);
void gui_options_add(struct gui_options *options, const char *name, const char *value);
void gui_options_add_number(struct gui_options *options, const char *name, guint64 value, const char *unit);
gboolean gui_options_is_empty(const struct gui_options *options);
/* a{sv}, floating; NULL: a sentence. `existing` as vmc_draft_settings() has it. */
GVariant *gui_options_settings(const struct gui_options *options, const char *place, GVariant *existing,
			       GError **error);
/* "bulkhead vm create NAME --memory 2G..."; free it. */
char *gui_options_command(const struct gui_options *options, const char *place, const char *noun,
			  const char *verb, const char *name);

#endif
