#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# legacy.sh: a legacy network adapter in a real guest, with Linux's own driver of it: address, DHCP, transfers both ways of what
# the NAT sends in large segments, the driver out and in, a reboot.
. "$(dirname "$0")/lib.sh"
serve
network_options=(--switch nat,legacy --mac 00:15:5d:0a:0b:0c)
guest_boot
load="insmod /modules/mii.ko; insmod /modules/8139too.ko; for i in \$(seq 50); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done"
must "$load; [ -e /sys/class/net/eth0 ]"
must_say 8139too "basename \$(readlink /sys/class/net/eth0/device/driver)"
must_say 00:15:5d:0a:0b:0c "cat /sys/class/net/eth0/address"
must_say 0000:00:09.0 "basename \$(readlink /sys/class/net/eth0/device)"
go_on_line
must_say '100Mb/s' "ethtool eth0"
must_say '^1$' "cat /sys/class/net/eth0/carrier"
must_say '2 (packets )?received' "ping -c 2 -i 0.2 10.0.2.2"
# Larger than the MTU: in fragments, both ways.
must_say '1 (packets )?received' "ping -c 1 -s 4000 10.0.2.2"
must_say 'fd62:756c:6b68:' "for i in \$(seq 40); do ip -6 addr show dev eth0 | grep fd62 && break; sleep 0.2; done"
must_say '16 MiB' "transfer get 10.0.2.2 $server_port 16"
must_say '16 MiB' "transfer put 10.0.2.2 $server_port 16"
# What the driver was told of errors.
must_say '^0 0$' "echo \$(cat /sys/class/net/eth0/statistics/tx_errors) \$(cat /sys/class/net/eth0/statistics/rx_errors)"
must "rmmod 8139too mii; $load"
go_on_line
must_say '1 MiB' "transfer get 10.0.2.2 $server_port 1"
expect_no_complaints
guest_send reboot
guest_restarted
must "$load"
go_on_line
guest_power_off
test_ok "a legacy adapter"
