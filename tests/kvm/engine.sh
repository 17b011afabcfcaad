#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The hypervisor's tests and real guests on the KVM engine, in nested AMD-V: the bare guest of tests/vp with 1, 2 and 4
# processors, with and without Hyper-V's interface; the sample guest with 1 and 2 processors and its VMBus.
. "$(dirname "$0")/lib.sh"
put "$build/vmm/cli/bulkhead" /b/vmm/cli/bulkhead
put "$build/vmm/worker/bulkhead-vmwp" /b/vmm/worker/bulkhead-vmwp
put "$build/tests/vp/vp_test" /b/vp_test
cp "$build/tests/vp/vp_guest.bin" "$top/.build/guest/vmlinuz" "$top/.build/guest/initrd" "$work/tree/b/"
cat >"$work/tree/b/run" <<'END'
guest() { # PROCESSORS COMMAND
	/b/vmm/cli/bulkhead run --engine kvm --switch none --kernel /b/vmlinuz --initrd /b/initrd --memory 256 --processors $1 \
		--append "console=ttyS0 quiet bulkhead.run=\"$2\" bulkhead.end=poweroff"
}
for n in 1 2 4; do
	/b/vp_test /b/vp_guest.bin $n kvm >/tmp/out 2>&1 && echo "plain $n passed" || { tail -n 20 /tmp/out; echo "plain $n failed"; }
	/b/vp_test /b/vp_guest.bin $n kvm enlightened >/tmp/out 2>&1 && echo "enlightened $n passed" || { tail -n 20 /tmp/out; echo "enlightened $n failed"; }
done
for n in 1 2; do
	guest $n "nproc; dmesg | grep Hypervisor; ls /sys/bus/vmbus/devices | wc -l; dmesg | grep -ic -e WARNING: -e BUG: -e hung" >/tmp/out 2>&1
	tr -d '\r' </tmp/out
	echo "guest $n: $?"
done
END
in_bed 280 "sh /b/run" || { cat "$work/out"; fail "the bed ended with status $?"; }
for n in 1 2 4; do
	for kind in plain enlightened; do
		grep -q "^$kind $n passed" "$work/out" || { cat "$work/out"; fail "the $kind bare guest with $n processors"; }
	done
done
grep -c "Hypervisor detected: Microsoft Hyper-V" "$work/out" | grep -qx 2 || { cat "$work/out"; fail "the sample guest sees no Hyper-V"; }
grep -c "bulkhead: exit status" "$work/out" | grep -qx 2 || { cat "$work/out"; fail "the sample guest did not come to its end"; }
echo "nested AMD-V: bare guests with 1, 2 and 4 processors, the sample guest with 1 and 2"
