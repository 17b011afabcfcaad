#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The hypervisor's own tests (tests/vp: registers, paging, interrupts, timers, SynIC ...) on the KVM engine, in nested AMD-V:
# with 1, 2 and 4 VPs, with and without Hyper-V's interface; that a guest sees the same processor and the same interface on both engines
# (guest/t_view.c); a guest in real mode (real_mode_test.c); its processor (processor_test.c); a state of another clock (clock_test.c); dirty pages (dirty_test.c); what may go wrong beside the guest
# (robust_test.c); what people without permission are told, and what the host check says of hosts that this one is not (fake_kvm.c).
. "$(dirname "$0")/lib.sh"
put "$build/tests/vp/vp_test" /b/vp_test
put "$build/tests/kvm/robust_test" /b/robust_test
put "$build/tests/kvm/real_mode_test" /b/real_mode_test
put "$build/tests/kvm/dirty_test" /b/dirty_test
put "$build/tests/kvm/processor_test" /b/processor_test
put "$build/tests/kvm/clock_test" /b/clock_test
put "$build/vmm/cli/bulkhead" /b/vmm/cli/bulkhead
put "$build/vmm/worker/bulkhead-vmwp" /b/vmm/worker/bulkhead-vmwp
mkdir -p "$work/tree/etc"
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n' >"$work/tree/etc/passwd"
gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC -o "$work/tree/b/fake_kvm.so" "$here/fake_kvm.c" -ldl || fail "fake_kvm.c"
cp "$build/tests/vp/vp_guest.bin" "$top/.build/guest/vmlinuz" "$work/tree/b/"
cat >"$work/tree/b/run" <<'END'
for n in 1 2 4; do
	for kind in plain enlightened; do
		argument=$kind
		[ $kind = enlightened ] || argument=
		timeout 100 /b/vp_test /b/vp_guest.bin $n kvm $argument >/tmp/out 2>&1 && echo "$kind $n passed" || { grep -v '^ok' /tmp/out; tail -n 1 /tmp/out; }
	done
done
for cpu in compatible host; do
	for engine in kvm translate; do
		timeout 60 /b/vp_test /b/vp_guest.bin 1 $engine enlightened $cpu view 2>&1 | sed '/^processor/d; s/^\(e 40000022\) .*/\1/' >/tmp/$cpu-$engine
	done
	# The frequency of the TSC is measured anew. "host" is whatever the engine can, but for Hyper-V's interface, without its hints.
	[ $cpu = compatible ] || sed -i -e '/^[ce] 4000[0-9a-f][0-9a-f][0-9a-f][0-9a-f]/!d' -e 's/^\(c 40000004 0\) [0-9a-f]*/\1/' /tmp/host-*
	wc -l /tmp/$cpu-kvm
	diff /tmp/$cpu-kvm /tmp/$cpu-translate && echo "the same $cpu processor"
done
timeout 60 /b/real_mode_test kvm >/tmp/out 2>&1 && echo "real mode passed" || cat /tmp/out
timeout 60 /b/processor_test >/tmp/out 2>&1 && echo "the processor passed" || cat /tmp/out
timeout 60 /b/clock_test >/tmp/out 2>&1 && echo "the clock passed" || cat /tmp/out
for way in kvm kvm-bitmap; do
	timeout 60 /b/dirty_test $way >/tmp/out 2>&1 && echo "dirty pages ($way) passed" || cat /tmp/out
	tail -n 1 /tmp/out
done
timeout 60 /b/robust_test $$ >/tmp/out 2>&1 && echo "robust passed" || cat /tmp/out
for kind in real absent denied busy version capability held locked full emulated; do
	FAKE_KVM=$kind LD_PRELOAD=/b/fake_kvm.so timeout 60 /b/vmm/cli/bulkhead host check 2>&1 | sed -n "s|^Engine  *|host $kind: |p"
done
# Workers get no variables: it is loaded into every program, and /fake_kvm says what it does.
echo /b/fake_kvm.so >/etc/ld.so.preload
for kind in absent held locked full slots processors broken; do
	echo $kind >/fake_kvm
	timeout 60 /b/vmm/cli/bulkhead run --engine kvm --kernel /b/vmlinuz --memory 96 --processors 2 </dev/null 2>&1 | sed -n "s|^bulkhead|run $kind|p"
