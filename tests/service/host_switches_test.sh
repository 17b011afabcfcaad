#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Switches that reach this host and its networks: internal (an adapter of this host), external on an adapter and on a
# bridge, with a real guest on all three. All of it in a network namespace of its own, whose other side is one more: this
# host's real adapters are not seen from here.
# host_switches_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
if [ -z "${HOST_SWITCHES_INSIDE:-}" ]; then
	command -v ip >/dev/null || { echo 'skipped: no ip (package iproute2)'; exit 77; }
	[ -c /dev/net/tun ] || { echo 'skipped: no /dev/net/tun'; exit 77; }
	unshare -n -m true 2>/dev/null || { echo 'skipped: no right to make a network namespace'; exit 77; }
	HOST_SWITCHES_INSIDE=1 exec unshare -n -m "$0" "$@"
fi
mount -t sysfs sysfs /sys 2>/dev/null || { echo 'skipped: no right to mount sysfs'; exit 77; }
ip link add v0 type veth peer name v1 2>/dev/null || { echo 'skipped: a kernel without veth'; exit 77; }
ip link add br0 type bridge 2>/dev/null || { echo 'skipped: a kernel without bridges'; exit 77; }
. "$(dirname "$(realpath "$0")")/lib.sh"
sample_guest
service_begin "$@"
[ -x "$(dirname "$vmms")/../switch/bulkhead-switch" ] || { echo 'skipped: built without bulkhead-switch'; exit 77; }

# The other side: 10.9.0.1 behind v0, 10.8.0.2 behind the bridge.
unshare -n sleep 600 &
there=$!
others=$there
trap 'kill $others 2>/dev/null; service_end' EXIT
beyond() { nsenter -t "$there" -n "$@"; }
until [ "$(readlink /proc/$there/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link add v2 type veth peer name v3
ip link set v1 netns "$there"
ip link set v3 netns "$there"
beyond ip addr add 10.9.0.1/24 dev v1
beyond ip addr add 10.8.0.2/24 dev v3
for link in v1 v3 lo; do beyond ip link set "$link" up; done
ip link set v2 master br0
ip addr add 10.8.0.1/24 dev br0
for link in lo v2 br0; do ip link set "$link" up; done

service_start
in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }
has_adapter() { ip link show "$1" >/dev/null 2>&1; }
has_none() { ! has_adapter "$1"; }
until_true() {
	local end=$((SECONDS + ${SWITCHES_PATIENCE:-60}))
	while ! "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}

ok 'what is possible' '^internal' switch kinds
check 'all of it' test "$("$bulkhead" switch kinds | grep -c 'not here')" = 0
ok 'adapters' '^v0 ' switch adapters
ok 'the bridge' '^br0 +10.8.0.1/24 .*yes +yes' switch adapters
no 'no such adapter' 1 'no such adapter' switch create lan --kind external --adapter eth77
no 'in use by this host' 1 'uses br0 itself' switch create bridged --kind external --adapter br0 --shared off
ok 'what it means' 'keeps its addresses and its connection' switch create lan --kind external --adapter v0 --plan
ok 'external' '' switch create lan --kind external --adapter v0
no 'twice' 1 'belongs to the virtual switch lan already' switch create lan2 --kind external --adapter v0
ok 'on a bridge' 'joins the bridge br0' switch create bridged --kind external --adapter br0 --plan
ok 'on a bridge' '' switch create bridged --kind external --adapter br0
ok 'what this host gets' 'with the address 10.7.0.1/24' switch create inner --kind internal --address 10.7.0.1/24 --plan
ok 'internal' '' switch create inner --kind internal --address 10.7.0.1/24
check 'its adapter' has_adapter bh-inner
check 'its address' grep -q '10.7.0.1/24' <(ip addr show bh-inner)
ok 'is told' 'host-adapter +bh-inner' switch show inner

ok 'create' '' vm create linux --switch lan --switch inner --switch bridged --kernel "$guest/vmlinuz" \
	--initrd "$guest/initrd" --append 'console=ttyS0 quiet' --memory 256M
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 120
# Which interface is which adapter, its address tells.
macs=($("$bulkhead" vm show linux --json | grep -o '"mac": "[^"]*"' | cut -d'"' -f4))
in_guest "modprobe -a hv_netvsc af_packet; up() { until i=\$(grep -l \$1 /sys/class/net/*/address); do sleep 0.1; done; i=\${i%/address}; i=\${i##*/}; ip addr add \$2/24 dev \$i; ip link set \$i up; }; up ${macs[0]} 10.9.0.5; up ${macs[1]} 10.7.0.5; up ${macs[2]} 10.8.0.5; echo read\"\"y"
ok 'its adapters' '' vm wait linux --for ready --timeout 120
answers=0
# reaches NAME ADDRESS: the guest gets an answer from it
reaches() {
	answers=$((answers + 1))
	in_guest "n=0; until ping -c 1 -W 2 $2 >/dev/null || [ \$n = 20 ]; do n=\$((n + 1)); done; [ \$n -lt 20 ] && echo answer\"\"-$answers-yes || echo answer\"\"-$answers-no"
	ok "$1" '' vm wait linux --for "answer-$answers-yes" --timeout 100
}
reaches 'the network of an adapter' 10.9.0.1
reaches 'this host on an internal switch' 10.7.0.1
reaches 'this host on a bridge' 10.8.0.1
reaches 'and beyond the bridge' 10.8.0.2
check 'from there to the guest' beyond busybox ping -c 1 -W 10 10.9.0.5
check 'from here to the guest' busybox ping -c 1 -W 10 10.7.0.5

# Large segments with sums that the kernel left out, both ways.
mkdir served
head -c 3000000 /dev/urandom >served/data
sum=$(md5sum <served/data | cut -d' ' -f1)
beyond python3 -m http.server -d served 8080 >/dev/null 2>&1 &
others="$others $!"
python3 -m http.server -d served --bind 10.7.0.1 8080 >/dev/null 2>&1 &
others="$others $!"
fetch() {
	in_guest "n=0; until wget -q -O /tmp/data http://$2:8080/data || [ \$n = 20 ]; do n=\$((n + 1)); sleep 0.5; done; md5sum /tmp/data; rm /tmp/data; echo fetched\"\"-$1"
	ok "a file from $2" '' vm wait linux --for "fetched-$1" --timeout 100
	check 'it is whole' console_has linux "$1" "$sum"
}
fetch 1 10.9.0.1
fetch 2 10.7.0.1

# A switch that dies comes again, with the adapter of this host.
pids=$(ps -o pid= -o comm= --ppid "$service_pid" | awk '$2 == "bulkhead-switch" { print $1 }')
check 'a process for each' test "$(wc -w <<<"$pids")" = 3
kill -9 $pids
check 'gone' until_true has_none bh-inner
check 'and there again' until_true has_adapter bh-inner
reaches 'the guest follows' 10.7.0.1
ok 'unplugged' '' switch delete inner --force
check 'no adapter stays' until_true has_none bh-inner
check 'this host keeps its addresses' grep -q '10.8.0.1/24' <(ip addr show br0)
ok 'off' '' vm off linux
finish
