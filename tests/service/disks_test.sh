#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Disk images through the system's service: files with the rights of real users, jobs, cancel, restart, full disks.
# disks_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKS_CLIENT DISKTOOL
set -u
. "$(dirname "$(realpath "$0")")/users.sh"
users_enter "$@"
shift
. "$(dirname "$(realpath "$0")")/lib.sh"
client=$(realpath "$5") tool=$(realpath "$6")
service_begin "$@"
users_make
users_program "$client" && users_program "$bulkhead"
mkdir -m 700 a && chown alice a
system_service_start

# disks NAME USER STATUS PATTERN WORDS...: disks_client as that user
disks() {
	local user=$2 status=$3 pattern=$4 actual
	name=$1
	shift 4
	count=$((count + 1))
	as_user "$user" disks_client "$@" >out 2>err </dev/null
	actual=$?
	[ "$actual" = "$status" ] || { fail "status $actual instead of $status"; return 1; }
	[ ! -s err ] || { fail "a message on stderr"; return 1; }
	[ -z "$pattern" ] || grep -Eq -- "$pattern" out || { fail "the output lacks: $pattern"; return 1; }
}

# --- create, inspect
disks 'create' alice 0 '^done$' create file="$dir/a/one.vhdx" size=40M block-size=1M
check 'it is hers' test "$(stat -c '%U %G %a' a/one.vhdx)" = 'alice alice 600'
disks 'the command that does the same' alice 0 "^command: bulkhead disk create $dir/a/two.vhd --size 40M --type fixed$" \
	create file="$dir/a/two.vhd" size=40M type=fixed
disks 'inspect' alice 0 "'size': <uint64 41943040>" inspect file="$dir/a/one.vhdx"
disks 'what it is' alice 0 'Format: VHD, fixed size' inspect file="$dir/a/two.vhd"
disks 'it is there already' alice 1 'this exists already' create file="$dir/a/one.vhdx" size=40M
disks 'no such folder' alice 1 'no such folder' create file="$dir/b/one.vhdx" size=40M
disks 'where she may not' alice 1 'alice may make nothing in this folder' create file="/one.vhdx" size=40M
disks 'a plan' alice 0 'step: .*is made' plan create file="$dir/a/plan.vhdx" size=40M
check 'makes nothing' test ! -e a/plan.vhdx
disks 'no size' alice 2 '^size: the size' create file="$dir/a/x.vhdx"
disks 'a size that is none' alice 2 'this is no size' create file="$dir/a/x.vhdx" size=many
disks 'too much for a VHD' alice 2 '^size: a vhd disk has at most 2040G' create file="$dir/a/x.vhd" size=3T

# --- what changes images; each needs the right on the file
"$tool" scribble a/one.vhdx 1 40
before=$("$tool" dump a/one.vhdx | sha256sum)
disks 'convert' alice 0 '^done$' convert file="$dir/a/one.vhdx" to="$dir/a/one.raw"
check 'the content is the same' test "$(sha256sum <a/one.raw)" = "$before"
disks 'compact' alice 0 '^done$' compact file="$dir/a/one.vhdx"
check 'the content stays' test "$("$tool" dump a/one.vhdx | sha256sum)" = "$before"
disks 'create a child' alice 0 '^done$' create file="$dir/a/child.vhdx" parent="$dir/a/one.vhdx"
"$tool" scribble a/child.vhdx 2 40
whole=$("$tool" dump a/child.vhdx | sha256sum)
disks 'its chain' alice 0 "'parent-relative': <'./one.vhdx'>" inspect file="$dir/a/child.vhdx"
check 'has two images' test "$(grep -c ^image: out)" = 2
mkdir a/moved && mv a/one.vhdx a/moved/
disks 'a parent that is gone' alice 0 "'chain-error': <.*there is no such file" inspect file="$dir/a/child.vhdx"
disks 'reconnect' alice 0 '^done$' reconnect file="$dir/a/child.vhdx" parent="$dir/a/moved/one.vhdx"
disks 'to itself' alice 2 '^parent: .*the same file' reconnect file="$dir/a/child.vhdx" parent="$dir/a/child.vhdx"
disks 'to another format' alice 1 'its format or sector size differs' reconnect file="$dir/a/child.vhdx" parent="$dir/a/two.vhd"
disks 'a stranger' alice 0 '^done$' create file="$dir/a/other.vhdx" size=40M
disks 'to a stranger' alice 1 'cannot be the parent|not the' reconnect file="$dir/a/child.vhdx" parent="$dir/a/other.vhdx"
disks 'check a chain' alice 0 "'openable': <true>" check file="$dir/a/child.vhdx"
disks 'merge' alice 0 '^done$' merge file="$dir/a/child.vhdx" delete=yes
check 'the child is gone' test ! -e a/child.vhdx
check 'the parent has it all' test "$("$tool" dump a/moved/one.vhdx | sha256sum)" = "$whole"
disks 'resize' alice 0 '^done$' resize file="$dir/a/moved/one.vhdx" size=80M
disks 'its new size' alice 0 "'size': <uint64 83886080>" inspect file="$dir/a/moved/one.vhdx"
disks 'merge what has no parent' alice 1 'not a differencing disk' merge file="$dir/a/moved/one.vhdx"

