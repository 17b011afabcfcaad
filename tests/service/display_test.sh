#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The maximum resolution of a machine as its guest's DRM driver sees it, and its screen fitted to a window while it runs.
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

# sized WIDTH,HEIGHT: what its frame buffer has now, by the guest's own word
sized() {
	"$bulkhead" vm type linux "echo size \$(cat /sys/class/graphics/fb0/virtual_size) of-$1" --serial --enter
	ok "the guest has $1" '' vm wait linux --for "size $1 of-$1" --timeout 60
}
# screen_has NAME TEXT: within a minute
screen_has() {
	local until=$((SECONDS + 60))
	until "$bulkhead" vm screen "$1" | grep -q -- "$2"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.2
	done
}
# fits NAME SIZE: as soon as its driver is there
fits() {
	local until=$((SECONDS + 60))
	until "$bulkhead" vm screen "$1" --fit "$2"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.2
	done
}

"$bulkhead" vm type linux 'echo the quick brown fox >/dev/tty0; dmesg -c >/dev/null' --serial --enter
check 'text' screen_has linux 'the quick brown fox'
sized 1024,768
ok 'what would be done' 'would do: .*within 1200x730 .*such as a desktop, lose it' vm screen linux --fit 1200x730 --plan
sized 1024,768
ok 'another size' '' vm screen linux --fit 1280x750
sized 1280,720
check 'its text is there still' screen_has linux 'the quick brown fox'
ok 'a smaller one' '' vm screen linux --fit 800x600
sized 800,600
ok 'the same' '' vm screen linux --fit 850x640
ok 'at once after that' '' vm screen linux --fit 1280x1024
sized 1280,1024
check 'its text is there still' screen_has linux 'the quick brown fox'
"$bulkhead" vm type linux 'dmesg | grep -i hyperv | grep -i -e error -e fail -e warn -e timed; echo no-"more-trouble"' --serial --enter
ok 'what the kernel says' '' vm wait linux --for no-more-trouble --timeout 60
console_has linux 1 no-more-trouble
check 'no trouble' bash -c '! grep -i hyperv console | grep -v dmesg | grep -i -e error -e fail -e warn -e timed'
no 'more than it may' 2 '1920x1080: the screen of linux may have 1280x1024 at most; .*--display-maximum' vm screen linux --fit 1920x1080
no 'too small' 2 '600x400: the smallest' vm screen linux --fit 600x400
no 'no size' 2 'give one such as' vm screen linux --fit 600
no 'a plan of nothing' 2 'without --fit' vm screen linux --plan
# Saved while its driver starts again, it goes on in its next life.
"$bulkhead" vm screen linux --fit 1024x768 >/dev/null 2>&1 &
fit=$!
ok 'save' '' vm save linux
wait "$fit"
no 'not while it is saved' 1 'linux is saved; start it' vm screen linux --fit 1024x768
ok 'go on' '' vm start linux
check 'its text is there again' screen_has linux 'the quick brown fox'
check 'and it can have another size' fits linux 800x600
sized 800,600
ok 'off' '' vm off linux
ok 'a guest without the driver' '' vm create other --kernel kernel --append spin --memory 32M
ok 'start' '' vm start other
no 'no driver' 1 'driver of the synthetic screen .* shows nothing now; .*modprobe' vm screen other --fit 1280x800
ok 'off' '' vm off other
no 'not while it is off' 1 'linux is off; start it' vm screen linux --fit 1024x768
finish
