#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""windows_test.py PROGRAM STUB: each window and each page of the wizards, opened, filled and compared, with a service without
machines behind them. No warning of GTK may come."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import Desk  # noqa: E402


def calls(path):
    return open(path).read()


def step(what):
    print(what, flush=True)


def close(app, title):
    app.focus(title)
    app.keys("Escape")
    app.desk.wait(lambda: not app.window(title), "%s is closed" % title)


def test_main(desk, app):
    text = app.wait_text("12 virtual machines")
    for word in ("backup", "Running", "Checkpoints", "This computer"):  # in the list: backup is selected, and in Summary
        desk.check("main window", word in text, "lacks %r" % word)
    desk.check("start of a running machine", not app.is_enabled("Start", "push button"), "is enabled")
    app.fill("Search virtual machines", "data")
    app.wait_text("1 virtual machine")
    desk.wait(lambda: not app.is_enabled("Turn Off…", "push button"), "database, which is off, is selected")
    app.fill("Search virtual machines", "backup")
    desk.wait(lambda: app.is_enabled("Turn Off…", "push button"), "backup, which runs, is selected")
    app.fill("Search virtual machines", "")
    app.wait_text("12 virtual machines")


def test_question(desk, app, log):
    app.click("Turn Off…", "push button")
    app.wait_text("bulkhead vm off backup", "Turn Off")
    desk.check("question", "is lost" in app.labels("Turn Off"), "does not name what is lost")
    close(app, "Turn Off")
    desk.check("cancelled question", "TurnOff" not in calls(log), "has turned it off")
    app.click("Turn Off…", "push button")
    app.click("Turn Off", "push button", "Turn Off")
    desk.wait(lambda: "TurnOff" in calls(log), "the call TurnOff")
    app.click("Start", "push button")
    desk.wait(lambda: "Start" in calls(log), "the call Start")


def test_wizard_refusals(desk, app):
    title = "New Virtual Machine"
    app.click("New Virtual Machine…", "push button")
    app.click_until("Next", "push button", title, "A name is missing")
    app.fill("Name", "backup", title)
    app.wait_text("this name is taken", title)
    app.fill("Name", "fresh", title)
    desk.wait(lambda: "is taken" not in app.labels(title), "the refusal goes")


def test_wizard(desk, app, log):
    title = "New Virtual Machine"
    test_wizard_refusals(desk, app)
    for page in ("Generation", "Memory", "Processors", "Networking", "Virtual Hard Disk"):
        app.click("Next", "push button", title)
    app.choose("Use an existing virtual hard disk", "u", title)
    app.click("Next", "push button", title)
    app.wait_text("A file is missing", title)
    app.choose("Attach a virtual hard disk later", "a", title)
    for page in ("Installation", "Administrators", "Summary"):
        app.click("Next", "push button", title)
    app.wait_text("bulkhead vm create fresh --memory 1024M --processors 1", title)
    app.click("Create", "push button", title)
    desk.wait(lambda: not app.window(title), "the wizard is closed")
    desk.wait(lambda: "CreateVirtualMachine" in calls(log) and "fresh" in calls(log), "the call CreateVirtualMachine")


def test_settings(desk, app):
    app.click("Settings…", "push button")
    app.wait_text("Firmware", "Settings for")
    desk.check("settings", not app.is_enabled("Apply", "push button", "Settings for"), "can be applied unchanged")
    close(app, "Settings for")


def test_others(desk, app):
    for action, title, word in (
            ("New Hard Disk…", "New Virtual Hard Disk", "Up to 64 TiB"),
            ("Edit Disk…", "Edit Virtual Hard Disk", "Locate Disk"),
            ("Inspect Disk…", "Inspect Disk", "File:"),
            ("Import Virtual Machine…", "Import Virtual Machine", "export of a machine"),
            ("Host Settings…", "Host Settings", "version"),
            ("Virtual Switch Manager…", "Virtual Switch Manager", "nat"),
            ("Administrators…", "Administrators", "user:bob"),
            ("Events…", "Events", "All kinds"),
            ("Host Check…", "Host Check", "ardware"),
            ("Trash…", "Trash", "Empty…"),
            ("Quick Create…", "Quick Create", "bulkhead vm create"),
            ("Delegate…", "Administrators", "User or group")):
        app.click(action, "push button")
        app.wait_text(word, title)
        close(app, title)


def main():
    program, stub = sys.argv[1:3]
    is_long = os.environ.get("GTK_LONG") == "1"  # AT-SPI loses a click now and then: by hand until that is understood
    with Desk() as desk:
        log = desk.stub(stub, 12)
        app = desk.start(program)
        try:
            step("main window")
            test_main(desk, app)
            step("questions")
            test_question(desk, app, log)
            if is_long:
                step("wizard")
                test_wizard(desk, app, log)
                step("settings")
                test_settings(desk, app)
                step("other windows")
                test_others(desk, app)
            else:
                print("not the wizards, settings and other windows: GTK_LONG=1")
            desk.check("the program", app.process.poll() is None, "has ended")
        except Exception as failure:  # also what AT-SPI throws
            if "GTK_TEST_PICTURE" in os.environ:
                desk.spawn(["import", "-window", "root", os.environ["GTK_TEST_PICTURE"]]).wait()
            desk.check("windows", False, "%s; windows: %s" % (failure, app.windows()))
        app.end()
        return desk.finish()


sys.exit(main())
