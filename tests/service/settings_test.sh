#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Settings of machines from the command line to the worker: integration services.
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
no 'a wrong value' 2 'integration.copy' vm set web --integration copy=maybe
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
finish
