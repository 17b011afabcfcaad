#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# idle.sh: a guest that waits at its prompt takes under 2 % of a core, and its clock keeps the host's time
. "$(dirname "$0")/lib.sh"
only_bulkhead "the measure is ours"

# CPU time in 1/100 s of a process and its children
cpu_time() {
	local pid total=0 stat
	for pid in "$1" $(cat "/proc/$1/task/"*/children 2>/dev/null); do
		read -r stat <"/proc/$pid/stat" || continue
		stat=${stat##*) }
		# shellcheck disable=SC2086
		set -- $stat
		total=$((total + ${12} + ${13}))
	done
	echo "$total"
}

guest_boot
guest_run 'cut -d" " -f1 /proc/uptime'
guest_before=${guest_output%.*}
sleep 2
host_before=$SECONDS before=$(cpu_time "$guest_pid")
sleep 10
after=$(cpu_time "$guest_pid")
guest_run 'cut -d" " -f1 /proc/uptime'
guest_elapsed=$((${guest_output%.*} - guest_before)) host_elapsed=$((SECONDS - host_before + 2))
echo "idle: $((after - before)) ms of CPU a second" # 1/100 s in 10 s
[ $((after - before)) -lt 20 ] || fail "$(((after - before) / 10)).$(((after - before) % 10)) % of a core while idle"
[ $((guest_elapsed - host_elapsed)) -le 2 ] && [ $((host_elapsed - guest_elapsed)) -le 2 ] ||
	fail "the guest's clock went $guest_elapsed s in $host_elapsed s"
guest_power_off
test_ok "idle"
