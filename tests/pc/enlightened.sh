#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# enlightened.sh: the installed Debian again, now with a VMBus: firmware and boot loader use the emulated disk and screen, Linux
# the synthetic ones; its console is recognized in the pixels.
PC_OPTIONS=
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need fsck.ext4
medium debian

cp --sparse=always "$media/debian.img" debian.img
machine debian --memory 512 --disk debian.img
look shape $((120 * slow)) 'Debian GNU/Linux 12 guest tty1' && on_serial 20 'guest login:' && say root &&
	on_serial 30 'Password:' && say bulk && on_serial 30 ':~#' &&
	say 'case $(readlink /sys/block/sda) in *VMBUS*) echo "synthetic" disk ;; esac' && on_serial 10 'synthetic disk'
say poweroff
ends 0 60
on_serial 1 'reboot: Power down'
dd if=debian.img of=part.img bs=1M skip=1 conv=sparse status=none
fsck.ext4 -fn part.img >fsck.log 2>&1 || { fail "fsck"; cat fsck.log; }
finish
