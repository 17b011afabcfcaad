#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""text_test.py BULKHEAD-GTK STUB: with text of 200 % on a screen of 1280 x 800, all windows fit, and no text in them is cut: what
lint.c looks for after each frame."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import walk  # noqa: E402
from rig import Desk, need, run_steps  # noqa: E402


def nothing(title, name):
    pass


def step_windows(desk, app):
    walk.windows(app, nothing)


def step_panes(desk, app):
    walk.panes(app, nothing)


def step_details(desk, app):
    walk.details(app, nothing)


def step_overlays(desk, app):
    walk.overlays(desk, app, nothing)


def main():
    program, stub = (os.path.abspath(path) for path in sys.argv[1:3])
    need("xprop")
    failed = 0
    for words, steps in (((), (step_windows, step_panes, step_details)), (("states",), (step_overlays,))):
        with Desk("1280x800") as desk:
            walk.set_text_size(desk, 200)
            app = walk.start(desk, program, stub, "light", *words)
            run_steps(desk, app, [(step.__name__[5:], step) for step in steps], sys.argv[3:])
            app.end()
            failed |= desk.finish()
    return failed


sys.exit(main())
