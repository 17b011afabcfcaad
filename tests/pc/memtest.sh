#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# memtest.sh [SECONDS]: memtest86+ 32-bit and 64-bit; with SECONDS a whole pass may take, else only its first tests.
. "$(dirname "$0")/lib.sh"
folder=/usr/lib/memtest86+
need_file $folder/memtest86+x64.iso $folder/memtest86+ia32.iso

check() { # NAME SECONDS TEXT
	machine "$1" --memory 64 --cdrom "$folder/memtest86+$1.iso"
	look wait 20 'Memtest86+' wait "$2" "$3" text >text || return
	grep -q 'Errors: 0' text || { fail "memory errors"; cat text; }
	quit
}

if [ $# -gt 0 ]; then
	check x64 "$1" 'Pass:  1 '
else
	check x64 40 'Test #4'
	check ia32 40 'Test #4'
fi
finish
