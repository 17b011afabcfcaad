#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# escape.sh TEST PROGRAM: the escape test as the system service runs workers (root only) and as a user's own service does, with
# and without namespaces.
set -u
dir=$(mktemp -d "${TMPDIR:-/tmp}/escape.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
# Another user may not reach the build folder.
cp "$1" "$dir/escape_test" && cp "$2" "$dir/escape" && chmod 755 "$dir" "$dir"/* || exit 1
failed=0
attempt() {
	echo "-- $*"
	"$dir/escape_test" "$dir/escape" "$@" || failed=1
}
attempt
attempt --not-isolated
if [ "$(id -u)" = 0 ]; then
	user=$((1800000000 + $$)) # in no user database, between the ranges of workers
	attempt --user $user
	attempt --user $user --not-isolated
else
	echo "the system service's way was not tried: this takes root"
fi
exit $failed
