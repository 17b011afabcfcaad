#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The terminal is as before after every kind of end: quit, signals, a crash, suspend and resume.
# restore.sh BULKHEAD-TUI BULKHEAD STUB
set -u
. "$(dirname "$0")/lib.sh"
tui_begin "$1" "$2"
stub_start "$3"

# The terminal's own state, as tmux and stty know it.
state() {
	mux display-message -p -t test 'alternate #{alternate_on} cursor #{cursor_flag} mouse #{mouse_any_flag} keypad #{keypad_flag}'
}

# A shell that tells its modes before and after.
shell_start() {
	mux kill-server 2>/dev/null
	for _ in $(seq 500); do mux list-sessions >/dev/null 2>&1 || break; sleep 0.02; done
	mux new-session -d -x 80 -y 24 -s test "env TERM=tmux-256color PS1='prompt> ' bash --norc --noprofile -i"
	see 'prompt>'
	type_text "stty -a >$dir/before; echo read''y"; keys Enter
	see '^ready'
	before=$(state)
}

pid_of_tui() { pgrep -x -P "$(mux display-message -p -t test '#{pane_pid}')" bulkhead-tui; }

run_tui() {
	type_text "clear; '$tui' 2>$dir/err; echo ended-\$?; stty -a >$dir/after; echo aft''er"; keys Enter
	see 'Virtual Machines' || fail 'it does not start'
}

# ends NAME STATUS
ends() {
	check "$1: it ends" see "^ended-$2"
	check "$1: after it" see '^after'
	check "$1: the modes of the terminal" cmp -s "$dir/before" "$dir/after"
	check "$1: the screen" test "$(state)" = "$before"
}

shell_start
run_tui
[[ $(state) == *'alternate 1'*'mouse 1'* ]] || fail 'the second screen and the mouse are not used'
keys q
ends 'q' 0
run_tui; kill -TERM "$(pid_of_tui)"; ends 'SIGTERM' 143
run_tui; kill -HUP "$(pid_of_tui)"; ends 'SIGHUP' 129
run_tui; kill -INT "$(pid_of_tui)"; ends 'SIGINT' 130
run_tui; kill -SEGV "$(pid_of_tui)"; ends 'a crash' 139
run_tui; kill -ABRT "$(pid_of_tui)"; ends 'an abort' 134

# Suspended with a dialog open, and resumed where it was.
run_tui
keys ?; see 'Main screen'
keys C-z
check 'Ctrl-Z: the shell is back' see 'Stopped'
type_text "stty -a >$dir/after; echo stop''ped"; keys Enter
see '^stopped'
check 'Ctrl-Z: the modes of the terminal' cmp -s "$dir/before" "$dir/after"
check 'Ctrl-Z: the screen' test "$(state)" = "$before"
type_text fg; keys Enter
check 'fg: the same screen again' see 'Main screen'
kill -TSTP "$(pid_of_tui)"
check 'SIGTSTP: the shell is back' see 'Stopped'
check 'SIGTSTP: the screen' test "$(state)" = "$before"
type_text fg; keys Enter
see 'Main screen'
keys q; see 'Virtual Machines'; keys q
check 'it ends after that' gone 'Virtual Machines'
check 'after that: the screen' test "$(state)" = "$before"

# A terminal that cannot do it is told so, in a sentence.
type_text "clear; TERM=dumb '$tui'; echo du''mb"; keys Enter
check 'TERM=dumb' see 'cannot place its cursor'
type_text "clear; '$tui' </dev/null; echo n''one"; keys Enter
check 'no terminal' see 'this is no terminal'
finish
