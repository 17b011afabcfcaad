#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Viewers by TCP: only where the settings say so, with a password, over TLS; who guesses is kept out.
# viewer_tcp.sh BULKHEAD VMMS WORKER MAKE_KERNEL VIEWER
set -u
[ -e /usr/share/seabios/bios-256k.bin ] || { echo 'skipped: no SeaBIOS (package seabios)'; exit 77; }
viewer=$(realpath "$5")
. "$(dirname "$(dirname "$(realpath "$0")")")/service/lib.sh"
service_begin "$@"
service_start

# A port of the loopback that nobody has: tried until the service gets one.
port=
password() { printf '%s\n' "$1" | "$bulkhead" vm password pc "${@:2}" >out 2>err; }
says() { [ "$("$viewer" "$port" "${@:2}")" = "$1" ]; }
until_says() {
	for _ in $(seq 200); do
		says "$@" && return 0
		sleep 0.1
	done
	return 1
}

ok 'create' '' vm create pc --memory 64M --disk new:16M
no 'no place' 2 'Viewers over the network: "nowhere" is no place to listen' vm set pc --display-listen nowhere
no 'no port' 2 'is no place to listen' vm set pc --display-listen 127.0.0.1:0
no 'no such time' 2 'there is no "never"; give one of: always' vm set pc --display-clipboard never
ok 'when asked' '' vm set pc --display-clipboard asked
ok 'it is kept' '"display.clipboard": ?"asked"' vm show pc --json
no 'without TLS for others' 2 'are let in with TLS only' vm set pc --display-listen 0.0.0.0:5901 --display-tls off
ok 'start' '' vm start pc

# Without a password nobody listens.
port=$((20000 + RANDOM % 10000))
ok 'a port' '' vm set pc --display-listen "$port"
ok 'a warning' 'it has no password; set one: bulkhead vm password pc' event list --kind warning
check 'nobody listens' says nobody secret
no 'an empty password' 1 'no password came' vm password pc
check 'a password' password secret-of-many
for _ in 1 2 3 4 5; do
	until_says 'in pc 720x400' secret-of-many && break
	port=$((20000 + RANDOM % 10000)) # somebody had that one
	"$bulkhead" vm set pc --display-listen "$port" >/dev/null
done
check 'by TLS and password' until_says 'in pc 720x400' secret-of-many
check 'not without TLS' says no-tls secret-o vnc
check 'a password for those who look' password look --view-only
check 'they look' says 'in pc 720x400' look
ok 'the log tells' 'knew the password and looks at the screen' event list --kind change
ok 'its fingerprint is told' 'its SHA-256 fingerprint is ([0-9A-F]{2}:){31}' event list --kind service
check 'the key is kept from others' test "$(stat -c %a "$BULKHEAD_DATA/display/key.pem")" = 600
check 'and its folder' test "$(stat -c %a "$BULKHEAD_DATA/display")" = 700
check 'no setting has the password' sh -c "! '$bulkhead' vm show pc --json | grep -q secret"

ok 'TLS off' '' vm set pc --display-tls off
check 'at the loopback also without' until_says 'in pc 720x400' secret-o vnc
check 'another password' password other
check 'the first one is out' until_says refused secret-of-many
check 'the new one is in' says 'in pc 720x400' other

# Five wrong ones in a row: the address is kept out, also with the right one.
for guess in 1 2 3 4 5; do "$viewer" "$port" "guess$guess" >/dev/null; done
check 'kept out' until_says closed other
ok 'the log knows' 'gave a wrong password; that address is kept out for a while' event list --kind refusal
ok 'the password goes' '' vm password pc --remove
ok 'also that' '' vm password pc --remove --view-only
check 'nobody listens any more' until_says nobody other
check 'a password again' password other
check 'it listens' until_says 'in pc 720x400' other

# The same after the service starts anew; and it ends with the machine.
service_kill 9
service_start
check 'it listens again' until_says 'in pc 720x400' other
ok 'off' '' vm off pc
check 'nobody' until_says nobody other
finish
