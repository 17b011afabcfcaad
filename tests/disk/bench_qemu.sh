#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Our VHDX and raw beside QEMU's qcow2, VHDX and raw in one run: the same requests, writeback caching. Milliseconds.
# usage: bench_qemu.sh DISKTOOL DISK-BENCH [FOLDER]
set -eu
tool=$1 bench=$2
dir=$(mktemp -d "${3:-/tmp}/disk-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT
size=1073741824

fresh() {
	rm -f "$dir"/*
	"$tool" create "$dir/ours.vhdx" vhdx dynamic $size 0 512
	truncate -s $size "$dir/ours.raw"
	qemu-img create -q -f qcow2 "$dir/q.qcow2" $size
	qemu-img create -q -f vhdx "$dir/q.vhdx" $size
	qemu-img create -q -f raw "$dir/q.raw" $size
}
ours() { "$bench" "$dir/ours.$1" "$2" "$3" "$4" "$5" "$6" | sed 's/.* \([0-9.]*\) s .*/\1/' | awk '{ printf "%8d", $1 * 1000 }'; }
theirs() {
	write=
	[ "$2" = write ] && write=-w
	begin=$(date +%s%N)
	qemu-img bench -f "$1" -c "$3" -s "$4" -S "$5" -d "$6" $write "$dir/q.$1" >/dev/null
	echo "$begin $(date +%s%N)" | awk '{ printf "%8d", ($2 - $1) / 1000000 }'
}
row() {
	printf '%-32s' "$1"
	shift
	for format in vhdx raw; do ours $format "$@"; done
	for format in qcow2 vhdx raw; do theirs $format "$@"; done
	echo
}
printf '%-32s%8s%8s%8s%8s%8s\n' "" vhdx raw q:qcow2 q:vhdx q:raw
for depth in 1 32; do
	fresh
	row "write 4 KiB unallocated x$depth" write 20000 4096 397316096 $depth
	fresh
	row "write 1 MiB unallocated x$depth" write 1000 1048576 1048576 $depth
	row "write 1 MiB x$depth" write 1000 1048576 1048576 $depth
	row "read 1 MiB x$depth" read 1000 1048576 1048576 $depth
	row "write 4 KiB x$depth" write 50000 4096 104861696 $depth
	row "read 4 KiB x$depth" read 50000 4096 104861696 $depth
done
