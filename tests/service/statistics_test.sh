#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a machine has done, as its guest did it: reads and writes of a known size, pings of a known size, exits that only
# grow; still counted by a service that comes later, and from 0 after a new start.
# statistics_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
sample_guest
service_begin "$@"
[ -x "$(dirname "$vmms")/../switch/bulkhead-switch" ] || { echo 'skipped: built without bulkhead-switch'; exit 77; }
service_start

in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }

# figure KEY: what is counted now
figure() {
	"$bulkhead" vm statistics linux --json | tr -d ' "' | tr ',{}' '\n' | sed -n "s/^$1://p"
}

# grown KEY BEFORE AT_LEAST AT_MOST
grown() {
	local now
	now=$(figure "$1")
	count=$((count + 1)) name="$1 grows"
	: >out; : >err
	[ -n "$now" ] && [ $((now - $2)) -ge "$3" ] && [ $((now - $2)) -le "$4" ] ||
		fail "from $2 to ${now:-nothing}, which is not between $3 and $4"
}

ok 'create' '' vm create linux --switch nat --kernel "$guest/vmlinuz" --initrd "$guest/initrd" \
	--append 'console=ttyS0 quiet' --memory 256M --disk new:64M
ok 'off' 'nothing to count' vm statistics linux
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 120
in_guest 'modprobe -a hv_storvsc sd_mod hv_netvsc af_packet; until [ -b /dev/sda ] && [ -e /sys/class/net/eth0 ]; do sleep 0.1; done; ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ping -c 1 10.0.2.2; echo read""y'
ok 'its devices' '' vm wait linux --for ready --timeout 120
ok 'shown' 'disk-read-bytes +[0-9]+ \(' vm statistics linux
ok 'shown with all else' 'exits-hypercall' vm show linux

written=$(figure disk-written-bytes) writes=$(figure disk-writes) flushes=$(figure disk-flushes)
in_guest 'dd if=/dev/zero of=/dev/sda bs=64k count=32 oflag=direct conv=fsync 2>/dev/null; echo writ""ten'
ok 'writes' '' vm wait linux --for written --timeout 120
grown disk-written-bytes "$written" 2097152 2097152
grown disk-writes "$writes" 2 512
grown disk-flushes "$flushes" 1 16
read=$(figure disk-read-bytes)
in_guest 'dd if=/dev/sda of=/dev/null bs=64k count=48 iflag=direct 2>/dev/null; echo fetch""ed'
ok 'reads' '' vm wait linux --for fetched --timeout 120
grown disk-read-bytes "$read" 3145728 3145728

# 20 pings of 1000 bytes: 1042 with their headers. Some others may come beside (ARP, IPv6).
sent=$(figure network-sent-bytes) packets=$(figure network-sent-packets) received=$(figure network-received-bytes)
interrupts=$(figure vmbus-interrupts)
in_guest 'ping -c 20 -i 0.05 -s 1000 10.0.2.2 | tail -n 2; echo ping""ed'
ok 'pings' '' vm wait linux --for pinged --timeout 120
grown network-sent-bytes "$sent" 20840 30000
grown network-sent-packets "$packets" 20 60
grown network-received-bytes "$received" 20840 30000
grown vmbus-interrupts "$interrupts" 5 10000

before=$(figure exits) hypercalls=$(figure exits-hypercall) msrs=$(figure exits-msr)
count=$((count + 3)) name='exits by kind'
: >out; : >err
[ "$hypercalls" -gt 0 ] || fail 'no hypercall'
[ "$msrs" -gt 0 ] || fail 'no synthetic MSR'
[ "$before" -gt $((hypercalls + msrs)) ] || fail 'no other exit'
written=$(figure disk-written-bytes)
service_kill 9
service_start
grown disk-written-bytes "$written" 0 0
in_guest 'echo still""here'
ok 'it counts on' '' vm wait linux --for stillhere --timeout 60
grown exits "$before" 1 100000000
ok 'off again' '' vm off linux
ok 'it is off' '' vm wait linux --timeout 60
ok 'no figures' 'nothing to count' vm statistics linux
check 'no file stays' test -z "$(ls "$dir"/run/workers/*.counters 2>/dev/null)"
finish
