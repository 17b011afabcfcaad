#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lives.sh PROCESSORS: the bus over the lives of a guest: drivers taken out and put in again, kexec into a second kernel,
# a reset from outside, a kernel panic whose text the host gets, and the kernel that comes after it
. "$(dirname "$0")/lib.sh"
processors=${1:-1}
kernel=$(cd "$GUEST_DIR" && pwd)

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
	guest_run 'modprobe -r hv_utils' || fail "hv_utils stays loaded"
	guest_heard '^guest heartbeat=none$'
	guest_run 'modprobe hv_utils'
	guest_knows '^guest heartbeat=ok$'
done

# kexec: the new kernel finds everything again. The second kernel comes as a file from the host.
guest_run 'hv_fcopy_daemon'
guest_tell "copy-in fd=$kernel/vmlinuz folder=/tmp name=vmlinuz"
guest_heard '^copied result=ok$' 60
guest_tell "copy-in fd=$kernel/initrd-vmbus folder=/tmp name=initrd"
guest_heard '^copied result=ok$' 60
guest_run 'kexec -l /tmp/vmlinuz --initrd=/tmp/initrd --command-line="console=ttyS0 quiet second" && echo loaded' 60
[ "$guest_output" = loaded ] || fail "kexec: $guest_output"
guest_send 'rm -f /tmp/*; kexec -e'
guest_heard '^guest heartbeat=none$'
guest_expect "$guest_prompt" 90
guest_run 'grep -c second /proc/cmdline'
[ "$guest_output" = 1 ] || fail "this is not the second kernel"
expect_bus "after kexec"

# The reset line.
guest_tell reset
guest_heard '^running'
guest_expect "$guest_prompt" 90
expect_bus "after a reset"

# A panic: its text, then a reboot by the guest itself.
guest_send 'echo 1 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger'
guest_heard '^guest-crash text=.*Kernel panic - not syncing: sysrq triggered crash'
guest_heard '^running' 60
guest_expect "$guest_prompt" 90
expect_bus "after a panic"
guest_power_off
test_ok "VMBus over kexec, reset and panic with $processors processors, kernel $flavour"
