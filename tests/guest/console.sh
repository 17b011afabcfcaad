#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# console.sh: nothing is lost on the console: 64 KiB pasted raw, lines pasted at the shell, 256 KiB printed
. "$(dirname "$0")/lib.sh"

guest_boot

# Raw: every byte value but what the terminal would act on is off in raw mode, so all 256
head -c 49152 /dev/urandom | base64 -w 0 >"$work/paste" # 65536 bytes
guest_send 'stty raw -echo; echo "rea"dy; head -c 65536 | sha256sum; stty sane'
guest_expect 'ready'
cat "$work/paste" >&"$guest_in"
guest_expect '([0-9a-f]{64})  -' 60
[ "${guest_match[1]}" = "$(sha256sum <"$work/paste" | cut -d' ' -f1)" ] || fail "64 KiB pasted raw came out otherwise"
guest_expect "$guest_prompt"

# Cooked, with echo, as a user pastes a file at the prompt
head -c 12288 /dev/urandom | base64 -w 72 >"$work/paste"
guest_send 'cat >/tmp/paste; sha256sum </tmp/paste'
cat "$work/paste" >&"$guest_in"
printf '\004' >&"$guest_in"
guest_expect '([0-9a-f]{64})  -' 60
[ "${guest_match[1]}" = "$(sha256sum <"$work/paste" | cut -d' ' -f1)" ] || fail "16 KiB pasted as lines came out otherwise"
guest_expect "$guest_prompt"

# Output
guest_run 'stty -opost; dd if=/dev/urandom bs=1024 count=189 2>/dev/null | base64 -w 0 >/tmp/out; sha256sum </tmp/out; cat /tmp/out; echo; stty opost' 90
sum=${guest_output%%  -*}
[ "$sum" = "$(tr -d '\r' <"$work/console" | awk 'length > 200000' | tr -d '\n' | sha256sum | cut -d' ' -f1)" ] ||
	fail "252 KiB printed came out otherwise"

# Ctrl-C reaches the foreground job
guest_send 'sleep 1000'
sleep 0.5
printf '\003' >&"$guest_in"
guest_expect "$guest_prompt" 10
guest_run 'echo "still" here' 20 || fail "the shell does not answer after Ctrl-C"
guest_power_off
test_ok "console"
