#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The files of machines move to other folders, of the same file system and of another: off, saved, running and paused ones, with their
# checkpoints. What the disks hold stays, one set of files is there afterwards, and whoever kills the service at random moments finds
# one complete set, too. What is refused, and why.
# move_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKTOOL [ROUNDS]
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
own_mounts "$@"
shift
. "$(dirname "$(realpath "$0")")/content.sh"
tool=$(realpath "$5")
rounds=${6:-10}
seed=${SEED:-$RANDOM}
RANDOM=$seed
service_begin "$@"
mkdir small other near near2
mount -t tmpfs -o size=2m tmpfs small && mount -t tmpfs -o size=256m tmpfs other || { echo "skipped: no tmpfs can be mounted here"; exit 77; }
trap 'umount -l "$dir/small" "$dir/other" 2>/dev/null; service_end' EXIT
service_start

storage() { ls "data/storage/$(id_of "$1")"; }
one_set() { # FOLDER: that one has all files of web, and nothing else is anywhere
	local all
	all=$(find near near2 other small data/storage/"$id" -type f \( -name '*vhdx' -o -name vm.conf \) | sed "s,^$1/,here ,")
	[ "$(echo "$all" | grep -c '^here .*vhdx$')" = "$images" ] && [ -z "$(echo "$all" | grep -v '^here ')" ] && [ -z "$(ls data/moves)" ]
}
contents() { # of Now, and of each of its checkpoints
	content web
	for config in data/checkpoints/"$id"/*-*.conf; do
		[ -e "$config" ] || continue
		path=$(sed -n '/^\[disk 0\]/,/^\[/s/^path=//p' "$config")
		[[ $path == /* ]] || path=data/storage/$id/$path
		"$tool" dump "$path" | sha256sum
	done
}

ok 'a machine' '' vm create web --kernel kernel --append spin --memory 32M --disk new:24M --cdrom "$dir/kernel"
id=$(id_of web) images=1
scribble web 1
was=$(contents)

# --- refusals
no 'no folder' 2 'give a folder, --to a host, or --back' vm move web
no 'both' 2 'give a folder, --to a host, or --back' vm move web near --back
no 'is there already' 1 'no files that could be moved there' vm move web --back
no 'no such folder' 1 'no such folder; make it, or name another' vm move web nowhere
mkdir near/web && touch near/web/web.vhdx near/web/vm.conf
no 'a clash' 1 'near/web: this exists already; remove it, or give another path' vm move web near
check 'what was there stays' test -e near/web/web.vhdx -a -e near/web/vm.conf
rm -r near/web
check 'nothing happened' one_set "data/storage/$id"
head -c 4M /dev/urandom >"$dir/noise.img"
ok 'a large disk' '' vm set web --disk "$dir/noise.img"
no 'no room' 1 'small/web: its files need .* and there are .*; free some, or name another folder' vm move web small
check 'and nothing is left' test -z "$(ls small)"
for plan in --plan ''; do
	no "no room for an export $plan" 1 'small/web: its files need .* and there are .*; free some, or name another folder' vm export web small $plan
	check 'and nothing is left of it' test -z "$(ls small)"
done
ok 'another machine' '' vm create twin --kernel kernel --append spin --memory 32M --disk "$dir/noise.img"
ok 'what stays is told' 'noise.img stays where it is: twin has it too' vm move web near --plan
ok 'and why' '' vm move web near
check 'it stays' test -e noise.img
same 'the content' "$was" "$(contents)"
check 'one set' one_set near/web
ok 'off' '' vm set web --detach "$dir/noise.img"
ok 'without the other' '' vm delete twin
check 'its configuration is beside it' grep -q '^path=web.vhdx' near/web/vm.conf
check 'its disc stays' test -e kernel -a ! -e near/web/kernel

# --- off, with checkpoints, near (one more name) and far (a copy)
inode=$(stat -c %i near/web/web.vhdx)
ok 'a checkpoint' '' checkpoint create web one
scribble web 2
ok 'and one more' '' checkpoint create web two
scribble web 3
images=3 was=$(contents)
check 'new disks are beside the others' one_set near/web
ok 'near' '' vm move web near2
check 'the same file' test "$inode" = "$(stat -c %i near2/web/web.vhdx)"
same 'the content' "$was" "$(contents)"
check 'one set' one_set near2/web
ok 'far' '' vm move web other
same 'the content' "$was" "$(contents)"
check 'one set' one_set other/web
check 'with its holes' test "$(stat -c %b other/web/web.vhdx)" -lt 16000
ok 'it starts' '' vm start web
ok 'off' '' vm off web
ok 'home' '' vm move web --back
same 'the content' "$was" "$(contents)"
check 'one set' one_set "data/storage/$id"
ok 'a checkpoint goes' '' checkpoint delete web one
idle
images=2 was=$(contents)
ok 'far' '' vm move web other
same 'the content' "$was" "$(contents)"
ok 'apply' '' checkpoint apply web two
ok 'without checkpoints' '' checkpoint delete web two
idle
images=1
check 'merged there' one_set other/web
was=$(contents)

# --- a parent that no configuration names stays, and is found
"$bulkhead" disk create near2/base.vhdx --size 24M --block-size 1M >/dev/null
"$tool" scribble near2/base.vhdx 7 2
"$bulkhead" disk create near2/child.vhdx --parent near2/base.vhdx >/dev/null
ok 'a machine on a child' '' vm create child --kernel kernel --append spin --memory 32M --disk "$dir/near2/child.vhdx"
before=$(content child)
ok 'far' '' vm move child near
same 'the content' "$before" "$(content child)"
check 'its parent stays' test -e near2/base.vhdx -a ! -e near2/child.vhdx -a -e near/child/child.vhdx
ok 'it starts' '' vm start child
ok 'off' '' vm off child
ok 'gone' '' vm delete child
rm -r near/child near2/base.vhdx

# --- saved, running, paused: with checkpoints whose machine ran
ok 'start' '' vm start web
ok 'save' '' vm save web
touch other/web/web.vhdx
no 'a disk that was changed' 1 'web.vhdx was changed since the machine was saved' vm move web near
check 'nothing happened' one_set other/web
ok 'forget that' '' vm delete-saved web
ok 'start' '' vm start web
ok 'save' '' vm save web
ok 'a saved one' '' vm move web near
check 'one set' one_set near/web
ok 'goes on' 'goes on from its saved state' vm start web --plan
ok 'it does' '' vm start web
ok 'runs' 'web +Running' vm list
ok 'a plan says how' 'stands still for that time' vm move web other --plan
ok 'a running one' '' vm move web other
ok 'runs' 'web +Running' vm list
check 'one set' one_set other/web
ok 'a checkpoint of it' '' checkpoint create web live
images=2
ok 'save' '' vm save web
ok 'saved, with a parent' '' vm move web near
ok 'and back again' '' vm move web other
ok 'goes on' '' vm start web
ok 'pause' '' vm pause web
ok 'a paused one' '' vm move web near
ok 'is paused' 'web +Paused' vm list
check 'one set' one_set near/web
ok 'off' '' vm off web
same 'the content' "$was" "$(content web)"
ok 'back in time' '' checkpoint apply web live
ok 'it was running then' 'web +Saved' vm list
ok 'and goes on' '' vm start web
ok 'off' '' vm off web
was=$(contents)

# --- running, with much on its disk: that is copied while it runs, on a checkpoint for that time
head -c 80M /dev/urandom >noise.raw
"$bulkhead" disk convert noise.raw near2/big.vhdx >/dev/null && rm noise.raw
ok 'a large one' '' vm create big --kernel kernel --append spin --memory 32M --disk "$dir/near2/big.vhdx"
before=$(content big)
ok 'start' '' vm start big
ok 'far' '' vm move big other
ok 'runs' 'big +Running' vm list
check 'saved once, for what it wrote meanwhile' test "$("$bulkhead" job list | grep -c 'Save big')" = 1
check 'after a checkpoint' test "$("$bulkhead" job list | grep -c 'Checkpoint For its move of big')" = 1
same 'no checkpoint stays' '' "$(bh checkpoint list big | tail -n +2)"
check 'nothing is left there' test -z "$(find near2 -name '*big*')"
ok 'off' '' vm off big
ok 'is off' '' vm wait big --timeout 60
idle
check 'merged' test "$(ls other/big)" = $'big.vhdx\nvm.conf'
same 'the content' "$before" "$(content big)"
ok 'gone' '' vm delete big
rm -r other/big

# --- cancelled in the middle, which a helper that stands still is
for one in 1 2 3 4; do
	scribble web "$one"
	ok 'one more image' '' checkpoint create web "c$one"
done
images=6 was=$(contents)
start_slow() { # again when it was faster than we are
	for _ in 1 2 3 4 5 6 7 8; do
		"$bulkhead" vm move web other >moving 2>&1 &
		mover=$!
		stop_helper $mover && number=$("$bulkhead" job list | awk '/Move web/ && /running/ { print $1; exit }') && [ -n "$number" ] && return 0
		[ -z "$helper" ] || kill -CONT "$helper" 2>/dev/null
		wait $mover
		"$bulkhead" vm move web near >/dev/null 2>&1
	done
	return 1
}
helper=
if check 'in the middle' start_slow; [ -n "$helper" ]; then
	ok 'cancel' '' job cancel "$number"
	kill -CONT "$helper"
	wait $mover
	check 'as cancelled' grep -q 'cancelled' moving
	check 'nothing is left of it' one_set near/web
	same 'the content' "$was" "$(contents)"
fi

# --- the disk that it goes to runs full meanwhile; unless all of it was there already
helper=
if check 'in the middle once more' start_slow; [ -n "$helper" ]; then
	head -c 300M /dev/zero >other/fill 2>/dev/null
	kill -CONT "$helper"
	name='no room meanwhile' count=$((count + 1))
	if wait $mover; then
		"$bulkhead" vm move web near >out 2>err || fail 'it does not come back'
	else
		grep -Eq 'free some|check the room|No space left' moving || { cp moving err; fail 'another reason'; }
	fi
	rm other/fill
	check 'nothing is left of it' one_set near/web
	same 'the content' "$was" "$(contents)"
fi

# --- killed when the record said that the new files count, and before any configuration did
service_kill TERM
cp -r near/web other/web
{
	printf '[move]\nuser=%s\nfolder=%s\nold-folder=%s\nhas-folder=true\ncommitted=true\n' "$(id -un)" "$dir/other/web" "$dir/near/web"
	number=0
	for file in near/web/*; do
		printf '[file %s]\nfrom=%s\nto=%s\n' $((number++)) "$dir/$file" "$dir/other/web/${file##*/}"
	done
} >data/moves/"$id".conf
service_start
idle
check 'the new ones count' one_set other/web
same 'the content' "$was" "$(contents)"
ok 'and it moves again' '' vm move web near

