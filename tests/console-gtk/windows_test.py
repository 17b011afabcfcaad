#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""windows_test.py PROGRAM STUB: each window and each page of the wizards, opened, filled by keyboard, by mouse and as a screen
reader does it, and compared, with a service without machines behind them. No warning of GTK may come."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hands import Keys, Mouse, Reader, close, next_page  # noqa: E402
from rig import Desk, run_steps  # noqa: E402

MAIN = "Bulkhead Manager"


def calls(path):
    return open(path).read()


def called(desk, log, *words):
    desk.wait(lambda: any(all(word in line for word in words) for line in calls(log).splitlines()),
              "the call " + " ".join(words))


def test_main(desk, app, log):
    text = app.wait_text("12 virtual machines")
    for word in ("backup", "Running", "Checkpoints", "This computer"):  # in the list: backup is selected, and in Summary
        desk.check("main window", word in text, "lacks %r" % word)
    app.check_names(MAIN)
    desk.check("start of a running machine", not app.is_enabled("Start", "push button"), "is enabled")
    for hand in (Reader, Keys, Mouse):
        if hand == Keys:
            app.focus(MAIN)
            app.keys("ctrl+f")
            desk.wait(lambda: app.focused(MAIN).role == "entry", "Ctrl+F searches")
        hand = hand(app, MAIN)
        hand.fill("Search virtual machines", "data")
        app.wait_text("1 virtual machine")
        desk.wait(lambda: not app.is_enabled("Turn Off…", "push button"), "database, which is off, is selected")
        hand.fill("Search virtual machines", "backup")
        app.enabled("Turn Off…", "push button")
        hand.fill("Search virtual machines", "")
        app.wait_text("12 virtual machines")


def test_focus_order(desk, app, log):
    """Tab goes round the window, once to each list, whatever it holds; in a list the arrows move."""
    app.mouse("backup", "label", MAIN)
    app.wait_focus("backup, Running", ("table row",), MAIN)
    app.keys("Down")
    app.wait_focus("build, Running", ("table row",), MAIN)
    app.keys("Up")
    app.wait_focus("backup, Running", ("table row",), MAIN)
    order = ["backup, Running"]
    while len(order) < 80 and (len(order) < 2 or order[-1] != order[0]):
        app.press_until_focus_moves("Tab", MAIN)
        order.append(app.focused(MAIN).name)
    desk.check("focus order", all(order), "comes to something without a name: %s" % order)
    desk.check("focus order", sum("Running" in name for name in order) == 2, "stops at more than one row: %s" % order)
    stops = [name for name in order if name in ("Details", "New Virtual Machine…", "Search virtual machines", "This computer")]
    desk.check("focus order", stops == ["Details", "New Virtual Machine…", "Search virtual machines", "This computer"],
               "is %s" % order)


def test_checkpoints(desk, app, log):
    hand = Reader(app, MAIN)
    hand.fill("Search virtual machines", "web")
    app.wait_text("before the update")
    text = app.wait_text("Now")
    desk.check("checkpoints", "\033" not in text, "show control characters")
    hand.fill("Search virtual machines", "database")
    desk.wait(lambda: not app.is_enabled("Turn Off…", "push button"), "database, which is off, is selected")
    app.wait_text("No checkpoints yet")
    hand.fill("Search virtual machines", "backup")
    app.enabled("Turn Off…", "push button")  # it is selected again
    hand.fill("Search virtual machines", "")
    app.wait_text("12 virtual machines")


def test_question(desk, app, log):
    app.click("Turn Off…", "push button", MAIN)
    app.wait_text("bulkhead vm off backup", "Turn Off")
    desk.check("question", "is lost" in app.labels("Turn Off"), "does not name what is lost")
    close(app, "Turn Off")
    desk.check("cancelled question", "TurnOff" not in calls(log), "has turned it off")
    app.mouse("Turn Off…", "push button", MAIN)
    app.wait_window("Turn Off")
    Keys(app, "Turn Off").press("Turn Off")
    called(desk, log, "TurnOff")
    app.wait_closed("Turn Off")
    app.enabled("Start", "push button", MAIN)
    app.focus(MAIN)
    app.keys("ctrl+s")
    called(desk, log, "Start")
    app.enabled("Turn Off…", "push button", MAIN)


