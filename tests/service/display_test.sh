#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The maximum resolution of a machine as its guest's DRM driver sees it.
# display_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
sample_guest amd64
service_begin "$@"
service_start

# modes NAME: what it offers its guest
modes() {
	ok 'start' '' vm start "$1"
	ok 'its shell' '' vm wait "$1" --for 'guest# ' --timeout 120
	"$bulkhead" vm type "$1" 'modprobe hyperv_drm; until cat /sys/class/drm/card*-*/modes | grep -q x; do sleep 0.1; done; echo modes: $(cat /sys/class/drm/card*-*/modes) all""-of-them' --serial --enter
	ok 'its modes' '' vm wait "$1" --for all-of-them --timeout 60
	console_has "$1" 1 all-of-them
	tr -d '\r\n' <console | sed 's/.*modes: \([0-9 x]*\) all-of-them.*/\1/'
}
ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --append 'console=ttyS0 quiet' --memory 512M \
	--display-maximum 1280x1024
modes linux >modes
check 'the largest' grep -qw 1280x1024 modes
check 'smaller ones' bash -c 'grep -qw 1024x768 modes && grep -qw 640x480 modes'
check 'no larger one' bash -c '! grep -Eqw "(1[3-9]..|2...)x[0-9]*" modes'
finish
