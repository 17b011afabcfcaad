# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program shows, as AT-SPI tells it: asked over the bus, each time anew.

libatspi keeps tables of its own about a program, which GTK 4.8 does not keep true. Here nothing is remembered: a picture
of the program is `Cache.GetItems`, which is one message for all objects that GTK has made for somebody who asked, repeated
until all children have been asked for. Objects of one picture are values; the next picture has others."""
import ast
import re

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

REGISTRY = "org.a11y.atspi.Registry"
ROOT = "/org/a11y/atspi/accessible/root"
CALL_MS = 30000
ROLES = {7: "check box", 8: "check menu item", 45: "radio menu item", 49: "scroll pane", 11: "combo box", 16: "dialog", 23: "window", 27: "icon", 29: "label", 31: "list", 32: "list item",
         33: "menu", 35: "menu item", 37: "page tab", 38: "page tab list", 39: "panel", 43: "push button", 44: "radio button",
         52: "spin button", 60: "terminal", 61: "text", 62: "toggle button", 66: "tree table", 79: "entry", 90: "table row"}
WHOLE = ("push button", "toggle button", "menu item", "page tab", "check box", "radio button", "spin button", "entry", "text",
         "combo box", "48")  # nothing of them is hidden alone; 48: scroll bars
# AT-SPI 2.0, enum AtspiStateType
ACTIVE, CHECKED, FOCUSED, PRESSED, SELECTED, SENSITIVE, VISIBLE = 1, 4, 12, 20, 23, 24, 30
WINDOW_COORDS = 1
STACK_PAGE = "GtkStackPage"
ROWS_MAX = 60  # of a longer list the rows are not looked at: that takes longest of all


class Gone(Exception):
    """The program does not answer, or the object is there no more."""


class Bus:
    """The accessibility bus of a session."""

    def __init__(self, session_address):
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        session = Gio.DBusConnection.new_for_address_sync(session_address, flags, None, None)
        address = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None, 0, CALL_MS,
                                    None).unpack()[0]
        self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)

    def ask(self, name, path, interface, method, arguments=None):
        try:
            return self.connection.call_sync(name, path, interface, method, arguments, None, 0, CALL_MS, None)
        except GLib.Error as error:
            raise Gone("%s.%s: %s" % (interface, method, error.message)) from error

    def call(self, *words):
        return self.ask(*words).unpack()

    def applications(self):
        """(process, name on the bus) of each."""
        for name, _ in self.call(REGISTRY, ROOT, "org.a11y.atspi.Accessible", "GetChildren")[0]:
            try:
                yield self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))[0], name
            except Gone:
                continue

    def ask_children(self, name, paths):
        """Of all at once: {path: the paths of its children}."""
        answers = {}

        def take(connection, result, path):
            try:
                answers[path] = [child for _, child in connection.call_finish(result).unpack()[0]]
            except GLib.Error:  # it is gone
                answers[path] = []
        for path in paths:
            self.connection.call(name, path, "org.a11y.atspi.Accessible", "GetChildren", None, None, 0, CALL_MS, None, take, path)
        while len(answers) < len(paths):
            GLib.MainContext.default().iteration(True)
        return answers


# An item of Cache.GetItems, ((so)(so)(so)iiassusau), as GVariant prints it: ten times as fast to read as to unpack.
WORD = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
ITEM = re.compile(r"\(\('([^']*)', '([^']*)'\), \('[^']*', '[^']*'\), \('[^']*', '([^']*)'\), (-?\d+), (\d+), \[([^]]*)\], "
                  + WORD + r", (\d+), " + WORD + r", \[(\d+), (\d+)\]\)")


class Node:
    def __init__(self, bus, item):
        self.bus = bus
        self.owner, self.path, self.parent_path, index, count, self.interfaces, name, role, description, low, high = item
        self.index, self.count = int(index), int(count)
        self.name = ast.literal_eval(name) if "\\" in name else name[1:-1]
        self.description = ast.literal_eval(description) if "\\" in description else description[1:-1]
        self.role = ROLES.get(int(role), role)
        self.states = int(low) | int(high) << 32 if high != "0" else int(low)
        self.parent, self.children = None, []

    def has(self, state):
        return bool(self.states >> state & 1)

    def call(self, interface, method, arguments=None):
        return self.bus.call(self.owner, self.path, "org.a11y.atspi." + interface, method, arguments)

    def is_checked(self):
        return self.has(CHECKED)

    def is_shown(self):
        """It and all around it: a page behind another is hidden as a whole."""
        node = self
        while node and node.path != ROOT:
            if not node.has(VISIBLE):
                return False
            node = node.parent
        return True

    def window(self):
        node = self
        while node.parent and node.parent.path != ROOT:
            node = node.parent
        return node

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def keep(self, paths, nodes):
        """Of its children only those that it tells of. The pages of a stack are objects of their own, which it does not name."""
        if any(child.name == STACK_PAGE for child in self.children):
            self.children = [page for page in self.children if any(node.path in paths for node in (page, *page.children))]
        else:
            self.children = [nodes[path] for path in paths if path in nodes]
        for child in self.children:
            child.parent = self

    def act(self):
        self.call("Action", "DoAction", GLib.Variant("(i)", (0,)))

    def extents(self):
        return self.call("Component", "GetExtents", GLib.Variant("(u)", (WINDOW_COORDS,)))[0]

    def grab_focus(self):
        self.call("Component", "GrabFocus")

    def select(self, index):
        """One of its children, of a list."""
        self.call("Selection", "SelectChild", GLib.Variant("(i)", (index,)))

    def text(self):
        if "org.a11y.atspi.Text" not in self.interfaces:
            return self.name
        get = GLib.Variant("(ss)", ("org.a11y.atspi.Text", "CharacterCount"))  # -1 for the end is nothing in GTK's fields
        count = self.bus.call(self.owner, self.path, "org.freedesktop.DBus.Properties", "Get", get)[0]
        return self.call("Text", "GetText", GLib.Variant("(ii)", (0, count)))[0]

    def set_value(self, value):
        self.bus.call(self.owner, self.path, "org.freedesktop.DBus.Properties", "Set",
                      GLib.Variant("(ssv)", ("org.a11y.atspi.Value", "CurrentValue", GLib.Variant("d", value))))

    def set_text(self, text):
        if not self.call("EditableText", "SetTextContents", GLib.Variant("(s)", (text,)))[0]:
            raise Gone("%r takes no text" % self.name)


def picture(bus, name, window=""):
    """The root of what the program shows now; raises Gone. `window`: a part of the title of those that are looked into. Of the other
    ones, and of what is hidden, it is not asked what there is in them now."""
    asked, shown = {}, {}
    while True:
        items = ITEM.findall(bus.ask(name, "/org/a11y/atspi/cache", "org.a11y.atspi.Cache", "GetItems").print_(False))
        nodes = {item[1]: Node(bus, item) for item in items}
        for node in nodes.values():
            node.parent = nodes.get(node.parent_path)
            if node.parent:
                node.parent.children.append(node)
        if ROOT not in nodes:
            raise Gone("the program has no root")
        for node in nodes.values():
            node.children.sort(key=lambda child: child.index)
        keep_shown(nodes, shown)
        # What is hidden stays in the program's table, and is none of its parent's children: only the parent tells.
        missing = [node.path for node in open_nodes(nodes[ROOT], window) if asked.get(node.path) != node.count]
        if not missing:
            return nodes[ROOT]
        answers = bus.ask_children(name, missing)
        shown.update(answers)
        asked.update((path, nodes[path].count) for path in missing)
        if all(child in nodes for children in answers.values() for child in children):
            keep_shown(nodes, answers)  # nothing is new: another round would tell the same
            if all(node.path in asked for node in open_nodes(nodes[ROOT], window)):
                return nodes[ROOT]


def keep_shown(nodes, shown):
    for path, children in shown.items():
        if path in nodes:
            nodes[path].keep(children, nodes)
            nodes[path].children.sort(key=lambda child: child.index)


def open_nodes(root, window):
    """Those of which must be asked what is in them now."""
    rest = [root]
    while rest:
        node = rest.pop()
        is_whole = node.role in WHOLE and len(node.children) >= node.count
        if (node.count or node.children) and not is_long(node) and not is_whole:
            yield node
        for child in node.children:
            if child.has(VISIBLE) and (node is not root or window in child.name):
                rest.append(child)


def is_long(node):
    return node.role == "list" and node.count > ROWS_MAX
