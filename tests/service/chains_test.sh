#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Differencing disks of managed machines: parents come with the rights of who starts the machine, two machines share
# one, and what stands in the way is said. Skipped without root (real users).
# chains_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKTOOL
set -u
. "$(dirname "$(realpath "$0")")/users.sh"
users_enter "$@"
shift
. "$(dirname "$(realpath "$0")")/lib.sh"
tool=$(realpath "$5")
service_begin "$@"
users_make
users_program "$bulkhead"
system_service_start
chmod 644 kernel

# A base of root's that all may read, children of alice's: on SCSI and on IDE, and one of three generations.
mkdir base && chmod 755 base
"$bulkhead" disk create base/base.vhdx --size 40M && "$tool" scribble base/base.vhdx 1 20
chmod 644 base/base.vhdx
before=$(sha256sum <base/base.vhdx)
mkdir -m 700 a && "$bulkhead" disk create a/one.vhdx --parent base/base.vhdx
"$bulkhead" disk create a/two.vhdx --parent base/base.vhdx
"$bulkhead" disk create a/three.vhdx --parent a/two.vhdx
"$bulkhead" disk create a/ide.vhdx --parent base/base.vhdx
chown -R alice a

machine() { # NAME DISK...
	local name=$1
	shift
	as_user alice bulkhead vm create "$name" --memory 64M --kernel "$dir/kernel" --append 'spin' "$@"
}
# starts NAME USER: within its limits, whatever the load
starts() {
	as_user "$2" bulkhead vm start "$1" && "$bulkhead" vm wait "$1" --for running --timeout 30
}
check 'a machine' machine one --disk "$dir/a/one.vhdx"
check 'with a child of a child' machine two --disk "$dir/a/three.vhdx"
check 'on IDE' machine three --disk "$dir/a/ide.vhdx,controller=ide"
check 'it starts' starts one alice
check 'beside another on the same base' starts two alice
# the smallest worker of this test has no PC
ide_started=
if starts three alice >out 2>err; then ide_started=1; else grep -q 'controller\|drive\|generation' err; fi

# The base is read by all, and changed by nobody meanwhile.
name='a merge into a base in use' count=$((count + 1))
"$bulkhead" disk merge "$dir/a/two.vhdx" --vm one >out 2>err && fail 'it was merged'
grep -Eq 'in use by the virtual machine (one|two|three)' err || fail 'not the reason'
name='what changes the base' count=$((count + 1))
"$bulkhead" disk compact "$dir/base/base.vhdx" --vm one >out 2>err && fail 'it was compacted'
grep -Eq 'base.vhdx is in use by the virtual machine (one|two|three); turn that off' err || fail 'not the reason'
for vm in one two three; do "$bulkhead" vm off $vm >/dev/null 2>&1; "$bulkhead" vm wait $vm --timeout 30; done
check 'the base is as before' test "$(sha256sum <base/base.vhdx)" = "$before"

# Rights: of the one who starts it, on each parent.
"$bulkhead" admin grant user:dave vm-administrator --vm one
chmod 755 a && chmod 666 a/one.vhdx && chmod 600 base/base.vhdx
name='a parent that dave may not read' count=$((count + 1))
as_user dave bulkhead vm start one >out 2>err && fail 'it started'
grep -q 'base.vhdx, the parent of .*/one.vhdx: dave has no permission on it' err || fail 'not the reason'
check 'why tells it' grep -q 'dave has no permission' <(as_user dave bulkhead why one)
chmod 644 base/base.vhdx
check 'he may now' starts one dave
"$bulkhead" vm off one && "$bulkhead" vm wait one --timeout 30

