#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pc.sh [PROCESSORS]: an installed Debian on an IDE disk of an enlightened generation 1 machine: firmware and boot loader read it through the
# emulated controller, Linux finds it once, on the VMBus. Reset while it writes, started again, files compared, switched off, checked.
# A VHDX, so that more than data could go wrong. Long: PC_LONG=1 ./check storage-pc
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "${PC_LONG:-}" = 1 ] || { echo "skipped: takes a minute of processor time; PC_LONG=1 ./check runs it"; exit 77; }
BULKHEAD=${VMBUS_BUILD:?}/vmm/cli/bulkhead
. "$here/../guest/lib.sh"
only_bulkhead "a generation 1 machine"
PATH=$PATH:/usr/sbin:/sbin
"$top/tests/pc/build-media" debian || fail "no Debian can be made"
"$program" disk convert "$top/.build/pc/debian.img" "$work/debian.vhdx" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
guest_prompt='guest:~# '
guest_command() {
	command=("$program" run --disk "$work/debian.vhdx" --memory 512M --processors "${processors:-1}" --timeout 600)
}
processors=${1:-1}
log_in() {
	guest_expect 'guest login:' 240 && guest_send root && guest_expect 'Password:' && guest_send bulk && guest_expect ':~# ' 60
	guest_send "bind 'set enable-bracketed-paste off'; stty -echo cols 1000; PS1='guest# '"
	sleep 1
}

guest_start
log_in
guest_run 'ls -d /sys/block/sd*; readlink -f /sys/block/sda | grep -o VMBUS; dmesg | grep -c "ATA device ignore set"'
[[ $guest_output == *"/sys/block/sda"*VMBUS*1 ]] || fail "the disk is not on the VMBus, or twice there: $guest_output"
guest_run 'for i in 1 2 3 4; do head -c 20000000 /dev/urandom >/srv/$i; done; sync; md5sum /srv/? >/srv/sums; sync'
# Reset at once, with writes under way
guest_send '(while :; do dd if=/dev/urandom of=/srv/x bs=1M count=20 oflag=direct 2>/dev/null; done) & sleep 2; echo b >/proc/sysrq-trigger'
log_in
guest_run 'md5sum -c /srv/sums; ls /srv' 60 || fail "files are damaged after a reset: $guest_output"
guest_run "dmesg | grep -E 'EXT4-fs error|I/O error|BUG:'" && fail "the kernel complains: $guest_output"
guest_send poweroff
guest_wait 90
expect_status 0
"$program" disk check "$work/debian.vhdx" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
"$program" disk convert "$work/debian.vhdx" "$work/debian.img" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
fsck.ext4 -fn "$work/debian.img?offset=1048576" >"$work/log" 2>&1 || fail "fsck: $(tail -n 5 "$work/log")"
test_ok "$processors processors"
