#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual switches by the command line: made, changed, renamed and deleted, with machines on them; plans; refusals; a service
# that comes later; switches that die.
# switches_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
[ -x "$(dirname "$vmms")/../switch/bulkhead-switch" ] || { echo 'skipped: built without bulkhead-switch'; exit 77; }
service_start

# switch_pids: the processes of this service's switches
switch_pids() { ps -o pid= -o comm= --ppid "$service_pid" | awk '$2 == "bulkhead-switch" { print $1 }'; }
# until_true COMMAND...: within a minute
until_true() {
	local end=$((SECONDS + ${SWITCHES_PATIENCE:-60}))
	while ! "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}
has_switches() { [ "$(switch_pids | wc -l)" = "$1" ]; }
is_another() { local pids; pids=$(switch_pids | tr '\n' ' '); [ -n "$pids" ] && [ "$pids" != "$1" ]; }

ok 'the built-in one' '^Default Switch +nat ' switch list
ok 'its settings' 'nat.network +10.0.2.0/24' switch show nat
ok 'the kinds' '^private +machines reach each other' switch kinds
ok 'adapters' '' switch adapters
no 'its short name is taken' 1 'there is a virtual switch of this name' switch create NAT
ok 'by its whole name' 'nat.network +10.0.2.0/24' switch show 'Default Switch'
no "it stays" 2 'always there' switch delete nat
no "it keeps its name" 2 'keeps its name' switch edit nat --name other
ok 'plan' 'is made' switch create lab --kind private --plan
no 'which made nothing' 1 'no such virtual switch' switch show lab
ok 'private' '' switch create lab --kind private --notes 'two words' --mac-range 02:00:00:00:01:00-02:00:00:00:01:0f
ok 'shown' 'switch.notes +two words' switch show lab
no 'twice' 1 'there is a virtual switch of this name' switch create LAB --kind nat
no 'a plan sees that, too' 1 'there is a virtual switch of this name' switch create LAB --plan
no 'no switch' 2 'means no switch' switch create none
no 'another kind' 2 'has no such setting' switch create x --kind private --network 10.1.0.0/24
no 'no network' 2 'no network of 256' switch create x --network 10.1.0.0/16
no 'no forward' 2 'no forwarded port' switch create x --forward 80
no 'forwarded twice' 2 'forwarded twice' switch create x --forward 8080:80 --forward 8080:81
no 'a guest elsewhere' 2 'not in the network' switch create x --forward 8080:10.9.9.9:80
no 'no range' 2 'lies before' switch create x --mac-range 02:00:00:00:00:09-02:00:00:00:00:01
no 'no adapter' 2 'needs an adapter' switch create x --kind external
no 'the kind is for ever' 2 'kind' switch edit lab --kind nat

ok 'a machine on it' '' vm create one --kernel kernel --memory 64M --switch lab
ok 'with an address of the range' '02:00:00:00:01:0' vm show one --json
no 'no such switch' 1 'no such virtual switch' vm create two --kernel kernel --memory 64M --switch labor
ok 'another one' '' vm create two --kernel kernel --memory 64M --switch lab
ok 'who is on it' '"machines": \["one", "two"\]' switch show lab --json
no 'in use' 1 'is used by one, two' switch delete lab
ok 'start' '' vm start one
check 'its process' has_switches 1
ok 'notes alone change nothing else' 'notes' switch edit lab --notes 'three words' --plan
before=$(switch_pids | tr '\n' ' ')
ok 'a new name' '' switch edit lab --name laboratory --notes ''
check 'the same process' test "$before" = "$(switch_pids | tr '\n' ' ')"
ok 'in the machines' 'laboratory' vm show two
no 'the old one is gone' 1 'no such virtual switch' switch show lab
kill -9 "$(switch_pids)"
check 'it comes again' until_true is_another "$before"

# Forwarded ports come and go without a new process; a new network needs one.
port=$((20000 + $$ % 20000))
listens() { bash -c "exec 3<>/dev/tcp/127.0.0.1/$1" 2>/dev/null; }
is_silent() { ! listens "$1"; }
ok 'a NAT of its own' '' switch create web --network 192.168.77.0/24 --forward $port:80
ok 'a running machine moves to it' '' vm set one --adapter 0,switch=web,vlan=0
check 'its process' until_true has_switches 2
check 'forwarded' until_true listens $port
before=$(switch_pids | tr '\n' ' ')
ok 'another port' '' switch edit web --forward $((port + 1)):80
check 'forwarded' until_true listens $((port + 1))
check 'and not the old one' is_silent $port
check 'the same process' test "$before" = "$(switch_pids | tr '\n' ' ')"
no 'twice' 2 'twice' switch edit web --forward $((port + 1)):80 --forward $((port + 1)):81
ok 'what a new network means' 'cable is pulled' switch edit web --network 192.168.78.0/24 --plan
ok 'a new network' '' switch edit web --network 192.168.78.0/24 --dhcp off --forward none
check 'a new process' until_true is_another "$before"
ok 'kept' 'nat.network +192.168.78.0/24' switch show web
ok 'an adapter of its own VLAN' 'VLAN|vlan' vm set one --adapter 0,vlan=7,dhcp-guard=on,max-mbps=10 --plan
no 'not its address' 1 'only while the machine is off' vm set one --adapter 0,mac=02:00:00:00:09:09
no 'not one more' 1 'come and go only' vm set one --switch nat
no 'no such adapter' 2 'has none there' vm set one --adapter 3,vlan=1
ok 'its settings' '' vm set one --adapter 0,vlan=7,dhcp-guard=on,max-mbps=10
ok 'and back' '' vm set one --adapter 0,vlan=0
service_kill 9
service_start
ok 'a service that comes later' 'nat.dhcp +off' switch show web
check 'runs it for the machine' until_true has_switches 1
ok 'forced' 'become unplugged' switch delete web --force --plan
ok 'forced' '' switch delete web --force
check 'no process' until_true has_switches 0
ok 'unplugged' 'on the virtual switch \(none\)' vm show one
ok 'and runs' 'running' vm list --json
no 'gone' 1 'no such virtual switch' switch show web
ok 'audited' 'virtual switch web is deleted' event list --kind change
ok 'off' '' vm off one

# A file that makes no sense costs that switch only.
echo 'nonsense' >data/switches/0.conf
service_kill TERM
service_start
ok 'the others' 'laboratory' switch list
ok 'and it is told' 'switches/0.conf' event list --kind warning
# A service that may not change this host's network says so, and what it can; nat and private need nothing.
if [ "$(id -u)" != 0 ] || setpriv --bounding-set -net_admin --inh-caps -net_admin true 2>/dev/null; then
	service_kill TERM
	if [ "$(id -u)" = 0 ]; then
		printf '#!/bin/sh\nexec setpriv --bounding-set -net_admin --inh-caps -net_admin "%s" "$@"\n' "$vmms" >plain-vmms
		chmod +x plain-vmms
		vmms=$dir/plain-vmms
	fi
	service_start
	ok 'what is possible' 'not here: a switch of the kind internal needs the right' switch kinds
	no 'no right' 1 'systemctl start bulkhead-vmms' switch create x --kind internal
	no 'nor for an adapter' 1 'right to change this host' switch create x --kind external --adapter eth0
	ok 'private needs none' '' switch create plain --kind private
	ok 'nor does deleting' '' switch delete plain
fi
finish
