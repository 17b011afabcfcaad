#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The service is killed at random moments while checkpoints are made, applied and deleted. Afterwards each checkpoint
# that is there has the content that it had, Now has the content of one moment, and nothing is left over at the end.
# checkpoint_kill_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKTOOL [ROUNDS]
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
tool=$(realpath "$5")
service_begin "$@"
rounds=${6:-16}
seed=${SEED:-$RANDOM}
RANDOM=$seed
service_start
ok 'a machine' '' vm create web --kernel kernel --append spin --memory 32M --disk new:12M
id=$(ls data/vms | cut -d. -f1)
storage=$dir/data/storage/$id

now_image() { sed -n '/^\[disk 0\]/,/^\[/s/^path=//p' "$1"; }
content() { "$tool" dump "$storage/$(now_image "$1")" | md5sum; }
idle() { # no job runs any more, and no image is being merged
	local until=$((SECONDS + 60))
	while [ $SECONDS -lt $until ]; do
		"$bulkhead" job list --json | grep -q '"State": "running"' || return 0
		sleep 0.05
	done
	return 1
}
ids() { "$bulkhead" checkpoint list web --json | grep -o '"id": "[^"]*"' | cut -d'"' -f4; }
random_name() { ids | shuf -n 1 --random-source=<(yes $RANDOM); }
change() {
	while :; do
		case $((RANDOM % 6)) in
		0 | 1 | 2) "$bulkhead" checkpoint create web ;;
		3) "$bulkhead" checkpoint apply web "$(random_name)" ;;
		4) "$bulkhead" checkpoint delete web "$(random_name)" ;;
		5) "$bulkhead" checkpoint delete web "$(random_name)" --subtree ;;
		esac >/dev/null 2>&1
	done
}

declare -A kept
for round in $(seq "$rounds"); do
	name="round $round, seed $seed"
	count=$((count + 1))
	# Now gets something that nothing else has, and a checkpoint of it.
	"$tool" scribble "$storage/$(now_image "data/vms/$id.conf")" "$round" 3 || fail 'the image of Now cannot be written'
	"$bulkhead" checkpoint create web "r$round" >out 2>err || fail 'no checkpoint'
	idle || fail 'a job does not end'
	kept=()
	for one in $(ids); do kept[$one]=$(content "data/checkpoints/$id/$one.conf"); done
	change &
	changer=$!
	sleep "0.$((RANDOM % 50 + 10))"
	service_kill 9
	kill "$changer" 2>/dev/null
	wait "$changer" 2>/dev/null
	service_start
	idle || fail 'a job does not end'
	[ -z "$(ls data/broken)" ] || fail 'a half-written file'
	for one in $(ids); do
		was=${kept[$one]:-}
		[ -n "$was" ] || continue # made since
		[ "$(content "data/checkpoints/$id/$one.conf")" = "$was" ] || fail "the checkpoint $one has other content"
	done
	content "data/vms/$id.conf" >out || fail 'the disk of Now cannot be read'
	printf '%s\n' "${kept[@]}" | grep -qxF "$(cat out)" || fail 'Now has the content of no moment'
	# Those in the list are those on the disk.
	[ "$(ids | wc -l)" = "$(ls data/checkpoints/$id | grep -c -- '-.*conf$')" ] || fail 'the list is not what is there'
	# Few stay, that the test ends.
	while [ "$(ids | wc -l)" -gt 4 ]; do
		"$bulkhead" checkpoint delete web "$(random_name)" >out 2>err || fail 'not deleted'
		idle
	done
done
name=end count=$((count + 1))
while first=$(random_name) && [ -n "$first" ]; do "$bulkhead" checkpoint delete web "$first" --subtree >out 2>err || { fail 'not deleted'; break; }; idle; done
[ "$(ls "$storage" | wc -l)" = 1 ] || { ls -l "$storage" >out; fail 'images are left over'; }
[ -z "$(ls data/checkpoints/$id | grep -v tree.conf)" ] || fail 'files are left over'
finish
