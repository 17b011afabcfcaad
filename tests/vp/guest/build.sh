#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh OUT SOURCE-DIR CC... -- FLAGS... -- FILES...: links the freestanding guest and makes a flat image of it.
set -eu
out=$1 dir=$2
shift 2
cc=
while [ "$1" != -- ]; do cc="$cc $1"; shift; done
shift
flags=
while [ "$1" != -- ]; do flags="$flags $1"; shift; done
shift
$cc $flags -I"$dir" -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-T,"$dir/link.ld" -o "$out.elf" "$@"
objcopy -O binary "$out.elf" "$out"
