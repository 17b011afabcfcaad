#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""notifications.py FILE: what a desktop shows as notifications (org.freedesktop.Notifications) is a line of FILE each: its title
and its text."""
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

INTERFACE = """<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/>
<arg type="i" direction="in"/><arg type="u" direction="out"/></method>
<method name="CloseNotification"><arg type="u" direction="in"/></method>
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<method name="GetServerInformation"><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
<arg type="s" direction="out"/></method></interface></node>"""
ANSWERS = {"CloseNotification": None, "GetCapabilities": GLib.Variant("(as)", (["body"],)),
           "GetServerInformation": GLib.Variant("(ssss)", ("desk", "bulkhead", "1", "1.2"))}


def on_call(connection, sender, path, interface, method, arguments, invocation):
    if method == "Notify":
        with open(sys.argv[1], "a") as file:
            file.write("%s: %s\n" % arguments.unpack()[3:5])
        invocation.return_value(GLib.Variant("(u)", (1,)))
    else:
        invocation.return_value(ANSWERS[method])


bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.register_object("/org/freedesktop/Notifications", Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], on_call, None, None)
Gio.bus_own_name_on_connection(bus, "org.freedesktop.Notifications", Gio.BusNameOwnerFlags.NONE,
                               lambda *_: open(sys.argv[1], "a").close(), None)
GLib.MainLoop().run()
