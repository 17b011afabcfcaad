#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lives.sh PROCESSORS: the bus over the lives of a guest: drivers taken out and put in again, kexec into a second kernel,
# a reset from outside, a kernel panic whose text the host gets, and the kernel that comes after it
. "$(dirname "$0")/lib.sh"
processors=${1:-1}
kernel=$GUEST_DIR
cp "$kernel/vmlinuz" "$work/disk"
dd if="$kernel/initrd-vmbus" of="$work/disk" bs=1M seek=64 2>/dev/null
truncate -s 128M "$work/disk"
drive_options=(--disk "$work/disk")

expect_bus() { # all services with their driver, no complaint
	guest_knows '^guest heartbeat=ok$'
	guest_knows '^guest shutdown=ready$'
	guest_run 'dmesg | grep -c "hv_vmbus: Vmbus version:5.3"; ls /sys/bus/vmbus/drivers/hv_utils | grep -c -'
	[ "$guest_output" = $'1\n6' ] || fail "$1: not one bus with 6 services: $guest_output"
	expect_no_complaints
}

guest_boot --processors "$processors" --memory 768
expect_bus "at first"

# Unloading the drivers closes the channels; loading them opens them again.
for _ in 1 2 3; do
	guest_run 'rmmod hv_utils' || fail "hv_utils stays loaded"
	guest_heard '^guest heartbeat=none$'
	guest_run 'modprobe hv_utils'
	guest_knows '^guest heartbeat=ok$'
done

# kexec: the new kernel finds everything again. It comes on a disk.
guest_run "modprobe sd_mod; for i in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/sda ] && break; sleep 0.2; done
dd if=/dev/sda bs=1M iflag=count_bytes count=$(stat -c %s "$kernel/vmlinuz") of=/tmp/vmlinuz 2>/dev/null &&
dd if=/dev/sda bs=1M skip=64 iflag=count_bytes count=$(stat -c %s "$kernel/initrd-vmbus") of=/tmp/initrd 2>/dev/null" || fail "the disk cannot be read"
guest_send 'vmbus_tool kexec /tmp/vmlinuz /tmp/initrd "console=ttyS0 quiet second"'
guest_heard '^guest heartbeat=none$'
guest_restarted
guest_run 'grep -c second /proc/cmdline'
[ "$guest_output" = 1 ] || fail "this is not the second kernel"
expect_bus "after kexec"

# The reset line.
guest_tell reset
guest_heard '^running'
guest_restarted
expect_bus "after a reset"

# A panic: its text, then a reboot by the guest itself.
guest_send 'echo 1 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger'
guest_heard '^guest-crash summary=Kernel panic - not syncing: sysrq triggered crash text='
guest_heard '^running' 60
guest_restarted
expect_bus "after a panic"
guest_power_off
test_ok "VMBus over kexec, reset and panic with $processors processors, kernel $flavour"
