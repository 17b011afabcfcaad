/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that is saved, and one that goes on where it was.
 *
 * Order      Saving: VPs stand still, drives end what they do, the device thread holds; memory in slices of the loop, so that the
 *            service is heard meanwhile; then at once everything that is not memory: chips, devices, partition. Taking back: the
 *            partition with its VPs and the memory first, devices after it, since they may interrupt the guest at once.
 */
#include "worker/gen1.h"
#include "worker/machine_priv.h"
#include "worker/synthetic.h"

#include "chipset/pc.h"
#include "state/state_file.h"

#include <hv/state.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDLE_STEP_NS 1000000u
#define IDLE_NS	     30000000000u
#define TELL_NS	     200000000u

/* --- what there is to save, for both directions -------------------------------------------------------------- */

/* What must be the same: anything else would be another machine for the guest. */
static void shape_state(struct machine *machine, struct state *state)
{
	const struct worker_config *config = &machine->config;
	uint64_t memory = config->memory_mib, hot = worker_config_hot_mib(config);
	uint32_t processors = config->processors, generation = config->generation;
	bool is_enlightened = config->is_enlightened;

	if (!state_begin(state, "machine", 1))
		return;
	state_u64(state, &memory);
	state_u64(state, &hot);
	state_u32(state, &processors);
	state_u32(state, &generation);
	state_bool(state, &is_enlightened);
	state_end(state);
	if (memory != config->memory_mib)
		state_refuse(state, "it was saved with %llu MiB of memory, and this machine has %llu",
			     (unsigned long long)memory, (unsigned long long)config->memory_mib);
	else if (processors != config->processors)
		state_refuse(state, "it was saved with %u processors, and this machine has %u", processors,
			     config->processors);
	else if (generation != config->generation || is_enlightened != config->is_enlightened ||
		 hot != worker_config_hot_mib(config))
		state_refuse(state, "it was saved by a machine of another kind");
}

static void memory_state(struct machine *machine, struct state *state)
{
	uint64_t hot_size = atomic_load(&machine->memory.ram.hot_size);

	if (!state_begin(state, "memory", 1))
		return;
	state_u64(state, &hot_size);
	state_end(state);
	if (!state_is_reading(state))
		return;
	if (hot_size > machine->memory.hot_mapped)
		state_refuse(state, "it has more memory that was added than is there");
	else
		atomic_store(&machine->memory.ram.hot_size, hot_size);
}

static void devices_state(struct machine *machine, struct state *state)
{
	pc_state(machine->pc, state);
	if (machine->gen1)
		gen1_state(machine->gen1, state);
	if (machine->synthetic)
		synthetic_state(machine->synthetic, state);
}

static void write_partition(struct machine *machine, struct state *state)
{
	void *bytes;
	size_t size;
	int r = hv_set_clock(machine->partition, machine->paused_clock);

	if (r == 0)
		r = hv_save(machine->partition, &bytes, &size);
	if (r < 0) {
		state_refuse(state, "the processors cannot be saved: %s", strerror(-r));
		return;
	}
	if (state_begin(state, "partition", 1))
		state_bytes(state, bytes, size);
	state_end(state);
	free(bytes);
}

/* --- writing ------------------------------------------------------------------------------------------------- */

static void free_save(struct machine_save *save)
{
	if (!save)
		return;
	loop_timer_free(save->timer);
	checkpoint_free(save->checkpoint);
	free(save);
}

static void go_on(struct machine_save *save)
{
	struct machine *machine = save->machine;

	if (save->checkpoint)
		checkpoint_undo(save);
	else if (save->is_holding)
		synthetic_release(machine->synthetic);
	machine->save = NULL;
	if (!save->was_paused)
		machine_resume(machine);
}

void machine_save_fail(struct machine_save *save, const char *text)
{
	struct machine *machine = save->machine;
	bool is_canceled = save->is_canceled;

	go_on(save);
	free_save(save);
	machine->ops->on_save_failed(machine->opaque, is_canceled ? "it was canceled" : text, is_canceled);
}

static void fail_errno(struct machine_save *save, int error)
{
	char text[160];

	if (error == -ENOSPC || error == -EDQUOT)
		snprintf(
		    text, sizeof(text),
		    "there is not enough room for its memory on the disk of its folder; make room, or give it less memory");
	else
		snprintf(text, sizeof(text),
			 "its memory cannot be written: %s; look at the disk of its folder",
			 strerror(-error));
	machine_save_fail(save, text);
}

