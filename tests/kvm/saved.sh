#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Partitions that are saved and go on, in nested AMD-V: the bare guest of tests/vp moves to a new partition again and again, on the KVM
# engine, and between it and the translator. It must not notice. With one
# VP, since with two QEMU itself crashes now and then.
. "$(dirname "$0")/lib.sh"
put "$build/tests/vp/vp_test" /b/vp_test
cp "$build/tests/vp/vp_guest.bin" "$work/tree/b/"
cat >"$work/tree/b/run" <<'END'
for way in "1 kvm plain saved kvm" "1 kvm enlightened saved kvm" "1 kvm plain saved translate kvm" "1 kvm enlightened saved translate kvm"; do
	timeout 100 /b/vp_test /b/vp_guest.bin $way >/tmp/out 2>&1 && echo "$way: passed, $(grep moved /tmp/out)" || { grep -v '^ok' /tmp/out; tail -n 1 /tmp/out; }
done
END
in_bed 500 "sh /b/run" || { cat "$work/out"; fail "the bed ended with status $?"; }
[ "$(grep -c ': passed, moved [1-9]' "$work/out")" = 4 ] || { cat "$work/out"; fail "a guest that moves"; }
grep ': passed' "$work/out"
