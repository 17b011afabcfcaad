#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Exit statuses and messages of `bulkhead run`.
# run_test.sh BULKHEAD MAKE_KERNEL: a bulkhead whose worker has the scripted hypervisor (fake/fake_hv.c).
set -u
bulkhead=$(realpath "$1")
make_kernel=$(realpath "$2")
dir=$(mktemp -d "${TMPDIR:-/tmp}/run-test.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
"$make_kernel" >kernel || exit 1
failed=0
count=0

fail() {
	echo "FAILED: $name: $1"
	head -c 500 out | cat -v | sed 's/^/    stdout: /'
	head -c 1000 err | cat -v | sed 's/^/    stderr: /'
	failed=$((failed + 1))
}

# check NAME STATUS PATTERN ARGUMENTS...: PATTERN (extended regular expression) in the one line on stderr; "" = empty.
check() {
	name=$1
	local status=$2 pattern=$3 actual
	shift 3
	"$bulkhead" "$@" >out 2>err </dev/null
	actual=$?
	expect "$status" "$actual" "$pattern"
}

expect() {
	count=$((count + 1))
	[ "$1" = "$2" ] || { fail "status $2 instead of $1"; return; }
	if [ -z "$3" ]; then
		[ ! -s err ] || fail "unexpected message"
		return
	fi
	grep -Eq -- "$3" err || { fail "the message lacks: $3"; return; }
	[ "$(wc -l <err)" = 1 ] || fail "more than one line"
	grep -q '^bulkhead: .*[^.]$' err || fail "form of the message"
}

run() { # the same for `run` with the good kernel
	local name=$1 status=$2 pattern=$3
	shift 3
	check "$name" "$status" "$pattern" run --kernel kernel "$@"
}

# --- usage
check 'no command' 2 'no command; see'
check 'unknown command' 2 'fly: there is no such command; see' fly
check 'no kernel' 2 'no kernel; give one with --kernel' run
check 'unknown option' 2 '--fly: there is no such option; see' run --fly
check 'value missing' 2 '--kernel: the value is missing' run --kernel
check 'help' 0 '' --help
check 'version' 0 '' --version
check 'run help' 0 '' run --help
run 'processors 0' 2 '--processors 0: a machine has 1 to 64 processors; give' --processors 0
run 'processors 1000' 2 '--processors 1000: a machine has 1 to 64' --processors 1000
run 'processors text' 2 '--processors two: ' --processors two
run 'memory text' 2 '--memory lots: this is no size; give' --memory lots
run 'memory 0' 2 '--memory 0: this is no size' --memory 0
run 'memory tiny' 2 '--memory 1M: a machine has between 8 MiB and' --memory 1M
run 'memory negative' 2 '--memory -5: ' --memory -5
run 'memory beyond all' 2 '--memory 99999G: a machine has between' --memory 99999G
run 'memory overflow' 2 '--memory 18446744073709551615G: ' --memory 18446744073709551615G
run 'engine unknown' 2 '--engine xen: there is no such engine; give auto' --engine xen
run 'cpu unknown' 2 '--cpu 486: there is no such processor; give host' --cpu 486
run 'serial unknown' 2 '--serial tcp:5: there is no such serial port; give' --serial tcp:5
run 'timeout text' 2 '--timeout soon: this is no time; give' --timeout soon
run 'name empty' 2 '--name: a name has 1 to' --name ''

# --- files
check 'kernel missing' 1 '--kernel nowhere: there is no such file; check' run --kernel nowhere
check 'kernel is a folder' 1 '--kernel \.: this is a folder; give' run --kernel .
check 'kernel below a file' 1 '--kernel kernel/x: there is no such file' run --kernel kernel/x
check 'kernel is a device' 1 '--kernel /dev/zero: this is no regular file' run --kernel /dev/zero
mkfifo fifo
check 'kernel is a pipe' 1 '--kernel fifo: this is no regular file' run --kernel fifo
: >empty
check 'kernel empty' 1 '^bulkhead: empty: this is no Linux kernel .*; give' run --kernel empty
echo 'hello, this is not a kernel' >text
check 'kernel is text' 1 '^bulkhead: text: this is no Linux kernel' run --kernel text
head -c 3000 kernel >cut
check 'kernel cut' 1 '^bulkhead: cut: this kernel image is truncated' run --kernel cut
cp /bin/true elf
check 'kernel is a program' 1 '^bulkhead: elf: this ELF file ' run --kernel elf
printf 'x' >'new
line'
check 'control characters in a name' 1 'new\?line: this is no Linux kernel' run --kernel 'new
line'
run 'initrd missing' 1 '--initrd nowhere: there is no such file' --initrd nowhere
run 'initrd empty' 1 'empty: this initrd is empty; give' --initrd empty
if [ "$(id -u)" != 0 ]; then
	cp kernel secret
	chmod 0 secret
	check 'kernel unreadable' 1 '--kernel secret: you may not open it; change' run --kernel secret
fi

# --- memory
truncate -s 200M big
run 'initrd too large' 1 'big: this initrd of 200 MiB and the kernel do not fit into 128 MiB .* at least 221 MiB' \
	--initrd big --memory 128M
run 'initrd fits' 0 '' --initrd big --memory 221M --append off
run 'memory too small' 1 'kernel: this kernel does not fit into 16 MiB of memory; give .* at least 21 MiB' --memory 16M
run 'memory enough' 0 '' --memory 21M --append off
run 'memory beyond the host' 1 '--memory: 524288 MiB are asked for, but this host has only [0-9]+ MiB' --memory 512G
run 'command line too long' 1 '--append: the kernel command line has 2049 bytes, this kernel takes 2048; shorten' \
	--append "$(head -c 2049 /dev/zero | tr '\0' x)"
run 'command line just fits' 124 'still running' --append "$(head -c 2048 /dev/zero | tr '\0' x)" --timeout 0.3
run 'command line far too long' 2 '--append: a kernel command line of 40000 bytes' \
	--append "$(head -c 40000 /dev/zero | tr '\0' x)"

# --- engine
run 'engine that is missing' 1 '--engine kvm: this machine has no hardware virtualization; give' --engine kvm
run 'engine translator' 0 '' --engine translator --append off

# --- ends
run 'power off' 0 '' --append 'say:hello off'
[ "$(cat out)" = hello ] || fail 'output'
run 'crash' 3 'guest: the guest crashed: triple fault on processor 0 at rip 0x1000200 .*; its last' --append 'say:x crash'
run 'crash with a name' 3 '^bulkhead: box: the guest crashed' --append crash --name box
run 'failure of the engine' 1 'the script asked for a failure' --append fail
run 'resets' 0 '' --append 'say:again resets:3 off' --processors 3
[ "$(grep -c again out)" = 4 ] || fail 'three resets make four starts'
run 'time limit' 124 'guest: still running after 0.4 s; .* --timeout' --append 'say:before spin' --timeout 0.4
[ "$(cat out)" = before ] || fail 'output before the time limit'
run 'worker aborts' 1 'the worker process died of signal 6 \(Aborted\)' --append abort
run 'many processors' 0 '' --processors 64 --append 'say:x off'

# --- input and output
name='64 KiB of input'
head -c 65536 /dev/urandom >input
"$bulkhead" run --kernel kernel --append 'echo:65536 off' <input >out 2>err
expect 0 $? ''
cmp -s input out || fail 'bytes lost or changed'
name='end of input is not the end'
printf 'abc' | "$bulkhead" run --kernel kernel --append 'echo:3 say:still off' >out 2>err
expect 0 $? ''
[ "$(cat out)" = abcstill ] || fail 'output'
name='closed input'
"$bulkhead" run --kernel kernel --append 'say:still off' >out 2>err <&-
expect 0 $? ''
name='closed output'
"$bulkhead" run --kernel kernel --append 'say:still off' >&- 2>err </dev/null
expect 0 $? ''
name='slow reader'
"$bulkhead" run --kernel kernel --append 'flood:200000 off' 2>err </dev/null | { sleep 0.5; cat; } >out
expect 0 "${PIPESTATUS[0]}" ''
[ "$(wc -c <out)" = 200000 ] || fail 'bytes lost'
[ "$(sort -u out | wc -l)" -ge 26 ] || fail 'bytes changed'
name='reader that leaves'
"$bulkhead" run --kernel kernel --append 'flood:2000000 spin' 2>err </dev/null | head -c 10 >out
expect 1 "${PIPESTATUS[0]}" 'nobody reads the output any more; the machine was stopped'

run 'serial none' 0 '' --serial none --append 'say:x off'
[ ! -s out ] || fail 'output'
run 'serial file' 0 '' --serial file:log --append 'flood:100000 off'
[ "$(wc -c <log)" = 100000 ] || fail 'file'
run 'serial file nowhere' 1 '--serial nowhere/log: there is no such file; check' --serial file:nowhere/log
[ ! -c /dev/full ] || run 'serial file full' 0 'guest: the file of the serial port cannot be written: No space' \
	--serial file:/dev/full --append 'flood:100000 off'
run 'serial socket nowhere' 1 '--serial unix:nowhere/s: no socket can be made there' --serial unix:nowhere/s
run 'serial socket long' 1 'a socket.s path has at most' --serial "unix:$(head -c 200 /dev/zero | tr '\0' s)"
run 'serial socket in use' 1 '--serial unix:text: this path is in use; give' --serial unix:text
run 'serial socket' 0 '' --serial unix:socket --append 'say:x off'
[ ! -e socket ] || fail 'the socket is still there'

# --- signals
start() { # in the background, until the guest has said "up"
	rm -f out
	"$bulkhead" run --kernel kernel --timeout 20 --append 'say:up spin' "$@" >out 2>err </dev/null &
	pid=$!
	for _ in $(seq 100); do
		grep -qs up out && break
		sleep 0.05
	done
	worker=$(pgrep -P $pid)
	[ -n "$worker" ] || fail 'no worker'
}
gone() {
	for _ in $(seq 40); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.05
	done
	fail "process $1 is still there"
}
for s in TERM:143 HUP:129; do
	name="signal ${s%:*}"
	start
	kill -"${s%:*}" $pid
	wait $pid
	expect "${s#*:}" $? 'guest: stopped by signal'
	gone "$worker"
done
name='the worker is killed'
start
kill -KILL "$worker"
wait $pid
expect 1 $? 'guest: the worker process was killed; the machine is lost'
name='the command line is killed'
start
kill -KILL $pid
wait $pid 2>/dev/null
gone "$worker"

echo "$count checks, $failed failed"
[ $failed = 0 ] && [ $count -gt 60 ]
