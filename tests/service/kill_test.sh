#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The service is killed at random moments while machines are made, changed, started and deleted: none is lost or counted
# twice, no worker is left without a machine, every one that ran is found.
# kill_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL [ROUNDS]
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
rounds=${5:-25} seen=0
seed=${SEED:-$RANDOM}
RANDOM=$seed
service_start
for n in 1 2 3 4; do "$bulkhead" vm create "vm$n" --kernel kernel --append 'say:up spin' --memory 32M >/dev/null || exit 1; done

# Changes all the time; each that was answered with success must be there afterwards.
change() {
	local n=0
	while :; do
		n=$((n + 1))
		"$bulkhead" vm set vm1 --notes "note $n" >/dev/null 2>&1 && echo "$n" >answered.new &&
			mv -f answered.new answered # whole or not at all: this loop is killed too
		"$bulkhead" vm start vm2 >/dev/null 2>&1
		"$bulkhead" vm create extra --kernel kernel >/dev/null 2>&1
		"$bulkhead" vm off vm2 >/dev/null 2>&1
		"$bulkhead" vm delete extra >/dev/null 2>&1
		"$bulkhead" vm start vm3 >/dev/null 2>&1
	done
}

workers_alive() { # those whose records are of this test
	local found=0 pid
	for pid in $(pgrep -x bulkhead-vmwp); do
		[ "$(readlink "/proc/$pid/fd/2")" != "${1:-}" ] && [[ $(readlink "/proc/$pid/fd/2") == "$dir"/* ]] && found=$((found + 1))
	done
	echo $found
}

for round in $(seq "$rounds"); do
	name="round $round, seed $seed"
	rm -f answered answered.new
	change &
	changer=$!
	sleep "0.0$((RANDOM % 90 + 10))"
	[ $((RANDOM % 2)) = 0 ] || sleep "0.$((RANDOM % 30 + 10))"
	service_kill 9
	kill "$changer" 2>/dev/null
	wait "$changer" 2>/dev/null
	service_start
	sleep 0.1
	count=$((count + 1))
	"$bulkhead" vm list --names >out 2>err
	for n in 1 2 3 4; do [ "$(grep -cx "vm$n" out)" = 1 ] || fail "vm$n is there $(grep -cx "vm$n" out) times"; done
	[ -z "$(ls data/broken)" ] || fail 'a half-written file'
	if [ -f answered ]; then
		got=$("$bulkhead" vm show vm1 | sed -n 's/^vm.notes *note //p')
		[ "${got:-0}" -ge "$(cat answered)" ] || fail "change $(cat answered) was answered, but $got is there"
	fi
	running=$("$bulkhead" vm list --json | grep -o '"WorkerPid": [1-9]' | wc -l)
	seen=$((seen + running))
	[ "$running" = "$(workers_alive)" ] || fail "$running machines have a worker, $(workers_alive) workers are alive"
	"$bulkhead" vm off vm2 >/dev/null 2>&1
	"$bulkhead" vm delete extra >/dev/null 2>&1
done
for n in 2 3; do "$bulkhead" vm off vm$n >/dev/null 2>&1; "$bulkhead" vm wait vm$n --timeout 60; done
name='end' count=$((count + 1))
# how many run at the moment of a kill depends on the load; none at all would mean that nothing was tested
[ "$seen" -ge $((rounds / 2)) ] || fail "only $seen running machines were found in all rounds"
[ "$(workers_alive)" = 0 ] || fail "$(workers_alive) workers are left"
"$bulkhead" event verify >out 2>err || fail 'the event log is not whole'
finish
