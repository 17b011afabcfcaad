#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine moves to another host by the wizard: what is wrong on the form, refused over there, cancelled on its way, and done; the job
# stands in the bar and in the list. What became of it is asked on both sides.
# far.sh BULKHEAD-TUI BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
. "$here/../service/far.sh"
tui_begin "$1" "$2"
make_kernel=$(realpath "$5")
service_begin "$3" "$4"
eval "end_here() $(declare -f more_end | tail -n +2)"
more_end() { far_end; end_here; }
cd "$dir" || exit 1
"$make_kernel" >kernel
far_begin
far_start
mkdir landing
# The way over there waits while the file `hold` is there: the move is under way until then.
cat >ssh-held <<END
#!/bin/sh
if [ -e $dir/hold ]; then echo \$\$ >$dir/held.new; mv $dir/held.new $dir/held; kill -STOP \$\$; fi
exec $dir/ssh-there "\$@"
END
chmod +x ssh-held

tells() { "$bulkhead" $1 2>&1 | grep -Eq -- "$2"; }
is_far() { far vm list 2>&1 | grep -Eq -- "$1"; }
nothing_far() { [ -z "$(find there landing -name '*vhdx' -o -path '*/vms/*.conf')" ]; }

"$bulkhead" vm create web --kernel "$dir/kernel" --append 'say:hello spin' --memory 32M --disk new:16M >/dev/null
tui_start 120 34 COLORTERM=truecolor "BULKHEAD_SSH=$dir/ssh-held"
check 'it is here' see 'web +Off'

# move_to HOST FOLDER: the wizard up to its plan
move_to() {
	keys M; see 'Move: web'; see 'To +'
	keys Left; see 'Host'
	keys Tab; type_text "$1"; keys Tab; type_text "$2"; keys F9
}

# --- refused
move_to lab 'relative'
check 'a relative folder' see '! Where To'
keys F3
check 'what is wrong with it' see 'give the whole path'
keys C-c; see 'Virtual Machines'
move_to lab "$dir/none"
check 'the command line' see "bulkhead vm move web --to lab:$dir/none"
keys F9
check 'refused over there' see 'there is no such folder'
check 'it stays' tells 'vm list' '^web +Off'
check 'nothing is there' nothing_far

# --- cancelled on its way
touch hold
move_to lab "$dir/landing"; see "bulkhead vm move web --to lab:$dir/landing"
keys F9
check 'under way' see 'Move web to lab'
check 'the way is held' wait_for test -e held
keys J
check 'it is in the list of jobs' see 'Move web to lab.*running|running.*Move web to lab'
click_on running; keys DC
rm -f hold
kill -CONT "$(cat held)"
check 'cancelled' see 'cancelled'
keys q; see 'Virtual Machines'
check 'it is here as before' tells 'vm list' '^web +Off'
check 'nothing of it is there' wait_for nothing_far

# --- done, while it runs
"$bulkhead" vm start web >/dev/null
see 'web +Running'
move_to lab "$dir/landing"; see "bulkhead vm move web --to lab:$dir/landing"
keys F9
check 'it is said' see 'Move web to lab.*: done'
check 'it runs there' wait_for is_far '^web +Running'
check 'in that folder' test -d landing/web
check 'here it is gone' gone 'web +(Off|Running|Saved)'
keys q
check 'the end' see 'ended: 0'
finish
