#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hvsock.sh: stream sockets between a real guest and the host, both ways, with more bytes than any buffer holds; a port that
# nobody listens on is refused
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "no python3"
drive_options=(--hvsock "$work/hvsock")

host() { timeout 60 python3 "$vmbus/hvsock_host.py" "$work/hvsock" "$@"; }

guest_boot --processors 2
guest_run 'modprobe hv_sock && echo loaded'
[ "$guest_output" = loaded ] || fail "hv_sock: $guest_output"
guest_run 'vmbus_tool connect 77 </dev/null' 20 && fail "a port that nobody listens on was not refused"

# The guest connects; the host echoes a megabyte or three.
host echo 5000 >"$work/host.out" 2>&1 &
host_pid=$!
for _ in {1..50}; do [ ! -s "$work/host.out" ] || break; sleep 0.1; done
guest_run 'dd if=/dev/urandom of=/tmp/data bs=1k count=3000 2>/dev/null; vmbus_tool connect 5000 </tmp/data >/tmp/back; cmp /tmp/data /tmp/back && echo same' 60
[ "$guest_output" = same ] || fail "the echo differs: $guest_output"
guest_run 'for i in 1 2 3 4 5; do echo hello $i | vmbus_tool connect 5000; done' 60
[ "$guest_output" = $'hello 1\nhello 2\nhello 3\nhello 4\nhello 5' ] || fail "short connections: $guest_output"
kill "$host_pid" 2>/dev/null
wait "$host_pid" 2>/dev/null

# The host connects.
head -c 2000000 /dev/urandom >"$work/data"
sum=$(sha256sum <"$work/data")
guest_send 'vmbus_tool listen 6000 </dev/null | sha256sum; echo "do"ne-listening'
sleep 1
host send 6000 <"$work/data" || fail "the host's connection failed"
guest_expect 'done-listening' 60
grep -qF "$sum" "$work/console" || fail "the guest received something else"
# Nobody listens: it ends by itself.
host send 6001 <"$work/data" && fail "a port of the guest that nobody listens on took data"
guest_run 'rmmod hv_sock; dmesg | grep -E "BUG:|WARNING:"' && fail "the kernel complains: $guest_output"
guest_power_off
test_ok "hvsock, kernel $flavour"
