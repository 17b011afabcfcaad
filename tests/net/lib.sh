# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of the network with real guests: tests/guest/lib.sh, with a guest that has what they need, and with the other
# side of transfers on this host. NET_BUILD is the build's folder, GUEST_FLAVOUR the kernel (cloud-amd64 or amd64).
# No test needs the Internet: the guest's partner is this host.
net=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${NET_BUILD:-$net/../../.build/gcc}
flavour=${GUEST_FLAVOUR:-cloud-amd64}
GUEST_DIR=$("$net/build-guest" "$flavour") || { echo "$GUEST_DIR"; exit 1; }
GUEST_KERNEL=$flavour
BULKHEAD=$build/vmm/cli/bulkhead
export GUEST_DIR GUEST_KERNEL BULKHEAD
. "$net/../guest/lib.sh"
only_bulkhead "the other side of the network is Bulkhead's"
[ -x "$build/vmm/switch/bulkhead-switch" ] || skip "this build has no bulkhead-switch; install libslirp-dev"

# guest_command of lib.sh with `network_options` behind it, and the initrd of these tests
network_options=()
eval "plain_$(declare -f guest_command)"
guest_command() {
	plain_guest_command "$@"
	local i
	for i in "${!command[@]}"; do
		[ "${command[$i]}" != "$guest_dir/initrd" ] || command[i]=$guest_dir/initrd-net
	done
	command+=(${network_options[@]+"${network_options[@]}"})
}

# serve: starts the other side; server_port is where it listens
serve() {
	"$build/tests/net/transfer" serve 127.0.0.1 0 >"$work/server" &
	server_pid=$!
	for _ in {1..50}; do
		[ -s "$work/server" ] && break
		sleep 0.1
	done
	read -r _ server_port <"$work/server" || fail "the server does not start"
}
server_pid=
eval "plain_$(declare -f cleanup)"
cleanup() {
	[ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null
	plain_cleanup
}

# must COMMAND [SECONDS]: runs it in the guest, where it must succeed
must() { guest_run "$@" || fail "in the guest: $1: $guest_output"; }
# must_say REGEX COMMAND [SECONDS]: and print something like this
must_say() {
	local want=$1
	shift
	must "$@"
	[[ $guest_output =~ $want ]] || fail "in the guest: $1: $guest_output (and nothing like '$want')"
}
must_fail() { ! guest_run "$@" || fail "in the guest: $1: succeeded: $guest_output"; }

# The driver may come a little after the shell: it is loaded when the bus has offered the device.
wait_for_adapter() {
	must "for i in \$(seq 50); do [ -e /sys/class/net/eth0 ] && break; modprobe -q hv_netvsc; sleep 0.1; done; [ -e /sys/class/net/eth0 ]"
}

go_on_line() { must_say "dhcp: ${1:-10\.0\.2\.}" "ip link set eth0 up; udhcpc -i eth0 -n -q -t 5 -s /bin/udhcpc.script 2>&1"; }

expect_no_complaints() {
	must_fail "dmesg | grep -E '(hv_|vmbus|netvsc|eth0).*([Ee]rror|[Ff]ail|timed out|[Uu]nable|[Uu]nknown|[Ii]nvalid|too (big|small|short))|BUG:|WARNING:|Oops|blocked for more'"
}
