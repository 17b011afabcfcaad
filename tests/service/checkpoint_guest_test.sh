#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that runs gets a checkpoint without a break (its worker and who looks stay): one thing is on its disk and one in its memory; then another. Applied, both are
# as they were, and it goes on where it was; so does another checkpoint of a machine that is saved, and of one that is off.
# checkpoint_guest_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
sample_guest
service_begin "$@"
service_start

# in_guest NAME COMMAND TEXT: types it, and waits until the guest says this, which is said once only.
in_guest() {
	name=$1 count=$((count + 1))
	"$bulkhead" vm type linux "$2" --serial --enter >out 2>err || { fail 'not typed'; return; }
	"$bulkhead" vm wait linux --for "text:$3" --timeout 120 >out 2>err || fail "the guest does not say $3"
}
tree() { "$bulkhead" checkpoint list linux | tail -n +2 | sed -E 's/ +[0-9]{4}-.*//; s/ +$//'; }

ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --append 'console=ttyS0 quiet' \
	--memory 192M --disk new:64M
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 180
in_guest 'its disk' 'modprobe -a hv_storvsc sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; echo re""ady' ready
in_guest 'the first file' 'echo one >/tmp/one; tar -C /tmp -cf /dev/sda one && sync && echo wri""tten' written
ok 'a plan' 'with its memory' checkpoint create linux first --plan
worker_pid() { cut -d' ' -f1 run/workers/*.run; }
before=$(worker_pid)
"$bulkhead" vm connect linux --look </dev/null >looker 2>/dev/null &
looker=$!
ok 'a checkpoint while it runs' '' checkpoint create linux first
ok 'it runs still' 'linux .*Running' vm list
check 'in the same worker' test "$(worker_pid)" = "$before"
check 'its disk is the child' test "$(ls -l "/proc/$before/fd" | grep -c '[.]avhdx$')" = 1
check 'it is of its memory' grep -q '"kind": "standard"' <("$bulkhead" checkpoint list linux --json)
in_guest 'it goes on' 'cat /tmp/one && echo he""re' here
check 'who looked looks on' kill -0 $looker
sees() { # its viewer is a process of its own
	local until=$((SECONDS + 60))
	until grep -q '^here' looker; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}
check 'and sees what came after' sees
kill $looker
wait $looker 2>/dev/null
in_guest 'a second file' 'echo two >/tmp/two; tar -C /tmp -cf /dev/sda one two && sync && echo wro""te-two' wrote-two
in_guest 'it is there' 'echo 3 >/proc/sys/vm/drop_caches; echo now-$(tar -tf /dev/sda | tr "\n" +)' now-one+two+
ok 'a plan says what is lost' 'what its guest has in memory is lost' checkpoint apply linux first --plan
ok 'while it runs' '' checkpoint apply linux first --checkpoint-first
ok 'it goes on at once' 'linux .*Running' vm list
in_guest 'as it was then' 'ls /tmp/two || echo not-th""ere' not-there
ok 'its name' '' checkpoint rename linux "$("$bulkhead" checkpoint list linux --json | grep -o '"name": "linux - [^"]*"' | cut -d'"' -f4)" kept
ok 'back to where it was' '' checkpoint apply linux kept
in_guest 'with what was in its memory' 'cat /tmp/two && echo ba""ck' back
ok 'off' '' vm off linux
ok 'it is off at once' 'linux .*Off' vm list
ok 'apply' '' checkpoint apply linux first
ok 'why it is saved' 'the checkpoint "first" was applied' why linux
ok 'it is saved' '' vm wait linux --for saved --timeout 30
ok 'start it' '' vm start linux
ok 'it runs once more' '' vm wait linux --for running --timeout 60
in_guest 'the second file is gone from its disk' 'echo 3 >/proc/sys/vm/drop_caches; echo then-$(tar -tf /dev/sda | tr "\n" +)-end' then-one+-end
in_guest 'and from its memory' 'ls /tmp/two || echo go""ne' gone
ok 'again' '' checkpoint create linux second
ok 'save it' '' vm save linux
ok 'a checkpoint of a saved one' '' checkpoint create linux third
check 'still saved' "$bulkhead" vm wait linux --for saved --timeout 10
ok 'goes on' '' vm start linux
in_guest 'its shell answers' 'cat /tmp/one && echo ag""ain' again
ok 'pause' '' vm pause linux
ok 'a checkpoint of a paused one' '' checkpoint create linux paused
ok 'it is paused still' 'linux .*Paused' vm list
ok 'resume' '' vm resume linux
in_guest 'it goes on from there' 'cat /tmp/one && echo on""ward' onward
check 'the tree' test "$(tree)" = $'first\n├─ kept\n└─ second\n   └─ third\n      └─ paused\n         └─ Now'
ok 'off again' '' vm off linux
ok 'is off' '' vm wait linux --for off --timeout 60
ok 'all goes' '' checkpoint delete linux first --subtree
check 'one image is left' test "$(ls data/storage/*/ | wc -l)" = 1
check 'and no state' test -z "$(ls data/checkpoints/*/*.state 2>/dev/null)"
finish
