#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A hostile client works on the API's socket for some seconds: the service answers afterwards, is the same process, and
# has not grown without bound. SECONDS_OF_ATTACK, SEED.
# hostile_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL HOSTILE
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
hostile=$(realpath "$5")
# The address sanitizer keeps what is freed, 256 MiB of it when it is not told otherwise, and rounds all up.
[ -z "${ASAN_OPTIONS:-}" ] || export ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=16:thread_local_quarantine_size_kb=64
service_begin "$@"
service_start
memory() { awk '/^(VmRSS|RssAnon)/ { n = $2 } END { print n }' "/proc/$service_pid/status"; } # KiB, anonymous
limit=$([ -n "${ASAN_OPTIONS:-}" ] && echo 250000 || echo 65536)
before=$(memory) peak=0
"$hostile" run/vmms.sock "${SECONDS_OF_ATTACK:-4}" ${SEED:-} >attack 2>&1 &
attacker=$!
while kill -0 $attacker 2>/dev/null; do
	now=$(memory)
	[ "${now:-0}" -le "$peak" ] || peak=$now
	sleep 0.1
done
wait $attacker
status=$?
cat attack
name='it answers' count=1
[ $status = 0 ] || { cp attack err; fail "status $status"; }
check 'it lives' kill -0 "$service_pid"
echo "memory: $before KiB before, $peak KiB at most, $(memory) KiB after"
check 'its memory' test "$peak" -lt "$limit"
check 'what it said fits on a page' test "$(wc -c <vmms.log)" -lt 20000
ok 'the inventory' '^target|^Name' vm list
check 'no file was broken' test -z "$(ls data/broken)"
service_kill TERM
service_start
ok 'and again' '^Name' vm list
check 'no file was broken' test -z "$(ls data/broken)"
ok 'the log is whole' 'is whole' event verify
finish
