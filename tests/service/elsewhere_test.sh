#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines whose disks are in a folder that their creator chose: made there with a copy of the configuration, with nothing left
# of what fails; started, exported, cloned, deleted, brought back, and taken in again from that folder alone.
# elsewhere_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
[ -x "$(dirname "$vmms")/../helpers/bulkhead-disk" ] || { echo 'skipped: built without bulkhead-disk'; exit 77; }
service_start
mkdir "$dir/place" "$dir/exported"

until_true() {
	local end=$((SECONDS + 60))
	while ! "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}
ok 'a plan' "the folder $dir/place/web is made" vm create web --kernel kernel --memory 64M --location place --disk new:16M --plan
check 'which makes nothing' test -z "$(ls place)"
ok 'create' '' vm create web --kernel kernel --append 'say:up spin' --memory 64M --location place --disk new:16M --disk new:8M
check 'its files' test "$(cd place/web && ls | tr '\n' ' ')" = 'vm.conf web-2.vhdx web.vhdx '
check 'the copy names them plainly' grep -q '^path=web.vhdx$' place/web/vm.conf
check 'nothing in the store' test -z "$(ls data/storage)"
ok 'shown' "vm.location +$dir/place/web" vm show web
ok 'attached' "$dir/place/web/web-2.vhdx" vm show web
ok 'it starts' '' vm start web
ok 'and goes off' '' vm off web
ok 'is off' '' vm wait web --timeout 60
ok 'one more goes there, too' '' vm set web --disk new:8M
check 'its file' test -s place/web/web-3.vhdx
no 'it stays there' 2 'fixed when a machine is made' vm set web --set vm.location=/tmp

mkdir place/taken
no 'taken' 1 "$dir/place/taken: .*exists" vm create taken --kernel kernel --memory 64M --location place --disk new:16M
check 'as it was' test -z "$(ls place/taken)"
no 'no such folder' 1 'there is no such' vm create x --kernel kernel --memory 64M --location nowhere --disk new:16M
no 'no machine of it' 1 'no such' vm show x
ok 'no disks at all' '' vm create empty --kernel kernel --memory 64M --location place
check 'its folder' test "$(ls place/empty)" = vm.conf

ok 'export' '' vm export web exported
check 'with its disks' test -s exported/web/web.vhdx
ok 'clone' '' vm clone web web2
check 'which is in the store' test "$(ls data/storage | wc -l)" = 1
ok 'a clone has no location' '"vm.location": ""' vm show web2 --json
ok 'delete' '' vm delete web
ok 'undo' '' vm undelete web
ok 'it starts again' '' vm start web
ok 'and goes off' '' vm off web
ok 'is off' '' vm wait web --timeout 60
ok 'delete' '' vm delete web
ok 'for ever' '' vm empty-trash
check 'its files stay' test -s place/web/web.vhdx
ok 'taken in again' '' vm import place/web --mode register
ok 'with its disks' "$dir/place/web/web.vhdx" vm show web
ok 'in its folder' "vm.location +$dir/place/web$" vm show web
ok 'it starts' '' vm start web
ok 'and goes off' '' vm off web
ok 'is off' '' vm wait web --timeout 60
mkdir moved
ok 'all of it moves' '' vm move web moved
check 'what it does not know of stays' test "$(ls place/web)" = web-3.vhdx -a -s moved/web/vm.conf
finish
