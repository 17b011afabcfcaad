#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hostile names and texts, random keys, and silence when nothing happens: every byte on the terminal is looked at.
# hostile.sh BULKHEAD-TUI BULKHEAD STUB PTY [SEEDS [KEYS]]
set -u
. "$(dirname "$0")/lib.sh"
tui_begin "$1" "$2"
pty=$(realpath "$4")
stub=$3
stub_start "$stub" 12 hostile

# A name that no control character is left of; columns stay where they are.
tui_start 100 30 COLORTERM=truecolor
check 'the list' see 'very-long-name-that'
check 'nothing blinks, no title is set' test "$(mux display-message -p -t test '#{pane_title}')" != title
states=$(screen | grep -cE '^│.*(Running|Off|Off-Critical|Paused|Saved) +[0-9]')
check 'every row has its state' test "$states" -eq 12
columns=$(screen | sed -n '/Name/,/└/p' | grep -E 'Running|Off|Paused|Saved' | sed -E 's/(Running|Off|Paused|Saved).*//' |
	while IFS= read -r line; do printf '%s\n' "$line" | wc -L; done | sort -u | wc -l)
check 'the columns stand below each other' test "$columns" -eq 1
keys 6
check 'events' see 'blink'
mux kill-server

for seed in $(seq "${5:-3}"); do
	check "random keys, seed $seed" "$pty" fuzz "$seed" "${6:-600}" "$tui"
done

# Without plots it is silent; with them it says little.
stub_stop
stub_start "$stub" 200
mkdir -p "$XDG_CONFIG_HOME/bulkhead"
printf '[options]\nlive=false\n' >"$XDG_CONFIG_HOME/bulkhead/tui.conf"
quiet=$("$pty" idle 2 "$tui")
check "without plots: $quiet bytes/s" test "$quiet" -eq 0
printf '[options]\nlive=true\n' >"$XDG_CONFIG_HOME/bulkhead/tui.conf"
loud=$(PTY_KEYS=4 "$pty" idle 3 "$tui")
check "with plots: $loud bytes/s" test "$loud" -gt 0 -a "$loud" -le 4096
echo "idle: $quiet bytes/s without plots, $loud with"
finish
