#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hostile.sh BULKHEAD GUEST [SECONDS [SEED]]: a bare guest (hostile/) does its worst to every provider of the VMBus: random,
# truncated, repeated and reordered messages, rings that make no sense, GPADLs over each other and outside of memory, storms
# of signals. Its devices are shut; the worker, the switch and `bulkhead run` live, the log stays short, and another machine
# on the same host is not touched. For long: tests/vmbus/hostile.sh BULKHEAD GUEST 3600 $RANDOM
set -u
bulkhead=$1 guest=$2 seconds=${3:-12} seed=${4:-1}
work=$(mktemp -d "${TMPDIR:-/tmp}/vmbus-hostile.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
truncate -s 64M "$work/a.img" "$work/b.img" || exit 1
fail() { echo "FAILED: $1 (seed $seed)"; tail -n 20 "$work/out" "$work/err"; exit 1; }

network=
[ ! -x "$(dirname "$(realpath "$bulkhead")")/../switch/bulkhead-switch" ] || network='--switch nat'
run() { # SECONDS SEED OPTIONS...
	local seconds=$1 seed=$2
	shift 2
	# shellcheck disable=SC2086
	timeout $((seconds * 4 + 120)) "$bulkhead" run --kernel "$guest" --memory 64 --append "seed=$seed seconds=$seconds" \
		--disk "$work/a.img,controller=scsi" --disk "$work/b.img,controller=scsi,readonly" --display "unix:$work/display" \
		--hvsock "unix:$work/hvsock" "$@" >"$work/out" 2>"$work/err" </dev/null
}
# shellcheck disable=SC2086
run "$seconds" "$seed" $network || fail "status $?"
grep -q 'hostile: done' "$work/out" || fail 'the guest did not get to its end'
grep 'hostile: nothing opens' "$work/out" && fail 'some of its rounds did nothing'
opened=$(sed -n 's/.*channels opened \([0-9]*\).*/\1/p' "$work/out")
[ "${opened:-0}" -ge 100 ] || fail "only $opened channels were opened"
grep -qi 'worker failed\|forbidden' "$work/err" && fail 'the worker failed'
lines=$(wc -l <"$work/err")
[ "$lines" -le $((40 + seconds / 5)) ] || fail "$lines lines of warnings"
cmp -s -n 67108864 "$work/b.img" /dev/zero || fail 'a disk that is read-only was written'
# Whatever it left behind: the next machine finds all of it in order.
run 1 "$seed" || fail "the next machine: status $?"
echo "ok: $(tr -d '\r' <"$work/out" | tail -n 1); the first opened $opened channels"
