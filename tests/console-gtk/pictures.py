#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pictures.py BUILD FOLDER [THEME...]: a picture of each window in each theme, for eyes. The services behind are the stub,
whose machines always look the same. GTK_TEXT_PERCENT=200: with letters of that size. GTK_PICTURES="windows panes details menus
overlays guest": only those; "guest" is the connection window with a real one."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import walk  # noqa: E402
from atspi import Gone  # noqa: E402
from guest import Guest, sample  # noqa: E402
from rig import Desk, Failed, need  # noqa: E402

TEXT_PERCENT = int(os.environ.get("GTK_TEXT_PERCENT", "100"))
PARTS = os.environ.get("GTK_PICTURES", "windows panes details menus overlays guest").split()


def taker(app, theme, folder):
    def seen(title, name):
        path = os.path.join(folder, "%s-%s.png" % (name, theme))
        if not name.startswith("menu-"):
            app.picture(title, path)
            return
        told = subprocess.run(["xwininfo", "-id", app.x_window(title)], capture_output=True, text=True, env=app.desk.env).stdout
        x, y, width, height = (re.search(r"%s: +(-?\d+)" % word, told).group(1)  # a menu is a window of its own
                               for word in ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height"))
        subprocess.run(["import", "-window", "root", "-crop", "%sx%s+%s+%s" % (width, height, x, y), "+repage", path],
                       capture_output=True, env=app.desk.env)
    return seen


def desk_for_pictures():
    return Desk("1500x950" if TEXT_PERCENT == 100 else "1280x800", cursor_blinks=False)


def take(desk, app, theme, folder, parts):
    seen = taker(app, theme, folder)
    for part in parts:
        try:
            part(desk, app, seen)
        except (Failed, Gone) as failure:
            print("FAILED:", theme, failure)
    for line in desk.warnings():
        print(line)


def take_with_stub(build, folder, theme, parts, words):
    with desk_for_pictures() as desk:
        if TEXT_PERCENT != 100:
            walk.set_text_size(desk, TEXT_PERCENT)
        app = walk.start(desk, build + "/console-gtk/bulkhead-gtk", build + "/tests/console-tui/tui-stub", theme, *words)
        take(desk, app, theme, folder, parts)


def take_with_guest(build, folder, theme):
    made = sample(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    if not made:
        print("FAILED: no sample guest")
        return
    with desk_for_pictures() as desk:
        if TEXT_PERCENT != 100:
            walk.set_text_size(desk, TEXT_PERCENT)
        desk.service(build)
        guest = Guest(desk, "debian", made)
        desk.run("vm", "start", "debian")
        desk.remember("[view]\ntheme=%s\n" % theme)
        app = desk.start(build + "/console-gtk/bulkhead-gtk")
        guest.wait_shell()
        take(desk, app, theme, folder, [lambda desk, app, seen: walk.connected(desk, app, guest, seen)])


WITH_MACHINES = {
    "windows": lambda desk, app, seen: walk.windows(app, seen),
    "panes": lambda desk, app, seen: walk.panes(app, seen),
    "details": lambda desk, app, seen: walk.details(app, seen),
    "menus": lambda desk, app, seen: walk.menus(app, walk.MAIN, seen, "main"),
}


def main():
    build, folder = sys.argv[1], os.path.abspath(sys.argv[2])
    need("import", "xprop", "xwininfo")
    os.makedirs(folder, exist_ok=True)
    themes = sys.argv[3:] or ["dark", "light", "classic", "high-contrast"]
    if len(themes) > 1:  # a process each: AT-SPI knows one session bus for ever
        sys.exit(max(subprocess.run([sys.executable, __file__, build, folder, theme]).returncode for theme in themes))
    take_with_stub(build, folder, themes[0], [part for name, part in WITH_MACHINES.items() if name in PARTS], ())
    if "overlays" in PARTS:
        take_with_stub(build, folder, themes[0], [walk.overlays], ("states",))
    if "guest" in PARTS:
        take_with_guest(build, folder, themes[0])
    print(themes[0], "done")


main()
