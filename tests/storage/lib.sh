# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of storage with real guests: tests/vmbus/lib.sh, with a raw disk (LUN 0), a VHDX (LUN 1) and the tools
# of build-tools (LUN 2), read-only, mounted in the guest on /mnt. DISK_MIB is the size of the disks (default 256).
storage=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$storage/../.." && pwd)
for program in mmdebstrap mke2fs fsck.ext4; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || { echo "skipped: there is no $program"; exit 77; }
done
"$storage/build-tools" || exit 1
. "$storage/../vmbus/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
bulkhead=$build/vmm/cli/bulkhead
size=${DISK_MIB:-256}
raw=$work/raw.img
vhdx=$work/disk.vhdx
truncate -s "${size}M" "$raw"
"$bulkhead" disk create "$vhdx" --size "${size}M" >"$work/log" 2>&1 || fail "no VHDX can be made: $(cat "$work/log")"
drive_options=(--disk "$raw" --disk "$vhdx" --disk "$top/.build/storage/tools.img,readonly")

# A shell that completes words by tabs reads what is typed: lines become commands of one line.
eval "typed_$(declare -f guest_run)"
guest_run() {
	local text=${1//$'\n'/; }
	typed_guest_run "${text//$'\t'/}" "${@:2}"
}

# In the guest: `lun N` names the disk (the letters are given in no order), `has N` says whether it is there with its size,
# `wait_for COMMAND...` tries for 20 s. `tool PROGRAM ARGS...` is one of Debian's.
storage_boot() {
	guest_boot "$@"
	storage_prepare
}

storage_prepare() {
	guest_run 'lun() { for d in /sys/bus/scsi/devices/${2:-0}:0:0:$1/block/*; do [ -e $d ] && echo /dev/${d##*/}; done; }; has() { for d in /sys/bus/scsi/devices/${2:-0}:0:0:$1/block/*; do [ "$(cat $d/size 2>/dev/null || echo 0)" -gt 0 ]; done; }; wait_for() { n=0; until "$@"; do n=$((n + 1)); [ $n -lt 200 ] || return; sleep 0.1; done; }; tool() { chroot /mnt /usr/bin/env PATH=/usr/bin:/usr/sbin:/bin:/sbin "$@"; }
		modprobe -q crc32c_generic; modprobe -q ext4; modprobe hv_storvsc; modprobe sd_mod; modprobe sr_mod
		wait_for has 0; wait_for has 1; wait_for has 2
		mount -o ro $(lun 2) /mnt && mount -t devtmpfs dev /mnt/dev && mount -t proc proc /mnt/proc && mount -t sysfs sys /mnt/sys && mount -t tmpfs tmp /mnt/tmp' ||
		fail "the disks do not come"
	guest_run 'grep -h . /sys/bus/scsi/devices/0:0:0:[01]/vendor'
	[[ $guest_output == *Msft*Msft* ]] || fail "other disks than expected: $guest_output"
}

# allocated FILE: MiB on the host
allocated() { echo $(($(stat -c '%b' "$1") * 512 >> 20)); }

# expect_quiet [REGEX]: nothing of the driver or the disks in the kernel's log, but for commands that were refused on purpose (tag#)
# and what the test knows of.
expect_quiet() {
	guest_run "dmesg | grep -E '(hv_|vmbus|storvsc).*([Ee]rror|[Ff]ail|[Uu]nable|[Ii]nvalid|WARN)|I/O error|BUG:|WARNING:|Oops' | grep -vE 'tag#[0-9]+ cmd 0x${1:+|$1}'" &&
		fail "the kernel complains: $guest_output"
	return 0
}
