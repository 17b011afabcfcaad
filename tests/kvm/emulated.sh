#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The bare guest's tests (tests/vp), one by one, on page-table-based KVM: a /dev/kvm on a processor without virtualization, whose kernel
# emulates all that runs in a guest's kernel. As far as its emulator goes: what it cannot do stands below with the reason; each test of
# the guest is run or named here. emulated.sh VP_TEST VP_GUEST
set -u
here=$(cd "$(dirname "$0")" && pwd)
cannot() {
	cat <<-'END'
		simple_faults          an instruction of AVX-512
		page_faults            an access across two pages is done in part before it faults
		user_mode              INT n in user mode gives #UD
		single_step            INT3
		breakpoints            a breakpoint on data is met once instead of twice
		no_hyperv              VMCALL never ends
		hypercall_rights       VMCALL never ends
		reference_time         the TSCs of two VPs are not the same
		guest_idle             interrupts are taken some instructions late
		self_ipi               interrupts are taken some instructions late
		sti_shadow             interrupts are taken some instructions late
		nmi                    interrupts are taken some instructions late
		apic_timer             interrupts are taken some instructions late
		x2apic                 interrupts are taken some instructions late
		ipis                   waits for thousands of interrupts, each of milliseconds
		ordering               takes ten seconds of two processors
		supervisor_protection  STAC, CLAC
		atomics                CMPXCHG16B
		sse                    MULPD
		simd_exception         LDMXCSR
		x87                    FLD1
		avx_xsave              an instruction of AVX
		device_not_available   ADDPS
		survives               MOVQ from a general register
	END
}

[ -e /dev/kvm ] || { echo "skipped: no /dev/kvm"; exit 77; }
! grep -qwE 'vmx|svm' /proc/cpuinfo || { echo "skipped: this processor has virtualization; kvm-bare runs all of them"; exit 77; }
{ : <>/dev/kvm; } 2>/dev/null || { echo "skipped: /dev/kvm may not be opened by this user"; exit 77; }
out=$(mktemp "${TMPDIR:-/tmp}/bulkhead-emulated.XXXXXX")
trap 'rm -f "$out"' EXIT
tests=$(sed -n '/^const struct named_test/,/^};/p' "$here"/../vp/guest/t_*.c | grep -oE '\{ "[a-z0-9_]+"' | tr -d '{ "')
passed=0 failed=0
for name in $(cannot | cut -d' ' -f1); do
	grep -qx "$name" <<<"$tests" || { echo "$name: there is no such test any more"; failed=$((failed + 1)); }
done
for name in $tests; do
	! cannot | grep -q "^$name " || continue
	if timeout 100 "$1" "$2" 2 kvm enlightened only "$name" >"$out" 2>&1 && grep -qx "ok $name" "$out"; then
		passed=$((passed + 1))
	else
		echo "FAILED: $name"
		grep -v '^processor' "$out"
		failed=$((failed + 1))
	fi
done
echo "page-table-based KVM: $passed tests of the bare guest passed, $failed failed, $(cannot | wc -l) are beyond its emulator"
[ $failed = 0 ] && [ $passed -gt 30 ]
