#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Checkpoints of a machine that runs are deleted, and its disks are merged while it runs: on SCSI and IDE, VHDX and VHD, in the middle
# of a chain, at its end and on another branch. Afterwards, and whatever is killed or asked for meanwhile, its disks hold what they
# held, it runs in its worker on those images that its configuration names, and in the end one image is left of each disk.
# checkpoint_merge_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKTOOL DIE_AT|- [ROUNDS [SEED]]
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
. "$(dirname "$(realpath "$0")")/checkpoint_live.sh"
tool=$(realpath "$5") preload=$6
[ "$preload" = - ] || preload=$(realpath "$preload")
. "$(dirname "$(realpath "$0")")/content.sh"
service_begin "$@"
rounds=${7:-3} seed=${8:-$RANDOM}
RANDOM=$seed
service_start
disks=3

files() { ls data/storage/"$id" | grep -c 'vhdx$'; }
# until_files COUNT NAME: so many images are left, for it is merged by itself
until_files() {
	local until=$((SECONDS + 100))
	name=$2 count=$((count + 1))
	while [ $SECONDS -lt $until ] && [ "$(files)" != "$1" ]; do sleep 0.1; done
	[ "$(files)" = "$1" ] || { ls data/storage/"$id" >out; "$bulkhead" job list >err; fail "not $1 images"; }
}
# until_gone NAME: it is deleted, and its images are being merged
until_gone() {
	local until=$((SECONDS + 60))
	name="$1 goes" count=$((count + 1))
	while [ $SECONDS -lt $until ]; do
		bh checkpoint list web >out 2>err && ! grep -q "$1" out && return
		sleep 0.02
	done
	fail 'it is in the list'
}
contents() { local n; for n in $(seq $disks); do content web "$n"; done; }
turn_off() {
	ok "$1: off" '' vm off web
	ok "$1: is off" '' vm wait web --for off --timeout 60
}
start() {
	idle
	ok "$1: start" '' vm start web
	ok "$1: runs" '' vm wait web --for running --timeout 60
	before=$(worker_pid)
}
# fill COUNT: so many checkpoints, all with something of their own; the machine runs then. $held is what its disks hold.
fill() {
	local i n
	for i in $(seq "$1"); do
		for n in $(seq $disks); do scribble web $((RANDOM + 1)) "$n" || fail 'not written'; done
		bh checkpoint create web "p$i" >out 2>err || fail 'no checkpoint'
	done
	for n in $(seq $disks); do scribble web $((RANDOM + 1)) "$n"; done
	held=$(contents)
	start "$1 checkpoints"
}
holds() { turn_off "$1"; idle; same "$1, seed $seed: its disks" "$held" "$(contents)"; }

"$bulkhead" disk create "$dir/mine.vhd" --size 8M >/dev/null
ok 'a machine' '' vm create web --kernel kernel --append spin --memory 32M --disk new:24M --disk new:8M,controller=ide --disk "$dir/mine.vhd"
id=$(id_of web)
fill 3
ok 'a plan' 'are merged while it runs' checkpoint delete web p2 --plan
ok 'one in the middle' '' checkpoint delete web p2
goes_on 2 'after the middle'
same 'the middle is merged' 6 "$(files)"
ok 'the last one' '' checkpoint delete web p3
goes_on 1 'after the last'
same 'the last is merged' 4 "$(files)"
ok 'the first one' '' checkpoint delete web p1
goes_on 0 'after the first'
same 'one image each' 2 "$(files)"
ok 'an event tells' 'Merge the disks of web\): done' event list
ok 'a reset' '' vm reset web
ok 'another checkpoint' '' checkpoint create web again
goes_on 1 'with another'
ok 'all goes' '' checkpoint delete web again --subtree
goes_on 0 'without it'
holds 'all merged'
check 'the images are whole' "$tool" check "$(disk_of web)"

# On a branch that it does not use, with a deleted checkpoint between two others.
for n in 1 2 3; do scribble web $((RANDOM + 1)); bh checkpoint create web "b$n" >out 2>err; done
ok 'to the first' '' checkpoint apply web b1
scribble web 5; held=$(contents)