# --- killed at random moments, off and running; each time it is one set, here or there
moves=0
began=${EPOCHREALTIME/./}
ok 'how long it takes' '' vm move web near2
took=$(((${EPOCHREALTIME/./} - began) / 1000 + 1))
for round in $(seq "$rounds"); do
	name="round $round, seed $seed" count=$((count + 1))
	from=$(dirname "$(disk_of web)") to=near
	[[ $from == */near/web ]] && to=other
	[ $((round % 3)) != 0 ] || "$bulkhead" vm start web >out 2>err || fail 'it does not start'
	"$bulkhead" vm move web $to >moving 2>&1 &
	mover=$!
	sleep "$(awk -v ms=$((RANDOM % took)) 'BEGIN { print ms / 1000 }')"
	if [ $((round % 6)) = 3 ] && read -r pid _ 2>/dev/null <"run/workers/$id.run"; then
		kill -9 "$pid" # what holds the machine
		wait $mover
	else
		service_kill 9
		wait $mover
		service_start
	fi
	idle
	# One that ran goes on by itself, unless it was still being saved.
	[ $((round % 6)) != 0 ] || "$bulkhead" vm list | grep -Eq 'web +(Running|Starting|Sav)' || fail 'it does not go on'
	"$bulkhead" vm off web >/dev/null 2>&1
	"$bulkhead" vm delete-saved web >/dev/null 2>&1
	"$bulkhead" vm wait web --timeout 60 >out 2>err || fail 'it does not end'
	now=$(dirname "$(disk_of web)")
	[ "$now" = "$from" ] || moves=$((moves + 1))
	one_set "${now#"$dir"/}" || { find near other data/moves >out; fail 'not one set of files'; }
	[ "$was" = "$(contents)" ] || fail 'other content'
done
echo "$moves of $rounds were moved when the service was killed"
finish
