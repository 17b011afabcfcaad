# SPDX-License-Identifier: GPL-2.0-or-later
# sample_guest [FLAVOUR] (sourced by tests in folders beside this one): $tests, and in $guest the sample guest with Debian's
# kernel of this flavour; made where it is not there yet, skipped where it cannot be.
sample_guest() {
	local build lock
	tests=$(dirname "$(dirname "$(realpath "$0")")")
	build=$(dirname "$tests")/.build
	guest=$build/guest${1:+-$1} lock=$build/${1:+console} # those of console-devices/screen.sh lock so, too
	[ -n "${1:-}" ] || lock=$guest
	mkdir -p "$guest"
	( flock 9; GUEST_KERNEL=${1:-cloud-amd64} "$tests/guest/build-sample" "$guest" 9>&- ) 9>"$lock.lock" >/dev/null ||
		{ echo 'skipped: no sample guest'; exit 77; }
}
