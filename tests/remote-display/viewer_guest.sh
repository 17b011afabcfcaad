#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine does not notice what its viewers do: its guest counts on while dozens of them look, send nonsense, read nothing,
# and while their process is killed. viewer_guest.sh BULKHEAD VMMS WORKER MAKE_KERNEL PROBE
set -u
. "$(dirname "$(realpath "$0")")/../service/lib.sh"
sample_guest
probe=$(realpath "$5")
service_begin "$@"
service_start

until_ok() { # SECONDS COMMAND...
	local limit=$1
	shift
	for _ in $(seq $((limit * 10))); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}
at() { timeout 1 "$bulkhead" vm connect linux --look 2>/dev/null | tr -d '\r' | grep -Eo 'count-[0-9]+-' | tail -n 1 | tr -dc 0-9; }
counts_on() { # the guest makes five more steps from here
	local n
	n=$(at)
	ok "$1: the guest counts on" '' vm wait linux --for "count-$((n + 5))-" --timeout 60
}
viewers() { [ "$("$bulkhead" vm view linux --list --json | grep -o '"id"' | wc -l)" -ge "$1" ]; }

ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --append 'console=ttyS0 quiet' --memory 256M
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 120
"$bulkhead" vm type linux 'i=0; while :; do i=$((i + 1)); echo "count-$i-"; sleep 0.1; done' --serial --enter
ok 'counting' '' vm wait linux --for 'count-3-' --timeout 30
worker=$(cut -d' ' -f1 "$dir"/run/workers/*.run)

"$bulkhead" vm view linux --socket >path 2>view.err &
view=$!
check 'a socket' until_ok 10 test -s path
pids=
for i in $(seq 40); do
	"$probe" "$(cat path)" hold >"seen$i" 2>&1 &
	pids="$pids $!"
done
check 'forty look' until_ok 60 viewers 40
counts_on 'forty viewers'
for i in $(seq 50); do "$probe" "$(cat path)" noise "$i"; done
counts_on 'nonsense'
check 'all have a picture' until_ok 60 sh -c '[ "$(cat seen* | grep -c "^linux ")" -ge 40 ]'
kill -9 "$(pgrep -P "$service_pid" -f bulkhead-display)"
# shellcheck disable=SC2086
wait $pids
counts_on 'without its display process'
check 'one looks again' "$probe" "$(cat path)"
check 'the worker is the same' test "$(cut -d' ' -f1 "$dir"/run/workers/*.run)" = "$worker"
kill "$view" && wait "$view"
ok 'off' '' vm off linux
finish
