# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways to use a window: each fills the same fields and presses the same buttons, with nothing but its own device. Names are
written with the underscore of their mnemonic, as in the program."""
from atspi import FOCUSED
from rig import Failed


FIELDS = ("text", "entry", "spin button")


def plain(name):
    return name.replace("_", "")


class Hand:
    """What all do the same way, each with its own _open()."""

    def __init__(self, app, window):
        self.app, self.window = app, window

    def pick(self, name, word):
        """In a drop-down list."""
        def words():
            box = self.app.get(plain(name), "combo box", self.window)
            return [(next((n.name for n in row.walk() if n.role == "label"), ""), row) for row in box.walk()
                    if row.role == "list item"]

        def chosen():
            box = self.app.find(plain(name), "combo box", self.window)
            return box and next((n.name for n in box.walk() if n.role == "label" and n.name != "(None)"), None) == word

        if chosen():
            return
        self._open(name)
        self.app.desk.wait(lambda: any(row.has(FOCUSED) for _, row in words()), "the list of %s" % plain(name))
        names = [text for text, _ in words()]
        if word not in names:
            raise Failed("%s has no %r, but %s" % (plain(name), word, names))
        self.app.keys("Home", *["Down"] * names.index(word), "Return")
        self.app.desk.wait(chosen, "%s is %s" % (plain(name), word))


class Keys(Hand):
    """Alt and the underlined letter; Tab where there is none; letters."""

    def _go(self, name, roles):
        if "_" not in name:
            return self.app.tab_to(name, roles, self.window)
        self.app.focus(self.window)
        self.app.keys("alt+" + name[name.index("_") + 1].lower())

    def fill(self, name, text):
        self._go(name, FIELDS)
        self.app.wait_focus(plain(name), FIELDS, self.window)
        self.app.replace(plain(name), text, self.window)

    def check(self, name, is_on=True):
        def is_done():
            node = self.app.find(plain(name), "check box", self.window)
            return node and node.is_checked() == is_on
        if not is_on and is_done():
            return
        self._go(name, ("check box",))
        if "_" not in name:
            self.app.keys("space")
        self.app.desk.wait(is_done, "%r is chosen by the keyboard" % name)

    def press(self, name):
        self.app.enabled(plain(name), "push button", self.window)
        self._go(name, ("push button",))
        if "_" not in name:
            self.app.keys("Return")

    def _open(self, name):
        self._go(name, ("combo box",))  # which opens it
        if "_" not in name:
            self.app.keys("space")

    def row(self, name, around):
        """Of the list that has the keyboard."""
        rows = [n.name for n in self.app.find_all(None, ("list item",), self.window) if n.parent.name == around]
        self.app.focus(self.window)
        self.app.keys("Home", *["Down"] * rows.index(name))
        self.app.wait_focus(name, ("list item",), self.window)


class Mouse(Hand):
    """Clicks; what is clicked into is written. Where the rows of a list lie that dropped down, GTK 4.8 does not tell: keys choose."""

    def fill(self, name, text):
        self.app.fill_by_mouse(plain(name), text, self.window)

    def check(self, name, is_on=True):
        self.app.choose(plain(name), self.window, is_on)

    def press(self, name):
        self.app.mouse(plain(name), "push button", self.window)

    def _open(self, name):
        self.app.mouse(plain(name), "combo box", self.window)

    def row(self, name, around):
        self.app.mouse(name, "list item", self.window)


class Reader(Hand):
    """As a screen reader does it: AT-SPI. Only check buttons need the mouse, and lists that drop down the keyboard."""

    def fill(self, name, text):
        self.app.fill(plain(name), text, self.window)

    def check(self, name, is_on=True):
        self.app.choose(plain(name), self.window, is_on)

    def press(self, name):
        self.app.click(plain(name), "push button", self.window)

    def _open(self, name):
        self.app.focus(self.window)
        box = self.app.get(plain(name), "combo box", self.window)
        next(n for n in box.walk() if n.role in ("push button", "toggle button")).act()

    def row(self, name, around):
        self.app.get(around, "list", self.window).select(self.app.get(name, "list item", self.window).index)


def begin(app, action, title, hand_class=Reader):
    """The window that an action of the main window opens."""
    app.click(action, "push button", "Bulkhead Manager")
    app.wait_window(title)
    return hand_class(app, title)


def close(app, title):
    app.focus(title)
    app.keys("Escape")
    app.wait_closed(title)


def next_page(app, hand, heading):
    """The heading of the page before is seen until then: no press meets a button that is still busy with the last one."""
    hand.press("_Next")
    app.desk.wait(lambda: heading in [n.name for n in app.find_all(heading, "label", hand.window)
                                      if n.parent.role != "list item"], "the page %s" % heading)
