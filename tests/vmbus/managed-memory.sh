#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# managed-memory.sh BULKHEAD VMMS WORKER MAKE_KERNEL: a real guest with dynamic memory: when its programs need more than it
# began with, its MemTotal grows, and what they need no more goes back
set -u
here=$(cd "$(dirname "$0")" && pwd)
guest=$("$here/build-guest" "${GUEST_FLAVOUR:-cloud-amd64}") || { echo "$guest"; exit 1; }
. "$here/../service/lib.sh"
service_begin "$@"
export BULKHEAD_BALANCE_MIB=1400
service_start

in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }
assigned() { "$bulkhead" vm show linux 2>/dev/null | awk '/^MemoryAssignedMib/ { print $NF }'; }
# has MIN MAX: MiB, within 90 s
has() {
	local mib _
	name="$1 to $2 MiB" count=$((count + 1))
	for _ in {1..180}; do
		mib=$(assigned)
		[ "${mib:-0}" -lt "$1" ] || [ "${mib:-0}" -gt "$2" ] || return 0
		sleep 0.5
	done
	"$bulkhead" vm show linux >out 2>err
	fail "it has $mib"
}
# guest_total MIN MAX: what the guest itself finds
guest_total() {
	mark=$((mark + 1))
	in_guest "while t=\$(awk '/MemTotal/ { print int(\$2 / 1024) }' /proc/meminfo); [ \$t -lt $1 ] || [ \$t -gt $2 ]; do sleep 0.5; done; echo total-\"is\"-$mark"
	ok "its MemTotal is $1 to $2 MiB" '' vm wait linux --for "total-is-$mark" --timeout 60
}
mark=0

ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd-vmbus" \
	--append 'console=ttyS0 quiet panic=-1 memhp_default_state=online hv_balloon.pressure_report_delay=1' \
	--memory 384M --memory-min 256M --memory-max 1280M
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
# Little is needed by an idle guest.
has 256 383
# Piece by piece: a program that takes all at once is killed before anybody can help it.
in_guest 'mount -o remount,size=2G /tmp; for i in $(seq 12); do while [ $(awk "/MemAvailable/ { print int(\$2 / 1024) }" /proc/meminfo) -lt 60 ]; do sleep 0.2; done; dd if=/dev/zero of=/tmp/fill$i bs=1M count=40 2>/dev/null; done; cat /tmp/fill* | wc -c; echo fil""led'
ok 'it fills more than it began with' '' vm wait linux --for filled --timeout 120
has 700 1280
ok 'it is well' 'MemoryStatus +ok' vm show linux
guest_total 640 1280
# It is saved with what was added, and with what it gives away.
in_guest 'dd if=/dev/urandom of=/tmp/fill1 bs=1M count=40 2>/dev/null; cat /tmp/fill* | md5sum >/tmp/sum; echo su""mmed'
ok 'the sum of that' '' vm wait linux --for summed --timeout 60
ok 'save' '' vm save linux
ok 'go on' '' vm start linux
in_guest 'cat /tmp/fill* | md5sum | cmp - /tmp/sum && echo sa""me'
ok 'it is all there' '' vm wait linux --for same --timeout 60
has 700 1280
guest_total 640 1280
in_guest 'rm /tmp/fill*'
has 256 383
guest_total 150 383
ok 'off' '' vm off linux
finish
