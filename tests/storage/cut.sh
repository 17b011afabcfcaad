#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cut.sh FLAVOUR: the worker is killed while a guest writes: what the guest was told is on stable storage is in the images, which open
# again, and the file systems on them are repaired by their journals alone.
GUEST_FLAVOUR=$1
DISK_MIB=128
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
storage_boot --processors 2
for disk in 0 1; do
	guest_run "tool mkfs.ext4 -q -E lazy_itable_init=0 \$(lun $disk) && mkdir -p /fs$disk && mount \$(lun $disk) /fs$disk" || fail "no file system: $guest_output"
done
# Each line that comes was on both disks before; the guest goes on until it is cut off.
guest_send 'dd if=/dev/urandom of=/tmp/noise bs=1k count=300 2>/dev/null; n=0; while :; do n=$((n + 1)); for f in /fs0 /fs1; do dd if=/tmp/noise of=$f/$((n % 40)) conv=fsync 2>/dev/null; dd if=/tmp/noise of=$f/x bs=4k seek=$((n % 60)) 2>/dev/null; echo $n | dd of=$f/count conv=fsync 2>/dev/null; done; echo "sa""fe $n"; done'
guest_expect 'safe 4[0-9]' 60
for _ in 1 2 3 4 5; do guest_read 0.1; done
worker=$(ps -o pid= --ppid "$guest_pid")
kill -KILL $worker
for _ in {1..50}; do guest_read 0.1 || break; done
[[ $guest_text =~ .*safe\ ([0-9]+) ]] && safe=${BASH_REMATCH[1]} || safe=40
wait "$guest_pid"
guest_pid=
"$bulkhead" disk check --repair "$vhdx" >"$work/log" 2>&1 || "$bulkhead" disk check "$vhdx" >"$work/log" 2>&1 || fail "the VHDX: $(cat "$work/log")"
"$bulkhead" disk convert "$vhdx" "$work/copy.img" >"$work/log" 2>&1 || fail "the VHDX: $(cat "$work/log")"
for image in "$raw" "$work/copy.img"; do
	fsck.ext4 -p "$image" >"$work/log" 2>&1
	[ $? -le 1 ] || fail "fsck -p of $image: $(tail -n 5 "$work/log")"
	fsck.ext4 -fn "$image" >"$work/log" 2>&1 || fail "fsck of $image: $(tail -n 5 "$work/log")"
	count=$(debugfs -R 'cat count' "$image" 2>/dev/null)
	[ "${count:-0}" -ge "$safe" ] || fail "$image: the guest was told that $safe is safe, but $count is there"
	debugfs -R 'dump 1 '"$work/1" "$image" 2>/dev/null
	[ "$(stat -c %s "$work/1")" = 307200 ] || fail "$image: a file of 300 KiB has $(stat -c %s "$work/1") bytes"
done
test_ok "cut off after $safe"
