#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong: one sentence that names the thing, the cause and what to do; the exit status; no file left behind.
. "$(dirname "$0")/cli_lib.sh"

disk 0 create a.vhdx --size 10M
# usage: 2
refuse 2 'FILE is missing; see' create
refuse 2 'the size is missing; give --size' create n.vhdx
refuse 2 '--size 10X: this is no size; give' create n.vhdx --size 10X
refuse 2 '--size : this is no size' create n.vhdx --size ""
refuse 2 '--size -1G: this is no size' create n.vhdx --size -1G
refuse 2 '--size 99999999999T: this is no size' create n.vhdx --size 99999999999T
refuse 2 'at most 64T; choose' create n.vhdx --size 65T
refuse 2 'at most 2040G; choose less, or --format vhdx' create n.vhd --size 2041G
refuse 2 'multiple of the sector size' create n.vhdx --size 1000
refuse 2 '--format qcow2: there is no such format; give one of: vhdx, vhd, raw' create n.vhdx --size 1G --format qcow2
refuse 2 '--type thin: there is no such type' create n.vhdx --size 1G --type thin
refuse 2 'the parent is missing; give --parent' create n.vhdx --type differencing
refuse 2 'only a differencing disk has a parent' create n.vhdx --parent a.vhdx --type fixed
refuse 2 'raw disk cannot be differencing' create n.raw --parent a.vhdx --format raw
refuse 2 'power of two' create n.vhdx --size 1G --block-size 3M
refuse 2 'at most 256 MiB' create n.vhdx --size 1G --block-size 1G
refuse 2 '512 or 4096' create n.vhdx --size 1G --sector-size 1K
refuse 2 'no such option' create n.vhdx --size 1G --bogus
refuse 2 'one argument too many' create n.vhdx m.vhdx --size 1G
refuse 2 'no such command' frobnicate a.vhdx
refuse 2 'leave out --delete or --into' merge a.vhdx --into b.vhdx --delete
refuse 2 'converting makes whole disks' convert a.vhdx n.vhdx --type differencing

# files
refuse 1 'nope.vhdx: there is no such file or folder; check the name' inspect nope.vhdx
refuse 1 'a.vhdx/x: a part of this path is no folder' inspect a.vhdx/x
refuse 1 'this is a folder; name a file' inspect .
mkfifo fifo
refuse 1 'neither a file nor a block device' inspect fifo
refuse 1 'neither a file nor a block device' inspect /dev/null
refuse 1 'this exists already; choose another name' create a.vhdx --size 1G
refuse 1 'this exists already' convert a.vhdx a.vhdx
refuse 1 'this exists already' create fifo --size 1G
ln -s target link.vhdx
refuse 1 'this exists already' create link.vhdx --size 1G
refuse 1 'nofolder: there is no such file or folder' create nofolder/a.vhdx --size 1G
refuse 1 'nope.vhdx: there is no such file' create n.vhdx --parent nope.vhdx
refuse 1 'n.vhdx: there is no such file' compact n.vhdx
if [ "$(id -u)" -ne 0 ]; then
	cp a.vhdx secret.vhdx && chmod 0 secret.vhdx
	refuse 1 'secret.vhdx: you may not read it' inspect secret.vhdx
	refuse 1 'secret.vhdx: you may not change it' compact secret.vhdx
	mkdir closed && chmod 555 closed
	refuse 1 'closed: you may not create files' create closed/a.vhdx --size 1G
	cp a.vhdx look.vhdx && chmod 444 look.vhdx
	disk 0 inspect look.vhdx
	refuse 1 'you may not change it' resize look.vhdx 20M
elif command -v setpriv >/dev/null; then
	cp a.vhdx secret.vhdx && chmod 711 . && chmod 600 secret.vhdx
	as_nobody=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$bulkhead" disk inspect "$dir/secret.vhdx" 2>&1)
	[[ $as_nobody == *"you may not read it"* || $as_nobody == *"Permission denied"* ]] || fail "nobody: $as_nobody"
fi

# not images
echo "no image" >text
refuse 1 'text is neither VHDX nor VHD; name its format with --format' inspect text
refuse 1 'neither VHDX nor VHD' compact text
refuse 1 'neither VHDX nor VHD' check text
: >empty
refuse 1 'empty' inspect empty
head -c 100000 a.vhdx >short.vhdx
refuse 1 'short.vhdx' inspect short.vhdx
refuse 1 'short.vhdx' check short.vhdx
refuse 1 'short.vhdx' convert short.vhdx n.raw
cp a.vhdx bad.vhdx
dd if=/dev/zero of=bad.vhdx bs=64K seek=1 count=2 conv=notrunc status=none
refuse 1 'bad.vhdx' inspect bad.vhdx
refuse 1 'bad.vhdx' convert bad.vhdx n.raw
disk 1 check bad.vhdx --json
[ "$(value Openable)" = false ] || fail "a bad image is openable: $out"

# a VHDX that is its own grandparent
disk 0 create p.vhdx --size 10M
disk 0 create q.vhdx --parent p.vhdx
mv p.vhdx away.vhdx && cp q.vhdx p.vhdx
refuse 1 'changed or replaced|circle|own parent' convert q.vhdx n.raw
rm p.vhdx && ln q.vhdx p.vhdx
refuse 1 'is its own parent: its chain is a circle' convert q.vhdx n.raw
refuse 1 'circle' merge q.vhdx

# no room
ulimit -S -f 2048 # of 1 KiB
refuse 1 'big.raw cannot be created: File too large; this file system has a limit' create big.raw --size 100M --type fixed
refuse 1 'big.vhdx.*File too large' create big.vhdx --size 100M
ulimit -S -f unlimited

# in use: a writer has it
"$tool" hold a.vhdx 20 &
holder=$!
for _ in $(seq 100); do [ -e a.vhdx.held ] && break; sleep 0.05; done
if [ -e a.vhdx.held ]; then
	rm -f a.vhdx.held
	refuse 1 'a.vhdx is in use by another virtual machine or program; turn off' compact a.vhdx
	refuse 1 'is in use' convert a.vhdx n.raw
	refuse 1 'is in use' check a.vhdx
	refuse 1 'is in use' create n.vhdx --parent a.vhdx
	disk 0 inspect a.vhdx
	[[ $out == *"in use"* ]] || fail "inspect does not say that it is in use: $out"
	disk 0 inspect a.vhdx --json
	[ "$(value InUse)" = true ] || fail "JSON: $out"
else
	fail "disktool cannot hold an image"
fi
kill "$holder" 2>/dev/null
wait "$holder" 2>/dev/null

# a name with control characters does not reach the terminal
refuse 1 'no such file' inspect $'x\e]0;title\a'
[[ $err != *$'\e'* ]] || fail "an escape sequence came through"
exit $failed
