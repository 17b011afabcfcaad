#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# screen.sh FLAVOUR PROCESSORS: the synthetic screen, keyboard and mouse of a real guest. Debian's standard kernel (amd64) drives
# them with hyperv_drm in a machine without PCI, its cloud kernel (cloud-amd64) with hyperv_fb in a generation 1 PC. What
# the console prints must be on the screen; keys and pointer must arrive at evdev.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
flavour=$1
processors=$2
guest=$top/.build/guest
[ "$flavour" = cloud-amd64 ] || guest=$top/.build/guest-$flavour
work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-screen.XXXXXX")
: >"$work/console"
machine=
cleanup() {
	[ -z "$machine" ] || { kill "$machine" 2>/dev/null; wait "$machine" 2>/dev/null; }
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

fail() {
	echo "FAILED: $*"
	tail -c 2000 "$work/console" | tr -d '\r' | cat -v
	exit 1
}

# await SECONDS TEXT: until the guest has printed it on its serial console
await() {
	local end=$((SECONDS + $1))
	until grep -qa -- "$2" "$work/console"; do
		kill -0 "$machine" 2>/dev/null && [ $SECONDS -lt $end ] || fail "the guest did not say \"$2\""
		sleep 0.2
	done
}

(
	flock 9
	GUEST_KERNEL=$flavour "$top/tests/guest/build-sample" "$guest" >"$work/build" 2>&1
) 9>"$top/.build/console.lock" || { cat "$work/build"; exit 1; }

# The preferred size is asked for when the driver starts: it takes another one when it is started again.
driver=hyperv_drm options=() again='cd /sys/bus/vmbus/drivers/hyperv_drm; d=$(ls | grep -e -....-); echo $d >unbind; sleep 1; echo $d >bind;
for i in $(seq 50); do [ -e /sys/class/graphics/fb0/virtual_size ] && break; sleep 0.1; done; echo size $(cat /sys/class/graphics/fb0/virtual_size); cd /;'
[ "$flavour" = amd64 ] || { driver=hyperv_fb options=(--generation 1) again=; }
# shellcheck disable=SC2016
commands='modprobe -a evdev '$driver' hyperv-keyboard hid-hyperv;
echo the quick brown fox >/dev/tty0; echo driver $(cat /proc/fb);
for i in /sys/class/input/event*; do echo input $(basename $i) $(cat $i/device/name); done;
for i in /dev/input/event*; do timeout 12 od -An -v -tx2 -w24 $i & done; echo ready;
wait; '$again'
dmesg | grep -i hyperv | grep -v -i command | grep -i -e error -e fail -e timed && echo trouble; echo done'
printf '%s\n' "$commands" | tr -d '\n' >"$work/command"
"$BULKHEAD" run --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --memory 512 --processors "$processors" --timeout 120 \
	--display "unix:$work/display" "${options[@]}" \
	--append "console=tty0 console=ttyS0 quiet bulkhead.run=\"$(cat "$work/command")\" bulkhead.end=poweroff" \
	</dev/null >"$work/console" 2>&1 &
machine=$!

await 90 "^ready"
grep -qa "^driver 0 $driver" "$work/console" || fail "no frame buffer of $driver"
grep -qa "input event[0-9]* AT Translated Set 2 keyboard" "$work/console" || fail "no keyboard"
grep -qa "input event[0-9]* Microsoft Vmbus HID-compliant Mouse" "$work/console" || fail "no mouse"
"$LOOK" "$work/display" wait 20 "the quick brown fox" key 1e key e048 move 100 32767 0 move 16000 3 1 mode >"$work/look" ||
	fail "$(cat "$work/look")"
[ "$(tail -n 1 "$work/look")" = 1024x768 ] || fail "the screen is $(tail -n 1 "$work/look"), not 1024x768"
# type, code, value (low, high)
await 10 "0001 001e 0001 0000" # KEY_A down
await 10 "0001 001e 0000 0000"
await 10 "0001 0067 0001 0000" # KEY_UP
await 10 "0003 0000 0064 0000" # ABS_X
await 10 "0003 0001 7fff 0000" # ABS_Y
await 10 "0001 0110 0001 0000" # BTN_LEFT
"$LOOK" "$work/display" wait 10 "the quick brown fox" >"$work/look" || fail "$(cat "$work/look")"
if [ -n "$again" ]; then
	"$LOOK" "$work/display" size 1280 720 >"$work/look" || fail "$(cat "$work/look")"
	await 60 "^size 1280,720"
fi
await 40 "^done"
! grep -qa "^trouble" "$work/console" || fail "the drivers complained"
wait "$machine" || fail "the machine ended with status $?"
machine=
echo "$driver, $processors processors: screen, keyboard, mouse"
