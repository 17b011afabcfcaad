#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# balance.sh BULKHEAD VMMS WORKER MAKE_KERNEL: two machines with dynamic memory, whose workers are numbers
# (memory_worker.c), share what there is by demand and weight; its settings and their limits
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../service/lib.sh"
service_begin "$@"
export BULKHEAD_BALANCE_MIB=3000
service_start

# has NAME MIN MAX: MiB, within 30 s
has() {
	local mib=0 _
	name="$1 has $2 to $3 MiB" count=$((count + 1))
	for _ in {1..150}; do
		mib=$("$bulkhead" vm show "$1" 2>/dev/null | awk '/^MemoryAssignedMib/ { print $2 }' | tee out | tail -n 1)
		mib=${mib#uint64}
		[ "${mib:-0}" -lt "$2" ] || [ "${mib:-0}" -gt "$3" ] || return 0
		sleep 0.2
	done
	fail "it has $mib"
}
next() { "$bulkhead" vm kvp "$1" set next "$RANDOM"; } # the next demand of its script

no 'a maximum below' 2 'raise the maximum' vm create a --kernel kernel --memory 1G --memory-max 512M
no 'no size' 2 '--memory-max much: this is no size' vm create a --kernel kernel --memory-max much
ok 'create' '' vm create a --kernel kernel --append demand:400,1000,2000,300 --memory 512M --memory-max 2G --memory-weight 99
ok 'dynamic' 'memory.dynamic +true' vm show a
ok 'its maximum' 'memory.maximum-mib +.*2048' vm show a
ok 'the minimum is not above' 'memory.minimum-mib +.*512' vm show a
ok 'another' '' vm create b --kernel kernel --append demand:300,2000,300 --memory 384M --memory-min 256M --memory-max 2G --memory-weight 24
ok 'a third, whose memory does not change' '' vm create c --kernel kernel --append demand:900 --memory 256M
ok 'start' '' vm start a
ok 'start' '' vm start b
ok 'start' '' vm start c
# Enough for all: demand and a fifth, at least the minimum.
has a 512 512
has b 360 384
next a
has a 1200 1200
ok 'it is well' 'MemoryStatus +ok' vm show a
# Both want 2048 and there are 3000: above the minimums (512 and 256) 2232, 4 to 1, but nobody gets more than its maximum.
next a
has a 2048 2048
next b
has b 950 954
has a 2046 2048
ok 'it has too little' 'MemoryStatus +warning' vm show b
# With equal weights, at once: live settings. a: 512 + 1116 = 1628, b: 256 + 1116 = 1372
ok 'weight' '' vm set a --memory-weight 24
has a 1626 1628
has b 1370 1372
# What one gives back is the other's; a buffer counts.
next b
has a 2048 2048
has b 256 390
ok 'buffer' '' vm set b --memory-buffer 100
has b 600 600
next a
has a 512 540
has c 256 256
finish
