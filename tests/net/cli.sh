#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cli.sh BULKHEAD TRANSFER: what `bulkhead run` says about networks that cannot be.
set -u
bulkhead=$1 transfer=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-net-cli.XXXXXX")
pid=
cleanup() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }; rm -rf "$work"; }
trap cleanup EXIT
failed=0
# expect STATUS REGEX OPTION...
expect() {
	local status=$1 regex=$2 got
	shift 2
	"$bulkhead" run "$@" </dev/null >"$work/out" 2>"$work/err"
	got=$?
	if [ "$got" -ne "$status" ] || ! grep -qE "$regex" "$work/err" || [ "$(wc -l <"$work/err")" -ne 1 ]; then
		echo "FAILED: run $*: status $got instead of $status, or not like '$regex': $(cat "$work/err")"
		failed=1
	fi
}
head -c 100 /dev/zero >"$work/kernel"
kernel=(--kernel "$work/kernel")
expect 2 '^bulkhead: --switch lan: .*give nat, nat,legacy or none' "${kernel[@]}" --switch lan
expect 2 'fd:' "${kernel[@]}" --switch fd:x
expect 2 '^bulkhead: --mac 00:15: .*such as' "${kernel[@]}" --mac 00:15
expect 2 'no address' "${kernel[@]}" --mac 01:15:5d:00:00:00
expect 2 'no address' "${kernel[@]}" --mac 00:15:5d:00:00:00,other
for bad in 22 0:22 22:0 70000:22 a:b tcp:22; do
	expect 2 '^bulkhead: --forward .*such as 2222:22' "${kernel[@]}" --forward "$bad"
done
expect 2 'give --switch nat' "${kernel[@]}" --switch none --forward 2222:22
expect 2 'give --switch nat' "${kernel[@]}" --switch none --tftp /
expect 2 '^bulkhead: --tftp .*no folder' "${kernel[@]}" --tftp /nowhere
expect 2 '^bulkhead: --boot-file ' "${kernel[@]}" --boot-file "$(printf 'a%.0s' {1..128})"
expect 2 'on no network' --boot network --switch none
expect 2 'needs the VMBus' "${kernel[@]}" --no-enlightenments --switch nat
expect 1 'descriptor that is open' "${kernel[@]}" --switch fd:77
expect 1 'no IPv4 address' "${kernel[@]}" --forward 1.2.3:2222:22
expect 1 "no IPv4 address" "${kernel[@]}" --forward icmp:1:2
# A port in use.
"$transfer" serve 127.0.0.1 0 >"$work/port" &
pid=$!
for _ in {1..50}; do [ -s "$work/port" ] && break; sleep 0.1; done
read -r _ port <"$work/port"
expect 1 "^bulkhead: --forward: port $port of this host is in use" "${kernel[@]}" --forward "$port:22"
[ $failed -eq 0 ] && echo "ok: network options"
exit $failed
