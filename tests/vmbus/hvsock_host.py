# SPDX-License-Identifier: GPL-2.0-or-later
# The host's side of hvsock.sh: hvsock_host.py SOCKET echo PORT | send PORT
import array
import socket
import sys
import threading


def connect(line):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(sys.argv[1])
    s.sendall(line.encode())
    return s


def echo(fd):
    s = socket.socket(fileno=fd)
    s.setblocking(True)
    while True:
        data = s.recv(65536)
        if not data:
            break
        s.sendall(data)
    s.close()


def serve(port):
    listener = connect(f"LISTEN {port}\n")
    if listener.recv(3) != b"OK\n":
        sys.exit("no OK")
    print("listening", flush=True)
    while True:
        data, control, _, _ = listener.recvmsg(1, socket.CMSG_SPACE(4))
        if not data:
            return
        fds = array.array("i")
        fds.frombytes(control[0][2][:4])
        threading.Thread(target=echo, args=(fds[0],), daemon=True).start()


def send(port):
    s = connect(f"CONNECT {port}\n")
    s.settimeout(30)
    s.sendall(sys.stdin.buffer.read())
    s.shutdown(socket.SHUT_WR)
    # The guest's program ends after the last byte; until then the connection stays.
    while s.recv(65536):
        pass


if sys.argv[2] == "echo":
    serve(int(sys.argv[3]))
else:
    send(int(sys.argv[3]))
