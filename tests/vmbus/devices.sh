#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# devices.sh PROCESSORS: every synthetic device of a real guest has its driver, and the kernel has nothing to complain of
. "$(dirname "$0")/lib.sh"
truncate -s 16M "$work/disk"
drive_options=(--disk "$work/disk")

guest_boot --processors "${1:-1}"
guest_run 'sleep 1; cd /sys/bus/vmbus/devices; for d in *; do echo "$(basename "$(readlink "$d/driver")") $(cat "$d/class_id")"; done | sort; cd' 30
drivers=$guest_output
grep -qE '^ ' <<<"$drivers" && fail "a device has no driver: $drivers"
for driver in hv_utils hv_balloon hv_storvsc; do
	grep -q "^$driver " <<<"$drivers" || fail "no device of $driver: $drivers"
done
[ "$(grep -c '^hv_utils ' <<<"$drivers")" = 6 ] || fail "not 6 integration services: $drivers"
guest_run 'dmesg | grep -c "hv_vmbus: Vmbus version:5.3"'
[ "$guest_output" = 1 ] || fail "no VMBus 5.3"
expect_no_complaints
guest_power_off
test_ok "$(wc -l <<<"$drivers") devices with their drivers, $1 processors, kernel $flavour"
