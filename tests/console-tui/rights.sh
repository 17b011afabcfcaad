#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The terminal manager for others than the owner, with real users on the service of the system: what each may is offered,
# the rest is grey and says why; rights are given, explained and taken away by who may. Skipped without root.
# rights.sh BULKHEAD-TUI BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
here=$(dirname "$(realpath "$0")")
. "$here/../service/users.sh"
users_enter "$@"
shift
. "$here/lib.sh"
tui_begin "$1" "$2"
vmms=$(realpath "$3") make_kernel=$(realpath "$5")
BULKHEAD_WORKER=$(realpath "$4")
export BULKHEAD_WORKER
TUI_TRIES=${TUI_TRIES:-2400}
cd "$dir" || exit 1
users_make
# alice: Bulkhead Administrator. On web: dave administrator, bob operator by his group, carol viewer; eve nothing.
users_program "$tui" && users_program "$bulkhead"
"$make_kernel" >kernel && chmod 644 kernel
"$vmms" --system --data "$dir/data" --runtime "$dir/run" 2>"$dir/vmms.log" &
service_pid=$!
more_end() {
	local record pid
	kill "$service_pid" 2>/dev/null; wait "$service_pid" 2>/dev/null
	for record in "$dir"/run/workers/*.run; do
		[ -f "$record" ] && read -r pid _ <"$record" && kill -9 "$pid" 2>/dev/null
	done
	umount /etc 2>/dev/null
}
wait_for "$bulkhead" host show >/dev/null 2>&1
"$bulkhead" vm create web --kernel "$dir/kernel" --append 'say:hello spin' --memory 64M >/dev/null
"$bulkhead" vm create secret --kernel "$dir/kernel" --memory 64M >/dev/null
"$bulkhead" admin grant user:dave vm-administrator --vm web >/dev/null
"$bulkhead" admin grant group:lab operator --vm web >/dev/null
"$bulkhead" admin grant user:carol viewer --vm web >/dev/null
tells() { "$bulkhead" $1 2>&1 | grep -Eq -- "$2"; }
tells_not() { ! tells "$1" "$2"; }

# start_as USER: the program of that user, on a wide screen
program=$tui
start_as() {
	mkdir -p "$dir/home-$1" && chown "$1" "$dir/home-$1"
	tui="$dir/as-$1"
	cat >"$tui" <<-END
	#!/bin/bash
	export HOME=$dir/home-$1 XDG_CONFIG_HOME=$dir/home-$1 BULKHEAD_PROGRAM=$dir/bin/bulkhead
	exec setpriv --reuid $1 --regid $1 --init-groups $dir/bin/$(basename "$program") "\$@"
	END
	chmod 755 "$tui"
	tui_start 132 43 COLORTERM=truecolor
	see 'web +(Off|Running)|no virtual machines' || fail "$1 sees nothing"
}

start_as carol
check 'carol: hers only' gone 'secret'
keys x; see 'Delegate[.]+ +G'; leave 'Delegate[.]+ +G'
keys S
check 'carol may not start it, and why' see 'carol may not .*web|needs|may not'
keys Enter; gone 'It did not work'
check 'it is off' tells 'vm list' '^web +Off'
click_on 'Settings...'; see 'Settings: web'; keys F2; see 'Startup memory'; keys C-u; type_text 128; keys F9
check 'nor change it' see 'carol may not'
keys C-c; see 'Virtual Machines'; keys q; see 'ended: 0'

start_as bob
keys S
check 'bob starts it' wait_for tells 'vm list' '^web +Running'
see 'web +Running'; click_on 'Rename...'
check 'bob may not rename it' see 'you may not change its settings'
keys O; see 'has not written'; keys y
check 'and turns it off' wait_for tells 'vm list' '^web +Off'
keys n; see 'Skip this page'; keys F9
check 'bob makes none' see 'bob may not make new virtual machines'
keys C-c; see 'Virtual Machines'; keys q; see 'ended: 0'

# Delegation: dave gives eve his machine to look at, sees who may what, and takes it away.
start_as dave
click_on 'Delegate...'; see 'Roles hold for one machine'; keys C-u; type_text 'user:eve'; keys F2; see 'Operator: uses'
keys Tab Tab Left; see 'Viewer: sees it'; keys F9
check 'what it grants' see 'It does not grant'
check 'its command' see 'bulkhead admin grant user:eve viewer --vm web'
keys F9
check 'granted' wait_for tells 'admin list' 'user:eve +viewer +web'
keys A
check 'his machine only' see 'user:eve +viewer +web'
keys m
check 'the matrix' see 'user:eve on web +yes'
check 'an administrator of it' see 'user:dave on web +yes +yes +yes +yes +yes +yes +yes'
keys q; see 'May'; keys q; see 'Virtual Machines'; keys q; see 'ended: 0'
start_as eve
check 'eve sees it' see 'web +Off'
keys q; see 'ended: 0'
start_as dave
keys A; see 'user:eve'; click_on 'user:eve'; keys DC; see 'Take the role viewer away'; keys y
check 'taken away' wait_for tells_not 'admin list' 'user:eve'
keys q; see 'Virtual Machines'; keys q; see 'ended: 0'
start_as eve
check 'eve sees none' gone 'web'
keys q; see 'ended: 0'

# The Bulkhead Administrator: all of them, and why somebody may.
start_as alice
check 'alice: all' see 'secret +Off'
keys A; see 'group:lab'; click_on 'user:dave'; keys Enter
check 'why dave may' see 'may +edit +.*dave'
keys Enter; gone 'What user:dave may do'; keys q; see 'Virtual Machines'; keys q; see 'ended: 0'
finish
