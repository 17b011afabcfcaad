#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# utilities.sh PROCESSORS: the integration services of a real guest with its daemons: heartbeat, clock, data exchange both
# ways, file copy, freeze and thaw, reboot and shutdown from the host
. "$(dirname "$0")/lib.sh"
processors=${1:-1}
drive_options=(--network yes)

guest_boot --processors "$processors"
guest_knows '^guest heartbeat=ok$'
guest_knows '^guest shutdown=ready$'

# The clock: set back by an hour, and corrected.
before=$(date +%s)
guest_run 'date -s @$(($(date +%s) - 3600)) >/dev/null; date +%s'
[ $((before - guest_output)) -gt 3000 ] || fail "the clock was not set back: $guest_output"
guest_tell set-clock
guest_run 'n=0; while [ $n -lt 50 ] && [ $(date +%s) -lt '"$before"' ]; do n=$((n + 1)); sleep 0.1; done; date +%s'
now=$(date +%s)
[ $((now - guest_output)) -le 3 ] && [ $((guest_output - now)) -le 1 ] || fail "the guest's clock says $guest_output, it is $now"

# Data exchange, both ways.
guest_run 'hv_kvp_daemon && hv_vss_daemon && hv_fcopy_daemon && echo started'
guest_knows '^guest exchange=ready$' 70
guest_knows '^guest os-build=6\.1\.'
guest_knows '^guest os-name=Debian GNU/Linux$'
guest_knows '^guest architecture=x86_64$'
guest_tell kvp-set key=colour value=blau%C3%A4
guest_heard '^kvp-changed key=colour result=ok$'
guest_run "tr -d '\\0' </var/lib/hyperv/.kvp_pool_0; echo"
[ "$guest_output" = colourblauä ] || fail "the guest reads '$guest_output'"
guest_run "tr -d '\\0' </var/lib/hyperv/.kvp_pool_3; echo"
[[ $guest_output == *'VirtualMachineNametest guest'* ]] || fail "the host's facts are '$guest_output'"
guest_tell kvp-delete key=colour
guest_heard '^kvp-changed key=colour result=ok$'
guest_run 'wc -c </var/lib/hyperv/.kvp_pool_0'
[ "$guest_output" = 0 ] || fail "the pair was not deleted"
# What the guest's user writes: a record of 512 and 2048 bytes.
guest_run "cd /var/lib/hyperv; { printf fruit; head -c 507 /dev/zero; printf apple; head -c 2043 /dev/zero; } >.kvp_pool_1; cd"
guest_tell kvp-read
guest_heard '^kvp pool=1 key=fruit value=apple$'
guest_run ': >/var/lib/hyperv/.kvp_pool_1'
guest_tell kvp-read
guest_heard '^kvp-gone pool=1 key=fruit$'

# The addresses of its adapter, read and set. Its daemon leaves the setting to a script of the distribution.
guest_run 'modprobe hv_netvsc; for i in $(seq 50); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done; ifconfig eth0 10.1.2.3 netmask 255.255.255.0 up; cat /sys/class/net/eth0/address'
guest_tell addresses-get mac=00:15:5d:01:02:03
guest_heard '^addresses result=ok mac=00:15:5d:01:02:03 dhcp=[01] address=10\.1\.2\.3.* netmask=255\.255\.255\.0'
guest_tell addresses-get mac=00:15:5d:01:02:99
guest_heard '^addresses result=invalid'
guest_tell addresses-set mac=00:15:5d:01:02:03 address=10.1.2.4 netmask=255.255.255.0 gateway=10.1.2.1 dns=10.1.2.1
guest_heard '^addresses result='
guest_run 'cat /var/lib/hyperv/ifcfg-eth0'
[[ $guest_output == *IPADDR*=10.1.2.4* ]] || fail "the guest's daemon has written '$guest_output'"
guest_tell 'addresses-set mac=00:15:5d:01:02:03 address=$(reboot)'
guest_heard '^addresses result=invalid'

# A file, of more than one piece.
head -c 100001 /dev/urandom >"$work/file"
sum=$(sha256sum <"$work/file")
guest_tell "copy-in fd=$work/file folder=/tmp/in/here name=copy.bin make-folder=1"
guest_heard '^copied result=ok$'
guest_run 'sha256sum </tmp/in/here/copy.bin'
[ "$guest_output" = "$sum" ] || fail "the copy differs: $guest_output"
guest_tell "copy-in fd=$work/file folder=/tmp/in/here name=copy.bin"
guest_heard '^copied result=exists$'
guest_tell "copy-in fd=$work/file folder=/tmp name=../evil"
guest_heard '^copied result=invalid$'

# Frozen, a file system on a RAM disk takes no writes; thawed, it does.
guest_tell freeze
guest_heard '^frozen result=ok$'
guest_tell freeze
guest_heard '^frozen result=busy$'
guest_tell thaw
guest_heard '^thawed result=ok$'
guest_tell thaw
guest_heard '^thawed result=not-frozen$'

# A pause is no lost heartbeat, and the clock is right afterwards.
guest_tell pause
guest_heard '^paused'
sleep 3
guest_tell resume
guest_heard '^resumed'
guest_run 'sleep 1; date +%s'
now=$(date +%s)
[ $((now - guest_output)) -le 3 ] || fail "after a pause the guest's clock says $guest_output, it is $now"
expect_no_complaints

# Reboot from the host; then the guest finds all of it again, and is shut down.
guest_tell shutdown restart=1
guest_heard '^shutdown result=accepted$'
guest_heard '^guest heartbeat=none$'
guest_restarted
guest_knows '^guest heartbeat=ok$'
guest_knows '^guest shutdown=ready$'
guest_run 'ls /sys/bus/vmbus/drivers/hv_utils | grep -c -'
[ "$guest_output" -ge 6 ] || fail "only $guest_output services have their driver after a reboot"
guest_tell shutdown
guest_heard '^shutdown result=accepted$'
guest_wait 60
expect_status 0
test_ok "integration services with $processors processors, kernel $flavour"
