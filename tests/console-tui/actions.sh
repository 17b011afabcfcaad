#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys and mouse against the stub service: what is called, what is asked before, what is shown.
# actions.sh BULKHEAD-TUI BULKHEAD STUB
set -u
. "$(dirname "$0")/lib.sh"
tui_begin "$1" "$2"
stub_start "$3" 12
tui_start 100 30 COLORTERM=truecolor

check 'the list' see 'database +Off'
type_text /; see 'words that a row'; type_text data
check 'the filter' gone 'backup'
keys Enter
check 'a filter that stays' see 'Virtual Machines / data'

# Starting asks nothing; turning off asks, with the plan and the command line, and No is the default.
keys S
check 'start' called 'vm/.*001 Start \(.*\}'
check 'its state' see 'database +Running'
keys O
check 'what is lost' see 'has not written to its disks'
check 'the plan' see 'end the machine at once'
check 'the command line' see 'bulkhead vm off database'
keys Enter
check 'Enter alone does nothing' gone 'has not written'
check 'it still runs' see 'database +Running'
keys O; see 'has not written'; keys y
check 'turn off' see 'database +Off'
check 'it was planned first' called "TurnOff \\(\\{'plan': <true>\\},\\)"

keys w
check 'why' see 'It was turned off by alice'
keys Enter
keys F2; see 'The new name'; keys C-u; type_text renamed; keys Enter
check 'rename' called "Rename \\('renamed'"
leave '/ data'
check 'the new name' see 'renamed +Off'
check 'no filter any more' see 'backup'

# Several at once.
type_text /; type_text e; keys Enter
type_text '*'; see 'marked'
type_text O
check 'many are named' see 'desktop, monitor|renamed, test|test|monitor'
leave 'Cancel'
leave 'marked'
leave '/ e'

# Delete goes to the trash, and u brings it back.
type_text /; type_text wiki; keys Enter; see '/ wiki'
keys DC; see 'goes to the trash'; keys Tab; keys Enter
check 'deleted' see 'No machine passes'
keys u
check 'undo' see '! wiki'
leave '/ wiki'

# The mouse: a row, a heading, a tab, a menu, the footer, the right button, a double click.
see 'backup'
click 10 6
click 40 3
check 'sorted by state' see 'State▼'
click 40 3
check 'the other way round' see 'State▲'
click 13 19
check 'a tab' see 'Startup memory'
click 13 1
check 'a menu' see 'New Virtual Machine'
keys Right
check 'the next menu' see 'Turn Off'
leave 'Turn Off'
click 10 6 2
check 'the right button' see 'Rename'
leave 'Rename'
click 3 30
check 'the footer' see 'Main screen'
keys q

# The command line completes, runs and remembers.
type_text :; see 'Tab completes'; type_text 'vm tra'
for _ in $(seq 50); do keys Tab; screen | tail -n 2 | grep -q 'vm trash' && break; sleep 0.1; done
check 'completion' see ':vm trash'
keys Enter
check 'a command' see 'bulkhead vm trash: done'
keys q; see 'Virtual Machines'; type_text :; keys Up
check 'history' see ':vm trash'
leave ':vm trash'
type_text ':theme light'; keys Enter
type_text ':jobs'; keys Enter
check 'a command of our own' see 'No job is under way'
keys q

# The wizard: validation beside the field, the summary, the command line.
keys n; see "Skip this page"; keys F2; see "1 to 100 characters"
keys C-u
check 'an empty name' see 'name'
type_text 'new one'; keys F2; see '1: a PC with BIOS'; keys F2; keys C-u; type_text nonsense
check 'what is wrong, beside the field' see 'this is no size'
keys F9
check 'it cannot be done so' see 'Something is not right yet'
for _ in 1 2 3 4 5 6; do keys F3; done
check 'back' see 'nonsense'
keys C-u; type_text 512M; keys F9
check 'the summary' see 'make the machine'
check 'the command' see "bulkhead vm create 'new one' --memory 512M"
keys F3; keys F3; see 'Install a system'; keys Right Right Right; see 'From the network'; keys F9
check 'from the network' see '--boot network'
keys F3; keys F3; see 'From the network'; keys Left Left Left; keys F9
see "bulkhead vm create 'new one' --memory 512M"
keys F9
check 'made' called "CreateVirtualMachine \\('new one'.*, \\{\\}\\)"
check 'and shown' see 'new one +Off'

# Settings, administrators, delegation.
type_text /; type_text database; keys Enter
type_text /; keys C-u; type_text renamed; keys Enter; see 'renamed'
keys e; see 'Settings: renamed'; keys F2; see 'Startup memory'
keys C-u; type_text 2048; keys F9
check 'the plan of a change' see 'change the settings'
check 'its command line' see 'vm set renamed --set memory.startup-mib=2048'
keys F9
check 'changed' called "SetSettings \\(\\{'memory.startup-mib': <'2048'>\\}, \\{\\}\\)"
# The pages are those of the desktop manager, in the same words; what is in several lines is written in one.
keys e; see 'Settings: renamed'
for page in Memory Processor Controllers 'Network Adapters' 'COM Ports' Display 'Name and Notes' 'Integration Services' \
	Checkpoints 'Automatic Start' 'Automatic Stop' Security; do
	keys F2; check "the page $page" see "Settings: renamed +$page"
	[ "$page" != Checkpoints ] || { see 'Allow checkpoints +.x.'; keys Space; see 'Allow checkpoints +. .'; }
	[ "$page" != 'Automatic Stop' ] || { see 'Shut its guest down'; keys Left Left; see 'Turn it off|Save it'; }
	[ "$page" != 'Name and Notes' ] || { see 'Notes'; keys Tab; type_text 'one\ntwo \\ three'; }
