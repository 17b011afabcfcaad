#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# workers.sh BULKHEAD VMMS WORKER SCRIPTED-WORKER MAKE_KERNEL: many machines at once with their real, confined workers: started and
# stopped in parallel, looked at, killed at random, forbidden things done by them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../service/lib.sh"
scripted=$(realpath "$4")
service_begin "$1" "$2" "$3" "$5"
gcc -nostdlib -static -no-pie -Wl,-Ttext=0x100000,--build-id=none,-n -o idle "$here/idle.S" || exit 1
machines=20
each() { # VERB: for all machines at once; the names of those that failed
	local i pids=()
	for i in $(seq $machines); do
		"$bulkhead" vm "$1" "m$i" >"$1-$i" 2>&1 </dev/null &
		pids+=($!)
	done
	for i in $(seq $machines); do wait "${pids[$((i - 1))]}" || { echo "m$i"; cat "$1-$i"; }; done
}
all() { # NAME VERB
	name=$1
	count=$((count + 1))
	each "$2" >failed-ones
	[ ! -s failed-ones ] || fail "$(head -n 4 failed-ones)"
}
number() { # NAME EXPECTED STATE
	name=$1
	count=$((count + 1))
	local found
	found=$("$bulkhead" vm list | grep -c " $3 ")
	[ "$found" = "$2" ] || fail "$found machines instead of $2 are $3"
}
worker() { "$bulkhead" vm show "$1" | sed -n 's/^WorkerPid *//p'; }

service_start
for i in $(seq $machines); do "$bulkhead" vm create "m$i" --kernel "$dir/idle" --memory 16M >/dev/null || exit 1; done

for round in 1 2; do
	all "round $round: start" start
	number "round $round: they run" $machines Running
	all "round $round: turn off" off
	for i in $(seq $machines); do "$bulkhead" vm wait "m$i" --timeout 10 >/dev/null || echo "m$i stays"; done
	number "round $round: they are off" $machines Off
done

# --- confined, as the live processes show
all 'start again' start
for i in $(seq $machines); do
	ok "m$i came up" '' vm wait "m$i" --for text:up --timeout 30
	ok "m$i is confined" '^confinement +(7/7|6/7; without cgroup)$' vm show "m$i"
done
ok 'the list shows it' '^m7 +Running .* [67]/7' vm list --confinement
ok 'and part by part' 'confinement: privileges +no capability' vm show m7
if [ "$(id -u)" = 0 ]; then
	check 'each has a user of its own' test "$(awk '/Uid/ { print $2 }' $(for i in $(seq $machines); do
		echo "/proc/$(worker "m$i")/status"
	done) | sort -u | wc -l)" = $machines
	check 'none is root' test -z "$(awk '/Uid/ && $2 < 1795162112' $(for i in $(seq $machines); do
		echo "/proc/$(worker "m$i")/status"
	done))"
fi

# --- killed at random, before and after the service was killed: the others are not touched
declare -A killed=()
kill_some() { # HOW-MANY
	local victim victims=()
	while [ ${#victims[@]} -lt "$1" ]; do
		victim=m$((RANDOM % machines + 1))
		[ -z "${killed[$victim]:-}" ] || continue
		killed[$victim]=1 victims+=("$victim")
		kill -KILL "$(worker "$victim")"
	done
	for victim in "${victims[@]}"; do
		ok "$victim is off" '' vm wait "$victim" --timeout 10
		ok "why $victim" "$victim is off: (worker failed: )?the worker process (was killed|is gone)" why "$victim"
	done
}
kill_some 3
service_kill KILL
service_start
kill_some 3
number 'the others run' $((machines - 6)) Running
ok 'found again, still known as confined' '^confinement +(7/7|6/7; without cgroup)$' vm show "$(
	"$bulkhead" vm list | awk '/ Running / { print $1; exit }')"
for victim in "${!killed[@]}"; do ok "$victim starts again" '' vm start "$victim"; done
number 'all run' $machines Running
all 'the end' off

# --- a forbidden call, on each kind of thread that a script of the guest can be on
service_kill TERM
export BULKHEAD_WORKER=$scripted
service_start
"$bulkhead" vm create scripted --kernel "$dir/kernel" --memory 64M --append 'say:hello forbidden' >/dev/null
"$bulkhead" vm start scripted >/dev/null 2>&1 # may end before it is seen running
ok 'a worker that breaks out ends' '' vm wait scripted --timeout 10
ok 'why' 'scripted is off: worker failed: forbidden system call getppid on thread vp; please report this' why scripted
ok 'in the log' 'state.*off: worker failed: forbidden system call getppid on thread vp' event list --vm scripted
finish
