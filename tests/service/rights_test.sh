#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may do what, with real users and groups: they exist only in a mount namespace of this test. Skipped without root.
# rights_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
. "$(dirname "$(realpath "$0")")/users.sh"
users_enter "$@"
shift
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
# alice: Bulkhead Administrator. On the machine web: dave administrator, bob operator (by his group), carol viewer.
users_make
users_program "$bulkhead"
real=$bulkhead
as() { as_user "$1" bulkhead "${@:2}"; }

system_service_start
chmod 644 kernel
"$real" vm create web --kernel kernel --append 'say:hello spin' --memory 64M --processors 1 >/dev/null
"$real" vm create secret --kernel kernel >/dev/null
"$real" admin grant user:dave vm-administrator --vm web
"$real" admin grant group:lab operator --vm web
"$real" admin grant user:carol viewer --vm web

# may NAME "USERS WHO MAY" ARGUMENTS...: exactly these of the five; each try is a plan unless the verb has none
may() {
	local what=$1 who=" $2 " user status
	shift 2
	for user in alice bob carol dave eve; do
		count=$((count + 1)) name="$what by $user"
		as "$user" "$@" >out 2>err </dev/null
		status=$?
		if [[ $who == *" $user "* ]]; then
			# the scripted machine has no screen: who learns that was let in
			# nor has every kernel the devices
			[ $status -eq 0 ] || grep -Eq 'it has no screen|no network block devices|may not make block devices' err || fail "refused"
		else
			[ $status -eq 1 ] || { fail "status $status: not refused"; continue; }
			grep -Eq 'may not|no such virtual machine|has no role|cannot grant more' err || fail "refused without a reason"
		fi
	done
}

may 'see it' 'alice bob carol dave' vm show web
may 'why' 'alice bob carol dave' vm why web
may 'start it' 'alice bob dave' vm start web --plan
may 'edit it' 'alice dave' vm set web --notes x --plan
may 'rename it' 'alice dave' vm rename web www --plan
may 'delete it' 'alice dave' vm delete web --plan
may 'export it' 'alice dave' vm export web /tmp --plan
may 'move it away' 'alice dave' vm move web --to lab --plan
may 'clone it' 'alice' vm clone web web2 --plan
may 'delegate it' 'alice dave' admin grant user:eve viewer --vm web --plan
may 'create' 'alice' vm create new --plan

may 'empty the trash' 'alice' vm empty-trash --plan
may 'stop the service' 'alice' host stop-service --plan
may 'verify the log' 'alice' event verify
may 'ask about others' 'alice' admin explain root
may 'ask about others on it' 'alice dave' admin explain root --vm web
may 'ask about themselves' 'alice bob carol dave eve' admin explain
may 'see the secret one' 'alice' vm show secret
may 'change its drives' 'alice dave' vm set web --disk new:1G --plan
may 'empty its DVD drive' 'alice dave' vm set web --cdrom none --plan
may 'list its viewers' 'alice bob carol dave' vm view web --list
may 'set the password of viewers' 'alice dave' vm password web --remove --plan
may 'list its checkpoints' 'alice bob carol dave' checkpoint list web
may 'make a checkpoint' 'alice bob dave' checkpoint create web --plan
"$real" checkpoint create web one >/dev/null
may 'apply it' 'alice bob dave' checkpoint apply web one --plan
may 'delete the checkpoint' 'alice bob dave' checkpoint delete web one --plan
may 'list the switches' 'alice bob carol dave' switch list
may 'list events' 'alice bob carol dave eve' event list
may 'list jobs' 'alice bob carol dave eve' job list
may 'stop all machines' 'alice' host stop-machines --plan
may 'list who may what' 'alice bob carol dave eve' admin list --matrix
may 'revoke' 'alice dave' admin revoke user:carol --vm web --plan
may 'make a disk' 'alice' vm create new --disk new:1G --plan
"$real" vm create disky --disk new:16M --kernel kernel --memory 64M && "$real" admin grant user:dave vm-administrator --vm disky &&
	"$real" admin grant group:lab operator --vm disky && "$real" admin grant user:carol viewer --vm disky
may 'look at its disk' 'alice bob carol dave' disk inspect disky.vhdx --vm disky
may 'compact its disk' 'alice dave' disk compact disky.vhdx --vm disky
may 'resize its disk' 'alice dave' vm resize-disk disky disky.vhdx 17M --plan
may 'make a disk for it' 'alice dave' disk create "more-$RANDOM.vhdx" --size 16M --vm disky --plan
may 'check its disk' 'alice dave' disk check disky.vhdx --vm disky
"$real" vm delete disky && "$real" vm empty-trash
check 'dave sees the rights on his machine only' test "$(as dave admin list --json | grep -o '"name": "[a-z]*"' | sort -u)" = '"name": "web"'
check 'eve sees no right' test "$(as eve admin list --json)" = '[]'
check 'eve does not learn where the inventory is' test -z "$(as eve host show | grep "$dir")"
check 'carol does' test -n "$(as carol host show | grep "$dir/data")"

