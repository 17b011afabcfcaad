#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The firmware itself: nothing to boot, bad media, reset, several processors, pictures.
. "$(dirname "$0")/lib.sh"

machine nothing --generation 1 --memory 32
look wait 20 'No bootable device' && quit

truncate -s 1M empty.img
head -c 1000000 /dev/urandom >random.iso
machine bad-media --memory 32 --disk empty.img,readonly --cdrom random.iso
look wait 20 'not a bootable disk' wait 20 'No bootable device' && quit
grep -q 'random.iso: this is no ISO image' errors || fail "no word about the disc"

# A disk image whose end is missing: the user is told, the machine starts, GRUB finds what it needs or says so.
grub_disk short.img
truncate -s 20M short.img
machine short --memory 64 --disk short.img
look wait 20 'From the disk' key enter && on_serial 10 'the marker was read' && ends 0 20
grep -q 'short.img: its partition table wants 32 MiB, but the disk has 20 MiB; the image is incomplete, copy it again' errors ||
	fail "no word about the missing end"
truncate -s 1M short.img
machine very-short --memory 64 --disk short.img
look wait 20 'GRUB' && quit
grep -q 'but the disk has 1 MiB' errors || fail "no word about the missing end"
# A file system without a partition table has the same mark, and is whole.
truncate -s 2M whole.img
printf '\x55\xaa' | dd of=whole.img bs=1 seek=510 conv=notrunc status=none
printf 'not a partition table: just text of a boot sector, at the place' | dd of=whole.img bs=1 seek=446 conv=notrunc status=none
machine whole --generation 1 --memory 64 --disk whole.img
look wait 20 'Booting from Hard Disk' && quit
! grep -q partition errors || fail "a partition table was seen where there is none"

machine processors --generation 1 --memory 32 --processors 4
look wait 20 'No bootable device' && quit
grep -q 'Found 4 cpu' firmware.log || fail "the firmware did not find 4 processors"

# More than 3 GiB: memory above 4 GiB, and the hole in between.
machine memory --generation 1 --memory 5G
look wait 20 'No bootable device' && quit
grep -q '0000000100000000 - 0000000180000000 = 1 RAM' firmware.log || fail "the memory above 4 GiB is missing"

# A picture of a text on the screen, taken by the command line itself.
name=picture count=$((count + 1))
"$bulkhead" run --generation 1 --memory 32 --serial none --screenshot-at 'No bootable device:picture.png' \
	--screenshot-at 'never there:never.png' --timeout $((5 * slow)) </dev/null 2>errors
[ "$(head -c 4 picture.png 2>/dev/null | tail -c 3)" = PNG ] || fail "no picture"
grep -q '"never there" was never on the screen' errors || fail "no word about the other picture"
if command -v python3 >/dev/null; then
	python3 - picture.png <<-'X' || fail "the picture cannot be decoded"
		import struct, sys, zlib
		data, at, packed = open(sys.argv[1], 'rb').read(), 8, b''
		while at < len(data):
		    size, = struct.unpack('>I', data[at:at + 4])
		    body = data[at + 4:at + 8 + size]
		    assert struct.unpack('>I', data[at + 8 + size:at + 12 + size])[0] == zlib.crc32(body)
		    if body[:4] == b'IDAT': packed += body[4:]
		    if body[:4] == b'IHDR': width, height = struct.unpack('>II', body[4:12])
		    at += 12 + size
		pixels = zlib.decompress(packed)
		assert len(pixels) == (width * 3 + 1) * height and len(set(pixels)) > 1
	X
fi
finish
