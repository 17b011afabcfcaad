# SPDX-License-Identifier: GPL-2.0-or-later
"""A viewer that looks at nothing and types: RFC 6143 over the socket of `bulkhead vm view --socket`."""
import socket
import struct


class Viewer:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self._read(12)
        self.socket.sendall(b"RFB 003.008\n")
        kinds = self._read(self._read(1)[0])
        if 1 not in kinds:
            raise OSError("a proof is asked for: %s" % list(kinds))
        self.socket.sendall(b"\x01")  # none
        if self._read(4) != b"\0\0\0\0":
            raise OSError("not let in")
        self.socket.sendall(b"\x01")  # shared with others
        self._read(20)
        self._read(struct.unpack(">I", self._read(4))[0])

    def _read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise OSError("the display has ended the connection")
            data += piece
        return data

    def key(self, keysym):
        """Pressed and released."""
        for is_down in (1, 0):
            self.socket.sendall(struct.pack(">BBxxI", 4, is_down, keysym))

    def wait_end(self):
        while self.socket.recv(4096):
            pass
        self.close()

    def close(self):
        self.socket.close()
