#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# By hand, with CONSOLE_LONG=1: an installed Debian (tests/pc/build-media makes it), made by the wizard with its disk and a
# network, to GRUB and to its login; logged in through the guest's screen; saved, and gone on with where it was.
# debian.sh BULKHEAD-TUI BULKHEAD VMMS WORKER
set -u
tests=$(dirname "$(dirname "$(realpath "$0")")")
debian=$(dirname "$tests")/.build/pc/debian.img
[ "${CONSOLE_LONG:-}" = 1 ] || { echo 'skipped: CONSOLE_LONG=1 runs it, which takes minutes'; exit 77; }
[ -f "$debian" ] || { echo 'skipped: no installed Debian; tests/pc/build-media .build/pc makes it'; exit 77; }
. "$tests/console-tui/lib.sh"
tui_begin "$1" "$2"
TUI_TRIES=${TUI_TRIES:-12000}
service_begin "$3" "$4"
[ -x "$(dirname "$vmms")/../../remote-display/bulkhead-display" ] || { echo 'skipped: no bulkhead-display'; exit 77; }
cp --sparse=always "$debian" "$dir/debian.img"
tui_start 110 34 COLORTERM=truecolor
see 'There are no virtual machines yet'
keys n; see 'Skip this page'; keys F2; see '1 to 100 characters'
keys C-u; type_text debian; keys F2; see '1: a PC with BIOS'
keys F2; see 'Startup memory'; keys C-u; type_text 512M
keys F2; see 'Virtual processors'; keys F2; see 'Connection'
keys F2; see 'Hard disk'; keys Right; see 'Use an existing one'; keys Tab; type_text "$dir/debian.img"
keys F9
check 'Debian: the summary' see 'bulkhead vm create debian --memory 512M'
keys F9; see 'debian +Off'
keys S; see 'debian +Running'; keys Enter
check 'Debian: GRUB' see 'GNU GRUB'
check 'Debian: its login, read from pixels' see 'guest login:'
type_text root; keys Enter; see 'assword'; type_text bulk; keys Enter
check 'Debian: logged in' see 'root@guest:.#'
type_text 'echo sum-$((6 * 7))-'; keys Enter
check 'Debian: its shell' see 'sum-42-'
keys 'C-]'; type_text q; see 'Virtual Machines'
type_text 1
check 'Debian: its screen in the summary' see '[▀▄█▌▐━─┄╴╶]'
"$bulkhead" vm save debian >/dev/null
check 'Debian: saved' see 'debian +Saved'
keys S
check 'Debian: goes on' see 'debian +Running'
keys Enter
check 'Debian: where it was' see 'sum-42-'
type_text 'poweroff'; keys Enter
keys 'C-]'; type_text q; see 'Virtual Machines'
check 'Debian: off by itself' see 'debian +Off'
keys q
check 'the end' see 'ended: 0'
finish
