#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the disk helper serves as NBD, seen by QEMU's client: content, sizes, writes, zeroes, trims; read-only; clients
# that break the rules. (Attaching to /dev/nbdN needs a kernel with nbd: the service's part.)
# nbd_test.sh BULKHEAD NBD_SERVE DISKTOOL
set -u
for tool in qemu-img qemu-io; do command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }; done
bulkhead=$(realpath "$1") serve=$(realpath "$2") tool=$(realpath "$3")
dir=$(mktemp -d "${TMPDIR:-/tmp}/nbd-test.XXXXXX") && cd "$dir" || exit 1
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; cd /; rm -rf "$dir"' EXIT
failed=0 count=0
fail() { echo "FAILED: $name: $1"; sed 's/^/    /' out server.log | head -8; failed=$((failed + 1)); }
check() { name=$1; shift; count=$((count + 1)); "$@" >out 2>&1 || fail "$*"; }
uri="nbd+unix:///?socket=$dir/socket"

serve() { # IMAGE FORMAT [ro]
	rm -f socket
	"$serve" "$1" "$2" "$dir/socket" ${3:-} >server.log 2>&1 &
	server=$!
	for _ in $(seq 1000); do grep -q listening server.log && return; kill -0 $server 2>/dev/null || return; sleep 0.02; done
}
ended() { # PATTERN: how the helper ended
	wait "$server"
	server=
	count=$((count + 1))
	grep -Eq "$1" server.log || fail "the helper ended otherwise"
}
io() { qemu-io -f raw -t writeback "$@" "$uri"; }

for format in vhdx vhd raw; do
	"$bulkhead" disk create "a.$format" --size 40M && "$tool" scribble "a.$format" 5 30
	want=$("$tool" dump "a.$format" | sha256sum)
	serve "a.$format" $format
	check "$format: all of it" qemu-img convert -f raw -O raw "$uri" copy.raw
	ended 'ended well'
	check "$format: the content" test "$(sha256sum <copy.raw)" = "$want"
	serve "a.$format" $format
	check "$format: writes" io -c 'write -P 0x5a 1M 3M' -c 'write -z 8M 2M' -c 'write -f -P 0x33 39M 1M' -c 'discard 20M 4M' -c flush \
		-c 'read -P 0x5a 1M 3M' -c 'read -P 0 8M 2M' -c 'read -P 0x33 39M 1M'
	ended 'ended well'
	"$tool" dump "a.$format" >dump.raw
	check "$format: they are there" qemu-io -f raw -r -c 'read -P 0x5a 1M 3M' -c 'read -P 0 8M 2M' -c 'read -P 0x33 39M 1M' dump.raw
	check "$format: the image is whole" "$bulkhead" disk check "a.$format"
done

serve a.vhdx vhdx ro
check 'read-only: it is read' qemu-io -f raw -r -c 'read -P 0x5a 1M 3M' "$uri"
ended 'ended well'
serve a.vhdx vhdx ro
name='read-only: not written' count=$((count + 1))
io -c 'write 0 4k' >out 2>&1 && fail 'it was written'
wait "$server"; server=

# Clients that break the rules: the helper ends by itself, each time, and what it serves stays an image.
name='nonsense' count=$((count + 1))
for seed in $(seq 40); do
	timeout 60 "$serve" a.vhdx vhdx "nonsense:$seed" >server.log 2>&1
	grep -q '^ended' server.log || { fail "seed $seed: the helper did not end well"; break; }
done
check 'the image after nonsense' "$bulkhead" disk check a.vhdx
echo "$count checks, $failed failed"
[ "$failed" = 0 ]
