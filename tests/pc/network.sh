#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# network.sh: machines that boot from the network: iPXE's script and GRUB by TFTP from the NAT, with its menu and
# a file through the firmware's own network interface (PXE, UNDI); nothing to boot there, and the disk is next; what lies beside
# the folder stays there.
. "$(dirname "$0")/lib.sh"
need grub-mkimage
need_file /usr/lib/ipxe/qemu/pxe-rtl8139.rom /usr/lib/grub/i386-pc/pxe.mod
cat >grub.cfg <<-'X'
	set timeout=-1
	menuentry "From the network" { cat /marker; cat /link; cat /../outside; echo that was all; sleep 1; halt }
X
"$here/make-grub-network" served grub.cfg || skip "grub-mkimage makes nothing for PXE here"
echo "the marker was read" >served/marker
echo "a secret" >outside
ln -s ../outside served/link
chmod 755 .

machine grub --memory 64 --boot network --tftp served --boot-file boot.ipxe
look wait 40 'From the network' key enter wait 20 'that was all' text >screen.txt && ends 0 20
grep -q 'the marker was read' screen.txt || fail "a file of the folder is not served"
# Sanitizers leave the switch without landlock.
[ "${SANITIZE:-none}" != none ] || ! grep -q 'a secret' screen.txt || fail "a file outside of the folder was served"

# The disk comes after a network that has nothing.
grub_disk grub.img
machine nothing --memory 64 --boot network --mac 00:15:5d:0a:0b:0c --disk grub.img
look wait 40 'net0: 00:15:5d:0a:0b:0c using rtl8139' wait 30 'Nothing to boot' wait 40 'From the disk' key enter && ends 0 20

# An adapter that is not the first to boot from, without Hyper-V's own devices and with them.
for options in --no-enlightenments ''; do
	machine "disk first $options" --memory 64 --switch nat,legacy --disk grub.img
	look wait 40 'From the disk' key enter && ends 0 20
done
finish
