#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# boot.sh PROCESSORS [KERNEL]: boots to the shell, types a command, has the answer back, powers off
. "$(dirname "$0")/lib.sh"
processors=${1:-1}
kernel=${2:-vmlinuz}

guest_boot --processors "$processors" --kernel "$guest_dir/$kernel"
guest_run 'echo $((6 * 7))' || fail "echo failed"
[ "$guest_output" = 42 ] || fail "6 * 7 is '$guest_output'"
guest_run 'grep -c ^processor /proc/cpuinfo'
[ "$guest_output" = "$processors" ] || fail "$guest_output processors instead of $processors"
complaints='BUG:|WARNING:|Oops|stall|soft lockup|Spurious|APIC.*(error|delivery)'
[ "$runner" = qemu ] || complaints+='|TSC unstable' # TCG's TSCs do differ
guest_run "dmesg | grep -E '$complaints'" && fail "the kernel complains: $guest_output"
guest_power_off
test_ok "booted with $processors processors"