# --- rights on files and in Bulkhead
mkdir -m 700 d && chown dave d
disks 'bob has no right here' bob 1 'bob may not make new virtual machines' create file=/tmp/none.vhdx size=40M
disks 'nor may he look' eve 1 'eve may not see what this host is' inspect file="$dir/a/two.vhd"
cp a/two.vhd d/theirs.vhd && chown dave d/theirs.vhd
disks 'the file of another' alice 1 'alice has no permission on this file' inspect file="$dir/d/theirs.vhd"
chmod 755 d && chmod 644 d/theirs.vhd
disks 'may be read' alice 0 'Format: VHD' inspect file="$dir/d/theirs.vhd"
disks 'but not changed' alice 1 'alice has no permission on this file' compact file="$dir/d/theirs.vhd"
disks 'nor repaired' alice 1 'alice has no permission on this file' check file="$dir/d/theirs.vhd" repair=yes
device=$(find /dev -maxdepth 1 -type b 2>/dev/null | head -n 1)
[ -z "$device" ] || disks 'a physical disk' alice 1 'physical disk|no permission' convert file="$device" to="$dir/a/dev.vhdx"
mkfifo a/fifo
disks 'a FIFO does not hang' alice 1 'no regular file' inspect file="$dir/a/fifo"
ln -s /etc/shadow a/link.vhdx
disks 'a link to what she may not read' alice 1 'alice has no permission' inspect file="$dir/a/link.vhdx"

# A child leads to whatever its author wrote: it is opened with the rights of who asks, and never read past its header.
mkdir -m 700 secret && "$bulkhead" disk create secret/base.vhdx --size 40M
"$bulkhead" disk create a/spy.vhdx --parent secret/base.vhdx && chown alice a/spy.vhdx
disks 'a parent that she may not read' alice 0 "'chain-error': <.*alice has no permission" inspect file="$dir/a/spy.vhdx"
disks 'is not converted' alice 1 'alice has no permission' convert file="$dir/a/spy.vhdx" to="$dir/a/spy.raw"
check 'nothing was made' test ! -e a/spy.raw
# Hostile images.
head -c 8M /dev/urandom >a/noise.vhdx && printf 'vhdxfile' | dd of=a/noise.vhdx conv=notrunc status=none
chown alice a/noise.vhdx
disks 'noise' alice 1 'noise.vhdx' inspect file="$dir/a/noise.vhdx"
disks 'noise is checked' alice 0 "'openable': <false>" check file="$dir/a/noise.vhdx"
disks 'noise is not compacted' alice 1 'noise.vhdx' compact file="$dir/a/noise.vhdx"

