#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bulkhead disk resize, compact, check --repair.
. "$(dirname "$0")/cli_lib.sh"
need_qemu
content c.raw

for format in vhdx vhd; do
	qemu=vhdx
	[ $format = vhdx ] || qemu=vpc
	disk 0 convert c.raw a.$format --block-size 2M
	disk 0 resize a.$format 2G --plan
	[[ $out == *"would do: give a.$format the size 2 GiB"*"command line: bulkhead disk resize a.$format 2G" ]] || fail "plan: $out"
	disk 0 inspect a.$format --json
	[ "$(value Size)" = $((24 << 20)) ] || fail "the plan resized"
	disk 0 resize a.$format 2G
	disk 0 inspect a.$format --json
	[ "$(value Size)" = $((2 << 30)) ] || fail "resize: $out"
	refuse 1 'has data behind the new size' resize a.$format 8M
	disk 0 resize a.$format 24M
	qemu-img compare -q -f raw -F $qemu c.raw a.$format || fail "$format: resizes changed the content"
	refuse 2 'this is no size' resize a.$format 8Q
	refuse 2 'this is no size' resize a.$format 0
	disk 0 resize a.$format 8M --force
	disk 0 resize a.$format 24M
	truncate -s 8M c8.raw && dd if=c.raw of=c8.raw bs=1M count=8 conv=notrunc status=none && truncate -s 24M c8.raw
	qemu-img compare -q -f raw -F $qemu c8.raw a.$format || fail "$format: cut off by force it reads differently"

	# compact: blocks of zeros go
	disk 0 create z.$format --size 200M --block-size 2M
	"$tool" scribble z.$format 5 200 || fail scribble
	"$tool" dump z.$format >z.raw
	disk 0 compact z.$format --plan
	disk 0 compact z.$format
	"$tool" dump z.$format | cmp - z.raw || fail "$format: compacting changed the content"
	disk 0 check z.$format
	rm -f z.raw
done
cp c.raw r.raw
disk 0 resize r.raw 1G
[ "$(stat -c %s r.raw)" = $((1 << 30)) ] || fail "a raw disk was not resized"
disk 0 resize r.raw 24M
cmp r.raw c.raw || fail "a raw disk changed"
refuse 1 'cannot be compacted' compact r.raw

# not closed: says so, and repairs
disk 0 create u.vhdx --size 50M --block-size 1M
"$tool" scribble u.vhdx 8 60 kill || fail "scribble and vanish"
"$tool" dump u.vhdx >u.raw
refuse 1 'was not closed; .bulkhead disk check --repair' check u.vhdx
disk 1 check u.vhdx --json
[ "$(value NeedsReplay)" = true ] || fail "JSON: $out"
disk 0 check u.vhdx --repair --plan
disk 1 check u.vhdx
disk 0 check u.vhdx --repair
disk 0 check u.vhdx
qemu-img compare -q -f raw -F vhdx u.raw u.vhdx || fail "the repaired disk reads differently"
exit $failed
