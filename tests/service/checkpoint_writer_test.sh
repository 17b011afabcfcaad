#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Linux guest writes to its disks all the time, and knows what; its checkpoints are deleted meanwhile and its disks merged, while
# its service is killed, or not. It reads what it wrote, and so does who opens the images when it is off.
# checkpoint_writer_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL DISKTOOL [ROUNDS]
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
. "$(dirname "$(realpath "$0")")/checkpoint_live.sh"
sample_guest
tool=$(realpath "$5")
service_begin "$@"
rounds=${6:-2}
service_start

# in_guest NAME COMMAND TEXT: types it, and waits until the guest says this, which is said once only.
in_guest() {
	name=$1 count=$((count + 1))
	"$bulkhead" vm type linux "$2" --serial --enter >out 2>err || { fail 'not typed'; return; }
	"$bulkhead" vm wait linux --for "text:$3" --timeout 180 >out 2>err || fail "the guest does not say $3"
}
points() { "$bulkhead" checkpoint list linux --json | grep -o '"id"' | wc -l; }
files() { ls data/storage/"$id" | grep -c 'vhdx$'; }
until_merged() {
	local until=$((SECONDS + 150))
	name=$1 count=$((count + 1))
	while [ $SECONDS -lt $until ] && [ "$(files)" != 1 ]; do sleep 0.2; done
	[ "$(files)" = 1 ] || { "$bulkhead" job list >out; fail 'it is not merged'; }
}

ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --append 'console=ttyS0 quiet' --memory 192M --disk new:64M
id=$(ls data/vms | cut -d. -f1)
ok 'start' '' vm start linux
before=$(worker_pid)
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 180
in_guest 'its disk' 'modprobe -a hv_storvsc sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; echo re""ady' ready
# A copy in memory of what is on the disk: pieces of 64 KiB, each of them with its own number, at places all over it.
in_guest 'a copy' 'mkdir -p /tmp/c; mount -t tmpfs none /tmp/c; dd if=/dev/urandom of=/tmp/c/noise bs=64k count=64 2>/dev/null; dd if=/dev/zero of=/tmp/c/copy bs=1M count=64 2>/dev/null; echo co""pied' copied
in_guest 'the writer' 'one() { (echo "piece $1"; dd if=/tmp/c/noise bs=64k skip=$(($1 % 64)) count=1 2>/dev/null) | head -c 65536 >/tmp/c/piece; dd if=/tmp/c/piece of=/dev/sda bs=64k seek=$2 conv=notrunc $3 2>/dev/null; dd if=/tmp/c/piece of=/tmp/c/copy bs=64k seek=$2 conv=notrunc 2>/dev/null; }; echo de""fined' defined
in_guest 'it writes' '(n=1; while [ ! -e /tmp/stop ]; do f=; [ $((n % 8)) = 0 ] && f=conv=fsync; one $n $(((n * 389 + n / 7) % 1024)) $f; n=$((n + 1)); [ $((n % 50)) != 0 ] || echo "written-$n-"; done; echo "end""ed") & echo beg""un' begun
in_guest 'it has written' 'true' written-50-

for round in $(seq "$rounds"); do
	for point in a b c; do ok "round $round: checkpoint $point" '' checkpoint create linux "$point$round"; sleep 0.5; done
	for point in b c a; do
		if [ "$point$((round % 2))" = c0 ]; then
			"$bulkhead" checkpoint delete linux "$point$round" >/dev/null 2>&1 &
			deleter=$!
			sleep "0.$((RANDOM % 50 + 20))"
			service_kill 9
			wait $deleter
			service_start
			[ "$(points)" = 1 ] || ok "round $round: delete $point again" '' checkpoint delete linux "$point$round"
		else
			ok "round $round: delete $point" '' checkpoint delete linux "$point$round"
		fi
	done
	until_merged "round $round: merged"
	check "round $round: in its worker" test "$(worker_pid)" = "$before"
done
in_guest 'it ends' 'touch /tmp/stop' ended
in_guest 'it reads what it wrote' 'sync; echo 3 >/proc/sys/vm/drop_caches; cmp /dev/sda /tmp/c/copy && echo sa""me' same
in_guest 'its sum' 'echo sum-$(md5sum </dev/sda | cut -c1-32)-' 'sum-'
"$bulkhead" vm connect linux --look </dev/null >console 2>/dev/null &
viewer=$!
until sum=$(grep -ao 'sum-[0-9a-f]\{32\}-' console) || ! kill -0 $viewer 2>/dev/null; do sleep 0.1; done
kill $viewer; wait $viewer 2>/dev/null
ok 'off' '' vm off linux
ok 'is off' '' vm wait linux --for off --timeout 60
check 'the image has it' test "sum-$("$tool" dump data/storage/"$id"/linux.vhdx | md5sum | cut -c1-32)-" = "${sum%%$'\n'*}"
check 'the image is whole' "$tool" check data/storage/"$id"/linux.vhdx
finish
