#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a service asks of a worker that is older than itself is refused at once and in the same words as its plan; and a guest that does not
# answer holds up a checkpoint only as long as its user likes. The worker is a script (tests/vmbus/memory_worker.c).
# older_worker_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
service_start
older='was started by an older Bulkhead, and its worker process does not know how; save it and start it again'

# machine NAME SCRIPT OPTIONS...: it runs
machine() {
	local machine=$1 script=$2
	shift 2
	ok "$machine" '' vm create "$machine" --kernel kernel --memory 32M --append "$script demand:20" "$@"
	ok "$machine runs" '' vm start "$machine"
}

machine old knows:stop,power-button,pause,resume,memory,save --switch nat
for verb in freeze thaw reset 'address 10.0.0.1/24' 'copy kernel :/tmp/'; do
	words=($verb)
	no "$verb" 1 "old $older" vm "${words[0]}" old "${words[@]:1}" --plan
	cp err planned
	no "$verb is refused" 1 "old $older" vm "${words[0]}" old "${words[@]:1}"
	cmp -s planned err || fail 'not as planned'
done
no 'its screen' 1 "old $older" vm screen old --fit 800x600
no 'its serial port' 1 "old $older" vm type old x --serial
ok 'what it knows' '' vm pause old
ok 'and that' '' vm resume old

# One that says nothing of it is older still: it is asked, as ever.
machine silent 'frozen:unavailable'
no 'it answers' 1 'silent: its guest cannot do this; install and start hv_vss_daemon' vm freeze silent

# A new service learns it anew, from the worker of an earlier one: this one has no socket for it, so it ends with its service.
ok 'off' '' vm off old
ok 'off' '' vm off silent

# --- a guest that does not answer
machine hangs '' --disk new:1M
"$bulkhead" checkpoint create hangs first >made 2>why </dev/null &
maker=$!
waits() { # until the job says so
	local until=$((SECONDS + 60))
	until "$bulkhead" job list >out 2>err && grep -q "Checkpoint first of hangs (its guest's file systems are to stand still)" out; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.05
	done
}
check 'the job says what it waits for' waits
no 'another question' 1 'its guest is being asked already' vm freeze hangs
began=$SECONDS
ok 'it is cancelled' '' job cancel "$("$bulkhead" job list | awk '/Checkpoint first/ { print $1 }')"
wait $maker
check 'it says so' grep -q cancelled why
check 'at once' test $((SECONDS - began)) -lt 30
check 'the tree is as it was' test -z "$("$bulkhead" checkpoint list hangs | grep first)"
ok 'the job has its name again' 'cancelled .*Checkpoint first of hangs  ' job list
ok 'off' '' vm off hangs
finish
