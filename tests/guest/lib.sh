# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the guest tests: starts the sample guest, types at its console, reads what comes back.
#
#   GUEST_RUNNER   bulkhead (default) or qemu: the same tests against QEMU's TCG show whether a test is right
#   BULKHEAD       the program (default: the build of ./check)
#   GUEST_ENGINE   --engine (default auto)
#   GUEST_SLOW     multiplies every time limit (default 1)
#
# A test calls test_ok at its end; any `fail` prints the reason and the last console output. Exit status 77 = skipped.
set -u
lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$lib/../.." && pwd)
runner=${GUEST_RUNNER:-bulkhead}
program=${BULKHEAD:-$top/.build/gcc/vmm/cli/bulkhead}
guest_dir=${GUEST_DIR:-$top/.build/guest}
work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-test.XXXXXX")
guest_pid=
guest_text=		# what the guest has printed and no guest_expect has consumed
guest_prompt='guest# '

cleanup() {
	[ -z "$guest_pid" ] || { kill "$guest_pid" 2>/dev/null; wait "$guest_pid" 2>/dev/null; }
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

skip() { echo "skipped: $*"; exit 77; }

fail() {
	guest_drain
	echo "FAILED: $*"
	echo "--- the end of the console:"
	tail -c 3000 "$work/console" 2>/dev/null | tr -d '\r' | cat -v
	[ ! -s "$work/errors" ] || { echo "--- standard error:"; tail -n 20 "$work/errors"; }
	exit 1
}

# guest_command [OPTION VALUE]...: sets `command` to what runs such a guest. Options: kernel, processors, memory,
# append, timeout, cpu, as `bulkhead run` has them.
guest_command() {
	local kernel=$guest_dir/vmlinuz processors=1 memory=512 append='' timeout=120 cpu=host
	while [ $# -gt 1 ]; do
		case $1 in
		--kernel) kernel=$2 ;;
		--processors) processors=$2 ;;
		--memory) memory=$2 ;;
		--append) append=$2 ;;
		--timeout) timeout=$2 ;;
		--cpu) cpu=$2 ;;
		*) fail "guest_command: $1" ;;
		esac
		shift 2
	done
	timeout=$((timeout * ${GUEST_SLOW:-1}))
	append="console=ttyS0 quiet ${append:-}"
	if [ "$runner" = qemu ]; then
		command=(timeout "$timeout" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp "$processors" -m "$memory"
			-nodefaults -no-user-config -display none -serial stdio -kernel "$kernel"
			-initrd "$guest_dir/initrd" -append "$append")
	else
		command=("$program" run --engine "${GUEST_ENGINE:-auto}" --cpu "$cpu" --processors "$processors" --memory "${memory}M"
			--timeout "$timeout" --kernel "$kernel" --initrd "$guest_dir/initrd" --append "$append")
	fi
}

# guest_start [OPTION VALUE]...: as guest_command; the guest's console is then at guest_send and guest_expect
guest_start() {
	guest_command "$@"
	rm -f "$work/in" "$work/out"
	mkfifo "$work/in" "$work/out"
	: >"$work/console"
	"${command[@]}" <"$work/in" >"$work/out" 2>"$work/errors" &
	guest_pid=$!
	exec {guest_in}>"$work/in" {guest_out}<"$work/out"
	guest_text=
}

# Reads for at most $1 seconds (a fraction will do) or to the next line end; 1 at the end of the output.
guest_read() {
	local line='' status
	IFS= read -r -t "$1" line <&"$guest_out"
	status=$?
	[ $status -ne 0 ] || line+=$'\n'
	guest_text+=$line
	printf '%s' "$line" >>"$work/console"
	[ $status -eq 0 ] || [ $status -gt 128 ]
}

guest_drain() {
	[ -n "${guest_out:-}" ] || return 0
	local _
	for _ in {1..200}; do
		IFS= read -r -t 0.05 _ <&"$guest_out" || break
		printf '%s\n' "$_" >>"$work/console"
	done
}

# guest_expect REGEX [SECONDS]: waits for it; guest_match is what matched, and all up to its end is consumed
guest_expect() {
	local deadline=$((SECONDS + ${2:-60} * ${GUEST_SLOW:-1})) before
	while ! [[ $guest_text =~ $1 ]]; do
		[ "$SECONDS" -lt "$deadline" ] || fail "no output like '$1' within ${2:-60} s"
		guest_read 0.5 || [[ $guest_text =~ $1 ]] || fail "the guest ended before output like '$1' came"
	done
	guest_match=("${BASH_REMATCH[@]}")
	before=${guest_text%%"${BASH_REMATCH[0]}"*}
	guest_text=${guest_text:$((${#before} + ${#BASH_REMATCH[0]}))}
}

guest_send() { printf '%s\n' "$1" >&"$guest_in"; }

# guest_boot [OPTION VALUE]...: to the shell's prompt
guest_boot() {
	guest_start "$@"
	guest_expect "$guest_prompt" 90
}

# guest_restarted: waits for the shell's prompt after the next greeting. (A shell that typed "reboot" prompts once more before it ends.)
guest_restarted() {
	guest_expect 'Bulkhead sample guest' 90
	guest_expect "$guest_prompt" 60
}

# guest_run COMMAND [SECONDS]: types it, sets guest_output (no echo, no prompt) and returns its exit status
guest_count=0
guest_run() {
	local mark="mark-$$-$((++guest_count))"
	# The quotes keep the marks out of the echo of what is typed.
	guest_send "echo \"be\"gin-$mark; $1; echo \"e\"nd-$mark \$?"
	guest_expect "begin-$mark"$'\r*\n' "${2:-60}"
	guest_expect "end-$mark ([0-9]+)" "${2:-60}"
	guest_output=$(sed -n "/begin-$mark/,/end-$mark/p" <"$work/console" | tr -d '\r' | sed "s/^.*end-$mark.*//; /begin-$mark/d")
	guest_output=${guest_output%$'\n'}
	return "${guest_match[1]}"
}

# guest_wait [SECONDS]: to the end of the guest; guest_status is its exit status
guest_wait() {
	local deadline=$((SECONDS + ${1:-60} * ${GUEST_SLOW:-1}))
	exec {guest_in}>&-
	while guest_read 0.5; do
		[ "$SECONDS" -lt "$deadline" ] || fail "the guest does not end within ${1:-60} s"
	done
	wait "$guest_pid"
	guest_status=$?
	guest_pid=
	exec {guest_out}<&-
	guest_out=
}

expect_status() { [ "$guest_status" -eq "$1" ] || fail "exit status $guest_status instead of $1"; }

guest_power_off() {
	guest_send poweroff
	guest_wait 60
	expect_status 0
}

only_bulkhead() { [ "$runner" = bulkhead ] || skip "$*"; }
test_ok() { echo "ok: $*"; exit 0; }

[ "$runner" = qemu ] || [ -x "$program" ] || fail "no program $program; build it first"
mkdir -p "$top/.build"
( flock 9; "$lib/build-sample" "$guest_dir" 9>&- ) 9>"$top/.build/guest.lock" || fail "the sample guest cannot be made"
