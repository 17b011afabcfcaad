#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ctrl-C, SIGTERM and SIGKILL in the middle: no file is left behind, an image in place keeps its content. Progress is
# a line on a terminal and nothing in a pipe.
# Whoever starts the tests may ignore SIGHUP (nohup), and a shell cannot take that back.
[ "${1:-}" = again ] || exec env --default-signal=HUP "$0" again "$@"
shift
. "$(dirname "$0")/cli_lib.sh"
set -m # a background job gets SIGINT only with job control
truncate -s 400M big.raw
dd if=/dev/urandom of=big.raw bs=1M count=250 conv=notrunc status=none

# interrupted SIGNAL VERB...: stops the helper, sends the signal to the command line, lets the helper go on.
# 0: it was caught under way; $status and $err are set
interrupted() {
	local signal=$1 helper= tries
	shift
	"$bulkhead" disk "$@" 2>.err </dev/null &
	local pid=$!
	for tries in $(seq 2000); do
		helper=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
		[ -n "$helper" ] && [ "$(cat /proc/${helper% }/comm 2>/dev/null)" = bulkhead-disk ] && break
	done
	[ -n "$helper" ] && kill -STOP $helper 2>/dev/null
	kill "-$signal" "$pid" 2>/dev/null
	sleep 0.1
	[ -n "$helper" ] && kill -CONT $helper 2>/dev/null
	wait "$pid" 2>/dev/null
	status=$?
	err=$(cat .err)
	for tries in $(seq 50); do kill -0 $helper 2>/dev/null || break; sleep 0.1; done
	! kill -0 $helper 2>/dev/null || fail "$signal: the helper goes on"
}

files() { find . ! -name .err | sort; }
before=$(files)
for signal in INT TERM HUP; do
	interrupted $signal convert big.raw out.vhdx
	[ "$status" = 130 ] || fail "$signal: exit status $status: $err"
	[ "$err" = "bulkhead: out.vhdx: canceled; no file was left behind" ] || fail "$signal: says $err"
	[ "$(files)" = "$before" ] || fail "$signal: files are left behind: $(ls)"
done
interrupted KILL convert big.raw out.vhdx
[ "$(files)" = "$before" ] || fail "SIGKILL: files are left behind: $(ls)"

# in place
"$bulkhead" disk convert big.raw p.vhdx --block-size 1M || fail convert
"$bulkhead" disk create k.vhdx --parent p.vhdx || fail create
"$tool" scribble k.vhdx 4 30 || fail scribble
"$tool" dump k.vhdx | sha256sum >want
for signal in INT KILL; do
	interrupted $signal merge k.vhdx
	[ $signal = KILL ] || [ "$status" = 0 ] || [[ $err == *"canceled; its content is as before"* ]] || fail "merge: $status $err"
	for _ in 1 2 3 4 5; do "$bulkhead" disk check k.vhdx >/dev/null 2>&1 && break; "$bulkhead" disk check k.vhdx --repair >/dev/null 2>&1; done
	"$tool" dump k.vhdx | sha256sum | cmp - want || fail "$signal: a canceled merge changed the content"
done
disk 0 merge k.vhdx
"$tool" dump p.vhdx | sha256sum | cmp - want || fail "merged after cancels it reads differently"

# a shell's `nohup`: SIGHUP stays ignored
(trap '' HUP; interrupted HUP convert big.raw hup.vhdx; [ "$status" = 0 ] || { echo "FAILED: nohup: $status $err"; exit 1; }) || failed=1
[ -e hup.vhdx ] || fail "nohup: no file"
rm -f hup.vhdx

# progress
disk 0 convert big.raw quiet.vhdx
[ -z "$out$err" ] || fail "it talks into a pipe: $out $err"
rm -f quiet.vhdx
if command -v script >/dev/null; then
	script -qec "'$bulkhead' disk convert big.raw tty.vhdx --type fixed" /dev/null </dev/null >tty.log 2>&1
	grep -q 'converting: [0-9]* %' tty.log || fail "no progress on a terminal: $(head -c 300 tty.log)"
	[ "$(tr -cd '\n' <tty.log | wc -c)" -le 1 ] || fail "the progress is more than one line"
fi
exit $failed
