#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# restart.sh FLAVOUR PROCESSORS: the guest resets its machine while it writes; the disks are there again, with what was flushed, and a
# lock on the DVD drive or a write cache that was switched off are forgotten.
GUEST_FLAVOUR=$1
DISK_MIB=64
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
storage_boot --processors "$2"
guest_run 'head -c 8000000 /dev/urandom >/tmp/noise; for n in 0 1; do dd if=/tmp/noise of=$(lun $n) bs=1M conv=fsync 2>/dev/null; done; md5sum </tmp/noise'
sum=$guest_output
guest_run 'echo "write through" >/sys/class/scsi_disk/0:0:0:0/cache_type; cat /sys/class/scsi_disk/0:0:0:0/cache_type'
[ "$guest_output" = 'write through' ] || fail "the write cache stays: $guest_output"
guest_send 'for n in 0 1; do dd if=/dev/zero of=$(lun $n) bs=64k seek=200 count=600 oflag=direct 2>/dev/null & done; sleep 0.05; echo b >/proc/sysrq-trigger'
guest_restarted
storage_prepare
for disk in 0 1; do
	guest_run "head -c 8000000 \$(lun $disk) | md5sum"
	[ "$guest_output" = "$sum" ] || fail "disk $disk is not what it was: $guest_output, not $sum"
done
guest_run 'cat /sys/class/scsi_disk/0:0:0:0/cache_type'
[ "$guest_output" = 'write back' ] || fail "the write cache: $guest_output"
expect_quiet
guest_power_off
"$bulkhead" disk check "$vhdx" >"$work/log" 2>&1 || fail "the VHDX: $(cat "$work/log")"
test_ok "$flavour, $2 processors"
