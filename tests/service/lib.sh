# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the tests of the service (sourced): a private service in a folder of its own, with the scripted worker.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../guest/sample.sh" # sample_guest; before service_begin, which leaves the folder

# own_mounts "$@": runs the test anew in a mount namespace of its own, in which "$1" is "inside"; to be shifted away. Skips without
own_mounts() {
	local new
	[ "${1:-}" != inside ] || return 0
	unshare -m true 2>/dev/null && new=(-m) || new=(-m -r)
	unshare "${new[@]}" true 2>/dev/null || { echo "skipped: no mount namespace can be made here"; exit 77; }
	exec unshare "${new[@]}" --propagation private "$0" inside "$@"
}

# service_begin BULKHEAD VMMS WORKER MAKE_KERNEL
service_begin() {
	bulkhead=$(realpath "$1") vmms=$(realpath "$2") make_kernel=$(realpath "$4")
	BULKHEAD_WORKER=$(realpath "$3")
	dir=$(mktemp -d "${TMPDIR:-/tmp}/service-test.XXXXXX") || exit 1
	export BULKHEAD_WORKER BULKHEAD_DATA=$dir/data BULKHEAD_RUNTIME=$dir/run
	service_pid=
	trap service_end EXIT
	cd "$dir" || exit 1
	"$make_kernel" >kernel || exit 1
	failed=0 count=0
}

service_end() {
	[ -z "$service_pid" ] || { kill "$service_pid" 2>/dev/null; wait "$service_pid" 2>/dev/null; }
	# Only workers that this test's own records name.
	for record in "$dir"/run/workers/*.run; do
		[ -f "$record" ] && read -r pid _ <"$record" && kill -9 "$pid" 2>/dev/null
	done
	cd / && rm -rf "$dir"
}

service_start() {
	"$vmms" 2>>"$dir/vmms.log" &
	service_pid=$!
	service_wait
}

# Until it answers; a loaded computer takes its time.
service_wait() {
	local until=$((SECONDS + 60))
	while [ $SECONDS -lt $until ]; do
		[ -S "$BULKHEAD_RUNTIME/vmms.sock" ] && "$bulkhead" host show >/dev/null 2>&1 && return 0
		sleep 0.02
	done
	echo "the service does not start:"; cat "$dir/vmms.log"; exit 1
}

# console_has NAME COUNT PATTERN: whether the serial console of a machine has so many lines like that, within a minute (or CONSOLE_SECONDS).
# What it has is in the file `console`.
console_has() {
	local until=$((SECONDS + ${CONSOLE_SECONDS:-60})) viewer status=1
	: >console
	"$bulkhead" vm connect "$1" --look </dev/null >console 2>/dev/null &
	viewer=$!
	while [ $SECONDS -lt $until ]; do
		[ "$(grep -Ec -- "$3" console)" -lt "$2" ] || { status=0; break; }
		sleep 0.05
	done
	kill "$viewer" 2>/dev/null
	wait "$viewer" 2>/dev/null
	return $status
}

service_kill() { # SIGNAL
	kill -"$1" "$service_pid" 2>/dev/null
	wait "$service_pid" 2>/dev/null
	service_pid=
}

# stop_helper [PID]: the helper of the service, as soon as it is there; stopped. 1: the job was faster (or this program has ended).
stop_helper() {
	for _ in $(seq 2000); do
		[ -z "${1:-}" ] || kill -0 "$1" 2>/dev/null || return 1
		helper=$(pgrep -P "$service_pid" -x bulkhead-disk) && kill -STOP "$helper" 2>/dev/null && return 0
		sleep 0.005
	done
	return 1
}

fail() {
	echo "FAILED: $name: $1"
	sed 's/^/    stdout: /' out | head -8
	sed 's/^/    stderr: /' err | head -5
	failed=$((failed + 1))
}

# ok NAME PATTERN ARGUMENTS...: exit status 0, PATTERN in stdout, nothing on stderr
ok() {
	name=$1
	local pattern=$2
	shift 2
	count=$((count + 1))
	"$bulkhead" "$@" >out 2>err </dev/null || { fail "status $?"; return; }
	[ ! -s err ] || { fail "a message"; return; }
	[ -z "$pattern" ] || grep -Eq -- "$pattern" out || fail "the output lacks: $pattern"
}

# no NAME STATUS PATTERN ARGUMENTS...: this status, and one sentence on stderr with PATTERN
no() {
	name=$1
	local status=$2 pattern=$3 actual
	shift 3
	count=$((count + 1))
	"$bulkhead" "$@" >out 2>err </dev/null
	actual=$?
	[ "$status" = "$actual" ] || { fail "status $actual instead of $status"; return; }
	grep -Eq -- "$pattern" err || { fail "the message lacks: $pattern"; return; }
	[ "$(wc -l <err)" = 1 ] || { fail "more than one line"; return; }
	grep -q '^bulkhead: .*[^.]$' err || fail "form of the message"
}

# check NAME COMMAND...: a command of the shell that must succeed
check() {
	name=$1
	shift
	count=$((count + 1))
	"$@" >out 2>err || fail "$*"
}

finish() {
	[ "$failed" -eq 0 ] || sed 's/^/    service: /' "$dir/vmms.log" | tail -5
	echo "$count checks, $failed failed"
	[ "$failed" -eq 0 ]
}