done
check 'who sees its screen' see 'connect to it nowhere now'
keys Tab Tab Enter; see 'Password for Viewers'; type_text 'geheim12'
check 'nobody sees a password' gone 'geheim'
keys Enter
check 'a password' called "SetPassword \(false, 'geheim12', \{\}\)"
see 'or taken away'; keys F9
check 'what changes' see "notes=one"
keys F9
check 'two lines, and a backslash' called "SetSettings .*'vm.notes': <'one.ntwo .. three'>"
check 'no checkpoints' called "SetSettings .*'checkpoints.enabled': <'false'>"
keys h
check 'the host' see 'Machines are kept in|Because +it is your own service'
keys q; see 'Virtual Machines'
keys A
check 'administrators' see 'user:bob +operator'
keys m
check 'the matrix' see 'console'
keys q; keys n; see 'Who'
type_text ro
check 'found while it is typed' see 'user:root, group:rowers: F8 chooses'
keys F8; see 'user:root \(The'; keys Enter; see 'user:root'; keys F9
check 'what a role grants' see 'It does not grant'
check 'its command' see 'admin grant user:root operator --vm'
keys F9
check 'granted' called "Grant \\('user:root', 'operator'"
see 'user:bob +operator'; keys q; see 'Virtual Machines'

# Virtual switches: made, edited, deleted.
keys W; see 'the way out'
keys n; see 'machines only'
check 'what cannot be made, and why' see 'Not here: the stub has no adapters'
keys Right; see 'private'; keys F2; see 'Notes'; type_text lab; keys F9
check 'the plan of a switch' see 'change the switches'
check 'its command' see 'bulkhead switch create lab --kind private'
keys F9
check 'made' called "switches Create \\('lab', \{.*'switch.kind': <'private'>.*\}, \{\}\)"
see 'the way out'; keys Enter; see 'Virtual Switch '; keys F2; see '10.0.2.0/24'
keys C-u; type_text nonsense
check 'what is wrong with a network' see '!.*Network'
keys C-c; see 'the way out'
keys DC
check 'a switch is deleted only when asked' see 'Delete the virtual switch Default Switch'
keys y
check 'deleted' called "switches Delete \\('Default Switch', \{\}\)"
keys q; see 'Virtual Machines'

# Everything comes back when the service does.
stub_stop
check 'the loss is told' see 'management service has ended'
stub_start "$3" 12
check 'it is back by itself' see 'backup|database|renamed'
keys q
check 'the end' see 'ended: 0'

# Only looking.
tui_start 100 30 -- --read-only
see 'database +Off'
keys S
check 'read-only' see 'nothing can be changed'
type_text ':vm start database'; keys Enter
check 'neither by a command' see 'nothing can be changed'
type_text ':vm delete list'; keys Enter
check 'whatever a machine is called' see 'nothing can be changed'
type_text ':vm trash'; keys Enter
check 'reading goes on' see 'bulkhead vm trash: done'
keys q; see 'database +Off'
grep -q 'Start' "$dir/calls" && fail 'it was called although read-only'

# A host through ssh (here: a program that only runs the bridge), whose connection is lost and comes back.
cat >"$dir/ssh" <<END
#!/bin/bash
while [ "\$1" != bulkhead ]; do shift; done
shift
"$bulkhead" "\$@" <&0 &
echo \$! >"$dir/bridge"
wait \$!
END
chmod +x "$dir/ssh"
tui_start 120 30 COLORTERM=truecolor "BULKHEAD_SSH=$dir/ssh" -- --host alice@lab
check 'both hosts' see '● alice@lab'
keys BTab; keys Down
check 'its machines' see 'Help +alice@lab'
check 'they are there' see 'database +Off'
kill "$(cat "$dir/bridge")"
check 'the loss is shown' see '! alice@lab|is lost; it is tried again'
check 'it is back by itself' see '● alice@lab'
check 'with its machines' see 'database +Off'

# Checkpoints: a pane of its own on a high screen, else a tab.
tui_start 120 42 COLORTERM=truecolor
see 'database +Off'; type_text /; keys C-u; type_text web; keys Enter
check 'a tree' see 'before the update +2023-11-14'
check 'that ends in Now' see '└─ ▶ Now'
check 'one below the other' see '└─ after it +2023'
keys 5; keys Home; keys x
check 'what can be done' see 'Delete Subtree'
leave 'Delete Subtree'
keys F2; see 'The new name'; keys C-u; type_text early; keys Enter
check 'renamed' called "Rename \\('one', 'early', \{\}\)"
keys DC
check 'what is lost' see 'Delete the checkpoint before the update of web'
check 'its command' see "bulkhead checkpoint delete web 'before the update'"
keys y
check 'deleted' called "Delete \\('one', false, \{\}\)"
keys q; see 'ended: 0'
tui_start 100 30 COLORTERM=truecolor
see 'database +Off'; type_text /; keys C-u; type_text web; keys Enter; keys 5
check 'as a tab' see '└─ ▶ Now'
keys Tab; keys x
check 'the same actions' see 'Checkpoint and Apply'
leave 'Checkpoint and Apply'
keys q; see 'ended: 0'

# What was chosen is kept.
tui_start 100 30 COLORTERM=truecolor
check 'the order is kept' see 'State▲'
finish
