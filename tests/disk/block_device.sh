#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Physical disks: a loop device stands for one. Copied into an image by who may read it, refused for who may not;
# written, resized by nobody. usage: block_device.sh BULKHEAD DISKTOOL
. "$(dirname "$0")/cli_lib.sh"
[ "$(id -u)" -eq 0 ] || { echo "needs root for a loop device: skipped"; exit 77; }
command -v losetup >/dev/null && [ -c /dev/loop-control ] || { echo "no loop devices here: skipped"; exit 77; }
content d.raw
loop=$(losetup -f --show d.raw 2>/dev/null) || { echo "the kernel gives no loop device: skipped"; exit 77; }
trap 'losetup -d "$loop"; rm -rf "$dir"' EXIT

# out of the device, into each kind of image, and as a raw disk by its nature
for kind in "vhdx dynamic" "vhdx fixed" "vhd dynamic" "raw fixed"; do
	set -- $kind
	rm -f "o.$1"
	disk 0 convert "$loop" "o.$1" --format "$1" --type "$2"
	[ "$("$tool" dump "o.$1" | sha256sum)" = "$(sha256sum <d.raw)" ] || fail "$kind: copied from a disk it reads differently"
done
! has_qemu || qemu-img compare -q -f vhdx -F raw o.vhdx d.raw || fail "qemu-img: the copy differs from the disk"

# the disk itself as a machine would use it
"$tool" scribble "$loop" 5 60 || fail "scribble on the disk"
"$tool" dump "$loop" | cmp - "$loop" || fail "the disk reads differently"
"$tool" resize "$loop" 99999744 2>/dev/null && fail "a physical disk was resized"

# the right to read the disk is the privilege: it is the host's, and the refusal says so
chmod 755 "$dir"
chmod 600 "$loop"
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
	mkdir -m 777 out
	err=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$bulkhead" disk convert "$loop" out/o.vhdx 2>&1 </dev/null) &&
		fail "nobody may copy a disk"
	[[ $err == *"$loop"*ermission* || $err == *"$loop"*"may not"* ]] || fail "the refusal does not tell the cause: $err"
	[ ! -e out/o.vhdx ] || fail "the refused copy left a file"
fi
exit $failed
