#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# loaders.sh grub|isolinux|vesamenu|disk: a boot loader to its menu, by keyboard to an entry, and off.
. "$(dirname "$0")/lib.sh"

case $1 in
grub)
	medium grub
	machine grub --memory 64 --cdrom "$media/grub.iso"
	look wait 30 'Entry Two' key down key enter wait 10 'this is two' && ends 0 20
	on_serial 1 'this is two'
	machine grub-2-processors --memory 64 --processors 2 --cdrom "$media/grub.iso"
	look wait 30 'Entry Two' key enter wait 10 'this is one' && ends 0 20
	;;
isolinux)
	isolinux_iso disc.iso menu.c32
	machine isolinux --memory 64 --cdrom disc.iso
	# Down and enter reboots: the menu comes again, now the first entry switches off.
	look wait 30 'Second entry' key down key enter sleep 2 wait 30 'First entry' key enter && ends 0 20
	;;
vesamenu)
	isolinux_iso disc.iso vesamenu.c32
	machine vesamenu --memory 64 --cdrom disc.iso
	look graphics 30 640x480 colors 10 20 key down key up key enter && ends 0 20
	;;
disk)
	grub_disk disk.img
	machine disk --memory 64 --disk disk.img
	look wait 30 'From the disk' key enter && on_serial 10 'the marker was read' && ends 0 20
	machine second-disk --memory 64 --disk disk.img,readonly --cdrom /dev/null
	grep -q 'no regular file' errors || { sleep 0.5; grep -q 'no regular file' errors; } || fail "no word about /dev/null"
	quit
	# The same disk twice: the second machine is told.
	machine first --memory 64 --disk disk.img
	look wait 30 'From the disk'
	"$bulkhead" run --memory 64 --disk disk.img --serial none --timeout 5 </dev/null 2>errors
	[ $? = 1 ] && grep -q 'in use by another' errors || fail "the second machine got the disk"
	quit
	;;
esac
finish
