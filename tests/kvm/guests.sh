#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same guests as on the translator, on the KVM engine in nested AMD-V: Debian's kernel booted directly with 1 and 2 processors,
# its VMBus disk written and read, its VMBus network used both ways; GRUB from an ISO to its menu and from there by keyboard;
# with KVM_LONG=1 a disk with GRUB on which Linux is installed, too, with a VMBus disk and network beside it, 1 and 2 processors (GRUB
# reads kernel and initrd by the firmware, a word at a time, six exits for each sector, which is most of the minute or two that each takes), and a machine whose
# worker gets signals at random, at least a thousand, loses nothing.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
put "$build/vmm/cli/bulkhead" /b/vmm/cli/bulkhead
put "$build/vmm/worker/bulkhead-vmwp" /b/vmm/worker/bulkhead-vmwp
put "$build/vmm/switch/bulkhead-switch" /b/vmm/switch/bulkhead-switch
put "$build/tests/pc/screen" /b/screen
cp "$top/.build/guest/vmlinuz" "$work/tree/b/"
mkdir -p "$work/tree/usr/share/seabios"
cp /usr/share/seabios/*.bin "$work/tree/usr/share/seabios/" || { echo "skipped: no SeaBIOS"; exit 77; }

# The sample guest with what uses its disk and its network.
make_guest() {
	mkdir -p "$work/more/bin"
	gcc -std=gnu17 -D_GNU_SOURCE -O2 -static -o "$work/more/bin/transfer" "$top/tests/net/transfer.c" || fail "transfer.c"
	install -m 755 "$top/tests/net/udhcpc.script" "$work/more/bin/"
	cat >"$work/more/bin/devices" <<-'END'
		#!/bin/sh
		modprobe -q hv_storvsc; modprobe -q hv_netvsc; modprobe -q sd_mod
		for i in $(seq 100); do [ -b /dev/sda ] && [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
		readlink /sys/class/net/eth0/device/driver
		dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null
		dd if=/tmp/data of=/dev/sda bs=4k seek=100 oflag=direct 2>/dev/null && echo 3 >/proc/sys/vm/drop_caches
		dd if=/dev/sda bs=4k skip=100 count=256 iflag=direct 2>/dev/null | cmp - /tmp/data && echo "disk is right"
		ip link set eth0 up; udhcpc -i eth0 -n -q -s /bin/udhcpc.script
		transfer get 10.0.2.2 9000 1; transfer put 10.0.2.2 9000 1
		echo "processors $(nproc), complaints $(dmesg | grep -c -e WARNING: -e BUG: -e 'blocked for more')"
	END
	cat >"$work/more/bin/installed" <<-'END'
		#!/bin/sh
		modprobe -q ata_piix; modprobe -q hv_storvsc; modprobe -q hv_netvsc; modprobe -q sd_mod
		for i in $(seq 100); do [ -b /dev/sda1 ] && [ -b /dev/sdb ] && [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
		root=sda other=sdb; [ -b /dev/sda1 ] || { root=sdb; other=sda; }
		mkdir -p /mnt; mount /dev/${root}1 /mnt && chroot /mnt /start; umount /mnt
		dd if=/dev/urandom of=/tmp/data bs=64k count=16 2>/dev/null
		dd if=/tmp/data of=/dev/$other bs=4k oflag=direct 2>/dev/null && echo 3 >/proc/sys/vm/drop_caches
		dd if=/dev/$other bs=4k count=256 iflag=direct 2>/dev/null | cmp - /tmp/data && echo "its VMBus disk is right"
		ip link set eth0 up; udhcpc -i eth0 -n -q -s /bin/udhcpc.script
		transfer get 10.0.2.2 9000 1
		echo "processors $(nproc), complaints $(dmesg | grep -c -e WARNING: -e BUG: -e 'blocked for more')"
	END
	cat >"$work/more/bin/disturbed" <<-'END'
		#!/bin/sh
		sum() { s=0 i=0; while [ $i -lt 40000 ]; do i=$((i + 1)); s=$(((s * 31 + i) % 1000003)); done; echo "sum $s"; }
		for n in 1 2 3; do sum & sum & devices; wait; done
	END
	chmod 755 "$work/more/bin/"{devices,installed,disturbed}
	cp "$top/.build/guest/initrd" "$work/tree/b/initrd"
	truncate -s %4 "$work/tree/b/initrd"
	(cd "$work/more" && find . | cpio -o -H newc --quiet -R 0:0) >>"$work/tree/b/initrd"
	cp "$work/more/bin/transfer" "$work/tree/b/"
}

# An installed system: kernel, a small initrd (each MiB less saves a second or two) that finds the disk, and its root on the same partition.
make_installed() {
	local root=$work/installed
	mkdir -p "$root"/{boot/grub,bin}
	cp /bin/busybox "$root/bin/"
	printf '#!/bin/busybox sh\nbusybox touch /written && echo "installed system runs"\n' >"$root/start"
	chmod 755 "$root/start"
	cp "$top/.build/guest/vmlinuz" "$root/boot/"
	gzip -9 <"$work/tree/b/initrd" >"$root/boot/initrd"
	cat >"$work/grub.cfg" <<-'END'
		set timeout=0
		menuentry "Linux" {
			linux /boot/vmlinuz console=ttyS0 quiet bulkhead.run=installed bulkhead.end=poweroff
			initrd /boot/initrd
		}
	END
	(cd "$work" && "$top/tests/pc/make-grub-disk" "$root" grub.cfg "$work/tree/b/installed.img" 64 ext2) >"$work/log" 2>&1
}

# What runs in a bed. Each machine ends at its own limit; the bed's is above their sum.
start_bed() {
	cat <<-'END'
		ip link set lo up
		/b/transfer serve 127.0.0.1 9000 >/dev/null &
		run="/b/vmm/cli/bulkhead run --engine kvm"
		cd /tmp
		truncate -s 64M disk.img
	END
}

direct_script() {
	start_bed
	cat <<-'END'
		for n in 1 2; do
			$run --timeout 200 --kernel /b/vmlinuz --initrd /b/initrd --memory 256 --processors $n --disk disk.img,controller=scsi \
				--append "console=ttyS0 quiet bulkhead.run=devices bulkhead.end=poweroff" </dev/null 2>&1 | sed "s/^/direct $n: /"
		done
		if [ -e /b/grub.iso ]; then
			$run --timeout 200 --memory 64 --cdrom /b/grub.iso --display unix:display </dev/null >serial 2>&1 &
			/b/screen display wait 40 'Entry Two' key down key enter wait 20 'this is two' && echo "grub: menu and entry"
			wait $!
			echo "grub: status $?"
		fi
	END
}

# A machine that works while its worker gets signals, and one whose worker is killed.
disturbed_script() { # SEED
	start_bed
	cat <<-END
		linux="\$run --timeout 300 --kernel /b/vmlinuz --initrd /b/initrd --memory 256 --processors 2 --disk disk.img,controller=scsi"
		worker() { until process=\$(pidof bulkhead-vmwp); do sleep 0.1; done; }
		\$linux --append "console=ttyS0 quiet bulkhead.run=disturbed bulkhead.end=poweroff" </dev/null >out 2>&1 &
		worker
		/b/disturb \$process $1 && echo "enough signals"
		wait \$!
		sed "s/^/disturbed: /" out
		\$linux --append "console=ttyS0 quiet" </dev/null >out 2>&1 &
		worker
		sleep 1
		kill -KILL \$process
		wait \$!
		echo "killed: status \$?"
		sed "s/^/killed: /" out
	END
}

installed_script() { # PROCESSORS
	start_bed
	cat <<-END
		\$run --timeout 500 --memory 256 --processors $1 --disk /b/installed.img --disk disk.img,controller=scsi --switch nat </dev/null 2>&1 |
			sed "s/^/installed $1: /"
	END
}

in_bed_by() { # SECONDS SCRIPT ARGUMENT...
	local limit=$1 status
	shift
	"$@" >"$work/tree/b/run"
	in_bed "$limit" "sh /b/run" || { status=$?; cat "$work/out"; fail "the bed ended with status $status"; }
	[ -z "${KEEP:-}" ] || cat "$work/out" >>"$KEEP"
}

make_disturb() {
	gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static -o "$work/tree/b/disturb" "$here/disturb.c" || fail "disturb.c"
}

sum() { # what the guest of disturbed_script adds up
	local s=0 i
	for ((i = 1; i <= 40000; i++)); do s=$(((s * 31 + i) % 1000003)); done
	echo "$s"
}

expect() { # TIMES REGEX
	[ "$(grep -acE "$2" "$work/out")" = "$1" ] || { cat "$work/out"; fail "not $1 times: $2"; }
}

make_guest
skipped=
if "$top/tests/pc/build-media" grub >"$work/log" 2>&1; then
	cp "$top/.build/pc/grub.iso" "$work/tree/b/"
else
	skipped="; no GRUB ISO: $(tail -n 1 "$work/log")"
fi
in_bed_by 400 direct_script
for n in 1 2; do
	expect 1 "^direct $n: disk is right"
	expect 1 "^direct $n: get 1 MiB"
	expect 1 "^direct $n: put 1 MiB"
	expect 1 "^direct $n: processors $n, complaints 0"
	expect 1 "^direct $n: bulkhead: exit status 0"
done
[ ! -e "$work/tree/b/grub.iso" ] || { expect 1 "^grub: menu and entry"; expect 1 "^grub: status 0"; }
passed="Debian with 1 and 2 processors, disk and network; GRUB from an ISO"
[ "${KVM_LONG:-}" = 1 ] || { echo "nested AMD-V: $passed$skipped"; exit 0; }

make_disturb
in_bed_by 700 disturbed_script $((RANDOM + 1))
expect 1 "^enough signals"
expect 6 "^disturbed: sum $(sum)$"
expect 3 "^disturbed: disk is right"
expect 3 "^disturbed: get 1 MiB"
expect 3 "^disturbed: put 1 MiB"
expect 3 "^disturbed: processors 2, complaints 0"
expect 1 "^disturbed: bulkhead: exit status 0"
expect 1 "^killed: status 1"
expect 1 "^killed: bulkhead: .*the worker process was killed; the machine is lost"
passed="$passed; signals at random"

make_installed || { echo "nested AMD-V: $passed$skipped; no disk: $(tail -n 1 "$work/log")"; exit 0; }
for n in 1 2; do
	in_bed_by 600 installed_script "$n"
	expect 1 "^installed $n: installed system runs"
	expect 1 "^installed $n: its VMBus disk is right"
	expect 1 "^installed $n: get 1 MiB"
	expect 1 "^installed $n: processors $n, complaints 0"
	expect 1 "^installed $n: bulkhead: exit status 0"
done
echo "nested AMD-V: $passed$skipped; an installed disk with 1 and 2 processors, VMBus disk and network"
