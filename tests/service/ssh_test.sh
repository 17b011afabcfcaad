#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `bulkhead --host` through a real sshd on a port of its own. Skipped without one.
# ssh_test.sh BULKHEAD VMMS WORKER MAKE_KERNEL
set -u
PATH=$PATH:/usr/sbin
for tool in sshd ssh ssh-keygen; do command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }; done
. "$(dirname "$(realpath "$0")")/lib.sh"
service_begin "$@"
chmod 700 "$dir"
sshd_pid=
trap '[ -z "$sshd_pid" ] || kill "$sshd_pid"; service_end' EXIT
user=$(id -un)

ssh-keygen -q -t ed25519 -N '' -f host_key && ssh-keygen -q -t ed25519 -N '' -f user_key && cp user_key.pub authorized
mkdir -p bin && ln -s "$bulkhead" bin/bulkhead
# The privilege separation of root's sshd wants this folder, which the package's service makes.
[ "$(id -u)" != 0 ] || [ -d /run/sshd ] || mkdir -m 755 /run/sshd
write_config() {
	cat >sshd_config <<-END
	Port $1
	ListenAddress 127.0.0.1
	HostKey $dir/host_key
	AuthorizedKeysFile $dir/authorized
	PidFile none
	StrictModes no
	UsePAM no
	PermitRootLogin yes
	PasswordAuthentication no
	SetEnv PATH=$dir/bin:$PATH BULKHEAD_RUNTIME=$BULKHEAD_RUNTIME BULKHEAD_DATA=$BULKHEAD_DATA
	END
}
for _ in 1 2 3 4 5; do # a port that somebody else has is no failure
	port=$((20000 + RANDOM % 30000))
	write_config $port
	"$(command -v sshd)" -D -e -f "$dir/sshd_config" 2>sshd.log &
	sshd_pid=$!
	for _ in $(seq 50); do grep -q 'listening on' sshd.log && break 2; kill -0 $sshd_pid 2>/dev/null || break; sleep 0.1; done
done
grep -q 'listening on' sshd.log || { echo "skipped: sshd does not start here: $(tail -n 1 sshd.log)"; sshd_pid=; exit 77; }
cat >ssh-there <<END
#!/bin/sh
echo ssh >>$dir/calls
exec ssh -q -F /dev/null -p $port -i $dir/user_key -o IdentitiesOnly=yes -o UserKnownHostsFile=/dev/null \
	-o StrictHostKeyChecking=no "\$@"
END
chmod +x ssh-there
export BULKHEAD_SSH=$dir/ssh-there
ssh_works() { ./ssh-there "$user@127.0.0.1" true; }
ssh_works 2>err || { echo "skipped: no login by key as $user here: $(tail -n 1 sshd.log)"; exit 77; }
there=(--host "$user@127.0.0.1")

name='no service over there' count=$((count + 1))
"$bulkhead" vm list "${there[@]}" >out 2>err && fail 'a list'
grep -q 'no management service is running there; start it' err || fail 'no reason'
service_start
: >calls
runtime=$BULKHEAD_RUNTIME
unset BULKHEAD_RUNTIME # nothing here is to be reached without ssh
no 'nobody here' 1 'no management service|does not answer' vm list
no 'a file of there' 2 'this is a file of the other computer; give its whole path' vm create web --kernel kernel "${there[@]}"
ok 'create' '' vm create web --kernel "$dir/kernel" --append 'say:hello echo:5 spin' --memory 64M "${there[@]}"
ok 'list' '^web +Off' vm list "${there[@]}"
ok 'plan' 'would do: web is started' vm start web --plan "${there[@]}"
ok 'start' '' vm start web "${there[@]}"
ok 'wait for a text' '' vm wait web --for hello --timeout 60 "${there[@]}"
ok 'type' '' vm type web abcde --serial "${there[@]}"
ok 'what came back' '' vm wait web --for abcde --timeout 60 "${there[@]}"
no 'a time limit over there' 124 'not seen' vm wait web --for never --timeout 0.3 "${there[@]}"
name='console' count=$((count + 1))
timeout 70 "$bulkhead" vm connect web --look "${there[@]}" </dev/null >out 2>err &
viewer=$!
for _ in $(seq 600); do grep -q hello out && break; sleep 0.1; done
grep -q hello out || fail 'no text'
kill "$viewer" 2>/dev/null
wait "$viewer" 2>/dev/null
ok 'why' 'web is running' why web "${there[@]}"
ok 'events' 'web is started' event list "${there[@]}"
no 'a refusal comes through' 1 'web is running; it cannot be started' vm start web "${there[@]}"
ok 'off' '' vm off web "${there[@]}"
ok 'wait' '' vm wait web --timeout 60 "${there[@]}"
check 'all of that went by ssh' test "$(wc -l <calls)" -ge 14
# Disk images of that computer, by its service.
ok 'a disk over there' '' disk create "$dir/there.vhdx" --size 40M "${there[@]}"
check 'is there' test -f there.vhdx
ok 'looked at from here' 'Format +vhdx, dynamic' disk inspect "$dir/there.vhdx" "${there[@]}"
ok 'as JSON' '"Size": 41943040' disk inspect "$dir/there.vhdx" --json "${there[@]}"
ok 'converted' '' disk convert "$dir/there.vhdx" "$dir/there.raw" "${there[@]}"
ok 'checked' 'no errors' disk check "$dir/there.vhdx" "${there[@]}"
ok 'a plan' "command line: bulkhead --host $user@127.0.0.1 disk resize $dir/there.vhdx 80M" disk resize "$dir/there.vhdx" 80M --plan "${there[@]}"
no 'a path that means nothing there' 2 'give its whole path' disk inspect there.vhdx "${there[@]}"
no 'what is not there' 1 'no such file' disk compact "$dir/none.vhdx" "${there[@]}"
no 'no such host' 1 'ssh does not reach it|does not answer' vm list --host "$user@127.0.0.2.invalid"
no 'an option as a host' 2 'this is no host' vm list --host=-oProxyCommand=true
export BULKHEAD_RUNTIME=$runtime
finish
