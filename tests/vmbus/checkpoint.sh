#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# checkpoint.sh BULKHEAD VMMS WORKER MAKE_KERNEL: production checkpoints of a guest with Debian's hv_vss_daemon: its file system is clean in
# them, with what was never synced; it goes on; and what is made of a guest that cannot stand still
set -u
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
for program in mkfs.ext4 e2fsck debugfs dumpe2fs; do
	command -v $program >/dev/null || { echo "skipped: $program is missing (e2fsprogs)"; exit 77; }
done
guest=$("$here/build-guest" "${GUEST_FLAVOUR:-amd64}") || { echo "$guest"; exit 1; }
. "$here/../service/lib.sh"
service_begin "$@"
service_start

in_guest() { # NAME COMMAND TEXT: types it, and waits until the guest says this, which is said once only
	name=$1 count=$((count + 1))
	"$bulkhead" vm type linux "$2" --serial --enter >out 2>err || { fail 'not typed'; return; }
	"$bulkhead" vm wait linux --for "text:$3" --timeout 120 >out 2>err || fail "the guest does not say $3"
}
kind_of() { "$bulkhead" checkpoint list linux --json | tr '{' '\n' | grep "\"name\": \"$1\"" | grep -o '"kind": "[^"]*"' | cut -d'"' -f4; }
worker_pid() { cut -d' ' -f1 run/workers/*.run; }

truncate -s 32M fs.raw
mkfs.ext4 -q fs.raw
ok 'its disk' '' disk convert "$dir/fs.raw" "$dir/fs.vhdx"
ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd-vmbus" --append 'console=ttyS0 quiet' --memory 256M \
	--disk "$dir/fs.vhdx"
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 120
in_guest 'its file system' 'modprobe -q crc32c_generic; modprobe -a -q ext4 hv_storvsc sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; mkdir -p /fs; mount /dev/sda /fs && echo moun""ted' mounted

# Without the daemon.
ok 'only production' '' vm set linux --checkpoint-type production-only
no 'not without the daemon' 1 'no production checkpoint can be made: .*hv_vss_daemon' checkpoint create linux never
check 'there is none' test -z "$("$bulkhead" checkpoint list linux --json | grep never)"
ok 'it runs' 'linux .*Running' vm list
ok 'or standard' '' vm set linux --checkpoint-type production
ok 'a plan' 'file systems stand still, or with its memory' checkpoint create linux plan --plan
ok 'without the daemon' '' checkpoint create linux memory
check 'with its memory' test "$(kind_of memory)" = standard
ok 'the reason is told' 'standard one, with its memory: .*hv_vss_daemon' event list --vm linux

# With it.
in_guest 'the daemon' 'hv_vss_daemon; echo star""ted' started
in_guest 'a file that nobody synced' 'echo unsynced >/fs/file; echo wri""tten' written
before=$(worker_pid)
ok 'a checkpoint' '' checkpoint create linux production
check 'of its disks' test "$(kind_of production)" = production
check 'without memory' test "$(ls data/checkpoints/*/*.state | wc -l)" = 1
check 'in the same worker' test "$(worker_pid)" = "$before"
thawed() { local _; for _ in {1..60}; do "$bulkhead" vm show linux | grep -Eq 'IsFrozen +false' && return 0; sleep 0.5; done; return 1; }
check 'it goes on' thawed
in_guest 'and writes' 'echo more >/fs/more && sync && echo mo""re' more
ok 'standard only' '' vm set linux --checkpoint-type standard
ok 'is as before' '' checkpoint create linux standard
check 'has memory' test "$(kind_of standard)" = standard

# As it was then.
ok 'apply' '' checkpoint apply linux production
ok 'which leaves it off' 'linux .*Off' vm list
image=$(sed -n '/^\[disk 0\]/,/^\[/s/^path=//p' data/vms/*.conf)
case $image in /*) ;; *) image=$(ls -d "$dir"/data/storage/*)/$image ;; esac
ok 'its content' '' disk convert "$image" "$dir/then.raw"
dumpe2fs -h then.raw >head 2>/dev/null
check 'it needs no recovery' test -z "$(grep needs_recovery head)"
check 'it is clean' e2fsck -fn then.raw
check 'with the file' grep -q unsynced <(debugfs -R 'cat file' then.raw 2>/dev/null)
check 'and not the later one' test -z "$(debugfs -R 'cat more' then.raw 2>/dev/null)"

# All of them are deleted while it writes.
ok 'start again' '' vm start linux
ok 'its shell again' '' vm wait linux --for 'guest# ' --timeout 120
in_guest 'its file system again' 'modprobe -q crc32c_generic; modprobe -a -q ext4 hv_storvsc sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; mkdir -p /fs; mount /dev/sda /fs && echo mounted-"a"gain' mounted-again
in_guest 'it writes' '(n=0; while [ ! -e /stop ]; do n=$((n + 1)); seq $n $((n + 2000)) >/fs/n$((n % 50)); [ $((n % 10)) != 0 ] || sync; [ $n != 100 ] || echo many-"f"iles; done; echo it-"e"nded) &' many-files
for name in standard production memory; do
	ok "delete $name" '' checkpoint delete linux $name
	check "$name: it runs on" test "$("$bulkhead" vm list | grep -c 'linux .*Running')" = 1
done
merged() { local _; for _ in {1..240}; do [ -z "$(ls data/storage/*/*.avhdx 2>/dev/null)" ] && return 0; sleep 0.5; done; ls data/storage/*; return 1; }
check 'its disks are merged' merged
in_guest 'it ends' 'touch /stop' it-ended
in_guest 'what it has' 'rm /fs/n0; cat /fs/n* | md5sum | cut -c1-32 >/fs/sum; umount /fs && echo un"m"ounted' unmounted
ok 'off' '' vm off linux
ok 'is off' '' vm wait linux --for off --timeout 60
ok 'its content now' '' disk convert "$dir/fs.vhdx" "$dir/now.raw"
check 'it is clean now' e2fsck -fn now.raw
mkdir all && for n in $(seq 49); do debugfs -R "dump n$n all/n$n" now.raw >/dev/null 2>&1; done
check 'all files are as they were' test "$(cat all/n* | md5sum | cut -c1-32)" = "$(debugfs -R 'cat sum' now.raw 2>/dev/null)"
finish
