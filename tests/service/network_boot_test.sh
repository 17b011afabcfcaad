#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Managed machines that boot from the network: a NAT switch with a folder for them, a legacy adapter; saved in GRUB's menu, which
# then goes on to read by the same adapter; a cable that is put in while iPXE waits for it; refusals.
# network_boot_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
tests=$(dirname "$(dirname "$(realpath "$0")")")
[ -e /usr/lib/ipxe/qemu/pxe-rtl8139.rom ] || { echo 'skipped: ipxe-qemu is missing'; exit 77; }
command -v grub-mkimage >/dev/null || { echo 'skipped: grub-mkimage is missing'; exit 77; }
service_begin "$@"
[ -x "$(dirname "$vmms")/../switch/bulkhead-switch" ] || { echo 'skipped: built without bulkhead-switch'; exit 77; }
service_start
chmod 755 "$dir"
echo 'set timeout=-1; menuentry "From the network" { cat /marker; cat /marker; sleep 60 }' >grub.cfg
"$tests/pc/make-grub-network" served grub.cfg || { echo 'skipped: GRUB makes nothing for PXE here'; exit 77; }
echo 'the marker was read' >served/marker
chmod 644 served/marker

no 'no adapter' 2 'legacy network adapter' vm create pxe --memory 64M --boot network
no 'a word that is none' 2 'NAME,legacy' vm create pxe --memory 64M --switch nat,old
no 'a part of a path' 2 'no whole path' switch create boot --tftp-folder served
no 'a bad name' 2 'File of network boot' switch create boot --boot-file 'a b'
no 'of a private one' 2 'has no such setting' switch create boot --kind private --boot-file grub.0
ok 'a switch' '' switch create boot --tftp-folder "$dir/nowhere" --boot-file boot.ipxe
ok 'what it serves' 'nat.boot-file +boot.ipxe' switch show boot
ok 'a machine' '' vm create pxe --memory 64M --boot network --switch boot --switch nat
ok 'of which one adapter is a legacy one' '' vm show pxe --json
check 'the first' test "$(tr -d '\n ' <out | grep -o '"kind":"[a-z]*","mac"\|"kind":"legacy"' | head -n 1)" = '"kind":"legacy"'
ok 'as people read it' 'adapter 0 .*switch boot, legacy' vm show pxe
no 'one must stay' 2 'legacy network adapter' vm set pxe --adapter 0,kind=synthetic
no 'at most four' 2 'at most 4 legacy' vm create many --switch nat,legacy --switch nat,legacy --switch nat,legacy --switch nat,legacy \
	--switch nat,legacy
ok 'start' '' vm start pxe
ok 'nothing is there' '' vm wait pxe --for 'boot.ipxe...' --timeout 60
check 'the log says why' timeout 60 sh -c "until '$bulkhead' event list --limit 50 >events; grep -q 'nowhere: nothing can be booted from this folder' events; do sleep 0.2; done"
ok 'off' '' vm off pxe
ok 'the right folder' '' switch edit boot --tftp-folder "$dir/served"
ok 'start' '' vm start pxe
ok "GRUB's menu" '' vm wait pxe --for 'From the network' --timeout 90
ok 'save' '' vm save pxe
ok 'its state' 'Saved' vm list
ok 'start' '' vm start pxe
ok 'Enter' '' vm key pxe enter
ok 'it reads by the same adapter' '' vm wait pxe --for 'the marker was read' --timeout 60
ok 'the cable is pulled' '' vm set pxe --adapter 0,switch=
no 'the kind is for machines that are off' 1 'while the machine is off|shut it down' vm set pxe --adapter 0,kind=synthetic
ok 'reset' '' vm reset pxe
ok 'iPXE waits' '' vm wait pxe --for 'Waiting for link-up' --timeout 60
ok 'the cable is put in' '' vm set pxe --adapter 0,switch=boot
ok "GRUB's menu" '' vm wait pxe --for 'From the network' --timeout 90
ok 'frames were counted' '' vm statistics pxe --json
cp out figures
check 'in both ways' grep -Eq '"network-bytes": [1-9][0-9]{4}' figures
ok 'off' '' vm off pxe
ok 'deleted' '' vm delete pxe
finish
