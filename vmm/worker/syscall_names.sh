#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# syscall_names.sh CC...: the names of x86-64's system calls, as initializers of an array, from the kernel's header.
echo '#include <asm/unistd_64.h>' | "$@" -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/[\2] = "\1",/p' | sort -t'[' -k2n
