#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Our VHDX against qemu-img: what we write it reads and checks, what it writes we read; a log left behind by each.
# usage: cross_qemu.sh DISKTOOL
set -u
tool=$1
command -v qemu-img >/dev/null || { echo "no qemu-img: skipped"; exit 77; }
dir=$(mktemp -d "${DISK_TEST_DIR:-/tmp}/disk-qemu-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
fail() { echo "FAILED: $*" >&2; failed=1; }

# (qemu-img refuses sectors of 4096 bytes: see cross_7zip.sh)
for shape in "dynamic 1048576 512" "dynamic 2097152 512" "dynamic 33554432 512" "fixed 8388608 512" "dynamic 268435456 512"; do
	set -- $shape
	size=$((50 * 1048576 + $3))
	rm -f "$dir/a.vhdx"
	"$tool" create "$dir/a.vhdx" vhdx "$1" "$size" "$2" "$3" || fail "create $shape"
	qemu-img check -q -f vhdx "$dir/a.vhdx" || fail "qemu-img check of a new $shape"
	"$tool" scribble "$dir/a.vhdx" 7 60 || fail "scribble $shape"
	qemu-img check -q -f vhdx "$dir/a.vhdx" || fail "qemu-img check of $shape"
	"$tool" dump "$dir/a.vhdx" >"$dir/a.raw" || fail "dump $shape"
	qemu-img convert -f vhdx -O raw "$dir/a.vhdx" "$dir/b.raw" || fail "qemu-img convert of $shape"
	cmp "$dir/a.raw" "$dir/b.raw" || fail "qemu-img reads $shape differently"

	# a writer that vanishes: its log is replayed by qemu-img on one copy, by us on the other
	"$tool" scribble "$dir/a.vhdx" 8 60 kill || fail "scribble and vanish $shape"
	cp "$dir/a.vhdx" "$dir/c.vhdx"
	qemu-img check -q -r all -f vhdx "$dir/c.vhdx" >/dev/null || fail "qemu-img check -r all of $shape"
	"$tool" dump "$dir/a.vhdx" >"$dir/a.raw" || fail "dump of an unclean $shape"
	qemu-img convert -f vhdx -O raw "$dir/c.vhdx" "$dir/b.raw" || fail "qemu-img convert of a replayed $shape"
	cmp "$dir/a.raw" "$dir/b.raw" || fail "the replay of $shape differs"
	"$tool" scribble "$dir/a.vhdx" 9 1 || fail "writing on after a replay of $shape"
	qemu-img check -q -f vhdx "$dir/a.vhdx" || fail "qemu-img check after a replay of $shape"
done

# what qemu-img writes
for options in subformat=dynamic,block_size=1048576 subformat=dynamic subformat=fixed,block_size=2097152 \
	subformat=dynamic,block_size=8388608,log_size=2097152; do
	qemu-img convert -q -f raw -O vhdx -o "$options" "$dir/a.raw" "$dir/q.vhdx" || fail "qemu-img $options"
	"$tool" dump "$dir/q.vhdx" | cmp - "$dir/a.raw" || fail "we read qemu-img's $options differently"
	"$tool" scribble "$dir/q.vhdx" 10 40 || fail "scribble on qemu-img's $options"
	qemu-img check -q -f vhdx "$dir/q.vhdx" || fail "qemu-img check of its own $options after us"
	"$tool" dump "$dir/q.vhdx" >"$dir/b.raw"
	qemu-img convert -f vhdx -O raw "$dir/q.vhdx" "$dir/c.raw" && cmp "$dir/b.raw" "$dir/c.raw" ||
		fail "after us $options reads differently"
done

# VHD: qemu-img has no checker for it, but reads single images
for shape in "dynamic 2097152" "dynamic 524288" "fixed 0"; do
	set -- $shape
	rm -f "$dir/a.vhd"
	"$tool" create "$dir/a.vhd" vhd "$1" 31457792 "$2" 0 || fail "create VHD $shape"
	"$tool" scribble "$dir/a.vhd" 17 60 || fail "scribble VHD $shape"
	"$tool" resize "$dir/a.vhd" 41943040 || fail "resize VHD $shape"
	"$tool" scribble "$dir/a.vhd" 18 30 || fail "scribble on the larger VHD $shape"
	"$tool" dump "$dir/a.vhd" >"$dir/a.raw"
	qemu-img convert -f vpc -O raw "$dir/a.vhd" "$dir/b.raw" && cmp "$dir/a.raw" "$dir/b.raw" ||
		fail "qemu-img reads VHD $shape differently"
done
for options in subformat=dynamic,force_size=on subformat=fixed,force_size=on subformat=dynamic; do
	qemu-img convert -q -f raw -O vpc -o "$options" "$dir/a.raw" "$dir/q.vhd" || fail "qemu-img vpc $options"
	qemu-img convert -f vpc -O raw "$dir/q.vhd" "$dir/b.raw"
	"$tool" dump "$dir/q.vhd" | cmp - "$dir/b.raw" || fail "we read qemu-img's vpc $options differently"
	"$tool" scribble "$dir/q.vhd" 19 40 || fail "scribble on qemu-img's vpc $options"
	"$tool" dump "$dir/q.vhd" >"$dir/b.raw"
	qemu-img convert -f vpc -O raw "$dir/q.vhd" "$dir/c.raw" && cmp "$dir/b.raw" "$dir/c.raw" ||
		fail "after us vpc $options reads differently"
done

# jobs: what comes out of them is good for qemu-img too
rm -f "$dir"/*.vhd*
"$tool" create "$dir/a.vhdx" vhdx dynamic 52428800 1048576 512
"$tool" scribble "$dir/a.vhdx" 21 150 || fail "scribble before jobs"
"$tool" dump "$dir/a.vhdx" >"$dir/a.raw"
"$tool" compact "$dir/a.vhdx" || fail compact
qemu-img check -q -f vhdx "$dir/a.vhdx" || fail "qemu-img check after compact"
qemu-img compare -q -f vhdx -F raw "$dir/a.vhdx" "$dir/a.raw" || fail "qemu-img compare after compact"
"$tool" resize "$dir/a.vhdx" 300000000000 || fail resize
qemu-img check -q -f vhdx "$dir/a.vhdx" || fail "qemu-img check after resize"
"$tool" resize "$dir/a.vhdx" 52428800 || fail "resize back"
qemu-img check -q -f vhdx "$dir/a.vhdx" || fail "qemu-img check after resize back"
qemu-img compare -q -f vhdx -F raw "$dir/a.vhdx" "$dir/a.raw" || fail "qemu-img compare after resizes"
for target in "vhd dynamic vpc" "vhd fixed vpc" "vhdx fixed vhdx" "raw dynamic raw"; do
	set -- $target
	rm -f "$dir/t"
	"$tool" convert "$dir/a.vhdx" "$dir/t" "$1" "$2" || fail "convert to $target"
	qemu-img compare -q -f "$3" -F raw "$dir/t" "$dir/a.raw" || fail "qemu-img compare after convert to $target"
done
exit $failed
