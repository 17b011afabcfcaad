/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of `bulkhead run` that describe a generation 1 machine. Each false after a sentence on stderr.
 */
#ifndef CLI_RUN_MACHINE_OPTIONS_H
#define CLI_RUN_MACHINE_OPTIONS_H

#include "cli/run_options.h"

bool run_set_generation(struct run_options *options, const char *value);
bool run_add_disk(struct run_options *options, const char *value);
bool run_add_cdrom(struct run_options *options, const char *value);
bool run_set_boot(struct run_options *options, const char *value);
bool run_set_display(struct run_options *options, const char *value);
bool run_set_hvsock(struct run_options *options, const char *value);
bool run_add_screenshot(struct run_options *options, const char *value);
bool run_set_firmware_log(struct run_options *options, const char *value);
/* Do the options go together? Sets the generation and the boot order where nothing was said. */
bool run_check_machine(struct run_options *options);

#endif
