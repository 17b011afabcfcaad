#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `bulkhead run` with a differencing disk: its parents are found beside it, the guest reads through them and writes into the
# child only; what is missing, replaced or a circle is told.
# run_chain.sh BULKHEAD
set -u
bulkhead=$(realpath "$1")
. "$(dirname "$(realpath "$0")")/../guest/sample.sh"
[ -x "$(dirname "$bulkhead")/../helpers/bulkhead-disk" ] || { echo 'skipped: built without bulkhead-disk'; exit 77; }
sample_guest
dir=$(mktemp -d "${TMPDIR:-/tmp}/run-chain.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failed=0
fail() { echo "FAILED: $1"; sed 's/^/    /' log | tail -5; failed=$((failed + 1)); }

# run COMMAND DISK: a guest that does it and switches itself off
run() {
	timeout 300 "$bulkhead" run --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --memory 128M --append \
		"console=ttyS0 quiet bulkhead.run=\"modprobe -a hv_storvsc sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; $1\" bulkhead.end=poweroff" \
		--disk "$2" </dev/null >log 2>&1
}
# refused TEXT DISK
refused() {
	"$bulkhead" run --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --disk "$2" </dev/null >log 2>&1
	[ $? = 1 ] || fail "status of $1"
	grep -q "^bulkhead: --disk $2: .*$1" log || fail "the message lacks: $1"
	[ "$(wc -l <log)" = 1 ] || fail 'more than one line'
}

mkdir parents
"$bulkhead" disk create parents/base.vhdx --size 16M --block-size 1M >log 2>&1 || fail 'base'
run 'echo from-base >/dev/sda; sync' parents/base.vhdx || fail 'writing the base'
before=$(md5sum <parents/base.vhdx)
"$bulkhead" disk create middle.vhdx --parent parents/base.vhdx >log 2>&1 || fail 'middle'
"$bulkhead" disk create child.vhdx --parent middle.vhdx >log 2>&1 || fail 'child'
run 'head -c 9 /dev/sda; echo; echo from-child >/dev/sda; sync; echo 3 >/proc/sys/vm/drop_caches; head -c 10 /dev/sda; echo' child.vhdx ||
	fail 'status'
grep -q '^from-base' log || fail 'not read through the chain'
grep -q '^from-child' log || fail 'not written'
[ "$before" = "$(md5sum <parents/base.vhdx)" ] || fail 'the parent was changed'

mv parents/base.vhdx moved.vhdx
refused 'parents/base.vhdx, the parent of middle.vhdx: there is no such file' child.vhdx
"$bulkhead" disk create parents/base.vhdx --size 16M --block-size 1M >log 2>&1
refused 'changed or replaced' child.vhdx
rm parents/base.vhdx
ln middle.vhdx parents/base.vhdx
refused 'circle' child.vhdx
echo "$failed failed"
[ "$failed" = 0 ]
