# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the tests of the terminal manager (sourced): the real program in a tmux of its own, with scripted keys.
# tui_begin BULKHEAD-TUI BULKHEAD
tui_begin() {
	command -v tmux >/dev/null || { echo 'skipped: no tmux'; exit 77; }
	tui=$(realpath "$1") bulkhead=$(realpath "$2")
	dir=$(mktemp -d "${TMPDIR:-/tmp}/tui-test.XXXXXX") || exit 1
	export BULKHEAD_RUNTIME=$dir/run XDG_CONFIG_HOME=$dir/config BULKHEAD_PROGRAM=$bulkhead LC_ALL=C.UTF-8 TZ=UTC HOME=$dir
	unset NO_COLOR COLORTERM TMUX BULKHEAD_SSH
	# The search for leaks at the end stops all threads, and now and then waits for ever when the terminal goes meanwhile:
	# the program stays then, and takes a processor.
	[ -z "${ASAN_OPTIONS:-}" ] || export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	mkdir -p "$BULKHEAD_RUNTIME" "$XDG_CONFIG_HOME"
	stub_pid= failed=0 count=0 tmux_log=
	trap tui_end EXIT
}

tui_end() {
	mux kill-server 2>/dev/null
	[ -z "$stub_pid" ] || { kill "$stub_pid" 2>/dev/null; wait "$stub_pid" 2>/dev/null; }
	[ "$(type -t more_end)" != function ] || more_end
	# The program keeps what was chosen when it ends: it may still be at it.
	for _ in $(seq 50); do rm -rf "$dir" 2>/dev/null && break; sleep 0.1; done
}

# Each terminal is a server of its own: one that is only ending takes no new session, and says nothing of it.
server=0
mux() { tmux -S "$dir/tmux$server" -f /dev/null "$@"; }

# stub_start STUB [COUNT] [hostile]: the service without machines; its calls go to $dir/calls
stub_start() {
	local stub=$1
	shift
	"$stub" "$BULKHEAD_RUNTIME/vmms.sock" "$@" >"$dir/calls" 2>"$dir/stub.err" &
	stub_pid=$!
	for _ in $(seq 500); do [ -S "$BULKHEAD_RUNTIME/vmms.sock" ] && return; sleep 0.02; done
	echo 'the stub service does not start'; cat "$dir/stub.err"; exit 1
}

stub_stop() {
	kill "$stub_pid"; wait "$stub_pid" 2>/dev/null
	stub_pid=
}

# tui_start WIDTH HEIGHT [ENVIRONMENT...] [-- OPTION...]: in a new terminal of this size
tui_start() {
	local width=$1 height=$2 environment=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do environment+=("$1"); shift; done
	[ $# -eq 0 ] || shift
	mux kill-server 2>/dev/null
	for _ in $(seq 500); do mux list-sessions >/dev/null 2>&1 || break; sleep 0.02; done
	server=$((server + 1))
	mux new-session -d -x "$width" -y "$height" -s test \
		"env TERM=tmux-256color ${environment[*]} '$tui' $* 2>'$dir/err'; echo \"ended: \$?\"; exec cat"
}

screen() { mux capture-pane -p -t test 2>/dev/null; }
styled() { mux capture-pane -p -e -t test 2>/dev/null; }
keys() { mux send-keys -t test "$@"; }
type_text() { mux send-keys -t test -l -- "$1"; }
# Of the terminal itself, column and row from 1: click COLUMN ROW [BUTTON]
click() { type_text $'\e['"<${3:-0};$1;$2M"; type_text $'\e['"<${3:-0};$1;$2m"; }

# click_on TEXT [BUTTON]: the mouse on the first place of the screen that has it; waits until it has
click_on() {
	local at
	see_text "$1" || { fail "nothing to click on: $1"; return 1; }
	at=$(screen | TEXT=$1 perl -CSDA -ne 'BEGIN { $text = $ENV{TEXT}; utf8::decode($text); }
		if (($at = index($_, $text)) >= 0) { print $at + 1, " ", $.; exit }')
	# shellcheck disable=SC2086
	click $at "${2:-0}"
}

# A minute is long even for a machine that does much else; once something has failed, less is enough.
tries() { seq "$([ "$failed" -eq 0 ] && echo "${TUI_TRIES:-1200}" || echo 40)"; }

# What was waited for in vain is a failure, of the check that asked or by itself: keys after it would go nowhere.
missed() { [[ " ${FUNCNAME[*]} " == *' check '* ]] || fail "$1"; return 1; }

# see PATTERN: waits until the screen has it
see() {
	for _ in $(tries); do
		screen | grep -Eq -- "$1" && return 0
		sleep 0.05
	done
	missed "not seen: $1"
}

# see_text TEXT: the same of a text as it is
see_text() {
	for _ in $(tries); do
		screen | grep -Fq -- "$1" && return 0
		sleep 0.05
	done
	missed "not seen: $1"
}

# gone PATTERN: waits until the screen has it no more
gone() {
	for _ in $(tries); do
		screen | grep -Eq -- "$1" || return 0
		sleep 0.05
	done
	return 1
}

# leave PATTERN: Escape, and waits until the screen has it no more: a key that came at once would be Alt and this key
leave() {
	keys Escape
	gone "$1" || fail "Escape does not take away: $1"
}

# called PATTERN: waits until the stub service was called so
called() {
	for _ in $(tries); do
		grep -Eq -- "$1" "$dir/calls" && return 0
		sleep 0.05
	done
	missed "not called: $1"
}

# wait_for COMMAND...: until it succeeds
wait_for() { for _ in $(tries); do "$@" && return; sleep 0.05; done; return 1; }

fail() { # NAME
	echo "FAILED: $1"
	screen | sed 's/^/    |/'
	sed 's/^/    stderr: /' "$dir/err" 2>/dev/null | head -5
	failed=$((failed + 1))
	[ -z "${TUI_STOP:-}" ] || exit 1 # for whoever looks for the reason
}

# check NAME COMMAND...
check() {
	count=$((count + 1))
	"${@:2}" || fail "$1"
}

finish() {
	echo "$count checks, $failed failed"
	[ "$failed" -eq 0 ]
}

# service_begin VMMS WORKER: the real service, with nothing in it, ended at the end with its machines
service_begin() {
	vmms=$(realpath "$1")
	BULKHEAD_WORKER=$(realpath "$2")
	export BULKHEAD_WORKER BULKHEAD_DATA=$dir/data
	more_end() {
		local record pid
		[ -z "${service_pid:-}" ] || { kill "$service_pid" 2>/dev/null; wait "$service_pid" 2>/dev/null; }
		for record in "$dir"/run/workers/*.run; do
			[ -f "$record" ] && read -r pid _ <"$record" && kill -9 "$pid" 2>/dev/null
		done
	}
	# Guests take their time on a busy machine.
	TUI_TRIES=${TUI_TRIES:-2400}
	"$vmms" 2>"$dir/vmms.log" &
	service_pid=$!
	for _ in $(seq 500); do "$bulkhead" host show >/dev/null 2>&1 && break; sleep 0.05; done
}
