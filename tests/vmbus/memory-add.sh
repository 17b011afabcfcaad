#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# memory-add.sh PROCESSORS: memory that a real guest did not begin with: it is added, used, given away, given back, and gone
# after a reset until it is added again
. "$(dirname "$0")/lib.sh"
processors=${1:-1}
drive_options=(--memory-max 1536)

total_mib() { guest_run "awk '/MemTotal/ { print int(\$2 / 1024) }' /proc/meminfo"; }
# expect_total MIN MAX: within a minute
expect_total() {
	local _
	for _ in $(seq 120); do
		total_mib
		[ "$guest_output" -lt "$1" ] || [ "$guest_output" -gt "$2" ] || return 0
		sleep 0.5
	done
	fail "the guest has $guest_output MiB instead of $1 to $2"
}

guest_boot --processors "$processors" --memory 512
guest_knows '^guest dynamic-memory=ready$'
guest_run 'echo online >/sys/devices/system/memory/auto_online_blocks; echo 0 >/sys/module/hv_balloon/parameters/pressure_report_delay'
total_mib
before=$guest_output
guest_tell memory mib=1024
guest_heard '^guest memory-assigned-mib=1024$' 60
expect_total $((before + 480)) $((before + 512))
# Not only counted: more than it began with holds what is written. It is looked at in places: hashing all of it takes a
# translated processor too long.
guest_run 'mount -o remount,size=90% /tmp; seq 1 200000 | head -c 1048576 >/tmp/p; i=0; while [ $i -lt 700 ]; do cat /tmp/p; i=$((i + 1)); done >/tmp/fill; for i in 0 100 200 300 400 500 600 694; do dd if=/tmp/fill bs=1M skip=$i count=6 2>/dev/null | md5sum; done' 120
pattern=$(seq 1 200000 | head -c 1048576 >"$work/p"; for i in 1 2 3 4 5 6; do cat "$work/p"; done | md5sum)
[ "$(sort -u <<<"$guest_output")" = "$pattern" ] || fail "the memory that was added is broken: $guest_output"
# What fills it is demand.
guest_heard '^guest memory-demand-mib=[789][0-9][0-9] ' 60
guest_run 'rm /tmp/fill'
# Down below what it began with, and up to all that it may have; beyond that nothing.
guest_tell memory mib=448
guest_heard '^guest memory-assigned-mib=448$' 60
expect_total $((before - 100)) $((before - 32))
guest_tell memory mib=4000
guest_heard '^guest memory-assigned-mib=1536$' 60
expect_total $((before + 960)) $((before + 1024))
expect_no_complaints
# It begins anew with what the firmware tells of, and gets what it is to have.
guest_run 'sync; echo restart""ing'
guest_send 'reboot -f'
guest_restarted
# Some of it may have come before the shell: nobody has brought that on line.
guest_run 'cd /sys/devices/system/memory; echo online >auto_online_blocks; for i in memory*/state; do grep -q offline $i && echo online >$i; done; cd'
guest_heard '^guest memory-assigned-mib=512$' 60
guest_heard '^guest memory-assigned-mib=1536$' 60
expect_total $((before + 960)) $((before + 1024))
guest_run 'dd if=/dev/zero of=/tmp/fill bs=1M count=300 2>/dev/null; rm /tmp/fill; echo alive' 90
expect_no_complaints
guest_power_off
test_ok "memory that is added, $processors processors, kernel $flavour"
