#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's disk fills up under a managed machine: it is paused-critical with the disk named, a resume without room
# says so, and with room it goes on with nothing lost. The file system is a small tmpfs in a mount namespace of the test.
# critical_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
own_mounts "$@"
shift
sample_guest
service_begin "$@"
mkdir small && mount -t tmpfs -o size=32m tmpfs small || { echo "skipped: no tmpfs can be mounted here"; exit 77; }
trap 'umount -l "$dir/small" 2>/dev/null; service_end' EXIT
service_start

in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }
console() { timeout 2 "$bulkhead" vm connect linux --look 2>/dev/null | tr -d '\r'; }

"$bulkhead" disk create small/data.vhdx --size 64M --block-size 1M
ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --append 'console=ttyS0 quiet' \
	--memory 256M --disk "$dir/small/data.vhdx"
ok 'the default' 'actions.storage +pause-when-full' vm show linux
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 120
in_guest 'modprobe -a hv_storvsc sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; echo re""ady'
ok 'its disk' '' vm wait linux --for ready --timeout 60
in_guest 'dd if=/dev/urandom of=/tmp/noise bs=1M count=12 2>/dev/null; md5sum </tmp/noise; echo no""ise'
ok 'something to write' '' vm wait linux --for noise --timeout 60
sum=$(console | grep -Eo '^[0-9a-f]{32}' | head -n 1)
check 'its sum' test -n "$sum"

dd if=/dev/zero of=small/filler bs=64k status=none 2>/dev/null
truncate -s -3M small/filler
in_guest 'dd if=/tmp/noise of=/dev/sda bs=1M conv=fsync 2>/dev/null; echo writ""ten'
ok 'it stands still' '' vm wait linux --for paused-critical --timeout 90
ok 'the disk is named' "$dir/small/data.vhdx: the host has no space left" why linux
ok 'and what to do' 'What to do: make room .*vm resume' why linux
ok 'in the list' 'Paused-Critical' vm list
ok 'in the log' "it stands still: $dir/small/data.vhdx" event list --kind warning
no 'resume without room' 1 'linux stands still as before: .*no space left' vm resume linux
check 'the guest has not gone on' test -z "$(console | grep written)"
# Also for the next service.
service_kill KILL
service_start
ok 'found so' '' vm wait linux --for paused-critical --timeout 60
ok 'with its reason' 'no space left' why linux
rm small/filler
ok 'a plan' 'tried again' vm resume linux --plan
ok 'resume' '' vm resume linux
ok 'it goes on' '' vm wait linux --for written --timeout 90
ok 'it runs' '' vm wait linux --for running --timeout 20
in_guest 'echo 3 >/proc/sys/vm/drop_caches; head -c 12582912 /dev/sda | md5sum; echo re""ad-again'
ok 'it is read' '' vm wait linux --for read-again --timeout 60
check 'nothing is lost' test "$(console | grep -c "^$sum")" = 2
# Its memory does not fit on the disk of its folder: it runs on.
id=$(basename "$dir"/data/vms/*.conf .conf)
mkdir -p "data/storage/$id" && mount -t tmpfs -o size=8m tmpfs "data/storage/$id"
trap 'umount -l "$dir/data/storage/$id" "$dir/small" 2>/dev/null; service_end' EXIT
no 'no room to save' 1 'linux was not saved: there is not enough room for its memory' vm save linux
check 'nothing is left of it' test -z "$(ls "data/storage/$id")"
ok 'it runs still' 'linux +Running' vm list
in_guest 'echo still-the""re'
ok 'it answers' '' vm wait linux --for still-there --timeout 60
umount "data/storage/$id"
ok 'off' '' vm off linux
ok 'is off' '' vm wait linux --timeout 30
finish
