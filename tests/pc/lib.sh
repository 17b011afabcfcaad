# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of whole generation 1 machines: builds media, starts machines, looks at their screens.
#
#   BULKHEAD   the program
#   SCREEN     tests/pc/screen
#   PC_SLOW    multiplies every time limit (default 1)
#   PC_LONG    1: the long ones too
#   PC_OPTIONS for all machines (default --no-enlightenments: the emulated disks and the VGA adapter are tested here; a
#              guest that finds a VMBus leaves them for its synthetic ones)
#   PC_MEDIA   where build-media keeps its files (default .build/pc of this checkout)
# Exit status 77 = skipped.
set -u
PATH=$PATH:/usr/sbin:/sbin
bulkhead=$(realpath "${BULKHEAD:?}")
screen=$(realpath "${SCREEN:?}")
slow=${PC_SLOW:-1}
options=${PC_OPTIONS---no-enlightenments}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
media=${PC_MEDIA:-$(cd "$here/../.." && pwd)/.build/pc}
work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-pc.XXXXXX") || exit 1
pid=
name=
machine_seconds=300
failed=0 count=0

cleanup() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
cd "$work" || exit 1

skip() { echo "skipped: $*"; exit 77; }
need() { for tool; do command -v "$tool" >/dev/null || skip "$tool is missing"; done; }
need_file() { for file; do [ -e "$file" ] || skip "$file is missing"; done; }
only_long() { [ "${PC_LONG:-}" = 1 ] || skip "takes minutes of processor time; PC_LONG=1 ./check runs it"; }
need_file /usr/share/seabios/bios-256k.bin

fail() {
	echo "FAILED: $name: $*"
	failed=$((failed + 1))
	tail -n 20 firmware.log 2>/dev/null | sed 's/^/    firmware: /'
	tail -c 600 serial.log 2>/dev/null | cat -v | tail -n 10 | sed 's/^/    serial: /'
	sed 's/^/    /' errors 2>/dev/null
}

# machine NAME OPTION...: starts one, for at most $machine_seconds; its serial port goes to serial.log, and say() types there
machine() {
	name=$1
	shift
	count=$((count + 1))
	rm -f display serial.in serial.log firmware.log
	mkfifo serial.in
	exec 8<>serial.in
	# shellcheck disable=SC2086
	"$bulkhead" run $options --name "$name" --display unix:display --serial stdio --firmware-log firmware.log \
		--timeout $((machine_seconds * slow)) "$@" <serial.in >serial.log 2>errors 8>&- &
	pid=$!
}

say() { printf '%s\n' "$*" >&8; }

# look COMMAND...: what screen.c can do
look() {
	"$screen" display "$@" 2>screen.log || { fail "the screen"; sed 's/^/    /' screen.log; return 1; }
}

# ends STATUS SECONDS: the machine ends by itself
ends() {
	local status
	timeout $(($2 * slow)) tail --pid="$pid" -f /dev/null || { fail "it did not end in $2 s"; quit; return 1; }
	wait "$pid"
	status=$?
	pid=
	[ "$status" = "$1" ] || fail "status $status instead of $1"
}

quit() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
	pid=
}

on_serial() { # SECONDS TEXT
	local i
	for ((i = 0; i < $1 * slow * 10; i++)); do
		grep -qaF -- "$2" serial.log 2>/dev/null && return
		sleep 0.1
	done
	fail "not on the serial port: $2"
}

finish() {
	echo "$count machines, $failed failures"
	[ "$failed" = 0 ] && [ "$count" -gt 0 ]
	exit
}

# isolinux_iso FILE MENU: a disc with isolinux and menu.c32 or vesamenu.c32
isolinux_iso() {
	local modules=/usr/lib/syslinux/modules/bios
	need xorriso
	need_file /usr/lib/ISOLINUX/isolinux.bin "$modules/menu.c32"
	rm -rf disc
	mkdir -p disc/isolinux
	cp /usr/lib/ISOLINUX/isolinux.bin "$modules"/{ldlinux,menu,vesamenu,libcom32,libutil,reboot,poweroff}.c32 disc/isolinux/
	cat >disc/isolinux/isolinux.cfg <<-X
		DEFAULT $2
		PROMPT 0
		MENU TITLE A disc
		LABEL one
		  MENU LABEL First entry
		  COM32 poweroff.c32
		LABEL two
		  MENU LABEL Second entry
		  COM32 reboot.c32
	X
	xorriso -as mkisofs -quiet -o "$1" -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot \
		-boot-load-size 4 -boot-info-table disc 2>/dev/null || skip "xorriso fails here"
}

# grub_disk FILE: a raw disk with GRUB, which shows a menu and halts
grub_disk() {
	mkdir -p root
	echo "the marker was read" >root/marker
	cat >grub.cfg <<-'X'
		serial --unit=0 --speed=115200
		terminal_output console serial
		set timeout=-1
		menuentry "From the disk" { cat /marker; halt }
	X
	"$here/make-grub-disk" root grub.cfg "$1" 32 ext2 || skip "no disk with GRUB can be made here"
}

# medium WHAT: builds what build-media knows; its file is in $media
medium() {
	"$here/build-media" --dir "$media" "$1" >media.log 2>&1 || skip "$(tail -n 1 media.log)"
}
