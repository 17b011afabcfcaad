#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest.sh PROCESSORS: the adapter in a real guest: address, DHCP, transfers both ways, offloads, a forwarded port.
. "$(dirname "$0")/lib.sh"
processors=$1
serve
forwarded=$((20000 + RANDOM % 20000))
network_options=(--switch nat --mac 00:15:5d:0a:0b:0c --forward "$forwarded:7000")
guest_boot --processors "$processors"
wait_for_adapter
must_say 00:15:5d:0a:0b:0c "cat /sys/class/net/eth0/address"
must_say hv_netvsc "basename \$(readlink /sys/class/net/eth0/device/driver)"
go_on_line
must_say '^1$' "cat /sys/class/net/eth0/carrier"
must_say '10000Mb/s' "ethtool eth0"
must_say '2 (packets )?received' "ping -c 2 -i 0.2 10.0.2.2"
# Larger than the MTU: in fragments, both ways.
must_say '1 (packets )?received' "ping -c 1 -s 4000 10.0.2.2"
# The switch owns nothing, whoever starts it.
if [ "$(id -u)" = 0 ]; then
	switch=$(pgrep -x bulkhead-switch -P "$guest_pid" || pgrep -x bulkhead-switch -P "$(pgrep -P "$guest_pid" | head -n 1)")
	[ -n "$switch" ] && [ "$(stat -c %u "/proc/$switch")" -ge $((0x6bc00000)) ] || fail "the switch ($switch) runs as root"
fi
must_say 'fd62:756c:6b68:' "for i in \$(seq 40); do ip -6 addr show dev eth0 | grep fd62 && break; sleep 0.2; done"

# Sixty-four MiB each way, with what was sent; large segments on and off.
must_say '64 MiB' "transfer get 10.0.2.2 $server_port 64"
must_say '64 MiB' "transfer put 10.0.2.2 $server_port 64"
must "ethtool -K eth0 lro off tso off tx off rx off 2>&1"
must_say '8 MiB' "transfer get 10.0.2.2 $server_port 8; transfer put 10.0.2.2 $server_port 8"
must "ethtool -K eth0 lro on tso on tx on rx on 2>&1"
must_say 'tcp-segmentation-offload: on' "ethtool -k eth0"
must_say 'large-receive-offload: on' "ethtool -k eth0"

# Queues: as many as processors.
must_say "Combined:[[:space:]]*$processors([^0-9]|\$)" "ethtool -l eth0 | sed '1,/Current/d'"
[ "$processors" -lt 2 ] || { must "ethtool -L eth0 combined 1 && ethtool -L eth0 combined $processors"; go_on_line; }

# Somebody outside reaches a port of the guest.
guest_send "transfer serve 0.0.0.0 7000 &"
guest_expect 'port 7000'
"$build/tests/net/transfer" get 127.0.0.1 "$forwarded" 8 || fail "no download through the forwarded port"
"$build/tests/net/transfer" put 127.0.0.1 "$forwarded" 8 || fail "no upload through the forwarded port"

# Another MAC address is refused here; another MTU starts the adapter anew.
must_fail "ip link set eth0 down; ip link set eth0 address 02:11:22:33:44:55"
must "ip link set eth0 mtu 4000 up"
go_on_line
must_say '8 MiB' "transfer get 10.0.2.2 $server_port 8; transfer put 10.0.2.2 $server_port 8"
# Driver out and in.
must "rmmod hv_netvsc; modprobe hv_netvsc; sleep 0.5"
go_on_line
must_say '1 MiB' "transfer get 10.0.2.2 $server_port 1"
expect_no_complaints

# After a reboot all of it is there again.
if [ "$processors" = 1 ]; then
	guest_send reboot
	guest_restarted
	wait_for_adapter
	go_on_line
	must_say '1 MiB' "transfer get 10.0.2.2 $server_port 1"
fi
guest_power_off
test_ok "network, $flavour, $processors processors"
