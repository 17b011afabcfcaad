#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pause.sh PROCESSORS: a real guest that is paused does not see the pause: no clock of its kernel jumps, nothing complains
# of lost time; its wall clock is set when it goes on
. "$(dirname "$0")/lib.sh"
processors=${1:-1}
pause_s=10

uptime_cs() { guest_run "cut -d ' ' -f 1 /proc/uptime | tr -d ."; }

guest_boot --processors "$processors"
guest_knows '^guest heartbeat=ok$'
guest_run 'cat /sys/devices/system/clocksource/clocksource0/current_clocksource'
source=$guest_output
# Something that would notice: a process on each processor that looks how much time passes between two of its rounds.
guest_run 'for i in $(seq '"$processors"'); do (while :; do :; done) & done; echo busy'
uptime_cs
before=$guest_output host_before=$(date +%s%N)
guest_tell pause
guest_heard '^paused'
sleep $pause_s
guest_tell resume
guest_heard '^resumed'
uptime_cs
guest_s=$(((guest_output - before) / 100)) host_s=$((($(date +%s%N) - host_before) / 1000000000))
[ $((host_s - guest_s)) -ge $((pause_s - 2)) ] || fail "the guest's kernel saw $guest_s s of $host_s s"
# Twice, the second time while it sleeps.
guest_run 'kill $(jobs -p); echo idle'
uptime_cs
before=$guest_output
guest_tell pause
guest_heard '^paused'
sleep 3
guest_tell resume
guest_heard '^resumed'
guest_run 'sleep 2; date +%s'
now=$(date +%s)
[ $((now - guest_output)) -le 5 ] && [ $((guest_output - now)) -le 1 ] || fail "after a pause the guest's clock says $guest_output, it is $now"
guest_run 'dmesg | grep -iE "soft lockup|stall|unstable|skew|hung task|watchdog: BUG"' && fail "the kernel noticed: $guest_output"
guest_run 'cat /sys/devices/system/clocksource/clocksource0/current_clocksource'
[ "$guest_output" = "$source" ] || fail "the clock source was $source and is $guest_output"
expect_no_complaints
guest_power_off
test_ok "a pause with $processors processors, kernel $flavour"
