#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A whole machine moves between the engines, in nested AMD-V: the service keeps a Linux guest with a VMBus disk and network, saves it on KVM,
# goes on with it on the translator, and back; a machine that was told of another processor is refused. KVM_LONG=1: with two processors
# and four times.
. "$(dirname "$0")/lib.sh"
for program in cli/bulkhead service/bulkhead-vmms worker/bulkhead-vmwp switch/bulkhead-switch helpers/bulkhead-disk; do
	put "$build/vmm/$program" "/b/vmm/$program"
done
put "$(command -v bash)" /bin/bash
mkdir -p "$work/tree/etc"
printf 'root:x:0:0::/:/bin/sh\n' >"$work/tree/etc/passwd"
printf 'root:x:0:\n' >"$work/tree/etc/group"
cp "$top"/.build/guest/{vmlinuz,initrd} "$top/tests/service/lib.sh" "$here/engines_inside.sh" "$work/tree/b/"
processors=1 rounds=2
[ "${KVM_LONG:-}" != 1 ] || processors=2 rounds=4
in_bed 900 "bash /b/engines_inside.sh /b/vmm/cli/bulkhead /b/vmm/service/bulkhead-vmms /b/vmm/worker/bulkhead-vmwp $processors $rounds" ||
	{ status=$?; cat "$work/out"; fail "the bed ended with status $status"; }
[ "$(grep -c '^went on on' "$work/out")" = $rounds ] || { cat "$work/out"; fail "not $rounds times on the other engine"; }
grep -E '^(went|bulkhead:|[0-9]+ checks)' "$work/out"
