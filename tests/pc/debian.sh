#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian.sh PROCESSORS [restart]: an installed Debian 12 on a raw IDE disk: to its login prompts on screen and serial port,
# log in at both, read the disk, run a 32-bit program, (restart,) switch off; then fsck finds nothing.
# Needs the network once (build-media).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need fsck.ext4
[ "${2:-}" != restart ] || only_long
medium debian
processors=$1

log_in=(wait $((120 * slow)) 'guest login:' type $'root\n' wait 30 assword type $'bulk\n' wait 30 ':~#')

on_screen() {
	look "${log_in[@]}" type $'echo $(nproc) processors\n' wait 10 "$processors processors" \
		type $'dd if=/dev/sda of=/dev/null bs=1M count=100 iflag=direct\n' wait 60 copied
}

at_serial_port() {
	on_serial 10 'guest login:' && say root && on_serial 30 'Password:' && say bulk && on_serial 30 ':~#' || return
	say 'busybox32 md5sum /bin/bash | cmp - <(md5sum /bin/bash) && echo "the same by 32 bits"'
	on_serial 20 $'the same by 32 bits\r' || return
	say 'dmesg -l err,crit,alert,emerg | sed "s/^/kernel: /"; echo "that is all"'
	on_serial 20 $'that is all\r' || return
	! grep -a '^kernel: ' serial.log || fail 'the kernel complains'
}

cp --sparse=always "$media/debian.img" debian.img
machine "debian-$processors" --memory 512 --processors "$processors" --disk debian.img
on_screen && at_serial_port
if [ "${2:-}" = restart ]; then
	look type $'reboot\n' wait 60 GRUB "${log_in[@]}"
fi
look type $'poweroff\n' && ends 0 60
on_serial 1 'reboot: Power down'
dd if=debian.img of=part.img bs=1M skip=1 conv=sparse status=none
fsck.ext4 -fn part.img >fsck.log 2>&1 || { fail "fsck"; cat fsck.log; }
finish
