#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Our images, differencing chains above all, against 7-Zip's reader.
# usage: cross_7zip.sh DISKTOOL
set -u
tool=$1
command -v 7zz >/dev/null || { echo "no 7zz: skipped"; exit 77; }
dir=$(mktemp -d "${DISK_TEST_DIR:-/tmp}/disk-7zip-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
fail() { echo "FAILED: $*" >&2; failed=1; }

# FILE FORMAT WHAT
same() {
	"$tool" dump "$1" >"$dir/ours" || fail "dump: $3"
	7zz e -so "-t$2" "$1" >"$dir/theirs" 2>"$dir/err" || { cat "$dir/err" >&2; fail "7zz: $3"; }
	cmp "$dir/ours" "$dir/theirs" || fail "7zz reads it differently: $3"
}

for shape in "vhdx dynamic 1048576 512 0" "vhdx dynamic 2097152 4096 0" "vhdx fixed 2097152 4096 1048576" \
	"vhd dynamic 2097152 512 0" "vhd dynamic 524288 512 2097152" "vhd fixed 0 512 2097152"; do
	set -- $shape
	rm -f "$dir"/*.vhd*
	"$tool" create "$dir/a.$1" "$1" "$2" 33554432 "$3" "$4" || fail "create $shape"
	"$tool" scribble "$dir/a.$1" 31 50 || fail "scribble $shape"
	same "$dir/a.$1" "$1" "$shape"
	"$tool" create "$dir/b.$1" "$1" differencing 0 "$5" 0 "$dir/a.$1" || fail "create child of $shape"
	"$tool" scribble "$dir/b.$1" 32 50 || fail "scribble child of $shape"
	same "$dir/b.$1" "$1" "child of $shape"
	"$tool" create "$dir/c.$1" "$1" differencing 0 0 0 "$dir/b.$1" || fail "create grandchild of $shape"
	"$tool" scribble "$dir/c.$1" 33 50 || fail "scribble grandchild of $shape"
	same "$dir/c.$1" "$1" "grandchild of $shape"
	"$tool" merge "$dir/b.$1" || fail "merge child of $shape"
	same "$dir/a.$1" "$1" "parent after a merge, $shape"
	"$tool" reconnect "$dir/c.$1" "$dir/b.$1" || fail "reconnect $shape"
	same "$dir/c.$1" "$1" "grandchild after reconnect, $shape"
done
exit $failed
