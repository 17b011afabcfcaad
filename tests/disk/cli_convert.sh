#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bulkhead disk convert between all formats and types, compared by qemu-img.
. "$(dirname "$0")/cli_lib.sh"
need_qemu
content c.raw

# same FILE QEMU-FORMAT
same() { qemu-img compare -q -f raw -F "$2" c.raw "$1" || fail "$1 reads differently"; }

n=0
for from in "vhdx dynamic" "vhdx fixed" "vhd dynamic" "vhd fixed" "raw dynamic"; do
	read -r format type <<<"$from"
	disk 0 convert c.raw "from$n.$format" --type "$type" --block-size 2M
	for to in "vhdx dynamic vhdx" "vhdx fixed vhdx" "vhd dynamic vpc" "vhd fixed vpc" "raw dynamic raw" "raw fixed raw"; do
		read -r to_format to_type qemu <<<"$to"
		disk 0 convert "from$n.$format" "to.$to_format" --type "$to_type"
		same "to.$to_format" "$qemu"
		rm -f "to.$to_format"
	done
	n=$((n + 1))
done

# sparse in, sparse out
truncate -s 8G sparse.raw
echo data | dd of=sparse.raw bs=1M seek=5000 conv=notrunc status=none
disk 0 convert sparse.raw sparse.vhdx
[ "$(stat -c %b sparse.vhdx)" -lt $((40 * 2048)) ] || fail "zeros were written"
disk 0 convert sparse.vhdx back.raw
[ "$(stat -c %b back.raw)" -lt 2048 ] || fail "zeros were written into a raw disk"
[ "$(dd if=back.raw bs=1M skip=5000 count=1 status=none | head -c 4)" = data ] || fail "the data is not there"

# an ISO, and a raw disk without a telling name
cp c.raw cd.iso
disk 0 convert cd.iso cd.vhdx
same cd.vhdx vhdx
cp c.raw plain
refuse 1 'neither VHDX nor VHD; name its format with --from-format' convert plain p.vhdx
disk 0 convert plain p.vhdx --from-format raw
same p.vhdx vhdx
# what a guest wrote into a raw disk does not make it a VHDX, nor does a name make a VHDX raw
cp from0.vhdx lies.raw
refuse 1 'lies.raw has the name of a raw disk and the content of a VHDX' convert lies.raw l.vhdx
disk 0 convert lies.raw l.vhdx --from-format vhdx
same l.vhdx vhdx
# sectors stay as they were
disk 0 create s.vhdx --size 8M --sector-size 4096
disk 0 convert s.vhdx t.vhdx
disk 0 inspect t.vhdx --json
[ "$(value SectorSize)" = 4096 ] || fail "the sector size changed: $out"

disk 0 convert from0.vhdx new.vhd --plan
[[ $out == *"would do: create new.vhd"*"command line: bulkhead disk convert from0.vhdx new.vhd --format vhd --type dynamic"* ]] || fail "plan: $out"
[ ! -e new.vhd ] || fail "the plan made the file"
exit $failed
