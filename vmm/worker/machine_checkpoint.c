/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A checkpoint of a machine that goes on: it stands still, its memory is written (machine_save.c) while children of its disks are
 * made, these take their places, and it goes on.
 *
 * Deciding   The one who asked for the checkpoint writes down what is true, and nobody else: from MACHINE_READY on the machine waits for
 *            that word, also of a service that comes after this one. Before, whatever fails leaves it with its disks as they were.
 */
#include "worker/gen1.h"
#include "worker/gen1_drives.h"
#include "worker/machine_priv.h"
#include "worker/synthetic.h"
#include "worker/synthetic_storage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct machine_checkpoint *checkpoint_free(struct machine_checkpoint *checkpoint)
{
	if (!checkpoint)
		return NULL;
	for (unsigned i = 0; i < checkpoint->count; i++)
		worker_disk_deinit(&checkpoint->children[i]);
	free(checkpoint);
	return NULL;
}

static struct machine_checkpoint *checkpoint_of(const struct machine *machine)
{
	return machine->save ? machine->save->checkpoint : NULL;
}

int machine_checkpoint(struct machine *machine, int fd, const char *id, unsigned disks)
{
	struct machine_checkpoint *checkpoint;

	if (machine->save)
		return -EBUSY;
	checkpoint = calloc(1, sizeof(*checkpoint));
	if (!checkpoint)
		return -ENOMEM;
	checkpoint->wanted = disks;
	checkpoint->has_memory = fd >= 0;
	snprintf(checkpoint->id, sizeof(checkpoint->id), "%s", id);
	return machine_save_begin(machine, fd, checkpoint);
}

bool checkpoint_held(struct machine_save *save, char *text, size_t size)
{
	struct machine *machine = save->machine;
	int r = machine->gen1 ? gen1_lend(machine->gen1) : 0;

	if (r < 0) {
		snprintf(text, size, "a disk image cannot be made clean: %s; look at its disk", strerror(-r));
		return false;
	}
	save->checkpoint->is_held = true;
	machine->ops->on_checkpoint(machine->opaque, MACHINE_HELD, save->checkpoint->id);
	return true;
}

/* --- the disks ------------------------------------------------------------------------------------------------ */

static int exchange_one(struct machine *machine, struct worker_disk *child, struct machine_error *error)
{
	int r = machine->synthetic ? synthetic_storage_exchange(machine->synthetic, child, error) : -ENOENT;

	if (r == -ENOENT && child->controller == STORAGE_IDE && machine->gen1)
		r = gen1_exchange(machine->gen1, child, error);
	if (r < 0 && !error->text[0])
		machine_fail(error, r, "%s: it cannot take the place of its parent: %s", child->name,
			     strerror(-r));
	return r;
}

void machine_follow_shared(struct machine *machine)
{
	struct gen1_shared_disk shared;

	for (unsigned unit = 0; machine->gen1 && machine->synthetic && unit < WORKER_DRIVES; unit++)
		if (synthetic_storage_share(machine->synthetic, unit, &shared))
			gen1_follow_disk(machine->gen1, unit, &shared);
}

static void end_exchange(struct machine *machine, bool keeps)
{
	if (machine->gen1)
		gen1_end_exchange(machine->gen1, keeps);
	if (machine->synthetic)
		synthetic_storage_end_exchange(machine->synthetic, keeps);
	machine_follow_shared(machine);
}

static void try_exchange(struct machine_save *save)
{
	struct machine_checkpoint *checkpoint = save->checkpoint;
	struct machine_error error = { "" };
	int r = 0;

	if (!checkpoint->is_written || checkpoint->is_exchanged || checkpoint->count < checkpoint->wanted)
		return;
	for (unsigned i = 0; r == 0 && i < checkpoint->count; i++)
		r = exchange_one(save->machine, &checkpoint->children[i], &error);
	machine_follow_shared(save->machine);
	if (r < 0) {
		machine_save_fail(save, error.text);
		return;
	}
	checkpoint->is_exchanged = true;
	save->machine->ops->on_checkpoint(save->machine->opaque, MACHINE_READY, checkpoint->id);
}

void checkpoint_written(struct machine_save *save)
{
	if (save->is_holding)
		synthetic_release_to_stop(save->machine->synthetic);
	save->checkpoint->is_written = true;
	try_exchange(save);
}

void machine_checkpoint_child(struct machine *machine, struct worker_disk *child)
{
	struct machine_checkpoint *checkpoint = checkpoint_of(machine);

	if (!checkpoint || !checkpoint->is_held || checkpoint->count == checkpoint->wanted ||
	    checkpoint->count == sizeof(checkpoint->children) / sizeof(checkpoint->children[0])) {
		worker_disk_deinit(child);
		return;
	}
	checkpoint->children[checkpoint->count++] = *child;
	try_exchange(machine->save);
}

void checkpoint_undo(struct machine_save *save)
{
	struct machine *machine = save->machine;

	if (save->is_holding && !save->checkpoint->is_written)
		synthetic_release(machine->synthetic); /* which takes the images back */
	else if (save->is_holding)
		end_exchange(machine, false);
	if (save->is_holding && save->checkpoint->is_written)
		synthetic_go_on(machine->synthetic);
	if (machine->gen1 && save->checkpoint->is_held)
		gen1_end_exchange(machine->gen1, false);
}

/* --- the word ------------------------------------------------------------------------------------------------- */

void machine_checkpoint_keep(struct machine *machine)
{
	struct machine_checkpoint *checkpoint = checkpoint_of(machine);
	char id[sizeof(checkpoint->id)];

	if (!checkpoint || !checkpoint->is_exchanged)
		return;
	memcpy(id, checkpoint->id, sizeof(id));
	end_exchange(machine, true);
	machine_save_done(machine->save);
	machine->ops->on_checkpoint(machine->opaque, MACHINE_DONE, id);
}

const char *machine_checkpoint_waits(struct machine *machine)
{
	struct machine_checkpoint *checkpoint = checkpoint_of(machine);

	if (checkpoint && !checkpoint->is_exchanged) {
		machine_save_cancel(machine);
		checkpoint = checkpoint_of(machine);
	}
	return checkpoint && checkpoint->is_exchanged ? checkpoint->id : NULL;
}

bool machine_is_at_checkpoint(const struct machine *machine)
{
	return checkpoint_of(machine) != NULL;
}
