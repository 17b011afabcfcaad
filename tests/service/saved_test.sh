#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines that are saved and go on: a Linux guest with two processors, a disk, a network and its integration components, in the
# middle of its work. It must not notice, but for its clock. saved_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL [ROUNDS]
set -u
rounds=${5:-2}
. "$(dirname "$(realpath "$0")")/lib.sh"
sample_guest
service_begin "$@"
service_start
in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }
console() { timeout 3 "$bulkhead" vm connect linux --look 2>/dev/null </dev/null | tr -d '\r'; }
folder() { echo "$dir"/data/storage/*; }

# within a minute
within() { local until=$((SECONDS + 60)); while [ $SECONDS -lt $until ]; do "$@" && return 0; sleep 0.1; done; return 1; }
empty_shows() { within eval '"$bulkhead" vm screen empty >screen2 && cmp -s screen2 "'"$1"'"'; }
empty_reboots() { within eval '"$bulkhead" vm list | grep -q "^empty .*the guest restarted"'; }

network=
[ ! -x "$(dirname "$vmms")/../switch/bulkhead-switch" ] || network='--switch nat'
# shellcheck disable=SC2086
ok 'create' '' vm create linux $network --kernel "$guest/vmlinuz" --initrd "$guest/initrd" \
	--append 'console=ttyS0 quiet' --memory 256M --processors 2 --disk new:64M --cpu compatible
no 'not one that is off' 1 'linux is off; it cannot be saved; start it first' vm save linux
no 'nothing to delete' 1 'linux is off; it cannot be rid of a saved state' vm delete-saved linux
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 120
in_guest 'modprobe -a hv_storvsc sd_mod hv_utils hv_netvsc af_packet; while [ ! -b /dev/sda ]; do sleep 0.1; done; echo re""ady'
ok 'its disk' '' vm wait linux --for ready --timeout 60
if [ -n "$network" ]; then
	in_guest 'while [ ! -e /sys/class/net/eth0 ]; do sleep 0.1; done; ifconfig eth0 10.0.2.15 up; echo net""work'
	ok 'its network' '' vm wait linux --for network --timeout 60
fi
# Each processor adds up numbers and says so after each round, always the same; the disk is written and read; and it counts.
in_guest 'work() { while [ ! -e /tmp/stop ]; do s=0 i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); s=$(((s * 31 + i) % 1000003)); done; echo "work-$1-$s-"; done; }'
in_guest 'work a & work b & (n=0; while [ ! -e /tmp/stop ]; do n=$((n + 1)); echo "count-$n-"; sleep 0.2; done) &'
in_guest 'dd if=/dev/urandom of=/tmp/noise bs=1M count=8 2>/dev/null; (w=0; while [ ! -e /tmp/stop ]; do dd if=/tmp/noise of=/dev/sda bs=64k seek=$((w % 4 * 128)) conv=fsync 2>/dev/null; w=$((w + 1)); echo "writ""ten-$w-"; done) &'
ok 'it works' '' vm wait linux --for written-2- --timeout 120

for round in $(seq "$rounds"); do
	ok 'a plan' 'linux is saved: memory and devices go to the disk' vm save linux --plan
	ok "save $round" '' vm save linux
	ok 'it is saved' 'linux +Saved' vm list
	check 'its file' test -s "$(folder)/saved-state" -a ! -e "$(folder)/saved-state.new"
	no 'not twice' 1 'linux is saved; it cannot be saved' vm save linux
	no 'its memory stays' 1 'Startup memory \(MiB\): this can be changed only while the machine is off' vm set linux --memory 512M
	no 'no disk comes' 1 'linux' vm set linux --disk new:16M,controller=scsi
	[ "$round" != 1 ] || { service_kill 9; service_start; ok 'for another service, too' 'linux +Saved' vm list; }
	before=$(date +%s)
	ok "start $round" '' vm start linux
	ok 'it runs' 'linux +Running' vm list
	check 'its file is gone' test ! -e "$(folder)/saved-state"
	in_guest "echo cl\"\"ock-$round-\$(date +%s)-"
	ok 'it answers' '' vm wait linux --for "clock-$round-" --timeout 60
	# what the console of the new worker has is from after the start
	check 'it counts on' console_has linux 3 'count-[0-9]+-'
	check 'both processors work' console_has linux 2 'work-[ab]-[0-9]+-'
	check 'its disk is written' console_has linux 2 'written-[0-9]+-'
	console >now
	check 'always the same sum' test "$(grep -Eo 'work-[ab]-[0-9]+-' now | cut -d- -f3 | sort -u | wc -l)" = 1
	check 'nothing was begun anew' test "$(grep -Ec 'count-[123]-' now)" = 0
	clock=$(grep -Eo "clock-$round-[0-9]+-" now | head -n 1 | cut -d- -f3)
	check 'its clock is right' test "${clock:-0}" -ge "$((before - 5))" -a "${clock:-0}" -le "$(($(date +%s) + 2))"
	if [ -n "$network" ]; then
		in_guest "ping -c 2 -w 20 10.0.2.2 >/tmp/ping; grep -o '[0-9]* packets received' /tmp/ping | sed 's/^/ping-$round-/'"
		ok 'its network answers' '' vm wait linux --for "ping-$round-2 packets received" --timeout 60
	fi
done
in_guest 'touch /tmp/stop; sleep 1; sync; echo 3 >/proc/sys/vm/drop_caches; head -c 8388608 /dev/sda | cmp - /tmp/noise && echo sa""me'
ok 'its disk is as it was written' '' vm wait linux --for same --timeout 60

# A disk that was changed since does not fit to what is in memory.
ok 'save' '' vm save linux
cp -p "$(folder)/linux.vhdx" before.vhdx
touch "$(folder)/linux.vhdx"
no 'another disk' 1 'linux.vhdx was changed since the machine was saved.*vm delete-saved linux' vm start linux
no 'nor the second time' 1 'linux.vhdx was changed since the machine was saved.*--force' vm start linux
ok 'saved as before' 'linux +Saved' vm list
cp -p "$(folder)/linux.vhdx" other.vhdx
cp "$(folder)/saved-state" whole
# Nor does a file that was cut, or damaged.
"$bulkhead" vm delete-saved linux --plan >plan 2>&1
check 'a plan of deleting' grep -q 'loses its saved state' plan
ok 'give it up' '' vm delete-saved linux
ok 'off' 'linux +Off' vm list
check 'nothing is left' test ! -e "$(folder)/saved-state" -a ! -e "$(folder)/saved-state.conf"
for damage in cut header memory; do
	cp whole "$(folder)/saved-state"
	case $damage in
	cut) truncate -s 100M "$(folder)/saved-state" ;;
	header) printf 'x' | dd of="$(folder)/saved-state" bs=1 seek=60 conv=notrunc status=none ;;
	memory) printf 'bad' | dd of="$(folder)/saved-state" bs=1 seek=$((20 << 20)) conv=notrunc status=none ;;
	esac
	service_kill TERM
	service_start
	ok "found ($damage)" 'linux +Saved' vm list
	no "refused ($damage)" 1 'its saved state cannot be taken back: its? ?(memory|header|is|it)?' vm start linux
	ok "saved as before ($damage)" 'linux +Saved' vm list
	ok 'give it up' '' vm delete-saved linux
done

# A PC in its firmware, with its screen and keyboard; and a machine that is paused.
if [ -e /usr/share/seabios/bios-256k.bin ]; then
	ok 'create a PC' '' vm create empty --memory 64M --disk new:16M --cdrom none
	ok 'start it' '' vm start empty
	ok 'its screen' '' vm wait empty --for 'No bootable device' --timeout 60
	"$bulkhead" vm screen empty >screen1
	ok 'save' '' vm save empty
	ok 'go on' '' vm start empty
	check 'its screen is as it was' empty_shows screen1
	ok 'pause' '' vm pause empty
	ok 'save a paused one' '' vm save empty
	ok 'go on' '' vm start empty
	ok 'it runs' 'empty +Running' vm list
	ok 'ctrl-alt-del' '' vm key empty ctrl-alt-del
	check 'it hears its keyboard' empty_reboots
	ok 'off' '' vm off empty

	# What a disk depends on must not change either; by force it goes on all the same, and the events say so.
	"$bulkhead" disk create base.vhdx --size 16M --block-size 1M && "$bulkhead" disk create child.vhdx --parent base.vhdx
	ok 'a disk with a parent' '' vm create child --memory 64M --disk "$dir/child.vhdx" --cdrom none
	ok 'start it' '' vm start child
	ok 'its screen' '' vm wait child --for 'No bootable device' --timeout 60
	ok 'save' '' vm save child
	ok 'nothing was changed' '' vm start child
	ok 'save again' '' vm save child
	touch base.vhdx
	no 'its parent was changed' 1 'base.vhdx was changed since the machine was saved' vm start child
	service_kill TERM
	service_start
	no 'a later service knows it, too' 1 'base.vhdx was changed since the machine was saved.*--force, which may damage' vm start child
	ok 'a plan' 'even when its disks were changed' vm start child --force --plan
	no 'a plan is no force' 1 'base.vhdx was changed' vm start child
	ok 'by force' '' vm start child --force
	ok 'its screen' '' vm wait child --for 'No bootable device' --timeout 60
	ok 'the events say so' 'it goes on although .*base.vhdx was changed' event list
	ok 'off' '' vm off child
fi
finish
