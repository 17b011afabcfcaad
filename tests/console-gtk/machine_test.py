#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""machine_test.py BULKHEAD-GTK BUILD GUEST: the wizard makes a machine on a real service and starts it; its serial console is
typed into through the connection window; it is paused, resumed, turned off, deleted and brought back."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rig import Desk  # noqa: E402


def make(desk, app, guest):
    title = "New Virtual Machine"
    app.click("New Virtual Machine…", "push button")
    app.click("Next", "push button", title)
    app.fill("Name", "tiny", title)
    for page in ("Generation", "Memory", "Processors", "Networking", "Virtual Hard Disk"):
        app.click("Next", "push button", title)
    app.choose("Attach a virtual hard disk later", "a", title)
    app.click("Next", "push button", title)
    app.choose("Start a Linux kernel directly", "k", title)
    app.fill("Kernel", guest + "/vmlinuz", title)
    app.fill("Initial RAM disk", guest + "/initrd", title)
    app.click("Next", "push button", title)
    app.click("Next", "push button", title)
    app.wait_text("bulkhead vm create tiny", title)
    app.click("Create", "push button", title)
    desk.wait(lambda: not app.window(title), "the wizard is closed")
    desk.check("wizard", "tiny" in desk.run("vm", "list", "--names")[1], "has made no machine")


def state(desk, wanted):
    desk.wait(lambda: wanted in desk.run("vm", "list")[1], "the machine is %s" % wanted)


def use(desk, app):
    app.click("Start", "push button")
    state(desk, "Running")
    app.click("Connect…", "push button")
    desk.wait(lambda: app.window("tiny on"), "the connection window")
    desk.run("vm", "wait", "tiny", "--for", "# ", "--timeout", "300")


def type_serial(desk, app):
    """Until the guest answers: the first keys may come before the terminal has the keyboard."""
    def answered():
        app.click_at("Serial Console", "label", "tiny on")
        app.type("echo $((6 * 7))-typed\n")
        return desk.run("vm", "wait", "tiny", "--for", "42-typed", "--timeout", "5", check=False)[0] == 0
    desk.wait(answered, "the guest answers what was typed into the window")


def main():
    program, build, guest = sys.argv[1:4]
    if "GTK_LONG" not in os.environ:
        print("skipped: GTK_LONG=1 runs it")
        return 77
    if not os.path.exists(guest + "/vmlinuz"):
        print("skipped: there is no sample guest; tests/guest/build-sample makes it")
        return 77
    with Desk() as desk:
        desk.service(build)
        app = desk.start(program)
        try:
            make(desk, app, guest)
            use(desk, app)
            app.click("Pause", "push button", "Bulkhead Manager")
            state(desk, "Paused")
            app.click("Resume", "push button", "Bulkhead Manager")
            state(desk, "Running")
            type_serial(desk, app)
            app.click("Turn Off…", "push button", "Bulkhead Manager")
            app.click("Turn Off", "push button", "Turn Off")
            state(desk, "Off")
            app.click("Delete…", "push button", "Bulkhead Manager")
            app.click("Delete", "push button", "Delete")
            desk.wait(lambda: "tiny" not in desk.run("vm", "list", "--names")[1], "it is in the trash")
            app.click("Undo", "push button")
            desk.wait(lambda: "tiny" in desk.run("vm", "list", "--names")[1], "it is back")
        except Exception as failure:  # also what AT-SPI throws
            if "GTK_TEST_PICTURE" in os.environ:
                desk.spawn(["import", "-window", "root", os.environ["GTK_TEST_PICTURE"]]).wait()
            desk.check("machine", False, "%s; windows: %s" % (failure, app.windows()))
        app.end()
        return desk.finish()


sys.exit(main())
