#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""debian_test.py BULKHEAD-GTK BUILD: the wizard makes a machine of an installed Debian's disk and starts it; GRUB is left by a key
in the connection window, Debian's login typed into. GTK_LONG=1 runs it; the disk is tests/pc's (build-media debian)."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from hands import Mouse, next_page  # noqa: E402
from rig import Desk, run_steps  # noqa: E402

MAIN, NAME = "Bulkhead Manager", "debian"
TITLE = NAME + " on"


def seen(desk, text, seconds):
    desk.run("vm", "wait", NAME, "--for", text, "--timeout", str(seconds))


def step_make(desk, app, disk):
    title = "New Virtual Machine"
    app.click("New Virtual Machine…", "push button", MAIN)
    app.wait_window(title)
    hand = Mouse(app, title)
    next_page(app, hand, "Name and Location")
    hand.fill("N_ame", NAME)
    for page in ("Generation", "Memory", "Processors", "Networking", "Virtual Hard Disk"):
        next_page(app, hand, page)
    hand.check("_Use an existing virtual hard disk")
    hand.fill("Fi_le", disk)
    for page in ("Installation", "Administrators", "Summary"):
        next_page(app, hand, page)
    hand.check("_Start it after it is created")
    hand.press("_Create")
    app.wait_closed(title)


def step_grub(desk, app, disk):
    app.click("Connect…", "push button", MAIN)
    app.wait_window(TITLE)
    seen(desk, "GNU GRUB", 300)
    app.mouse("Guest screen", None, TITLE)
    app.wait_text("Keyboard goes to the guest", TITLE)
    app.keys("Return")


def screen(desk):
    return desk.run("vm", "screen", NAME, "--text", check=False)[1]


def write(app, text):
    app.type(text)
    app.keys("Return")


def step_login(desk, app, disk):
    """The prompt at the serial port may come earlier; and login drops what is typed while it turns the echo off: once more then."""
    desk.wait(lambda: "guest login:" in screen(desk), "the login prompt", 900)

    def logged_in():
        write(app, "root")
        if desk.soon(lambda: "assword:" in screen(desk), 60):
            write(app, "bulk")
            if desk.soon(lambda: "root@guest:" in screen(desk), 70):
                return True
        desk.soon(lambda: screen(desk).rstrip().endswith("login:"), 90)
        return False
    desk.wait(logged_in, "the shell after the login", 600)
    write(app, "echo $((6*7))-typed")
    desk.wait(lambda: "42-typed" in screen(desk), "the answer to what was typed")
    write(app, "poweroff")
    app.wait_text("is off: press Start", TITLE, limit=300)


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


def main():
    program, build = sys.argv[1:3]
    made = os.path.join(HERE, "../../.build/pc/debian.img")
    if "GTK_LONG" not in os.environ:
        print("skipped: GTK_LONG=1 runs it")
        return 77
    subprocess.run([os.path.join(HERE, "../pc/build-media"), "debian"], check=True)
    with Desk() as desk:
        disk = desk.dir + "/debian.img"
        subprocess.run(["cp", "--sparse=always", made, disk], check=True)
        desk.service(build)
        app = desk.start(program)
        run_steps(desk, app, STEPS, [], disk)
        app.end()
        return desk.finish()


sys.exit(main())
