#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Viewers of a managed machine: opened through the service, listed, disconnected; the confined process behind them.
# viewer_service.sh BULKHEAD VMMS WORKER MAKE_KERNEL PROBE
set -u
[ -e /usr/share/seabios/bios-256k.bin ] || { echo 'skipped: no SeaBIOS (package seabios)'; exit 77; }
probe=$(realpath "$5")
. "$(dirname "$(dirname "$(realpath "$0")")")/service/lib.sh"
service_begin "$@"
service_start
# until SECONDS COMMAND...: waits for it to succeed
until_ok() {
	local limit=$1
	shift
	for _ in $(seq $((limit * 20))); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}
# of the service's children; there is one at most
display_pid() { pgrep -P "$service_pid" -f bulkhead-display; }
no_display() { [ -z "$(display_pid)" ]; }
viewers() { [ "$("$bulkhead" vm view pc --list --json | grep -o '"id"' | wc -l)" = "$1" ]; }
socket() { # FILE ARGUMENTS...: a socket for viewers; its path into FILE
	local file=$1
	shift
	"$bulkhead" vm view pc --socket "$@" >"$file" 2>"$file.err" &
	view_pid=$!
	until_ok 10 test -s "$file"
}

ok 'create' '' vm create pc --memory 64M --disk new:16M
no 'off: no screen' 1 'pc is off; start it first' vm view pc --socket
ok 'start' '' vm start pc
ok 'its screen' '' vm wait pc --for 'No bootable device' --timeout 60

ok 'a plan' 'its screen is opened at a socket' vm view pc --socket --plan
# A desktop with a viewer: ours are scripts that look once.
mkdir bin
printf '#!/bin/sh\nexec "%s" "$1" >"%s/seen-by-viewer"\n' "$probe" "$dir" >bin/xtigervncviewer
printf '#!/bin/sh\necho "$*" >"%s/opened"\n' "$dir" >bin/bulkhead-gtk
chmod +x bin/*
with_desktop() { DISPLAY=:none PATH=$dir/bin:/usr/bin:/bin "$bulkhead" vm view pc "$@"; }
check 'a viewer of the desktop' with_desktop --with xtigervncviewer
check 'it has seen the screen' grep -q '^pc ' seen-by-viewer
check 'our own window' with_desktop --with bulkhead-gtk
check 'it was told which' grep -qx -- '--connect pc' opened
check 'a socket' socket path
check 'only this user may enter' test "$(stat -c %a "$(dirname "$(cat path)")")" = 700
"$probe" "$(cat path)" >seen
check 'a viewer sees text' grep -Eq '^pc [0-9]+x[0-9]+ [1-9][0-9]+$' seen
"$probe" "$(cat path)" hold >held 2>&1 &
held=$!
check 'it has a picture' until_ok 20 grep -q '^pc ' held
check 'one viewer is there' until_ok 10 viewers 1
ok 'who' "$(id -un) +local +no" vm view pc --list
ok 'its number' '"id"' vm view pc --list --json

pid=$(display_pid)
status() { check "confined: $1" grep -Eq "$1" "/proc/$pid/status"; }
status '^Seccomp:\s+2' && status '^NoNewPrivs:\s+1' && status '^CapEff:\s+0+$' && status '^CapBnd:\s+0+$'
worker=$(cut -d' ' -f1 "$dir"/run/workers/*.run)
[ "$(id -u)" != 0 ] || [ "$(stat -c %u "/proc/$worker")" = 0 ] ||
	check 'another user than the worker' test "$(stat -c %u "/proc/$pid")" != "$(stat -c %u "/proc/$worker")"
check 'it has few descriptors' test "$(find "/proc/$pid/fd" -mindepth 1 | wc -l)" -lt 16

ok 'reset' '' vm reset pc
ok 'its screen again' '' vm wait pc --for 'No bootable device' --timeout 60
check 'the viewer stays' viewers 1
check 'the process, too' test "$(display_pid)" = "$pid"

id=$("$bulkhead" vm view pc --list | awk 'NR == 2 { print $1 }')
no 'no such viewer' 1 'pc: it has no viewer 99' vm view pc --disconnect 99
no 'no number' 2 'give a viewer.s number' vm view pc --disconnect x
ok 'a plan' 'is disconnected' vm view pc --disconnect "$id" --plan
check 'it is there still' viewers 1
ok 'disconnect' '' vm view pc --disconnect "$id"
check 'it goes' until_ok 10 viewers 0
wait "$held"
ok 'the audit log knows' "viewer $id, .* is disconnected" event list --kind change

# Viewers that the process loses with it come back with a new one.
"$probe" "$(cat path)" hold >held 2>&1 &
held=$!
check 'once more' until_ok 20 grep -q '^pc ' held
kill -9 "$(display_pid)"
wait "$held"
check 'no viewer' until_ok 10 viewers 0
ok 'a warning' 'display process: it ended; 1 viewer was disconnected' event list --kind warning
check 'a new process' "$probe" "$(cat path)"
pid=$(display_pid)
check 'it goes when nobody looks' until_ok 30 test ! -e "/proc/$pid"

# The end of the machine is the end of its viewers.
"$probe" "$(cat path)" hold >held 2>&1 &
held=$!
check 'and once more' until_ok 20 grep -q '^pc ' held
ok 'off' '' vm off pc
wait "$held"
check 'no process' until_ok 20 no_display
kill "$view_pid" && wait "$view_pid"
check 'the socket is gone' test ! -e "$(dirname "$(cat path)")"
finish
