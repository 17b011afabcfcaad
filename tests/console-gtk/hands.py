# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways to use a window: each fills the same fields and presses the same buttons, with nothing but its own device. Names are
written with the underscore of their mnemonic, as in the program."""


def plain(name):
    return name.replace("_", "")


class Keys:
    """Alt and the underlined letter; Tab where there is none; letters."""

    def __init__(self, app, window):
        self.app, self.window = app, window

    def _go(self, name, roles):
        if "_" not in name:
            return self.app.tab_to(name, roles, self.window)
        self.app.focus(self.window)
        self.app.keys("alt+" + name[name.index("_") + 1].lower())

    def fill(self, name, text):
        roles = ("text", "entry", "spin button")
        self._go(name, roles)
        self.app.wait_focus(plain(name), roles, self.window)
        self.app.replace(plain(name), text, self.window)

    def check(self, name):
        def is_done():
            node = self.app.find(plain(name), "check box", self.window)
            return node and node.is_checked()
        self._go(name, ("check box",))
        if "_" not in name:
            self.app.keys("space")
        self.app.desk.wait(is_done, "%r is chosen by the keyboard" % name)

    def press(self, name):
        self.app.enabled(plain(name), "push button", self.window)
        self._go(name, ("push button",))
        if "_" not in name:
            self.app.keys("Return")


class Mouse:
    """Clicks; what is clicked into is written."""

    def __init__(self, app, window):
        self.app, self.window = app, window

    def fill(self, name, text):
        self.app.fill_by_mouse(plain(name), text, self.window)

    def check(self, name):
        self.app.choose(plain(name), self.window)

    def press(self, name):
        self.app.mouse(plain(name), "push button", self.window)


class Reader:
    """As a screen reader does it: AT-SPI. Only check buttons need the mouse."""

    def __init__(self, app, window):
        self.app, self.window = app, window

    def fill(self, name, text):
        self.app.fill(plain(name), text, self.window)

    def check(self, name):
        self.app.choose(plain(name), self.window)

    def press(self, name):
        self.app.click(plain(name), "push button", self.window)


def next_page(app, hand, heading):
    """The heading of the page before is seen until then: no press meets a button that is still busy with the last one."""
    hand.press("_Next")
    app.desk.wait(lambda: heading in [n.name for n in app.find_all(heading, "label", hand.window)
                                      if n.parent.role != "list item"], "the page %s" % heading)