done
rm /etc/ld.so.preload
chmod 755 / /b && chmod 600 /dev/kvm
for command in "run --engine kvm --kernel /b/vmlinuz" "host check"; do
	timeout 60 su -s /bin/sh nobody -c "/b/vmm/cli/bulkhead $command" 2>&1 | sed "s|^|nobody, $command: |"
done
END
in_bed 850 "sh /b/run" || { status=$?; cat "$work/out"; fail "the bed ended with status $status"; }
for n in 1 2 4; do
	for kind in plain enlightened; do
		grep -q "^$kind $n passed" "$work/out" || { cat "$work/out"; fail "the $kind bare guest with $n VPs"; }
	done
done
for cpu in compatible host; do
	grep -q "^the same $cpu processor" "$work/out" || { cat "$work/out"; fail "the engines show different processors ($cpu)"; }
	[ "$(sed -n "s|^\([0-9]*\) /tmp/$cpu-kvm|\1|p" "$work/out")" -gt 40 ] || { cat "$work/out"; fail "what the guest sees ($cpu) is too little"; }
done
grep -q "^real mode passed" "$work/out" || { cat "$work/out"; fail "real_mode_test"; }
grep -q "^the processor passed" "$work/out" || { cat "$work/out"; fail "processor_test"; }
grep -q "^the clock passed" "$work/out" || { cat "$work/out"; fail "clock_test"; }
for way in "kvm) passed" "kvm-bitmap) passed" "rings: 0 failures" "bitmaps: 0 failures"; do
	grep -q "$way" "$work/out" || { cat "$work/out"; fail "dirty_test: $way"; }
done
grep -q "^nobody, run .*/dev/kvm may not be opened by this user; add the user to the group kvm" "$work/out" || { cat "$work/out"; fail "run without permission"; }
grep -q "^nobody, host check: /dev/kvm  *missing  *this user may not open it" "$work/out" || { cat "$work/out"; fail "host check without permission"; }
told() { # KIND TEXT: what the host check says of such a host
	grep -qE "^host $1: .*$2" "$work/out" || { cat "$work/out"; fail "what the host check says of a host: $1"; }
}
told real "good  *auto takes the kvm: the processor's virtualization, through KVM"
told absent 'limited  *auto takes the translator: there is no /dev/kvm though the processor can virtualize; load kvm_intel or kvm_amd, .*firmware'
told denied 'limited  *.*may not be opened by this user; add the user to the group kvm'
told busy 'limited  *.*held by another program; stop it'
told version 'limited  *.*another version of the interface; use a newer kernel'
told capability 'limited  *.*KVM lacks what we need .*; use Linux 5.16 or newer'
told held "limited  *.*another hypervisor holds the processor's virtualization; stop it"
told locked 'limited  *.*switch virtualization .* on in the firmware'
told full 'limited  *.*no memory left for a machine; stop other programs'
told emulated 'limited  *.*KVM emulates the instructions.*load kvm_intel or kvm_amd instead'
ran() { # KIND TEXT: what "bulkhead run" says there
	grep -qE "^run $1: .*$2" "$work/out" || { cat "$work/out"; fail "what a machine says of a host: $1"; }
}
ran absent '--engine kvm: there is no /dev/kvm though the processor can virtualize; .*; give --engine auto'
ran held "--engine kvm: another hypervisor holds the processor's virtualization; stop it"
ran locked '--engine kvm: KVM does not run guest code here; switch virtualization .* on in the firmware'
ran full '--engine kvm: KVM has no memory left for a machine; stop other programs'
ran slots 'the memory cannot be given to the guest: No space left on device; .*use a newer kernel or give --engine translator'
ran processors 'the processors cannot be made: Cannot allocate memory; give fewer with --processors'
ran broken "KVM cannot reach the guest's memory on processor 0 at rip 0x"
grep -q "^robust passed" "$work/out" || { cat "$work/out"; fail "robust_test"; }
echo "nested AMD-V: bare guests with 1, 2 and 4 VPs"
