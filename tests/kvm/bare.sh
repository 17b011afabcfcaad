#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The hypervisor's own tests (tests/vp: registers, paging, interrupts, timers, SynIC ...) on the KVM engine, in nested AMD-V:
# with 1, 2 and 4 VPs, with and without Hyper-V's interface; and what may go wrong beside the guest (robust_test.c).
. "$(dirname "$0")/lib.sh"
put "$build/tests/vp/vp_test" /b/vp_test
put "$build/tests/kvm/robust_test" /b/robust_test
cp "$build/tests/vp/vp_guest.bin" "$work/tree/b/"
cat >"$work/tree/b/run" <<'END'
for n in 1 2 4; do
	for kind in plain enlightened; do
		argument=$kind
		[ $kind = enlightened ] || argument=
		timeout 40 /b/vp_test /b/vp_guest.bin $n kvm $argument >/tmp/out 2>&1 && echo "$kind $n passed" || { grep -v '^ok' /tmp/out; tail -n 1 /tmp/out; }
	done
done
timeout 60 /b/robust_test $$ >/tmp/out 2>&1 && echo "robust passed" || cat /tmp/out
END
in_bed 350 "sh /b/run" || { status=$?; cat "$work/out"; fail "the bed ended with status $status"; }
for n in 1 2 4; do
	for kind in plain enlightened; do
		grep -q "^$kind $n passed" "$work/out" || { cat "$work/out"; fail "the $kind bare guest with $n VPs"; }
	done
done
grep -q "^robust passed" "$work/out" || { cat "$work/out"; fail "robust_test"; }
echo "nested AMD-V: bare guests with 1, 2 and 4 VPs"
