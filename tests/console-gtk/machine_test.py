#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""machine_test.py BULKHEAD-GTK BUILD GUEST: the wizard makes a machine on a real service and starts it; its serial console is
typed into through the connection window; every change of its state by the button for it, also that its guest shuts down; its
checkpoints; renamed, cloned, deleted and brought back."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from atspi import SELECTED, SENSITIVE  # noqa: E402
from hands import Mouse, next_page  # noqa: E402
from rig import Desk, run_steps  # noqa: E402


MAIN = "Bulkhead Manager"


def make(desk, app, guest):
    title = "New Virtual Machine"
    app.click("New Virtual Machine…", "push button")
    app.wait_window(title)
    hand = Mouse(app, title)
    next_page(app, hand, "Name and Location")
    hand.fill("N_ame", "tiny")
    for page in ("Generation", "Memory", "Processors", "Networking", "Virtual Hard Disk"):
        next_page(app, hand, page)
    hand.check("_Attach a virtual hard disk later")
    next_page(app, hand, "Installation")
    hand.check("Start a Linux _kernel directly")
    hand.fill("K_ernel", guest + "/vmlinuz")
    hand.fill("Initial _RAM disk", guest + "/initrd")
    next_page(app, hand, "Administrators")
    next_page(app, hand, "Summary")
    app.wait_text("bulkhead vm create tiny", title)
    hand.press("_Create")
    app.wait_closed(title)
    desk.check("wizard", "tiny" in desk.run("vm", "list", "--names")[1], "has made no machine")


def state(desk, wanted):
    desk.wait(lambda: wanted in desk.run("vm", "list")[1], "the machine is %s" % wanted)


def type_serial(desk, app):
    """Until the guest answers: the first keys may come before the terminal has the keyboard."""
    def answered():
        app.click_at("Serial Console", "label", "tiny on")
        app.type("echo $((6 * 7))-typed\n")
        return desk.run("vm", "wait", "tiny", "--for", "42-typed", "--timeout", "5", check=False)[0] == 0
    desk.wait(answered, "the guest answers what was typed into the window")


def press(app, action, question=None):
    app.click(action, "push button", MAIN)
    if question:
        app.click(question, "push button", question)
        app.wait_closed(question)


def use(desk, app, guest):
    press(app, "Start")
    state(desk, "Running")
    press(app, "Connect…")
    app.wait_window("tiny on")
    desk.run("vm", "wait", "tiny", "--for", "# ", "--timeout", "300")
    press(app, "Pause")
    state(desk, "Paused")
    press(app, "Resume")
    state(desk, "Running")
    type_serial(desk, app)
    press(app, "Turn Off…", "Turn Off")
    state(desk, "Off")


def states(desk, app, guest):
    """Each change of state that the actions offer, by its button."""
    press(app, "Start")
    state(desk, "Running")
    desk.run("vm", "wait", "tiny", "--for", "# ", "--timeout", "300")
    press(app, "Save")
    state(desk, "Saved")
    press(app, "Start")
    state(desk, "Running")
    press(app, "Reset…", "Reset")
    desk.wait(lambda: "reset" in desk.run("event", "list", check=False)[1].lower(), "it is reset")
    desk.run("vm", "wait", "tiny", "--for", "# ", "--timeout", "300")
    press(app, "Save")
    state(desk, "Saved")
    press(app, "Delete Saved State…", "Delete Saved State")
    state(desk, "Off")


def shut_down(desk, app, guest):
    """The guest switches itself off. Its driver is there at once; that both have agreed on a version nobody sees from outside, and
    what comes before that is a press of a power button that nobody hears: it is asked again."""
    def ask():
        button = app.find("Shut Down", "push button", MAIN)
        if button and button.has(SENSITIVE):
            button.act()
        return desk.soon(lambda: "Off" in desk.run("vm", "list")[1], 5)

    def listens():  # the prompt may be the one of its last run, still remembered: what is typed before its shell is there, is lost
        desk.run("vm", "type", "tiny", 'modprobe -a hv_utils; echo list""ening', "--serial", "--enter", check=False)
        return desk.run("vm", "wait", "tiny", "--for", "listening", "--timeout", "5", check=False)[0] == 0

    press(app, "Start")
    state(desk, "Running")
    desk.wait(listens, "the guest has its driver")
    desk.wait(ask, "the guest shuts down")
    press(app, "Why?")
    app.wait_text("the guest switched itself off", "Why")
    app.focus("Why")
    app.keys("Escape")
    app.wait_closed("Why")


