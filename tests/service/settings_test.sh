#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Settings of machines from the command line to the worker: integration services, and that each setting refuses in words.
# settings_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
service_start

# --- integration services: all are on; what needs one that is off says which
ok 'create' '' vm create web --kernel kernel --append spin --memory 32M --integration copy=off
ok 'it is shown' '^integration.copy +false' vm show web
ok 'the others are on' '^integration.heartbeat +true' vm show web
ok 'a plan' 'would do: backup \(volume checkpoint\): true → false' vm set web --integration backup=off --plan
ok 'two' '' vm set web --integration backup=off --set integration.exchange=off
no 'nonsense' 2 'write it as SERVICE=on or SERVICE=off' vm set web --integration telepathy=off
no 'no value' 2 'write it as SERVICE=on or SERVICE=off' vm set web --integration copy
no 'a wrong value' 2 'Guest services \(file copy\): "maybe" is neither on nor off' vm set web --integration copy=maybe
no 'no pairs' 1 'web: its integration service "data exchange" is off; .*vm set web --integration exchange=on' vm kvp web set a b
ok 'start' '' vm start web
ok 'while it runs, too' '' vm set web --integration time=off
ok 'it is kept' '^integration.time +false' vm show web
no 'no copy' 1 'web: its integration service "guest services \(file copy\)" is off; .*--integration copy=on' vm copy web kernel :/tmp/
no 'no freeze' 1 'web: its integration service "backup \(volume checkpoint\)" is off; .*--integration backup=on' vm freeze web
no 'no addresses' 1 'web: its integration service "data exchange" is off' vm address web
ok 'it can be asked to shut down' '' vm shutdown web --plan
ok 'off' '' vm off web
ok 'shutdown off' '' vm set web --integration shutdown=off
ok 'start again' '' vm start web
no 'not to be asked' 1 'web: its integration service "operating system shutdown" is off' vm shutdown web --plan
ok 'off again' '' vm off web
no 'an off machine is off' 1 'web is off' vm shutdown web

# --- a reserve of processors is a promise: not more of them than this host has processors
all=$(getconf _NPROCESSORS_ONLN)
ok 'one' '' vm create first --kernel kernel --append spin --memory 32M --processors "$all" --set processor.reserve-percent=80
ok 'two' '' vm create second --kernel kernel --append spin --memory 32M --processors "$all" --set processor.reserve-percent=30
ok 'the first starts' '' vm start first
no 'the second one too much' 1 "second reserves 30 % of its $all processors, but others have reserved 80 % of this host's $all; lower" vm start second
ok 'less' '' vm set second --set processor.reserve-percent=20
ok 'that is there' '' vm start second
ok 'off' '' vm off first
ok 'off' '' vm off second

# --- the screen
ok 'a maximum' '' vm create screen --kernel kernel --append spin --memory 32M --display-maximum 1280x1024
ok 'it is shown' '^display.maximum +1280x1024' vm show screen
no 'above the limit' 2 'there is no "3840x2160"; give one of: 640x480, .*2560x1600' vm set screen --display-maximum 3840x2160
ok 'a plan' 'would do: the maximum resolution: 1280x1024 → 1920x1080' vm set screen --display-maximum 1920x1080 --plan

# --- each setting, drive, adapter and switch refuses a bad value in the words of its row, never by the name of programs
raw='(^|[ (])(vm|memory|processor|boot|serial2?|integration|guest|display|actions|checkpoints|switch|nat|mac|external|internal)\.[a-z-]+[: )]'
no_raw_name() { # STATUS ARGUMENTS...
	no "$3 $4 $5 $6" "$1" '^bulkhead: ("?[A-Z]|the (machine|name|pair))' "${@:2}"
	! grep -Eq -- "$raw" err || fail 'the name of programs is in it'
}
ok 'a machine with all' '' vm create all --kernel kernel --append spin --memory 32M --disk new:1M --switch nat
"$bulkhead" vm show all --json | grep -Eo '"[a-z0-9]+\.[a-z-]+":' | tr -d '":' >names
check 'there are settings' test "$(wc -l <names)" -ge 45
while read -r setting; do
	no_raw_name 2 vm set all --set "$setting=$(printf 'bad\001')"
done <names
for pair in min-iops=x max-iops=-1 controller=floppy location=99 controller-number=9 read-only=maybe; do
	no_raw_name 2 vm set all --drive "scsi:0:0,$pair"
done
for pair in vlan=5000 kind=token-ring spoofing=perhaps max-mbps=x dhcp-guard=2 "mac=$(printf '%040d' 0)"; do
	no_raw_name 2 vm set all --adapter "0,$pair"
done
# What a rule between settings refuses.
for pair in memory.minimum-mib=64 memory.maximum-mib=16 boot.first=network display.listen=nowhere checkpoints.location=relative \
	serial.kind=file serial2.kind=socket; do
	no_raw_name 2 vm set all --set memory.dynamic=on --set "$pair"
done
no_raw_name 2 vm set all --set processor.reserve-percent=50 --set processor.limit-percent=40
no_raw_name 2 vm set all --set boot.kernel= --set boot.append=x
no_raw_name 2 vm set all --set display.listen=0.0.0.0:5999 --set display.tls=off
no_raw_name 1 vm create more --generation 2
for option in 'network x' 'dhcp maybe' 'vlan 5000' 'forward x' 'tftp-folder x' 'mac-range x-y' 'mac-range 00:15:5d:00:00:09-00:15:5d:00:00:01'; do
	# shellcheck disable=SC2086
	no_raw_name 2 switch create lab --$option
done
no_raw_name 2 switch create lab --kind external
no_raw_name 2 switch create lab --kind external --adapter 'no adapter'
no_raw_name 2 switch create lab --kind internal --address x
ok 'it runs' '' vm start all
for pair in memory.startup-mib=64 processor.count=2 boot.engine=translator serial2.kind=console actions.storage=report; do
	no_raw_name 1 vm set all --set "$pair"
done
ok 'off' '' vm off all
finish
