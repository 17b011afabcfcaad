#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Screens against golden ones: texts in four sizes, looks in every theme, every kind of terminal.
# screens.sh BULKHEAD-TUI BULKHEAD STUB [--update]
set -u
here=$(dirname "$(realpath "$0")")
. "$here/lib.sh"
tui_begin "$1" "$2"
stub_start "$3" 12
update=${4:-}
mkdir -p "$XDG_CONFIG_HOME/bulkhead"

# Nothing that moves by itself.
settings() { printf '[options]\nlive=false\n' >"$XDG_CONFIG_HOME/bulkhead/tui.conf"; }

# golden NAME CAPTURE: waits until the screen is that of the file
golden() {
	local file=$here/golden/$1
	count=$((count + 1))
	if [ "$update" = --update ]; then
		sleep 0.7; mkdir -p "$here/golden"; "$2" >"$file"
		return
	fi
	for _ in $(tries); do
		"$2" >"$dir/now"
		cmp -s "$file" "$dir/now" && return
		sleep 0.05
	done
	echo "FAILED: $1 is not as it was:"; diff "$file" "$dir/now" | head -20; failed=$((failed + 1))
}

# open KEYS... PATTERN
open() {
	keys "${@:1:$#-1}"
	see "${@: -1}" || fail "no ${*: -1}"
}

screens_of_size() { # WIDTH HEIGHT
	local size=$1x$2
	settings
	tui_start "$1" "$2" COLORTERM=truecolor
	see 'wiki|proxy'; golden "main-$size" screen
	open F10 'New Virtual Machine'; golden "menu-$size" screen; leave 'New Virtual Machine'
	open x 'Turn Off[.]+ +O'; golden "actions-$size" screen; leave 'Turn Off[.]+ +O'
	open '?' 'Main screen'; golden "help-$size" screen; keys q; see 'Virtual Machines'
	open O 'has not written'; golden "question-$size" screen; keys n; gone 'has not written'
	open n 'Skip this page'; golden "begin-$size" screen; open F2 '1 to 100'; golden "wizard-$size" screen
	open F9 'make the machine'; golden "summary-$size" screen; keys C-c; see 'Virtual Machines'
	open e 'Settings: '; golden "settings-$size" screen; keys C-c; see 'Virtual Machines'
	open A 'user:bob'; golden "administrators-$size" screen
	open m 'console'; golden "matrix-$size" screen; keys q; see 'operator'; keys q; see 'Virtual Machines'
	open E 'bob may not'; golden "events-$size" screen; keys q; see 'Virtual Machines'
	open W 'the way out'; golden "switches-$size" screen; keys q; see 'Virtual Machines'
	open '|' '\[ \] Heartbeat'; golden "columns-$size" screen; leave '\[x\]'
}

sizes=('80 24' '100 30' '132 43' '200 60')
for size in "${sizes[@]}"; do
	# shellcheck disable=SC2086
	screens_of_size $size
done

# The largest: rows that are the same are counted, and characters that are the same in a row.
compact() { perl -CSD -pe 's/(.)\1{7,}/"$1\x{d7}" . length($&)/ge' | uniq -c; }
compact_screen() { screen | compact; }
settings; tui_start 500 200 COLORTERM=truecolor
see 'wiki|proxy'; golden main-500x200 compact_screen
open n 'Skip this page'; open F2 '1 to 100'; golden wizard-500x200 compact_screen; keys C-c; see 'Virtual Machines'
open e 'Settings: '; golden settings-500x200 compact_screen; keys C-c; see 'Virtual Machines'

# Every theme has its own look, in all sizes.
compact_styled() { styled | compact; }
for theme in dark light classic high-contrast monochrome eight-colours; do
	for size in "${sizes[@]}"; do
		settings
		# shellcheck disable=SC2086
		tui_start $size COLORTERM=truecolor -- --theme $theme
		see 'wiki|proxy'; golden "theme-$theme-${size/ /x}" compact_styled
		open O 'has not written'; golden "theme-$theme-question-${size/ /x}" compact_styled
	done
done

# Every kind of terminal: it starts, moves and ends.
for term in linux screen xterm xterm-256color tmux-256color vt220; do
	settings
	tui_start 80 24 "TERM=$term"
	check "$term: it starts" see 'Virtual Machines'
	keys '?'
	check "$term: help" see 'Main screen'
	keys q; see 'Virtual Machines'; keys q
	check "$term: it ends" see 'ended: 0'
done
settings; tui_start 80 24 TERM=dumb
check 'dumb: it ends' see 'ended: 1'
check 'dumb: it says why, and what to do' grep -q 'cannot place its cursor; set TERM .* bulkhead vm list' "$dir/err"
settings; tui_start 80 24 LC_ALL=C TERM=linux; see 'wiki|proxy'; golden main-ascii screen
screen | LC_ALL=C grep -q '[^ -~]' && fail 'something else than ASCII'
settings; tui_start 80 24 NO_COLOR=1 COLORTERM=truecolor; see 'wiki|proxy'; golden theme-monochrome-80x24 compact_styled
styled | grep -Eq $'\e\\[[0-9;]*(3[0-8]|4[0-8])[;m]' && fail 'colours although NO_COLOR is set'

# Any size at any moment, down to nothing.
settings; tui_start 80 24 COLORTERM=truecolor; see 'wiki|proxy'
for size in '20 5' '500 200' '1 1' '79 23' '3 40' '80 24'; do
	# shellcheck disable=SC2086
	mux resize-window -t test -x ${size% *} -y ${size#* }
	sleep 0.1
done
golden main-80x24 screen
mux resize-window -t test -x 20 -y 5; golden main-20x5 screen
mux resize-window -t test -x 40 -y 10; golden main-40x10 screen
finish