static int write_sections(struct machine_save *save, struct state *state)
{
	struct machine *machine = save->machine;
	const void *bytes;
	size_t size;
	int r;

	shape_state(machine, state);
	memory_state(machine, state);
	devices_state(machine, state);
	write_partition(machine, state);
	r = state_finish_writing(state, &bytes, &size);
	return r < 0 ? r : state_file_finish(&save->file, bytes, size);
}

/* What stays behind is not to change anything any more. */
static void succeed(struct machine_save *save)
{
	struct machine *machine = save->machine;

	if (save->checkpoint) {
		checkpoint_written(save);
		return;
	}
	if (save->is_holding)
		synthetic_release_to_stop(machine->synthetic);
	machine->save = NULL;
	free_save(save);
	machine_end_saved(machine);
}

void machine_save_done(struct machine_save *save)
{
	struct machine *machine = save->machine;

	if (machine->synthetic)
		synthetic_go_on(machine->synthetic);
	machine->save = NULL;
	if (!save->was_paused)
		machine_resume(machine);
	free_save(save);
}

static void finish(struct machine_save *save)
{
	struct state *state;
	char reason[STATE_REASON_MAX] = "";
	int r = state_writer_new(&state);

	if (r == 0) {
		r = write_sections(save, state);
		snprintf(reason, sizeof(reason), "%s", state_reason(state) ? state_reason(state) : "");
		state_free(state);
	}
	if (r < 0 && reason[0])
		machine_save_fail(save, reason);
	else if (r < 0)
		fail_errno(save, r);
	if (r == 0)
		succeed(save);
}

static void tell(struct machine_save *save)
{
	uint64_t now = loop_now();

	if (now - save->told_ns < TELL_NS)
		return;
	save->told_ns = now;
	save->machine->ops->on_saving(save->machine->opaque, save->file.done, save->file.total);
}

static void write_next(struct machine_save *save)
{
	int r = save->is_canceled ? -ECANCELED : state_file_write_slice(&save->file);

	if (r == 0) {
		finish(save);
		return;
	}
	if (r < 0) {
		fail_errno(save, r);
		return;
	}
	tell(save);
	loop_timer_set(save->timer, loop_now());
}

static void add_area(void *opaque, const char *name, void *host, uint64_t size)
{
	struct machine_save *save = opaque;
	int r = state_file_add(&save->file, name, host, size);

	if (r < 0)
		save->error = r;
}

static void for_each_area(struct machine *machine,
			  void (*fn)(void *opaque, const char *name, void *host, uint64_t size), void *opaque)
{
	const struct machine_memory *memory = &machine->memory;
	uint64_t size;
	void *host;

	fn(opaque, "memory", memory->ram.host, memory->ram.size);
	if (memory->hot_mapped > 0)
		fn(opaque, "added memory", memory->ram.hot, memory->hot_mapped);
	if (machine->gen1) {
		host = gen1_video_memory(machine->gen1, &size);
		fn(opaque, "vga", host, size);
	}
	if (machine->synthetic)
		synthetic_memory_areas(machine->synthetic, fn, opaque);
}

/* Everything stands still. */
static void on_held(void *opaque, const char *error)
{
	struct machine_save *save = opaque;
	char text[STATE_REASON_MAX];

	if (error) {
		save->is_holding = false;
		machine_save_fail(save, error);
		return;
	}
	if (save->checkpoint && !checkpoint_held(save, text, sizeof(text))) {
		machine_save_fail(save, text);
		return;
	}
	if (save->checkpoint && !save->checkpoint->has_memory) {
		checkpoint_written(save);
		return;
	}
	for_each_area(save->machine, add_area, save);
	if (save->error < 0) {
		fail_errno(save, save->error);
		return;
	}
	save->is_writing = true;
	write_next(save);
}

static void hold(struct machine_save *save)
{
	struct machine *machine = save->machine;

	if (!machine->synthetic) {
		on_held(save, NULL);
		return;
	}
	save->is_holding = true;
	synthetic_hold(machine->synthetic, save->checkpoint != NULL, on_held, save);
}

static void on_timer(void *opaque)
{
	struct machine_save *save = opaque;
	struct machine *machine = save->machine;

	if (save->is_writing)
		write_next(save);
	else if (save->is_canceled)
		machine_save_fail(save, "");
	else if (save->is_holding)
		return;
	else if (!machine->gen1 || gen1_is_idle(machine->gen1))
		hold(save);
	else if (loop_now() > save->idle_until)
		machine_save_fail(save, "a disk does not answer; look at its storage");
	else
		loop_timer_set(save->timer, loop_now() + IDLE_STEP_NS);
}

