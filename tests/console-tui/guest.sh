#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The terminal manager with the real service and real guests: a machine made by the wizard, its shell by the serial
# console, a disk attached, every state, deleted and brought back; GRUB's menu on the guest's screen, as text.
# guest.sh BULKHEAD-TUI BULKHEAD VMMS WORKER
set -u
tests=$(dirname "$(dirname "$(realpath "$0")")")
guest=$(dirname "$tests")/.build/guest
mkdir -p "$guest"
( flock 9; "$tests/guest/build-sample" "$guest" 9>&- ) 9>"$guest.lock" >/dev/null || { echo 'skipped: no sample guest'; exit 77; }
. "$tests/console-tui/lib.sh"
tui_begin "$1" "$2"
vmms=$(realpath "$3")
BULKHEAD_WORKER=$(realpath "$4")
export BULKHEAD_WORKER BULKHEAD_DATA=$dir/data
more_end() {
	local record pid
	[ -z "${service_pid:-}" ] || { kill "$service_pid" 2>/dev/null; wait "$service_pid" 2>/dev/null; }
	for record in "$dir"/run/workers/*.run; do
		[ -f "$record" ] && read -r pid _ <"$record" && kill -9 "$pid" 2>/dev/null
	done
}
# Guests take their time on a busy machine.
TUI_TRIES=${TUI_TRIES:-2400}
"$vmms" 2>"$dir/vmms.log" &
service_pid=$!
for _ in $(seq 500); do "$bulkhead" host show >/dev/null 2>&1 && break; sleep 0.05; done
cp "$guest/vmlinuz" "$guest/initrd" "$dir"

# answers COMMAND PATTERN: a shell that is only starting does not take what is typed yet
answers() {
	local try
	for try in $(seq 60); do
		type_text "$1"; keys Enter
		TUI_TRIES=60 see "$2" && return 0
	done
	return 1
}

tui_start 110 34 COLORTERM=truecolor
check 'no machine yet' see 'There are no virtual machines yet'

# The wizard, page by page.
keys n; see "Skip this page"; keys F2; see "1 to 100 characters"
keys C-u; type_text linux; keys F2; see 'cannot be changed later'
keys F2; see 'Startup memory'; keys C-u; type_text 256M
keys F2; see 'Virtual processors'; keys F2; see 'Connection'; keys Left; see 'Not connected'
keys F2; see 'Hard disk'; keys Left; see 'Attach one later'
keys F2; see 'Install a system'; keys Left; see 'Kernel'
keys Tab; type_text "$dir/vmlinuz"; keys Tab; type_text "$dir/initrd"; keys Tab; keys C-u; type_text 'console=ttyS0 quiet'
keys F9
check 'the summary' see "bulkhead vm create linux --memory 256M"
keys F9
check 'the machine is there' see 'linux +Off'

# Its shell, through the serial console.
keys S
check 'it runs' see 'linux +Running'
keys s
check 'its shell' see '^guest#'
type_text 'echo sum-$((40 + 2))-'; keys Enter
check 'it answers' see 'sum-42-'
type_text 'seq 1 200; echo th""rough'; keys Enter
check 'two hundred lines' see '^through'
keys 'C-]'; type_text /; see 'Find in the Scrollback'; type_text 'sum-42'; keys Enter
check 'what scrolled away is found' see 'sum-42-'
keys 'C-]'; type_text q
check 'Ctrl+] q leaves' see 'Virtual Machines'

# Every state.
keys P
check 'paused' see 'linux +Paused'
keys P
check 'resumed' see 'linux +Running'
keys R; see 'Reset linux'; keys y
check 'reset' see 'Reset: done'
keys s
check 'it starts anew' answers 'echo again-$((1 + 1))-' '^again-2-'
keys 'C-]'; type_text q; see 'Virtual Machines'
keys O; see 'has not written'; keys y
check 'off' see 'linux +Off'

# A disk, by the settings.
keys e; see 'Settings: linux'
for _ in 1 2 3; do keys F2; done
see 'Attach hard disk'; type_text new:64M; keys F9
check 'the plan' see 'vm set linux --disk new:64M'
keys F9
check 'changed' see 'the settings are changed'
keys S; see 'linux +Running'; keys s
check 'its new disk' answers 'modprobe -a hv_storvsc sd_mod; sleep 1; cat /sys/block/sd?/size' '^131072'
keys 'C-]'; type_text q; see 'Virtual Machines'
keys O; see 'has not written'; keys y; see 'linux +Off'

# Deleted, and brought back.
keys DC; see 'goes to the trash'; keys y
check 'deleted' see 'There are no virtual machines yet'
keys u
check 'brought back' see 'linux +Off'

# GRUB on the screen of a PC, read as text; keys go to it.
iso=$(dirname "$tests")/.build/pc/grub.iso
if [ -f "$iso" ] && [ -x "$(dirname "$vmms")/../../remote-display/bulkhead-display" ]; then
	cp "$iso" "$dir/grub.iso"
	"$bulkhead" vm create pc --memory 64M --cdrom "$dir/grub.iso" >/dev/null
	keys Down; see 'pc +Off'
	keys S; see 'pc +Running'
	keys Enter
	check 'GRUB as text' see 'GNU GRUB'
	keys 'C-]'; type_text g
	check 'as a picture' see 'symbols +[0-9]+x[0-9]+'
	keys 'C-]'; type_text q
	check 'left' see 'Virtual Machines'
	"$bulkhead" vm off pc >/dev/null
fi

# By hand, with CONSOLE_LONG=1: an installed Debian (tests/pc/build-media makes it), made by the wizard with its disk and
# a network, to GRUB and to its login; logged in through the guest's screen, whose keyboard is used as a German one then;
# saved and gone on with; its checkpoint.
debian=$(dirname "$tests")/.build/pc/debian.img
if [ "${CONSOLE_LONG:-}" = 1 ] && [ -f "$debian" ] && [ -x "$(dirname "$vmms")/../../remote-display/bulkhead-display" ]; then
	TUI_TRIES=12000
	cp --sparse=always "$debian" "$dir/debian.img"
	keys n; see 'Skip this page'; keys F2; see '1 to 100 characters'
	keys C-u; type_text debian; keys F2; see 'cannot be changed later'
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
	check 'Debian: logged in' see ':~#'
	type_text 'echo $((6 * 7))-"{"@'; keys Enter
	check 'Debian: its shell' see '42-\{@'
	keys 'C-]'; type_text q; see 'Virtual Machines'
	type_text 1
	check 'Debian: its screen in the summary' see '[▀▄█▌▐━─┄╴╶]'
	"$bulkhead" vm save debian >/dev/null
	check 'Debian: saved' see 'debian +Saved'
	keys S
	check 'Debian: goes on' see 'debian +Running'
	keys Enter
	check 'Debian: where it was' see '42-\{@'
	type_text 'poweroff'; keys Enter
	keys 'C-]'; type_text q; see 'Virtual Machines'
	check 'Debian: off by itself' see 'debian +Off'
fi
keys q
check 'the end' see 'ended: 0'
finish