def row_of(desk, app, word):
    """Of the checkpoints; chosen. The tree may have grown under the pointer: then it is pointed at again."""
    def find():
        return next((n for n in app.find_all(None, ("table row",), MAIN) if word in n.name), None)

    def choose():
        row = find()
        if row and not row.has(SELECTED):
            app.mouse_at(MAIN, *app.point(row))
        return row and desk.soon(lambda: (now := find()) and now.has(SELECTED), 3)
    desk.wait(choose, "the checkpoint %s is chosen" % word)


def checkpoints(desk, app, guest):
    """Made, renamed, applied, reverted to and deleted."""
    def tree():
        return desk.run("checkpoint", "list", "tiny")[1]

    press(app, "Checkpoint")
    row_of(desk, app, "level 1")
    app.menu("Checkpoint", "Rename…", MAIN)
    app.fill("New name", "first", "Rename")
    app.mouse("Rename", "push button", "Rename")
    app.wait_closed("Rename")
    desk.wait(lambda: "first" in tree(), "its new name")
    press(app, "Revert…", "Revert")
    app.enabled("Checkpoint", "push button", MAIN)
    press(app, "Checkpoint")
    row_of(desk, app, "level 2")
    row_of(desk, app, "first")
    app.menu("Checkpoint", "Apply…", MAIN)
    app.mouse("Apply", "push button", "Apply")
    app.wait_closed("Apply")
    row_of(desk, app, "first")
    app.menu("Checkpoint", "Delete Subtree…", MAIN)
    app.mouse("Delete Subtree", "push button", "Delete Subtree")
    app.wait_closed("Delete Subtree")
    desk.wait(lambda: "first" not in tree(), "none is left")


def others(desk, app, guest):
    """Another name, a clone."""
    app.enabled("Clone…", "push button", MAIN)
    press(app, "Clone…")
    app.fill("New name", "twin", "Clone")
    app.click("Clone", "push button", "Clone")
    desk.wait(lambda: "twin" in desk.run("vm", "list", "--names")[1], "the clone")
    app.focus(MAIN)
    app.enabled("Rename…", "push button", MAIN)
    press(app, "Rename…")
    app.fill("New name", "small", "Rename")
    app.click("Rename", "push button", "Rename")
    desk.wait(lambda: "small" in desk.run("vm", "list", "--names")[1], "the new name")
    press(app, "Rename…")
    app.fill("New name", "twin", "Rename")
    app.click("Rename", "push button", "Rename")
    app.wait_text("twin", "Bulkhead")  # the refusal, with the name that is taken
    app.click("Close", "push button", "Bulkhead")
    press(app, "Rename…")
    app.fill("New name", "tiny", "Rename")
    app.click("Rename", "push button", "Rename")
    desk.wait(lambda: "tiny" in desk.run("vm", "list", "--names")[1], "the old name")


def delete(desk, app, guest):
    press(app, "Delete…", "Delete")
    desk.wait(lambda: "tiny" not in desk.run("vm", "list", "--names")[1], "it is in the trash")
    app.click("Undo", "push button", MAIN)
    desk.wait(lambda: "tiny" in desk.run("vm", "list", "--names")[1], "it is back")


def main():
    program, build, guest = sys.argv[1:4]
    if not os.path.exists(guest + "/vmlinuz"):
        print("skipped: there is no sample guest; tests/guest/build-sample makes it")
        return 77
    with Desk() as desk:
        desk.service(build)
        app = desk.start(program)
        run_steps(desk, app, [("wizard", make), ("shutdown", shut_down), ("states and keys", use), ("states", states),
                              ("checkpoints", checkpoints), ("others", others), ("deletion", delete)], sys.argv[4:] and ["wizard", *sys.argv[4:]], guest)
        app.end()
        return desk.finish()


sys.exit(main())
