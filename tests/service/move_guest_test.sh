#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest writes numbered blocks to its disk all the time, while its files move to another file system, and back, and while it goes to
# another host's service. It goes on each time, and at the end every block that it had flushed is there, in order.
# move_guest_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL [ROUNDS]
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
own_mounts "$@"
shift
. "$(dirname "$(realpath "$0")")/far.sh"
sample_guest
rounds=${5:-1}
service_begin "$@"
mkdir other
mount -t tmpfs -o size=400m tmpfs other || { echo "skipped: no tmpfs can be mounted here"; exit 77; }
far_begin
trap 'far_end; umount -l "$dir/other" 2>/dev/null; service_end' EXIT
service_start
far_start

# in_guest NAME COMMAND TEXT: types it, and waits until the guest says this, which is said once only. BULKHEAD is here or far.
in_guest() {
	name=$1 count=$((count + 1))
	$where vm type linux "$2" --serial --enter >out 2>err || { fail 'not typed'; return; }
	$where vm wait linux --for "text:$3" --timeout 120 >out 2>err || fail "the guest does not say $3"
}
where=$bulkhead turn=0
writes_on() { # the writer has come further than a moment ago
	turn=$((turn + 1))
	in_guest "$1" "a=\$(cat /tmp/n); while [ \$((\$(cat /tmp/n))) -le \$((a + 2)) ]; do sleep 0.05; done; echo go\"\"es-$turn" "goes-$turn"
}

ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --append 'console=ttyS0 quiet' \
	--memory 192M --disk new:400M
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 180
in_guest 'its disk' 'modprobe -a hv_storvsc sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; echo re""ady' ready
# 160 MiB that do not change, behind which block N says N.
in_guest 'much on its disk' 'dd if=/dev/urandom of=/dev/sda bs=1M count=160 2>/dev/null; sync; dd if=/dev/sda bs=1M count=160 2>/dev/null | md5sum >/tmp/sum; echo fil""led' filled
in_guest 'it writes' 'echo 0 >/tmp/n; (n=0; while [ ! -e /tmp/stop ]; do n=$((n + 1)); printf "%08d\n" $n | dd of=/dev/sda bs=512 seek=$((327680 + n)) conv=notrunc,fsync 2>/dev/null || echo $n >>/tmp/failed; echo $n >/tmp/n.new; mv /tmp/n.new /tmp/n; sleep 0.01; done) & echo wri""ting' writing
for round in $(seq "$rounds"); do
	ok 'far, much of it while it runs' '' vm move linux other
	ok 'that was in two steps' 'Checkpoint For its move' job list
	ok 'runs' 'linux +Running' vm list
	writes_on 'it goes on writing'
	ok 'a checkpoint of it' '' checkpoint create linux "r$round"
	ok 'back home' '' vm move linux --back
	writes_on 'it goes on writing'
	ok 'without the checkpoint' '' checkpoint delete linux "r$round"
done
ok 'to another host' '' vm move linux --to lab
ok 'in two steps, too' 'Checkpoint For its move.*' job list
check 'without a checkpoint' test "$(far checkpoint list linux | tail -n +2 | wc -l)" = 0
where=far
check 'runs there' test "$(far vm list | grep -c 'linux *Running')" = 1
writes_on 'it goes on writing there'
in_guest 'it stops writing' 'touch /tmp/stop; wait; [ ! -e /tmp/failed ] && echo no-""failure' no-failure
in_guest 'all of it is there' 'echo 3 >/proc/sys/vm/drop_caches; n=$(cat /tmp/n); i=0; while [ $i -lt $n ]; do i=$((i + 1)); [ $(dd if=/dev/sda bs=512 skip=$((327680 + i)) count=1 2>/dev/null | head -c 8) = $(printf %08d $i) ] || echo lost $i; done | head -3 >/tmp/lost; [ ! -s /tmp/lost ] && echo all-th""ere-$n' all-there
in_guest 'and what was there before' 'dd if=/dev/sda bs=1M count=160 2>/dev/null | md5sum | cmp - /tmp/sum && echo sa""me' same
finish
