#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# others.sh tigervnc|tigervnc-tls|gvnccapture|novnc|novnc-keys OTHERS PROGRAM: other people's viewers at bulkhead-display. Their
# pictures equal the machine's screen; every key of a 105-key keyboard arrives as its scan code, whatever the layout; mouse; sizes;
# again after an end; a wrong password and no TLS are refused with a sentence.
set -u
what=$1 others=$(realpath "$2") program=$(realpath "$3")
work=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-others.XXXXXX") || exit 1
cd "$work" || exit 1
pids=()
cleanup() {
	exec 7>&- 2>/dev/null
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
failed=0
fail() { echo "FAILED: $*"; failed=$((failed + 1)); }
need() { for tool; do command -v "$tool" >/dev/null || { echo "skipped: $tool is missing"; exit 77; }; done; }

# --- the machine --------------------------------------------------------------------------------------------------

# await SECONDS REGEX [LINE]: until a line of the machine's log behind LINE is it
await() {
	local end=$((SECONDS + $1))
	until tail -n +$((${3:-0} + 1)) machine.log | grep -qE "$2"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
lines() { wc -l <machine.log; }
# ask COMMAND...: the answer to it
ask() {
	local before answers='^(ok|equal|different|unreadable|no such command)$'
	before=$(lines)
	echo "$*" >&7
	await 20 "$answers" "$before" || { echo nothing; return; }
	tail -n +$((before + 1)) machine.log | grep -E "$answers" | tail -n 1
}
# becomes_equal WHAT FILE: until a picture that a viewer goes on to draw is right
becomes_equal() {
	local end=$((SECONDS + 30))
	until [ "$(ask "$1" "$2")" = equal ]; do
		[ $SECONDS -lt $end ] || return 1
		xdotool mousemove 1279 799 # it is drawn, too
		sleep 0.3
	done
}

# start_machine none|password|tls [PAGE]: instead of the one before
start_machine() {
	exec 7>&-
	rm -f commands
	mkfifo commands
	: >machine.log
	"$others" "$program" "$@" <commands >>machine.log 2>&1 &
	pids+=($!)
	exec 7>commands
	await 20 '^port ' || { fail "the display does not start"; cat machine.log; exit 1; }
	port=$(awk '/^port/ { print $2 }' machine.log)
}

# --- gvnccapture: one picture ---------------------------------------------------------------------------------------

test_gvnccapture() {
	need gvnccapture
	local size mode
	start_machine none
	for size in '640 480' '1024 768' '333 201'; do
		# shellcheck disable=SC2086
		ask size $size 7 >answer
		timeout 60 gvnccapture -q "127.0.0.1:$((port - 5900))" picture.png 2>errors || fail "gvnccapture: $(tail -n 3 errors)"
		[ "$(ask png picture.png)" = equal ] || fail "gvnccapture's picture of $size is $(ask png picture.png)"
		rm -f picture.png
	done
	# It does not know our certificate, and asks a terminal for the password: without them it gets no picture.
	for mode in password tls; do
		start_machine $mode
		if timeout 60 gvnccapture -q "127.0.0.1:$((port - 5900))" picture.png </dev/null >errors 2>&1; then
			fail "gvnccapture has a picture where it proved nothing ($mode)"
		fi
		await 20 '^gone 1$' || fail "gvnccapture was not refused ($mode): $(cat errors)"
		[ ! -e picture.png ] || fail "gvnccapture has a picture ($mode)"
	done
}

# --- TigerVNC under Xvfb ------------------------------------------------------------------------------------------------

start_screen() {
	mkdir -p screen
	Xvfb -displayfd 5 -screen 0 1280x800x24 -fbdir screen -nolisten tcp 5>display >xvfb.log 2>&1 &
	pids+=($!)
	for _ in $(seq 200); do [ -s display ] && break; sleep 0.1; done
	[ -s display ] || { fail "Xvfb: $(tail -n 3 xvfb.log)"; exit 1; }
	DISPLAY=:$(cat display)
	export DISPLAY
}

viewer=
run_viewer() { # OPTION...
	HOME=$work xtigervncviewer -AutoSelect=0 -NoJPEG -FullColor -RemoteResize=0 -Shared -DotWhenNoCursor=0 -AcceptClipboard=0 -MenuKey= \
		-geometry 1280x800+0+0 "$@" "localhost::$port" >viewer.log 2>&1 &
	viewer=$!
	pids+=($viewer)
}

start_viewer() { # OPTION...
	local before
	before=$(lines)
	run_viewer "$@"
	await 30 '^connected' "$before" || fail "the viewer does not come: $(tail -n 3 viewer.log)"
}

# X's keycode is Linux's code of the key and 8; those up to F12 are the make codes, the rest has the E0 prefix. Each is pressed
# and released, as a hand does; Caps, Num and Scroll Lock twice.
test_keys() { # LAYOUT X Y DELAY_MS [EVENTS]: somewhere on the picture; which of them count
	local code before events=${5:-^key} keys=(Escape)
	echo 'key 1 1' >expected
	echo 'key 1 0' >>expected
	for code in $(seq 2 83) 86 87 88; do
		case $code in 58 | 69 | 70) continue ;; esac
		keys+=($((code + 8)))
		printf 'key %x 1\nkey %x 0\n' "$code" "$code" >>expected
	done
	for code in 96:e01c 97:e01d 98:e035 100:e038 102:e047 103:e048 104:e049 105:e04b 106:e04d 107:e04f 108:e050 109:e051 \
		110:e052 111:e053 99:e037 119:e11d 125:e05b 126:e05c 127:e05d 58:3a 58:3a 69:45 69:45 70:46 70:46 28:1c; do
		keys+=($((${code%:*} + 8)))
		printf 'key %s 1\nkey %s 0\n' "${code#*:}" "${code#*:}" >>expected
	done
	xdotool mousemove "$2" "$3" click 1 # where the pointer is, the keys go
	setxkbmap -model pc105 "$1" || { fail "no layout $1"; return; }
	before=$(lines)
	xdotool key --delay "$4" "${keys[@]}"
	local end=$((SECONDS + 30))
	until [ "$(tail -n +$((before + 1)) machine.log | grep -c "$events")" -ge "$(grep -c "$events" expected)" ] || [ $SECONDS -ge $end ]; do sleep 0.1; done
	tail -n +$((before + 1)) machine.log | grep "$events" >got
	grep "$events" expected | diff - got >difference || fail "$1: keys are not what was pressed: $(head -n 12 difference | tr '\n' ' ')"
}

test_mouse() {
	local before
	xdotool mousemove 300 200
	before=$(lines)
	xdotool mousemove 400 300 click 1
	await 15 '^pointer [0-9]+ [0-9]+ 0 1$' "$before" && await 15 '^pointer [0-9]+ [0-9]+ 0 0$' "$before" || fail "no click"
	before=$(lines)
	xdotool click 3
	await 15 '^pointer [0-9]+ [0-9]+ 0 2$' "$before" || fail "no right click"
	before=$(lines)
	xdotool click 5
	await 15 '^pointer [0-9]+ [0-9]+ 1 0$' "$before" || fail "no wheel"
}

test_tigervnc() {
	need xtigervncviewer Xvfb xdotool setxkbmap
	start_machine none
	start_screen
	ask size 800 600 3 >answer
	start_viewer -SecurityTypes=None -PreferredEncoding=Tight
	becomes_equal xvfb screen/Xvfb_screen0 || fail "TigerVNC shows another picture"
	ask fill 100 100 50 40 ff8040 >answer
	becomes_equal xvfb screen/Xvfb_screen0 || fail "TigerVNC does not show a change"
	ask size 1024 700 4 >answer
	becomes_equal xvfb screen/Xvfb_screen0 || fail "TigerVNC does not follow a new size"
	ask size 640 480 5 >answer
	becomes_equal xvfb screen/Xvfb_screen0 || fail "TigerVNC does not follow a smaller size"
	test_mouse
	for layout in us de fr; do test_keys $layout 200 200 4; done
	kill "$viewer"
	await 15 '^gone 1$' || fail "the viewer did not go"
	start_viewer -SecurityTypes=None -PreferredEncoding=ZRLE
	becomes_equal xvfb screen/Xvfb_screen0 || fail "TigerVNC shows another picture the second time"
}

# is_refused SENTENCE OPTION...: it says so, and the machine sees it go
is_refused() {
	local before sentence=$1 end=$((SECONDS + 30))
	before=$(lines)
	run_viewer "${@:2}"
	await 30 '^gone' "$before" || { fail "it stays: ${*:2}: $(tail -n 3 viewer.log)"; return; }
	until grep -qF "$sentence" viewer.log || [ $SECONDS -ge $end ]; do sleep 0.1; done
	grep -qF "$sentence" viewer.log || fail "${*:2}: it says something else: $(tail -n 3 viewer.log)"
	kill "$viewer" 2>/dev/null
	wait "$viewer" 2>/dev/null
}

test_tigervnc_tls() {
	need xtigervncviewer Xvfb xdotool
	local type
	start_machine tls
	start_screen
	ask size 800 600 3 >answer
	export VNC_USERNAME=somebody VNC_PASSWORD=secret
	for type in X509Vnc X509Plain; do
		start_viewer -SecurityTypes=$type -X509CA=certificate.pem
		becomes_equal xvfb screen/Xvfb_screen0 || fail "TigerVNC shows another picture over TLS ($type)"
		kill "$viewer"
		wait "$viewer" 2>/dev/null
	done
	is_refused 'No matching security types' -SecurityTypes=VncAuth,None
	is_refused 'No valid VeNCrypt sub-type' -SecurityTypes=TLSVnc,TLSNone
	export VNC_PASSWORD=wrong
	is_refused 'This is not the password.' -SecurityTypes=X509Vnc -X509CA=certificate.pem
	is_refused 'This is not the password.' -SecurityTypes=X509Plain -X509CA=certificate.pem
	start_machine password
	is_refused 'This is not the password.' -SecurityTypes=VncAuth
}

# --- noVNC in Chromium, under Xvfb -----------------------------------------------------------------------------------------------

# Its window has no frame and begins at the corner; the page has a bar above the picture.
start_browser() {
	local before
	before=$(lines)
	HOME=$work chromium --no-sandbox --disable-gpu --no-first-run --disable-extensions --disable-background-networking \
		--force-color-profile=srgb --force-device-scale-factor=1 --user-data-dir="$work/profile" --window-position=0,0 \
		--window-size=1280,800 --app="http://127.0.0.1:$port/vnc_lite.html?password=secret" >browser.log 2>&1 &
	viewer=$!
	pids+=($viewer)
	await 60 '^connected' "$before" || fail "the browser does not come: $(tail -n 3 browser.log)"
}

plain_picture() { # WIDTH HEIGHT
	ask size "$1" "$2" 3 >answer
	ask fill 0 0 "$1" "$2" 203040 >answer
	ask fill 20 30 200 100 f0e0d0 >answer
	ask fill 300 200 33 77 00ff00 >answer
}

start_page() {
	[ -e /usr/share/novnc/vnc_lite.html ] || { echo "skipped: novnc is missing"; exit 77; }
	start_machine password /usr/share/novnc
	start_screen
}

test_novnc() {
	need chromium Xvfb xdotool
	start_page
	# It asks for JPEG where there are many colours: here are few.
	plain_picture 640 480
	start_browser
	becomes_equal xvfb screen/Xvfb_screen0 || fail "noVNC shows another picture"
	ask fill 100 100 50 40 ff8040 >answer
	becomes_equal xvfb screen/Xvfb_screen0 || fail "noVNC does not show a change"
	plain_picture 800 600
	becomes_equal xvfb screen/Xvfb_screen0 || fail "noVNC does not follow a new size"
	local before
	xdotool mousemove 640 400 click 1
	before=$(lines)
	xdotool mousemove 600 380 click 1
	await 20 '^pointer [0-9]+ [0-9]+ 0 1$' "$before" && await 20 '^pointer [0-9]+ [0-9]+ 0 0$' "$before" || fail "no click"
	before=$(lines)
	xdotool key --delay 20 a Return Up F5
	await 20 '^key 3f 0$' "$before" || fail "no keys"
	tail -n +$((before + 1)) machine.log | grep '^key' | tr '\n' ' ' >got
	[ "$(cat got)" = 'key 1e 1 key 1e 0 key 1c 1 key 1c 0 key e048 1 key e048 0 key 3f 1 key 3f 0 ' ] || fail "other keys: $(cat got)"
}

# With X's keyboard below it; by hand, it takes a minute. Presses only: without an input method Chromium keeps the release of a
# dead key, and of the key behind it, to itself. novnc_headless.py sees releases, too.
test_novnc_keys() {
	need chromium Xvfb xdotool setxkbmap
	start_page
	plain_picture 800 600
	start_browser
	becomes_equal xvfb screen/Xvfb_screen0 || fail "noVNC shows another picture"
	for layout in us de fr; do test_keys $layout 640 400 40 '^key .* 1$'; done
}

"test_${what//-/_}"
[ $failed = 0 ] && echo "$what: its pictures and keys are right"
exit $((failed > 0))
