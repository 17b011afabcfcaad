# SPDX-License-Identifier: GPL-2.0-or-later
"""novnc_headless.py OTHERS PROGRAM: noVNC in Chromium without a window, at a bulkhead-display that wants TLS and a password. Its
picture equals the machine's screen; mouse; sizes; every key of a 105-key keyboard in three layouts arrives as its scan code;
a wrong password and connections without TLS are refused with a sentence; again after an end."""
import base64
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import chromium

PAGE = "/usr/share/novnc"
SECONDS = 60
STATUS = "document.getElementById('noVNC_status')?.textContent"
PICTURE = "document.querySelector('#noVNC_container canvas')?.toDataURL('image/png').split(',')[1]"
failures = 0


def check(what, is_right, got=""):
    global failures
    if not is_right:
        failures += 1
        print(f"FAILED: {what}{': ' if got else ''}{got}", flush=True)


class Machine:
    """others.c: its lines are answers to commands, and what the guest gets."""
    ANSWERS = ("ok", "equal", "different", "unreadable", "no such command")

    def __init__(self, others, program):
        self.process = subprocess.Popen([others, program, "tls", PAGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answers, self.events = queue.Queue(), queue.Queue()
        self.port = int(self.process.stdout.readline().split()[1])
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            line = line.rstrip("\n")
            (self.answers if line in self.ANSWERS else self.events).put(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answers.get(timeout=SECONDS)

    def next_keys(self, count):
        keys, end = [], time.monotonic() + SECONDS
        while len(keys) < count:
            try:
                event = self.events.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                break
            if event.startswith("key "):
                keys.append(event)
        return keys

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def show_plain(machine, width, height):
    # noVNC asks for JPEG where there are many colours: here are few.
    machine.ask(f"size {width} {height} 3")
    machine.ask(f"fill 0 0 {width} {height} 203040")
    machine.ask("fill 20 30 200 100 f0e0d0")
    machine.ask("fill 300 200 33 77 00ff00")


def becomes_equal(machine, page):
    end = time.monotonic() + SECONDS
    while True:
        picture = page.ask(PICTURE)
        if picture:
            with open("picture.png", "wb") as file:
                file.write(base64.b64decode(picture))
            if machine.ask("png picture.png") == "equal":
                return True
        if time.monotonic() > end:
            return False
        time.sleep(0.05)


# --- keys ---------------------------------------------------------------------------------------------------------------

# The four rows of keys with characters, with what each layout makes of them: "^" and the like are dead keys in some.
ROWS = ["Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal".split(),
        "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight".split(),
        "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash".split(),
        "IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash".split()]
ROW_CODES = [[0x29, *range(2, 14)], list(range(0x10, 0x1c)), [*range(0x1e, 0x29), 0x2b], [0x56, *range(0x2c, 0x36)]]
LAYOUTS = {"us": ["`1234567890-=", "qwertyuiop[]", "asdfghjkl;'\\", "\\zxcvbnm,./"],
           "de": ["^1234567890ß´", "qwertzuiopü+", "asdfghjklöä#", "<yxcvbnm,.-"],
           "fr": ["²&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù*", "<wxcvbn,;:!"]}
DEAD = {"us": "", "de": "^´", "fr": "^"}
# The others: DOM code, what it is called as a key, make code.
OTHERS = [("Escape", "Escape", 1), ("Backspace", "Backspace", 0xe), ("Tab", "Tab", 0xf), ("Enter", "Enter", 0x1c),
          ("ControlLeft", "Control", 0x1d), ("ShiftLeft", "Shift", 0x2a), ("ShiftRight", "Shift", 0x36),
          ("AltLeft", "Alt", 0x38), ("Space", " ", 0x39), ("CapsLock", "CapsLock", 0x3a),
          *((f"F{i + 1}", f"F{i + 1}", 0x3b + i) for i in range(10)), ("F11", "F11", 0x57), ("F12", "F12", 0x58),
          ("NumLock", "NumLock", 0x45), ("ScrollLock", "ScrollLock", 0x46), ("PrintScreen", "PrintScreen", 0xe037),
          ("Pause", "Pause", 0xe11d), ("Insert", "Insert", 0xe052), ("Home", "Home", 0xe047), ("PageUp", "PageUp", 0xe049),
          ("Delete", "Delete", 0xe053), ("End", "End", 0xe04f), ("PageDown", "PageDown", 0xe051),
          ("ArrowUp", "ArrowUp", 0xe048), ("ArrowLeft", "ArrowLeft", 0xe04b), ("ArrowDown", "ArrowDown", 0xe050),
          ("ArrowRight", "ArrowRight", 0xe04d), ("ControlRight", "Control", 0xe01d), ("AltRight", "AltGraph", 0xe038),
          ("MetaLeft", "Meta", 0xe05b), ("MetaRight", "Meta", 0xe05c), ("ContextMenu", "ContextMenu", 0xe05d),
          ("NumpadDivide", "/", 0xe035), ("NumpadMultiply", "*", 0x37), ("NumpadSubtract", "-", 0x4a), ("NumpadAdd", "+", 0x4e),
          ("NumpadEnter", "Enter", 0xe01c), ("NumpadDecimal", ".", 0x53),
          *((f"Numpad{n}", str(n), code) for n, code in zip((7, 8, 9, 4, 5, 6, 1, 2, 3, 0), (0x47, 0x48, 0x49, 0x4b, 0x4c, 0x4d,
                                                                                          0x4f, 0x50, 0x51, 0x52)))]


def keyboard(layout):
    for codes, makes, characters in zip(ROWS, ROW_CODES, LAYOUTS[layout]):
        for code, make, character in zip(codes, makes, characters):
            yield code, "Dead" if character in DEAD[layout] else character, make
    yield from OTHERS


def check_keys(machine, page, layout):
    keys, expected = list(keyboard(layout)), []
    check("a keyboard has 105 keys", len(keys) == 105, str(len(keys)))
    for code, key, make in keys:
        page.key(code, key, True)
        page.key(code, key, False)
        expected += [f"key {make:x} 1", f"key {make:x} 0"]
    got = machine.next_keys(len(expected))
    wrong = [f"{want} is {have}" for want, have in zip(expected, got) if want != have]
    check(f"keys of {layout}", got == expected, f"{len(got)} of {len(expected)}; {wrong[:6]}")


# --- the rest -------------------------------------------------------------------------------------------------------------


def check_screen(machine, page):
    check("the picture is another", becomes_equal(machine, page))
    machine.ask("fill 100 100 50 40 ff8040")
    check("a change is not shown", becomes_equal(machine, page))
    show_plain(machine, 800, 600)
    check("a new size is not followed", becomes_equal(machine, page))
    left, top = page.ask("(r => [r.x, r.y])(document.querySelector('#noVNC_container canvas').getBoundingClientRect())")
    page.mouse("mouseMoved", left + 400, top + 300)
    page.mouse("mousePressed", left + 400, top + 300, button="left", buttons=1, clickCount=1)
    x, y = 400 * 32768 // 800, 300 * 32768 // 600
    got = machine_pointer(machine, 1)
    check("no click", got is not None)
    check("the click is elsewhere", got and abs(got[0] - x) < 100 and abs(got[1] - y) < 100, str(got))
    page.mouse("mouseReleased", left + 400, top + 300, button="left", clickCount=1)
    check("the button stays down", machine_pointer(machine, 0) is not None)
    page.mouse("mouseWheel", left + 400, top + 300, deltaX=0, deltaY=200)
    check("no wheel", machine_pointer(machine, 0, 1) is not None)


def machine_pointer(machine, buttons, wheel=0):
    end = time.monotonic() + SECONDS
    while True:
        try:
            words = machine.events.get(timeout=max(0, end - time.monotonic())).split()
        except queue.Empty:
            return None
        if words[0] == "pointer" and int(words[4]) == buttons and int(words[3]) == wheel:
            return int(words[1]), int(words[2])


def address(machine, password, scheme="https"):
    return f"{scheme}://127.0.0.1:{machine.port}/vnc.html?autoconnect=true&password={password}"


def check_refusals(machine, browser, page):
    page.go(address(machine, "wrong"))
    said = page.until(STATUS, lambda text: text and "reason" in text)
    check("a wrong password", said and "This is not the password." in said, str(said))
    other = chromium.Page(browser)
    other.go(address(machine, "secret", "http"))
    said = other.until("document.body?.innerText", lambda text: text and "https" in text)
    check("http:// is told what to do", said and "use https:// instead of http://" in said, str(said))
    # From a page that may use ws://, since it came without TLS itself.
    said = other.ask(f"""new Promise(done => {{
        const socket = new WebSocket('ws://127.0.0.1:{machine.port}/websockify');
        socket.onopen = () => done('open');
        socket.onclose = event => done('closed ' + event.code); }})""")
    check("ws:// at a port with TLS", said == "closed 1006", str(said))
    other.close()


def run(machine, browser):
    page = chromium.Page(browser)
    show_plain(machine, 640, 480)
    page.go(address(machine, "secret"))
    check_screen(machine, page)
    for layout in LAYOUTS:
        check_keys(machine, page, layout)
    check_refusals(machine, browser, page)
    page.go(address(machine, "secret"))
    check("again after an end", becomes_equal(machine, page))


def main():
    others, program = map(os.path.realpath, sys.argv[1:3])
    if not os.path.exists(PAGE + "/vnc.html") or not shutil.which("chromium"):
        print("skipped: chromium or novnc is missing")
        return 77
    with tempfile.TemporaryDirectory(prefix="bulkhead-novnc.", ignore_cleanup_errors=True) as work:
        os.chdir(work)
        machine = Machine(others, program)
        browser = chromium.Chromium(work)
        try:
            run(machine, browser)
        finally:
            browser.close()
            machine.close()
            os.chdir("/")
    if not failures:
        print("noVNC without a window: its pictures, keys and refusals are right")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