# --- the own files of a machine
name='a machine with a disk' count=$((count + 1))
as_user alice bulkhead vm create web --disk new:40M --memory 64M --kernel "$dir/kernel" --append 'spin' >out 2>err || fail 'it was not made'
chmod 644 kernel
"$bulkhead" admin grant user:dave vm-administrator --vm web
"$bulkhead" admin grant user:carol viewer --vm web
id=$("$bulkhead" vm show web --json | sed -n 's/.*"Id": "\([0-9a-f-]*\)".*/\1/p' | head -n 1)
web=/org/bulkhead/vm/${id//-/_}
disks 'its disk' carol 0 'Size: 40' inspect machine="$web" file=web.vhdx
disks 'a viewer does not change it' carol 1 'carol may not change its settings' compact machine="$web" file=web.vhdx
disks 'its administrator does' dave 0 '^done$' resize machine="$web" file=web.vhdx size=80M
disks 'a second one' dave 0 '^done$' create machine="$web" file=more.vhdx parent=web.vhdx
disks 'its chain in the folder' dave 0 "'size': <uint64 83886080>" inspect machine="$web" file=more.vhdx
check 'of two' test "$(grep -c ^image: out)" = 2
disks 'out of the folder' dave 1 'is not taken' inspect machine="$web" file=..
disks 'without the machine' dave 1 'dave may not make new' compact file="$dir/data/storage/$id/web.vhdx"
disks 'eve knows of none' eve 1 'may not see it' inspect machine="$web" file=web.vhdx
# The same by the command line.
check 'the command line inspects it' grep -q 'Format *vhdx, dynamic' <(as_user dave bulkhead disk inspect web.vhdx --vm web)
check 'and resizes it' as_user dave bulkhead disk resize web.vhdx 120M --vm web
check 'and checks it' grep -q 'no errors' <(as_user dave bulkhead disk check web.vhdx --vm web)
check 'its plan' grep -q "^command line: bulkhead disk compact web.vhdx --vm $id" <(as_user dave bulkhead disk compact web.vhdx --vm web --plan)
as_user dave bulkhead vm start web >out 2>err || fail 'web does not start'
disks 'in use' dave 1 'web.vhdx is in use by the virtual machine web; turn that off' compact machine="$web" file=web.vhdx
disks 'a look is allowed' dave 0 'Format: VHDX' inspect machine="$web" file=web.vhdx
as_user dave bulkhead vm off web && "$bulkhead" vm wait web --timeout 20
disks 'no more' dave 0 '^done$' compact machine="$web" file=web.vhdx

# --- a full disk
mkdir full && mount -t tmpfs -o size=16M none full && chown alice full && chmod 700 full
head -c 48M /dev/urandom >a/data.raw && chown alice a/data.raw
disks 'a full disk' alice 1 'No space left on device; free some space' convert file="$dir/a/data.raw" to="$dir/full/data.vhdx"
check 'nothing is left there' test -z "$(ls full)"
umount full

# --- cancel, and the end of the service: the helper is stopped in the middle
for _ in 1 2 3 4 5 6; do cat a/data.raw; done >a/large.raw && chown alice a/large.raw

# start_slow: a job that stands still; in $job. Again when it was faster than we are.
start_slow() {
	for _ in 1 2 3 4 5 6 7 8; do
		rm -f a/slow.vhdx
		as_user alice disks_client start convert file="$dir/a/large.raw" to="$dir/a/slow.vhdx" >out 2>err </dev/null || return 1
		job=$(sed -n 's/^job: //p' out)
		stop_helper && [ ! -e a/slow.vhdx ] && return 0
		[ -z "$helper" ] || kill -CONT "$helper" 2>/dev/null
		"$bulkhead" job wait "${job##*/}" >/dev/null 2>&1
	done
	return 1
}

helper=
if check 'a job that stands still' start_slow; [ -n "$helper" ]; then
	name='another may not cancel it' count=$((count + 1))
	as_user dave bulkhead job cancel "${job##*/}" >out 2>err && fail 'it was cancelled'
	check 'who started it may' as_user alice bulkhead job cancel "${job##*/}"
	kill -CONT "$helper"
	name='it ends as cancelled' count=$((count + 1))
	"$bulkhead" job wait "${job##*/}" >out 2>err && fail 'it was done'
	grep -q 'cancelled' err || fail 'not as cancelled'
	check 'nothing is left of it' test ! -e a/slow.vhdx
fi
helper=
if check 'one more' start_slow; [ -n "$helper" ]; then
	service_kill KILL
	kill -CONT "$helper"
	for _ in $(seq 1000); do kill -0 "$helper" 2>/dev/null || break; sleep 0.02; done
	check 'the helper ends with its service' test ! -e "/proc/$helper"
	check 'a half made file has no name' test ! -e a/slow.vhdx
	system_service_start
	disks 'the next service does it' alice 0 '^done$' convert file="$dir/a/large.raw" to="$dir/a/slow.vhdx"
fi

check 'changes are logged' grep -q "slow.vhdx is made with the content" <("$bulkhead" event list --limit 1000)
check 'refusals too' grep -q 'Create was refused' <("$bulkhead" event list --kind refusal --limit 1000)
check 'looks are not' test -z "$("$bulkhead" event list --limit 1000 | grep 'Inspect one')"
check 'the log is whole' "$bulkhead" event verify
finish
