#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# memtest.sh first|pass: memtest86+, 32-bit and 64-bit, its first tests; or a whole pass over 64 MiB
. "$(dirname "$0")/lib.sh"
folder=/usr/lib/memtest86+
need_file $folder/memtest86+x64.iso $folder/memtest86+ia32.iso

check() { # NAME SECONDS TEXT
	machine "$1" --memory 64 --cdrom "$folder/memtest86+$1.iso"
	look wait 20 'Memtest86+' wait $(($2 * slow)) "$3" text >text || return
	grep -q 'Errors: 0' text || { fail "memory errors"; cat text; }
	quit
}

if [ "$1" = pass ]; then
	machine_seconds=1000
	check x64 900 'Pass:  1 '
else
	check x64 40 'Test #4'
	check ia32 40 'Test #4'
fi
finish
