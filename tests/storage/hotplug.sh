#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hotplug.sh FLAVOUR PROCESSORS: synthetic disks that come and go while a guest runs and reads, a second controller, and a DVD drive:
# ejected by the guest, another disc put in.
GUEST_FLAVOUR=$1
DISK_MIB=16
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
processors=$2
storage_boot --processors "$processors"

# Two more disks and a DVD come while it runs, and go again, once while it is read.
truncate -s 64M "$work/late.img"
"$bulkhead" disk create "$work/late.vhdx" --size 3G >"$work/log" 2>&1 || fail "$(cat "$work/log")"
guest_tell disk kind=disk controller=0 lun=7 name=late.img format=raw read-only=0 fd="$work/late.img"
guest_heard '^disk-changed controller=0 lun=7 error=$'
guest_tell disk kind=disk controller=0 lun=63 name=late.vhdx format=vhdx read-only=0 fd="$work/late.vhdx"
guest_heard '^disk-changed controller=0 lun=63 error=$'
guest_tell disk kind=disk controller=0 lun=7 name=late.img format=raw read-only=0 fd="$work/late.img"
guest_heard '^disk-changed controller=0 lun=7 error=.*has a unit 7 already'
guest_run 'wait_for has 7; wait_for has 63; blockdev --getsize64 $(lun 7); blockdev --getsize64 $(lun 63)'
[ "$guest_output" = $'67108864\n3221225472' ] || fail "the new disks: $guest_output"
# one of them grows: the guest learns it with its next command
guest_tell grow-disk controller=0 lun=63 size=5368709120
guest_heard '^disk-changed controller=0 lun=63 error=$'
guest_run 'is_grown() { dd if=$(lun 63) of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; [ "$(blockdev --getsize64 $(lun 63))" = 5368709120 ]; }; wait_for is_grown; blockdev --getsize64 $(lun 63)'
[ "$guest_output" = 5368709120 ] || fail "the grown disk has $guest_output bytes"
guest_run 'dd if=$(lun 63) of=/dev/null bs=1M skip=5100 count=20 iflag=direct 2>&1' || fail "the new part cannot be read: $guest_output"
guest_run 'echo late >/tmp/t; dd if=/tmp/t of=$(lun 7) conv=sync,fsync 2>/dev/null; (dd if=$(lun 63) of=/dev/null bs=1M iflag=direct 2>/tmp/dd; echo $? >/tmp/dd.status) & sleep 0.2'
guest_tell remove-disk controller=0 lun=63
guest_heard '^disk-changed controller=0 lun=63 error=$'
guest_tell remove-disk controller=0 lun=7
guest_heard '^disk-changed controller=0 lun=7 error=$'
guest_run 'are_gone() { ! ls /sys/bus/scsi/devices | grep -qE "^0:0:0:(7|63)$"; }; wait_for are_gone; wait; ls /sys/bus/scsi/devices | grep -E "^0:0:0:(7|63)$"'
[ -z "$guest_output" ] || fail "removed disks are still there: $guest_output"
[ "$(head -c 4 "$work/late.img")" = late ] || fail "what was written to the removed disk is not in its image"
# a second controller comes with its first disk
guest_tell disk kind=disk controller=1 lun=0 name=late.img format=raw read-only=1 fd="$work/late.img"
guest_heard '^disk-changed controller=1 lun=0 error=$'
guest_run 'wait_for has 0 1; d=$(lun 0 1); head -c 4 $d; cat /sys/block/${d#/dev/}/ro'
[ "$guest_output" = late1 ] || fail "the read-only disk of the second controller: $guest_output"

# A DVD: read, ejected by the guest, put in again.
dd if=/dev/urandom of="$work/disc.iso" bs=1M count=8 status=none
guest_tell disk kind=cdrom controller=0 lun=4 name=disc.iso format=iso read-only=1 fd="$work/disc.iso"
guest_heard '^disk-changed controller=0 lun=4 error=$'
guest_run 'wait_for has 4; md5sum </dev/sr0'
[ "${guest_output%% *}" = "$(md5sum <"$work/disc.iso" | cut -d' ' -f1)" ] || fail "the disc reads as $guest_output"
# in use, it cannot be taken away but by force
guest_run 'exec 3</dev/sr0; grep -c . /proc/sys/dev/cdrom/info'
guest_tell disk kind=cdrom controller=0 lun=4 name=none format=iso read-only=1
guest_heard '^disk-changed controller=0 lun=4 error=the guest uses the disc'
guest_run 'exec 3<&-; tool eject /dev/sr0; dd if=/dev/sr0 of=/dev/null count=1 2>&1 | grep -c "No medium"'
[ "$guest_output" = 1 ] || fail "the disc is still there: $guest_output"
guest_heard '^disk-ejected controller=0 lun=4'
guest_tell disk kind=cdrom controller=0 lun=4 name=late.img format=iso read-only=1 fd="$work/late.img"
guest_heard '^disk-changed controller=0 lun=4 error=$'
guest_run 'is_other() { [ "$(head -c 4 /dev/sr0 2>/dev/null)" = late ]; }; wait_for is_other; head -c 4 /dev/sr0; blockdev --getsize64 /dev/sr0'
[ "$guest_output" = late67108864 ] || fail "the other disc: $guest_output"

expect_quiet 'I/O error, dev sd[a-z], sector [0-9]+ op 0x0:.READ' # of the disk that went
guest_power_off
test_ok "$flavour, $processors processors"
