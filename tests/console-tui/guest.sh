#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The terminal manager with the real service and real guests: a machine made by the wizard, its shell by the serial
# console, a disk attached, every state, deleted and brought back; GRUB's menu on the guest's screen, as text.
# guest.sh BULKHEAD-TUI BULKHEAD VMMS WORKER
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
. "$(dirname "$(realpath "$0")")/../guest/sample.sh"
sample_guest
tui_begin "$1" "$2"
service_begin "$3" "$4"
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
type_text linux; keys F2; see '1: a PC with BIOS'
keys F2; see 'Startup memory'; keys C-u; type_text 256M
keys F2; see 'Virtual processors'; keys F2; see 'Connection'; keys Left; see 'Not connected'
keys F2; see 'Hard disk'; keys Left; see 'Attach one later'
keys F2; see 'Install a system'; keys Left; see 'choose a connection'; keys Left; see 'Kernel'
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
keys s; see 'Keys go to the guest; Ctrl.\] and +q Leave'
click_on ' q Leave'
check 'a click leaves, too' see 'Virtual Machines'

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
click_on 'Save  '
check 'saved' see 'linux +Saved'
keys S
check 'goes on where it was' see 'linux +Running'
keys s
check 'its memory' answers 'echo still-$((1 + 2))-' '^still-3-'
keys 'C-]'; type_text q; see 'Virtual Machines'
keys O; see 'has not written'; keys y
check 'off' see 'linux +Off'

# A disk, by the settings.
keys e; see 'Settings: linux'
for _ in 1 2 3; do keys F2; done
see 'Attach hard disk'; type_text new:64M; keys F9
check 'the plan' see 'vm set linux --disk new:64M'
keys F9
check 'changed, by a job' see 'Make the disk of linux: done'
"$bulkhead" vm set linux --set serial2.kind=console >/dev/null
keys S; see 'linux +Running'; keys s
check 'its new disk' answers 'modprobe -a hv_storvsc sd_mod; sleep 1; cat /sys/block/sd?/size' '^131072'

# The text in a file, which is not written over; the other port.
for _ in 1 2; do
	keys 'C-]'; type_text w; see 'all of the scrollback'; keys C-u; type_text "$dir/text"; keys Enter
	gone 'all of the scrollback'
	see 'the text is in|is there already'
done
check 'it stays what it was' see 'this file is there already; give another name'
check 'the text in a file' grep -q '^131072' "$dir/text"
type_text 'echo sec""ond-port >/dev/ttyS1'; keys Enter; see 'ttyS1'
keys 'C-]'; type_text 2
check 'the other port' see 'COM 2'
check 'what came there' see '^second-port'
keys 'C-]'; type_text 1; see 'serial console +'
check 'the first again' see '131072'
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
	see 'pc +Off'; click_on 'pc  '
	keys S; see 'pc +Running'
	keys Enter
	check 'GRUB as text' see 'GNU GRUB'
	keys 'C-]'; type_text g
	check 'as a picture' see 'symbols +[0-9]+x[0-9]+'
	for way in sixel kitty iTerm text; do # each is told at the bottom
		keys 'C-]'; type_text g; see "Shown as: .*$way"
	done
	see 'GNU GRUB'

	# Who looks at it, a picture of it in a file, and its text on the clipboard of the terminal.
	"$bulkhead" vm view pc --socket >"$dir/socket" 2>/dev/null &
	viewer=$!
	keys 'C-]'; type_text v
	check 'who looks' see "$(id -un) from"
	keys Enter; gone 'Who Looks'
	kill "$viewer" 2>/dev/null; wait "$viewer" 2>/dev/null
	keys 'C-]'; type_text p; see 'file|File'; keys C-u; type_text "$dir/pc.png"; keys Enter
	check 'a picture in a file' wait_for test -s "$dir/pc.png"
	check 'a PNG' grep -q PNG <(head -c 8 "$dir/pc.png")
	keys 'C-]'; type_text q
	check 'left' see 'Virtual Machines'

	# The mouse stays here until the guest is given it.
	keys Enter; see 'GNU GRUB'
	click 20 12
	check 'not forwarded' see 'The mouse stays here'
	keys 'C-]'; see 'Ctrl.\] and now:'; click_on ' m Mouse'
	check 'given' see 'The guest has the mouse'
	check 'it is shown' see 'mouse  .*Running'
	click 20 12; keys 'C-]'; type_text m
	check 'taken back' see 'The mouse stays here'
	keys 'C-]'; see 'and now:'; click_on ' q Leave'
	check 'left by a click' see 'Virtual Machines'
	keys q; see 'ended: 0'

	# The same through ssh to another host: keys go there, and the picture comes here.
	cat >"$dir/ssh" <<-END
	#!/bin/bash
	while [ "\$1" != bulkhead ]; do shift; done
	shift
	# As sshd does it: a shell reads the words.
	BULKHEAD_RUNTIME=$BULKHEAD_RUNTIME exec sh -c "exec '$bulkhead' \$*"
	END
	chmod +x "$dir/ssh"
	mkdir "$dir/nothing"
	tui_start 120 34 COLORTERM=truecolor "BULKHEAD_SSH=$dir/ssh" "BULKHEAD_RUNTIME=$dir/nothing" -- --host alice@lab
	check 'the other host' see '● alice@lab'
	keys BTab; keys Down; see 'pc +Running'; keys Tab; click_on 'pc  '; keys Enter
	check 'its screen through ssh' see 'GNU GRUB'
	keys c
	check 'a key goes there' see 'grub>'
	type_text 'echo far-away'; keys Enter
	check 'what it answers' see '^ *far-away'
	keys 'C-]'; type_text q; see 'Virtual Machines'
	keys s; see 'serial|Serial'; keys 'C-]'; type_text q; see 'Virtual Machines'
	keys P
	check 'an action' see 'pc +Paused'
	"$bulkhead" vm off pc >/dev/null
fi
keys q
check 'the end' see 'ended: 0'
finish
