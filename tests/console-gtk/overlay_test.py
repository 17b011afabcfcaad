#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""overlay_test.py BULKHEAD-GTK STUB: what the connection window shows and allows in each state of a machine, with the stub, which has
one of each; which buttons stand over the screen, what they call, and why others cannot be pressed."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import atspi  # noqa: E402
from rig import Desk, run_steps  # noqa: E402

# state, what stands over the screen, its buttons from left to right
STATES = [
    ("off", "off is off: press Start.", ["Start"]),
    ("starting", "starting is starting…", ["Turn Off…"]),
    ("running", "There is no screen to see.", ["Connect Now"]),
    ("paused", "paused is paused: press Resume.", ["Resume"]),
    ("saving", "saving is being saved…", []),
    ("saved", "saved is saved: press Start.", ["Start", "Delete Saved State…"]),
    ("stopping", "stopping is shutting down…", ["Turn Off…"]),
    ("off-critical", "off-critical lacks something that it needs to start.", ["Start", "Why?"]),
    ("paused-critical", "paused-critical stands still, because something that it needs is gone.", ["Resume", "Why?", "Turn Off…"]),
    ("saved-critical", "The saved state of saved-critical cannot be used.", ["Why?", "Delete Saved State…"]),
]
TOOLBAR = ["Start", "Turn Off…", "Shut Down", "Save", "Pause", "Resume", "Reset…", "Checkpoint", "Revert…"]
BUTTON = ("push button",)


def window_of(state):
    return state + " on This"


def over_screen(app, state):
    """The buttons that lie below the toolbar, from left to right."""
    found = []
    for node in app.find_all(None, BUTTON, window_of(state)):
        x, y, _, _ = node.extents()
        if y > 100:
            found.append((x, node))
    return [node for _, node in sorted(found, key=lambda pair: pair[0])]


def open_window(desk, app, state):
    desk.spawn([app.process.args[0], "--connect", state])
    app.wait_window(window_of(state))


def close_window(app, state):
    app.focus(window_of(state))
    app.menu("File", "Close", window_of(state))
    app.wait_closed(window_of(state))


def step_states(desk, app, calls):
    for state, text, buttons in STATES:
        open_window(desk, app, state)
        app.wait_text(text, window_of(state))
        shown = desk.wait(lambda: [node.name for node in over_screen(app, state)] == buttons or
                          [node.name for node in over_screen(app, state)], "buttons") if buttons else over_screen(app, state)
        desk.check(state, shown is True or shown == buttons, "has the buttons %s, not %s" % (shown, buttons))
        if state.endswith("critical"):
            app.wait_text("its disk is not there", window_of(state))
        check_toolbar(desk, app, state)
        close_window(app, state)


def check_toolbar(desk, app, state):
    """Each button of the toolbar is there; one that cannot be pressed says why, in a line of its own."""
    toolbar = {}
    for node in app.find_all(None, BUTTON, window_of(state)):
        if node.extents()[1] <= 100:
            toolbar.setdefault(node.name, node)
    missing = [name for name in TOOLBAR + ["Ctrl+Alt+Del"] if name not in toolbar]
    desk.check(state, not missing, "has no %s in its toolbar" % missing)
    for name in TOOLBAR + ["Ctrl+Alt+Del"]:
        node = toolbar[name]
        lines = node.description.split("\n")
        is_possible = node.has(atspi.SENSITIVE)
        desk.check(state, is_possible == (len(lines) == 1), "%s is %s, and its tooltip says %r" %
                   (name, "possible" if is_possible else "refused", node.description))
    desk.check(state, not toolbar["Revert…"].has(atspi.SENSITIVE), "can be reverted without a checkpoint")


def step_keyboard(desk, app, calls):
    """Enter at once presses what the overlay proposes; afterwards the keyboard is the screen's. A pointer over the menu bar does not
    take it."""
    open_window(desk, app, "saved")
    app.wait_focus("Start", BUTTON, window_of("saved"))
    app.mouse_at(window_of("saved"), 60, 10, button=None)
    app.mouse_at(window_of("saved"), 30, 12, button=None)
    app.wait_focus("Start", BUTTON, window_of("saved"))
    app.keys("Return")
    desk.wait(lambda: "Start" in open(calls).read(), "the call")
    app.wait_text("There is no screen to see.", window_of("saved"))
    desk.wait(lambda: app.focused(window_of("saved")).name == "Guest screen", "the screen has the keyboard")
    app.keys("F10")  # nobody takes keys there: they are the window's
    desk.wait(lambda: app.find("Close", ("menu item",), window_of("saved")) or
              app.focused(window_of("saved")).name != "Guest screen", "the menus by their key")
    app.keys("Escape", "Escape")
    close_window(app, "saved")


def step_questions(desk, app, calls):
    """What loses something asks first, from the overlay, too."""
    open_window(desk, app, "paused-critical")
    window = window_of("paused-critical")
    app.wait_text("stands still", window)
    next(node for node in over_screen(app, "paused-critical") if node.name == "Turn Off…").act()
    app.wait_text("is lost", "Turn Off")
    app.click("Turn Off", "push button", "Turn Off")
    app.wait_text("paused-critical is off: press Start.", window)
    close_window(app, "paused-critical")


STEPS = [(name[5:], function) for name, function in list(globals().items()) if name.startswith("step_")]


def main():
    program, stub = (os.path.abspath(path) for path in sys.argv[1:3])
    with Desk() as desk:
        calls = desk.stub(stub, len(STATES), "states")
        app = desk.start(program)
        app.wait_text("%d virtual machines" % len(STATES))
        run_steps(desk, app, STEPS, sys.argv[3:], calls)
        app.end()
        return desk.finish()


sys.exit(main())
