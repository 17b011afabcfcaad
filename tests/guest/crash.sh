#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# crash.sh: a triple fault ends with 3, the time limit with 124; a panic shows on the console
. "$(dirname "$0")/lib.sh"
only_bulkhead "exit statuses are those of bulkhead run"

guest_start --append 'reboot=triple bulkhead.end=reboot'
guest_wait 60
expect_status 3
grep -qi 'triple fault' "$work/errors" || fail "no sentence says that it was a triple fault"
[ "$(wc -l <"$work/errors")" -le 2 ] || fail "more than a sentence on standard error"

guest_start --timeout 12 --append 'bulkhead.end=panic panic=0'
guest_expect 'Kernel panic - not syncing: sysrq triggered crash' 60
guest_wait 30
expect_status 124
test_ok "triple fault, panic, time limit"
