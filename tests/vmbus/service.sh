#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# service.sh BULKHEAD VMMS WORKER MAKE_KERNEL: what the integration services show of a managed machine: the guest's system,
# its memory, its orderly shutdown, the text of its panic; and what is done in it: pairs, files, freeze and thaw, hvsock
set -u
here=$(cd "$(dirname "$0")" && pwd)
guest=$("$here/build-guest" "${GUEST_FLAVOUR:-cloud-amd64}") || { echo "$guest"; exit 1; }
. "$here/../service/lib.sh"
service_begin "$@"
service_start

in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }
shows() { # WHAT REGEX: of bulkhead vm show, within 20 s
	local _
	for _ in {1..120}; do
		"$bulkhead" vm show linux 2>/dev/null | grep -Eq "$2" && break
		sleep 0.5
	done
	ok "$1" "$2" vm show linux
}

network=
[ ! -x "$(dirname "$vmms")/../switch/bulkhead-switch" ] || network='--switch nat'
# shellcheck disable=SC2086
ok 'create' '' vm create linux $network --kernel "$guest/vmlinuz" --initrd "$guest/initrd-vmbus" --append 'console=ttyS0 quiet panic=-1' --memory 384M
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
shows 'its heart beats' 'Heartbeat +ok'
in_guest 'hostname box; hv_kvp_daemon; echo start""ed'
ok 'its daemon' '' vm wait linux --for started --timeout 60
shows 'its system' 'GuestOs +Debian GNU/Linux'
shows 'its kernel' 'GuestKernel +6\.1\.'

# Pairs of the host are kept, and given to the guest; what the guest writes is read.
no 'a key with =' 2 'a key is not empty and has no =' vm kvp linux set 'a=b' c
ok 'a pair' '' vm kvp linux set colour 'blue sky'
ok 'all pairs' 'host +colour +blue sky' vm kvp linux
ok 'a fact' '^Debian GNU/Linux$' vm kvp linux get OSName
in_guest "tr '\\0' ' ' </var/lib/hyperv/.kvp_pool_0 | tr -s ' '; echo po""ol"
ok 'the guest has it' '' vm wait linux --for 'colour blue sky' --timeout 60
in_guest "cd /var/lib/hyperv; { printf fruit; head -c 507 /dev/zero; printf apple; head -c 2043 /dev/zero; } >.kvp_pool_1; cd"
reads() { # KEY VALUE: within 30 s
	local _
	for _ in {1..60}; do [ "$("$bulkhead" vm kvp linux get "$1" 2>/dev/null)" != "$2" ] || return 0; sleep 0.5; done
	return 1
}
check 'the pair of the guest' reads fruit apple
no 'no such pair' 1 'has no such pair' vm kvp linux get nonsense
ok 'it goes' '' vm kvp linux delete colour
no 'it is gone' 1 'no such pair of the host' vm kvp linux delete colour
ok 'a pair to keep' '' vm kvp linux set kept 1

# The addresses of its adapter.
if [ -n "$network" ]; then
	in_guest 'modprobe hv_netvsc; for i in $(seq 50); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done; ifconfig eth0 10.9.8.7 netmask 255.255.0.0 up; echo up-"an"d'
	ok 'its network' '' vm wait linux --for up-and --timeout 60
	ok 'its address' 'address +10\.9\.8\.7' vm address linux
	no 'another adapter' 1 'no network adapter 3' vm address linux --adapter 3
	no 'no address' 2 'this is no address' vm address linux 10.1.1.1
	no 'nothing but addresses' 1 'no addresses' vm address linux '$(id)/24'
	# Without the distribution's script it may refuse, when it has written down what it is to have.
	"$bulkhead" vm address linux 10.9.8.6/20 --gateway 10.9.0.1 >out 2>err
	in_guest 'cat /var/lib/hyperv/ifcfg-eth0'
	ok 'another address' '' vm wait linux --for 'IPADDR0=10.9.8.6' --timeout 60
fi

# Files, with the caller's rights, as a job.
no 'no daemon takes files' 1 'hv_fcopy_daemon' vm copy linux kernel :/tmp/
in_guest 'hv_fcopy_daemon; hv_vss_daemon; echo bo""th'
ok 'more daemons' '' vm wait linux --for both --timeout 60
head -c 300001 /dev/urandom >file-a
echo second >file-b
sum=$(sha256sum <file-a)
ok 'two files' '' vm copy linux file-a file-b :/tmp/in --create-path
in_guest 'sha256sum </tmp/in/file-a; cat /tmp/in/file-b'
ok 'the first' '' vm wait linux --for "${sum%% *}" --timeout 60
ok 'the second' '' vm wait linux --for second --timeout 60
no 'it is there' 1 'add --force' vm copy linux file-b :/tmp/in/file-a
ok 'by force' '' vm copy linux file-b :/tmp/in/file-a --force
no 'no such file' 1 'nowhere: there is no such file' vm copy linux nowhere :/tmp/
no 'no place' 2 'no place in the guest' vm copy linux file-b tmp
ok 'a plan' 'would do: .*file-b is copied into the guest of linux, to /tmp/c' vm copy linux file-b :/tmp/c --plan

# Its file systems stand still and go on, at the latest when the time is over.
ok 'freeze' '' vm freeze linux --limit 300
ok 'it is frozen' 'IsFrozen +true' vm show linux
no 'twice' 1 'stands still already' vm freeze linux
ok 'thaw' '' vm thaw linux
no 'it goes on' 1 'not frozen' vm thaw linux
ok 'freeze for a second' '' vm freeze linux --limit 1
shows 'it goes on by itself' 'IsFrozen +false'
ok 'and says so' 'nobody thawed it in time' event list --vm linux

# A program in the guest, through the machine's socket.
if command -v python3 >/dev/null; then
	socket=$("$bulkhead" vm show linux | awk '/^GuestSocket/ { print $2 }')
	in_guest 'modprobe hv_sock; vmbus_tool listen 6000 </dev/null | sha256sum; echo rec""eived'
	to_guest() { local _; for _ in {1..10}; do timeout 30 python3 "$here/hvsock_host.py" "$socket" send 6000 <file-a && return 0; sleep 1; done; return 1; }
	check 'a connection to the guest' to_guest
	ok 'it received' '' vm wait linux --for "${sum%% *}" --timeout 60
fi

in_guest 'echo c >/proc/sysrq-trigger'
for _ in {1..60}; do "$bulkhead" why linux 2>/dev/null | grep -q 'Kernel panic' && break; sleep 0.5; done
ok 'its panic' 'Kernel panic - not syncing: sysrq triggered crash' why linux
ok 'all of its text' 'Call Trace:' why linux
check 'more than the end of it' test "$("$bulkhead" why linux | wc -c)" -gt 2000
shows 'it came up again' 'Heartbeat +ok'
in_guest 'hv_kvp_daemon; while ! grep -q kept /var/lib/hyperv/.kvp_pool_0; do sleep 0.2; done; echo has-"kept"'
ok 'it is given its pair again' '' vm wait linux --for has-kept --timeout 60
for _ in {1..60}; do "$bulkhead" vm shutdown linux >/dev/null 2>&1 && break; sleep 0.5; done
ok 'it is off' '' vm wait linux --timeout 60
ok 'by itself' 'the guest switched itself off' why linux
ok 'nothing is known any more' 'State +off' vm show linux
refuses() { ! "$bulkhead" vm show linux | grep -q "$1"; }
check 'no system' refuses GuestOs
finish
