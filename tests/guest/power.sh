#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# power.sh: restart and power off, and the exit status of each end; with the processor that is the same on all hosts
. "$(dirname "$0")/lib.sh"

guest_boot --processors 2 --cpu compatible
guest_run 'echo marker >/tmp/marker; cat /proc/sys/kernel/random/boot_id' || fail "boot id"
first=$guest_output
guest_send reboot
guest_restarted
guest_run 'ls /tmp; cat /proc/sys/kernel/random/boot_id'
[ "$guest_output" != "$first" ] && [[ $guest_output != *marker* ]] || fail "the guest did not restart: $guest_output"
guest_run 'grep -c ^processor /proc/cpuinfo'
[ "$guest_output" = 2 ] || fail "$guest_output processors after the restart"
guest_run 'grep -E "^(model name|flags)" /proc/cpuinfo'
[ "$runner" = qemu ] || [[ $guest_output == *Compatible\ processor* && $guest_output != *avx* ]] || fail "not the compatible processor: $guest_output"
guest_power_off
test_ok "restart and power off"
