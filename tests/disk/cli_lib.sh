# SPDX-License-Identifier: GPL-2.0-or-later
# For the tests of `bulkhead disk` (sourced): cli_NAME.sh BULKHEAD DISKTOOL
set -u
bulkhead=$(realpath "$1")
tool=$(realpath "$2")
dir=$(mktemp -d "${DISK_TEST_DIR:-/tmp}/disk-cli-XXXXXX") || exit 1
trap 'chmod -R u+rwx "$dir" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failed=0
fail() { echo "FAILED: $*"; failed=1; }

# disk STATUS VERB...: the output goes to $out and $err
disk() {
	local expected=$1 status
	shift
	out=$("$bulkhead" disk "$@" 2>"$dir/.err" </dev/null)
	status=$?
	err=$(cat "$dir/.err")
	[ "$status" -eq "$expected" ] || fail "disk $*: exit status $status instead of $expected: $err"
	case $expected in
	0) [ -z "$err" ] || fail "disk $*: says on stderr: $err" ;;
	*) [ "$(wc -l <"$dir/.err")" -eq 1 ] || fail "disk $*: not one sentence: $err" ;;
	esac
}

# refuse STATUS PATTERN VERB...: it fails, says what matches PATTERN and what to do, and makes no new file
refuse() {
	local expected=$1 pattern=$2 before
	shift 2
	before=$(find . ! -name .err | sort)
	disk "$expected" "$@"
	[[ $err == "bulkhead: "* ]] || fail "disk $*: does not begin with the program: $err"
	[[ $err =~ $pattern ]] || fail "disk $*: says \"$err\", expected $pattern"
	[ "$(find . ! -name .err | sort)" = "$before" ] || fail "disk $*: left a file behind"
}

# value NAME: of the JSON in $out (flat: the first image's)
value() { sed -n "s/.*\"$1\": \"\{0,1\}\([^\",}]*\).*/\1/p" <<<"$out"; }

has_qemu() { command -v qemu-img >/dev/null; }
need_qemu() { has_qemu || { echo "no qemu-img: skipped"; exit 77; }; }

# content FILE: 24 MiB with data here and there
content() {
	truncate -s 24M "$1"
	dd if=/dev/urandom of="$1" bs=1M count=3 conv=notrunc status=none
	dd if=/dev/urandom of="$1" bs=64K seek=100 count=9 conv=notrunc status=none
	dd if=/dev/urandom of="$1" bs=512 seek=40001 count=3 conv=notrunc status=none
}
