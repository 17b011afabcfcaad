#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The terminal manager on the real service, whose machines run the scripted worker: what is done by keys and by mouse is
# asked for again by the command line and looked for on the disk.
# manage.sh BULKHEAD-TUI BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
tui_begin "$1" "$2"
make_kernel=$(realpath "$5")
service_begin "$3" "$4"
cd "$dir" || exit 1
"$make_kernel" >kernel
mkdir elsewhere exports moved

# told WORDS PATTERN: what the command line tells by then
tells() { "$bulkhead" $1 2>&1 | grep -Eq -- "$2"; }
told() { wait_for tells "$1" "$2"; }
tells_not() { ! tells "$1" "$2"; }

for name in alpha beta gamma; do
	"$bulkhead" vm create "$name" --kernel "$dir/kernel" --append 'say:hello spin' --memory 64M >/dev/null
done
tui_start 132 43 COLORTERM=truecolor
check 'three machines' see 'gamma +Off'

# --- several at once, by keys and by mouse; the plan is asked of each
keys Home Space Space; see '2 marked'
keys S
check 'two are started' told 'vm list' '^alpha +Running'
check 'the second, too' told 'vm list' '^beta +Running'
check 'the third is not' tells 'vm list' '^gamma +Off'
leave 'marked'
keys '*'; see '3 marked'
click_on 'Turn Off...'
check 'those that it fits are asked about' see 'alpha, beta'
check 'not the one that is off' gone 'alpha, beta, gamma'
keys y
check 'both are off' told 'vm list' '^alpha +Off'
check 'both' told 'vm list' '^beta +Off'
leave 'marked'

# --- groups
keys Home Space Space; see '2 marked'; keys m; see 'The group'; type_text office; keys Enter
leave 'marked'
keys g; see 'Grouped by: state'; keys g; see 'Grouped by: group'
check 'a heading of the group' see '│ office '
keys g; see 'Grouped by: none'

# --- the wizard, by mouse: stored elsewhere
click_on 'Host'; click_on 'New Virtual Machine...'
see 'Skip this page'; click_on 'Next >'; see '1 to 100 characters'
keys C-u; type_text delta
click_on '[ ]'
see 'Folder'; keys Tab; type_text "$dir/elsewhere"
click_on 'Virtual Hard Disk'; see 'Size'; keys Tab C-u; type_text 16M
click_on 'Installation'; see 'Install a system'; click_on 'Later'; click_on 'A Linux kernel and initrd'
see 'Kernel'; keys Tab; type_text "$dir/kernel"; keys Tab Tab C-u; type_text 'say:hello spin'
click_on 'Summary'
check 'its command line' see "location $dir/elsewhere"
click_on '  Create  '
check 'made' see 'delta +Off'
check 'its disk is there' test -f "$(find elsewhere/delta -name '*.vhdx' | head -n 1)"

# --- checkpoints, by keys: made, renamed, applied, deleted
type_text /; type_text delta; keys Enter; see '/ delta'
click_on 'Checkpoint  '
check 'a checkpoint' told 'checkpoint list delta' 'Now'
check 'in the tree' see '└─ ▶ Now'
click_on '└─ ▶ Now'; keys Home; keys F2; see 'The new name'; keys C-u; type_text first; keys Enter
check 'renamed' told 'checkpoint list delta' '^first'
see 'Rename first: done|first +2'
keys x; see 'Delete Subtree'; click_on 'Apply...'
check 'what is lost by it' see 'bulkhead checkpoint apply delta first'
keys y
check 'applied' see 'Apply the checkpoint first of delta: done'
keys Home DC; see 'Delete the checkpoint first'; keys y
check 'deleted' told 'checkpoint list delta --json' '^\[ *\]'
check 'one disk is left' test "$(find elsewhere/delta -name '*.*vhdx' | wc -l)" = 1
leave '/ delta'

