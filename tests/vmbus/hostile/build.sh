#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build.sh OUT SOURCE-DIR TOP CC...: links the bare guest.
set -eu
out=$1 dir=$2 top=$3
shift 3
"$@" -std=gnu17 -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only -fno-stack-protector -O2 -mcmodel=small \
	-fno-sanitize=all -U_FORTIFY_SOURCE -fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -Wall -Wextra \
	-I"$dir" -I"$top/vmm" -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -Wl,-T,"$dir/link.ld" -o "$out" \
	"$dir/start.S" "$dir/main.c" "$dir/machine.c" "$dir/bus.c" "$dir/attack.c"
