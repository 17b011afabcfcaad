#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk helper that a hostile image has taken over: it says its result and stays, says nothing it should, or asks for files to write to.
# helper_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
[ -x /usr/bin/python3 ] || { echo "skipped: no python3"; exit 77; }
service_begin "$@"
chmod 755 "$dir" # the helper of root's service is another user
mkdir -p copy/service copy/helpers
vmms_built=$vmms
cp "$vmms" copy/service/bulkhead-vmms
vmms=$dir/copy/service/bulkhead-vmms
# helper WORDS: what follows its request, in Python; `link` is its socket.
helper() {
	cat >copy/helpers/new <<-EOS
		#!/usr/bin/python3
		import socket, time
		link = socket.socket(fileno=3)
		request = link.recv(1 << 17)
		say = lambda *lines: link.send(("bulkhead 1 " + "\n".join(lines) + "\n").encode())
		$1
	EOS
	chmod 755 copy/helpers/new && mv copy/helpers/new copy/helpers/bulkhead-disk
}
"$bulkhead" disk create image.vhdx --size 16M && "$bulkhead" disk create precious.vhdx --size 16M || exit 1
chmod 644 image.vhdx precious.vhdx
cp "$(dirname "$vmms_built")/../helpers/bulkhead-disk" copy/helpers/
service_start
"$bulkhead" vm create circle --disk new:8M --disk new:8M --kernel kernel --memory 32M || exit 1
disks=$(echo data/storage/*)

# Each is the other's parent: one after the other they were looked at, and were changed in between.
helper 'other = "circle.vhdx" if b"circle-2.vhdx" in request else "circle-2.vhdx"
say("open-parent", "depth=1", "writable=0", "relative=", "absolute='"$dir/$disks"'/" + other); socket.recv_fds(link, 1 << 17, 4)
say("result", "error=0")'
mkdir elsewhere
no 'a circle is no chain' 1 'its chain is a circle' vm move circle elsewhere
check 'the service lives' kill -0 "$service_pid"
check 'the disks are where they were' test "$(ls "$disks"/circle.vhdx "$disks"/circle-2.vhdx | wc -l)" = 2

helper 'say("result", "error=0"); time.sleep(1000)'
"$bulkhead" vm create web --disk "$dir/image.vhdx" --kernel kernel --memory 32M || exit 1
begun=$SECONDS
ok 'a result is a result' '' vm start web
check 'and what stays is ended' test $((SECONDS - begun)) -lt 60
ok 'off' '' vm off web
ok 'is off' '' vm wait web --timeout 60
helper 'say("open-parent", "depth=1", "writable=1", "relative=", "absolute='"$dir"'/precious.vhdx"); answer = socket.recv_fds(link, 1 << 17, 4)
say("result", "error=22", "text=it gave %d" % len(answer[1]))'
no 'nothing is given to be written to' 1 'it gave 0' vm start web
helper 'say("open-parent", "depth=1", "writable=0", "relative=", "absolute='"$dir"'/precious.vhdx"); answer = socket.recv_fds(link, 1 << 17, 4)
say("result", "error=22", "text=it gave %d" % len(answer[1]))'
no 'a parent to read is' 1 'it gave 1' vm start web
helper 'link.send(b"nonsense"); time.sleep(1000)'
no 'nonsense' 1 'ended without a result' vm start web
helper 'pass'
no 'not a word' 1 'ended without a result' vm start web
finish
