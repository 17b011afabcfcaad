#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The management service through `bulkhead`: inventory, life cycle, serial port, trash, copies, restarts, dead workers.
# service_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"

no 'no service' 1 'no management service is running; start it' vm list
service_start

# --- making and changing
ok 'plan of a machine' 'would do: the virtual machine web is made' vm create web --kernel kernel --plan
ok 'a plan makes nothing' '^Name' vm list
check 'nothing was made' test -z "$(ls data/vms)"
ok 'create' '' vm create web --kernel kernel --append 'say:hello spin' --memory 64M --notes 'my notes'
no 'the name is taken' 1 'web: this name is taken; give another' vm create web
no 'bad name' 2 'no "/" in it' vm create a/b
no 'no such machine' 1 'mail: there is no such virtual machine; ' vm show mail
no 'bad memory' 2 'memory 1X: this is no size' vm set web --memory 1X
no 'memory beyond' 2 'Startup memory \(MiB\): 4 MiB is not possible; give 8 to' vm set web --memory 4M
no 'bad setting' 2 'no.such: there is no such setting' vm set web --set no.such=1
no 'generation is fixed' 2 'fixed when a machine is made' vm set web --set vm.generation=2
no 'generation 2 has no firmware yet' 1 'cannot run machines of generation 2 yet; choose 1' vm create two --generation 2
no 'nothing to change' 2 'nothing to change' vm set web
no 'unknown verb' 2 'vm fly: there is no such command' vm fly web
no 'unknown option' 2 '--fly: there is no such option' vm start web --fly
no 'missing name' 2 'NAME is missing' vm start
no 'one too many' 2 'one argument too many' vm start web mail
ok 'change' '' vm set web --processors 2 --set processor.weight=200
ok 'changed' 'processor.weight +200' vm show web
ok 'json' '"Name": "web"' vm list --json

