#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# memory.sh: dynamic memory of a real guest: the balloon grows and shrinks, what the guest gives away goes back to the host,
# and its demand is heard
. "$(dirname "$0")/lib.sh"

# The memory of the worker that the host has really given, in MiB.
resident() { awk '/^Rss:/ { sum += $2 } END { print int(sum / 1024) }' "/proc/$worker/smaps_rollup"; }
free_mib() { guest_run "awk '/MemFree/ { print int(\$2 / 1024) }' /proc/meminfo"; }

guest_boot --processors 2 --memory 1024
guest_knows '^guest dynamic-memory=ready$'
worker=$(pgrep -P "$guest_pid" -x bulkhead-vmwp || pgrep -P "$(pgrep -P "$guest_pid" | head -n 1)" | head -n 1)
[ -r "/proc/$worker/smaps_rollup" ] || fail "no worker process"
# All of it is touched, so that there is something to give back.
guest_run 'mount -o remount,size=90% /tmp; dd if=/dev/zero of=/tmp/fill bs=1M count=700 2>/dev/null' 60
full=$(resident) # while it is used: what is free for two seconds the guest reports, and it is given back at once
guest_run 'rm /tmp/fill'
free_mib
before=$guest_output
[ "$full" -gt 700 ] || fail "the worker has only $full MiB"
guest_tell memory mib=512
guest_heard '^guest memory-assigned-mib=512$' 60
free_mib
[ $((before - guest_output)) -gt 450 ] || fail "the guest had $before MiB free and has $guest_output"
small=$(resident)
[ $((full - small)) -gt 400 ] || fail "the worker had $full MiB and has $small"
# More than it can give: it gives what it can, and lives.
guest_tell memory mib=16
guest_heard '^guest memory-assigned-mib=[1-4]?[0-9]?[0-9]$' 60
guest_run 'echo alive' 30
[ "$guest_output" = alive ] || fail "the guest starves"
guest_tell memory mib=1024
# It had all when it began, too: what the guest itself finds tells.
for _ in $(seq 60); do
	free_mib
	[ $((before - guest_output)) -ge 60 ] || break
	sleep 0.5
done
[ $((before - guest_output)) -lt 60 ] || fail "the guest had $before MiB free and got back only $guest_output"
# Written everywhere, looked at in places: hashing all of it takes a translated processor too long.
guest_run 'seq 1 200000 | head -c 1048576 >/tmp/p; i=0; while [ $i -lt 600 ]; do cat /tmp/p; i=$((i + 1)); done >/tmp/fill; for i in 0 100 200 300 400 500 594; do dd if=/tmp/fill bs=1M skip=$i count=6 2>/dev/null | md5sum; done; rm /tmp/fill' 120
pattern=$(seq 1 200000 | head -c 1048576 >"$work/p"; for i in 1 2 3 4 5 6; do cat "$work/p"; done | md5sum)
[ "$(sort -u <<<"$guest_output")" = "$pattern" ] || fail "memory that came back is broken: $guest_output"
# The demand is told when the guest has been up for 45 s.
guest_heard '^guest memory-demand-mib=[0-9]+' 70
expect_no_complaints
guest_power_off
test_ok "dynamic memory, kernel $flavour"
