#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# self-test.sh PROCESSORS: the programs of guest_test inside a guest
. "$(dirname "$0")/lib.sh"
processors=${1:-1}

guest_start --processors "$processors" --timeout 280 --append 'bulkhead.run="guest_test" bulkhead.end=poweroff'
guest_expect 'guest_test: ([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped' 270
passed=${guest_match[1]} failed=${guest_match[2]}
guest_wait
report=$(tr -d '\r' <"$work/console" | grep -E '^(not ok|skip) ')
# QEMU's TCG never raises #XM
[ "$runner" != qemu ] || [ "$report" != "not ok simd-exception: signal 0 code 0" ] || failed=0
[ "$failed" -eq 0 ] || { echo "$report"; fail "$failed of the guest's own tests"; }
expect_status 0
test_ok "$passed tests in the guest, $processors processors${report:+; $report}"
