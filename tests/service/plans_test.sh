#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A plan that says yes works right after: what a command refuses, it refuses with --plan in the same sentence, and then nothing
# has changed. One refused case or more of each command that takes --plan.
# plans_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
service_start

# What changes between two looks does not count: the memory that the host has left.
still() { sed 's/only [0-9]* MiB available/only so much available/'; }

# refused ARGUMENTS...: with --plan and without, the same sentence and status
refused() {
	local planned said
	name="$*"
	count=$((count + 1))
	verbs+="$1 $2"$'\n'
	: >out
	"$bulkhead" "$@" --plan >out 2>err </dev/null; planned=$?
	still <err >planned
	"$bulkhead" "$@" >out 2>err </dev/null; said=$?
	[ "$said" -ne 0 ] || { fail 'it is not refused at all: the case is wrong'; return; }
	[ "$planned" = "$said" ] || { fail "the plan ends with $planned, the command with $said"; return; }
	[ "$(cat planned)" = "$(still <err)" ] || fail "the plan says: $(cat planned)"
}
verbs=

ok 'a' '' vm create a --kernel "$dir/kernel" --append spin --memory 32M --disk new:1M
ok 'b' '' vm create b --kernel "$dir/kernel" --append spin --memory 32M --switch nat
ok 'broken' '' vm create broken --memory 32M --disk "$dir/kernel"
ok 'runs' '' vm create runs --kernel "$dir/kernel" --append spin --memory 32M
ok 'it does' '' vm start runs
ok 'an export' '' vm export a "$dir"
mkdir exports full full/a
cp -r a exports/torn
rm -f exports/torn/*.vhdx
: >file
ok 'a disk' '' disk create disk.vhdx --size 1M
ok 'a small one' '' disk create small.vhdx --size 1M
ok 'lab' '' switch create lab --kind private
ok 'on it' '' vm set b --switch lab
ok 'a checkpoint' '' checkpoint create a first
ok 'gone' '' vm create gone --memory 32M
ok 'deleted' '' vm delete gone
ok 'its successor' '' vm create gone --memory 32M

# --- machines
refused vm create a --memory 32M
refused vm create new --location "$dir/nowhere"
refused vm create a2 --location "$dir/full" --disk new:1M --set vm.name=a
mkdir full/new
refused vm create new --location "$dir/full" --disk new:1M
refused vm create new --location "$dir/file" --disk new:1M
refused vm create new --switch nosuch
refused vm create new --memory 1M
refused vm set a --memory 1M
refused vm set a --switch nosuch
refused vm set runs --memory 64M
refused vm set a --drive ide:1:1,max-iops=5
refused vm resize-disk a ide:1:1 2M
refused vm resize-disk a nosuch 2M
refused vm start runs
refused vm start gone
mv kernel away
refused vm start b
mv away kernel
ok 'a disk' '' disk create parent.vhdx --size 1M
ok 'its child' '' disk create child.vhdx --parent "$dir/parent.vhdx"
ok 'on it' '' vm create child --memory 32M --disk "$dir/child.vhdx"
mv parent.vhdx away
refused vm start child
: >parent.vhdx
refused vm start child
mv away parent.vhdx
: >some.iso
ok 'an image' '' vm create dvd --memory 32M --cdrom "$dir/some.iso"
mv some.iso away
refused vm start dvd
mkdir some.iso
refused vm start dvd
if [ "$(id -u)" != 0 ]; then
	rmdir some.iso; : >some.iso; chmod 0 some.iso
	refused vm start dvd
fi
rm -rf some.iso
ok 'much memory' '' vm create huge --memory 512G --kernel "$dir/kernel"
refused vm start huge
ok 'one disk' '' vm create first --memory 32M --kernel "$dir/kernel" --append spin --disk "$dir/disk.vhdx"
ok 'for two' '' vm create second --memory 32M --kernel "$dir/kernel" --append spin --disk "$dir/disk.vhdx"
ok 'one runs' '' vm start first
refused vm start second
ok 'it is over' '' vm off first
ok 'a port' '' vm create com --memory 32M --kernel "$dir/kernel" --append spin --serial "socket:$dir/com"
: >com
refused vm start com
rm com
mkdir shut; chmod 555 shut
ok 'elsewhere' '' vm set com --serial "socket:$dir/nowhere/com"
refused vm start com
[ "$(id -u)" = 0 ] || {
	ok 'elsewhere' '' vm set com --serial "socket:$dir/shut/com"
	refused vm start com
}
ok 'a log' '' vm set com --serial "file:$dir/nowhere/log"
refused vm start com
ok 'a folder' '' vm set com --serial "file:$dir/full"
refused vm start com
ok 'a new log' '' vm set com --serial "file:$dir/log"
ok 'can be made' '' vm start com --plan
check 'nothing was' test ! -e log
refused vm shutdown a
refused vm off a
refused vm reset a
refused vm pause a
refused vm resume runs
refused vm resume a
refused vm save a
refused vm delete-saved a
refused vm rename a b
refused vm rename a ''
refused vm clone a b
refused vm clone runs c
refused vm clone a ''
refused vm delete runs
refused vm undelete nosuch
refused vm undelete gone
refused vm export a "$dir/nowhere"
refused vm export a "$dir/full"
refused vm export a "$dir/file"
refused vm export runs "$dir/exports"
refused vm move a "$dir/nowhere"
refused vm move a "$dir/full"
refused vm move a "$dir/file"
refused vm move a --back
refused vm move gone "$dir/exports"
refused vm import "$dir/nowhere"
refused vm import "$dir/exports"
refused vm import "$dir/exports/torn" --name torn
refused vm import "$dir/a"
refused vm import "$dir/a" --name 'a/b'
refused vm import "$dir/a" --mode restore --name other
refused vm copy a file :/tmp/
refused vm copy runs nosuch :/tmp/
refused vm kvp a set '' x
refused vm kvp a set "$(printf '%0300d' 0)" x
refused vm kvp a delete nosuch
refused vm address runs 10.0.0.1/24
refused vm freeze a
refused vm thaw a
refused vm view runs --disconnect 77

# --- disks
refused disk create disk.vhdx --size 1M
refused disk create "$dir/nowhere/new.vhdx" --size 1M
refused disk create new.vhdx
refused disk create new.vhdx --parent "$dir/nosuch.vhdx"
refused disk convert nosuch.vhdx new.vhdx
refused disk convert disk.vhdx "$dir/nowhere/new.vhdx"
refused disk convert disk.vhdx small.vhdx
refused disk convert file new.vhdx
refused disk compact nosuch.vhdx
refused disk compact file
refused disk resize nosuch.vhdx 2M
refused disk resize file 2M
refused disk merge disk.vhdx
refused disk merge nosuch.vhdx
refused disk reconnect disk.vhdx small.vhdx
refused disk reconnect nosuch.vhdx small.vhdx
refused disk check nosuch.vhdx --repair
# The same by the service, as the consoles do it.
for verb in compact 'resize SIZE' merge 'reconnect PARENT'; do
	verb=${verb/SIZE/}; parent=()
	case $verb in resize*) parent=(2M) ;; reconnect*) parent=("$dir/small.vhdx") ;; esac
	refused disk "${verb%% *}" "$dir/file" "${parent[@]}" --vm a
done
refused disk convert "$dir/file" "$dir/new.vhdx" --vm a
refused disk reconnect "$dir/disk.vhdx" "$dir/small.vhdx" --vm a
refused disk merge "$dir/disk.vhdx" --vm a
refused disk mount nosuch.vhdx
refused disk unmount nosuch

# --- switches
refused switch create lab --kind private
refused switch create new --network nonsense
refused switch create new --kind external --adapter nosuch0
refused switch edit nosuch --notes x
refused switch edit lab --name nat
refused switch edit lab --network 10.0.0.0/24
refused switch delete lab
refused switch delete nat
refused switch delete nosuch

# --- checkpoints
refused checkpoint create a "$(printf '%0300d' 0)"
refused checkpoint create broken ''
refused checkpoint apply a nosuch
refused checkpoint revert b
refused checkpoint rename a first ''
refused checkpoint delete a nosuch
refused checkpoint export a first "$dir/nowhere"
refused checkpoint export a first "$dir/full"

# --- rights, jobs
refused admin grant nonsense operator --vm a
refused admin grant "user:$(id -un)" king --vm a
refused admin grant "user:$(id -un)" operator --vm nosuch
refused admin revoke nonsense --vm a
refused job cancel 999

# --- a switch that is gone behind the service's back: a machine's file of another host, a saved inventory brought back
service_kill TERM
grep -rlx 'switch=lab' "$dir/data" | xargs sed -i 's/^switch=lab$/switch=nosuch/'
service_start
refused vm start b

# --- nothing was done, and each command that takes --plan is in the list, but those of which nothing is refused
ok 'as before' '^a +Off' vm list
check 'no folder was made' test "$(ls exports full full/a full/new | wc -w)" = 7
free='vm empty-trash|vm password|host start-service|host stop-service|host stop-machines|vm screen'
for noun in vm disk switch checkpoint admin host job; do
	while read -r verb _; do
		"$bulkhead" "$noun" "$verb" --help | grep -q -- '--plan ' || continue
		echo "$noun $verb" | grep -Eqx "$free" && continue
		check "$noun $verb is in the list" grep -qx "$noun $verb" <<<"$verbs"
	done < <("$bulkhead" "$noun" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
done
"$bulkhead" vm off runs 2>/dev/null
finish
