# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys by their places and the pointer, through the XTEST extension: xdotool knows keys by their letters only."""
import ctypes
import time

X_OFFSET = 8  # X's numbers of keys are those of Linux's input-event-codes.h and this


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

    def close(self):
        self.x.XCloseDisplay(self.display)