# A parent that is gone, and one that is another disk.
mv base/base.vhdx base/hidden.vhdx
name='a parent that is gone' count=$((count + 1))
as_user alice bulkhead vm start one >out 2>err && fail 'it started'
grep -q 'the parent of .*/one.vhdx: there is no such file; if it was moved, use `bulkhead disk reconnect' err || fail 'not the reason'
"$bulkhead" disk create base/base.vhdx --size 40M && chmod 644 base/base.vhdx
name='a parent that is another disk' count=$((count + 1))
as_user alice bulkhead vm start one >out 2>err && fail 'it started'
grep -q 'base.vhdx' err || fail 'not the reason'
mv base/hidden.vhdx base/base.vhdx
check 'it starts again' starts one alice
"$bulkhead" vm off one && "$bulkhead" vm wait one --timeout 30

# The machine's own folder, and a start without anybody: with the rights of its creator.
check 'a machine with its own disk' as_user alice bulkhead vm create four --memory 64M --kernel "$dir/kernel" --append spin \
	--disk new:40M --auto-start always
id=$("$bulkhead" vm show four --json | sed -n 's/.*"Id": "\([0-9a-f-]*\)".*/\1/p' | head -n 1)
check 'a child beside it' as_user alice bulkhead disk create child.vhdx --parent four.vhdx --vm four
check 'instead of it' as_user alice bulkhead vm set four --detach four.vhdx --disk own:child.vhdx
check 'is attached' grep -q child.vhdx <("$bulkhead" vm show four)
check 'it starts' starts four alice
"$bulkhead" vm off four && "$bulkhead" vm wait four --timeout 30
name='by its path the file is not hers' count=$((count + 1))
as_user alice bulkhead vm set four --detach child.vhdx --disk "$dir/data/storage/$id/child.vhdx"
as_user alice bulkhead vm start four >out 2>err && fail 'it started'
grep -q 'alice has no permission' err || fail 'not the reason'
as_user alice bulkhead vm set four --detach "$dir/data/storage/$id/child.vhdx" --disk own:child.vhdx
# As after the host's start: nobody asks, and the machine starts with the rights of its creator.
service_kill TERM
rm -rf "$dir/run"
system_service_start
check 'automatic start' "$bulkhead" vm wait four --for running --timeout 60
"$bulkhead" vm off four && "$bulkhead" vm wait four --timeout 30

# Who may change its settings must not have its creator open files: who names them all opens them, and with others' among them it does
# not start by itself until somebody says so.
field() { "$bulkhead" vm show lent --json | grep -o "\"$1\": \"[^\"]*\"" | cut -d'"' -f4; }
is() { test "$(field vm.creator) $(field actions.start)" = "$1"; }
cp kernel private && chown alice private && chmod 600 private
as_user alice bulkhead vm create lent --memory 64M --kernel "$dir/kernel" --append spin --auto-start always
"$bulkhead" admin grant user:dave vm-administrator --vm lent
as_user dave bulkhead vm set lent --notes 'a change that names none'
check 'it is hers' is 'alice always'
as_user dave bulkhead vm set lent --initrd "$dir/private"
check 'with files of both it does not start by itself' is ' nothing'
as_user dave bulkhead vm set lent --auto-start always
check 'he may have it start with his rights' is 'dave always'
"$bulkhead" vm set lent --set boot.initrd= --cdrom "$dir/kernel"
check 'what root names he must be able to open' is 'dave always'
as_user alice bulkhead vm set lent --kernel "$dir/kernel2" --cdrom none
check 'all of them are hers' is 'alice always'
as_user dave bulkhead vm set lent --kernel "$dir/private"
check 'all of them are his' is 'dave always'
service_kill TERM
rm -rf "$dir/run"
system_service_start
"$bulkhead" vm wait four --for running --timeout 60 && "$bulkhead" vm off four
count=$((count + 1)) name='it is not started with her rights'
for _ in $(seq 600); do
	"$bulkhead" event list --limit 100 >out 2>err && grep -q 'automatic start: lent did not start: .*private: dave has no permission' out && break
	sleep 0.1
done
grep -q 'automatic start: lent did not start: .*private: dave has no permission' out || fail 'no such event'
finish
