#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# full.sh FLAVOUR PROCESSORS: the host's disk fills up under a guest that writes: the machine stands still and says which disk it is,
# a resume without room says so again, and with room everything that the guest wrote is there. Then it is stopped as it
# stands. The file system is a small tmpfs in a mount namespace of the test.
if [ -z "${FULL_NAMESPACE:-}" ]; then
	unshare -m true 2>/dev/null && new=(-m) || new=(-m -r)
	unshare "${new[@]}" true 2>/dev/null || { echo "skipped: no mount namespace can be made here"; exit 77; }
	exec env FULL_NAMESPACE=1 unshare "${new[@]}" --propagation private "$0" "$@"
fi
GUEST_FLAVOUR=$1
DISK_MIB=64
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
small=$work/small
mkdir "$small" && mount -t tmpfs -o size=48m,mode=0755 tmpfs "$small" || skip "no tmpfs can be mounted here"
unmount() { umount -l "$small" 2>/dev/null; cleanup; }
trap unmount EXIT
mv "$raw" "$vhdx" "$small/"
raw=$small/${raw##*/} vhdx=$small/${vhdx##*/}
drive_options=(--hold 1 --disk "$raw" --disk "$vhdx" "${drive_options[@]:4}")

fill_up() { dd if=/dev/zero of="$small/filler" bs=64k status=none 2>/dev/null; truncate -s "-${1}M" "$small/filler"; }

storage_boot --processors "$2"
guest_run 'for i in 1 2 3; do cat /bin/busybox /lib/modules/*/*; done 2>/dev/null | head -c 9000000 >/tmp/noise; head -c $((9000000 - $(wc -c </tmp/noise))) /dev/urandom >>/tmp/noise; md5sum </tmp/noise'
sum=$guest_output

for disk in "0 $raw" "1 $vhdx"; do
	read -r number file <<<"$disk"
	fill_up 3
	guest_send "dd if=/tmp/noise of=\$(lun $number) bs=1M conv=fsync 2>/tmp/dd && echo 'all writ''ten'"
	guest_heard '^disk-critical disk=([^ ]*) error=ENOSPC text=.*make room.*resume' 60
	[ "${guest_match[1]}" = "$file" ] || fail "the disk is ${guest_match[1]}, not $file"
	guest_tell resume
	guest_heard '^resumed'
	guest_heard '^disk-critical' 60
	[[ $guest_text != *'all written'* ]] || fail "the guest goes on although nothing can be written"
	rm "$small/filler"
	guest_tell resume
	guest_heard '^resumed'
	guest_expect 'all written' 60
	guest_run "echo 3 >/proc/sys/vm/drop_caches; head -c 9000000 \$(lun $number) | md5sum"
	[ "$guest_output" = "$sum" ] || fail "disk $number holds something else: $guest_output, not $sum"
done
expect_quiet

# A machine that stands still for want of space can be stopped.
fill_up 1
guest_send 'dd if=/tmp/noise of=$(lun 1) bs=1M seek=40 conv=fsync'
guest_heard '^disk-critical' 60
guest_tell stop
guest_wait 60
expect_status 0
grep -q '^ended cause=stopped' "$work/heard" || fail "the machine does not end as one that was stopped: $(tail -n 3 "$work/heard")"
rm "$small/filler"
"$bulkhead" disk check --repair "$vhdx" >"$work/log" 2>&1 || fail "the VHDX: $(cat "$work/log")"
"$bulkhead" disk convert "$vhdx" "$small/copy.img" >"$work/log" 2>&1 || fail "the VHDX: $(cat "$work/log")"
for image in "$raw" "$small/copy.img"; do
	[ "$(head -c 9000000 "$image" | md5sum)" = "$sum" ] || fail "$image does not hold what the guest wrote"
done

# `bulkhead run --on-full wait` goes on by itself.
rm "$small/copy.img"
guest_command() {
	plain_guest_command "$@"
	command=("$bulkhead" "${command[@]:1}" --initrd "$guest_dir/initrd-vmbus" --on-full wait "${drive_options[@]:2}")
}
storage_boot --processors 1
guest_run 'head -c 9000000 $(lun 0) >/tmp/noise'
fill_up 1
guest_send "dd if=/tmp/noise of=\$(lun 0) bs=1M seek=20 conv=fsync 2>/tmp/dd && echo 'all writ''ten'"
for _ in {1..300}; do
	grep -q 'raw.img: .*no room.*waits' "$work/errors" && break
	guest_read 0.2 || break
done
grep -q 'raw.img: .*no room.*waits' "$work/errors" || fail "nobody says that the machine waits"
rm "$small/filler"
guest_expect 'all written' 60
guest_power_off
[ "$(tail -c +20971521 "$raw" | head -c 9000000 | md5sum)" = "$sum" ] || fail "what was written after the wait is not there"
test_ok "$flavour, $2 processors"
