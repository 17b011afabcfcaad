#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Managed machines with real guests: a Linux guest that is paused, resumed, reset and shut down by its power button;
# the firmware on an empty disk, with its screen and keyboard.
# guest_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
sample_guest
service_begin "$@"
service_start

# in_guest COMMAND: types it at the shell of the serial console
in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }

network=
[ ! -x "$(dirname "$vmms")/../switch/bulkhead-switch" ] || network='--switch nat'
# shellcheck disable=SC2086
ok 'create' '' vm create linux $network --kernel "$guest/vmlinuz" --initrd "$guest/initrd" \
	--append 'console=ttyS0 quiet' --memory 256M --disk new:64M --cdrom none
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
in_guest 'modprobe -a hv_storvsc sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; cat /sys/block/sd?/size'
ok 'its new disk' '' vm wait linux --for 131072 --timeout 60

# It counts; while it is paused it does not.
in_guest 'i=0; while [ ! -e /tmp/stop ]; do i=$((i + 1)); echo "count-$i-"; sleep 0.1; done & echo count""ing'
ok 'counting' '' vm wait linux --for 'count-3-' --timeout 60
ok 'pause' '' vm pause linux
# What it has counted to: all that comes in a while, which may be too little on a loaded host, but never too much.
at() { console_has linux 1 'count-3-' && tr -d '\r' <console | grep -Eo 'count-[0-9]+-' | tail -n 1; }
sleep 0.5
before=$(at)
sleep 1
after=$(at)
check 'it stands still' test -n "$before" -a "${after//[^0-9]/}" -le "$((${before//[^0-9]/} + 3))"
ok 'resume' '' vm resume linux
n=${before#count-} n=${n%-}
ok 'it goes on' '' vm wait linux --for "count-$((n + 3))-" --timeout 60

# A shutdown goes through the guest's own integration component.
in_guest 'touch /tmp/stop; modprobe -a hv_utils; echo list""ening'
ok 'it listens' '' vm wait linux --for listening --timeout 60
dd if=/dev/zero of=disc.iso bs=2048 count=64 2>/dev/null
in_guest 'modprobe sr_mod; while [ ! -b /dev/sr0 ]; do sleep 0.1; done; cat /sys/block/sr0/size'
ok 'its empty DVD drive' '' vm wait linux --for sr0/size --timeout 60
ok 'a disc' '' vm set linux --cdrom disc.iso
in_guest 'dd if=/dev/sr0 of=/dev/null bs=2048; echo re""ad'
ok 'it reads the disc' '' vm wait linux --for '64+0 records in' --timeout 60
ok 'no disc any more' '' vm set linux --cdrom none
ok 'the drive is empty' 'dvd, empty' vm show linux
# Disks come, grow and go while it runs; a child of another disk, too.
"$bulkhead" disk create base.vhdx --size 16M --block-size 1M && "$bulkhead" disk create child.vhdx --parent base.vhdx
in_guest 'sizes() { cat /sys/block/sd?/size | tr "\n" " "; }; rescan() { for h in /sys/class/scsi_host/*/scan; do echo "- - -" >$h; done; }'
ok 'one more disk' '' vm set linux --disk "$dir/child.vhdx,controller=scsi"
in_guest 'until sizes | grep -q " 32768 "; do rescan; sleep 0.2; done; echo ca""me'
ok 'the guest sees it' '' vm wait linux --for came --timeout 60
ok 'it is kept' 'scsi:0:2 .*child.vhdx' vm show linux
no 'two at once' 1 'one drive at a time' vm set linux --disk new:16M,controller=scsi --disk new:17M,controller=scsi
no 'in use' 1 'base.vhdx is in use by the virtual machine linux' disk compact "$dir/base.vhdx" --vm linux
ok 'larger' '' vm resize-disk linux scsi:0:2 24M
in_guest 'until sizes | grep -q " 49152 "; do echo 1 >/sys/block/sdb/device/rescan; sleep 0.2; done; echo gr""own'
ok 'the guest sees that' '' vm wait linux --for grown --timeout 60
no 'smaller' 1 'must be larger' vm resize-disk linux scsi:0:2 8M
ok 'off with it' '' vm set linux --detach scsi:0:2
in_guest 'until ! sizes | grep -q " 49152 "; do rescan; sleep 0.2; done; echo go""ne'
ok 'the guest misses it' '' vm wait linux --for gone --timeout 60
ok 'it is free' '' disk compact "$dir/child.vhdx" --vm linux
# Limits of I/O hold at once: 16 reads of 8 KiB at 4 a second take three seconds at least. And end at once: 1000 would take minutes.
timed_reads() { in_guest "s=\$(cut -d. -f1 /proc/uptime); dd if=/dev/sda of=/dev/null bs=8k count=$2 iflag=direct 2>&1; echo reads-$1 \$((\$(cut -d. -f1 /proc/uptime) - s)) sec\"\"onds"; }
took() { console_has linux 1 "reads-$1 [0-9]+ seconds" && tr -d '\r' <console | sed -n "s/.*reads-$1 \([0-9]*\) seconds.*/\1/p"; }
no 'a minimum above the maximum' 2 'minimum of IOPS is above the maximum' vm set linux --drive scsi:0:0,min-iops=9,max-iops=4
ok 'a limit' 'disk 0: the maximum IOPS: 0 → 4' vm set linux --drive scsi:0:0,max-iops=4 --plan
ok 'a limit, live' '' vm set linux --drive scsi:0:0,max-iops=4
timed_reads 1 16
check 'it holds' test "$(took 1)" -ge 3
ok 'no limit' '' vm set linux --drive scsi:0:0,max-iops=0
timed_reads 2 1000
check 'it is gone' took 2
ok 'a limit to be saved with' '' vm set linux --drive scsi:0:0,max-iops=1
in_guest 'for i in $(seq 60); do dd if=/dev/sda of=/dev/null bs=8k count=1 skip=$i iflag=direct 2>/dev/null & done; echo read""ing'
ok 'it reads' '' vm wait linux --for reading --timeout 60
ok 'save does not wait for it' '' vm save linux
ok 'go on' '' vm start linux
ok 'no limit any more' '' vm set linux --drive scsi:0:0,max-iops=0
ok 'one that is made for it' '' vm set linux --disk new:16M,controller=scsi
ok 'it is there' 'scsi:0:2 .*linux-2.vhdx' vm show linux
ok 'and goes again' '' vm set linux --detach scsi:0:2
# The network: a lease from the NAT, also after the service was killed and with it the switch.
lease() { in_guest "modprobe -a hv_netvsc af_packet; while [ ! -e /sys/class/net/eth0 ]; do sleep 0.1; done; ifconfig eth0 up; udhcpc -i eth0 -n -q -s /bin/true; echo lea\"\"se$1"; }
if [ -n "$network" ]; then
	lease 1
	ok 'a lease' '' vm wait linux --for 'lease of 10.0.2.' --timeout 60
	ok 'done' '' vm wait linux --for lease1 --timeout 60
	service_kill 9
	service_start
	lease 2
	ok 'done again' '' vm wait linux --for lease2 --timeout 60
	name='a lease again' count=$((count + 1))
	console_has linux 2 'lease of 10.0.2.' || fail 'no second lease'
	# It follows what its switch becomes, and where its cable goes.
	ok 'another network' 'cable is pulled' switch edit nat --network 192.168.99.0/24 --plan
	ok 'another network' '' switch edit nat --network 192.168.99.0/24
	lease 3
	ok 'a lease of that' '' vm wait linux --for 'lease of 192.168.99.' --timeout 60
	ok 'done with it' '' vm wait linux --for lease3 --timeout 60
	ok 'one without DHCP' '' switch create quiet --network 192.168.98.0/24 --dhcp off
	ok 'its cable goes there' '' vm set linux --adapter 0,switch=quiet
	in_guest 'udhcpc -i eth0 -n -q -t 3 -T 1 -s /bin/true || echo no""lease; ip addr add 192.168.98.7/24 dev eth0; ping -c 1 192.168.98.2 && echo reach""ed'
	ok 'nobody answers' '' vm wait linux --for nolease --timeout 90
	ok 'but the gateway is there' '' vm wait linux --for reached --timeout 60
	ok 'and back' '' vm set linux --adapter 0,switch=nat
	ok 'the other is free' '' switch delete quiet
fi
ok 'its heart beats' 'Heartbeat +ok' vm show linux
# A service comes and goes while it runs; a saved machine keeps those that it has.
beats() { for _ in {1..300}; do "$bulkhead" vm show linux >shown 2>&1 && grep -Eq "^Heartbeat +$1" shown && return 0; sleep 0.1; done; return 1; }
ok 'no heartbeat' '' vm set linux --integration heartbeat=off
check 'it is heard no more' beats none
in_guest 'offers() { cat /sys/bus/vmbus/devices/*/class_id | grep -c "$1"; }; until [ $(offers 57164f39) = 0 ]; do sleep 0.1; done; echo he""art-gone'
ok 'the guest has lost it' '' vm wait linux --for heart-gone --timeout 60
ok 'save without it' '' vm save linux
no 'not while it is saved' 1 'saved with its integration services as they are; start it' vm set linux --integration heartbeat=on
ok 'go on' '' vm start linux
ok 'a heartbeat' '' vm set linux --integration heartbeat=on
check 'it beats again' beats ok
ok 'off and on at once' '' vm set linux --integration shutdown=off
ok 'on' '' vm set linux --integration shutdown=on
in_guest 'until [ $(offers 0e0b6031) = 1 ] && [ "$(ls /sys/bus/vmbus/drivers/hv_utils | grep -c -)" -ge 6 ]; do sleep 0.1; done; echo ba""ck-again'
ok 'it is back' '' vm wait linux --for back-again --timeout 60
# The driver is there; that both have agreed on a version nobody sees from outside. Before that a shutdown is the power button's.
for _ in {1..30}; do "$bulkhead" vm shutdown linux >out 2>&1; "$bulkhead" vm wait linux --timeout 2 >/dev/null 2>&1 && break; done
ok 'it is off' '' vm wait linux --timeout 60
ok 'by itself' 'the guest switched itself off' why linux

# Without one, by the power button: acpid hears it. A drive on the IDE controller makes it a PC, with a VMBus all the same.
ok 'a disk on IDE' '' vm set linux --detach scsi:0:0 --detach scsi:0:1 --disk new:32M,controller=ide
ok 'start as a PC' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
in_guest 'modprobe -a ata_piix sd_mod; while [ ! -b /dev/sda ]; do sleep 0.1; done; cat /sys/block/sd?/size'
ok 'its disk' '' vm wait linux --for 65536 --timeout 60
in_guest 'modprobe -a hv_netvsc; for i in $(seq 100); do [ ! -e /sys/class/net/eth0 ] || break; sleep 0.1; done; ifconfig -a; echo net""work'
ok 'its network' '' vm wait linux --for network --timeout 60
[ -z "$network" ] || check 'a PC has a synthetic adapter, too' console_has linux 1 'eth0 .*HWaddr 00:15:5D'
in_guest 'rmmod hv_utils; modprobe button; modprobe evdev; mkdir -p /etc/acpi/PWRF /var/log /var/run'
in_guest 'printf "#!/bin/sh\npoweroff\n" >/etc/acpi/PWRF/00000080'
in_guest 'chmod +x /etc/acpi/PWRF/00000080; acpid; sleep 1; echo list""ening'
ok 'it listens' '' vm wait linux --for listening --timeout 60
ok 'press the button' '' vm shutdown linux
ok 'it is off' '' vm wait linux --timeout 60
ok 'by itself' 'the guest switched itself off' why linux

# Services that are off are not offered: no heartbeat, no shutdown; the others are there.
ok 'without some services' '' vm set linux --integration heartbeat=off --integration shutdown=off
ok 'start again' '' vm start linux
ok 'its shell again' '' vm wait linux --for 'guest# ' --timeout 90
in_guest 'modprobe hv_vmbus; offers() { cat /sys/bus/vmbus/devices/*/class_id | grep -c "$1"; }; until [ $(offers 9527e630) = 1 ]; do sleep 0.1; done'
in_guest 'echo off""ers $(offers 57164f39) $(offers 0e0b6031) $(offers a9a0f4e7) $(offers 35fa2e29) $(offers 34d14be3)'
ok 'they are not offered' '' vm wait linux --for 'offers 0 0 1 1 1' --timeout 60
no 'so it cannot be asked' 1 'integration service "operating system shutdown" is off.*--integration shutdown=on' vm shutdown linux
in_guest 'touch /tmp/mark; ls /tmp'
ok 'a mark' '' vm wait linux --for mark --timeout 60
ok 'reset' '' vm reset linux
sleep 1 # what the hub remembers is of before
ok 'its shell after the reset' '' vm wait linux --for 'guest# ' --timeout 90
ok 'turn off' '' vm off linux
ok 'it is off' '' vm wait linux --timeout 60

# Nothing to boot from: the firmware says so on the screen.
if [ -e /usr/share/seabios/bios-256k.bin ]; then
	ok 'create an empty PC' '' vm create empty --memory 64M --disk new:16M --cdrom none
	ok 'start it' '' vm start empty
	ok 'its screen' '' vm wait empty --for 'No bootable device' --timeout 60
	ok 'the text of its screen' 'SeaBIOS' vm screen empty
	ok 'a picture' '' vm screenshot empty empty.png
	check 'it is a PNG' test "$(head -c 4 empty.png | tail -c 3)" = PNG
	# A disc comes and goes while it runs; the guest of this one is the firmware, which reads it when it starts again.
	dd if=/dev/zero of=disc.iso bs=2048 count=64 2>/dev/null
	ok 'a disc' '' vm set empty --cdrom disc.iso
	ok 'it is in the drive' 'ide:1:0 dvd, .*disc.iso' vm show empty
	no 'no disc' 1 'nowhere.iso: there is no such file' vm set empty --cdrom nowhere.iso
	ok 'no disc any more' '' vm set empty --cdrom none
	ok 'the drive is empty' 'ide:1:0 dvd, empty' vm show empty
	no 'no disk on IDE' 1 'only discs can be changed, and units of SCSI controllers' vm set empty --disk "new:16M,controller=ide"
	ok 'ctrl-alt-del' '' vm key empty ctrl-alt-del
	ok 'off' '' vm off empty
	ok 'is off' '' vm wait empty --timeout 60
	no 'no screen' 1 'empty is off; start it first' vm screenshot empty x.png
fi
finish
