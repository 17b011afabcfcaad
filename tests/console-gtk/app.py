# SPDX-License-Identifier: GPL-2.0-or-later
"""A running bulkhead-gtk: seen by its accessible objects, used by their actions, by the keyboard and by the mouse.

What GTK 4.8 does, and what hence is done here:
- A button that is activated by AT-SPI or a mnemonic clicks after 250 ms, and drops what comes in between. Who clicks the same
  button twice waits for what the first click shows (`until`, wait_text()); the mouse has no such delay.
- Check buttons have no action. They are clicked at.
- Coordinates are those of the window; where that lies is asked of the X server."""
import os
import re
import subprocess
import time

import atspi
from rig import LIMIT, Failed

CONTROLS = {"check box", "combo box", "entry", "list", "list item", "menu item", "page tab", "push button", "radio button",
            "spin button", "table row", "terminal", "text", "toggle button", "tree table"}
NO_WINDOW = "\0"  # no title has it: only which windows there are
MODIFIERS_UP = ["keyup", "shift", "keyup", "ctrl", "keyup", "alt"]


def x_do(*words):
    return subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=LIMIT).stdout


class App:
    def __init__(self, desk, program, *words, **options):
        self.desk = desk
        self.scale = int(desk.env.get("GDK_SCALE", "1"))  # AT-SPI counts in GTK's pixels
        env = dict(desk.env)
        preload = options.pop("preload", os.environ.get("GTK_TEST_LINT"))
        if preload:
            env["LD_PRELOAD"] = preload
        self.process = desk.spawn([program, *words], stderr=options.pop("stderr", desk.errors), env=env, **options)
        self.bus = desk.wait(lambda: atspi.Bus(desk.env["DBUS_SESSION_BUS_ADDRESS"]), "the accessibility bus")
        self.name = desk.wait(self._find, "the program on the bus")

    def _find(self):
        if self.process.poll() is not None:
            raise Failed("%s has ended with %d" % (self.process.args[0], self.process.returncode))
        return next((name for pid, name in self.bus.applications() if pid == self.process.pid), None)

    # --- looking ---------------------------------------------------------------------------------------------

    def root(self, window=""):
        """`window`: what is in others is not looked at."""
        return atspi.picture(self.bus, self.name, window)

    def window(self, title):
        return next((node for node in self.root(NO_WINDOW).children if title in node.name and node.has(atspi.VISIBLE)), None)

    def windows(self):
        try:
            return [node.name for node in self.root(NO_WINDOW).children]
        except atspi.Gone as gone:
            return ["%s; ended: %s" % (gone, self.process.poll())]

    def find_all(self, name=None, role=None, window=None):
        root = self.root(window or "")
        tops = [n for n in root.children if window is None or window in n.name]
        for top in tops:
            for node in top.walk():
                if (name is None or node.name.rstrip(":") == name) and (role is None or node.role in role) and node.is_shown():
                    yield node

    def find(self, name=None, role=None, window=None):
        """The first shown object of this name and role(s); None."""
        return next(self.find_all(name, role and (role,) if isinstance(role, str) else role, window), None)

    def get(self, name=None, role=None, window=None, limit=LIMIT):
        """As find(), waiting; `window`: a part of the title of the window to look in."""
        return self.desk.wait(lambda: self.find(name, role, window),
                              "%s %r%s" % (role or "object", name, " in " + window if window else ""), limit)

    def text(self, name=None, role=None, window=None):
        """The text of an entry, or the name of a label."""
        return self.get(name, role, window).text()

    def labels(self, window=None):
        """All that can be read in a window."""
        return "\n".join(node.name for node in self.find_all(window=window) if node.name)

    def check_names(self, window):
        """Each control has a name for who does not see it; what a named control is made of needs none."""
        for node in self.find_all(window=window):
            is_named = node.name.strip() and not node.name.startswith("Gtk")
            if node.role in CONTROLS and not is_named and not (node.parent and node.parent.role in CONTROLS - {"list"}):
                path, at = [], node
                while at:
                    path.append("%s %r" % (at.role, at.name))
                    at = at.parent
                self.desk.check("names", False, "in %s: nothing is called %s" % (window, " in ".join(path)))

    def wait_text(self, text, window=None, limit=LIMIT):
        def look():
            labels = self.labels(window)
            return labels if text in labels else None
        return self.desk.wait(look, "the text %r%s" % (text, " in " + window if window else ""), limit)

    def wait_window(self, title):
        return self.desk.wait(lambda: self.window(title), "the window %s" % title)

    def wait_closed(self, title):
        self.desk.wait(lambda: not self.window(title), "%s is closed" % title)

    def is_enabled(self, name, role=None, window=None):
        return self.get(name, role, window).has(atspi.SENSITIVE)

    def enabled(self, name, role=None, window=None):
        """Waits until it is that."""
        def look():
            node = self.find(name, role, window)
            return node if node and node.has(atspi.SENSITIVE) else None
        return self.desk.wait(look, "%s %r%s is enabled" % (role or "object", name, " in " + window if window else ""))

    def focused(self, window=None):
        return next((n for n in self.find_all(window=window) if n.has(atspi.FOCUSED) and n.role != "window"), None)

    def wait_focus(self, name, roles, window):
        def is_there():
            at = self.focused(window)
            return at and at.name.rstrip(":") == name and at.role in roles
        self.desk.wait(is_there, "%r has the keyboard" % name)

    def answer_ms(self):
        """How long the main thread takes to answer."""
        began = time.monotonic()
        self.bus.call(self.name, atspi.ROOT, "org.a11y.atspi.Accessible", "GetRole")
        return (time.monotonic() - began) * 1000

    # --- doing: AT-SPI ---------------------------------------------------------------------------------------

    def click(self, name, role=None, window=None):
        self.enabled(name, role, window).act()

    def fill(self, name, text, window=None):
        """An entry of this name, as screen readers do."""
        node = self.get(name, ("text", "entry", "spin button"), window)
        node.set_value(float(text)) if node.role == "spin button" else node.set_text(text)

    # --- doing: mouse ----------------------------------------------------------------------------------------

    def point(self, node):
        """The middle of it in its window; what is scrolled away is brought by the wheel."""
        self.desk.wait(lambda: node.extents()[2] > 0 and node.extents()[3] > 0, "%r has its place" % node.name)
        panes, at = [], node.parent
        while at:
            panes += [at] if at.role == "scroll pane" else []
            at = at.parent
        for _ in range(40):
            x, y, width, height = node.extents()
            x, y = x + width // (4 if node.role == "spin button" else 2), y + height // 2  # its right half is two buttons
            # At the edge of the pane: in its middle may be another one, or a number, that takes the wheel for itself.
            hiding = next(((left + 4, top + high // 2) for left, top, wide, high in (pane.extents() for pane in panes)
                           if not (left <= x < left + wide and top <= y < top + high)), None)
            if not hiding:
                return x, y
            self.mouse_at(node.window().name, *hiding, 5 if y > hiding[1] else 4)
        raise Failed("%r cannot be scrolled to" % node.name)

    def mouse_at(self, title, x, y, button=1):
        """Where the window lies, xdotool tells wrongly for those in a window manager's frame; it moves there rightly."""
        x_do("mousemove", "--window", self.focus(title), str(int(x * self.scale)), str(int(y * self.scale)), *(("click", str(button)) if button else ()))

    def mouse(self, name, role=None, window=None, button=1):
        node = self.enabled(name, role, window)
        self.mouse_at(node.window().name, *self.point(node), button)
        return node

    def menu(self, title, item, window):
        """An item of a menu of the window's bar: opened by the mouse; where items lie, GTK 4.8 does not tell."""
        self.mouse(title, "menu item", window)
        self.click(item, ("menu item", "check menu item", "radio menu item", "check box", "radio button"), window)

    def submenu(self, title, sub, item, window):
        """The same of a menu in one of the bar."""
        self.mouse(title, "menu item", window)
        self.click(sub, "menu item", window)
        self.click(item, ("menu item", "check menu item", "radio menu item", "check box", "radio button"), window)

    def click_at(self, name, role, window):
        self.mouse(name, role, window)

    def choose(self, name, window, is_on=True):
        """A check button, until it has a mark, or none."""
        def is_done():
            node = self.find(name, "check box", window)
            return node and node.is_checked() == is_on
        if not is_done():
            self.mouse(name, "check box", window)
        self.desk.wait(is_done, "%r is chosen" % name)

    def fill_by_mouse(self, name, text, window):
        """Clicked into, all of it replaced."""
        roles = ("text", "entry", "spin button")
        self.mouse(name, roles, window)
        self.wait_focus(name, roles, window)
        self.replace(name, text, window)

    # --- doing: keyboard -------------------------------------------------------------------------------------

    def x_window(self, title):
        def look():
            out = x_do("search", "--onlyvisible", "--name", re.escape(title)).split()
            return out[-1] if out else None
        return self.desk.wait(look, "the window %s" % title)

    def focus(self, title):
        """The window gets the keyboard."""
        window = self.x_window(title)

        def is_active():
            if x_do("getactivewindow").strip() == window:
                return True
            x_do("windowactivate", window)
            return False
        self.desk.wait(is_active, "%s has the keyboard" % title)
        return window

    def keys(self, *keys):
        x_do("key", "--delay", "30", *keys)

    def type(self, text):
        x_do("type", "--delay", "30", text)

    def replace(self, name, text, window):
        """What the entry with the keyboard holds."""
        self.keys("ctrl+a")
        self.type(text) if text else self.keys("BackSpace")
        self.desk.wait(lambda: self.text(name, ("text", "entry", "spin button"), window) == text,
                       "%r holds %r" % (name, text))

    def press_until_focus_moves(self, key, window):
        before = self.focused(window)

        def has_moved():
            after = self.focused(window)
            return (after and after.path) != (before and before.path)
        self.keys(key)
        self.desk.wait(has_moved, "%s moves on from %r" % (key, before.name if before else None), 20)

    def tab_to(self, name, role, window, steps=40):
        """By the keyboard alone: from where it is, with Tab."""
        self.focus(window)
        for _ in range(steps):
            at = self.focused(window)
            if at and at.name.rstrip(":") == name and (role is None or at.role in role):
                return
            self.press_until_focus_moves("Tab", window)
        raise Failed("%r is not reached by Tab in %s" % (name, window))

    # --- pictures and the end --------------------------------------------------------------------------------

    def picture(self, title, path):
        subprocess.run(["import", "-window", self.x_window(title), path], capture_output=True, env=self.desk.env)

    def end(self):
        """GTK_TEST_QUIT: as somebody quits it, so that a sanitizer's build looks for what it leaked."""
        if "GTK_TEST_QUIT" in os.environ:
            quit_it = ["--dest", "org.bulkhead.Manager", "--object-path", "/org/bulkhead/Manager", "--method", "org.gtk.Actions.Activate", "quit"]
            subprocess.run(["gdbus", "call", "--session", *quit_it, "[]", "{}"], env=self.desk.env, check=True, capture_output=True)
            status = self.process.wait(LIMIT)
            self.desk.check("the end", status == 0, "with status %d" % status)
            return
        self.process.terminate()
        self.process.wait(30)