def fill_new_vm(app, hand, name):
    title = hand.window
    next_page(app, hand, "Name and Location")
    hand.press("_Next")
    app.wait_text("A name is missing", title)
    hand.fill("N_ame", "backup")
    app.wait_text("this name is taken", title)
    hand.fill("N_ame", name)
    app.desk.wait(lambda: "is taken" not in app.labels(title), "the refusal goes")
    next_page(app, hand, "Generation")
    app.desk.check("generation", "cannot run machines of generation 2 yet" in app.labels(title), "2 can be chosen")
    next_page(app, hand, "Memory")
    hand.fill("Startup memory (MiB)", "2048")
    hand.check("Use _dynamic memory")
    app.enabled("Maximum (MiB)", "spin button", title)
    hand.fill("Ma_ximum (MiB)", "4096")
    next_page(app, hand, "Processors")
    hand.fill("Processors", "2")
    next_page(app, hand, "Networking")
    next_page(app, hand, "Virtual Hard Disk")
    hand.check("_Use an existing virtual hard disk")
    hand.press("_Next")
    app.wait_text("A file is missing", title)
    hand.check("Create a _virtual hard disk")
    hand.fill("_Size (GiB)", "7")
    next_page(app, hand, "Installation")
    hand.check("From a disc _image")
    hand.press("_Next")
    app.wait_text("A file is missing", title)
    hand.check("From the net_work")
    next_page(app, hand, "Administrators")
    hand.fill("_User or group", "root")
    hand.press("_Add")
    app.wait_text("user:root: operator", title)
    next_page(app, hand, "Summary")
    app.wait_text("bulkhead vm create %s --memory 2048M" % name, title)
    words = app.labels(title)
    for word in ("memory.maximum-mib=4096", "--processors 2", "--disk new:7G", "--boot network", "admin grant user:root operator --vm " + name):
        app.desk.check("summary", word in words, "lacks %r" % word)


def wizard(hand_class):
    def test(desk, app, log):
        title, name = "New Virtual Machine", "fresh-" + hand_class.__name__.lower()
        app.click("New Virtual Machine…", "push button", MAIN)
        app.wait_window(title)
        hand = hand_class(app, title)
        fill_new_vm(app, hand, name)
        hand.press("_Create")
        app.wait_closed(title)
        called(desk, log, "CreateVirtualMachine", name)
    return test


def test_settings(desk, app, log):
    app.click("Settings…", "push button", MAIN)
    app.wait_text("Firmware", "Settings for")
    app.check_names("Settings for")
    desk.check("settings", not app.is_enabled("Apply", "push button", "Settings for"), "can be applied unchanged")
    close(app, "Settings for")


def test_others(desk, app, log):
    for action, title, word in (
            ("New Hard Disk…", "New Virtual Hard Disk", "Up to 64 TiB"),
            ("Edit Disk…", "Edit Virtual Hard Disk", "Locate Disk"),
            ("Inspect Disk…", "Inspect Disk", "File:"),
            ("Import Virtual Machine…", "Import Virtual Machine", "export of a machine"),
            ("Host Settings…", "Host Settings", "version"),
            ("Virtual Switch Manager…", "Virtual Switch Manager", "Default Switch (nat)"),
            ("Administrators…", "Administrators", "user:bob"),
            ("Events…", "Events", "All kinds"),
            ("Host Check…", "Host Check", "ardware"),
            ("Trash…", "Trash", "Empty…"),
            ("Quick Create…", "Quick Create", "bulkhead vm create"),
            ("Delegate…", "Administrators", "User or group")):
        app.click(action, "push button", MAIN)
        app.wait_text(word, title)
        app.check_names(title)
        close(app, title)


STEPS = [
    ("main window", test_main),
    ("focus order", test_focus_order),
    ("checkpoints", test_checkpoints),
    ("questions", test_question),
    ("wizard, keyboard", wizard(Keys)),
    ("wizard, mouse", wizard(Mouse)),
    ("wizard, screen reader", wizard(Reader)),
    ("settings", test_settings),
    ("other windows", test_others),
]


def main():
    program, stub = sys.argv[1:3]
    with Desk() as desk:
        log = desk.stub(stub, 12)
        app = desk.start(program)
        run_steps(desk, app, STEPS, sys.argv[3:], log)
        app.end()
        return desk.finish()


sys.exit(main())
