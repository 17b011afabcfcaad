#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# disks.sh FLAVOUR PROCESSORS: Debian's storage driver on synthetic disks: fio with verification on a raw disk and a VHDX;
# partitions, a file system, filled, checked; space given back.
GUEST_FLAVOUR=$1
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
processors=$2
storage_boot --processors "$processors"

guest_run "ls /sys/bus/vmbus/devices/6b5c1e00-*/channels | wc -l"
[ "$guest_output" = "$processors" ] || fail "$guest_output channels for $processors processors"

# Requests of all sizes, many at a time, each checked: the whole of what was written is read back.
for disk in 0 1; do
	guest_run "tool fio --name=verify --filename=\$(lun $disk) --direct=1 --rw=randwrite --bsrange=4k-1m --size=100% --io_size=96m --ioengine=libaio \
		--iodepth=32 --numjobs=1 --verify=crc32c --verify_fatal=1 --verify_state_save=0 --randseed=$disk --minimal >/tmp/fio 2>&1; echo \$?" 120
	[ "$guest_output" = 0 ] || { guest_run 'tail -n 20 /tmp/fio'; fail "fio finds wrong data on disk $disk: $guest_output"; }
	guest_run "tool fio --name=mixed --filename=\$(lun $disk) --direct=1 --rw=randrw --bs=4k --size=64m --io_size=16m --ioengine=libaio --iodepth=16 \
		--fsync=64 --verify=sha1 --verify_fatal=1 --verify_state_save=0 --minimal >/tmp/fio 2>&1; echo \$?" 120
	[ "$guest_output" = 0 ] || { guest_run 'tail -n 20 /tmp/fio'; fail "fio finds wrong data on disk $disk: $guest_output"; }
done

# Space goes back to the host, with the next flush at the latest.
for disk in "0 $raw" "1 $vhdx"; do
	read -r number file <<<"$disk"
	before=$(allocated "$file")
	guest_run "tool blkdiscard -v \$(lun $number) && dd if=/dev/zero of=\$(lun $number) bs=4k count=1 conv=fsync" || fail "blkdiscard: $guest_output"
	for _ in {1..50}; do [ "$(allocated "$file")" -gt 16 ] || break; sleep 0.1; done
	[ "$before" -gt 60 ] && [ "$(allocated "$file")" -le 16 ] ||
		fail "blkdiscard gave back $before - $(allocated "$file") MiB of $file"
	guest_run "cmp -n 33554432 \$(lun $number) /dev/zero" || fail "a disk without content is not zeros: $guest_output"
done

# A partition with a file system on each.
for disk in 0 1; do
	guest_run "d=\$(lun $disk); echo ',,L' | tool sfdisk -q \$d && for i in 1 2 3 4 5 6 7 8 9; do [ -e \${d}1 ] && break; sleep 0.1; done
		tool mkfs.ext4 -q \${d}1 && mkdir -p /fs$disk && mount \${d}1 /fs$disk" 60 || fail "no file system: $guest_output"
	guest_run "for i in 1 2 3 4 5 6 7 8; do head -c 5000000 /dev/urandom >/fs$disk/\$i; done; cp -r /lib/modules /fs$disk/; rm -r /fs$disk/3; sync; md5sum /fs$disk/[0-9] >/tmp/sums$disk
		umount /fs$disk && mount \${d}1 /fs$disk && md5sum -c /tmp/sums$disk >/dev/null && umount /fs$disk" 90 || fail "files differ: $guest_output"
	guest_run "tool fsck.ext4 -fn \${d}1" || fail "fsck: $guest_output"
done

expect_quiet
guest_power_off
# What the guest left, seen from the host.
fsck.ext4 -fn "$raw?offset=1048576" >"$work/log" 2>&1 || fail "fsck of the raw image: $(tail -n 5 "$work/log")"
"$bulkhead" disk check "$vhdx" >"$work/log" 2>&1 || fail "the VHDX: $(cat "$work/log")"
"$bulkhead" disk convert "$vhdx" "$work/copy.img" >"$work/log" 2>&1 || fail "the VHDX: $(cat "$work/log")"
fsck.ext4 -fn "$work/copy.img?offset=1048576" >"$work/log" 2>&1 || fail "fsck of the VHDX: $(tail -n 5 "$work/log")"
test_ok "$flavour, $processors processors"
