#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# smp.sh: four processors: all at work at once, taken off line and on again, interrupted by each other
. "$(dirname "$0")/lib.sh"

# Without VMBus: Linux keeps a processor on line while a channel of a device (the network's) interrupts it.
guest_boot --processors 4 --append bulkhead.modules=0
guest_run 'cat /sys/devices/system/cpu/online'
[ "$guest_output" = 0-3 ] || fail "on line: $guest_output"

# The same work on every processor at once, each pinned; every sum must be the same
guest_run 'for c in 0 1 2 3; do taskset -c $c sh -c "dd if=/dev/zero bs=64k count=40 2>/dev/null | sha256sum" >/tmp/s$c & done; wait; sort -u /tmp/s? | wc -l' 120
[ "$guest_output" = 1 ] || fail "the processors do not agree: $guest_output sums"
guest_run 'cat /tmp/s0'
[ "${guest_output%% *}" = "$(head -c 2621440 /dev/zero | sha256sum | cut -d' ' -f1)" ] || fail "wrong sum: $guest_output"

# Off and on: INIT and SIPI once more, work moved away and back
guest_run 'for i in 1 2 3; do for c in 1 2 3; do echo 0 >/sys/devices/system/cpu/cpu$c/online; done; cat /sys/devices/system/cpu/online; for c in 1 2 3; do echo 1 >/sys/devices/system/cpu/cpu$c/online; done; done; cat /sys/devices/system/cpu/online' 120
[ "$guest_output" = $'0\n0\n0\n0-3' ] || fail "off and on line: $guest_output"

# Inter-processor interrupts: function calls and rescheduling are counted on every processor
# An enlightened guest has its timer interrupts from Hyper-V's synthetic timers (HVS) instead of the local APIC (LOC).
guest_run 'grep -E "^ *(RES|CAL|LOC|HVS):" /proc/interrupts | awk "{ sub(/HVS/, \"LOC\"); for (i = 2; i <= 5; i++) n[\$1 i] += \$i } END { for (k in n) if (n[k] == 0) bad = 1; print bad + 0 }"'
[ "$guest_output" = 0 ] || { guest_run 'cat /proc/interrupts'; fail "a processor took none: $guest_output"; }
guest_power_off
test_ok "four processors"
