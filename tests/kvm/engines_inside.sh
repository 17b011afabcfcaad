#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In the bed, for engines.sh: one Linux machine that is saved on one engine and goes on on the other, in the middle of its work.
# engines_inside.sh BULKHEAD VMMS WORKER PROCESSORS ROUNDS
set -u
. "$(dirname "$0")/lib.sh"
service_begin "$1" "$2" "$3" /bin/true
CONSOLE_SECONDS=200
service_start
in_guest() { "$bulkhead" vm type "$1" "$2" --serial --enter; }
engine_is() { "$bulkhead" vm show "$1" | grep -q "ngine.*$2"; }
options=(--kernel /b/vmlinuz --initrd /b/initrd --append 'console=ttyS0 quiet' --memory 128M)

# One that was told of the processor below does not go on where that is another; nobody need wait for its guest.
ok 'create' '' vm create bound "${options[@]}" --cpu host --engine translator
ok 'start' '' vm start bound
ok 'save' '' vm save bound
ok 'another engine' '' vm set bound --engine kvm
no 'refused, and what is missing' 1 'this processor lacks [a-z0-9]' vm start bound
cat err
ok 'it stays saved' 'bound +Saved' vm list
ok 'back' '' vm set bound --engine translator
ok 'there it goes on' '' vm start bound
ok 'off' '' vm off bound
ok 'gone' '' vm delete bound

ok 'create' '' vm create linux "${options[@]}" --processors "$4" --disk new:64M --switch nat --cpu compatible --engine kvm
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 200
in_guest linux 'modprobe -a hv_storvsc sd_mod hv_utils hv_netvsc af_packet; while [ ! -b /dev/sda ] || [ ! -e /sys/class/net/eth0 ]; do sleep 0.1; done; ifconfig eth0 10.0.2.15 up; echo re""ady'
ok 'its disk and its network' '' vm wait linux --for ready --timeout 200
# It adds up numbers, always the same; writes its disk; counts. And it stops its clock at nothing.
in_guest linux 'work() { while :; do s=0 i=0; while [ $i -lt 500 ]; do i=$((i + 1)); s=$(((s * 31 + i) % 1000003)); done; echo "work-$1-$s-"; sleep 0.3; done; }'
in_guest linux 'dd if=/dev/urandom of=/tmp/noise bs=64k count=16 2>/dev/null; (w=0; while [ ! -e /tmp/stop ]; do dd if=/tmp/noise of=/dev/sda bs=64k seek=$((w % 4 * 16)) conv=fsync 2>/dev/null; w=$((w + 1)); echo "writ""ten-$w-"; sleep 0.3; done) & work a & work b &'
ok 'it works' '' vm wait linux --for written-2- --timeout 200
check 'on KVM' engine_is linux kvm

engine=kvm
for round in $(seq "$5"); do
	ok "save on $engine" '' vm save linux
	[ $engine = kvm ] && engine=translator || engine=kvm
	ok 'the other engine' '' vm set linux --engine $engine
	ok "go on on $engine" '' vm start linux
	check "on $engine" engine_is linux $engine
	in_guest linux "echo cl\"\"ock-$round-\$(date +%s)-"
	ok 'it answers' '' vm wait linux --for "clock-$round-" --timeout 200
	check 'its processor works' console_has linux 2 'work-[ab]-[0-9]+-'
	check 'its disk is written' console_has linux 2 'written-[0-9]+-'
	cp console now
	check 'always the same sum' test "$(grep -Eo 'work-[ab]-[0-9]+-' now | cut -d- -f3 | sort -u | wc -l)" = 1
	check 'nothing was begun anew' test "$(grep -Ec 'written-[12]-' now)" = 0
	clock=$(grep -Eo "clock-$round-[0-9]+-" now | head -n 1 | cut -d- -f3)
	check 'its clock is right' test "${clock:-0}" -ge "$(($(date +%s) - 250))" -a "${clock:-0}" -le "$(($(date +%s) + 2))"
	in_guest linux "ping -c 1 -w 60 10.0.2.2 >/tmp/ping; grep -o '[0-9]* packets received' /tmp/ping | sed 's/^/ping-$round-/'"
	ok 'its network answers' '' vm wait linux --for "ping-$round-1 packets received" --timeout 200
	echo "went on on $engine"
done
in_guest linux 'touch /tmp/stop; sleep 1; sync; echo 3 >/proc/sys/vm/drop_caches; head -c 1048576 /dev/sda | cmp - /tmp/noise && echo sa""me; echo complaints-$(dmesg | grep -c -e WARNING: -e BUG: -e "MSR access" -e "blocked for more")-'
ok 'its disk is as it was written' '' vm wait linux --for same --timeout 200
ok 'its kernel has nothing to say' '' vm wait linux --for complaints-0- --timeout 200
finish
