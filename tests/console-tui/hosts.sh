#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several hosts at once, through an ssh that only changes to another service of this computer: they are added, kept,
# chosen, lost and found again; what goes wrong on the way there is a sentence.
# hosts.sh BULKHEAD-TUI BULKHEAD STUB
set -u
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
tui_begin "$1" "$2"
stub=$3
more_end() { [ -z "${lab_pid:-}" ] || { kill "$lab_pid" 2>/dev/null; wait "$lab_pid" 2>/dev/null; }; }

# ssh OPTIONS -- HOST COMMAND...
mkdir -p "$dir/lab"
cat >"$dir/ssh" <<END
#!/bin/bash
while [ "\$1" != -- ]; do shift; done
shift
case \$1 in
	*lab) export BULKHEAD_RUNTIME=$dir/lab ;;
	*) echo "ssh: Could not resolve hostname \$1: Name or service not known" >&2; exit 255 ;;
esac
echo "\$1 \$\$" >>$dir/ssh.log
shift
[ "\$1" = bulkhead ] && shift
exec $bulkhead "\$@"
END
chmod +x "$dir/ssh"
export BULKHEAD_SSH=$dir/ssh

lab_start() {
	"$stub" "$dir/lab/vmms.sock" 3 >"$dir/lab.calls" 2>/dev/null &
	lab_pid=$!
	for _ in $(seq 500); do [ -S "$dir/lab/vmms.sock" ] && return; sleep 0.02; done
}

stub_start "$stub" 12
lab_start
mkdir -p "$XDG_CONFIG_HOME/bulkhead"
printf '[options]\nlive=false\n' >"$XDG_CONFIG_HOME/bulkhead/tui.conf"
tui_start 120 34 COLORTERM=truecolor
check 'this computer' see 'wiki'
keys a; see 'USER@HOST'; type_text 'alice@lab'; keys Enter
check 'the other one is there' see '● alice@lab'
keys BTab; keys Down
check 'and chosen' see 'alice@lab *$'
check 'its machines, not ours' gone 'wiki'
check 'three of them' see 'mail +Paused'
keys Tab; keys S
check 'an action goes there' wait_for grep -q Start "$dir/lab.calls"

# No paths of theirs.
keys e; see 'Settings: '; keys F2; keys F2; keys F2; see 'Attach hard disk'
type_text /e; keys F8
check 'their folders are not listed' see 'alice@lab, whose folders are not listed here'
keys C-c; see 'Virtual Machines'

# Lost, and back without a key.
read -r _ ssh_pid < <(tail -n 1 "$dir/ssh.log")
kill "$ssh_pid" 2>/dev/null
check 'lost or back already' see 'the connection to this host is lost|● alice@lab'
check 'back by itself' see '● alice@lab'
check 'with its machines' see 'mail +Paused'
kill "$lab_pid"; wait "$lab_pid" 2>/dev/null
check 'its service is gone' see '! alice@lab'
check 'the other host is not' see '● This computer'
keys BTab; keys Up
check 'ours goes on' see 'wiki'
lab_start
check 'found again' see '● alice@lab'
keys q
check 'the end' see 'ended: 0'

# Kept; and one that nobody knows.
check 'kept' grep -q 'places=alice@lab' "$XDG_CONFIG_HOME/bulkhead/tui.conf"
tui_start 120 34 COLORTERM=truecolor -- --host nowhere
check 'there again' see '● alice@lab'
check 'nobody knows this one' see '! nowhere'
keys BTab; keys Down; keys Down
check 'why' see 'nowhere: ssh: Could not resolve hostname nowhere'
keys DC
check 'taken out' gone 'nowhere'
keys q
check 'the end' see 'ended: 0'
finish
