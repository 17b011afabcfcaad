#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever dies while a machine is saved, or goes on: its saved state is whole, or it runs, or it is off. With the scripted worker, which
# is stopped at the moments that matter. save_kill_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$0")/lib.sh"
service_begin "$@"
worker_program=$BULKHEAD_WORKER
service_start

folder() { echo "$dir"/data/storage/*; }
worker() { read -r pid _ <"$(echo "$dir"/run/workers/*.run)" && echo "$pid"; }
# until COMMAND...: within a minute
until_true() {
	local end=$((SECONDS + 60))
	while [ $SECONDS -lt $end ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.02
	done
	return 1
}
is() { "$bulkhead" vm list | grep -Eq "^vm +$1"; }
# save_stopped: asks for a save of a worker that stands still, and waits until the service has asked it
save_stopped() {
	pid=$(worker)
	kill -STOP "$pid"
	"$bulkhead" vm save vm >answer 2>&1 &
	saver=$!
	until_true is Saving
}

ok 'create' '' vm create vm --kernel kernel --append 'say:one echo:4 say:two spin' --memory 32M
ok 'start' '' vm start vm
check 'it begins' console_has vm 1 one

# --- without accidents: also one that is paused
ok 'save' '' vm save vm
ok 'saved' 'vm +Saved' vm list
ok 'why' 'saved' vm why vm
ok 'go on' '' vm start vm
ok 'running' 'vm +Running' vm list
ok 'the rest of its script' '' vm type vm abcd --serial
check 'and not from the beginning' console_has vm 1 two
check 'not at all' test "$(grep -c one console)" = 0
ok 'pause' '' vm pause vm
ok 'save a paused one' '' vm save vm
ok 'go on' '' vm start vm
ok 'it runs' 'vm +Running' vm list

# --- through the trash
ok 'save' '' vm save vm
ok 'to the trash' '' vm delete vm
ok 'and back' '' vm undelete vm
ok 'saved as before' 'vm +Saved' vm list
ok 'go on' '' vm start vm

# --- the job is canceled
check 'asked' save_stopped
ok 'a job' 'Save vm' job list
number=$("$bulkhead" job list | awk '/Save vm/ && /running/ { print $1; exit }')
ok 'cancel' '' job cancel "$number"
sleep 0.3 # until the job's thread has seen it
kill -CONT "$pid"
wait "$saver"
check 'it says so' grep -q 'vm was not saved: it was canceled' answer
ok 'it runs on' 'vm +Running' vm list
check 'nothing is left' test ! -e "$(folder)/saved-state.new" -a ! -e "$(folder)/saved-state"

# --- the worker dies
check 'asked' save_stopped
kill -9 "$pid"
wait "$saver"
check 'it says so' grep -q 'vm was not saved: worker failed: the worker process was killed' answer
check 'off' until_true is Off
check 'nothing is left' test ! -e "$(folder)/saved-state.new" -a ! -e "$(folder)/saved-state"

# --- the service dies, and the worker comes to its end alone
ok 'start' '' vm start vm
check 'asked' save_stopped
service_kill 9
wait "$saver"
kill -CONT "$pid"
check 'the worker ends' until_true test ! -d "/proc/$pid"
service_start
ok 'saved, says the next one' 'vm +Saved' vm list
check 'with its file' test -s "$(folder)/saved-state" -a -e "$(folder)/saved-state.conf"
ok 'go on' '' vm start vm
ok 'it runs' 'vm +Running' vm list

# --- both die: as if it was turned off
check 'asked' save_stopped
service_kill 9
wait "$saver"
kill -9 "$pid"
service_start
ok 'off' 'vm +Off' vm list
check 'nothing is left' test ! -e "$(folder)/saved-state.new" -a ! -e "$(folder)/saved-state"

# --- the service dies while the worker still saves: the next one hears of its end
ok 'start' '' vm start vm
check 'asked' save_stopped
service_kill 9
wait "$saver"
service_start
kill -CONT "$pid"
check 'saved' until_true is Saved
ok 'go on' '' vm start vm

# --- turned off meanwhile
check 'asked' save_stopped
ok 'off' '' vm off vm
kill -CONT "$pid"
wait "$saver"
check 'off' until_true is Off
check 'nothing is left' test ! -e "$(folder)/saved-state.new" -a ! -e "$(folder)/saved-state"

# --- the worker dies while it goes on: its saved state is there still
ok 'start' '' vm start vm
ok 'save' '' vm save vm
export BULKHEAD_WORKER=/bin/false
service_kill TERM
service_start
no 'a worker that dies' 1 'vm did not start' vm start vm
ok 'saved as before' 'vm +Saved' vm list
check 'its file' test -s "$(folder)/saved-state"
export BULKHEAD_WORKER=$worker_program
service_kill TERM
service_start
# --- with other settings it is another machine; the service does not let it come so far
sed -i 's/^memory.startup-mib=32/memory.startup-mib=48/; s/^startup-mib=32/startup-mib=48/' "$dir"/data/vms/*.conf
service_kill TERM
service_start
no 'more memory' 1 'it was saved with 32 MiB of memory, and this machine has 48' vm start vm
sed -i 's/startup-mib=48/startup-mib=32/' "$dir"/data/vms/*.conf
service_kill TERM
service_start
ok 'as it was' '' vm start vm
ok 'it runs' 'vm +Running' vm list

# --- the end of the host
ok 'the action' '' vm set vm --auto-stop save --auto-start if-running
ok 'a plan' 'vm is saved' host stop-machines --plan
ok 'the end' '' host stop-machines
check 'saved' until_true is Saved
service_kill TERM
rm -rf run
service_start
check 'it goes on with the host' until_true is Running
ok 'off' '' vm off vm
ok 'is off' '' vm wait vm --timeout 30
finish
