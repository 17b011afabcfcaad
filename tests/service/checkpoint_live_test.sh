#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A checkpoint of a machine that runs is made as a whole or not at all, whatever dies in its middle; the machine goes on in the same
# worker, with the disks that its configuration names, and is not left standing.
# checkpoint_live_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKTOOL [ROUNDS]
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
. "$(dirname "$(realpath "$0")")/checkpoint_live.sh"
tool=$(realpath "$5")
service_begin "$@"
rounds=${6:-8}
service_start

"$bulkhead" disk create "$dir/mine.vhd" --size 8M >/dev/null
ok 'a machine' '' vm create web --kernel kernel --append spin --memory 32M --disk new:12M --disk new:8M,controller=ide --disk "$dir/mine.vhd"
ok 'start' '' vm start web
id=$(ls data/vms | cut -d. -f1)
before=$(worker_pid)
goes_on 0 'at first'
ok 'a checkpoint' '' checkpoint create web one
goes_on 1 'after one'
ok 'another' '' checkpoint create web two
goes_on 2 'after two'

# settled NAME: it was made or it was not, and the machine goes on with what is true.
made=2
settled() {
	local now
	now=$(points)
	name=$1 count=$((count + 1))
	[ "$now" = "$made" ] || [ "$now" = $((made + 1)) ] || fail "$now checkpoints after $made"
	made=$now
	goes_on "$made" "$1"
}

# held NAME: a checkpoint begins, and its helper is stopped while it makes a child: the machine stands still. 1: it was faster, each time
held() {
	local try
	for try in 1 2 3 4 5 6 7 8; do
		"$bulkhead" checkpoint create web "$1" >create.out 2>create.err &
		creator=$!
		stop_helper $creator && return 0
		wait $creator
		made=$(points)
	done
	return 1
}
if held canceled; then
	job=$("$bulkhead" job list | awk '/canceled/ && /running/ { print $1; exit }')
	[ -z "$job" ] || "$bulkhead" job cancel "$job" >out 2>err
	kill -CONT "$helper" 2>/dev/null
	wait $creator
	settled 'cancelled'
fi
if held broken; then
	kill -9 "$helper"
	wait $creator
	settled 'its helper was killed'
fi
if held orphan; then
	service_kill 9
	kill -9 "$helper" 2>/dev/null
	wait $creator
	service_start
	settled 'its service was killed'
fi
ok 'and one more' '' checkpoint create web three
made=$((made + 1))
goes_on $made 'after three'

# At random moments.
for round in $(seq "$rounds"); do
	"$bulkhead" checkpoint create web "r$round" >/dev/null 2>&1 &
	creator=$!
	sleep "0.$((RANDOM % 20 + 1))"
	service_kill 9
	wait $creator
	service_start
	settled "round $round"
	[ "$failed" = 0 ] || break
done

# Its worker dies in the middle.
if held dead; then
	kill -9 "$before"
	kill -CONT "$helper"
	wait $creator
	ok 'it is off' '' vm wait web --for off --timeout 60
	ok 'it starts' '' vm start web
	before=$(worker_pid)
	settled 'started anew'
fi
ok 'off' '' vm off web
ok 'is off' '' vm wait web --for off --timeout 60
for one in $("$bulkhead" checkpoint list web --json | grep -o '"id": "[^"]*"' | cut -d'"' -f4); do
	ok 'delete' '' checkpoint delete web "$one"
done
check 'the first images are left' test "$(ls data/storage/*/ | grep -c vhdx)" = 2
check 'and no file of a checkpoint' test -z "$(ls data/checkpoints/"$id" | grep -v tree.conf)"
finish
