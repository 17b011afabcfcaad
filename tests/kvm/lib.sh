# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of the KVM engine: makes the tree that runs in the bed (nested).
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/.build/gcc}
work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-kvm.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

fail() { echo "FAILED: $*"; exit 1; }

command -v qemu-system-x86_64 >/dev/null || { echo "skipped: no qemu-system-x86_64, in which the nested KVM runs"; exit 77; }
(
	flock 9
	"$top/tests/guest/build-sample" >"$work/build" 2>&1
) 9>"$top/.build/guest.lock" || { cat "$work/build"; exit 1; }

# put FILE PLACE: a program of the build with its libraries
put() {
	local library
	install -D -m 755 "$1" "$work/tree$2" || fail "$1 is not built"
	strip "$work/tree$2" 2>/dev/null
	for library in $(ldd "$1" 2>/dev/null | grep -oE '/[^ ]+'); do
		[ -e "$work/tree$library" ] || install -D -m 755 "$library" "$work/tree$library"
	done
}

# in_bed SECONDS COMMAND: its output in $work/out. When the bed itself breaks down (in its SVM QEMU crashes now and then, or loses a
# wake-up, which nested makes good) it is made a second time; then the test is skipped, since it could say nothing
# about us. So all that runs in there has a time limit of its own, and the limits together stay below SECONDS.
in_bed() {
	local status
	for _ in 1 2; do
		"$here/nested" ${BED_OPTIONS:-} -t "$1" "$work/tree" "$2" >"$work/out" 2>&1
		status=$?
		[ $status = 125 ] || [ $status = 124 ] || return $status
	done
	echo "skipped: the bed broke down twice: $(tail -n 1 "$work/out")"
	exit 77
}