# The trash: who may delete it may bring it back; for others it is not there.
"$real" vm create old --kernel kernel >/dev/null && "$real" admin grant user:dave vm-administrator --vm old && "$real" vm delete old
may 'bring it back' 'alice dave' vm undelete old --plan
check 'carol sees no trash' test -z "$(as carol vm trash --json | tr -d '[]')"
check 'dave sees it' grep -q '"name": "old"' <(as dave vm trash --json)

# Files of others are named, not opened: an import without permission fails with that reason.
mkdir -m 700 theirs2 && cp kernel theirs2/vm.conf
name='import without permission' count=$((count + 1))
as alice vm import "$dir/theirs2" >out 2>err && fail 'it was imported'
grep -q 'alice has no permission on this file' err || fail 'no reason'
# Administrators have nothing beyond Bulkhead.
may 'attach a physical disk' '' vm set web --disk /dev/sda,physical --plan
may 'make one with a physical disk' '' vm create raw --disk /dev/sda,physical --plan
may 'grant mount' '' admin grant user:alice mount --plan
ok 'root grants pass-through' '' admin grant user:dave pass-through
may 'attach a physical disk with the privilege' 'dave' vm set web --disk /dev/sda,physical --plan
ok 'root takes it away' '' admin revoke user:dave pass-through
may 'attach a physical disk without it' '' vm set web --disk /dev/sda,physical --plan
ok 'root grants mount' '' admin grant group:lab mount
check 'bob may mount by his group' grep -Eq 'mount +yes' <("$real" admin explain bob)
check 'alice may not' grep -Eq 'mount +no' <("$real" admin explain alice)
mkdir -m 755 disks && "$real" disk create disks/bob.vhdx --size 4M && chown bob disks/bob.vhdx
may 'mount a disk' 'bob' disk mount "$dir/disks/bob.vhdx" --plan
may 'mount it really' 'bob' disk mount "$dir/disks/bob.vhdx"
may 'list what is mounted' 'alice bob carol dave' disk mounts
as bob disk unmount "$dir/disks/bob.vhdx" >/dev/null 2>&1
"$real" disk create disks/root.vhdx --size 4M
name='mount what is not his' count=$((count + 1))
as bob disk mount "$dir/disks/root.vhdx" --plan >out 2>err && fail 'it was mounted'
grep -q 'bob has no permission on this file' err || fail 'no reason'
ok 'root takes it away' '' admin revoke group:lab mount
may 'mount a disk without the privilege' '' disk mount "$dir/disks/bob.vhdx" --plan
may 'unmount one' '' disk unmount /dev/nbd0 --plan
# A device that is not attached as one is not opened, whoever asks.
device=$(find /dev -maxdepth 1 -type b 2>/dev/null | head -n 1)
if [ -n "$device" ]; then
	ok 'a device as a file' '' vm create block --disk "$device,readonly"
	no 'it is not opened' 1 'this is a physical disk; attach it as one' vm start block
	ok 'delete it' '' vm delete block
fi
may 'grant pass-through' '' admin grant user:alice pass-through --plan


# What is not there for somebody is not named either.
check 'eve sees none' test -z "$(as eve vm list --names)"
check 'carol sees one' test "$(as carol vm list --names)" = web
check 'alice sees both' test "$(as alice vm list --names | sort | tr '\n' ' ')" = 'secret web '
check 'carol sees no event of another' test -z "$(as carol event list | grep secret)"

