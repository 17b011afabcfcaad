#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# systems.sh ipxe|i386|installer: systems on discs that build-media makes, to where they wait for somebody.
. "$(dirname "$0")/lib.sh"
medium "$1"

# i386 PROCESSORS KEY...: Linux from the menu entry that the keys choose, to its shell, which counts processors and halts
i386() {
	local processors=$1
	shift
	machine "i386-$processors" --memory 128 --processors "$processors" --cdrom "$media/i386.iso"
	look wait 20 'i386 686-pae' "$@" key enter wait 60 "32-bit: i686, $processors processors" wait 10 'i386#' type $'expr 6 \\* 7 + $(nproc)\n' wait 10 "$((42 + processors))" \
		type $'poweroff -f\n' && ends 0 20
	on_serial 1 'reboot: Power down'
}

case $1 in
ipxe)
	machine ipxe --memory 64 --cdrom "$media/ipxe.iso"
	look wait 20 'initialising devices' wait 20 'Press Ctrl-B' key ctrl-b wait 10 'iPXE>' type $'show version\n' \
		wait 5 'builtin/version:string' type $'reboot\n' wait 20 'Press Ctrl-B' && quit
	;;
i386)
	i386 1
	i386 2
	i386 1 key down
	i386 2 key down
	;;
installer)
	machine installer --memory 1G --cdrom "$media/installer.iso"
	look graphics 60 800x600 shape 90 'Choose the language to be used for the installation process.' colors 5 5 \
		shape 5 'Esperanto              -  Esperanto' key up key down key enter shape 30 'Country, territory or area:' && quit
	;;
esac
finish