# --- drives
ok 'plan of a disk' 'would do: the dynamically expanding disk pc.vhdx of 1 GiB is made' vm create pc --disk new:1G --plan
check 'no disk is made by a plan' test -z "$(ls data/storage 2>/dev/null)"
ok 'a machine with new disks' '' vm create pc --disk new:1G --disk new:64M --cdrom none --boot cdrom --memory 64M
check 'they are there' test "$(find data/storage -name 'pc*.vhdx' | wc -l)" = 2
ok 'what they are' 'vhdx, dynamic' disk inspect "$(find data/storage -name pc-2.vhdx)"
ok 'it boots from cdrom' 'boot.first +cdrom' vm show pc
no 'no size' 2 'new:big: this is no size' vm create x --disk new:big
no 'too large' 2 '1 MiB to 64 TiB' vm create x --disk new:100T
no 'no such option' 2 'there is no option "fast"' vm create x --disk "a.vhdx,controller=ide,fast"
no 'no such controller' 2 'there is no option "controller=ide:2"' vm create x --disk "a.vhdx,controller=ide:2"
: >some.img
ok 'one more' '' vm set pc --disk "some.img,readonly"
ok 'read-only' 'some.img is attached, read-only' vm create x --disk some.img,readonly --plan
ok 'a disc goes into the drive that is there' 'DVD drive 2: the file: \(none\) → ".*some.img"' vm set pc --cdrom some.img --plan
ok 'another file' '' vm set pc --cdrom kernel
ok 'detach' '' vm set pc --detach some.img --detach ide:0:1
no 'detach twice' 2 'there is no such drive' vm set pc --detach some.img
ok 'one more new disk' '' vm set pc --disk new:16M
check 'it took no name of a file that is there' test "$(find data/storage -name 'pc*.vhdx' | wc -l)" = 3
no 'no such switch' 1 'no such virtual switch; ' vm create net --kernel kernel --switch fast
ok 'a network adapter' '' vm create net --kernel kernel --switch nat
check 'it has an address of its own' grep -q '^mac=00:15:5d:' <(cat data/vms/*.conf)
ok 'a PC with one' '' vm set net --disk some.img,controller=ide
ok 'without it' '' vm set net --switch none --detach some.img
ok 'delete it' '' vm delete net
no 'nothing to start from' 1 'has nothing to start from; give it a disk' vm start "$("$bulkhead" vm create nothing; echo nothing)"
ok 'delete it' '' vm delete nothing
cp kernel gone.img
ok 'drives of a machine with a kernel are on the VMBus' 'scsi:0:0 disk' vm show "$("$bulkhead" vm create bus --kernel kernel --disk some.img --cdrom none; echo bus)"
ok 'delete it' '' vm delete bus
ok 'a file that goes' '' vm create lacking --kernel gone.img --append spin --memory 64M
rm gone.img
no 'start without it' 1 'gone.img: there is no such file' vm start lacking
ok 'critical' '' vm wait lacking --for off-critical --timeout 60
ok 'why' 'off-critical: its file .*gone.img is missing' why lacking
service_kill TERM
service_start
ok 'critical from the start' '' vm wait lacking --for off-critical --timeout 60
cp kernel gone.img
ok 'it is back' '' vm start lacking
ok 'off' '' vm off lacking
ok 'is off' '' vm wait lacking --timeout 60
check 'a password of its screen' "$bulkhead" vm password pc < <(echo secret)
for name in pc lacking; do ok 'delete' '' vm delete $name; done
check 'which stays in the trash' test -n "$(find "$BULKHEAD_DATA/display" -name '*.passwords')"
ok 'empty the trash' '' vm empty-trash
check 'and goes with it' test -z "$(find "$BULKHEAD_DATA/display" -name '*.passwords')"
check 'its disks went' test -z "$(find data/storage -name '*.vhdx')"
ok 'rename' '' vm rename web www
ok 'renamed' '^www' vm list --names
ok 'back' '' vm rename www web

# --- life
no 'not running' 1 'web is off; it cannot be turned off; start it first' vm off web
ok 'plan of a start' 'would do: web is started with 64 MiB' vm start web --plan
ok 'start' '' vm start web
ok 'running' 'web +Running' vm list
no 'twice' 1 'web is running; it cannot be started' vm start web
ok 'text' '' vm wait web --for text:hello --timeout 60
no 'no such text' 124 'not seen on the serial port or the screen within' vm wait web --for text:nothing --timeout 0.3
ok 'pause' '' vm pause web
ok 'paused' 'web +Paused' vm list
no 'pause twice' 1 'web is paused; it cannot be paused; resume' vm pause web
ok 'resume' '' vm resume web
ok 'reset' '' vm reset web
no 'memory while running' 1 'only while the machine is off' vm set web --memory 128M
ok 'notes while running' '' vm set web --notes other
no 'delete while running' 1 'web is running; turn it off first' vm delete web
no 'clone while running' 1 'only while it is off' vm clone web web2
ok 'statistics' 'cpu-ns' vm show web
ok 'accounts' '^user:root' admin search roo
ok 'no account' '' admin search 'no such name at all'
no 'no name' 2 'part of a name' admin search ''
ok 'shut down' '' vm shutdown web
ok 'stopping' 'web +Stopping' vm list
ok 'off' '' vm off web
ok 'wait for off' '' vm wait web --timeout 60
ok 'why' 'web is off: .* turned it off' why web

# --- ends
for end in 'off|guest switched itself off' 'crash|guest crashed: triple fault' 'fail|script asked for a failure' \
	'abort|worker failed: the worker process died of signal (6|11)'; do
	ok "set ${end%%|*}" '' vm set web --append "${end%%|*}"
	"$bulkhead" vm start web >/dev/null 2>&1 # may end before it is seen running
	ok "${end%%|*} ends" '' vm wait web --timeout 60
	ok "why ${end%%|*}" "${end#*|}" why web
done
ok 'missing kernel' '' vm set web --kernel "$dir/nowhere"
no 'start without it' 1 'web did not start: .*/nowhere: there is no such file' vm start web
ok 'off again' 'web +Off' vm list
ok 'folder as kernel' '' vm set web --kernel "$dir"
no 'start a folder' 1 'this is a folder; give a file' vm start web
ok 'kernel' '' vm set web --kernel kernel --append 'say:hello spin'
ok 'much memory' '' vm set web --memory 500G
no 'more than there is' 1 'this host has only [0-9]+ MiB available' vm start web
ok 'less memory' '' vm set web --memory 64M

# --- the serial port: input reaches the guest
ok 'echo' '' vm set web --append 'echo:6 say:done spin'
ok 'start echo' '' vm start web
name='typing' count=$((count + 1))
mkfifo typed
"$bulkhead" vm connect web <typed >typed.out 2>typed.err &
viewer=$!
exec 9>typed
printf 'abc\nd\n' >&9
ok 'typed' '' vm wait web --for text:done --timeout 60
exec 9>&-
kill $viewer 2>/dev/null
wait $viewer 2>/dev/null
no 'no console' 1 'mail: there is no such' vm connect mail

# --- another worker is killed: only its machine ends
ok 'second machine' '' vm create db --kernel kernel --append 'say:up spin' --memory 64M
ok 'second starts' '' vm start db
read -r worker _ <"run/workers/$("$bulkhead" vm show db | sed -n 's/^Id *//p').run"
kill -9 "$worker"
ok 'it is off' '' vm wait db --timeout 60
ok 'it says why' 'worker failed: the worker process was killed' why db
ok 'the other runs' 'web +Running' vm list

# --- the service is killed: machines run on, and are found
ok 'db starts again' '' vm start db
service_kill 9
service_start
ok 'web is found' 'web +Running' vm list
ok 'db is found' 'db +Running' vm list
says_engine() { # its worker has said how it stands
	local until=$((SECONDS + 60))
	until "$bulkhead" why web | grep -q '^  engine '; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.05
	done
}
check 'web has told' says_engine
ok 'it was found, and did not restart' 'web +Running.*found running when the service started' vm list
ok 'db can be paused' '' vm pause db
service_kill 9
service_start
ok 'and is found paused' '' vm wait db --for paused --timeout 60
service_kill 9
read -r worker _ <"run/workers/$(basename "$(grep -l '^name=db' data/vms/*.conf)" .conf).run"
kill -9 "$worker"
service_start
ok 'a worker that died meanwhile' 'db is off: worker failed|db is off: the worker process is gone' why db
ok 'stop the service' '' host stop-service
wait "$service_pid"
service_start
ok 'web runs on' 'web +Running' vm list
ok 'off' '' vm off web
ok 'is off' '' vm wait web --timeout 60
check 'no record is left' test -z "$(ls run/workers/*.run 2>/dev/null)"

# --- twenty at once
for n in $(seq 20); do "$bulkhead" vm create "many$n" --kernel kernel --append 'say:up spin' --memory 32M >/dev/null; done
at_once() { # VERB
	local jobs=() n bad=0
	for n in $(seq 20); do "$bulkhead" vm "$1" "many$n" >/dev/null 2>>err & jobs+=($!); done
	for n in "${jobs[@]}"; do wait "$n" || bad=$((bad + 1)); done
	return $bad
}
check 'twenty start' at_once start
check 'twenty run' test "$("$bulkhead" vm list | grep -c '^many.*Running')" = 20
check 'twenty go off' at_once off
for n in $(seq 20); do "$bulkhead" vm wait "many$n" --timeout 60 && "$bulkhead" vm delete "many$n" >/dev/null; done
ok 'empty the trash' '' vm empty-trash

# --- copies and the trash
ok 'clone' '' vm clone web web2
ok 'cloned' 'web2 +Off' vm list
mkdir out.d
ok 'export' '' vm export web2 out.d
check 'exported' test -s out.d/web2/vm.conf -a -s out.d/web2/kernel
no 'export twice' 1 'exists already' vm export web2 out.d
no 'import beside it' 1 'this name is taken here' vm import out.d/web2
ok 'import a copy' '' vm import out.d/web2 --name web3
ok 'starts' '' vm start web3

ok 'off' '' vm off web3
ok 'is off' '' vm wait web3 --timeout 60
no 'restore beside it' 1 'this identity is here already' vm import out.d/web2 --mode restore --name x
ok 'delete' '' vm delete web2
no 'gone' 1 'there is no such' vm show web2
ok 'trash' '^web2 ' vm trash
no 'restore beside the trash' 1 'this identity is here already' vm import out.d/web2 --mode restore
ok 'undelete' '' vm undelete web2
ok 'back' 'web2 +Off' vm list
ok 'delete again' '' vm delete web2
ok 'empty the trash, plan' 'would do: web2 .* removed for ever' vm empty-trash --plan
ok 'empty the trash' '' vm empty-trash
ok 'restore' '' vm import out.d/web2 --mode restore
ok 'restored' 'web2 +Off' vm list

# --- a broken file is set aside and reported, the others are there
service_kill TERM
echo 'not a configuration' >data/vms/12345678-1234-1234-1234-123456789abc.conf
service_start
ok 'broken file' 'Broken file +.*/broken/12345678' host show
ok 'the others' 'web +Off' vm list
ok 'no second time' 'inventory|Inventory' host show

# --- administrators and events
ok 'grant' '' admin grant user:nobody operator --vm web
ok 'granted' 'user:nobody +operator +web' admin list
ok 'explain' 'power +yes +nobody is VM operator of web' admin explain nobody --vm web
ok 'explain no' 'edit +no .*VM operator may not change its settings' admin explain nobody --vm web
no 'bad role' 2 'no role on a machine' admin grant user:nobody king --vm web
no 'bad subject' 2 'neither a user nor a group' admin grant nobody viewer --vm web
no 'administrators are a group' 1 'gpasswd' admin grant user:nobody administrator
ok 'privilege' '' admin grant user:nobody pass-through
ok 'revoke privilege' '' admin revoke user:nobody pass-through
ok 'revoke' '' admin revoke user:nobody --vm web
no 'revoke twice' 1 'has no role on web' admin revoke user:nobody --vm web
ok 'events' 'change .*web' event list --vm web
ok 'verify' 'event log is whole: [0-9]+ events' event verify
service_kill TERM
sed -i 's/my notes/other notes/' data/events/000001.log
service_start
no 'a changed log' 1 'event log is not whole: event [0-9]+ was changed' event verify

# --- automatic start and stop
ok 'never' '' vm create never --kernel kernel --append 'say:up spin' --memory 32M
ok 'always' '' vm create always --kernel kernel --append 'say:up spin' --memory 32M --auto-start always
ok 'later' '' vm create later --kernel kernel --append 'say:up spin' --memory 32M --auto-start always --set actions.start-delay-s=4
ok 'if it was running' '' vm create was --kernel kernel --append 'say:up spin' --memory 32M --auto-start if-running --auto-stop turn-off
ok 'it was not' '' vm create wasnot --kernel kernel --append 'say:up spin' --memory 32M --auto-start if-running
no 'no such action' 2 'there is no "sleep"; give one of: turn-off, shut-down, save' vm set was --auto-stop sleep
ok 'run it' '' vm start was
ok 'plan of the end' 'would do: was is turned off' host stop-machines --plan
# the host ends: its service and its workers are killed, and the runtime folder does not outlive it
read -r worker _ <"run/workers/$(basename "$(grep -l '^name=was$' data/vms/*.conf)" .conf).run"
service_kill 9
kill -9 "$worker"
rm -rf run
begun=$(date +%s)
service_start
ok 'always is started' '' vm wait always --for running --timeout 60
ok 'the one that ran, too' '' vm wait was --for running --timeout 60
ok 'the delayed one, too' '' vm wait later --for running --timeout 60
later=$("$bulkhead" vm show later --json | sed -n 's/.*"StartedAt": \([0-9]*\).*/\1/p' | head -n 1)
check 'but later' test $((later - begun)) -ge 4
ok 'never' 'never +Off' vm list
ok 'the other did not run' 'wasnot +Off' vm list
service_kill TERM
service_start
ok 'nothing starts when only the service does' 'wasnot +Off' vm list
ok 'off' '' vm off later
ok 'is off' '' vm wait later --timeout 60
service_kill TERM
service_start
sleep 4.5
ok 'not even the delayed one' 'later +Off' vm list
ok 'the host ends' '' host stop-machines
ok 'turned off' '' vm wait was --timeout 60
ok 'asked to shut down' 'always +Stopping' vm list
ok 'pull the plug' '' vm off always
ok 'is off' '' vm wait always --timeout 60

# --- the service ends while a call waits for a worker that says nothing
ok 'one that runs' '' vm start always
ok 'its kernel is there' '' vm wait always --for running --timeout 60
read -r worker _ <"run/workers/$(basename "$(grep -l '^name=always$' data/vms/*.conf)" .conf).run"
kill -STOP "$worker"
"$bulkhead" vm freeze always >frozen 2>&1 &
asker=$!
for _ in $(seq 600); do # until it is asked: then the next one is refused
	"$bulkhead" vm freeze always --plan >out 2>err
	is_asked=$(grep -c 'being asked already' err)
	[ "$is_asked" = 0 ] || break
	sleep 0.05
done
check 'its guest is being asked' test "$is_asked" = 1
kill -TERM "$service_pid"
wait "$service_pid"
status=$?
check 'the service ends well' test $status = 0
wait "$asker"
kill -CONT "$worker"
service_start
ok 'off' '' vm off always
ok 'is off' '' vm wait always --timeout 60

# --- help comes from one table
ok 'help' 'Usage: bulkhead vm VERB' vm --help
ok 'help of a verb' 'processor.weight' vm set --help
"$bulkhead" man >man.1 && check 'man page' grep -q 'vm create NAME' man.1
finish
