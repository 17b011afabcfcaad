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
	"$tool" create-vhdx "$dir/a.vhdx" "$1" "$size" "$2" "$3" || fail "create $shape"
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
exit $failed
