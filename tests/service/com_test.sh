#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The second serial port with a real guest: commands by a Unix socket, a client that stops reading, a console, a saved machine.
# com_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL COM_CLIENT
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
sample_guest
client=$(realpath "$5")
service_begin "$@"
service_start
com=$dir/com2

in_guest() { "$bulkhead" vm type linux "$1" --serial --enter; }
until_gone() { timeout 60 bash -c "while [ -e '$1' ]; do sleep 0.05; done"; }
until_has() { timeout 60 bash -c "until grep -q -- '$2' '$1'; do sleep 0.05; done"; }
# login: what comes in at COM 2 is done
login() { in_guest '(while read -r line; do eval "$line"; done) </dev/ttyS1 >/dev/ttyS1 2>&1 &'; }

ok 'create' '' vm create linux --kernel "$guest/vmlinuz" --initrd "$guest/initrd" --append 'console=ttyS0 quiet' --memory 256M \
	--serial2 "socket:$com"
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
in_guest 'grep "^1:" /proc/tty/driver/serial; cat /sys/bus/acpi/devices/PNP0501*/path | sort | tail -n 1'
ok 'two ports' '' vm wait linux --for 'port:000002F8 irq:3' --timeout 60
ok 'ACPI has it' '' vm wait linux --for '_.COM2' --timeout 60
check 'a socket of its starter alone' test "$(stat -c '%F %a %u' com2)" = "socket 700 $(id -u)"
no 'it is no console' 1 'COM 2 is no console; .*vm set linux --serial2 console' vm connect linux --com 2 --look
login
check 'both ways' python3 "$client" "$com" 'echo $((6 * 7))-answers' '42-answers'
check 'once more' python3 "$client" "$com" 'echo $((6 * 8))-answers' '48-answers'

# A client that reads nothing holds up nobody: more goes out than all buffers between them have room for.
mkfifo gate
python3 "$client" "$com" --silent <gate >said &
silent=$!
exec 7>gate
check 'one more client' bash -c 'until grep -q connected said; do sleep 0.05; done'
in_guest 'head -c 1200000 /dev/zero >/dev/ttyS1; echo writ""ten'
ok 'the guest goes on' '' vm wait linux --for written --timeout 120
exec 7>&-
wait "$silent"
check 'and the next client is heard' python3 "$client" "$com" 'echo $((6 * 9))-answers' '54-answers'

# Two cannot have one path; what nobody listens at any more makes room.
ok 'another machine' '' vm create other --kernel kernel --append spin --memory 32M --serial2 "socket:$com"
no 'the same socket' 1 "com2: somebody listens here already" vm start other
ok 'another path' '' vm set other --serial2 "socket:$dir/kernel"
no 'a file is in the way' 1 'kernel: this exists already' vm start other
ok 'no folder' '' vm set other --serial2 "socket:$dir/nowhere/com"
no 'not there' 1 'nowhere: there is no such folder' vm start other
# A console is attached and types: a text comes through all the same, whole, and only the console's own keys besides.
mkfifo keys
"$bulkhead" vm connect linux <keys >console 2>&1 &
console=$!
exec 8>keys
echo 'echo $((5 * 5))-from-the-console' >&8
check 'the console types' until_has console 25-from-the-console
ok 'a text beside it' '' vm type linux 'echo $((5 * 7))-from-a-text' --serial --enter
check 'it arrives' until_has console 35-from-a-text
echo 'echo $((5 * 8))-and-again' >&8
check 'the console still types' until_has console 40-and-again
check 'nobody was told to look' bash -c '! grep -q "you only look" console'
exec 8>&-
kill "$console"
wait "$console" 2>/dev/null
ok 'off' '' vm off linux
check 'its socket is gone' until_gone com2
check 'nobody listens' bash -c "! python3 '$client' '$com' x y 2>/dev/null"
# What it made goes with it, also when another service runs by then; what somebody else made there stays.
ok 'a path' '' vm set other --serial2 "socket:$dir/other2"
ok 'start' '' vm start other
check 'its record' timeout 60 bash -c 'until grep -qs other2 run/workers/*.coms; do sleep 0.05; done'
service_kill KILL
service_start
check 'it is there' test -S other2
ok 'off' '' vm off other
check 'its socket is gone' until_gone other2
check 'and its record' timeout 60 bash -c 'until ! ls run/workers/*.coms 2>/dev/null; do sleep 0.05; done'
ok 'start' '' vm start other
mv other2 moved && echo mine >other2
ok 'off' '' vm off other
ok 'start' '' vm set other --serial2 "socket:$dir/third"
ok 'start' '' vm start other
ok 'off' '' vm off other
check 'its third socket is gone' until_gone third
check 'what is not its own stays' grep -q mine other2
rm other2
ok 'a console' '' vm set linux --serial2 console
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
login
ok 'a line' '' vm type linux 'echo $((7 * 8))-comes' --com 2 --enter
ok 'its answer' '' vm wait linux --com 2 --for 56-comes --timeout 60
check 'that was not on COM 1' bash -c "! '$bulkhead' vm wait linux --com 1 --for 56-comes --timeout 1"
no 'no such port' 2 'give 1 or 2' vm connect linux --com 3
# Saved, both ports go on as they were; a setting that it needs stays.
ok 'save' '' vm save linux
no 'not while it is saved' 1 'only while the machine is off' vm set linux --serial2 none
ok 'go on' '' vm start linux
ok 'a line after that' '' vm type linux 'echo $((8 * 8))-comes' --com 2 --enter
ok 'its answer' '' vm wait linux --com 2 --for 64-comes --timeout 60
in_guest 'echo $((8 * 9))-comes'
ok 'and COM 1' '' vm wait linux --for 72-comes --timeout 60
ok 'off' '' vm off linux
# A file; and nowhere: no such port.
ok 'a file' '' vm set linux --serial2 "file:$dir/log"
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
in_guest 'echo to-the-file >/dev/ttyS1; echo writ""ten'
ok 'written' '' vm wait linux --for written --timeout 60
check 'it has it' bash -c 'for _ in {1..100}; do grep -q to-the-file log && exit 0; sleep 0.1; done; exit 1'
ok 'off' '' vm off linux
ok 'nowhere' '' vm set linux --serial2 none
ok 'start' '' vm start linux
ok 'its shell' '' vm wait linux --for 'guest# ' --timeout 90
in_guest 'grep "^1:" /proc/tty/driver/serial'
ok 'no second port' '' vm wait linux --for '1: uart:unknown' --timeout 60
ok 'off' '' vm off linux
finish