int machine_save_begin(struct machine *machine, int fd, struct machine_checkpoint *checkpoint)
{
	struct machine_save *save = calloc(1, sizeof(*save));
	int r = save ? 0 : -ENOMEM;

	if (r < 0) {
		checkpoint_free(checkpoint);
		return r;
	}
	save->machine = machine;
	save->checkpoint = checkpoint;
	r = loop_timer_new(machine->loop, on_timer, save, &save->timer);
	if (r == 0 && fd >= 0)
		r = state_file_begin(&save->file, fd);
	if (r < 0) {
		free_save(save);
		return r;
	}
	machine->save = save;
	save->was_paused = machine_pause(machine) == -EALREADY;
	save->idle_until = loop_now() + IDLE_NS;
	loop_timer_set(save->timer, loop_now());
	return 0;
}

int machine_save(struct machine *machine, int fd)
{
	return machine->save ? -EBUSY : machine_save_begin(machine, fd, NULL);
}

/* In a moment: the timer comes once more, or on_held(). */
void machine_save_cancel(struct machine *machine)
{
	if (!machine->save)
		return;
	machine->save->is_canceled = true;
	if ((machine->save->is_holding && !machine->save->is_writing) ||
	    (machine->save->checkpoint && machine->save->checkpoint->is_written))
		machine_save_fail(machine->save, "");
}

bool machine_is_saving(const struct machine *machine)
{
	return machine->save;
}

void machine_save_abort(struct machine *machine)
{
	struct machine_save *save = machine->save;

	if (!save)
		return;
	if (save->checkpoint)
		checkpoint_undo(save);
	else if (save->is_holding)
		synthetic_release(machine->synthetic);
	machine->save = NULL;
	free_save(save);
}

/* --- reading ------------------------------------------------------------------------------------------------- */

struct reading {
	struct state_file *file;
	char *reason;
	int error;
};

static void read_area(void *opaque, const char *name, void *host, uint64_t size)
{
	struct reading *reading = opaque;

	if (reading->error == 0)
		reading->error = state_file_read(reading->file, name, host, size, reading->reason);
}

/* Its end decides where added memory ends. */
static int read_memory(struct machine *machine, struct state_file *file, char *reason)
{
	struct reading reading = { .file = file, .reason = reason };
	uint64_t hot = state_file_area_size(file, "added memory");
	int r = machine_memory_clear(&machine->memory);

	if (r == 0 && hot > 0)
		r = machine_memory_grow(&machine->memory, machine->partition, hot);
	if (r < 0) {
		snprintf(reason, STATE_REASON_MAX, "its memory cannot be made: %s", strerror(-r));
		return r;
	}
	for_each_area(machine, read_area, &reading);
	return reading.error;
}

static void read_partition(struct machine *machine, struct state *state)
{
	char reason[HV_STATE_REASON_MAX] = "";
	const void *bytes;
	size_t size;

	if (!state_begin(state, "partition", 1))
		return;
	bytes = state_rest(state, &size);
	state_end(state);
	if (bytes && hv_restore(machine->partition, bytes, size, reason) < 0)
		state_refuse(state, "%s", reason[0] ? reason : "the state of its processors makes no sense");
}

static int read_sections(struct machine *machine, struct state *state, struct state_file *file, char *reason)
{
	int r;

	shape_state(machine, state);
	if (state_is_good(state)) {
		r = read_memory(machine, file, reason);
		if (r < 0)
			return r;
		memory_state(machine, state);
		read_partition(machine, state);
	}
	if (state_is_good(state))
		devices_state(machine, state);
	r = state_finish_reading(state);
	if (r < 0)
		snprintf(reason, STATE_REASON_MAX, "%s", state_reason(state));
	return r;
}

static int restore(struct machine *machine, char *reason)
{
	struct state_file file;
	struct state *state;
	void *sections;
	size_t size;
	int r = state_file_open(&file, machine->config.state_fd, &sections, &size, reason);

	if (r < 0)
		return r;
	r = state_reader_new(sections, size, &state, reason);
	if (r == 0) {
		r = read_sections(machine, state, &file, reason);
		state_free(state);
	}
	free(sections);
	return r;
}

int machine_restore(struct machine *machine, struct machine_error *error)
{
	char reason[STATE_REASON_MAX] = "";
	int r = restore(machine, reason);

	close(machine->config.state_fd);
	machine->config.state_fd = -1;
	if (r < 0)
		return machine_fail(error, r, "its saved state cannot be taken back: %s",
				    reason[0] ? reason : strerror(-r));
	return 0;
}
