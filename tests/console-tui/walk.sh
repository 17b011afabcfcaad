#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What somebody new does, without a manual: what is offered can be done where it is offered, paths are completed and understood as a
# shell has them, and what is refused says why and leads to what is wrong.
# walk.sh BULKHEAD-TUI BULKHEAD STUB
set -u
. "$(dirname "$0")/lib.sh"
tui_begin "$1" "$2"
stub_start "$3" 12
# The command line, with one more verb, that has nothing to say.
cat >"$dir/program" <<END
#!/bin/sh
[ "\$1" != silent ] || exit 0
exec $bulkhead "\$@"
END
chmod +x "$dir/program"
export BULKHEAD_PROGRAM=$dir/program
mkdir "$dir/images"
touch "$dir/images/system.iso" "$dir/images/other.iso"

tui_start 80 24 COLORTERM=truecolor
see 'database +Off'
check 'the footer of a small screen has what a beginner needs' see 'x Actions +n New +q Quit'
keys F10
check 'a menu has all of its entries on a small screen' see 'Quit +q'
leave 'Quit +q'

# --- checkpoints: where there is none, x offers to make one
type_text /; see 'words that a row'; type_text database; keys Enter; see '/ database'
keys 5
check 'what makes one' see 'Checkpoint in the actions'
keys Tab x
check 'it does' see 'Checkpoint +│'
check 'as of the machine' see 'Turn Off'
leave 'Turn Off'
type_text /; see 'words that a row'; keys C-u; type_text web; keys Enter; see '▶ Now'
keys x
check 'a new one, where there are some' see '│ Checkpoint +│'
keys Up Up Enter
leave 'Apply[.]|Delete Subtree'
keys BTab; leave '/ web'

# --- paths: F8 completes, ~ is the home folder, in questions and in forms
keys i; see 'whole path'; keys C-u; type_text '~/ima'
check 'the home folder' see "$dir/ima"
keys F8
check 'completed' see "$dir/images/"
keys F8
check 'what it may be' see 'other.iso'
type_text s
keys Tab
check 'chosen' gone 'other.iso'
check 'that one' see 'images/system.iso'
leave 'whole path'

# --- a wizard that is not right: it says so, and goes there
keys n; see 'Skip this page'; keys F2; see '1 to 100 characters'
type_text first; keys F2; see '1: a PC'; keys F2; see 'Startup memory'; keys F2; see 'Virtual processors'
keys F2; see 'Connection'; keys F2; see 'Hard disk'; keys F2; see 'Install a system'; keys Right; see 'From an ISO'
keys Tab; type_text '~/images/sys'; keys F9
check 'what is wrong is said' see 'Something is not right yet'
keys F9
check 'and shown' see 'no such file'
keys F8
check 'and mended' gone 'no such file'
keys F9
check 'the whole path' see "cdrom $dir/images/system.iso|$dir/images/system.iso"
check 'whether it starts is asked at the end' see 'Start it after it is created +\[ \]'
keys Tab Space
check 'and told' see 'Start it after it is created +\[x\]'
check 'by its command, too' see 'bulkhead vm start'
keys F9
check 'made' called "CreateVirtualMachine \\('first'.*, \\{\\}\\)"
check 'and started' called ' Start \('
see 'first +(Off|Running)'

# --- the last line has only keys that do something here
keys E; see 'Verify the Log'
check 'nothing is made among events' gone 'n New'
keys q; see 'Virtual Machines'; keys n; see 'F1 Help'; keys F1
check 'help in a form' see 'completes a path'
keys q; see 'Skip this page'; keys C-c; see 'Virtual Machines'

# --- what is marked and goes is marked no more: the next action would be for another machine
type_text /; see 'words that a row'; type_text test; keys Enter; see '/ test'; gone 'backup'
keys Home Space; see '1 marked'
keys DC; see 'goes to the trash'; keys y
check 'no mark is left' gone 'marked'
leave '/ test'

# --- a command that says nothing leaves no empty page
type_text :; see 'Tab completes'; type_text silent; keys Enter
check 'it is told' see 'bulkhead silent: done'
check 'no page' see 'Virtual Machines'

# --- without a service: why, and what to do, wherever something is asked for
stub_stop
check 'the loss' see 'has ended; start it: bulkhead host start-service'
keys n; see 'Skip this page'; keys F9
check 'the reason on the summary' see 'has ended; start it|bulkhead host start-service'
keys F9
check 'it is not made' gone 'is made'
stub_start "$3" 12
again() { keys F9; TUI_TRIES=20 see 'make the machine'; }
check 'what was typed is still there, and asked again' wait_for again
keys C-c
check 'it is back' see 'database +Off'
keys q
check 'the end' see 'ended: 0'
finish
