#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stalls_test.py BULKHEAD-GTK BULKHEAD STUB SLOW [STEP...]: nothing waits on the main thread. SLOW is a library that lets a folder
answer late and tells of each call there that waits, and of each turn of the main loop that takes too long (slow.c); besides, the windows are asked all the time while a folder, a host or a
service does not answer, 200 machines change at once, windows come and go. GTK_STALL_MS: the longest that they may take; the usual
one holds on a machine under heavy load."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from far import Ssh  # noqa: E402
from hands import Reader, begin, close, next_page  # noqa: E402
from rig import Desk, run_steps  # noqa: E402

MAIN = "Bulkhead Manager"
STALL_MS = float(os.environ.get("GTK_STALL_MS", "5000"))  # 100 on a machine that does nothing else
MACHINES = 200
WINDOWS = 20 if "GTK_STALL_MS" in os.environ else 4


class Watch:
    """The longest answer of a step; asked only between what the step itself asks."""

    def __init__(self, desk, app, name):
        self.desk, self.app, self.name, self.longest = desk, app, name, 0

    def look(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.longest = max(self.longest, self.app.answer_ms())
            time.sleep(0.01)

    def end(self):
        print("%s: longest stall of the main thread %.0f ms, bar %.0f ms" % (self.name, self.longest, STALL_MS))
        self.desk.check(self.name, self.longest <= STALL_MS, "holds the windows up for %.0f ms" % self.longest)


def slow(desk, name):
    return os.path.join(desk.dir, "slow", name)


def gate(desk, is_open):
    """Whether the folder answers."""
    path = desk.env["GTK_TEST_GATE"]
    open(path, "w").close() if is_open else os.unlink(path)


def looks(desk, app, hand, label, path, sentence):
    """The page waits for the folder, the windows do not; then it says what it found."""
    watch = Watch(desk, app, "a slow folder in " + hand.window)
    hand.fill(label, path)
    hand.press("_Next")
    app.wait_text("Looking for what is named above", hand.window)
    watch.look(0.5)
    gate(desk, True)
    app.wait_text(sentence, hand.window)
    watch.end()
    gate(desk, False)


def step_slow_new_disk(desk, app, others):
    title = "New Virtual Hard Disk"
    hand = begin(app, "New Hard Disk…", title)
    next_page(app, hand, "Type")
    next_page(app, hand, "Name and Location")
    looks(desk, app, hand, "Fi_le", slow(desk, "there"), "this file is there already")
    hand.fill("Fi_le", slow(desk, "none.vhdx"))
    hand.press("_Next")
    app.wait_text("Looking for", title)
    hand.fill("Fi_le", slow(desk, "other.vhdx"))  # typing ends it
    desk.wait(lambda: "Looking for" not in app.labels(title), "what was typed over is not looked for")
    hand.press("_Next")
    app.wait_text("Looking for", title)
    hand.press("_Previous")  # and so does this
    app.get("Dynamically expanding", "check box", title)
    gate(desk, True)  # the late answers come, and turn no page
    next_page(app, hand, "Name and Location")
    next_page(app, hand, "Configure")
    gate(desk, False)
    close(app, title)


def step_slow_wizards(desk, app, others):
    title = "Edit Virtual Hard Disk"
    looks(desk, app, begin(app, "Edit Disk…", title), "Fi_le", slow(desk, "none.vhdx"), "there is no such file")
    close(app, title)
    title = "Import Virtual Machine"
    looks(desk, app, begin(app, "Import Virtual Machine…", title), "Fol_der", slow(desk, "none"), "there is no such folder")
    close(app, title)
    title = "Inspect Disk"
    hand = begin(app, "Inspect Disk…", title)
    hand.fill("Fi_le", slow(desk, "none.vhdx"))
    hand.press("_Inspect")
    close(app, title)


def step_slow_quick_create(desk, app, others):
    title = "Quick Create"
    watch = Watch(desk, app, "a slow folder in " + title)
    hand = begin(app, "Quick Create…", title)
    hand.fill("N_ame", "quick")
    hand.fill("Disc _image", slow(desk, "there"))
    watch.look(1)
    desk.check("what is not looked for yet", not app.is_enabled("Create and Start", "push button", title), "can be created")
    gate(desk, True)
    app.enabled("Create and Start", "push button", title)
    watch.end()
    gate(desk, False)
    close(app, title)


def step_slow_picker(desk, app, others):
    """GTK's own, which begins in the slow folder."""
    title = "Inspect Disk"
    watch = Watch(desk, app, "a slow folder in the picker")
    hand = begin(app, "Inspect Disk…", title)
    hand.fill("Fi_le", slow(desk, "there"))
    hand.press("Browse…")
    app.wait_window("Choose a File")
    watch.look(1)
    watch.end()
    gate(desk, True)
    app.focus("Choose a File")
    app.keys("Escape")
    app.wait_closed("Choose a File")
    close(app, title)
    gate(desk, False)


def step_still_host(desk, app, others):
    """An ssh that neither connects nor fails."""
    title = "Connect to Host"
    watch = Watch(desk, app, "a host that does not answer")
    app.focus(MAIN)
    app.keys("ctrl+o")
    app.wait_window(title)
    app.fill("USER@HOST", "bob@sleeps", title)
    app.click("Connect", "push button", title)
    watch.look(2)
    label = desk.wait(lambda: next((n.name for n in app.find_all(None, ("label",), MAIN) if n.name.startswith("bob@sleeps")), None),
                      "the other host in the list")
    app.mouse(label, "label", MAIN)
    watch.look(1)
    app.mouse("This computer", "label", MAIN)
    app.wait_text("%d virtual machines" % MACHINES, MAIN)
    watch.end()


def step_all_change(desk, app, others):
    watch = Watch(desk, app, "%d machines that change at once" % MACHINES)
    for turn in range(1, 4):
        desk.service_process.send_signal(signal.SIGUSR1)
        desk.wait(lambda: others["calls"]().count("all have changed") == turn, "all have changed")
        watch.look(1)
    watch.end()


def step_windows(desk, app, others):
    """Connection windows that come and go while the service stands still."""
    watch = Watch(desk, app, "%d connection windows" % WINDOWS)
    for _ in range(WINDOWS):
        app.click("Connect…", "push button", MAIN)
        watch.look(0.3)
        app.wait_window(" on This computer")
        app.focus(" on This computer")
        app.keys("F10")
        app.menu("File", "Close", " on This computer")
        watch.look(0.1)
        app.wait_closed(" on This computer")
    watch.end()


def step_still_service(desk, app, others):
    watch = Watch(desk, app, "a service that stands still")
    os.kill(desk.service_process.pid, signal.SIGSTOP)
    try:
        for action in ("Settings…", "Events…", "Administrators…", "Connect…", "Virtual Switch Manager…", "Host Settings…", "Trash…",
                       "Refresh"):
            app.click(action, "push button", MAIN)
            watch.look(0.7)
    finally:
        os.kill(desk.service_process.pid, signal.SIGCONT)
    watch.end()
    modal = ("Settings for", "Trash", "Host Settings", "Virtual Switch Manager")
    for title in modal:
        app.wait_window(title)
    # What stands beside the main window takes its own keys whatever questions stand over that one.
    connection = " on This computer – "
    app.focus(connection)
    app.menu("File", "Close", connection)
    app.wait_closed(connection)
    for title in ("Events", "Administrators"):
        close(app, title)
    for title in modal:  # the topmost first; settings come with the answer
        close(app, title)
    app.wait_text("%d virtual machines" % MACHINES, MAIN)


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


def main():
    program, bulkhead, stub, library = (os.path.abspath(path) for path in sys.argv[1:5])
    with Desk() as desk:
        os.mkdir(slow(desk, ""))
        open(slow(desk, "there"), "w").close()
        desk.env.update(GTK_TEST_SLOW=slow(desk, ""), GTK_TEST_GATE=desk.dir + "/gate", GTK_TEST_WATCH=desk.dir + "/watch",
                        GTK_TEST_STALL_MS="%d" % STALL_MS)
        calls = desk.stub(stub, MACHINES)
        Ssh(desk, bulkhead, desk.dir + "/run")
        app = desk.start(program, preload=library)
        app.wait_text("%d virtual machines" % MACHINES, MAIN)
        open(desk.env["GTK_TEST_WATCH"], "w").close()  # it took its time to start
        run_steps(desk, app, STEPS, sys.argv[5:], {"calls": lambda: open(calls).read()})
        app.end()
        return desk.finish()


sys.exit(main())
