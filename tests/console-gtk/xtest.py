# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys by their places and the pointer, through the XTEST extension: xdotool knows keys by their letters only."""
import ctypes
import time

X_OFFSET = 8  # X's numbers of keys are those of Linux's input-event-codes.h and this


class ClientMessage(ctypes.Structure):
    """XClientMessageEvent, in the room of an XEvent."""
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int),
                ("data", ctypes.c_long * 5), ("rest", ctypes.c_char * 128)]


class Hand:
    def __init__(self, display):
        self.x = ctypes.CDLL("libX11.so.6")
        self.test = ctypes.CDLL("libXtst.so.6")
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(display.encode()))
        if not self.display:
            raise OSError("no X server at %s" % display)

    def key(self, code, is_down):
        self.test.XTestFakeKeyEvent(self.display, X_OFFSET + code, int(is_down), 0)
        self.x.XFlush(self.display)

    def press(self, *codes):
        """All down, one after the other, and up again."""
        for code in codes:
            self.key(code, True)
            time.sleep(0.01)
        for code in reversed(codes):
            self.key(code, False)
            time.sleep(0.01)

    def close_window(self, window):
        """As the button in its frame does it: the window manager is told (EWMH, _NET_CLOSE_WINDOW)."""
        self.x.XInternAtom.restype = self.x.XDefaultRootWindow.restype = ctypes.c_ulong
        atom = self.x.XInternAtom(self.display, b"_NET_CLOSE_WINDOW", 0)
        message = ClientMessage(type=33, window=window, message_type=atom, format=32)
        root = ctypes.c_ulong(self.x.XDefaultRootWindow(self.display))
        self.x.XSendEvent(self.display, root, 0, ctypes.c_long(3 << 19), ctypes.byref(message))
        self.x.XFlush(self.display)

    def close(self):
        self.x.XCloseDisplay(self.display)
