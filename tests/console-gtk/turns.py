#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""turns.py BUILD [all-change|settings|events|screen...]: how long a turn of the main loop takes at most (slow.c hears each), while a
guest draws all of a 1920x1080 screen anew as fast as it can, with the settings of a machine of 60 drives and 8 adapters, with 200
machines that all change each second, and with 100,000 events. The bar is 50 ms on a machine that does nothing else; what the main
thread used of the processor in that turn stands beside, and says more on one that does."""
import hashlib
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from guest import Guest, sample  # noqa: E402
from hands import close  # noqa: E402
from rig import Desk  # noqa: E402

MAIN, NAME = "Bulkhead Manager", "large"
BAR_MS = 50
TURN = re.compile(r"^turn: (\d+) us, (\d+) us of processor$", re.M)
HERE = os.path.dirname(os.path.abspath(__file__))
DRIVES, ADAPTERS, EVENTS = 60, 8, 100000


class Turns:
    """Of one program; each look() is what came since the last."""

    def __init__(self, desk, build, *words):
        desk.env["GTK_TEST_TURNS"] = "1"
        self.path = desk.dir + "/stderr"
        self.app = desk.start(build + "/console-gtk/bulkhead-gtk", *words, preload=build + "/tests/console-gtk/libgtk-slow.so")
        self.at = 0

    def look(self, what, seconds=0.0):
        time.sleep(seconds)
        with open(self.path) as file:
            file.seek(self.at)
            text = file.read()
            self.at = file.tell()
        turns = sorted((int(wall) / 1000, int(used) / 1000) for wall, used in TURN.findall(text))
        longest = turns[-1] if turns else (0, 0)
        print("%s: longest turn %.0f ms (%.0f ms of processor), bar %d ms, ratio %.2f; %d of %d turns above it; load %.1f" %
              (what, *longest, BAR_MS, longest[0] / BAR_MS, sum(wall > BAR_MS for wall, _ in turns), len(turns), os.getloadavg()[0]),
              flush=True)


def all_change(build):
    with Desk() as desk:
        desk.stub(build + "/tests/console-tui/tui-stub", 200)
        turns = Turns(desk, build)
        turns.app.wait_text("200 virtual machines")
        turns.look("start with 200 machines", 3)
        for _ in range(10):
            desk.service_process.send_signal(signal.SIGUSR1)
            time.sleep(1)
        turns.look("200 machines that all change each second")


def make_large(desk):
    desk.run("vm", "create", NAME, "--memory", "512M")
    for first in range(0, DRIVES, 20):
        desk.run("vm", "set", NAME, *[word for i in range(first, min(first + 20, DRIVES)) for word in
                                      ("--disk", "new:1G,controller=scsi:0")])
    desk.run("vm", "set", NAME, *[word for _ in range(ADAPTERS - 1) for word in ("--switch", "Default Switch")])


def settings(build):
    title = "Settings for"
    with Desk() as desk:
        desk.service(build)
        make_large(desk)
        turns = Turns(desk, build)
        app = turns.app
        app.wait_text("1 virtual machine")
        app.enabled("Settings…", "push button")
        turns.look("start with the machine of many devices", 2)
        app.focus(MAIN)
        app.keys("alt+Return")
        app.wait_window(title)
        turns.look("settings of %d drives and %d adapters: opening" % (DRIVES, ADAPTERS), 3)
        app.focus(title)
        for _ in range(DRIVES + ADAPTERS):
            app.keys("ctrl+Next")
        turns.look("settings: through all panes", 2)
        app.keys(*["ctrl+Prior"] * 20)
        app.keys("alt+f")
        app.type("/nowhere/nothing")
        turns.look("settings: typing", 2)
        close(app, title)
        turns.look("settings: closing", 1)


def write_events(desk):
    """The log of a service that was busy: its files as event_log.h tells of them."""
    folder = desk.dir + "/data/events"
    os.makedirs(folder, 0o700)
    before, number, files = "0" * 64, 0, 0
    while number < EVENTS:
        files += 1
        lines, size = ["#bulkhead-events 1 %s\n" % before], 0
        while number < EVENTS and size < 4 << 20:
            number += 1
            body = "%d\t%d\t%s\troot\t00000000-0000-4000-8000-%012d\tmachine-%03d\tits memory balance changed to %d MiB\t" % (
                number, (1700000000 + number) * 1000000, ("state", "change", "refusal", "warning")[number % 4], number % 200, number % 200, number)
            before = hashlib.sha256((before + "\n" + body[:-1]).encode()).hexdigest()
            lines.append(body + before + "\n")
            size += len(lines[-1])
        with open("%s/%06d.log" % (folder, files), "w") as file:
            file.write("".join(lines))
    with open(folder + "/head", "w") as file:
        file.write("%020d %s\n" % (number, before))


def events(build):
    with Desk() as desk:
        write_events(desk)
        desk.service(build)
        turns = Turns(desk, build)
        app = turns.app
        app.wait_text("0 virtual machines")
        turns.look("start", 2)
        app.click("Events…", "push button", MAIN)
        app.wait_window("Events")
        turns.look("%d events: opening" % EVENTS, 4)  # so long a list is not looked into by atspi.py
        app.focus("Events")
        app.type("99123")
        turns.look("%d events: searching" % EVENTS, 2)
        app.keys("ctrl+a", "BackSpace")
        turns.look("%d events: all again" % EVENTS, 2)
        app.mouse_at("Events", 400, 300, button=None)
        for _ in range(100):
            app.mouse_at("Events", 400, 300, button=5)
        turns.look("%d events: scrolling" % EVENTS, 1)
        for _ in range(20):
            desk.run("vm", "create", "new", "--memory", "64M")
            desk.run("vm", "delete", "new")
        turns.look("%d events: others come" % EVENTS, 1)


def screen(build):
    with Desk("1920x1080") as desk:
        desk.service(build)
        guest = Guest(desk, NAME, sample(os.path.join(HERE, "../..")), "--set", "display.maximum=1920x1080")
        desk.run("vm", "start", NAME)
        guest.wait_shell()
        turns = Turns(desk, build, "--connect", NAME)
        turns.app.wait_window(NAME + " on")
        desk.wait(lambda: "×" in turns.app.labels(NAME + " on"), "the screen of the guest")
        turns.look("connecting", 2)
        guest.do("head -c 8294400 /dev/urandom >/tmp/a; tr '\\000-\\377' '\\200-\\377\\000-\\177' </tmp/a >/tmp/b")
        desk.run("vm", "type", NAME, "while :; do cat /tmp/a >/dev/fb0; cat /tmp/b >/dev/fb0; done 2>/dev/null", "--serial", "--enter")
        print("the guest's screen:", turns.app.labels(NAME + " on").split("\n")[-1])
        turns.look("beginning to draw", 2)
        turns.look("a guest that draws all of its screen", 10)
        turns.app.focus(NAME + " on")
        turns.app.keys("ctrl+alt+Break")
        turns.look("the same over the full screen", 10)


PARTS = {"all-change": all_change, "settings": settings, "events": events, "screen": screen}
for part in sys.argv[2:] or PARTS:
    PARTS[part](os.path.abspath(sys.argv[1]))