start 'a branch'
ok 'in the other branch' '' checkpoint delete web b2
goes_on 2 'on its branch'
ok 'and the shared one' '' checkpoint delete web b1
goes_on 1 'on its branch still'
holds 'the branch'
start 'again'
ok 'the rest' '' checkpoint delete web b3
goes_on 0 'no branches'
holds 'no branches'

# Paused; saved in the middle; applied, checkpointed, attached to, turned off in the middle.
fill 2
ok 'pause' '' vm pause web
ok 'of a paused one' '' checkpoint delete web p2
ok 'is paused still' 'web .*Paused' vm list
ok 'resume' '' vm resume web
goes_on 1 'resumed'
ok 'not waited for' '' checkpoint delete web p1
holds 'after a pause'
fill 2
"$bulkhead" checkpoint delete web p1 >/dev/null 2>&1 &
deleter=$!
until_gone p1
ok 'one in its midst' '' checkpoint create web midst
wait $deleter
ok 'it runs' '' vm wait web --for running --timeout 30
until_files 6 'goes on by itself'
ok 'the midst goes' '' checkpoint delete web midst
until_files 4 'without the midst'
"$bulkhead" checkpoint delete web p2 >/dev/null 2>&1 &
deleter=$!
until_gone p2
ok 'saved in its midst' '' vm save web
wait $deleter
ok 'goes on' '' vm start web
before=$(worker_pid)
until_files 2 'merged after that'
goes_on 0 'after it was saved'
holds 'after it was saved'

# What dies: at random moments, and when the worker waits for the word.
dead() {
	case $((RANDOM % 4)) in
	0 | 1) service_kill 9; service_start ;;
	2) kill -9 "$(worker_pid)" 2>/dev/null ;;
	3) service_kill 9; kill -9 "$before" 2>/dev/null; service_start ;;
	esac
}
for round in $(seq "$rounds"); do
	fill 2
	victim=p$((RANDOM % 2 + 1))
	"$bulkhead" checkpoint delete web $victim >/dev/null 2>&1 &
	deleter=$!
	sleep "0.$((RANDOM % 40 + 10))"
	dead
	wait $deleter 2>/dev/null
	if ! "$bulkhead" vm list | grep -q 'web .*Running'; then
		ok "round $round: is off" '' vm wait web --for off --timeout 60
		start "round $round"
	fi
	bh checkpoint list web --json | grep -q "\"name\": \"$victim\"" && ok "round $round: deleted" '' checkpoint delete web $victim
	for one in p1 p2; do
		[ $one = $victim ] || ok "round $round: the other" '' checkpoint delete web $one
	done
	until_files 2 "round $round, seed $seed: merged"
	goes_on 0 "round $round"
	holds "round $round"
	[ "$failed" = 0 ] || break
done
# The service dies after each thing that it writes down: what is true is written before the worker is told of it.
die_at=$dir/die-at
for step in 1 2 3 4 5 6 7; do
	[ "$preload" != - ] || break
	fill 2
	service_kill TERM
	DIE_AT=$die_at LD_PRELOAD=$preload service_start
	ok "step $step: runs on" '' vm wait web --for running --timeout 60
	echo $step >"$die_at"
	"$bulkhead" checkpoint delete web p$((step % 2 + 1)) >/dev/null 2>&1
	for _ in $(seq 1200); do kill -0 "$service_pid" 2>/dev/null || break; sleep 0.05; done
	check "step $step: it died" eval '! kill -0 "$service_pid" 2>/dev/null'
	wait "$service_pid" 2>/dev/null
	rm "$die_at"
	service_start
	ok "step $step: runs still" '' vm wait web --for running --timeout 60
	for one in p1 p2; do
		! bh checkpoint list web | grep -q "$one" || ok "step $step: $one" '' checkpoint delete web $one
	done
	until_files 2 "step $step: merged"
	goes_on 0 "step $step"
	holds "step $step"
	[ "$failed" = 0 ] || break
done
check 'no list is left' test -z "$(grep -c '^\[file' data/checkpoints/"$id"/tree.conf 2>/dev/null | grep -v '^0')"
finish
