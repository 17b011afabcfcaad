#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a guest's console in a graphics mode says is waited for and printed as text. text_guest.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/../service/lib.sh"
sample_guest amd64 # whose driver of the synthetic screen needs no PCI
service_begin "$@"
service_start

ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --append 'console=tty0 console=ttyS0 quiet' --memory 512M
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 120
"$bulkhead" vm screen linux --follow >follow 2>&1 &
follower=$!
# Only the screen has the result.
# shellcheck disable=SC2016
ok 'typing' '' vm type linux 'echo "the screen says $((6 * 7)) and no more" >/dev/tty0' --serial --enter
ok 'waiting for it' '' vm wait linux --for 'the screen says 42 and no more' --timeout 60
ok 'printing it' 'the screen says 42 and no more' vm screen linux --text
no 'another text' 124 '' vm wait linux --for 'the screen says 43' --timeout 1
followed() {
	for _ in $(seq 600); do
		grep -q 'the screen says 42 and no more' follow && return 0
		sleep 0.1
	done
	cat follow
	return 1
}
check 'it is followed' followed
ok 'off' '' vm off linux
check 'with the machine it ends' wait $follower
finish
