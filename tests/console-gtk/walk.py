# SPDX-License-Identifier: GPL-2.0-or-later
"""The way through all windows of the manager, on the stub: for pictures, and for tests of what each window must have. At each place
`seen(title, name)` is called: the title of the window, and a name for a file. A menu that is open is named with a "menu" before."""
import subprocess

from hands import Reader, next_page

MAIN = "Bulkhead Manager"
MENU = ("menu item",)

WINDOWS = [  # action of the pane, title of the window, file, how many pages a wizard has
    ("New Virtual Machine…", "New Virtual Machine", "new-vm", 9),
    ("New Hard Disk…", "New Virtual Hard Disk", "new-disk", 5),
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
    ("Turn Off…", "Turn Off", "question", 1),
    ("Rename…", "Rename", "rename", 1),
    ("Delegate…", "Administrators", "delegate", 3),
]
OVERLAYS = ["off", "starting", "running", "paused", "saved", "off-critical", "paused-critical", "saved-critical"]


def start(desk, program, stub, theme, *words):
    """On machines that always look the same; with `words`, the stub's."""
    desk.stub(stub, 12, *words)
    desk.remember("[view]\ntheme=%s\n" % theme)
    app = desk.start(program)
    app.wait_text("virtual machines")
    return app


def heading(app, title):
    """Of the wizard's page: the label that is not one of the steps."""
    steps = [n.name for n in app.find_all(None, ("label",), title) if n.parent.role == "list item"]
    return next(n.name for n in app.find_all(None, ("label",), title) if n.parent.role != "list item" and n.name in steps)


def turn_page(app, title):
    if title == "Administrators":
        app.fill("User or group", "root", title) if heading(app, title) == "Who" else None
    before = heading(app, title)
    app.click("Next", "push button", title)
    app.desk.wait(lambda: heading(app, title) != before, "the page after " + before)


def windows(app, seen):
    app.enabled("Turn Off…", "push button")
    for action, title, name, pages in WINDOWS:
        app.click(action, "push button", MAIN)
        app.wait_window(title)
        if name == "new-vm":
            next_page(app, Reader(app, title), "Name and Location")
            app.fill("Name", "debian", title)
        for page in range(pages):
            app.focus(title)
            seen(title, "%s-%d" % (name, page + 1) if pages > 1 else name)
            if page + 1 < pages:
                turn_page(app, title)
        app.focus(title)
        app.keys("Escape")
        app.wait_closed(title)


def panes(app, seen):
    """Of the settings."""
    title = "Settings for"
    app.click("Settings…", "push button")
    app.wait_text("Firmware", title)
    for pane in [n.name for n in app.find_all(None, ("list item",), title) if n.parent.name == "Panes"]:
        app.focus(title)
        seen(title, "pane-%s" % pane.lower().replace(" ", "-").replace(":", ""))
        app.keys("ctrl+Next")
        app.desk.soon(lambda: (at := app.focused(title)) and at.name != pane, 2)
    app.keys("Escape")
    app.wait_closed(title)


def details(app, seen):
    """The main window with each tab of its details."""
    words = {"Summary": "Identity", "Memory": "Startup", "Networking": "dapter", "Performance": "CPU", "Events": "What happened"}
    app.mouse("Summary", "label", MAIN)  # GTK 4.8 calls each tab "Tab"; with large text not all are seen
    for tab, word in words.items():
        app.wait_text(word, MAIN)
        seen(MAIN, "main-%s" % tab.lower())
        app.keys("Right")
    app.keys("Home")


def menus(app, title, seen, name):
    """Each menu of the bar, open. One that is closed stays among the accessible objects, but loses its name."""
    def is_open():
        return any(n.name for n in app.find_all(None, ("menu",), title))

    for menu in list(app.find_all(None, MENU, title)):
        app.mouse_at(title, *app.point(menu))
        app.desk.wait(is_open, "the menu %s" % menu.name)
        seen(title, "menu-%s-%s" % (name, menu.name.lower()))
        app.keys("Escape")
        app.desk.wait(lambda: not is_open(), "the end of %s" % menu.name)


def overlays(desk, app, seen):
    """The connection windows of machines in each state: for a stub with "states"."""
    for state in OVERLAYS:
        title = state + " on This"
        desk.spawn([app.process.args[0], "--connect", state])
        app.wait_window(title)
        app.wait_text("There is no screen" if state == "running" else state, title)
        app.focus(title)
        seen(title, "connection-" + state)
        app.menu("File", "Close", title)
        app.wait_closed(title)


def connected(desk, app, guest, seen):
    """The connection window of a guest that runs: its screen, menus, viewers, the serial console, full screen with its bar."""
    title, buttons = guest.name + " on", ("toggle button", "radio button", "page tab")
    desk.spawn([app.process.args[0], "--connect", guest.name])
    app.wait_window(title)
    desk.wait(lambda: "×" in app.labels(title), "the screen of the guest")
    guest.do("{ clear; dmesg | tail -n 12; ls -l /; } >/dev/tty0")
    app.focus(title)
    seen(title, "connection-guest")
    menus(app, title, seen, "connection")
    app.click("1 viewer", "push button", title)
    app.wait_window("Viewers")
    app.focus("Viewers")
    seen("Viewers", "viewers")
    app.keys("Escape")
    app.wait_closed("Viewers")
    app.mouse("Serial Console", buttons, title)
    guest.do("uname -a")
    seen(title, "connection-serial")
    app.mouse("Display", buttons, title)
    app.menu("View", "Full Screen", title)
    desk.wait(lambda: app.get("Guest screen", None, title).extents()[2:] == tuple(desk.size), "full screen")
    seen(title, "connection-full-screen")
    app.click("Leave full screen", "push button", title)
    app.menu("File", "Close", title)
    app.wait_closed(title)


def set_text_size(desk, percent):
    subprocess.run(["xprop", "-root", "-f", "RESOURCE_MANAGER", "8s", "-set", "RESOURCE_MANAGER",
                    "Xft.dpi:\t%d\n" % (96 * percent // 100)], env=desk.env, check=True)
