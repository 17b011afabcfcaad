#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pictures.py BUILD FOLDER [THEME...]: a picture of each window in each theme, for eyes. The services behind are the stub,
whose machines always look the same. GTK_TEXT_PERCENT=200: with letters of that size."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hands import Reader, next_page  # noqa: E402
from rig import Desk, Failed, need  # noqa: E402

TEXT_PERCENT = int(os.environ.get("GTK_TEXT_PERCENT", "100"))

WINDOWS = [  # action of the pane, title of the window, file, how many pages a wizard has
    ("New Virtual Machine…", "New Virtual Machine", "new-vm", 9),
    ("New Hard Disk…", "New Virtual Hard Disk", "new-disk", 4),
    ("Edit Disk…", "Edit Virtual Hard Disk", "edit-disk", 1),
    ("Inspect Disk…", "Inspect Disk", "inspect-disk", 1),
    ("Import Virtual Machine…", "Import Virtual Machine", "import", 1),
    ("Host Settings…", "Host Settings", "host-settings", 1),
    ("Virtual Switch Manager…", "Virtual Switch Manager", "switches", 1),
    ("Administrators…", "Administrators", "administrators", 1),
    ("Events…", "Events", "events", 1),
    ("Host Check…", "Host Check", "host-check", 1),
    ("Trash…", "Trash", "trash", 1),
    ("Quick Create…", "Quick Create", "quick-create", 1),
    ("Settings…", "Settings for", "settings", 1),
    ("Turn Off…", "Turn Off", "question", 1),
    ("Delegate…", "Administrators", "delegate", 1),
]


def heading(app, title):
    """Of the wizard's page: the label that is not one of the steps."""
    steps = [n.name for n in app.find_all(None, ("label",), title) if n.parent.role == "list item"]
    return next(n.name for n in app.find_all(None, ("label",), title) if n.parent.role != "list item" and n.name in steps)


def turn_page(app, title):
    before = heading(app, title)
    app.click("Next", "push button", title)
    app.desk.wait(lambda: heading(app, title) != before, "the page after " + before)


def take(app, theme, folder):
    def path(name):
        return os.path.join(folder, "%s-%s.png" % (name, theme))

    app.wait_text("virtual machines")
    app.enabled("Turn Off…", "push button")
    app.picture("Bulkhead Manager", path("main"))
    for action, title, name, pages in WINDOWS:
        app.click(action, "push button")
        app.desk.wait(lambda: app.window(title), title)
        if name == "new-vm":
            next_page(app, Reader(app, title), "Name and Location")
            app.fill("Name", "debian", title)
        for page in range(pages):
            app.focus(title)
            app.picture(title, path("%s-%d" % (name, page + 1) if pages > 1 else name))
            if page + 1 < pages:
                turn_page(app, title)
        app.focus(title)
        app.keys("Escape")
        app.desk.wait(lambda: not app.window(title), "%s is closed" % title)
    print(theme, "done")


def take_panes(app, theme, folder):
    """Of the settings: each pane."""
    title = "Settings for"
    app.click("Settings…", "push button")
    app.wait_text("Firmware", title)
    for pane in [n.name for n in app.find_all(None, ("list item",), title) if n.parent.name == "Panes"]:
        app.focus(title)
        app.picture(title, os.path.join(folder, "pane-%s-%s.png" % (pane.lower().replace(" ", "-").replace(":", ""), theme)))
        app.keys("ctrl+Next")
        app.desk.soon(lambda: (at := app.focused(title)) and at.name != pane, 2)
    app.keys("Escape")
    app.wait_closed(title)


def main():
    build, folder = sys.argv[1], os.path.abspath(sys.argv[2])
    need("import")
    os.makedirs(folder, exist_ok=True)
    themes = sys.argv[3:] or ["dark", "light", "classic", "high-contrast"]
    if len(themes) > 1:  # a process each: AT-SPI knows one session bus for ever
        sys.exit(max(subprocess.run([sys.executable, __file__, build, folder, theme]).returncode for theme in themes))
    for theme in themes:
        with Desk("1500x950", cursor_blinks=False) as desk:
            desk.stub(build + "/tests/console-tui/tui-stub", 12)
            os.makedirs(desk.dir + "/config/bulkhead")
            with open(desk.dir + "/config/bulkhead/manager.conf", "w") as file:
                file.write("[view]\ntheme=%s\n[window]\nwidth=1300\nheight=860\n" % theme)
            if TEXT_PERCENT != 100:
                subprocess.run(["xprop", "-root", "-f", "RESOURCE_MANAGER", "8s", "-set", "RESOURCE_MANAGER",
                                "Xft.dpi:\t%d\n" % (96 * TEXT_PERCENT // 100)], env=desk.env, check=True)
            app = desk.start(build + "/console-gtk/bulkhead-gtk")
            try:
                take(app, theme, folder)
                take_panes(app, theme, folder)
            except Failed as failure:
                print("FAILED:", theme, failure)
            for line in desk.warnings():
                print(line)


main()
