#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian.sh [PROCESSORS]: Debian 12, made with mmdebstrap and GRUB, on a raw IDE disk: to its login prompt on screen and
# serial port, log in by keyboard, read the disk, restart, switch off; then fsck finds nothing.
# Only with PC_LONG=1: it downloads a system. The image is kept in .build/pc and made again by hand (remove it).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ "${PC_LONG:-}" = 1 ] || skip "takes minutes and the network; PC_LONG=1 runs it"
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
kept=$top/.build/pc
processors=${1:-1}

make_image() {
	need mmdebstrap mke2fs grub-mkimage python3
	mmdebstrap --quiet --variant=minbase \
		--include=linux-image-amd64,systemd-sysv,udev,e2fsprogs,login,passwd,kmod,initramfs-tools \
		--customize-hook='echo root:bulk | chroot "$1" chpasswd' \
		--customize-hook='echo guest >"$1/etc/hostname"; echo "/dev/sda1 / ext4 defaults 0 1" >"$1/etc/fstab"' \
		bookworm root.tar 2>mmdebstrap.log || { tail -n 5 mmdebstrap.log; skip "mmdebstrap fails here"; }
	mkdir -p root/boot/grub
	tar -C root -xf root.tar --exclude='./dev/*'
	cat >grub.cfg <<-'X'
		set timeout=1
		menuentry "Debian" {
			linux /vmlinuz root=/dev/sda1 ro console=ttyS0 console=tty0
			initrd /initrd.img
		}
	X
	grub_disk_from root grub.cfg debian.img 1200 ext4
	mkdir -p "$kept" && cp --sparse=always debian.img "$kept/debian.img.$$" && mv "$kept/debian.img.$$" "$kept/debian.img"
}

log_in=(wait $((120 * slow)) 'guest login:' type $'root\n' wait 30 assword type $'bulk\n' wait 30 ':~#')

[ -s "$kept/debian.img" ] || make_image
[ -s debian.img ] || cp --sparse=always "$kept/debian.img" debian.img
machine "debian-$processors" --memory 512 --processors "$processors" --disk debian.img
look "${log_in[@]}" type $'nproc; dd if=/dev/sda of=/dev/null bs=1M count=300 iflag=direct\n' wait 60 copied type $'reboot\n' \
	wait 60 GRUB "${log_in[@]}" type $'poweroff\n' && ends 0 60
on_serial 1 'reboot: Power down'
dd if=debian.img of=part.img bs=1M skip=1 conv=sparse status=none
fsck.ext4 -fn part.img >fsck.log 2>&1 || { fail "fsck"; cat fsck.log; }
finish