# --- switches: made, changed, deleted
keys W; see 'Default Switch +nat'
keys n; see 'private:'; click_on 'nat  '; keys Down Enter; see 'private +▾'
type_text $' \e[A\r'; see 'nat +▾' # three keys at once: the second is for a menu that nobody has seen yet
keys Right; see 'private +▾'
keys F2; see 'Notes'; type_text lab; keys Tab; type_text 'for tests'; keys F9
check 'the plan of a switch' see 'bulkhead switch create lab --kind private'
keys F9
check 'a switch' told 'switch list' '^lab +private'
see 'lab +private'; click_on 'lab  '; keys Enter; see 'Virtual Switch '; see 'for tests'
keys Tab C-u; type_text changed; keys F9; see 'bulkhead switch edit lab'; keys F9
check 'changed' told 'switch list' '^lab +.*changed'
see 'lab +private.*changed'; keys DC; see 'Delete the virtual switch lab'; keys y
check 'deleted' wait_for tells_not 'switch list' '^lab'
keys q; see 'Virtual Machines'

# --- disks: made, changed (only what it allows), inspected; a job with its progress that is cancelled
keys K; see 'VHDX: up to 64 TB'; keys F2; see 'Dynamically'; keys F2; see 'made with your rights'
keys C-u; type_text "$dir/one.vhdx"; keys F2; see 'A blank disk'; keys Tab C-u; type_text 32M; keys F9
check 'the command of a disk' see "bulkhead disk create $dir/one.vhdx --size 32M"
keys F9
check 'made, and told' see 'Make one.vhdx: done'
check 'it is there' tells "disk inspect $dir/one.vhdx" '32 MiB'
click_on 'Host'; click_on 'Edit Disk...'; see 'Locate Disk'; keys C-u; type_text "$dir/one.vhdx"
keys F2; see 'Compact'; gone 'Looking at the disk'; click_on 'Compact  '; see 'Merge'; keys Down Down Down Down Down Enter
check 'what it does not allow' see 'It has no parent'
leave '┌─ Action ─'
keys Right; see 'Convert'; keys Right; see 'Expand +▾'
keys F2; see 'New size'; type_text 64M; keys F9; see "bulkhead disk resize $dir/one.vhdx 64M"; keys F9
check 'changed' told "disk inspect $dir/one.vhdx" '64 MiB'
keys i; see 'The disk .whole path'; keys C-u; type_text "$dir/one.vhdx"; keys Enter
see 'Inspect Disk: '
check 'inspected' see '64 MiB'
keys q; see 'Virtual Machines'

helper() { helper=$(pgrep -P "$service_pid" bulkhead-disk | head -n 1); [ -n "$helper" ] && kill -STOP "$helper"; }
head -c 64M /dev/urandom >data.raw
keys K; see 'VHDX: up to 64 TB'; keys F2; see 'Dynamically'; keys F2; see 'made with your rights'
keys C-u; type_text "$dir/copy.vhdx"; keys F2; see 'A blank disk'; keys Right; see 'That of another disk'
keys Tab; type_text "$dir/data.raw"; keys F9
check 'a copy' see "bulkhead disk convert $dir/data.raw $dir/copy.vhdx"
keys F9
if wait_for helper; then
	check 'the job stands in the bar' see 'Convert data.raw.*[0-9]+%'
	keys J; see 'running'; click_on 'running'; keys DC
	check 'cancelled' see 'cancelled' # though its helper still stands still
	check 'nothing is left of it' wait_for test ! -e copy.vhdx
	keys q; see 'Virtual Machines'
else
	fail 'no helper to stop'
fi

# --- a copy, an export, an import, the trash
type_text /; type_text alpha; keys Enter; see '/ alpha'
keys C; see 'The name of the copy'; keys Enter
check 'a clone' told 'vm list' '^alpha-copy +Off'
see 'alpha-copy'; click_on 'alpha  '; keys X; see 'The folder in which'; keys C-u; type_text "$dir/exports"; keys Enter
check 'exported' wait_for test -f exports/alpha/vm.conf
leave '/ alpha'

