#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bulkhead disk create, inspect, check: every format, type, block and sector size.
. "$(dirname "$0")/cli_lib.sh"

# made FILE FORMAT TYPE SIZE BLOCK SECTOR: as inspect tells
made() {
	disk 0 inspect "$1" --json
	[ "$(value Format) $(value Type) $(value Size) $(value BlockSize) $(value SectorSize)" = "$2 $3 $4 $5 $6" ] ||
		fail "$1 is not $2 $3 $4 $5 $6: $out"
	disk 0 check "$1"
	[ "$out" = "$1: no errors" ] || fail "check $1: $out"
	[ "$(stat -c %a "$1")" = 600 ] || fail "$1: others may read it"
}
gib=$((1 << 30)) mib=$((1 << 20))

disk 0 create a.vhdx --size 10G
made a.vhdx vhdx dynamic $((10 * gib)) $((32 * mib)) 512
for block in 1 2 8 32 256; do
	for sector in 512 4096; do
		disk 0 create "b$block-$sector.vhdx" --size 300M --block-size ${block}M --sector-size $sector
		made "b$block-$sector.vhdx" vhdx dynamic $((300 * mib)) $((block * mib)) $sector
		! has_qemu || [ $sector = 4096 ] || qemu-img check -q -f vhdx "b$block-$sector.vhdx" || fail "qemu-img check $block $sector"
	done
done
disk 0 create f.vhdx --size 20M --type fixed --block-size 1M
made f.vhdx vhdx fixed $((20 * mib)) $mib 512
[ "$(stat -c %b f.vhdx)" -ge $((20 * 2048)) ] || fail "the fixed disk takes no space"
disk 0 create huge.vhdx --size 64T
made huge.vhdx vhdx dynamic $((64 << 40)) $((32 * mib)) 512
disk 0 create v.vhd --size 100M
made v.vhd vhd dynamic $((100 * mib)) $((2 * mib)) 512
disk 0 create vf.vhd --size 10M --type fixed
made vf.vhd vhd fixed $((10 * mib)) 0 512
disk 0 create big.vhd --size 2040G
made big.vhd vhd dynamic $((2040 * gib)) $((2 * mib)) 512
disk 0 create r.raw --size 5T
made r.raw raw fixed $((5 << 40)) 0 512
disk 0 create r.bin --format raw --type fixed --size 3M
disk 0 inspect r.bin --format raw --json
[ "$(value Size)" = $((3 * mib)) ] || fail "a raw disk of 3M: $out"
disk 0 create any --size 1g
made any vhdx dynamic $gib $((32 * mib)) 512
! has_qemu || [ "$(qemu-img info --output=json v.vhd | grep -c '"virtual-size": 104857600')" = 1 ] || fail "qemu-img sees another size in v.vhd"

# text for people
disk 0 inspect a.vhdx
[[ $out == *"Format       vhdx, dynamic"* && $out == *"10 GiB (10737418240 bytes)"* ]] || fail "inspect: $out"

# --plan changes nothing, and its command line does what it says
disk 0 create "my disk.vhdx" --size 4096M --plan
[[ $out == *"would do: create my disk.vhdx, a dynamic disk in the format vhdx of 4 GiB"* ]] || fail "plan: $out"
[ ! -e "my disk.vhdx" ] || fail "the plan made the file"
line=$(sed -n 's/^command line: bulkhead //p' <<<"$out")
eval "'$bulkhead' $line" || fail "the plan's command line: $line"
made "my disk.vhdx" vhdx dynamic $((4 * gib)) $((32 * mib)) 512

# help
disk 0 create --help
[[ $out == "Usage: bulkhead disk create FILE"* && $out == *--size* && $out == *--parent* && $out == *--plan* ]] || fail "help: $out"
disk 0 --help
for verb in create convert inspect compact resize merge reconnect check; do
	[[ $out == *"  $verb "* ]] || fail "help does not name $verb"
	"$bulkhead" disk $verb --help | grep -q "^Usage: bulkhead disk $verb" || fail "help of $verb"
done
exit $failed
