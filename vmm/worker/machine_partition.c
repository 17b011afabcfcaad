/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The partition of a machine and its VPs, made anew at each reset; and a kernel in its memory. */
#include "worker/machine_priv.h"
#include "worker/gen1.h"
#include "worker/synthetic.h"

#include "chipset/pc.h"
#include "firmware/acpi_tables.h"
#include "firmware/boot.h"
#include "firmware/boot_regs.h"

#include <errno.h>
#include <string.h>

static void on_vcpu_event(void *opaque, enum vcpu_event event, const char *text)
{
	machine_ask(opaque, event == VCPU_CRASHED ? REQUEST_CRASH : REQUEST_FAILURE, text);
}

void machine_stop_vcpus(struct machine *machine)
{
	for (unsigned i = 0; i < machine->config.processors; i++)
		if (machine->vcpus[i].vp)
			vcpu_thread_stop(&machine->vcpus[i]);
	for (unsigned i = 0; i < machine->config.processors; i++)
		vcpu_thread_join(&machine->vcpus[i]);
}

/* A chip may raise an interrupt just now, on another thread, but only under the bus lock. */
static struct hv_partition *take_partition(struct machine *machine)
{
	struct hv_partition *partition = machine->partition;

	if (machine->pc)
		io_bus_lock(machine->pc->bus);
	machine->partition = NULL;
	if (machine->pc)
		io_bus_unlock(machine->pc->bus);
	return partition;
}

void machine_free_partition(struct machine *machine)
{
	struct hv_partition *partition;

	machine_stop_vcpus(machine);
	if (machine->gen1)
		gen1_unmap(machine->gen1);
	partition = take_partition(machine);
	for (unsigned i = 0; i < machine->config.processors; i++)
		machine->vcpus[i].vp = hv_vp_free(machine->vcpus[i].vp);
	hv_partition_free(partition);
}

static int make_vcpus(struct machine *machine)
{
	for (unsigned i = 0; i < machine->config.processors; i++) {
		struct vcpu_thread *vcpu = &machine->vcpus[i];
		int r;

		*vcpu = (struct vcpu_thread){
			.index = i, .pc = machine->pc, .on_event = on_vcpu_event, .opaque = machine
		};
		r = hv_vp_new(machine->partition, i, &vcpu->vp);
		if (r < 0)
			return r;
	}
	return 0;
}

int machine_make_partition(struct machine *machine, struct machine_error *error)
{
	struct hv_partition_config config = { .engine = machine->engine,
					      .vp_count = machine->config.processors,
					      .is_enlightened = machine->config.is_enlightened,
					      .is_compatible = machine->config.is_compatible };
	int r;

	r = hv_partition_new(&config, &machine->partition);
	if (r < 0) {
		machine->partition = NULL;
		return machine_fail(error, r, "the %s engine cannot make a machine with %u processors: %s",
				    hv_engine_name(machine->engine), machine->config.processors,
				    strerror(-r));
	}
	r = machine_memory_map(&machine->memory, machine->partition, machine->gen1);
	if (r < 0)
		return machine_fail(
		    error, r, "the memory cannot be given to the guest: %s; %s", strerror(-r),
		    r == -ENOMEM
			? "stop other programs, or give it less"
			: "where KVM has too few slots for it, use a newer kernel or give --engine translator");
	/* A wish: without it each of the guest's reads comes to us. */
	(void)hv_map(machine->partition, IOAPIC_GPA, ioapic_page(machine->pc->ioapic), IOAPIC_MMIO_SIZE, 0);
	if (machine->gen1) {
		r = gen1_map(machine->gen1, machine->partition, error);
		if (r < 0)
			return r;
	}
	if (machine->synthetic) {
		r = synthetic_attach(machine->synthetic, machine->partition, error);
		if (r < 0)
			return r;
	}
	r = make_vcpus(machine);
	if (r < 0)
		return machine_fail(error, r,
				    "the processors cannot be made: %s; give fewer with --processors",
				    strerror(-r));
	return 0;
}

/* --- a kernel that is started without firmware ------------------------------------------------------- */

static int open_image(int fd, const char *name, struct image_file *ret_file, struct machine_error *error)
{
	int r;

	*ret_file = (struct image_file){ .fd = -1, .name = name };
	if (fd < 0)
		return 0;
	r = image_file_init(ret_file, fd, name);
	if (r == -EINVAL)
		return machine_fail(error, r, "%s: this is no regular file; give a file", name);
	if (r < 0)
		return machine_fail(error, r, "%s: cannot be read: %s; check the file and its disk", name,
				    strerror(-r));
	return 0;
}

int machine_load_kernel(struct machine *machine, struct boot_entry *ret_entry, struct machine_error *error)
{
	const struct worker_config *config = &machine->config;
	struct acpi_config acpi = { .vp_count = config->processors,
				    .has_32bit_timer = true,
				    .has_i8042_devices = machine->gen1,
				    .has_vga = machine->gen1,
				    .has_pci = machine->gen1,
				    .has_com2 = machine->serials[1],
				    .has_vmbus = config->is_enlightened,
				    .high_gap = guest_ram_high_gap(&machine->memory.ram) };
	struct boot_request request = { .cmdline = config->cmdline };
	struct boot_error boot_error = { "" };
	int r;

	r = open_image(config->kernel_fd, config->kernel_name, &request.kernel, error);
	if (r == 0)
		r = open_image(config->initrd_fd, config->initrd_name, &request.initrd, error);
	if (r < 0)
		return r;
	request.rsdp = acpi_tables_build(&machine->memory.ram, &acpi);
	if (!request.rsdp)
		return machine_fail(error, -EINVAL, "the ACPI tables do not fit");
	r = boot_load(&machine->memory.ram, &request, ret_entry, &boot_error);
	if (r < 0)
		return machine_fail(error, r, "%s", boot_error.text);
	return 0;
}

int machine_enter_kernel(struct machine *machine, const struct boot_entry *entry, struct machine_error *error)
{
	int r = boot_set_registers(&machine->memory.ram, machine->vcpus[0].vp, entry);

	if (r < 0)
		return machine_fail(error, r, "processor 0 cannot be put at the kernel's entry: %s",
				    strerror(-r));
	return 0;
}