# --- a move: the pages, what is wrong, the plan, the deed
type_text /; type_text delta; keys Enter; see 'delta +Off'
keys M; see 'Where To'; keys Tab
check 'the folder is missing' see '!.*Where To'
type_text "$dir/moved"; keys F9
check 'the plan of a move' see "bulkhead vm move delta $dir/moved"
keys F9
check 'moved' wait_for test -f moved/delta/delta.vhdx
check 'told' see 'Move .*delta.*: done'
check 'the old one is gone' test ! -e elsewhere/delta/delta.vhdx
leave '/ delta'

keys I; see 'Locate Folder'; keys C-u; type_text "$dir/exports/alpha"; keys F2; see 'a new identity'
keys Tab; type_text again; keys F9; see 'bulkhead vm import'; keys F9
check 'imported' told 'vm list' '^again +Off'
type_text /; type_text again; keys Enter; see 'again +Off'; keys DC; see 'goes to the trash'; keys y
check 'deleted' told 'vm trash' 'again'
keys T; see 'again'; click_on 'again'; keys Enter
check 'brought back' told 'vm list' '^again +Off'
keys q; leave '/ again'

# --- rights: granted, explained, taken away
keys A; keys n; see 'Roles hold for one machine'; keys C-u; type_text user:root; keys F2; see 'Operator: uses'
keys F9; see 'It does not grant'; keys F9
check 'granted' told 'admin list' 'user:root +operator'
see 'user:root +operator'; click_on 'user:root  '; keys Enter
check 'why' see 'may +view'
keys Enter; gone 'may +view'; keys m; see 'user:root on'; keys q; see 'operator'
keys End DC; see 'Take the role operator away'; keys y
check 'taken away' wait_for tells_not 'admin list' 'user:root +operator'
keys q; see 'Virtual Machines'

# --- a row keeps the focus while others come: what is opened, or cancelled, is what was chosen
"$bulkhead" vm create omega --kernel "$dir/kernel" >/dev/null
"$bulkhead" vm set omega --notes one >/dev/null
keys E; see 'Verify the Log'; type_text /; see 'words that a row'; type_text omega; keys Enter; see '/ omega'
see '→ "one"'; keys End Enter; see '┌─ Event'
check 'the oldest' see '│ the virtual machine omega is made'
keys Enter; gone '┌─ Event'
"$bulkhead" vm set omega --notes two >/dev/null
check 'a new one above' see '→ "two"'
keys Enter; see '┌─ Event'
check 'the same one' see '│ the virtual machine omega is made'
keys Enter; gone '┌─ Event'; keys q; see 'Virtual Machines'
"$bulkhead" vm delete omega >/dev/null

# --- what was chosen is kept: order, columns, groups, theme, confirmations
keys o; see 'State▼'; keys '|'; see 'Heartbeat'; click_on '[ ] Gen'; leave 'Heartbeat'
keys ,; see 'Ask before every'; click_on 'Ask before every action'; leave 'Ask before every'
keys g; see 'Grouped by: state'; keys g; see 'Grouped by: group'
type_text ':theme classic'; keys Enter; see 'Gen'
keys q; see 'ended: 0'
tui_start 132 43 COLORTERM=truecolor
check 'the order, a column, a group' see 'State▼.*Gen'
check 'the groups' see '│ office '
check 'the theme' grep -q '^theme=classic' config/bulkhead/tui.conf
keys Home Down; see 'alpha|beta|again'; keys S
check 'confirmations' see 'Start .*[?]'
leave 'Cancel'
keys q; see 'ended: 0'

# --- only looking
tui_start 132 43 -- --read-only
see 'alpha +Off'; click_on 'gamma  '; see 'No checkpoints'
for key in S O R e n K I C X G u DC; do
	keys $key; see 'nothing can be changed|Settings: '
	screen | grep -q 'Settings: ' && { keys F9; see 'nothing is changed'; keys C-c; see 'Virtual Machines'; }
	type_text l; see 'Plots'; type_text l; gone 'nothing can be changed'
done
check 'nothing runs' tells_not 'vm list' 'Running'
keys q; see 'ended: 0'
finish
