#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# service.sh BULKHEAD VMMS WORKER MAKE_KERNEL: what the integration services show of a managed machine: the guest's system,
# its memory, its orderly shutdown, the text of its panic
set -u
here=$(cd "$(dirname "$0")" && pwd)
guest=$("$here/build-guest" "${GUEST_FLAVOUR:-cloud-amd64}") || { echo "$guest"; exit 1; }
. "$here/../service/lib.sh"
service_begin "$@"
service_start

in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }
shows() { # WHAT REGEX: of bulkhead vm show, within 20 s
	local _
	for _ in {1..40}; do
		"$bulkhead" vm show linux 2>/dev/null | grep -Eq "$2" && break
		sleep 0.5
	done
	ok "$1" "$2" vm show linux
}

ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd-vmbus" --append 'console=ttyS0 quiet panic=-1' --memory 384M
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
shows 'its heart beats' 'Heartbeat +ok'
in_guest 'hostname box; hv_kvp_daemon; echo start""ed'
ok 'its daemon' '' vm wait linux --for started --timeout 20
shows 'its system' 'GuestOs +Debian GNU/Linux'
shows 'its kernel' 'GuestKernel +6\.1\.'
in_guest 'echo c >/proc/sysrq-trigger'
for _ in {1..60}; do "$bulkhead" why linux 2>/dev/null | grep -q 'Kernel panic' && break; sleep 0.5; done
ok 'its panic' 'Kernel panic - not syncing: sysrq triggered crash' why linux
shows 'it came up again' 'Heartbeat +ok'
for _ in {1..60}; do "$bulkhead" vm shutdown linux >/dev/null 2>&1 && break; sleep 0.5; done
ok 'it is off' '' vm wait linux --timeout 60
ok 'by itself' 'the guest switched itself off' why linux
ok 'nothing is known any more' 'State +off' vm show linux
refuses() { ! "$bulkhead" vm show linux | grep -q "$1"; }
check 'no system' refuses GuestOs
finish
