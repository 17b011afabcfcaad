#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines move between two services, through a program that stands for ssh: off, saved, running and paused, with their checkpoints; what is
# refused, and why; and whoever dies on the way, at random moments: one of the two has all of it.
# move_host_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKTOOL [ROUNDS]
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
. "$(dirname "$(realpath "$0")")/content.sh"
. "$(dirname "$(realpath "$0")")/far.sh"
tool=$(realpath "$5")
rounds=${6:-8}
seed=${SEED:-$RANDOM}
RANDOM=$seed
service_begin "$@"
far_begin
trap 'far_end; service_end' EXIT
# What the disks of Now and of each checkpoint hold. contents DATA
contents() {
	for config in "$1"/vms/"$id".conf "$1"/checkpoints/"$id"/*-*.conf; do
		[ -e "$config" ] || continue
		path=$(sed -n '/^\[disk 0\]/,/^\[/s/^path=//p' "$config")
		[[ $path == /* ]] || path=$1/storage/$id/$path
		"$tool" dump "$path" | sha256sum
	done
}
nothing_there() { [ -z "$(find there -name '*vhdx' -o -path '*/vms/*.conf' -o -path '*/moves/*.conf' -o -path '*/trash/*.conf')" ]; }
nothing_here() { [ -z "$(ls data/vms data/moves 2>/dev/null | grep conf)" ]; }
fetch() { # back to here, out of the trash; over there nothing of it stays
	far vm off web >/dev/null 2>&1
	far vm delete-saved web >/dev/null 2>&1
	far vm wait web --timeout 60 >/dev/null 2>&1
	far vm delete web >/dev/null && far vm empty-trash >/dev/null
	rm -rf there/web
	"$bulkhead" vm undelete web >/dev/null
}

service_start
ok 'a machine' '' vm create web --kernel "$dir/kernel" --append 'say:one echo:4 say:two spin' --memory 32M --disk new:24M
id=$(id_of web)

# --- refusals
no 'no such host' 1 'the connection to nowhere ended' vm move web --to nowhere
no 'no service' 1 'lab does not take it: no management service is running' vm move web --to lab
far_start
no 'a relative folder' 2 'give the whole path' vm move web --to lab:there
no 'no folder' 1 'lab does not take it: .*no such folder; make it, or name another' vm move web --to "lab:$dir/none"
far vm create web --kernel "$dir/kernel" --memory 32M >/dev/null
no 'the name' 1 'lab does not take it: the name web is taken there' vm move web --to lab
far vm delete web >/dev/null && far vm empty-trash >/dev/null
ok 'a switch of its own' '' switch create lonely --kind private
ok 'an adapter on it' '' vm set web --switch lonely
no 'a switch that is not there' 1 'lab does not take it: lonely: there is no such virtual switch' vm move web --to lab
ok 'without it' '' vm set web --adapter 0,remove
check 'nothing is there' nothing_there
check 'it is here' test -e data/vms/"$id".conf

# --- who sends something else hears what is wrong, and nothing of it is there
says() { # NAME PATTERN: of what comes on standard input
	name=$1 count=$((count + 1))
	BULKHEAD_DATA=$dir/there/data BULKHEAD_RUNTIME=$dir/there/run timeout 60 "$bulkhead" receive '' >out 2>err
	grep -Eq -- "$2" out || fail "no such answer: $2"
	far_idle
	nothing_there || fail 'something is there'
}
header() { # TEXT...: a header of these lines
	printf '%s\n' "$@" >header
	printf 'Bulkhead move 1 %s\n' "$(stat -c %s header)"
	cat header
}
config=$(sed 's/\\/\\\\/g; s/$/\\n/' data/vms/"$id".conf | tr -d '\n')
file() { printf '[file %s]\nname=%s\nkind=%s\n' "$@"; }
says 'nothing' '^failed the connection to the other host ended' </dev/null
says 'noise' '^failed ' < <(head -c 100000 /dev/urandom)
says 'another version' '^failed what comes is no machine of this version' < <(echo 'Bulkhead move 2 10')
says 'a size without end' '^failed what comes is no machine of this version' < <(echo 'Bulkhead move 1 99999999999')
says 'no description' '^failed .*its description cannot be read' < <(header hello)
says 'no configuration' '^failed .*its configuration cannot be read' < <(header '[move]' config=x tree=)
says 'no list' '^failed .*its checkpoints cannot be read' < <(header '[move]' "config=$config" tree=x)
good=('[move]' "config=$config" 'tree=[checkpoints]\nformat=1\n')
for bad in ../x /etc/passwd a/b .x saved-state saved-state.conf ''; do
	says "a file $bad" '^failed .*its files have no good names' < <(header "${good[@]}" "$(file 0 "$bad" image)")
done
says 'two of a name' '^failed .*its files have no good names' < <(header "${good[@]}" "$(file 0 a.vhdx image)" "$(file 1 a.vhdx image)")
says 'a state of nothing' '^failed .*its files have no good names' < <(header "${good[@]}" "$(file 0 "$id" state)")
says 'no room' '^failed its files need' < <(header "${good[@]}" bytes=9000000000000000000 "$(file 0 a.vhdx image)")
frame() { perl -e 'print pack("VVQ<", @ARGV[0..2]), $ARGV[3] // ""' "$@"; }
one() { header "${good[@]}" "$(file 0 a.vhdx image)"; "$@"; }
ends() { frame 2 1 "$1" x; frame 3 0 1; frame 4 0 0; }
says 'not all of it' '^failed not all of its files came' < <(one frame 4 0 0)
says 'a file too much' '^failed a file comes that was not told of' < <(one frame 1 0 1)
says 'a kind of nothing' '^failed what comes from .* is no machine' < <(one frame 9 0 0)
says 'a frame too large' '^failed what comes from .* is no machine' < <(one frame 1 2000000 0)
says 'data of no file' '^failed what comes is no file' < <(one frame 2 1 0 x)
says 'a parent of nothing' '^failed a disk comes before its parent' < <(one frame 1 1 0 b; frame 3 0 0)
says 'a place without end' '^failed ' < <(one frame 1 0 0; ends 9223372036854775806)
says 'a size of all' '^failed ' < <(one frame 1 0 0; frame 3 0 18446744073709551615)
says 'it ends in the middle' '^failed the connection' < <(one frame 1 0 0; frame 2 100 0 x)

# --- off, with checkpoints
scribble web 1
ok 'a checkpoint' '' checkpoint create web one
scribble web 2
ok 'another' '' checkpoint create web two
scribble web 3
was=$(contents data)
ok 'a plan' 'here it goes to the trash' vm move web --to lab --plan
check 'does nothing' nothing_there
ok 'off' '' vm move web --to lab
check 'is not here any more' nothing_here
same 'the content' "$was" "$(contents there/data)"
ok 'in the trash' '^web ' vm trash
check 'its checkpoints' test "$(far checkpoint list web | grep -cE '(one|two) ')" = 2
check 'it starts there' far vm start web
fetch
same 'here it is as it was' "$was" "$(contents data)"

# --- running: it goes on there; paused it stays; into a folder
ok 'start' '' vm start web
check 'it begins' console_has web 1 one
ok 'with a checkpoint of it' '' checkpoint create web live
ok 'a running one' '' vm move web --to "lab:$dir/there"
check 'runs' test "$(far vm list | grep -c 'web *Running')" = 1
check 'its files are in that folder' test "$(ls there/web | grep -c vhdx)" = 4
check 'the guest goes on' far vm type web abcd --serial
check 'where it was' far vm wait web --for two --timeout 60
check 'off' far vm off web
far vm wait web --timeout 60
check 'the content' test "$(contents there/data | sort -u | md5sum)" = "$(echo "$was" | sort -u | md5sum)"
check 'back in time' far checkpoint apply web live
check 'with its memory' far vm start web
fetch
ok 'what it had here is saved' 'web +Saved' vm list
ok 'and goes on' '' vm start web
ok 'pause' '' vm pause web
ok 'a paused one' '' vm move web --to lab
check 'is paused' test "$(far vm list | grep -c 'web *Paused')" = 1
fetch

# --- it does not start there: it goes on here
ok 'start' '' vm start web
far_stop TERM
worker=$BULKHEAD_WORKER
BULKHEAD_WORKER=/bin/false far_start
no 'it does not start there' 1 'lab does not take it: ' vm move web --to lab
ok 'it runs here' 'web +Running' vm list
far_idle
check 'and nothing is there' nothing_there
far_stop TERM
BULKHEAD_WORKER=$worker far_start

# --- at random moments: the carrier ends, this service dies, or that one
began=${EPOCHREALTIME/./}
ok 'how long it takes' '' vm move web --to lab
took=$(((${EPOCHREALTIME/./} - began) / 1000 + 1))
fetch
ok 'without memory' '' vm delete-saved web
was=$(contents data)
moves=0
for round in $(seq "$rounds"); do
	name="round $round, seed $seed" count=$((count + 1))
	[ $((round % 2)) = 0 ] || "$bulkhead" vm start web >out 2>err || fail 'it does not start'
	rm -f carrier
	"$bulkhead" vm move web --to lab >moving 2>&1 &
	mover=$!
	sleep "$(awk -v ms=$((RANDOM % (took * 3 / 4 + 1))) 'BEGIN { print ms / 1000 }')"
	case $((RANDOM % 3)) in
	0) [ ! -s carrier ] || kill -9 "$(cat carrier)" 2>/dev/null ;;
	1) service_kill 9 ;;
	2) far_stop 9 ;;
	esac
	wait $mover
	[ -n "$service_pid" ] || service_start
	kill -0 "$far_pid" 2>/dev/null || far_start
	idle
	far_idle
	# Both: the answer was lost. Never does it run on both.
	[ "$("$bulkhead" vm list | grep -c Running)" = 0 ] || [ "$(far vm list | grep -c Running)" = 0 ] || fail 'it runs twice'
	{ "$bulkhead" vm off web; far vm off web; "$bulkhead" vm wait web --timeout 60; far vm wait web --timeout 60; } >/dev/null 2>&1
	here=$(ls data/vms | grep -c conf) there=$(ls there/data/vms | grep -c conf)
	[ -z "$(ls data/moves there/data/moves 2>/dev/null | grep conf)" ] || fail 'something is left over'
	[ $((here + there)) -ge 1 ] || fail 'it is nowhere'
	[ $here = 0 ] || [ "$was" = "$(contents data)" ] || fail 'other content here'
	[ $there = 0 ] || [ "$was" = "$(contents there/data)" ] || fail 'other content there'
	[ $there = 0 ] || moves=$((moves + 1))
	[ $there != 0 ] || nothing_there || { find there >out; fail 'files of nothing are there'; }
	[ $there = 0 ] || { far vm off web; far vm delete-saved web; far vm wait web --timeout 60; far vm delete web; far vm empty-trash; } >/dev/null 2>&1
	[ $here = 1 ] || "$bulkhead" vm undelete web >out 2>err || fail 'it does not come back'
	{ "$bulkhead" vm off web; "$bulkhead" vm delete-saved web; } >/dev/null 2>&1
	"$bulkhead" vm wait web --timeout 60 >out 2>err || fail 'it does not end'
done
echo "$moves of $rounds had arrived"
finish
