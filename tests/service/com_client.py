#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# com_client.py PATH TYPE EXPECT: connects to a serial port's socket, types a line, and waits until the text has come.
# com_client.py PATH --silent: connects, reads nothing, and stays until its standard input ends.
import os
import socket
import sys
import time

path = sys.argv[1]
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
folder, name = os.path.split(path)
os.chdir(folder)  # a path may be longer than an address
client.connect(name)
if sys.argv[2] == "--silent":
    print("connected", flush=True)
    sys.stdin.read()
    sys.exit(0)
client.sendall(sys.argv[2].encode() + b"\n")
client.settimeout(1)
seen, until = b"", time.monotonic() + 60
while sys.argv[3].encode() not in seen:
    if time.monotonic() > until:
        print(seen.decode(errors="replace"))
        sys.exit(1)
    try:
        data = client.recv(4096)
    except TimeoutError:
        continue
    except socket.timeout:
        continue
    if not data:
        sys.exit(2)
    seen += data
