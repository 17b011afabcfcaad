#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# units.sh VMMS BULKHEAD UNIT...: systemd understands the units. The last one is a user's.
set -u
command -v systemd-analyze >/dev/null || { echo "skipped: there is no systemd-analyze here (package systemd)"; exit 77; }
vmms=$(realpath "$1") bulkhead=$(realpath "$2")
shift 2
dir=$(mktemp -d "${TMPDIR:-/tmp}/units.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0
for unit in "$@"; do
	scope=--system name=${unit##*/}
	[ "$unit" != "${!#}" ] || scope=--user name=bulkhead-vmms.service
	folder=$dir/${scope#--}
	mkdir -p "$folder"
	# The programs as they were built, since nothing is installed.
	sed "s|=[^ ]*/bulkhead-vmms|=$vmms|; s|/[^ ']*/bin/bulkhead|$bulkhead|g" "$unit" >"$folder/$name"
	grep -q "^Exec.*=\($vmms\|$bulkhead\|/bin\)" "$folder/$name" || { echo "FAILED: $name starts nothing"; failed=1; }
done
# A unit that it names is looked for beside it.
for unit in "$dir"/system/*.service; do
	XDG_RUNTIME_DIR=$dir SYSTEMD_UNIT_PATH=$dir/system: systemd-analyze --man=no verify "$unit" >"$dir/out" 2>&1
	status=$?
	grep -v "^/lib/systemd\|^/usr/lib/systemd" "$dir/out" >"$dir/ours"
	[ $status = 0 ] && [ ! -s "$dir/ours" ] || { echo "FAILED: ${unit##*/}, status $status:"; cat "$dir/ours"; failed=1; }
done
XDG_RUNTIME_DIR=$dir systemd-analyze --user --man=no verify "$dir/user/bulkhead-vmms.service" >"$dir/out" 2>&1
status=$?
[ $status = 0 ] && ! grep -q "bulkhead-vmms" "$dir/out" || { echo "FAILED: the user's unit, status $status:"; cat "$dir/out"; failed=1; }
for line in KillMode=process RuntimeDirectoryPreserve=yes; do
	for unit in "$dir"/{system,user}/bulkhead-vmms.service; do
		grep -qx "$line" "$unit" || { echo "FAILED: $unit lacks $line: a restart would end the machines"; failed=1; }
	done
done
exit $failed
