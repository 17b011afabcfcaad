#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# link.sh: two guests on one switch without any uplink: they reach each other, in VLANs too; a cable is pulled and put in; an
# address is changed where that is allowed; the switch dies.
. "$(dirname "$0")/lib.sh"

mkfifo "$work/control"
exec {control}<>"$work/control"
tell() { echo "$*" >&"$control"; }

# The second guest is run by its kernel command line: it serves, and answers pings.
peer='modprobe hv_netvsc; for i in 1 2 3 4 5 6 7 8 9; do [ -e /sys/class/net/eth0 ] && break; sleep 0.2; done;
	for m in llc stp garp mrp 8021q; do insmod /modules/$m.ko 2>/dev/null; done;
	ip addr add 192.168.7.2/24 dev eth0; ip link set eth0 up;
	ip link add link eth0 name eth0.5 type vlan id 5; ip addr add 192.168.8.2/24 dev eth0.5; ip link set eth0.5 up;
	transfer serve 0.0.0.0 7000'
peer=$(tr -d '\n\t' <<<"$peer")
guest_command --append "bulkhead.run=\"$peer\" bulkhead.modules=0"
second=("${command[@]}" --switch fd:101 --mac 00:15:5d:00:00:01 --serial "file:$work/second")

network_options=(--switch fd:100 --mac 00:15:5d:00:00:00,spoofing)
eval "alone_$(declare -f guest_command)"
guest_command() {
	alone_guest_command "$@"
	echo "exec $(printf '%q ' "${second[@]}")" >"$work/second.sh"
	command=("$build/tests/net/switch_run" "$build/vmm/switch/bulkhead-switch" private 2 "$work/control"
		bash -c 'bash "$1" </dev/null >/dev/null & second=$!; shift; "$@"; status=$?; kill $second; exit $status' - "$work/second.sh" "${command[@]}")
}
guest_boot
wait_for_adapter
must "ip addr add 192.168.7.1/24 dev eth0; ip link set eth0 up"
must "for i in \$(seq 100); do ping -c 1 -W 1 192.168.7.2 >/dev/null && break; done; ping -c 1 -W 2 192.168.7.2" 100
must_say 16 "transfer get 192.168.7.2 7000 16; transfer put 192.168.7.2 7000 16"
must "ethtool -K eth0 lro off; transfer get 192.168.7.2 7000 4; ethtool -K eth0 lro on"

# VLAN 5 inside a trunk; without the trunk nothing of it passes.
must "for m in llc stp garp mrp 8021q; do insmod /modules/\$m.ko; done; ip link add link eth0 name eth0.5 type vlan id 5"
must "ip addr add 192.168.8.1/24 dev eth0.5; ip link set eth0.5 up"
must_fail "ping -c 1 -W 1 192.168.8.2"
tell "trunk 0 1"
tell "trunk 1 1"
must "sleep 0.3; ping -c 1 -W 2 192.168.8.2"
must_say 16 "transfer get 192.168.8.2 7000 16; transfer put 192.168.8.2 7000 16"
must "ip link del eth0.5"
# Another VLAN at the switch: the guests do not see each other.
tell "vlan 0 7"
must_fail "sleep 0.3; ping -c 1 -W 1 192.168.7.2"
tell "vlan 1 7"
must "sleep 0.3; ping -c 2 -W 2 192.168.7.2"

# The cable.
tell "down 0"
must "for i in \$(seq 50); do grep -q 0 /sys/class/net/eth0/carrier && break; sleep 0.1; done; grep 0 /sys/class/net/eth0/carrier"
must_fail "ping -c 1 -W 1 192.168.7.2"
tell "up 0"
must "for i in \$(seq 50); do grep -q 1 /sys/class/net/eth0/carrier && break; sleep 0.1; done; sleep 0.2; ping -c 2 -W 2 192.168.7.2"

# Another address: the adapter allows it here, the switch only when it is told so.
must "ip link set eth0 down; ip link set eth0 address 02:11:22:33:44:55; ip link set eth0 up"
must_fail "sleep 0.3; ping -c 1 -W 1 192.168.7.2"
tell "spoof 0 1"
must "sleep 0.3; ping -c 2 -W 2 192.168.7.2"
must_say 02:11:22:33:44:55 "cat /sys/class/net/eth0/address"

# The switch is gone: no carrier, and the guest goes on.
tell kill
must "for i in \$(seq 50); do grep -q 0 /sys/class/net/eth0/carrier && break; sleep 0.1; done; grep 0 /sys/class/net/eth0/carrier"
must_fail "ping -c 1 -W 1 192.168.7.2"
expect_no_complaints
guest_power_off
test_ok "two guests, VLANs, cables"