# Files are opened with the rights of the caller, and so are sockets made.
mkdir -m 700 sockets && chown dave sockets
"$real" vm set web --serial2 "socket:$dir/sockets/com2"
name='a socket without permission' count=$((count + 1))
as alice vm start web >out 2>err && fail 'it was started'
grep -q 'sockets: alice may make nothing in this folder' err || fail 'no reason'
name='a plan of it' count=$((count + 1)) && cp err said
as alice vm start web --plan >out 2>err && fail 'it was not refused'
cmp -s said err || fail 'another sentence'
chmod 600 kernel
name='start without permission' count=$((count + 1))
as alice vm start web >out 2>err && fail 'it was started'
grep -q 'kernel: alice has no permission on this file' err || fail 'no reason'
chown dave kernel
name='start with permission' count=$((count + 1))
as dave vm start web >out 2>err || fail 'refused'
check 'the socket is his alone' test "$(stat -c '%U %a' sockets/com2)" = 'dave 700'
may 'pause it' 'alice bob dave' vm pause web --plan
may 'turn it off' 'alice bob dave' vm off web --plan
may 'shut it down' 'alice bob dave' vm shutdown web --plan
may 'reset it' 'alice bob dave' vm reset web --plan
may 'press its keys' 'alice bob dave' vm key web a
may 'type into its serial port' 'alice bob dave' vm type web x --serial
may 'read its pairs' 'alice bob carol dave' vm kvp web
may 'give it a pair' 'alice dave' vm kvp web set a b --plan
may 'copy a file into it' 'alice dave' vm copy web /etc/passwd :/tmp/ --plan
may 'freeze it' 'alice dave bob' vm freeze web --plan
may 'thaw it' 'alice dave bob' vm thaw web --plan
# The socket to its guest is a console: everybody may knock, and is told.
if [ -x /usr/bin/python3 ]; then
	socket=$("$real" vm show web | awk '/^GuestSocket/ { print $2 }')
	cat >knock.py <<-'EOF'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.settimeout(1)
		try:
		    print(s.recv(100).decode() or "closed")
		except TimeoutError:
		    print("waits for a word")
	EOF
	for user in alice bob carol dave eve; do
		name="socket to its guest for $user" count=$((count + 1)) wanted='waits for a word'
		[[ $user != carol && $user != eve ]] || wanted='^NO '
		setpriv --reuid "$user" --regid "$user" --init-groups /usr/bin/python3 - "$socket" <knock.py >out 2>err
		grep -q "$wanted" out || fail 'another answer'
	done
fi
name='console of a viewer' count=$((count + 1))
as carol vm wait web --for text:hello --timeout 5 >out 2>err && fail 'it was opened'
name='console of an operator' count=$((count + 1))
as bob vm wait web --for text:hello --timeout 60 >out 2>err || fail 'refused'
as bob vm off web
"$real" vm wait web --timeout 60

# Export gives the files to the caller, where the caller may write, and nowhere else.
mkdir -m 700 theirs && chown dave theirs && chmod 644 kernel
name='export to where dave may not write' count=$((count + 1))
as dave vm export web "$dir/data" >out 2>err && fail 'it was exported'
check 'export to where dave may write' as dave vm export web "$dir/theirs"
check 'the files are his' test "$(stat -c %U theirs/web/vm.conf theirs/web/kernel | sort -u)" = dave

# So does a move; what the machine's own folder had becomes the caller's, and only then.
"$real" vm create mine --kernel kernel --append spin --memory 32M --disk new:12M >/dev/null && "$real" admin grant user:dave vm-administrator --vm mine
name='move to where dave may not write' count=$((count + 1))
as dave vm move mine "$dir/data" >out 2>err && fail 'it was moved'
check 'its disk stays' test "$(find data/storage -name mine.vhdx -user root | wc -l)" = 1
check 'move to where dave may write' as dave vm move mine "$dir/theirs"
check 'the files are his' test "$(stat -c %U theirs/mine/vm.conf theirs/mine/mine.vhdx | sort -u)" = dave
check 'dave starts it' as dave vm start mine
"$real" admin grant user:bob vm-administrator --vm mine
name='bob may not take the files of dave' count=$((count + 1))
as bob vm move mine /tmp >out 2>err && fail 'it was moved'
grep -q 'bob' err || fail 'no reason'
check 'it runs as before' test "$("$real" vm list | grep -c 'mine *Running')" = 1
"$real" vm off mine
"$real" vm wait mine --timeout 60
check 'home again' as dave vm move mine --back
check 'the service has it' test "$(find data/storage -name mine.vhdx | wc -l)" = 1 -a ! -e theirs/mine

# A change of membership holds at once.
sed -i 's/^lab:.*/lab:x:60101:/' /etc/group
"$real" vm set web --serial2 none
may 'start it after leaving the group' 'alice dave' vm start web --plan
# Nobody grants more than the own role, and every refusal is in the log.

check 'refusals are logged' test "$("$real" event list --kind refusal --limit 1000 | wc -l)" -gt 20
check 'the log is whole' "$real" event verify
# Files that are made elsewhere are the caller's, and only where the caller may make some.
if [ -x "$(dirname "$vmms")/../helpers/bulkhead-disk" ]; then
	mkdir -m 755 hers && chown alice hers
	mkdir -m 755 roots
	check 'a machine in a folder of hers' as alice vm create elsewhere --kernel "$dir/kernel" --location "$dir/hers" --disk new:8M
	check 'whose files are hers' test "$(stat -c %U hers/elsewhere hers/elsewhere/* | sort -u)" = alice
	count=$((count + 1)) name='not in a folder of root'
	! as alice vm create no --kernel "$dir/kernel" --location "$dir/roots" --disk new:8M >out 2>err || fail 'it was made'
	grep -q "$dir/roots: alice may make nothing in this folder" err || fail 'the message'
	check 'nothing is left' test -z "$(ls roots)"
fi
finish
